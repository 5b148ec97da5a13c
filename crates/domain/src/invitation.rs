//! Invitations: made, sent again, taken back, declined, accepted.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::change::{Change, Changes, Delta, TallyChange};
use crate::email::EmailAddress;
use crate::id::{InvitationId, MailId, SeatId, UserId};
use crate::mail::{Delivery, DeliveryStatus, Mail};
use crate::member::{self, Member, Seating};
use crate::moment::Moment;
use crate::pack::{InvitedRole, Pack, RoleId, SeatNeed, TierId};
use crate::record::{EmailSlot, Joined, PendingSlot, Record, Stored};
use crate::refusal::Refusal;
use crate::seat::{self, Hold, Occupant, Seat, Wish};
use crate::user::{Identity, User};
use crate::workspace::{Tally, Workspace};

/// Most addresses of one request: a transaction holds 100 actions (AWS limit), an invitation
/// takes four.
pub const MAX_PER_REQUEST: usize = 20;
/// Most deliveries that an invitation remembers.
const DELIVERIES_KEPT: usize = 10;

/// An invitation into a workspace.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Invitation {
    /// Which; names the workspace.
    pub id: InvitationId,
    /// Whom it is bound to; absent: whoever has the link.
    pub email: Option<EmailAddress>,
    /// As what.
    pub role: RoleId,
    /// The seat it keeps.
    pub seat: Option<Hold>,
    /// Part of what its token is derived from: another generation, another token.
    pub generation: u32,
    /// How it stands, but for time.
    pub state: InvitationState,
    /// From when on it cannot be accepted; absent: never.
    pub expires_at: Option<Timestamp>,
    /// Who made it.
    pub invited_by: UserId,
    /// When.
    pub invited_at: Timestamp,
    /// What became of its mails; the latest last.
    pub deliveries: Vec<Delivery>,
}

/// How an invitation stands, but for time.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "lowercase")]
pub enum InvitationState {
    /// It can be accepted.
    Pending,
    /// It was.
    Accepted {
        /// By whom.
        by: UserId,
        /// When.
        at: Timestamp,
    },
    /// It was taken back.
    Revoked {
        /// When.
        at: Timestamp,
    },
    /// The invited does not want it.
    Declined {
        /// When.
        at: Timestamp,
    },
}

/// How an invitation stands, time included.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum InvitationStatus {
    /// It can be accepted.
    Pending,
    /// It was.
    Accepted,
    /// It was taken back.
    Revoked,
    /// The invited does not want it.
    Declined,
    /// Its time is over.
    Expired,
}

impl Invitation {
    /// How it stands at `now`: over at its end, not only after it (K5).
    pub fn status(&self, now: Timestamp) -> InvitationStatus {
        match self.state {
            InvitationState::Accepted { .. } => InvitationStatus::Accepted,
            InvitationState::Revoked { .. } => InvitationStatus::Revoked,
            InvitationState::Declined { .. } => InvitationStatus::Declined,
            InvitationState::Pending if self.expires_at.is_some_and(|end| end <= now) => {
                InvitationStatus::Expired
            }
            InvitationState::Pending => InvitationStatus::Pending,
        }
    }

    /// Refuses with the reason why it cannot be accepted, sent or taken back (S7).
    pub fn require_pending(&self, now: Timestamp) -> Result<(), Refusal> {
        match self.status(now) {
            InvitationStatus::Pending => Ok(()),
            InvitationStatus::Accepted => Err(Refusal::InvitationUsed),
            InvitationStatus::Revoked | InvitationStatus::Declined => Err(Refusal::InvitationRevoked),
            InvitationStatus::Expired => Err(Refusal::InvitationExpired),
        }
    }

    /// The invitation with what became of one of its mails.
    #[must_use]
    pub fn with_delivery(&self, delivery: Delivery) -> Self {
        let mut deliveries = self.deliveries.clone();
        match deliveries.iter_mut().find(|known| known.mail == delivery.mail) {
            Some(known) => *known = delivery,
            None => deliveries.push(delivery),
        }
        let excess = deliveries.len().saturating_sub(DELIVERIES_KEPT);
        deliveries.drain(..excess);
        Self { deliveries, ..self.clone() }
    }
}

/// What is asked for when somebody is invited.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Wanted {
    /// As what; absent: as the pack says.
    pub role: Option<RoleId>,
    /// Onto this seat.
    pub seat: Option<SeatId>,
    /// Onto a seat of this tier.
    pub tier: Option<TierId>,
    /// Whether a mail goes out (R8).
    pub send_email: bool,
}

/// The role that an invitation will be for; also what the policies are asked about.
pub fn invited_role(pack: &Pack, wanted: Option<&RoleId>) -> Result<RoleId, Refusal> {
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

/// Who invites whom into what.
#[derive(Clone, Copy, Debug)]
pub struct Inviting<'a> {
    /// The rules.
    pub pack: &'a Pack,
    /// Into what.
    pub workspace: &'a Workspace,
    /// Who invites.
    pub inviter: UserId,
    /// As what, and how.
    pub wanted: &'a Wanted,
}

