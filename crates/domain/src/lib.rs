//! The pure rules of Seatwise.
//!
//! Everything here is a function of its arguments: what was loaded, what was asked, and the
//! [`Moment`] (time, fresh ids, chance). A rule answers with [`Change`]s, as data, or with a
//! [`Refusal`]. Nothing here reads a clock, waits, or knows DynamoDB, HTTP or Cedar.

pub mod change;
pub mod coordinator;
pub mod delivery;
pub mod demolition;
pub mod edit;
pub mod email;
pub mod email_domain;
pub mod id;
pub mod invitation;
pub mod join;
pub mod leave;
pub mod link;
pub mod logo;
pub mod member;
pub mod moment;
pub mod pack;
mod pack_faults;
pub mod policy;
pub mod quota;
pub mod receipt;
pub mod record;
pub mod refusal;
pub mod seat;
pub mod task;
pub mod text;
pub mod user;
pub mod workspace;

#[cfg(test)]
mod fixture;
#[cfg(test)]
mod rules;

pub use change::{Change, Changes, Delta, TallyChange};
pub use delivery::{Delivery, DeliveryStatus};
pub use email::{EmailAddress, EmailKey};
pub use email_domain::DomainName;
pub use id::{InvitationId, LeaveRequestId, PurchaseId, SeatId, TaskId, UserId, WorkspaceId};
pub use moment::Moment;
pub use pack::{Money, Pack, RoleId, TierId};
pub use pack_faults::{PackFault, SEATS_MAX};
pub use record::{Record, RecordKey, Stored, Version};
pub use refusal::Refusal;
pub use task::{EarlierMail, InvitationMail, OUTBOX_SHARDS, RetrySchedule, Task, TaskKind, outbox_shard};
