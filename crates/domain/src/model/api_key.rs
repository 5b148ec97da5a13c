//! API keys of members: for programs that act for them, and for flows (F14, L7). The table has a hash of the secret, never
//! the secret.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::id::{ApiKeyId, WorkspaceId};
use super::text::SingleLine;

/// The name of an API key, for people.
pub type ApiKeyName = SingleLine<100>;
/// The host's id of a flow.
pub type FlowId = SingleLine<100>;

/// An API key.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ApiKey {
    /// The workspace.
    pub workspace: WorkspaceId,
    /// The id. It contains the owner, so that a verification reads the owner's membership at once.
    pub id: ApiKeyId,
    /// The name.
    pub name: ApiKeyName,
    /// The time since which the owner had been a member: a key belongs to the membership that it was made in.
    pub owner_since: Timestamp,
    /// The flow that the key is for; absent for a key of the whole workspace.
    #[serde(default)]
    pub flow: Option<FlowId>,
    /// The hash of the secret.
    pub secret: SecretHash,
    /// The secret before the last rotation, which is valid until a time.
    #[serde(default)]
    pub previous: Option<PreviousSecret>,
    /// The time at which the key was made.
    pub created_at: Timestamp,
    /// The time of the last rotation.
    #[serde(default)]
    pub rotated_at: Option<Timestamp>,
    /// The end of the key.
    #[serde(default)]
    pub expires_at: Option<Timestamp>,
    /// The time of the revocation.
    #[serde(default)]
    pub revoked_at: Option<Timestamp>,
    /// The most uses of the key.
    #[serde(default)]
    pub usage_limit: Option<u32>,
    /// The most uses of the key on one day (UTC).
    #[serde(default)]
    pub daily_rate_limit: Option<u32>,
}

/// SHA-256 of a secret, in hex. The secret has 256 random bits, so a fast hash is enough: nobody can try them all.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct SecretHash(pub String);

/// A secret that a rotation has replaced.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PreviousSecret {
    /// The hash.
    pub secret: SecretHash,
    /// The end of its validity.
    pub until: Timestamp,
}

/// The place of an API key in the list of its workspace. The key itself has a partition of its own, so that its
/// verifications do not load the partition of the workspace.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ApiKeyEntry {
    /// The workspace.
    pub workspace: WorkspaceId,
    /// The key.
    pub key: ApiKeyId,
}

/// The use of an API key.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ApiKeyUse {
    /// The workspace.
    pub workspace: WorkspaceId,
    /// The key.
    pub key: ApiKeyId,
    /// The uses since the key was made, as far as they were counted.
    #[serde(default)]
    pub used: i64,
    /// The day (UTC) of the last counted use.
    #[serde(default)]
    pub day: Option<String>,
    /// The uses on that day.
    #[serde(default)]
    pub today: i64,
    /// The time of the last use, to the minute.
    #[serde(default)]
    pub last_used: Option<Timestamp>,
}

impl ApiKeyUse {
    /// A key that was not used.
    pub fn none(workspace: WorkspaceId, key: ApiKeyId) -> Self {
        Self { workspace, key, used: 0, day: None, today: 0, last_used: None }
    }

    /// The uses on this day.
    pub fn on(&self, day: &str) -> i64 {
        if self.day.as_deref() == Some(day) { self.today } else { 0 }
    }
}