/// Invites one person by address, or makes one link to share.
///
/// `slot` is what the address is to the workspace now, `seats` the seats that are still to be
/// had: of several people invited at once, each takes one away.
pub fn invite(
    inviting: Inviting<'_>,
    email: Option<&EmailAddress>,
    slot: Option<&Stored<EmailSlot>>,
    seats: &mut Vec<Stored<Seat>>,
    moment: &mut Moment,
) -> Result<(Invitation, Changes), Refusal> {
    let Inviting { pack, workspace, wanted, .. } = inviting;
    let role = invited_role(pack, wanted.role.as_ref())?;
    if email.is_none() && !pack.invitation.shareable {
        return Err(Refusal::EmailRequired);
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
        let wish = Wish { seat: wanted.seat, tier: wanted.tier.as_ref() };
        let found = seat::find_free(pack, seats, wish, moment)?.clone();
        changes.push(seat::hand_over(&found, Occupant::Invitation(id), expires_at));
        seats.retain(|seat| seat.value.id != found.value.id);
        Some(found.value.hold())
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
        let pending = PendingSlot {
            invitation: id,
            workspace_name: workspace.name.clone(),
            role,
            invited_at: moment.now,
            expires_at,
        };
        let key = email.key();
        let taken = EmailSlot { workspace: workspace.id, email: key, pending: Some(pending), member: None };
        changes.push(match slot {
            Some(slot) => Change::Update(Record::EmailSlot(taken), slot.version),
            None => Change::Create(Record::EmailSlot(taken)),
        });
        if wanted.send_email {
            changes.push(post(&mut invitation, moment));
        }
    }
    changes.push(Change::Create(Record::Invitation(invitation.clone())));
    Ok((invitation, changes))
}

/// Whether an invitation takes a seat away now: by the pack, or because one was named.
fn keeps_seat(inviting: Inviting<'_>, role: &RoleId) -> bool {
    let Inviting { pack, wanted, .. } = inviting;
    let names_one = wanted.seat.is_some() || wanted.tier.is_some();
    // A free slot cannot be kept for anybody, so that role too is sure of a place only on a seat.
    let needs_one = pack.seat_need(role) != SeatNeed::None;
    pack.invitation.reserves_seat && (needs_one || names_one)
}

/// A mail for the invitation: the intent, and its trace on the invitation.
fn post(invitation: &mut Invitation, moment: &mut Moment) -> Change {
    let mail = Mail::new(MailId(moment.fresh_id()), invitation.id, moment.now);
    let queued = Delivery { mail: mail.id, status: DeliveryStatus::Queued, at: moment.now, attempts: 0 };
    *invitation = invitation.with_delivery(queued);
    Change::Create(Record::Mail(mail))
}

/// Sends a pending invitation again: the same link, for as long again as a new one (S9, F7).
pub fn resend(
    pack: &Pack,
    stored: &Stored<Invitation>,
    moment: &mut Moment,
) -> Result<(Invitation, Changes), Refusal> {
    stored.value.require_pending(moment.now)?;
    if stored.value.seat.as_ref().is_some_and(|hold| hold.term.is_over(moment.now)) {
        return Err(Refusal::NoSeatAvailable);
    }
    let expires_at = pack.invitation.lifetime.map(|lifetime| lifetime.after(moment.now));
    let mut invitation = Invitation { expires_at, ..stored.value.clone() };
    let mut changes = Vec::new();
    if let Some(email) = &stored.value.email {
        changes.push(Change::ExtendSlot { email: email.key(), invitation: invitation.id, expires_at });
        changes.push(post(&mut invitation, moment));
    }
    if let Some(hold) = &invitation.seat {
        let mine = Occupant::Invitation(invitation.id);
        changes.push(Change::Occupy {
            workspace: invitation.id.workspace,
            seat: hold.seat,
            from: mine,
            to: mine,
            until: expires_at,
        });
    }
    changes.push(Change::Update(Record::Invitation(invitation.clone()), stored.version));
    Ok((invitation, changes))
}

/// Takes an invitation back: from that moment it cannot be used, and its seat is free (F7).
pub fn revoke(stored: &Stored<Invitation>, now: Timestamp) -> Result<Changes, Refusal> {
    end(stored, InvitationState::Revoked { at: now }, now)
}

/// The invited does not want it. Only whom it is bound to can say so.
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
    let mut changes =
        vec![Change::Update(Record::Invitation(Invitation { state, ..invitation.clone() }), stored.version)];
    if let Some(email) = &invitation.email {
        changes.push(Change::CloseSlot { email: email.key(), invitation: invitation.id });
    }
    if let Some(hold) = &invitation.seat {
        changes.push(Change::Occupy {
            workspace: invitation.id.workspace,
            seat: hold.seat,
            from: Occupant::Invitation(invitation.id),
            to: Occupant::Nobody,
            until: None,
        });
    }
    Ok(changes)
}

