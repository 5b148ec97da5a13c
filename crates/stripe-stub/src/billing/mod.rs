//! What Stripe Billing does with money and time.

pub(crate) mod arithmetic;
mod cancel;
mod change;
pub(crate) mod checkout;
pub(crate) mod cycle;
mod invoicing;
mod outcome;
mod preview;

pub(crate) use cancel::End;
pub(crate) use change::{Change, ItemChange, PaymentBehavior, Proration};
pub(crate) use outcome::Outcome;
pub(crate) use preview::Preview;
