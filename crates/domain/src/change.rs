//! The writes of a decision, as data. Each change has the condition under which the store writes it; all
//! changes of a decision are one transaction.

use std::collections::BTreeMap;

use jiff::Timestamp;

use crate::count_change::{CountChange, Delta};
use crate::model::{
    AddressMark, ApiKeyId, DeclineMark, EmailAddress, EmailKey, Invitation, InvitationId, InvitationState,
    LeaveRequestId, MailSender, MakerStamp, Occupant, PersonName, QuotaName, QuotaSubject, QuotaWindow,
    SeatHold, SeatHolder, SeatId, Task, UserId, WorkspaceId,
};
use crate::pack::{KindId, RoleId};
use crate::record::{Record, RecordKey, Stored, Version};

/// The writes of a decision.
pub type Changes = Vec<Change>;

/// One write and its condition.
///
/// A rule that has read a record names the version that it read. The other changes are for records whose
/// keys are known only after another record was read: they name what must still be true of the record,
/// so they need no further round trip.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Change {
    /// Writes the record, if it does not exist.
    Create(Record),
    /// Writes the whole record in place of an existing one, which must be at this version; without a
    /// version, whether or not a record exists. Attributes of the existing item are lost: for a record
    /// that means something new.
    Replace(Record, Option<Version>),
    /// Writes the attributes of the record, whether or not it exists. Attributes of an existing item
    /// that this release does not know stay.
    Put(Record),
    /// Writes the attributes in which the contents differ, if the record is still at its version. See
    /// [`Change::update`].
    Update(Box<RecordUpdate>),
    /// Deletes the record, if it is still at this version.
    Delete(RecordKey, Version),
    /// Ends a membership, if it is still at this version and the member has this leave request: a request that
    /// they make meanwhile would stay open.
    DeleteMember {
        /// The workspace.
        workspace: WorkspaceId,
        /// The member.
        user: UserId,
        /// The version that was read.
        version: Version,
        /// The pending leave request that was read.
        pending_leave: Option<LeaveRequestId>,
    },
    /// Deletes the record, whether or not it exists.
    DeleteUnconditionally(RecordKey),
    /// Writes nothing. The record must still be at this version.
    RequireVersion(RecordKey, Version),
    /// Writes nothing. The record must not exist.
    RequireAbsent(RecordKey),
    /// Adds to the counts of a workspace, if they stay within their bounds.
    AdjustCounts(CountChange),
    /// Adds to the credits of a workspace, if the balance stays within its bounds.
    AddCredits {
        /// The workspace.
        workspace: WorkspaceId,
        /// The addition and its bounds.
        by: Delta,
    },
    /// Counts uses of an existing API key, if they stay within its limits and nobody has begun another day meanwhile. It is
    /// written alone and not in a transaction, so that parallel verifications do not conflict.
    CountKeyUse {
        /// The workspace.
        workspace: WorkspaceId,
        /// The key.
        key: ApiKeyId,
        /// The number of uses.
        units: i64,
        /// The day of the last use that was read.
        day_before: Option<String>,
        /// The day.
        day: String,
        /// The most uses in all.
        most: Option<i64>,
        /// The most uses on the day.
        most_today: Option<i64>,
        /// The time.
        at: Timestamp,
    },
    /// Notes the last use of an API key, if nobody has noted another meanwhile.
    NoteKeyUse {
        /// The workspace.
        workspace: WorkspaceId,
        /// The key.
        key: ApiKeyId,
        /// The last use that was read.
        before: Option<Timestamp>,
        /// The time.
        at: Timestamp,
    },
    /// Adds to the number of resources of a kind, if it stays within its bounds.
    AdjustResourceCount {
        /// The workspace.
        workspace: WorkspaceId,
        /// The kind.
        kind: KindId,
        /// The addition and its bounds.
        by: Delta,
    },
    /// Makes the task due that synchronises the billing of a workspace, whether or not the task exists. A run that
    /// is under way keeps its lease, and does not delete the task.
    RequestBillingSync {
        /// The workspace.
        workspace: WorkspaceId,
        /// The time from which the task is due.
        at: Timestamp,
    },
    /// Gives a seat another occupant, if it still has the occupant that it had.
    ChangeOccupant {
        /// The workspace of the seat.
        workspace: WorkspaceId,
        /// The seat.
        seat: SeatId,
        /// The occupant that the seat must have.
        from: Occupant,
        /// The new occupant.
        to: Occupant,
        /// The end of the reservation, if the new occupant is an invitation.
        until: Option<Timestamp>,
    },
    /// Updates the holder's copy of a seat, if the holder still has the seat.
    UpdateSeatHold {
        /// The workspace of the seat.
        workspace: WorkspaceId,
        /// The record with the copy.
        holder: SeatHolder,
        /// The new copy.
        hold: SeatHold,
    },
    /// Clears the pending invitation of an address, if it is this invitation.
    ClearPendingInvitation {
        /// The address.
        email: EmailKey,
        /// The invitation.
        invitation: InvitationId,
    },
    /// Clears the pending invitation of an address, if it is this invitation, and marks that the person
    /// declined it.
    DeclinePendingInvitation {
        /// The address.
        email: EmailKey,
        /// The invitation.
        invitation: InvitationId,
        /// The mark.
        mark: DeclineMark,
    },
    /// Marks that the person with this address declined an invitation that had expired. A pending invitation
    /// of the address stays.
    MarkDeclined {
        /// The address.
        email: EmailKey,
        /// The workspace.
        workspace: WorkspaceId,
        /// The mark.
        mark: DeclineMark,
    },
    /// Updates the role, the seat, the maker and the end of the pending invitation of an address, if it is
    /// this invitation. The name and the logo of the workspace stay.
    UpdatePendingInvitation {
        /// The address.
        email: EmailKey,
        /// The invitation, with its new content.
        invitation: Box<Invitation>,
        /// Whether a mail goes out. Then the address must have no other mark of a declined invitation than
        /// this invitation has.
        mailed: bool,
    },
    /// Ends an invitation, if it is still pending.
    EndInvitation {
        /// The invitation.
        invitation: InvitationId,
        /// The new state.
        state: InvitationState,
    },
    /// Clears the member of the address's slot, if it is this member.
    VacateEmailSlot {
        /// The address.
        email: EmailKey,
        /// The workspace.
        workspace: WorkspaceId,
        /// The member.
        user: UserId,
        /// The time of the departure, if the member leaves the workspace, which the slot then records.
        /// Otherwise the member has another address now, and this one is free for another person.
        left_at: Option<Timestamp>,
    },
    /// Sets or clears the pending leave request of a member, if it is the one that it was. The version of
    /// the membership stays: nothing but the end of the membership rests on the request (K54).
    UpdatePendingLeave {
        /// The workspace.
        workspace: WorkspaceId,
        /// The member.
        user: UserId,
        /// The request that must be pending.
        from: Option<LeaveRequestId>,
        /// The request that is pending then.
        to: Option<LeaveRequestId>,
    },
    /// Withdraws a leave request, if nobody has decided it. A request that the member has withdrawn
    /// meanwhile stays withdrawn.
    WithdrawLeaveRequest {
        /// The workspace of the request.
        workspace: WorkspaceId,
        /// The request.
        request: LeaveRequestId,
        /// The time of the withdrawal.
        at: Timestamp,
    },
    /// Adds to the number of workspaces that a user is a member of, if it stays within its bounds.
    AdjustWorkspaceCount {
        /// The user.
        user: UserId,
        /// The addition and its bounds.
        workspaces: Delta,
    },
    /// Records on the user's side of a membership that the workspace was deleted, if the user is still in
    /// it.
    MarkWorkspaceDeleted {
        /// The user.
        user: UserId,
        /// The deleted workspace.
        workspace: WorkspaceId,
    },
    /// Counts a workspace that a user creates and is a member of, if they have created fewer than `most`.
    CountCreatedWorkspace {
        /// The user.
        user: UserId,
        /// The most existing workspaces that one person has created.
        most: u32,
    },
    /// Counts a workspace that a user has created no more. The user can still be a member of it.
    ForgetCreatedWorkspace {
        /// The user.
        user: UserId,
    },
    /// Counts the mails of a sender, if they stay within the limits.
    UseMails {
        /// The sender.
        sender: MailSender,
        /// The day.
        window: QuotaWindow,
        /// The number of mails to add, for each address.
        to: BTreeMap<AddressMark, u32>,
        /// The limits of the day.
        limits: MailLimits,
    },
    /// Uses some of a quota, if enough is left.
    UseQuota {
        /// The workspace.
        workspace: WorkspaceId,
        /// The quota.
        quota: QuotaName,
        /// The subject that uses the quota.
        subject: QuotaSubject,
        /// The window of the quota.
        window: QuotaWindow,
        /// The number of uses to add.
        by: u32,
        /// The limit of the quota.
        limit: u32,
    },
    /// Writes nothing. The user must be a member with one of these roles.
    RequireRole {
        /// The workspace.
        workspace: WorkspaceId,
        /// The user.
        user: UserId,
        /// The roles.
        roles: Vec<RoleId>,
    },
    /// Writes nothing. The user must be a member with the role of the stamp, and since the same time.
    RequireMaker {
        /// The workspace.
        workspace: WorkspaceId,
        /// The user.
        user: UserId,
        /// The standing that the user must still have.
        stamp: MakerStamp,
    },
    /// Writes nothing. The workspace must exist and have this creator.
    RequireCreator {
        /// The workspace.
        workspace: WorkspaceId,
        /// The user.
        creator: UserId,
    },
    /// Hands the creator's standing on, if the user still has it.
    ChangeCreator {
        /// The workspace.
        workspace: WorkspaceId,
        /// The creator that the workspace must have.
        from: UserId,
        /// The new creator.
        to: UserId,
    },
    /// Keeps a member from writing before a time, if they are still a member. The membership keeps its version.
    HoldMember {
        /// The workspace.
        workspace: WorkspaceId,
        /// The member.
        user: UserId,
        /// The time.
        until: Timestamp,
    },
    /// Updates the name and the address in a membership, if it still exists. The membership keeps its
    /// version, because no rule depends on what is shown.
    UpdateMemberProfile {
        /// The workspace.
        workspace: WorkspaceId,
        /// The user.
        user: UserId,
        /// The email address.
        email: Option<EmailAddress>,
        /// Whether the address is verified.
        email_verified: bool,
        /// The first name.
        first_name: Option<PersonName>,
        /// The last name.
        last_name: Option<PersonName>,
    },
}

