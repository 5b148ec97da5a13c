//! Making, resending, revoking and declining invitations. [`super::join`] accepts them.

use jiff::Timestamp;

use super::mail::{self, MailBudget};
use super::maker::MakerRules;
use super::{pending, seating};
use crate::change::{Change, Changes};
use crate::model::{
    DeclineMark, EmailAddress, EmailSlot, Identity, Invitation, InvitationId, InvitationState,
    InvitationStatus, InvitationTerms, Member, Occupant, PendingInvitation, Seat, SeatChoice, SeatHold,
    Workspace,
};
use crate::moment::Moment;
use crate::pack::{Channel, Pack, RoleId, SeatNeed};
use crate::record::{Record, Stored};
use crate::refusal::Refusal;

/// The most addresses of one request: a transaction holds 100 actions (AWS limit), and an invitation takes four
/// with its mail. An invitation that replaces one that nobody can use takes two more.
pub const MAX_PER_REQUEST: usize = 20;

/// The role that an invitation is for: the wanted one, if the pack offers it to the inviter.
pub(crate) fn invited_role(pack: &Pack, wanted: Option<&RoleId>) -> Result<RoleId, Refusal> {
    match wanted {
        None => Ok(pack.roles_given.joiner.clone()),
        Some(role) if pack.invites_as(role) => Ok(role.clone()),
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
    /// The member who invites.
    pub inviter: &'a Member,
    /// The policies about makers.
    pub makers: MakerRules<'a>,
    /// The terms that the inviter asks for.
    pub wanted: &'a InvitationTerms,
}

/// Invites one person by address, or makes one link to share.
///
/// `slot` is the present relation of the address to the workspace. `seats` are the seats of the workspace
/// that no earlier invitation of the same request reserves, and `mails` the mails that the request can still
/// send.
pub fn invite(
    inviting: InviteContext<'_>,
    email: Option<&EmailAddress>,
    slot: Option<&Stored<EmailSlot>>,
    seats: &[Stored<Seat>],
    mails: &mut MailBudget<'_>,
    moment: &mut Moment,
) -> Result<(Invitation, Changes), Refusal> {
    let InviteContext { pack, workspace, wanted, .. } = inviting;
    let role = invited_role(pack, wanted.role.as_ref())?;
    let wish = SeatChoice { seat: wanted.seat, tier: wanted.tier.as_ref() };
    seating::require_reserving(pack, wish)?;
    match email {
        None if !pack.offers(Channel::SingleUse) => return Err(Refusal::ChannelNotOffered),
        Some(_) if !pack.offers(Channel::Email) => return Err(Refusal::ChannelNotOffered),
        _ => {}
    }
    if let Some(Stored { value: slot, .. }) = slot {
        if slot.member.is_some() {
            return Err(Refusal::AlreadyMember);
        }
        if slot.usable_pending().is_some_and(|pending| inviting.makers.shows_pending(pending, moment.now)) {
            return Err(Refusal::InvitationPending);
        }
    }
    mail::require_wanted(slot)?;
    let id = InvitationId { workspace: workspace.id, serial: moment.fresh_id() };
    let expires_at = pack.invitation.lifetime.map(|lifetime| lifetime.after(moment.now));
    // An invitation that nobody can use any more makes room for the new one.
    let dead = slot.and_then(|slot| slot.value.pending.as_ref());
    let mut changes = Changes::new();
    let seat = if keeps_seat(inviting, &role) {
        let paid = workspace.paid.as_ref();
        let wish = SeatChoice { seat: wanted.seat, tier: wanted.tier.as_ref() };
        let kept = seating::keep(pack, paid, seats, id, wish, expires_at, moment);
        let passed_on = |_| seating::pass_on(paid, seats, dead, id, wish, expires_at, moment.now);
        let (hold, change) = kept.or_else(|refusal| passed_on(refusal).ok_or(refusal))?;
        changes.push(change);
        Some(hold)
    } else {
        None
    };
    let is_taken =
        |change: &Change, changes: &Changes| changes.iter().any(|other| other.key() == change.key());
    for change in dead.map(|dead| pending::end(dead, moment.now)).unwrap_or_default() {
        if !is_taken(&change, &changes) {
            changes.push(change);
        }
    }
    let mut invitation = Invitation {
        id,
        email: email.cloned(),
        role,
        seat,
        generation: 1,
        state: InvitationState::Pending,
        expires_at,
        invited_by: inviting.inviter.user,
        inviter_name: inviting.inviter.full_name(),
        maker: Some(inviting.inviter.stamp(moment.now)),
        invited_at: moment.now,
        deliveries: Vec::new(),
        declined: slot.and_then(|slot| slot.value.declined.clone()),
    };
    if let Some(email) = email {
        let pending = PendingInvitation::of(&invitation, workspace.name.clone(), workspace.logo);
        let before = slot.map(|slot| slot.value.clone());
        let before = before.unwrap_or_else(|| EmailSlot::empty(workspace.id, email.key()));
        let taken = EmailSlot { pending: Some(pending), ..before };
        changes.push(match slot {
            Some(slot) => Change::update(slot, taken),
            None => Change::Create(Record::EmailSlot(taken)),
        });
        if wanted.send_email {
            mails.post(&mut invitation, email, moment)?;
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

/// The facts beside the invitation on which sending it again depends.
#[derive(Clone, Copy, Debug)]
pub struct ResendContext<'a> {
    /// The pack.
    pub pack: &'a Pack,
    /// The policies about makers.
    pub makers: MakerRules<'a>,
    /// The workspace.
    pub workspace: &'a Workspace,
    /// The member who sends it.
    pub sender: &'a Member,
    /// The seats of the workspace, where invitations keep one.
    pub seats: &'a [Stored<Seat>],
    /// The relation of the invited address to the workspace; `None`: not read. Then the invitation must
    /// still be the pending one of its address.
    pub slot: Option<Option<&'a Stored<EmailSlot>>>,
}

/// Sends an invitation again: the same link, for as long again as a new one (S9, F7). An expired invitation
/// lives anew. The sender becomes its maker.
pub fn resend(
    context: ResendContext<'_>,
    stored: &Stored<Invitation>,
    mails: &mut MailBudget<'_>,
    moment: &mut Moment,
) -> Result<(Invitation, Changes), Refusal> {
    let ResendContext { pack, sender, .. } = context;
    let before = &stored.value;
    before.require_open(moment.now)?;
    if pack.role(&before.role).is_none() {
        return Err(Refusal::RoleUnknown);
    }
    let expires_at = pack.invitation.lifetime.map(|lifetime| lifetime.after(moment.now));
    let (seat, mut changes) = seat_again(context, before, expires_at, moment)?;
    let maker = Some(sender.stamp(moment.now));
    // The address can have another mark by now: the person has declined an invitation that had expired.
    let declined = match context.slot {
        Some(slot) => {
            mail::require_wanted(slot)?;
            slot.and_then(|slot| slot.value.declined.clone())
        }
        None => before.declined.clone(),
    };
    let (invited_by, inviter_name) = (sender.user, sender.full_name());
    let renewed = Invitation { invited_by, inviter_name, maker, ..before.clone() };
    let mut invitation = Invitation { seat, expires_at, declined, ..renewed };
    if let Some(email) = &before.email {
        mails.post(&mut invitation, email, moment)?;
    }
    changes.extend(pending_again(context, &invitation, moment.now)?);
    changes.push(Change::update(stored, invitation.clone()));
    Ok((invitation, changes))
}

/// The seat that the invitation keeps from now on: the one that it has, or another of the same tier if
/// that one was taken after the invitation had expired.
fn seat_again(
    context: ResendContext<'_>,
    before: &Invitation,
    expires_at: Option<Timestamp>,
    moment: &mut Moment,
) -> Result<(Option<SeatHold>, Changes), Refusal> {
    let Some(hold) = &before.seat else { return Ok((None, Changes::new())) };
    let paid = context.workspace.paid.as_ref();
    let own = context.seats.iter().find(|seat| seat.value.id == hold.seat);
    let is_own = |seat: &Seat| seat.occupant == Occupant::Invitation(before.id);
    match own {
        Some(seat) if is_own(&seat.value) && seat.value.term.is_over(paid, moment.now) => {
            Err(Refusal::NoSeatAvailable)
        }
        Some(seat) if is_own(&seat.value) => {
            Ok((Some(hold.clone()), vec![seating::keep_on(before.id, hold, expires_at)]))
        }
        _ => {
            let tier = Some(&hold.tier).filter(|tier| context.pack.tier(tier).is_some());
            let wish = SeatChoice { seat: None, tier };
            let (hold, kept) =
                seating::keep(context.pack, paid, context.seats, before.id, wish, expires_at, moment)?;
            Ok((Some(hold), vec![kept]))
        }
    }
}

/// The change that makes the invitation the pending one of its address again.
fn pending_again(
    context: ResendContext<'_>,
    invitation: &Invitation,
    now: Timestamp,
) -> Result<Changes, Refusal> {
    let Some(email) = &invitation.email else { return Ok(Changes::new()) };
    let Some(slot) = context.slot else { return Ok(vec![copied(email, invitation, true)]) };
    let Workspace { name, logo, .. } = context.workspace;
    let pending = PendingInvitation::of(invitation, name.clone(), *logo);
    // A slot is deleted with its workspace only.
    let slot = slot.ok_or(Refusal::InvitationRevoked)?;
    if slot.value.member.is_some() {
        return Err(Refusal::AlreadyMember);
    }
    let is_other = |pending: &&PendingInvitation| pending.invitation != invitation.id;
    let other = slot.value.pending.as_ref().filter(is_other);
    let usable = slot.value.usable_pending().filter(is_other);
    if usable.is_some_and(|other| context.makers.shows_pending(other, now)) {
        return Err(Refusal::InvitationPending);
    }
    let mut changes = other.map(|other| pending::end(other, now)).unwrap_or_default();
    changes.push(Change::update(slot, EmailSlot { pending: Some(pending), ..slot.value.clone() }));
    Ok(changes)
}

/// The changes that write an invitation and its copy in the slot of its address.
pub(crate) fn written(stored: &Stored<Invitation>, after: Invitation) -> Changes {
    let copy = after.email.as_ref().map(|email| copied(email, &after, false));
    copy.into_iter().chain([Change::update(stored, after)]).collect()
}

fn copied(email: &EmailAddress, invitation: &Invitation, mailed: bool) -> Change {
    Change::UpdatePendingInvitation { email: email.key(), invitation: Box::new(invitation.clone()), mailed }
}

/// Revokes an invitation: from that moment it cannot be used, and its seat is free (F7).
pub fn revoke(stored: &Stored<Invitation>, now: Timestamp) -> Result<Changes, Refusal> {
    end(stored, InvitationState::Revoked { at: now }, None, now)
}

/// Declines an invitation. Only the person whom it is bound to can decline. The workspace sends them no mail
/// for a while; with `not_again`, it cannot invite them again (K49).
pub fn decline(
    caller: &Identity,
    stored: &Stored<Invitation>,
    not_again: bool,
    now: Timestamp,
) -> Result<Changes, Refusal> {
    require_own(caller, &stored.value)?;
    require_bound_to(caller, &stored.value)?;
    end(stored, InvitationState::Declined { at: now }, Some(DeclineMark { at: now, not_again }), now)
}

/// Ends an invitation. The slot of the address and the seat of an expired invitation may belong to another
/// invitation by now, and count as free in any case.
pub(crate) fn end(
    stored: &Stored<Invitation>,
    state: InvitationState,
    declined: Option<DeclineMark>,
    now: Timestamp,
) -> Result<Changes, Refusal> {
    let invitation = &stored.value;
    invitation.require_open(now)?;
    let mut changes = vec![Change::update(stored, Invitation { state, ..invitation.clone() })];
    if invitation.status(now) == InvitationStatus::Expired {
        let workspace = invitation.id.workspace;
        let marked = invitation.email.as_ref().zip(declined);
        changes.extend(marked.map(|(email, mark)| Change::MarkDeclined {
            email: email.key(),
            workspace,
            mark,
        }));
        return Ok(changes);
    }
    if let Some(email) = &invitation.email {
        let (email, invitation) = (email.key(), invitation.id);
        changes.push(match declined {
            Some(mark) => Change::DeclinePendingInvitation { email, invitation, mark },
            None => Change::ClearPendingInvitation { email, invitation },
        });
    }
    changes.extend(invitation.seat.as_ref().map(|hold| seating::let_go(invitation.id, hold)));
    Ok(changes)
}

/// A person can name only their own invitations by id. To everybody else, an id names nothing.
pub(crate) fn require_own(caller: &Identity, invitation: &Invitation) -> Result<(), Refusal> {
    match (&caller.email, &invitation.email) {
        (Some(own), Some(email)) if own == email => Ok(()),
        _ => Err(Refusal::InvitationUnknown),
    }
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
