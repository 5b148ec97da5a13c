//! Making, resending, revoking and declining invitations. [`super::join`] accepts them.

use jiff::Timestamp;

use super::seating;
use crate::change::{Change, Changes};
use crate::model::{
    Delivery, DeliveryStatus, EmailAddress, EmailSlot, Identity, Invitation, InvitationId, InvitationMail,
    InvitationState, InvitationTerms, PendingInvitation, Seat, SeatChoice, Task, TaskId, TaskKind, UserId,
    Workspace,
};
use crate::moment::Moment;
use crate::pack::{Channel, InvitedRole, Pack, RoleId, SeatNeed};
use crate::record::{Record, Stored};
use crate::refusal::Refusal;

/// The most addresses of one request: a transaction holds 100 actions (AWS limit), an invitation takes four,
/// the counts and the quota one each.
pub const MAX_PER_REQUEST: usize = 20;

/// The role that an invitation is for: the wanted one, if the pack offers it to the inviter.
pub(crate) fn invited_role(pack: &Pack, wanted: Option<&RoleId>) -> Result<RoleId, Refusal> {
    let joiner = &pack.roles_given.joiner;
    match wanted {
        None => Ok(joiner.clone()),
        Some(role) if role == joiner => Ok(role.clone()),
        Some(role) if pack.invitation.role == InvitedRole::Chosen && pack.role(role).is_some() => {
            Ok(role.clone())
        }
        Some(_) => Err(Refusal::RoleUnknown),
    }
}

/// The inviter, the workspace and the terms of new invitations.
#[derive(Clone, Copy, Debug)]
pub struct InviteContext<'a> {
    /// The pack.
    pub pack: &'a Pack,
    /// The workspace.
    pub workspace: &'a Workspace,
    /// The user who invites.
    pub inviter: UserId,
    /// The terms that the inviter asks for.
    pub wanted: &'a InvitationTerms,
}

/// Invites one person by address, or makes one link to share.
///
/// `slot` is the present relation of the address to the workspace. `seats` are the seats of the workspace
/// that no earlier invitation of the same request reserves.
pub fn invite(
    inviting: InviteContext<'_>,
    email: Option<&EmailAddress>,
    slot: Option<&Stored<EmailSlot>>,
    seats: &[Stored<Seat>],
    moment: &mut Moment,
) -> Result<(Invitation, Changes), Refusal> {
    let InviteContext { pack, workspace, wanted, .. } = inviting;
    let role = invited_role(pack, wanted.role.as_ref())?;
    let wish = SeatChoice { seat: wanted.seat, tier: wanted.tier.as_ref() };
    seating::require_reserving(pack, wish)?;
    match email {
        None if !pack.offers(Channel::SingleUse) => return Err(Refusal::EmailRequired),
        Some(_) if !pack.offers(Channel::Email) => return Err(Refusal::ChannelNotOffered),
        _ => {}
    }
    if let Some(Stored { value: slot, .. }) = slot {
        if slot.member.is_some() {
            return Err(Refusal::AlreadyMember);
        }
        if slot.pending.as_ref().is_some_and(|pending| pending.is_live(moment.now)) {
            return Err(Refusal::InvitationPending);
        }
    }
    let id = InvitationId { workspace: workspace.id, serial: moment.fresh_id() };
    let expires_at = pack.invitation.lifetime.map(|lifetime| lifetime.after(moment.now));
    let mut changes = Vec::new();
    let seat = if keeps_seat(inviting, &role) {
        let (hold, change) = seating::keep(pack, seats, id, wish, expires_at, moment)?;
        changes.push(change);
        Some(hold)
    } else {
        None
    };
    let mut invitation = Invitation {
        id,
        email: email.cloned(),
        role: role.clone(),
        seat,
        generation: 1,
        state: InvitationState::Pending,
        expires_at,
        invited_by: inviting.inviter,
        invited_at: moment.now,
        deliveries: Vec::new(),
    };
    if let Some(email) = email {
        let pending = PendingInvitation {
            invitation: id,
            workspace_name: workspace.name.clone(),
            logo: workspace.logo,
            role,
            invited_at: moment.now,
            expires_at,
        };
        let key = email.key();
        let left = slot.is_some_and(|slot| slot.value.left);
        let taken =
            EmailSlot { workspace: workspace.id, email: key, pending: Some(pending), member: None, left };
        changes.push(match slot {
            Some(slot) => Change::update(slot, taken),
            None => Change::Create(Record::EmailSlot(taken)),
        });
        if wanted.send_email {
            changes.push(post(&mut invitation, moment));
        }
    }
    changes.push(Change::Create(Record::Invitation(invitation.clone())));
    Ok((invitation, changes))
}

