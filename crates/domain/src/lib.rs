//! The pure rules of Seatwise.
//!
//! Everything here is a function of its arguments: the records that were read, the request, and the
//! [`Moment`] (time, fresh ids, randomness). A rule answers with [`Change`]s, as data, or with a
//! [`Refusal`]. Nothing here reads a clock, waits, or knows DynamoDB, HTTP or Cedar.
//!
//! The layers, from the bottom: [`pack`] (the product as data), the model (the types that this crate
//! re-exports at its root), the table of records, [`Change`], and [`rules`].

mod change;
mod count_change;
mod edit;
mod model;
mod moment;
pub mod pack;
mod record;
mod refusal;
pub mod rules;

pub use change::{Change, Changes, MailLimits, RecordUpdate};
pub use count_change::{CountChange, Delta};
pub use edit::Edit;
pub use model::*;
pub use moment::Moment;
pub use pack::{KindId, Money, Pack, RoleId, RoleName, ServiceId, TierId, TierName};
pub use record::{FromRecord, Key, Record, RecordKey, Stored, Version};
pub use refusal::Refusal;
