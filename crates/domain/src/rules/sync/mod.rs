//! The synchronisation of a workspace with Stripe, one step at a time (K57 to K60, K62, K63).
//!
//! A run loads what is [`Known`], reads what Stripe says, and asks [`next`] for one step. It carries the step out
//! and begins again, until nothing is left to do. It keeps nothing from one step to the next but an [`Answer`] that
//! no reading shows. So a run that dies anywhere, or loses a reply, is continued by another one.
//!
//! What holds it together:
//! - A charge or a Checkout page says what the purchase has fixed before, under an idempotency key of the purchase.
//!   So it says the same however often it is asked for, and happens once (K58).
//! - The outcome of a payment is what a fresh reading says of the invoice or the page, never a reply (K57).
//! - A purchase closes only when nothing of it can be paid any more.
//! - Each transaction requires the version of the account, so of two runs only one writes.
//!
//! A run sends nothing to Stripe after the end of its lease: a step that sets quantities would undo what a later run
//! has done.

mod charge;
mod check;
mod checkout;
mod close;
mod deletion;
mod known;
mod lapse;
mod level;
mod next;
mod purchase;
mod reading;
mod step;
mod subscription;

pub use check::{check_at, is_in_pause};
pub use known::Known;
pub use next::next;
pub use reading::{
    InvoiceReading, InvoiceReason, InvoiceState, ItemReading, Reading, SessionReading, SessionState,
    SubscriptionReading, SubscriptionState,
};
pub use step::{Answer, ChargeOrder, CheckoutOrder, ItemLine, Payment, SyncFault, SyncStep};
