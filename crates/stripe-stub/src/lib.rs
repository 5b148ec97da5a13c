//! A built-in Stripe for one machine: the endpoints that Seatwise calls, Checkout and portal pages, signed webhooks.
#![recursion_limit = "512"]

mod act;
mod api;
mod billing;
mod error;
mod expand;
mod faults;
mod form;
mod idempotency;
mod list;
mod pages;
mod persist;
mod routes;
mod state;
mod stub;
#[cfg(test)]
mod tests;
mod view;
mod webhooks;
mod world;

pub use act::{Card, StubAct};
pub use api::SeenRequest;
pub use error::StubError;
pub use faults::{Fault, Faults, WebhookFault};
pub use stub::{Clock, Deliver, Stub, StubConfig};
pub use view::{
    AccountView, CustomerView, InvoiceView, ItemView, LineView, PaymentView, RefundView, SessionView,
    SubscriptionView,
};
pub use webhooks::WebhookDelivery;
