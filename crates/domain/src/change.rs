//! What a decision changes, as data. Each change carries the condition under which it may be
//! written; all changes of a decision are one transaction.

use jiff::Timestamp;

use crate::email::{EmailAddress, EmailKey};
use crate::id::{InvitationId, LeaveRequestId, SeatId, UserId, WorkspaceId};
use crate::leave::LeaveState;
use crate::pack::RoleId;
use crate::quota::Window;
use crate::record::{Record, RecordKey, Version};
use crate::seat::{Holder, Occupant, Term};
use crate::text::PersonName;

/// What a decision writes.
pub type Changes = Vec<Change>;

/// One write and its condition.
///
/// A rule that has read a record names the version it read. The others are for records whose key
/// is only known once another was read: they name what must still be true of them, so that they
/// cost no further round trip.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Change {
    /// If there is none yet.
    Create(Record),
    /// Whether or not there is one.
    Replace(Record),
    /// If it is still at this version.
    Update(Record, Version),
    /// If it is still at this version.
    Delete(RecordKey, Version),
    /// Whether or not it is there.
    Forget(RecordKey),
    /// Writes nothing: the decision rests on this record being at this version.
    Check(RecordKey, Version),
    /// Writes nothing: the decision rests on there being no such record.
    Absent(RecordKey),
    /// Adds to the counts, if they stay within the bounds.
    Tally(TallyChange),
    /// The seat changes hands, if it is still in the hands it was in.
    Occupy {
        /// Where.
        workspace: WorkspaceId,
        /// Which.
        seat: SeatId,
        /// Who must have it.
        from: Occupant,
        /// Who gets it.
        to: Occupant,
        /// Until when, for an invitation.
        until: Option<Timestamp>,
    },
    /// The holder's copy of a seat's term follows the seat, if they still hold that seat.
    Reterm {
        /// Where.
        workspace: WorkspaceId,
        /// Who holds it.
        holder: Holder,
        /// Which.
        seat: SeatId,
        /// As it is now.
        term: Term,
    },
    /// The address has no pending invitation any more, if this is the pending one.
    CloseSlot {
        /// Whose.
        email: EmailKey,
        /// Which.
        invitation: InvitationId,
    },
    /// The pending invitation lasts longer, if this is the pending one.
    ExtendSlot {
        /// Whose.
        email: EmailKey,
        /// Which.
        invitation: InvitationId,
        /// The new end.
        expires_at: Option<Timestamp>,
    },
    /// The address is no member's any more, if it is this member's; and was one's.
    VacateSlot {
        /// Whose.
        email: EmailKey,
        /// Where.
        workspace: WorkspaceId,
        /// The member.
        user: UserId,
    },
    /// A leave request is over, if it is still pending.
    CloseLeave {
        /// Where.
        workspace: WorkspaceId,
        /// Which.
        request: LeaveRequestId,
        /// How it ended.
        state: LeaveState,
    },
    /// A person is in one workspace more, or one less, if the sum stays within the bounds.
    Attend {
        /// Who.
        user: UserId,
        /// How many more.
        workspaces: Delta,
    },
    /// So many of a quota are used, if it has them left.
    Spend {
        /// Whose.
        workspace: WorkspaceId,
        /// Of which.
        window: Window,
        /// How many.
        by: u32,
        /// How many there are in all.
        limit: u32,
    },
    /// Writes nothing: the decision rests on this person being a member with one of these roles.
    Vouch {
        /// Where.
        workspace: WorkspaceId,
        /// Who.
        user: UserId,
        /// As one of these.
        roles: Vec<RoleId>,
    },
    /// The list of members shows the new name and address, if the membership is still there.
    Introduce {
        /// Where.
        workspace: WorkspaceId,
        /// Who.
        user: UserId,
        /// The address.
        email: Option<EmailAddress>,
        /// First name.
        first_name: Option<PersonName>,
        /// Last name.
        last_name: Option<PersonName>,
    },
}

