//! The client of Stripe: typed requests, retries, webhook signatures.
//!
//! It holds exactly the requests that Seatwise sends and the fields that Seatwise reads. Fields and
//! values that Stripe adds later are passed over, so that no change at Stripe stops the reading of
//! an answer.

mod answer;
mod checkout;
mod client;
mod config;
mod customer;
mod error;
mod event;
#[cfg(test)]
mod fake;
mod form;
mod hidden;
mod idempotency;
mod invoice;
mod list;
mod portal;
mod portal_configuration;
mod preview;
mod price;
mod product;
mod refund;
mod retry;
mod subscription;
#[cfg(test)]
mod tests;
mod webhook;
mod words;

pub use answer::{Metadata, Period};
pub use checkout::{
    CheckoutMode, CheckoutPayment, CheckoutSession, CheckoutStatus, NewCheckout, PriceQuantity,
};
pub use client::Client;
pub use config::{ClientConfig, ConfigError, SecretKey, Timeouts};
pub use customer::{Customer, CustomerChange, NewCustomer};
pub use error::StripeError;
pub use event::{Event, EventQuery};
pub use hidden::Hidden;
pub use idempotency::IdempotencyKey;
pub use invoice::{BillingReason, Invoice, InvoiceLine, InvoiceStatus};
pub use list::List;
pub use portal::{ConfirmedItem, NewPortalSession, PortalFlow, PortalSession};
pub use portal_configuration::{PortalConfiguration, PortalFeatures, PortalProduct, PortalSettings};
pub use preview::{Preview, Proration};
pub use price::{Interval, NewPrice, Price, Recurring};
pub use product::{NewProduct, Product, ProductChange};
pub use refund::{Refund, RefundStatus};
pub use subscription::{
    CollectionMethod, ItemChange, PendingUpdate, Subscription, SubscriptionItem, SubscriptionStatus,
};
pub use webhook::{BadSignature, TOLERANCE, WebhookSecret, parse, verify};

/// The version of Stripe's API that requests and answers are written for.
pub const API_VERSION: &str = "2026-08-26.dahlia";