/// The most mails of a sender on one day.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct MailLimits {
    /// To all addresses together.
    pub all: u32,
    /// To one address.
    pub to_address: u32,
}

/// The two contents of a record that is updated.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RecordUpdate {
    /// The content that was read.
    pub before: Record,
    /// The content to write.
    pub after: Record,
    /// The version that was read.
    pub version: Version,
}

impl Change {
    /// The update of a record that was read. The store writes only the attributes in which `after`
    /// differs from the stored content, so that attributes and members that a newer release has added
    /// stay.
    pub fn update<T>(stored: &Stored<T>, after: T) -> Self
    where
        T: Clone,
        Record: From<T>,
    {
        let (before, after) = (stored.value.clone().into(), after.into());
        Self::Update(Box::new(RecordUpdate { before, after, version: stored.version }))
    }

    /// The key of the record that the change writes or depends on.
    pub fn key(&self) -> RecordKey {
        match self {
            Self::Create(record) | Self::Replace(record, _) | Self::Put(record) => record.key(),
            Self::Update(update) => update.after.key(),
            Self::Delete(key, _)
            | Self::DeleteUnconditionally(key)
            | Self::RequireVersion(key, _)
            | Self::RequireAbsent(key) => key.clone(),
            Self::AdjustCounts(counts) => RecordKey::Tally(counts.workspace),
            Self::AddCredits { workspace, .. } => RecordKey::Credits(*workspace),
            Self::CountKeyUse { workspace, key, .. } | Self::NoteKeyUse { workspace, key, .. } => {
                RecordKey::ApiKeyUse(*workspace, *key)
            }
            Self::AdjustResourceCount { workspace, kind, .. } => {
                RecordKey::ResourceCount(*workspace, kind.clone())
            }
            Self::RequestBillingSync { workspace, .. } => RecordKey::Task(Task::of_billing(*workspace)),
            Self::ChangeOccupant { workspace, seat, .. } => RecordKey::Seat(*workspace, *seat),
            Self::UpdateSeatHold { workspace, holder: SeatHolder::Member(user), .. }
            | Self::RequireRole { workspace, user, .. }
            | Self::RequireMaker { workspace, user, .. }
            | Self::UpdatePendingLeave { workspace, user, .. }
            | Self::HoldMember { workspace, user, .. }
            | Self::DeleteMember { workspace, user, .. }
            | Self::UpdateMemberProfile { workspace, user, .. } => RecordKey::Member(*workspace, *user),
            Self::AdjustWorkspaceCount { user, .. }
            | Self::CountCreatedWorkspace { user, .. }
            | Self::ForgetCreatedWorkspace { user } => RecordKey::MembershipCount(*user),
            Self::UseMails { sender, window, .. } => RecordKey::MailUse(*sender, window.name.clone()),
            Self::MarkWorkspaceDeleted { user, workspace } => RecordKey::JoinedWorkspace(*user, *workspace),
            Self::UseQuota { workspace, quota, subject, window, .. } => {
                RecordKey::QuotaUse(*workspace, *quota, *subject, window.name.clone())
            }
            Self::UpdateSeatHold { holder: SeatHolder::Invitation(invitation), .. } => {
                RecordKey::Invitation(*invitation)
            }
            Self::ClearPendingInvitation { email, invitation }
            | Self::DeclinePendingInvitation { email, invitation, .. } => {
                RecordKey::EmailSlot(email.clone(), invitation.workspace)
            }
            Self::UpdatePendingInvitation { email, invitation, .. } => {
                RecordKey::EmailSlot(email.clone(), invitation.id.workspace)
            }
            Self::EndInvitation { invitation, .. } => RecordKey::Invitation(*invitation),
            Self::MarkDeclined { email, workspace, .. } | Self::VacateEmailSlot { email, workspace, .. } => {
                RecordKey::EmailSlot(email.clone(), *workspace)
            }
            Self::WithdrawLeaveRequest { workspace, request, .. } => {
                RecordKey::LeaveRequest(*workspace, *request)
            }
            Self::RequireCreator { workspace, .. } | Self::ChangeCreator { workspace, .. } => {
                RecordKey::Workspace(*workspace)
            }
        }
    }
}
