//! A workspace's logo (S4, L2): shown before sign-in, so its address is public and cannot be guessed.

use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::change::{Change, Changes};
use crate::id::WorkspaceId;
use crate::moment::Moment;
use crate::record::{Record, RecordKey, Stored};
use crate::workspace::Workspace;

/// Largest picture, in bytes: it is an item of the table, which holds 400 KB (AWS limit).
pub const MAX_BYTES: usize = 256 * 1024;

/// That a workspace has a logo, and where.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Logo {
    /// What its address has that nobody can guess. It stays while there is a logo, so that an
    /// invitation made before the logo was changed still shows one.
    pub key: Uuid,
    /// Another picture, another version: an address with a version can be kept for ever.
    pub version: u32,
}

/// What a picture is.
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
    /// The media type.
    pub fn media_type(self) -> &'static str {
        match self {
            Self::Png => "image/png",
            Self::Jpeg => "image/jpeg",
            Self::Webp => "image/webp",
        }
    }
}

/// The picture.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct LogoImage {
    /// Whose.
    pub workspace: WorkspaceId,
    /// What nobody can guess: who does not have it finds nothing.
    pub key: Uuid,
    /// Of which version.
    pub version: u32,
    /// What it is, by its content.
    pub kind: ImageKind,
    /// The picture itself.
    #[serde(with = "serde_bytes")]
    pub bytes: Vec<u8>,
}

/// Puts a picture in place of the one before.
pub fn upload(
    stored: &Stored<Workspace>,
    kind: ImageKind,
    bytes: Vec<u8>,
    moment: &mut Moment,
) -> (Workspace, Changes) {
    let before = stored.value.logo;
    let logo = Logo {
        key: before.map_or_else(|| moment.secret(), |logo| logo.key),
        version: before.map_or(1, |logo| logo.version + 1),
    };
    let workspace = Workspace { logo: Some(logo), ..stored.value.clone() };
    let image = LogoImage { workspace: workspace.id, key: logo.key, version: logo.version, kind, bytes };
    let changes = vec![
        // The workspace's version stands for the picture's: nobody writes one without the other.
        Change::Update(Record::Workspace(workspace.clone()), stored.version),
        Change::Replace(Record::LogoImage(image)),
    ];
    (workspace, changes)
}

/// Takes the picture away: its address leads nowhere from then on.
pub fn remove(stored: &Stored<Workspace>) -> Changes {
    let Some(Logo { key, .. }) = stored.value.logo else { return Vec::new() };
    let workspace = Workspace { logo: None, ..stored.value.clone() };
    vec![
        Change::Update(Record::Workspace(workspace), stored.version),
        Change::Forget(RecordKey::LogoImage(stored.value.id, key)),
    ]
}
