//! Payments through Stripe: the access to it, the synchronisation of a workspace, and its webhook.

mod access;
mod error;
mod follow_up;
pub mod items;
mod perform;
mod question;
mod reading;
mod run;
mod secrets;
pub mod stripe_webhook;
mod synchronise;
mod webhook;

pub use access::{AccessError, StripeAccess, StripeApi};
pub use error::SyncError;
pub(crate) use follow_up::follow_up;
pub(crate) use question::ask;
pub use question::{IssuedInvoice, PortalVisit, PreviewedLine, PricePreview, Question, StripeAnswer};
pub(crate) use run::run_task;
pub use secrets::{ApiKeys, StripeSecretError, WebhookSecrets};
pub use webhook::Webhook;
