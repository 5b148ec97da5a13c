//! Published policies, as they lie in the table.

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::pack::{RoleId, SeatModel, SeatNeed, TierId};

/// Content hash of a bundle: SHA-256 in hex. The same files are the same version.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct PolicyVersion(pub String);

/// What a release can read: the first 8 bytes of the SHA-256 of its core schema and its format, in hex.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct SchemaId(pub String);

/// Copies of the pointer, so that no partition is hot: one serves 3,000 strongly consistent reads
/// a second (AWS limit), and every request reads one.
pub const POINTER_COPIES: u8 = 16;

/// Names the active policies. Read with every request.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PolicyPointer {
    /// Which copy this is, below [`POINTER_COPIES`].
    pub copy: u8,
    /// The pack that they are of.
    pub pack: String,
    /// What functions go by, one for each release that may be answering: at most [`MAX_TARGETS`].
    pub targets: Vec<PolicyTarget>,
}

/// Most releases that policies are kept for side by side: while one replaces another, there are two.
pub const MAX_TARGETS: usize = 4;

/// The policies that functions of one release go by.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PolicyTarget {
    /// The release, as the schema it was built with.
    pub schema: SchemaId,
    /// The publication that put it here.
    pub number: u32,
    /// The bundle.
    pub version: PolicyVersion,
    /// The bundle before it: whose roles the recovery floor goes by if this one is lost.
    #[serde(default)]
    pub before: Option<PolicyVersion>,
    /// Hash of what else the publication says ([`Publication`]), which is signed along.
    pub about: String,
    /// Of who published it.
    pub signature: PolicySignature,
}

impl PolicyPointer {
    /// What a release goes by: what was published for it, else what was published last, which it may
    /// be able to read.
    pub fn target(&self, schema: &SchemaId) -> Option<&PolicyTarget> {
        let own = self.targets.iter().find(|target| target.schema == *schema);
        own.or_else(|| self.targets.iter().max_by_key(|target| target.number))
    }
}

/// One line of the history: somebody made a version the active one. Never changed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Publication {
    /// Counts from 1; what people call the version.
    pub number: u32,
    /// The files.
    pub version: PolicyVersion,
    /// The files that were active before, if others were.
    pub before: Option<PolicyVersion>,
    /// What was done.
    pub deed: Deed,
    /// The pack.
    pub pack: String,
    /// For which releases: those that can read it.
    pub schemas: Vec<SchemaId>,
    /// Who says to have done it.
    pub author: String,
    /// When.
    pub at: Timestamp,
    /// Why, in a line.
    pub message: String,
    /// What the guardrails and the counts of workspaces rest on.
    pub frame: Frame,
    /// Over number, version, pack and all that is said here.
    pub signature: PolicySignature,
}

/// What a publication did.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "kebab-case")]
pub enum Deed {
    /// A folder was published.
    Published,
    /// An earlier version was made active again.
    RolledBack {
        /// Which.
        to: u32,
    },
    /// The same version was signed with a new key.
    SignedAnew,
}

/// What of a pack must not change unnoticed, kept with the history: it is known whatever becomes of the
/// bundles.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Frame {
    /// Every role there has ever been: one that is dropped and comes back finds those who have stayed.
    pub roles: BTreeMap<RoleId, RoleFrame>,
    /// Every tier there has ever been, and whether there still is.
    pub tiers: BTreeMap<TierId, bool>,
    /// What a seat is.
    pub seats: SeatModel,
    /// To whom roles are given: what `[roles-given]` says.
    pub given: BTreeMap<String, RoleId>,
}

/// A role, as far as guardrails and counts rest on it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RoleFrame {
    /// Whether there is such a role now.
    pub is_there: bool,
    /// Whether it governs: counted.
    pub governing: bool,
    /// What it sits on: counted.
    pub seat: SeatNeed,
    /// Who stands above whom.
    pub rank: i64,
    /// Whether it may hold sensitive powers.
    pub staff: bool,
    /// The role whose permissions it has as well.
    pub includes: Option<RoleId>,
}

/// The core schema of a release that has published, so that a later one can tell what the functions of
/// that release can read.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PolicySchema {
    /// Which.
    pub id: SchemaId,
    /// In Cedar's syntax.
    pub text: String,
    /// Which settings of product.toml it knows: grows with them.
    pub format: u32,
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
