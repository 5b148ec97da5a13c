//! The records that the store keeps, and the keys that find them.
//!
//! All kinds of record are rows of one table, [`for_each_record!`](crate::for_each_record). The key of
//! a record in a workspace contains the workspace, so a key cannot reach another tenant.

use std::fmt;
use std::hash::{Hash, Hasher};
use std::marker::PhantomData;

use jiff::Timestamp;
use uuid::Uuid;

use crate::model::{
    AddressOwner, ApiKey, ApiKeyEntry, ApiKeyId, ApiKeyUse, BillingAccount, BillingCheck, Coordinator,
    CreditEntry, CreditEntryId, Credits, Departure, DomainCheck, DomainClaim, DomainName, EarlierMail,
    EmailKey, EmailSlot, EventDigest, EventId, EventLog, FormerAddress, Invitation, InvitationId,
    JoinedWorkspace, LeaveRequest, LeaveRequestId, LogEvent, LogoImage, MailSender, MailUse, Member,
    MembershipCount, PastPersons, PolicyBundle, PolicyPointer, PolicySchema, PolicyVersion, Publication,
    Purchase, PurchaseId, QuotaName, QuotaSubject, QuotaUse, Receipt, ResourceCount, RoleLink, SchemaId,
    Seat, SeatId, StripeCustomer, Tally, Task, TaskId, UnsealedLog, User, UserId, VerifiedDomain, Workspace,
    WorkspaceDeletion, WorkspaceEntry, WorkspaceId, WorkspaceResource, WorkspaceResourceId,
};
use crate::pack::KindId;

/// The version of a record. It counts the writes; a write that depends on a record names the version
/// that was read.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Version(pub u64);

/// A record as it was read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Stored<T> {
    /// The content of the record.
    pub value: T,
    /// The version of the record.
    pub version: Version,
}

/// The table of all kinds of record: calls the macro `$callback` with one row for each kind.
///
/// A row says: the type of the record, a name for a record in the row, the `type` of the item in the
/// table, and the fields of the key with their values in the record.
#[macro_export]
macro_rules! for_each_record {
    ($callback:ident) => {
        $callback! {
            /// A person's account.
            User as user: "user", (id: UserId = user.id);
            /// The user's side of a membership.
            JoinedWorkspace as joined: "joined",
                (user: UserId = joined.user, workspace: WorkspaceId = joined.workspace);
            /// The number of workspaces that a user is a member of.
            MembershipCount as count: "attendance", (user: UserId = count.user);
            /// The person to whom a verified address belongs.
            AddressOwner as owner: "address-owner", (email: EmailKey = owner.email.clone());
            /// The persons that a sign-in has stood for.
            PastPersons as past: "past-persons", (sign_in: UserId = past.sign_in);
            /// The answer to a request with an idempotency key.
            Receipt as receipt: "receipt",
                (user: UserId = receipt.user,
                 operation: String = receipt.operation.clone(),
                 key: String = receipt.key.clone());
            /// A workspace.
            Workspace as workspace: "workspace", (id: WorkspaceId = workspace.id);
            /// The counts of a workspace.
            Tally as tally: "tally", (workspace: WorkspaceId = tally.workspace);
            /// A deleted workspace whose records a job removes.
            WorkspaceDeletion as deletion: "demolition", (workspace: WorkspaceId = deletion.workspace);
            /// The place of a workspace in the list of all workspaces.
            WorkspaceEntry as entry: "workspace-entry", (workspace: WorkspaceId = entry.workspace);
            /// The contact person of a workspace.
            Coordinator as coordinator: "coordinator", (workspace: WorkspaceId = coordinator.workspace);
            /// The picture of a workspace's logo.
            LogoImage as image: "logo-image",
                (workspace: WorkspaceId = image.workspace, key: Uuid = image.key);
            /// The use of a quota by one subject in one window, found by the window's name.
            QuotaUse as usage: "quota-use",
                (workspace: WorkspaceId = usage.workspace, quota: QuotaName = usage.quota,
                 subject: QuotaSubject = usage.subject, window: String = usage.window.clone());
            /// The mails of one sender on one day.
            MailUse as mails: "mail-use", (sender: MailSender = mails.sender, day: String = mails.day.clone());
            /// A membership.
            Member as member: "member",
                (workspace: WorkspaceId = member.workspace, user: UserId = member.user);
            /// A former member.
            Departure as departure: "departure",
                (workspace: WorkspaceId = departure.workspace, user: UserId = departure.user);
            /// An address that a member had before.
            FormerAddress as former: "former-address",
                (workspace: WorkspaceId = former.workspace, email: EmailKey = former.email.clone());
            /// A purchased seat.
            Seat as seat: "seat", (workspace: WorkspaceId = seat.workspace, id: SeatId = seat.id);
            /// What a workspace has at Stripe.
            BillingAccount as account: "billing", (workspace: WorkspaceId = account.workspace);
            /// A time at which the billing of a workspace is checked.
            BillingCheck as check: "billing-check",
                (at: Timestamp = check.at, workspace: WorkspaceId = check.workspace);
            /// The workspace of a customer at Stripe.
            StripeCustomer as customer: "stripe-customer", (customer: String = customer.customer.clone());
            /// The credits of a workspace.
            Credits as credits: "credits", (workspace: WorkspaceId = credits.workspace);
            /// A line of the ledger of credits.
            CreditEntry as entry: "credit-entry",
                (workspace: WorkspaceId = entry.workspace, id: CreditEntryId = entry.id);
            /// A purchase.
            Purchase as purchase: "purchase",
                (workspace: WorkspaceId = purchase.workspace, id: PurchaseId = purchase.id);
            /// An invitation, whose id contains the workspace.
            Invitation as invitation: "invitation", (id: InvitationId = invitation.id);
            /// The relation of an email address to a workspace.
            EmailSlot as slot: "email-slot",
                (email: EmailKey = slot.email.clone(), workspace: WorkspaceId = slot.workspace);
            /// A link for a role, found by the identifier of the role.
            RoleLink as link: "link",
                (workspace: WorkspaceId = link.workspace, serial: Uuid = link.serial());
            /// A domain that a workspace has claimed.
            DomainClaim as claim: "domain-claim",
                (workspace: WorkspaceId = claim.workspace, domain: DomainName = claim.domain.clone());
            /// A verified domain, found by the domain.
            VerifiedDomain as verified: "domain-door",
                (domain: DomainName = verified.domain.clone(), workspace: WorkspaceId = verified.workspace);
            /// A claimed domain whose DNS record a job looks up.
            DomainCheck as check: "domain-check",
                (domain: DomainName = check.domain.clone(), workspace: WorkspaceId = check.workspace);
            /// A leave request.
            LeaveRequest as request: "leave-request",
                (workspace: WorkspaceId = request.workspace, id: LeaveRequestId = request.id);
            /// A task that is not done yet.
            Task as task: "task", (id: TaskId = task.id);
            /// A mail in the outbox of an earlier release.
            EarlierMail as mail: "mail", (id: TaskId = mail.id);
            /// An API key.
            ApiKey as key: "api-key", (workspace: WorkspaceId = key.workspace, id: ApiKeyId = key.id);
            /// The place of an API key in the list of its workspace.
            ApiKeyEntry as entry: "api-key-entry",
                (workspace: WorkspaceId = entry.workspace, id: ApiKeyId = entry.key);
            /// The use of an API key.
            ApiKeyUse as used: "api-key-use",
                (workspace: WorkspaceId = used.workspace, key: ApiKeyId = used.key);
            /// A resource of a workspace.
            WorkspaceResource as resource: "resource",
                (workspace: WorkspaceId = resource.workspace, id: WorkspaceResourceId = resource.id);
            /// The number of resources of one kind.
            ResourceCount as count: "resource-count",
                (workspace: WorkspaceId = count.workspace, kind: KindId = count.kind.clone());
            /// An event in a log.
            LogEvent as event: "event", (log: EventLog = event.log, id: EventId = event.id);
            /// A digest that seals a part of a log.
            EventDigest as digest: "event-digest", (log: EventLog = digest.log, number: u64 = digest.number);
            /// The mark of a log with events that no digest has yet.
            UnsealedLog as mark: "unsealed-log", (log: EventLog = mark.log);
            /// A copy of the pointer to the active policies.
            PolicyPointer as pointer: "policy-pointer", (copy: u8 = pointer.copy);
            /// A version of the policies.
            PolicyBundle as bundle: "policy-bundle", (version: PolicyVersion = bundle.version.clone());
            /// The core schema of a release.
            PolicySchema as schema: "policy-schema", (id: SchemaId = schema.id.clone());
            /// An entry of the policies' history.
            Publication as publication: "publication", (number: u32 = publication.number);
        }
    };
}

