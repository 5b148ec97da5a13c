//! Members of a workspace: their role and their seat.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::email::{EmailAddress, EmailKey};
use super::id::{LeaveRequestId, UserId, WorkspaceId};
use super::maker::MakerStamp;
use super::seat::SeatHold;
use super::text::{PersonName, full_name};
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
    /// Whether the issuer of a sign-in has verified the address. See [`Self::verified_email`].
    #[serde(default)]
    pub email_verified: bool,
    /// The hash of the verified address by which the workspace knows the user. It identifies the member's
    /// [`EmailSlot`].
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
    /// The time since which the member has the role; `None` if an earlier release wrote the role.
    #[serde(default)]
    pub role_since: Option<Timestamp>,
    /// The roles that the member had before, each once.
    #[serde(default)]
    pub past_roles: Vec<PastRole>,
    /// The member writes nothing before this time, so that they cannot hold up a decision of others about them
    /// (K54).
    #[serde(default)]
    pub held_until: Option<Timestamp>,
}

/// A role that a member had.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PastRole {
    /// The role.
    pub role: RoleId,
    /// The time at which the member last lost the role.
    pub until: Timestamp,
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
        // An unverified address does not take the place of the one that the person has verified (K51).
        let known = account.and_then(User::verified_email).filter(|_| !identity.email_verified);
        Self {
            workspace,
            user: identity.user,
            role,
            seat,
            email: known.or(identity.email.as_ref()).cloned(),
            email_verified: known.or(identity.verified_email()).is_some(),
            slot: identity.verified_email().map(EmailAddress::key),
            first_name: named(|user| user.first_name.clone(), &identity.first_name),
            last_name: named(|user| user.last_name.clone(), &identity.last_name),
            joined_at: now,
            pending_leave: None,
            role_since: Some(now),
            past_roles: Vec::new(),
            held_until: None,
        }
    }

    /// The member with another role from `now` on.
    #[must_use]
    pub fn with_role(&self, role: RoleId, now: Timestamp) -> Self {
        let left = PastRole { role: self.role.clone(), until: now };
        let others = self.past_roles.iter().filter(|past| past.role != left.role).cloned();
        let past_roles = others.chain([left.clone()]).collect();
        Self { role, role_since: Some(now), past_roles, ..self.clone() }
    }

    /// The first and last name; `None` if the person has given neither.
    pub fn full_name(&self) -> Option<String> {
        full_name(self.first_name.as_ref(), self.last_name.as_ref())
    }

    /// The member's standing, for what they make at `at`.
    pub fn stamp(&self, at: Timestamp) -> MakerStamp {
        MakerStamp { role: self.role.clone(), since: self.role_since, at }
    }

    /// The role of the member, and every role that they have lost since `at`.
    pub fn roles_since(&self, at: Timestamp) -> impl Iterator<Item = &RoleId> {
        let lost = self.past_roles.iter().filter(move |past| past.until > at).map(|past| &past.role);
        [&self.role].into_iter().chain(lost)
    }

    /// Whether the member writes nothing now, because others decide about them.
    pub fn is_held(&self, now: Timestamp) -> bool {
        self.held_until.is_some_and(|until| now < until)
    }

    /// The address, if it is known to be the user's. An earlier release stored only the hash of the
    /// verified address.
    pub fn verified_email(&self) -> Option<&EmailAddress> {
        let is_verified =
            |email: &&EmailAddress| self.email_verified || self.slot.as_ref() == Some(&email.key());
        self.email.as_ref().filter(is_verified)
    }
}

/// An address that a member had before (K46). The deletion of a workspace finds the address's
/// [`EmailSlot`] by this record.
///
/// [`EmailSlot`]: super::EmailSlot
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct FormerAddress {
    /// The workspace.
    pub workspace: WorkspaceId,
    /// The hash of the address.
    pub email: EmailKey,
}

/// A former member: the user left the workspace or was removed. Such a user comes back only by a personal
/// invitation that was made afterwards, whatever address they have by then (K44). The deletion of a
/// workspace finds the address's [`EmailSlot`] by this record.
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
    /// The time of the departure; `None` if an earlier release wrote the record.
    #[serde(default)]
    pub at: Option<Timestamp>,
}

impl Departure {
    /// The time of the departure. An earlier release has written no time: then it is [`Timestamp::MIN`], and every
    /// personal invitation is later.
    pub fn time(&self) -> Timestamp {
        departed_at(self.at)
    }
}

/// The time of a departure, as [`Departure::time`] tells it.
pub(super) fn departed_at(written: Option<Timestamp>) -> Timestamp {
    written.unwrap_or(Timestamp::MIN)
}