/// Adding to one count, if the sum stays within the bounds.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Delta {
    /// How much; may be negative.
    pub by: i64,
    /// Least sum.
    pub min: Option<i64>,
    /// Largest sum.
    pub max: Option<i64>,
}

impl Delta {
    /// Without bounds.
    pub fn by(by: i64) -> Self {
        Self { by, ..Self::default() }
    }

    /// If at least `min` are left.
    #[must_use]
    pub fn keeping(self, min: i64) -> Self {
        Self { min: Some(min), ..self }
    }

    /// If there are at most `max` then.
    #[must_use]
    pub fn up_to(self, max: i64) -> Self {
        Self { max: Some(max), ..self }
    }

    /// Both at once, within the stricter bounds of the two.
    #[must_use]
    pub fn and(self, other: Self) -> Self {
        Self {
            by: self.by.saturating_add(other.by),
            min: self.min.max(other.min),
            max: [self.max, other.max].into_iter().flatten().min(),
        }
    }
}

/// Adding to the counts of a workspace. Also stands for the workspace being there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TallyChange {
    /// Whose.
    pub workspace: WorkspaceId,
    /// Memberships.
    pub members: Delta,
    /// Governing memberships.
    pub governors: Delta,
    /// Free slots taken.
    pub free_slots: Delta,
    /// Seats.
    pub seats: Delta,
    /// Seats of the plan that nobody sits on.
    pub open_seats: Delta,
    /// Domains claimed.
    pub domains: Delta,
}

impl TallyChange {
    /// No change yet.
    pub fn of(workspace: WorkspaceId) -> Self {
        let none = Delta::default();
        Self {
            workspace,
            members: none,
            governors: none,
            free_slots: none,
            seats: none,
            open_seats: none,
            domains: none,
        }
    }

    /// Both at once, within the strictest bounds of the two.
    #[must_use]
    pub fn and(self, other: &Self) -> Self {
        Self {
            workspace: self.workspace,
            members: self.members.and(other.members),
            governors: self.governors.and(other.governors),
            free_slots: self.free_slots.and(other.free_slots),
            seats: self.seats.and(other.seats),
            open_seats: self.open_seats.and(other.open_seats),
            domains: self.domains.and(other.domains),
        }
    }

    /// Each count by its name.
    pub fn deltas(&self) -> [(&'static str, Delta); 6] {
        [
            ("members", self.members),
            ("governors", self.governors),
            ("free_slots", self.free_slots),
            ("seats", self.seats),
            ("open_seats", self.open_seats),
            ("domains", self.domains),
        ]
    }
}

impl Change {
    /// The record it writes or rests on.
    pub fn key(&self) -> RecordKey {
        match self {
            Self::Create(record) | Self::Replace(record) | Self::Update(record, _) => record.key(),
            Self::Delete(key, _) | Self::Forget(key) | Self::Check(key, _) | Self::Absent(key) => key.clone(),
            Self::Tally(tally) => RecordKey::Tally(tally.workspace),
            Self::Occupy { workspace, seat, .. } => RecordKey::Seat(*workspace, *seat),
            Self::Reterm { workspace, holder: Holder::Member(user), .. }
            | Self::Vouch { workspace, user, .. }
            | Self::Introduce { workspace, user, .. } => RecordKey::Member(*workspace, *user),
            Self::Attend { user, .. } => RecordKey::Attendance(*user),
            Self::Spend { workspace, window, .. } => RecordKey::QuotaUse(*workspace, window.name.clone()),
            Self::Reterm { holder: Holder::Invitation(invitation), .. } => RecordKey::Invitation(*invitation),
            Self::CloseSlot { email, invitation } | Self::ExtendSlot { email, invitation, .. } => {
                RecordKey::EmailSlot(email.clone(), invitation.workspace)
            }
            Self::VacateSlot { email, workspace, .. } => RecordKey::EmailSlot(email.clone(), *workspace),
            Self::CloseLeave { workspace, request, .. } => RecordKey::LeaveRequest(*workspace, *request),
        }
    }
}
