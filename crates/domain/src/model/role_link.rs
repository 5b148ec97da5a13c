//! Links for a role: anybody with the link joins with that role (R9). Each role has one link at a time.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::id::{UserId, WorkspaceId};
use super::maker::MakerStamp;
use crate::pack::RoleId;

/// Namespace of the serials of links (RFC 9562 section 6.6).
const NAMESPACE: Uuid = Uuid::from_u128(0x0c3e_61b5_2b1f_4d6b_9d0e_5a3a_77c1_40d2);

/// A link for a role. The record is kept while its workspace exists: the generation must only grow, or
/// a revoked link would work again.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RoleLink {
    /// The workspace that the link leads to.
    pub workspace: WorkspaceId,
    /// The role of a person who joins by the link.
    pub role: RoleId,
    /// An input of the token: each generation has its own token.
    pub generation: u32,
    /// Whether the link can be used.
    pub open: bool,
    /// The user who made this generation.
    pub made_by: UserId,
    /// The time when this generation was made.
    pub made_at: Timestamp,
    /// The standing of its maker; `None` if an earlier release wrote the link.
    #[serde(default)]
    pub maker: Option<MakerStamp>,
}

impl RoleLink {
    /// The identifier of the role in the link's key and token.
    pub fn serial(&self) -> Uuid {
        Self::serial_of(&self.role)
    }

    /// The identifier of `role` in the keys and tokens of links.
    pub fn serial_of(role: &RoleId) -> Uuid {
        Uuid::new_v5(&NAMESPACE, role.0.as_bytes())
    }
}
