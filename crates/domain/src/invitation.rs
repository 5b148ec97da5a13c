//! Invitations: made, sent again, taken back, declined. Accepting one is a way in: see [`crate::join`].

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::change::{Change, Changes};
use crate::delivery::{Delivery, DeliveryStatus};
use crate::email::EmailAddress;
use crate::id::{InvitationId, SeatId, TaskId, UserId};
use crate::moment::Moment;
use crate::pack::{Channel, InvitedRole, Pack, RoleId, SeatNeed, TierId};
use crate::record::{EmailSlot, PendingSlot, Record, Stored};
use crate::refusal::Refusal;
use crate::seat::{self, Hold, Seat, Wish};
use crate::task::{InvitationMail, Task, TaskKind};
use crate::user::Identity;
use crate::workspace::Workspace;

/// Most addresses of one request: a transaction holds 100 actions (AWS limit), an invitation
/// takes four, the counts and the quota one each.
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
        let wish = Wish { seat: wanted.seat, tier: wanted.tier.as_ref() };
        let (hold, change) = seat::keep(pack, seats, id, wish, expires_at, moment)?;
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
        let pending = PendingSlot {
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

/// A mail for the invitation: the task that sends it, and its entry on the invitation.
fn post(invitation: &mut Invitation, moment: &mut Moment) -> Change {
    let mail = InvitationMail { invitation: invitation.id, inviter: invitation.invited_by };
    let task = Task::new(TaskId(moment.fresh_id()), TaskKind::Mail(mail), moment.now);
    let queued = Delivery { mail: task.id, status: DeliveryStatus::Queued, at: moment.now, attempts: 0 };
    *invitation = invitation.with_delivery(queued);
    Change::Create(Record::Task(task))
}

/// Sends a pending invitation again: the same link, for as long again as a new one (S9, F7). Who
/// sends it stands for it from then on.
pub fn resend(
    pack: &Pack,
    stored: &Stored<Invitation>,
    sender: UserId,
    moment: &mut Moment,
) -> Result<(Invitation, Changes), Refusal> {
    stored.value.require_pending(moment.now)?;
    if stored.value.seat.as_ref().is_some_and(|hold| hold.term.is_over(moment.now)) {
        return Err(Refusal::NoSeatAvailable);
    }
    let expires_at = pack.invitation.lifetime.map(|lifetime| lifetime.after(moment.now));
    let mut invitation = Invitation { expires_at, invited_by: sender, ..stored.value.clone() };
    let mut changes = Vec::new();
    if let Some(email) = &stored.value.email {
        changes.push(Change::ExtendSlot { email: email.key(), invitation: invitation.id, expires_at });
        changes.push(post(&mut invitation, moment));
    }
    let kept = invitation.seat.as_ref().map(|hold| seat::keep_on(invitation.id, hold, expires_at));
    changes.extend(kept);
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
    changes.extend(invitation.seat.as_ref().map(|hold| seat::let_go(invitation.id, hold)));
    Ok(changes)
}

/// An invitation that is bound to an address needs that address, vouched for (S6, K25).
pub(crate) fn require_bound_to(caller: &Identity, invitation: &Invitation) -> Result<(), Refusal> {
    let Some(email) = &invitation.email else { return Ok(()) };
    match &caller.email {
        Some(own) if own == email && caller.email_verified => Ok(()),
        Some(own) if own == email => Err(Refusal::EmailNotVerified),
        _ => Err(Refusal::InvitationOtherEmail),
    }
}