macro_rules! records {
    ($(
        $(#[$doc:meta])*
        $type:ident as $record:ident: $item_type:literal, ($($field:ident: $field_type:ty = $value:expr),+);
    )+) => {
        /// A record of any kind.
        #[derive(Clone, Debug, PartialEq, Eq)]
        pub enum Record {
            $($(#[$doc])* $type($type),)+
        }

        /// The key of a record of any kind.
        #[derive(Clone, Debug, PartialEq, Eq, Hash)]
        pub enum RecordKey {
            $($(#[$doc])* $type($($field_type),+),)+
        }

        impl Record {
            /// The key of the record.
            pub fn key(&self) -> RecordKey {
                match self {
                    $(Self::$type($record) => RecordKey::$type($($value),+),)+
                }
            }
        }

        $(
            impl $type {
                /// The key of the record with these values.
                pub fn key($($field: $field_type),+) -> Key<Self> {
                    Key { erased: RecordKey::$type($($field),+), record: PhantomData }
                }
            }

            impl From<$type> for Record {
                fn from(value: $type) -> Self {
                    Self::$type(value)
                }
            }

            impl FromRecord for $type {
                fn from_record(record: Record) -> Option<Self> {
                    match record {
                        Record::$type(value) => Some(value),
                        _ => None,
                    }
                }
            }
        )+
    };
}

for_each_record!(records);

/// A type that a record can be converted to.
pub trait FromRecord: Sized {
    /// The record as this type; `None` if the record is of another kind.
    fn from_record(record: Record) -> Option<Self>;
}

/// A record of any kind stays as it is.
impl FromRecord for Record {
    fn from_record(record: Record) -> Option<Self> {
        Some(record)
    }
}

/// The key of a record of type `T`.
pub struct Key<T> {
    erased: RecordKey,
    record: PhantomData<fn() -> T>,
}

impl<T> From<Key<T>> for RecordKey {
    fn from(key: Key<T>) -> Self {
        key.erased
    }
}

// Derived implementations would ask for the same traits of `T`.

impl<T> Clone for Key<T> {
    fn clone(&self) -> Self {
        Self { erased: self.erased.clone(), record: PhantomData }
    }
}

impl<T> fmt::Debug for Key<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.erased.fmt(f)
    }
}

impl<T> PartialEq for Key<T> {
    fn eq(&self, other: &Self) -> bool {
        self.erased == other.erased
    }
}

impl<T> Eq for Key<T> {}

impl<T> Hash for Key<T> {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.erased.hash(state);
    }
}