/// An invitation that is bound to an address needs that address, vouched for (S6, K25).
fn require_bound_to(caller: &Identity, invitation: &Invitation) -> Result<(), Refusal> {
    let Some(email) = &invitation.email else { return Ok(()) };
    match &caller.email {
        Some(own) if own == email && caller.email_verified => Ok(()),
        Some(own) if own == email => Err(Refusal::EmailNotVerified),
        _ => Err(Refusal::InvitationOtherEmail),
    }
}

/// How the invitation was named.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Key {
    /// By a token, which was checked and is of this generation.
    Token {
        /// Of the invitation, when the token was made.
        generation: u32,
    },
    /// By its id: only for who is invited by address.
    Id,
}

/// All that joining rests on.
#[derive(Clone, Copy, Debug)]
pub struct Joining<'a> {
    /// The rules.
    pub pack: &'a Pack,
    /// Who joins.
    pub caller: &'a Identity,
    /// Their account, if they have one.
    pub account: Option<&'a User>,
    /// How they named the invitation.
    pub key: Key,
    /// The invitation.
    pub invitation: &'a Stored<Invitation>,
    /// Their membership, if they are in already.
    pub member: Option<&'a Member>,
    /// What their address is to the workspace.
    pub slot: Option<&'a Stored<EmailSlot>>,
    /// The counts of the workspace; absent: there is none.
    pub tally: Option<&'a Tally>,
    /// The seats of the workspace, where one may have to be found.
    pub seats: &'a [Stored<Seat>],
}

/// Accepts an invitation: the one way in (S6, S7).
pub fn join(joining: Joining<'_>, moment: &mut Moment) -> Result<(Member, Changes), Refusal> {
    let Joining { pack, caller, invitation: stored, .. } = joining;
    let tally = joining.tally.ok_or(Refusal::InvitationUnknown)?;
    let invitation = &stored.value;
    match joining.key {
        Key::Id if invitation.email.is_none() => return Err(Refusal::InvitationUnknown),
        Key::Token { generation } if generation != invitation.generation => {
            return Err(Refusal::InvitationRevoked);
        }
        Key::Id | Key::Token { .. } => {}
    }
    if joining.member.is_some() {
        return Err(Refusal::AlreadyMember);
    }
    invitation.require_pending(moment.now)?;
    require_bound_to(caller, invitation)?;
    if pack.role(&invitation.role).is_none() {
        return Err(Refusal::RoleUnknown);
    }

    let workspace = invitation.id.workspace;
    let mut changes = Vec::new();
    let seating = match &invitation.seat {
        Some(hold) if hold.term.is_over(moment.now) => return Err(Refusal::NoSeatAvailable),
        Some(hold) => {
            changes.push(Change::Occupy {
                workspace,
                seat: hold.seat,
                from: Occupant::Invitation(invitation.id),
                to: Occupant::Member(caller.user),
                until: None,
            });
            Seating::Seat(hold.clone())
        }
        None => {
            let need = pack.seat_need(&invitation.role);
            let seated =
                seat::sit_down(pack, need, caller.user, tally, joining.seats, Wish::default(), moment)?;
            changes.extend(seated.change);
            seated.seating
        }
    };
    let member =
        Member::new(workspace, caller, joining.account, invitation.role.clone(), seating, moment.now);
    let accepted = InvitationState::Accepted { by: caller.user, at: moment.now };
    changes.push(Change::Update(
        Record::Invitation(Invitation { state: accepted, ..invitation.clone() }),
        stored.version,
    ));
    changes.extend(come_in(pack, &member, tally, joining.slot, invitation.id)?);
    Ok((member, changes))
}

/// The records of a new membership, on the workspace's side and on the person's.
fn come_in(
    pack: &Pack,
    member: &Member,
    tally: &Tally,
    slot: Option<&Stored<EmailSlot>>,
    accepted: InvitationId,
) -> Result<Changes, Refusal> {
    let workspace = member.workspace;
    let mut changes = vec![
        Change::Create(Record::Member(member.clone())),
        Change::Create(Record::Joined(Joined::of(member))),
        Change::Tally(TallyChange {
            members: Delta::by(1),
            governors: member::governor_delta(pack, None, Some(&member.role), tally)?,
            free_slots: seat::free_slot_delta(pack, &Seating::None, &member.seat),
            ..TallyChange::of(workspace)
        }),
    ];
    if let Some(email) = &member.slot {
        let other =
            slot.and_then(|slot| slot.value.pending.clone()).filter(|pending| pending.invitation != accepted);
        let own = EmailSlot { workspace, email: email.clone(), pending: other, member: Some(member.user) };
        changes.push(match slot {
            Some(slot) => Change::Update(Record::EmailSlot(own), slot.version),
            None => Change::Create(Record::EmailSlot(own)),
        });
    }
    Ok(changes)
}
