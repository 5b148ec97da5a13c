//! The access of a function to Stripe.

use std::sync::{Arc, Mutex, PoisonError};

use jiff::Timestamp;
use seatwise_stripe::{Client, ClientConfig, ConfigError, Timeouts};

use super::secrets::{ApiKeys, StripeSecretError, WebhookSecrets};
use crate::secret::Secret;

/// What a function has of Stripe. A function that calls Stripe has the keys of its API, and only the webhook has
/// the secrets that sign webhooks.
#[derive(Default)]
pub struct StripeAccess {
    /// The keys of the API, and where the API is.
    pub api: Option<StripeApi>,
    /// The secrets that sign webhooks.
    pub webhook: Option<Secret<WebhookSecrets>>,
    /// Whether keys and webhooks must be about real money; otherwise they must not.
    pub live: bool,
}

/// Stripe's API.
pub struct StripeApi {
    keys: Secret<ApiKeys>,
    base_url: Option<String>,
    made: Mutex<Option<(Arc<ApiKeys>, Client)>>,
}

/// The reason why Stripe cannot be called.
#[derive(Debug, thiserror::Error)]
pub enum AccessError {
    /// This function has no access.
    #[error("this function has no keys of Stripe's API")]
    NoAccess,
    /// The keys could not be read.
    #[error(transparent)]
    Secret(#[from] StripeSecretError),
    /// The keys move real money and the stage must not, or the other way round.
    #[error("the keys of Stripe's API are of the other mode, test or live, than this stage")]
    OtherMode,
    /// The keys make no client.
    #[error("the keys of Stripe's API cannot be used")]
    Config(#[from] ConfigError),
}

impl StripeApi {
    /// The API at this address, or Stripe itself.
    pub fn new(keys: Secret<ApiKeys>, base_url: Option<String>) -> Self {
        Self { keys, base_url, made: Mutex::new(None) }
    }

    /// A client with the present keys. It is made anew only when the keys have changed.
    pub async fn client(&self, now: Timestamp) -> Result<Client, AccessError> {
        let keys = self.keys.read(now).await?;
        let mut made = self.made.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some((of, client)) = made.as_ref()
            && Arc::ptr_eq(of, &keys)
        {
            return Ok(client.clone());
        }
        let mut config = ClientConfig::new(keys.0.clone());
        config.timeouts = Timeouts::default();
        if let Some(url) = &self.base_url {
            config.base_url.clone_from(url);
        }
        let client = Client::new(config)?;
        *made = Some((keys, client.clone()));
        Ok(client)
    }
}

impl StripeAccess {
    /// A client of the API.
    pub async fn client(&self, now: Timestamp) -> Result<Client, AccessError> {
        let client = self.api.as_ref().ok_or(AccessError::NoAccess)?.client(now).await?;
        if client.is_live() == self.live { Ok(client) } else { Err(AccessError::OtherMode) }
    }
}

#[cfg(test)]
mod tests {
    use seatwise_stripe::SecretKey;

    use super::*;

    #[tokio::test]
    async fn k61_keys_of_the_other_mode_are_not_used() {
        for (key, live, is_used) in [
            ("rk_test_1", false, true),
            ("rk_test_1", true, false),
            ("rk_live_1", false, false),
            ("rk_live_1", true, true),
        ] {
            let keys = Secret::here(ApiKeys(vec![SecretKey::new(key)]));
            let access = StripeAccess { api: Some(StripeApi::new(keys, None)), webhook: None, live };
            assert_eq!(access.client(Timestamp::UNIX_EPOCH).await.is_ok(), is_used, "{key} {live}");
        }
    }
}
