//! Published policies, as the table stores them.

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::pack::{Names, RoleId, SeatModel, SeatNeed, TierId};

/// Content hash of a bundle: SHA-256 in hex. The same files are the same version.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct PolicyVersion(pub String);

/// The id of what a release can read: the first 8 bytes of the SHA-256 of its core schema and its
/// format, in hex.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct SchemaId(pub String);

/// Copies of the pointer, so that no partition is hot: one serves 3,000 strongly consistent reads
/// a second (AWS limit), and every request reads one.
pub const POINTER_COPIES: u8 = 16;

/// The pointer to the active policies. Every request reads it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PolicyPointer {
    /// The number of this copy, below [`POINTER_COPIES`].
    pub copy: u8,
    /// The name of the pack.
    pub pack: String,
    /// The active policies for each release that may be answering: at most [`MAX_TARGETS`].
    pub targets: Vec<PolicyTarget>,
}

/// Most releases that have their own policies at the same time. During a deployment there are two.
pub const MAX_TARGETS: usize = 4;

/// The policies that functions of one release use.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PolicyTarget {
    /// The release, identified by the schema that it was built with.
    pub schema: SchemaId,
    /// The number of the publication that set this target.
    pub number: u32,
    /// The version of the bundle.
    pub version: PolicyVersion,
    /// The version before it. The recovery floor uses its roles if this bundle is lost.
    #[serde(default)]
    pub before: Option<PolicyVersion>,
    /// Hash of the other fields of the [`Publication`], which the signature covers.
    pub about: String,
    /// The signature of the publication.
    pub signature: PolicySignature,
}

impl PolicyPointer {
    /// The target of a release: the one published for it, or else the latest one, which the release may
    /// be able to read.
    pub fn target(&self, schema: &SchemaId) -> Option<&PolicyTarget> {
        let own = self.targets.iter().find(|target| target.schema == *schema);
        own.or_else(|| self.targets.iter().max_by_key(|target| target.number))
    }
}

/// One entry of the history: a version became the active one. An entry never changes.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Publication {
    /// The number, which counts from 1. Operators call it the version.
    pub number: u32,
    /// The version of the bundle.
    pub version: PolicyVersion,
    /// The version that was active before, if there was another one.
    pub before: Option<PolicyVersion>,
    /// The kind of the publication.
    pub deed: PublicationKind,
    /// The name of the pack.
    pub pack: String,
    /// The releases that can read the version.
    pub schemas: Vec<SchemaId>,
    /// The name that the publisher gave.
    pub author: String,
    /// The time of the publication.
    pub at: Timestamp,
    /// The reason, in one line.
    pub message: String,
    /// The parts of the pack that guardrails and counts depend on.
    pub frame: PackBaseline,
    /// The signature over the number, the version, the pack and all other fields.
    pub signature: PolicySignature,
}

/// The kind of a publication.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "kebab-case")]
pub enum PublicationKind {
    /// A folder was published.
    Published,
    /// An earlier version was made active again.
    RolledBack {
        /// The number of the earlier publication.
        to: u32,
    },
    /// The same version was signed again with a new key.
    SignedAnew,
}

/// The parts of a pack that must not change unnoticed, by the ids that records keep. They are stored in the history,
/// so they are known even if a bundle is lost.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct PackBaseline {
    /// Every role that was ever published: members may still have a role that was removed from the pack.
    pub roles: BTreeMap<RoleId, RoleBaseline>,
    /// Every tier that was ever published, and whether the pack still has it.
    pub tiers: BTreeMap<TierId, bool>,
    /// The model of seats.
    pub seats: SeatModel,
    /// The roles that are given automatically, as in `[roles-given]`.
    pub given: BTreeMap<String, RoleId>,
    /// The present names of the roles and tiers that were renamed, also of those that the pack dropped since. Absent
    /// without any, so that the signature of an earlier publication stays valid.
    #[serde(default, skip_serializing_if = "Names::is_empty")]
    pub names: Names,
}

/// The parts of a role that guardrails and counts depend on.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RoleBaseline {
    /// Whether the pack has the role now.
    pub is_there: bool,
    /// Whether the role governs. Governors are counted.
    pub governing: bool,
    /// The seat that the role needs. Seats are counted.
    pub seat: SeatNeed,
    /// The rank: a higher rank stands above a lower one.
    pub rank: i64,
    /// Whether the role may have sensitive permissions.
    pub staff: bool,
    /// The role whose permissions this role includes.
    pub includes: Option<RoleId>,
}

/// The core schema of a release that has published policies, so that a later release can tell which
/// packs the functions of that release can read.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PolicySchema {
    /// The id of the schema.
    pub id: SchemaId,
    /// The schema in Cedar's syntax.
    pub text: String,
    /// The number of the format of this record.
    pub format: u32,
    /// The settings that product.toml can have; none, if the format is one that does not list them.
    #[serde(default)]
    pub settings: Vec<String>,
}

/// An Ed25519 signature (RFC 8032): the holder of the signing key made a version the active one.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct PolicySignature {
    /// The number of the signing key.
    pub key: u8,
    /// 64 bytes in hex.
    pub bytes: String,
}

/// The most bytes of a bundle's files, with their names. A bundle is one item of the table, which holds
/// 400 KB (AWS limit).
pub const MAX_BUNDLE_BYTES: usize = 300_000;

/// One published version: the files of a pack. A bundle never changes.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PolicyBundle {
    /// The hash of the files.
    pub version: PolicyVersion,
    /// The name of the pack.
    pub pack: String,
    /// The content of each file by its path in the pack: `product.toml`, `*.cedar`, `app.cedarschema`.
    pub files: BTreeMap<String, String>,
}
