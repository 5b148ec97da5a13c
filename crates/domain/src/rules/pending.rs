//! The pending invitation of an address, as its slot knows it.

use jiff::Timestamp;

use crate::change::{Change, Changes};
use crate::model::{InvitationState, Occupant, PendingInvitation};

/// Ends the pending invitation of an address and frees its seat (K43). The caller writes the slot. The
/// invitation itself was not read: the changes name what must still be true of it. An expired invitation
/// has nothing to end, and its seat is free already.
pub fn end(pending: &PendingInvitation, now: Timestamp) -> Changes {
    if !pending.is_live(now) {
        return Changes::new();
    }
    let invitation = pending.invitation;
    let ended = Change::EndInvitation { invitation, state: InvitationState::Revoked { at: now } };
    let freed = pending.seat.map(|seat| Change::ChangeOccupant {
        workspace: invitation.workspace,
        seat,
        from: Occupant::Invitation(invitation),
        to: Occupant::Nobody,
        until: None,
    });
    [ended].into_iter().chain(freed).collect()
}
