//! Logos of workspaces (S4, L2). They are shown before sign-in, so their URLs are public and cannot be
//! guessed.

use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::id::WorkspaceId;

/// Largest picture, in bytes: it is an item of the table, which holds 400 KB (AWS limit).
pub const LOGO_MAX_BYTES: usize = 256 * 1024;

/// A workspace's reference to its logo.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct LogoRef {
    /// The unguessable part of the URL. It stays the same while the workspace has a logo, so that an
    /// invitation made before the logo was changed still shows a logo.
    pub key: Uuid,
    /// The version of the picture. A URL with a version can be cached for ever.
    pub version: u32,
}

/// The format of a picture.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum ImageKind {
    /// PNG.
    Png,
    /// JPEG.
    Jpeg,
    /// WebP.
    Webp,
}

impl ImageKind {
    /// The media type of the format.
    pub fn media_type(self) -> &'static str {
        match self {
            Self::Png => "image/png",
            Self::Jpeg => "image/jpeg",
            Self::Webp => "image/webp",
        }
    }
}

/// The picture of a logo.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct LogoImage {
    /// The workspace that the logo belongs to.
    pub workspace: WorkspaceId,
    /// The unguessable part of the URL.
    pub key: Uuid,
    /// The version of the picture.
    pub version: u32,
    /// The format, as detected from the content.
    pub kind: ImageKind,
    /// The content of the picture.
    #[serde(with = "serde_bytes")]
    pub bytes: Vec<u8>,
}
