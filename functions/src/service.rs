//! What every function has: made once, in Lambda's INIT, and shared by all requests.

use std::sync::Arc;

use jiff::Timestamp;
use seatwise_domain::Moment;
use seatwise_store::Store;

use crate::policies::Policies;
use crate::token::TokenKeys;

/// Tells the time. The only place that time comes from.
pub type Clock = Arc<dyn Fn() -> Timestamp + Send + Sync>;

/// What the operator sets.
#[derive(Clone, Debug)]
pub struct Settings {
    /// Where the client app lives: invitation links lead to `<app_url>/join`.
    pub app_url: String,
    /// The sender of mails; an identity that SES has verified.
    pub mail_from: String,
    /// SES configuration set, for bounces and complaints.
    pub mail_configuration_set: Option<String>,
}

/// What a service is made of.
pub struct Parts {
    /// State.
    pub store: Store,
    /// Mail.
    pub ses: aws_sdk_sesv2::Client,
    /// Time.
    pub clock: Clock,
    /// What the operator sets.
    pub settings: Settings,
    /// What tokens are made with.
    pub token_keys: TokenKeys,
}

/// What every function has.
pub struct Service {
    pub(crate) store: Store,
    pub(crate) ses: aws_sdk_sesv2::Client,
    pub(crate) clock: Clock,
    pub(crate) settings: Settings,
    pub(crate) tokens: TokenKeys,
    pub(crate) policies: Policies,
}

impl Service {
    /// A service of these parts.
    pub fn new(parts: Parts) -> Arc<Self> {
        let Parts { store, ses, clock, settings, token_keys } = parts;
        Arc::new(Self { store, ses, clock, settings, tokens: token_keys, policies: Policies::default() })
    }

    /// The store, for tests and for tools that look behind the API.
    pub fn store(&self) -> &Store {
        &self.store
    }

    /// Loads the active policies before the first request. A failure is the first request's to
    /// meet: a function that cannot start would only be started again.
    pub async fn warm_up(&self) {
        if let Err(error) = self.policies.load(&self.store).await {
            tracing::warn!(%error, "policies could not be loaded at start");
        }
    }

    /// Now, to the millisecond: what clients are shown is what is kept and compared.
    pub(crate) fn now(&self) -> Timestamp {
        let now = (self.clock)();
        Timestamp::from_millisecond(now.as_millisecond()).unwrap_or(now)
    }

    /// Now, with fresh randomness.
    pub(crate) fn moment(&self) -> Moment {
        Moment::new(self.now(), rand::random())
    }
}
