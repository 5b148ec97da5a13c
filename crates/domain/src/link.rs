//! Links for a role: whoever has one joins, as many as come (R9). One for each role at a time.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::change::{Change, Changes};
use crate::id::{UserId, WorkspaceId};
use crate::pack::{Channel, InvitedRole, Pack, RoleId};
use crate::record::{Record, RecordKey, Stored};
use crate::refusal::Refusal;

/// Namespace of the serials of links (RFC 9562 section 6.6).
const NAMESPACE: Uuid = Uuid::from_u128(0x0c3e_61b5_2b1f_4d6b_9d0e_5a3a_77c1_40d2);

/// A link for a role. It is never deleted with its workspace there: the generation must go on, or a
/// link that was taken back would be good again.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Link {
    /// Into what.
    pub workspace: WorkspaceId,
    /// As what.
    pub role: RoleId,
    /// Part of what its token is derived from: another generation, another token.
    pub generation: u32,
    /// Whether it can be used.
    pub open: bool,
    /// Who made this generation.
    pub made_by: UserId,
    /// When.
    pub made_at: Timestamp,
}

impl Link {
    /// The key that finds it.
    pub fn key(&self) -> RecordKey {
        RecordKey::Link(self.workspace, serial(&self.role))
    }
}

/// What stands for a role in keys and in the tokens of links.
pub fn serial(role: &RoleId) -> Uuid {
    Uuid::new_v5(&NAMESPACE, role.as_str().as_bytes())
}

/// Makes a link; the one before is no good from then on.
pub fn make(
    pack: &Pack,
    workspace: WorkspaceId,
    role: &RoleId,
    before: Option<&Stored<Link>>,
    maker: UserId,
    now: Timestamp,
) -> Result<(Link, Changes), Refusal> {
    if !pack.offers(Channel::Link) {
        return Err(Refusal::ChannelNotOffered);
    }
    let is_fixed = pack.invitation.role == InvitedRole::Fixed && *role != pack.roles_given.joiner;
    if pack.role(role).is_none() || is_fixed {
        return Err(Refusal::RoleUnknown);
    }
    let link = Link {
        workspace,
        role: role.clone(),
        generation: before.map_or(1, |before| before.value.generation + 1),
        open: true,
        made_by: maker,
        made_at: now,
    };
    let record = Record::Link(link.clone());
    let change = match before {
        Some(before) => Change::Update(record, before.version),
        None => Change::Create(record),
    };
    Ok((link, vec![change]))
}

/// Takes a link back, at once. One that is not there, or was taken back: no change.
pub fn revoke(link: Option<&Stored<Link>>) -> Changes {
    let Some(stored) = link.filter(|stored| stored.value.open) else { return Vec::new() };
    let closed = Link { open: false, ..stored.value.clone() };
    vec![Change::Update(Record::Link(closed), stored.version)]
}
