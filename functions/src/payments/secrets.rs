//! The secrets of Stripe: keys of its API, and secrets that sign its webhooks.

use seatwise_store::CallFailure;
use seatwise_stripe::{SecretKey, WebhookSecret};

use crate::secret::SecretText;

/// The keys of Stripe's API, newest first. Empty: nobody has put one in yet.
pub struct ApiKeys(pub Vec<SecretKey>);

/// The secrets that sign Stripe's webhooks, newest first: two while one replaces the other.
pub struct WebhookSecrets(pub Vec<WebhookSecret>);

/// The reason why there are no secrets of Stripe.
#[derive(Debug, thiserror::Error)]
pub enum StripeSecretError {
    /// Secrets Manager did not answer.
    #[error("a secret of Stripe could not be read")]
    Unread(#[from] CallFailure),
    /// The secret has another form.
    #[error("a secret of Stripe holds no list of texts")]
    NoTexts,
}

/// The texts of a secret: a JSON list, newest first.
fn texts(text: &str) -> Result<Vec<String>, StripeSecretError> {
    serde_json::from_str(text).map_err(|_| StripeSecretError::NoTexts)
}

impl SecretText for ApiKeys {
    type Error = StripeSecretError;
    const IN_WORDS: &'static str = "keys of Stripe";

    fn parse(text: &str) -> Result<Self, StripeSecretError> {
        texts(text).map(|keys| Self(keys.into_iter().map(SecretKey::new).collect()))
    }
}

impl SecretText for WebhookSecrets {
    type Error = StripeSecretError;
    const IN_WORDS: &'static str = "secrets of webhooks";

    fn parse(text: &str) -> Result<Self, StripeSecretError> {
        texts(text).map(|secrets| Self(secrets.into_iter().map(WebhookSecret::new).collect()))
    }
}
