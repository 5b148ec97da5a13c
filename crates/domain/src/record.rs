//! What is kept: every record, and the key that finds it. The store writes these as items; a
//! record of a workspace has the workspace in its key, so no key reaches across tenants.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::email::EmailKey;
use crate::id::{InvitationId, LeaveRequestId, MailId, PurchaseId, SeatId, UserId, WorkspaceId};
use crate::invitation::Invitation;
use crate::leave::LeaveRequest;
use crate::mail::Mail;
use crate::member::Member;
use crate::pack::RoleId;
use crate::policy::{PolicyBundle, PolicyPointer, PolicyVersion};
use crate::receipt::Receipt;
use crate::seat::{Purchase, Seat};
use crate::text::WorkspaceName;
use crate::user::User;
use crate::workspace::{Tally, Workspace};

/// Counts the changes of a record; a write that rests on a record names the version it read.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Version(pub u64);

/// A record as it was read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Stored<T> {
    /// Its content.
    pub value: T,
    /// Its version.
    pub version: Version,
}

/// That a person is in a workspace, seen from the person: the switcher reads it (L6). The role is
/// the membership's to say.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Joined {
    /// Who.
    pub user: UserId,
    /// Where.
    pub workspace: WorkspaceId,
    /// Since when.
    pub at: Timestamp,
}

impl Joined {
    /// The person's side of a membership.
    pub fn of(member: &Member) -> Self {
        Self { user: member.user, workspace: member.workspace, at: member.joined_at }
    }
}

/// What one address is to one workspace. There is one per address and workspace, so there is at
/// most one pending invitation per address (F5, K3); all slots of an address are one query, which
/// is how the invited find their invitations.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct EmailSlot {
    /// The workspace.
    pub workspace: WorkspaceId,
    /// The address, hashed.
    pub email: EmailKey,
    /// The pending invitation.
    pub pending: Option<PendingSlot>,
    /// Who joined with this address.
    pub member: Option<UserId>,
}

/// A pending invitation, as the invited sees it in their list.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PendingSlot {
    /// Which.
    pub invitation: InvitationId,
    /// To what, as it was called when the invitation was made.
    pub workspace_name: WorkspaceName,
    /// As what.
    pub role: RoleId,
    /// When it was made.
    pub invited_at: Timestamp,
    /// Until when; absent: for ever.
    pub expires_at: Option<Timestamp>,
}

impl PendingSlot {
    /// Whether it can be accepted at `now`, as far as time goes.
    pub fn is_live(&self, now: Timestamp) -> bool {
        self.expires_at.is_none_or(|end| now < end)
    }
}

/// Everything that is kept.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Record {
    /// A person's account.
    User(User),
    /// A person's side of a membership.
    Joined(Joined),
    /// A tenant.
    Workspace(Workspace),
    /// The counts of a workspace.
    Tally(WorkspaceId, Tally),
    /// A membership.
    Member(Member),
    /// A purchased seat.
    Seat(Seat),
    /// A purchase.
    Purchase(Purchase),
    /// An invitation.
    Invitation(Invitation),
    /// An address in a workspace.
    EmailSlot(EmailSlot),
    /// A leave request.
    LeaveRequest(LeaveRequest),
    /// An answer already given.
    Receipt(Receipt),
    /// A mail to be sent.
    Mail(Mail),
    /// Which policies are active.
    PolicyPointer(PolicyPointer),
    /// A version of the policies.
    PolicyBundle(PolicyBundle),
}

/// Finds one record.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum RecordKey {
    /// A person's account.
    User(UserId),
    /// A person's side of a membership.
    Joined(UserId, WorkspaceId),
    /// A tenant.
    Workspace(WorkspaceId),
    /// The counts of a workspace.
    Tally(WorkspaceId),
    /// A membership.
    Member(WorkspaceId, UserId),
    /// A purchased seat.
    Seat(WorkspaceId, SeatId),
    /// A purchase.
    Purchase(WorkspaceId, PurchaseId),
    /// An invitation; the workspace is in its id.
    Invitation(InvitationId),
    /// An address in a workspace.
    EmailSlot(EmailKey, WorkspaceId),
    /// A leave request.
    LeaveRequest(WorkspaceId, LeaveRequestId),
    /// An answer already given: user, operation, hashed key.
    Receipt(UserId, String, String),
    /// A mail to be sent.
    Mail(MailId),
    /// A copy of the pointer to the active policies.
    PolicyPointer(u8),
    /// A version of the policies.
    PolicyBundle(PolicyVersion),
}

impl Record {
    /// The key that finds it.
    pub fn key(&self) -> RecordKey {
        match self {
            Self::User(user) => RecordKey::User(user.id),
            Self::Joined(joined) => RecordKey::Joined(joined.user, joined.workspace),
            Self::Workspace(workspace) => RecordKey::Workspace(workspace.id),
            Self::Tally(workspace, _) => RecordKey::Tally(*workspace),
            Self::Member(member) => RecordKey::Member(member.workspace, member.user),
            Self::Seat(seat) => RecordKey::Seat(seat.workspace, seat.id),
            Self::Purchase(purchase) => RecordKey::Purchase(purchase.workspace, purchase.id),
            Self::Invitation(invitation) => RecordKey::Invitation(invitation.id),
            Self::EmailSlot(slot) => RecordKey::EmailSlot(slot.email.clone(), slot.workspace),
            Self::LeaveRequest(request) => RecordKey::LeaveRequest(request.workspace, request.id),
            Self::Receipt(receipt) => {
                RecordKey::Receipt(receipt.user, receipt.operation.clone(), receipt.key.clone())
            }
            Self::Mail(mail) => RecordKey::Mail(mail.id),
            Self::PolicyPointer(pointer) => RecordKey::PolicyPointer(pointer.copy),
            Self::PolicyBundle(bundle) => RecordKey::PolicyBundle(bundle.version.clone()),
        }
    }
}

/// A type of record, so that what was loaded under a key comes back as that type.
pub trait Kept: Sized {
    /// The record as this type, if it is one.
    fn from_record(record: Record) -> Option<Self>;
}

macro_rules! kept {
    ($($variant:ident => $type:ty),* $(,)?) => {$(
        impl Kept for $type {
            fn from_record(record: Record) -> Option<Self> {
                match record {
                    Record::$variant(value) => Some(value),
                    _ => None,
                }
            }
        }
    )*};
}

kept! {
    User => User,
    Joined => Joined,
    Workspace => Workspace,
    Member => Member,
    Seat => Seat,
    Purchase => Purchase,
    Invitation => Invitation,
    EmailSlot => EmailSlot,
    LeaveRequest => LeaveRequest,
    Receipt => Receipt,
    Mail => Mail,
    PolicyPointer => PolicyPointer,
    PolicyBundle => PolicyBundle,
}

impl Kept for Tally {
    fn from_record(record: Record) -> Option<Self> {
        match record {
            Record::Tally(_, tally) => Some(tally),
            _ => None,
        }
    }
}
