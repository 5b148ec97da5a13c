//! What is kept: every record, and the key that finds it. The store writes these as items; a
//! record of a workspace has the workspace in its key, so no key reaches across tenants.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::coordinator::Coordinator;
use crate::demolition::Demolition;
use crate::email::EmailKey;
use crate::email_domain::{DomainCheck, DomainClaim, DomainDoor, DomainName};
use crate::id::{InvitationId, LeaveRequestId, PurchaseId, SeatId, TaskId, UserId, WorkspaceId};
use crate::invitation::Invitation;
use crate::leave::LeaveRequest;
use crate::link::Link;
use crate::logo::{Logo, LogoImage};
use crate::member::Member;
use crate::pack::RoleId;
use crate::policy::{PolicyBundle, PolicyPointer, PolicySchema, PolicyVersion, Publication, SchemaId};
use crate::quota::QuotaUse;
use crate::receipt::Receipt;
use crate::seat::{Purchase, Seat};
use crate::task::{EarlierMail, Task};
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
    /// Whether a member with this address has left or was removed: then the domain brings nobody with
    /// it in, whichever account they use.
    #[serde(default)]
    pub left: bool,
}

/// That somebody has left a workspace, or was removed: their domain brings them in no more, whatever
/// their address is by then. With it their address's slot is found again when the workspace is deleted.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Departure {
    /// The workspace.
    pub workspace: WorkspaceId,
    /// Who.
    pub user: UserId,
    /// The address they had there, hashed.
    pub email: Option<EmailKey>,
}

/// How many workspaces a person is in: what "their only workspace" rests on (F9, F10).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Attendance {
    /// Who.
    pub user: UserId,
    /// How many.
    pub workspaces: i64,
}

/// A pending invitation, as the invited sees it in their list.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PendingSlot {
    /// Which.
    pub invitation: InvitationId,
    /// To what, as it was called when the invitation was made.
    pub workspace_name: WorkspaceName,
    /// The logo that it had then.
    #[serde(default)]
    pub logo: Option<Logo>,
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
    /// A task of the outbox.
    Task(Task),
    /// A mail in the outbox of an earlier release.
    EarlierMail(EarlierMail),
    /// That somebody has left a workspace.
    Departure(Departure),
    /// How many workspaces a person is in.
    Attendance(Attendance),
    /// How much of a quota is used.
    QuotaUse(QuotaUse),
    /// A link for a role.
    Link(Link),
    /// A domain that a workspace has claimed.
    DomainClaim(DomainClaim),
    /// A workspace that who has an address of a domain joins.
    DomainDoor(DomainDoor),
    /// A claimed domain that is looked up.
    DomainCheck(DomainCheck),
    /// Whom to ask.
    Coordinator(WorkspaceId, Coordinator),
    /// A logo.
    LogoImage(LogoImage),
    /// A workspace that is being deleted.
    Demolition(Demolition),
    /// Which policies are active.
    PolicyPointer(PolicyPointer),
    /// A version of the policies.
    PolicyBundle(PolicyBundle),
    /// The core schema of a release.
    PolicySchema(PolicySchema),
    /// That somebody has made a version active.
    Publication(Publication),
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
    /// A task of the outbox.
    Task(TaskId),
    /// A mail in the outbox of an earlier release.
    EarlierMail(TaskId),
    /// That somebody has left a workspace.
    Departure(WorkspaceId, UserId),
    /// How many workspaces a person is in.
    Attendance(UserId),
    /// How much of a quota is used, by the name of its window.
    QuotaUse(WorkspaceId, String),
    /// A link for a role, by what stands for the role.
    Link(WorkspaceId, Uuid),
    /// A domain that a workspace has claimed.
    DomainClaim(WorkspaceId, DomainName),
    /// A workspace that who has an address of a domain joins.
    DomainDoor(DomainName, WorkspaceId),
    /// A claimed domain that is looked up.
    DomainCheck(DomainName, WorkspaceId),
    /// Whom to ask.
    Coordinator(WorkspaceId),
    /// A logo, by what nobody can guess.
    LogoImage(WorkspaceId, Uuid),
    /// A workspace that is being deleted.
    Demolition(WorkspaceId),
    /// A copy of the pointer to the active policies.
    PolicyPointer(u8),
    /// A version of the policies.
    PolicyBundle(PolicyVersion),
    /// The core schema of a release.
    PolicySchema(SchemaId),
    /// That somebody has made a version active, by its number.
    Publication(u32),
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
            Self::Task(task) => RecordKey::Task(task.id),
            Self::EarlierMail(mail) => RecordKey::EarlierMail(mail.id),
            Self::Departure(departure) => RecordKey::Departure(departure.workspace, departure.user),
            Self::Attendance(attendance) => RecordKey::Attendance(attendance.user),
            Self::QuotaUse(used) => RecordKey::QuotaUse(used.workspace, used.window.clone()),
            Self::Link(link) => link.key(),
            Self::DomainClaim(claim) => RecordKey::DomainClaim(claim.workspace, claim.domain.clone()),
            Self::DomainDoor(door) => RecordKey::DomainDoor(door.domain.clone(), door.workspace),
            Self::DomainCheck(check) => RecordKey::DomainCheck(check.domain.clone(), check.workspace),
            Self::Coordinator(workspace, _) => RecordKey::Coordinator(*workspace),
            Self::LogoImage(image) => RecordKey::LogoImage(image.workspace, image.key),
            Self::Demolition(demolition) => RecordKey::Demolition(demolition.workspace),
            Self::PolicyPointer(pointer) => RecordKey::PolicyPointer(pointer.copy),
            Self::PolicyBundle(bundle) => RecordKey::PolicyBundle(bundle.version.clone()),
            Self::PolicySchema(schema) => RecordKey::PolicySchema(schema.id.clone()),
            Self::Publication(publication) => RecordKey::Publication(publication.number),
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
    Task => Task,
    EarlierMail => EarlierMail,
    Departure => Departure,
    Attendance => Attendance,
    QuotaUse => QuotaUse,
    Link => Link,
    DomainClaim => DomainClaim,
    DomainDoor => DomainDoor,
    DomainCheck => DomainCheck,
    LogoImage => LogoImage,
    Demolition => Demolition,
    PolicyPointer => PolicyPointer,
    PolicyBundle => PolicyBundle,
    PolicySchema => PolicySchema,
    Publication => Publication,
}

/// Whatever it is.
impl Kept for Record {
    fn from_record(record: Record) -> Option<Self> {
        Some(record)
    }
}

impl Kept for Coordinator {
    fn from_record(record: Record) -> Option<Self> {
        match record {
            Record::Coordinator(_, coordinator) => Some(coordinator),
            _ => None,
        }
    }
}

impl Kept for Tally {
    fn from_record(record: Record) -> Option<Self> {
        match record {
            Record::Tally(_, tally) => Some(tally),
            _ => None,
        }
    }
}
