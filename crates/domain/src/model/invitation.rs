//! Invitations into a workspace.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::delivery::Delivery;
use super::email::EmailAddress;
use super::email_slot::DeclineMark;
use super::id::{InvitationId, SeatId, UserId};
use super::maker::MakerStamp;
use super::seat::SeatHold;
use crate::pack::{RoleId, TierId};
use crate::refusal::Refusal;

/// Most deliveries that an invitation remembers.
const DELIVERIES_KEPT: usize = 10;

/// An invitation into a workspace.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Invitation {
    /// The id, which contains the id of the workspace.
    pub id: InvitationId,
    /// The address that the invitation is bound to; `None`: anybody with the link can accept.
    pub email: Option<EmailAddress>,
    /// The role that the invitation is for.
    pub role: RoleId,
    /// The seat that is reserved for the invitation.
    pub seat: Option<SeatHold>,
    /// An input of the token: each generation has its own token.
    pub generation: u32,
    /// The state, without regard to time.
    pub state: InvitationState,
    /// The time from which the invitation cannot be accepted; `None`: it has no end.
    pub expires_at: Option<Timestamp>,
    /// The user who made the invitation, or the last one who sent it again or changed it.
    pub invited_by: UserId,
    /// The name of that user at the time, for the invited person; `None` if they had given none, or if an
    /// earlier release wrote the invitation.
    #[serde(default)]
    pub inviter_name: Option<String>,
    /// The standing of that user; `None` if an earlier release wrote the invitation.
    #[serde(default)]
    pub maker: Option<MakerStamp>,
    /// The time when the invitation was made.
    pub invited_at: Timestamp,
    /// The deliveries of the invitation's mails; the latest is the last.
    pub deliveries: Vec<Delivery>,
    /// The mark of an earlier invitation that the person declined. It holds back the mails of this one.
    #[serde(default)]
    pub declined: Option<DeclineMark>,
}

/// The state of an invitation, without regard to time.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "lowercase")]
pub enum InvitationState {
    /// The invitation can be accepted.
    Pending,
    /// The invitation was accepted.
    Accepted {
        /// The user who accepted.
        by: UserId,
        /// The time when the user accepted.
        at: Timestamp,
    },
    /// The invitation was revoked.
    Revoked {
        /// The time when the invitation was revoked.
        at: Timestamp,
    },
    /// The invited person declined.
    Declined {
        /// The time when the person declined.
        at: Timestamp,
    },
}

/// The status of an invitation at one moment, expiry included.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum InvitationStatus {
    /// The invitation can be accepted.
    Pending,
    /// The invitation was accepted.
    Accepted,
    /// The invitation was revoked.
    Revoked,
    /// The invited person declined.
    Declined,
    /// The invitation was not accepted in time.
    Expired,
}

impl Invitation {
    /// The status at `now`. An invitation expires at its end, not only after it (K5).
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

    /// Fails with the reason why the invitation cannot be accepted or changed (S7).
    pub fn require_pending(&self, now: Timestamp) -> Result<(), Refusal> {
        match self.status(now) {
            InvitationStatus::Pending => Ok(()),
            InvitationStatus::Accepted => Err(Refusal::InvitationUsed),
            InvitationStatus::Revoked | InvitationStatus::Declined => Err(Refusal::InvitationRevoked),
            InvitationStatus::Expired => Err(Refusal::InvitationExpired),
        }
    }

    /// Fails with the reason why the invitation is over for good. An expired invitation is not: it can be
    /// sent again, revoked and declined.
    pub fn require_open(&self, now: Timestamp) -> Result<(), Refusal> {
        match self.require_pending(now) {
            Err(Refusal::InvitationExpired) => Ok(()),
            outcome => outcome,
        }
    }

    /// The time when a member last stood for it: made it, changed it or sent it again.
    pub fn made_at(&self) -> Timestamp {
        self.maker.as_ref().map_or(self.invited_at, |maker| maker.at)
    }

    /// The tier of the seat that is reserved.
    pub fn tier(&self) -> Option<&TierId> {
        self.seat.as_ref().map(|hold| &hold.tier)
    }

    /// The invitation with the current state of one of its mails.
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

/// The terms that an inviter asks for.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct InvitationTerms {
    /// The role; `None`: the role of a joiner in the pack.
    pub role: Option<RoleId>,
    /// The seat to reserve.
    pub seat: Option<SeatId>,
    /// The tier of the seat to reserve.
    pub tier: Option<TierId>,
    /// Whether the invitation is sent by mail (R8).
    pub send_email: bool,
}
