//! The data of Seatwise: one file for each resource, with its records and the small types in them. A type
//! tells what follows from its own data, such as its status; the rules make the changes.

mod api_key;
mod billing;
mod coordinator;
mod delivery;
mod domain;
mod domain_name;
mod email;
mod email_slot;
mod event;
mod event_digest;
mod id;
mod invitation;
mod leave_request;
mod logo;
mod mail_use;
mod maker;
mod member;
mod name;
mod plain_name;
mod policy;
mod purchase;
mod quota;
mod receipt;
mod resource;
mod role_link;
mod seat;
mod task;
mod text;
mod user;
mod workspace;

pub use api_key::{ApiKey, ApiKeyEntry, ApiKeyName, ApiKeyUse, FlowId, PreviousSecret, SecretHash};
pub use billing::{
    BilledWorkspace, BillingAccount, BillingCheck, Cancellation, CreditEntry, Credits, Extras, PaidPeriod,
    StripeCustomer, Subscription, SubscriptionStatus,
};
pub use coordinator::Coordinator;
pub use delivery::{Delivery, DeliveryStatus};
pub use domain::{DomainCheck, DomainClaim, DomainStatus, VerifiedDomain, dns_record_name};
pub use domain_name::DomainName;
pub use email::{BadEmail, EmailAddress, EmailKey};
pub use email_slot::{DeclineMark, EmailSlot, PendingInvitation};
pub use event::{
    ActorKind, EventActor, EventContext, EventLog, EventTarget, EventType, EventValue, FieldChange, LogEvent,
};
pub use event_digest::{
    BadSealedEvents, DigestBefore, DigestHash, EventDigest, ItemHash, SealedEvent, SealedEvents,
    UNSEALED_SHARDS, UnsealedLog, unsealed_shard,
};
pub use id::{
    ApiKeyId, BadId, CreditEntryId, EventId, InvitationId, LeaveRequestId, PurchaseId, SeatId, TaskId,
    UserId, WorkspaceId, WorkspaceResourceId,
};
pub use invitation::{Invitation, InvitationState, InvitationStatus, InvitationTerms};
pub use leave_request::{LeaveRequest, LeaveState};
pub use logo::{ImageKind, LOGO_MAX_BYTES, LogoImage, LogoRef};
pub use mail_use::{AddressMark, MailSender, MailUse};
pub use maker::{MakerReview, MakerStamp};
pub use member::{Departure, FormerAddress, Member, PastRole, Seating};
pub use name::{NameSearch, member_sort_key};
pub use plain_name::without_links;
pub use policy::{
    MAX_BUNDLE_BYTES, MAX_TARGETS, POINTER_COPIES, PackBaseline, PolicyBundle, PolicyPointer, PolicySchema,
    PolicySignature, PolicyTarget, PolicyVersion, Publication, PublicationKind, RoleBaseline, SchemaId,
};
pub use purchase::{
    BillingChange, OnlinePayment, PaymentFailure, Purchase, PurchaseLine, PurchaseState, Quantities,
};
pub use quota::{Quota, QuotaName, QuotaSubject, QuotaUse, QuotaWindow};
pub use receipt::Receipt;
pub use resource::{ExternalId, ResourceCount, ResourceLabel, WorkspaceResource};
pub use role_link::RoleLink;
pub use seat::{Occupant, Seat, SeatChoice, SeatHold, SeatHolder, SeatStatus, SeatTerm};
pub use task::{
    EarlierMail, EndedAccount, InvitationMail, OUTBOX_SHARDS, RetrySchedule, SeatSettlement, Task, TaskKind,
    outbox_shard,
};
pub use text::{
    BadText, BadTimeZone, ClaimText, IanaTimeZone, MultiLine, Notes, PersonName, Phone, Reason, SingleLine,
    ThemeName, TimeZoneName, WorkspaceName,
};
pub use user::{AddressOwner, Identity, JoinedWorkspace, MembershipCount, PastPersons, User, UserProfile};
pub use workspace::{
    Count, NewWorkspace, SettingOverrides, Tally, Workspace, WorkspaceDeletion, WorkspaceEntry,
    WorkspaceProfile,
};
