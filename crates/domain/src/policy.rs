//! Published policies, as they lie in the table.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

/// Content hash of a bundle: SHA-256 in hex. The same files are the same version.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct PolicyVersion(pub String);

/// Which core schema a release was built with: the first 8 bytes of its SHA-256, in hex.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct SchemaId(pub String);

/// Copies of the pointer, so that no partition is hot: one serves 3,000 strongly consistent reads
/// a second (AWS limit), and every request reads one.
pub const POINTER_COPIES: u8 = 16;

/// Names the active bundle. Read with every request.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PolicyPointer {
    /// Which copy this is, below [`POINTER_COPIES`].
    pub copy: u8,
    /// The active bundle.
    pub version: PolicyVersion,
    /// The pack the bundle is of.
    pub pack: String,
    /// Of who published it.
    #[serde(default)]
    pub signature: PolicySignature,
}

/// Says that who has the signing key made a version the active one. An Ed25519 signature (RFC 8032).
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct PolicySignature {
    /// The number of the key.
    pub key: u8,
    /// 64 bytes in hex.
    pub bytes: String,
}

/// One published version: the files of a pack, never changed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PolicyBundle {
    /// Hash of the files.
    pub version: PolicyVersion,
    /// Name of the pack.
    pub pack: String,
    /// Content by path inside the pack: `product.toml`, `*.cedar`, `app.cedarschema`.
    pub files: BTreeMap<String, String>,
}
