//! Members of a workspace: their role and their seat.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::email::{EmailAddress, EmailKey};
use super::id::{LeaveRequestId, UserId, WorkspaceId};
use super::seat::SeatHold;
use super::text::PersonName;
use super::user::{Identity, User};
use crate::pack::RoleId;

/// The membership of a user in a workspace.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Member {
    /// The workspace.
    pub workspace: WorkspaceId,
    /// The user.
    pub user: UserId,
    /// The role.
    pub role: RoleId,
    /// The seat.
    pub seat: Seating,
    /// The email address in the list of members.
    pub email: Option<EmailAddress>,
    /// The hash of the address with which the user joined. It identifies the member's [`EmailSlot`].
    ///
    /// [`EmailSlot`]: super::EmailSlot
    pub slot: Option<EmailKey>,
    /// The first name.
    pub first_name: Option<PersonName>,
    /// The last name.
    pub last_name: Option<PersonName>,
    /// The time when the user joined.
    pub joined_at: Timestamp,
    /// The member's leave request that is not decided: at most one.
    pub pending_leave: Option<LeaveRequestId>,
}

/// The kind of seat that a member has.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "lowercase")]
pub enum Seating {
    /// No seat.
    None,
    /// A slot that costs nothing (S2).
    #[serde(rename = "free-slot")]
    FreeSlot,
    /// A purchased seat.
    Seat(SeatHold),
    /// One of the plan's seats, which have no ids.
    Plan {
        /// The time when the member took the seat.
        since: Timestamp,
    },
    /// No seat for now: the plan has fewer seats than members had taken (R7).
    Suspended {
        /// The time when the member had taken the seat.
        since: Timestamp,
    },
}

impl Seating {
    /// The purchased seat, if it is one.
    pub fn hold(&self) -> Option<&SeatHold> {
        match self {
            Self::Seat(hold) => Some(hold),
            Self::None | Self::FreeSlot | Self::Plan { .. } | Self::Suspended { .. } => None,
        }
    }

    /// Whether the member has a purchased seat or a seat of the plan.
    pub fn is_seat(&self) -> bool {
        matches!(self, Self::Seat(_) | Self::Plan { .. })
    }
}

impl Member {
    /// A member who joins at `now`. Names in the account are preferred to names in the token.
    pub fn new(
        workspace: WorkspaceId,
        identity: &Identity,
        account: Option<&User>,
        role: RoleId,
        seat: Seating,
        now: Timestamp,
    ) -> Self {
        let named = |own: fn(&User) -> Option<PersonName>, token: &Option<PersonName>| {
            account.and_then(own).or_else(|| token.clone())
        };
        Self {
            workspace,
            user: identity.user,
            role,
            seat,
            email: identity.email.clone(),
            slot: identity.verified_email().map(EmailAddress::key),
            first_name: named(|user| user.first_name.clone(), &identity.first_name),
            last_name: named(|user| user.last_name.clone(), &identity.last_name),
            joined_at: now,
            pending_leave: None,
        }
    }
}

/// A former member: the user left the workspace or was removed. Such a user does not join by a domain
/// again, whatever address they have by then. The deletion of a workspace finds the address's
/// [`EmailSlot`] by this record.
///
/// [`EmailSlot`]: super::EmailSlot
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Departure {
    /// The workspace.
    pub workspace: WorkspaceId,
    /// The user.
    pub user: UserId,
    /// The hash of the address that the user had as a member.
    pub email: Option<EmailKey>,
}
