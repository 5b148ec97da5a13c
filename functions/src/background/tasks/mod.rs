//! Tasks of the outbox: how one runs, and a handler for each kind.

mod billing_sync;
mod earlier_mail;
mod error;
mod mail;
mod maker_review;
mod memberships;
mod run;
mod seat_settlement;

pub use run::MOST_AT_ONCE;
pub(super) use run::run_all;
