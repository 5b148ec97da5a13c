//! Making and revoking links for a role (R9).

use jiff::Timestamp;

use crate::change::{Change, Changes};
use crate::model::{Member, RoleLink, WorkspaceId};
use crate::pack::{Channel, Pack, RoleId};
use crate::record::{Record, Stored};
use crate::refusal::Refusal;

/// Makes a link; the one before is no good from then on.
pub fn make(
    pack: &Pack,
    workspace: WorkspaceId,
    role: &RoleId,
    before: Option<&Stored<RoleLink>>,
    maker: &Member,
    now: Timestamp,
) -> Result<(RoleLink, Changes), Refusal> {
    if !pack.offers(Channel::Link) {
        return Err(Refusal::ChannelNotOffered);
    }
    if !pack.links_as(role) {
        return Err(Refusal::RoleUnknown);
    }
    let link = RoleLink {
        workspace,
        role: role.clone(),
        generation: before.map_or(1, |before| before.value.generation + 1),
        open: true,
        made_by: maker.user,
        made_at: now,
        maker: Some(maker.stamp(now)),
    };
    let change = match before {
        Some(before) => Change::update(before, link.clone()),
        None => Change::Create(Record::RoleLink(link.clone())),
    };
    Ok((link, vec![change]))
}

/// Takes a link back, at once. One that is not there, or was taken back: no change.
pub fn revoke(link: Option<&Stored<RoleLink>>) -> Changes {
    let Some(stored) = link.filter(|stored| stored.value.open) else { return Vec::new() };
    let closed = RoleLink { open: false, ..stored.value.clone() };
    vec![Change::update(stored, closed)]
}