/// Whether the invitation reserves a seat: if the pack reserves seats, for a role that needs one or on
/// request.
fn keeps_seat(inviting: InviteContext<'_>, role: &RoleId) -> bool {
    let InviteContext { pack, wanted, .. } = inviting;
    let names_one = wanted.seat.is_some() || wanted.tier.is_some();
    // A free slot cannot be reserved, so a role that takes one needs a seat here, too.
    let needs_one = pack.seat_need(role) != SeatNeed::None;
    pack.invitation.reserves_seat && (needs_one || names_one)
}

/// A mail for the invitation: the task that sends it, and its entry on the invitation.
fn post(invitation: &mut Invitation, moment: &mut Moment) -> Change {
    let mail = InvitationMail { invitation: invitation.id, inviter: invitation.invited_by };
    let task = Task::new(TaskId(moment.fresh_id()), TaskKind::Mail(mail), moment.now);
    let queued = Delivery { mail: task.id, status: DeliveryStatus::Queued, at: moment.now, attempts: 0 };
    *invitation = invitation.with_delivery(queued);
    Change::Create(Record::Task(task))
}

/// Sends a pending invitation again: the same link, for as long again as a new one (S9, F7). The sender
/// becomes its maker.
pub fn resend(
    pack: &Pack,
    stored: &Stored<Invitation>,
    sender: UserId,
    moment: &mut Moment,
) -> Result<(Invitation, Changes), Refusal> {
    stored.value.require_pending(moment.now)?;
    if pack.role(&stored.value.role).is_none() {
        return Err(Refusal::RoleUnknown);
    }
    if stored.value.seat.as_ref().is_some_and(|hold| hold.term.is_over(moment.now)) {
        return Err(Refusal::NoSeatAvailable);
    }
    let expires_at = pack.invitation.lifetime.map(|lifetime| lifetime.after(moment.now));
    let mut invitation = Invitation { expires_at, invited_by: sender, ..stored.value.clone() };
    let mut changes = Vec::new();
    if let Some(email) = &stored.value.email {
        changes.push(Change::ExtendPendingInvitation {
            email: email.key(),
            invitation: invitation.id,
            expires_at,
        });
        changes.push(post(&mut invitation, moment));
    }
    let kept = invitation.seat.as_ref().map(|hold| seating::keep_on(invitation.id, hold, expires_at));
    changes.extend(kept);
    changes.push(Change::update(stored, invitation.clone()));
    Ok((invitation, changes))
}

/// Revokes an invitation: from that moment it cannot be used, and its seat is free (F7).
pub fn revoke(stored: &Stored<Invitation>, now: Timestamp) -> Result<Changes, Refusal> {
    end(stored, InvitationState::Revoked { at: now }, now)
}

/// Declines an invitation. Only the person whom it is bound to can decline.
pub fn decline(caller: &Identity, stored: &Stored<Invitation>, now: Timestamp) -> Result<Changes, Refusal> {
    if stored.value.email.is_none() {
        return Err(Refusal::InvitationUnknown);
    }
    require_bound_to(caller, &stored.value)?;
    end(stored, InvitationState::Declined { at: now }, now)
}

fn end(stored: &Stored<Invitation>, state: InvitationState, now: Timestamp) -> Result<Changes, Refusal> {
    let invitation = &stored.value;
    invitation.require_pending(now)?;
    let mut changes = vec![Change::update(stored, Invitation { state, ..invitation.clone() })];
    if let Some(email) = &invitation.email {
        changes.push(Change::ClearPendingInvitation { email: email.key(), invitation: invitation.id });
    }
    changes.extend(invitation.seat.as_ref().map(|hold| seating::let_go(invitation.id, hold)));
    Ok(changes)
}

/// If the invitation is bound to an address, the caller must have that address, verified (S6, K25).
pub(crate) fn require_bound_to(caller: &Identity, invitation: &Invitation) -> Result<(), Refusal> {
    let Some(email) = &invitation.email else { return Ok(()) };
    match &caller.email {
        Some(own) if own == email && caller.email_verified => Ok(()),
        Some(own) if own == email => Err(Refusal::EmailNotVerified),
        _ => Err(Refusal::InvitationOtherEmail),
    }
}
