//! What a client has to know before it can be made.

use std::time::Duration;

use reqwest::header::HeaderValue;
use reqwest::{ClientBuilder, Url};

use crate::Hidden;

const STRIPE: &str = "https://api.stripe.com";

/// A secret or restricted key of the API.
#[derive(Clone, Debug)]
pub struct SecretKey(Hidden);

impl SecretKey {
    /// The key as Stripe shows it once.
    pub fn new(key: impl Into<String>) -> Self {
        Self(Hidden::from(key.into()))
    }

    /// It moves real money.
    pub fn is_live(&self) -> bool {
        ["sk_live_", "rk_live_"].iter().any(|prefix| self.0.as_str().starts_with(prefix))
    }

    pub(crate) fn bearer(&self) -> Result<HeaderValue, ConfigError> {
        let text = format!("Bearer {}", self.0.as_str());
        let mut value = HeaderValue::from_str(&text).map_err(|_| ConfigError::BadKey)?;
        value.set_sensitive(true);
        Ok(value)
    }
}

/// How long the client waits.
#[derive(Clone, Copy, Debug)]
pub struct Timeouts {
    /// For a connection.
    pub connect: Duration,
    /// For the answer to one attempt. A charge asks a bank and takes seconds.
    pub attempt: Duration,
}

impl Default for Timeouts {
    fn default() -> Self {
        Self { connect: Duration::from_secs(3), attempt: Duration::from_secs(30) }
    }
}

/// The settings of a client.
pub struct ClientConfig {
    /// The address of Stripe, or of a stub on this machine.
    pub base_url: String,
    /// Newest first: the others are for the time in which a new key is not yet, or no longer, known.
    pub keys: Vec<SecretKey>,
    /// How long it waits.
    pub timeouts: Timeouts,
    /// How it connects: who knows fewer root certificates starts faster.
    pub http: ClientBuilder,
}

impl ClientConfig {
    /// The settings for Stripe itself.
    pub fn new(keys: Vec<SecretKey>) -> Self {
        Self {
            base_url: STRIPE.to_owned(),
            keys,
            timeouts: Timeouts::default(),
            http: reqwest::Client::builder(),
        }
    }
}

/// The reason why there can be no client.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ConfigError {
    /// There is no key.
    #[error("there is no key of Stripe")]
    NoKey,
    /// A key holds something that cannot be sent.
    #[error("a key of Stripe holds characters that no key has")]
    BadKey,
    /// Some keys are for real money and some are for tests.
    #[error("the keys of Stripe are partly live and partly for tests")]
    MixedKeys,
    /// The key would be sent where others can read it.
    #[error("the address of Stripe must be an https URL (http only on this machine)")]
    BadUrl,
    /// There is no way to make encrypted connections.
    #[error("encrypted connections cannot be made")]
    NoTls,
}

/// A key in an unencrypted connection is anybody's: `http` is for this machine only.
pub(crate) fn safe_url(text: &str) -> Result<Url, ConfigError> {
    let url = Url::parse(text).map_err(|_| ConfigError::BadUrl)?;
    let local = matches!(url.host_str(), Some("localhost" | "127.0.0.1" | "[::1]"));
    match url.scheme() {
        "https" => Ok(url),
        "http" if local => Ok(url),
        _ => Err(ConfigError::BadUrl),
    }
}

/// Whether the keys move real money, on which all of them must agree.
pub(crate) fn are_live(keys: &[SecretKey]) -> Result<bool, ConfigError> {
    let live = keys.first().ok_or(ConfigError::NoKey)?.is_live();
    if keys.iter().all(|key| key.is_live() == live) { Ok(live) } else { Err(ConfigError::MixedKeys) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_tells_its_mode_and_nothing_else() {
        for live in ["sk_live_1", "rk_live_1"] {
            assert!(SecretKey::new(live).is_live(), "{live}");
        }
        for test in ["sk_test_1", "rk_test_1", "", "live"] {
            assert!(!SecretKey::new(test).is_live(), "{test}");
        }
        assert_eq!(format!("{:?}", SecretKey::new("sk_test_1")), "SecretKey((hidden))");
        assert!(SecretKey::new("sk_test_1\n").bearer().is_err());
        assert!(!format!("{:?}", SecretKey::new("sk_test_1").bearer()).contains("sk_"));
    }

    #[test]
    fn keys_agree_on_their_mode() {
        let keys = |keys: &[&str]| are_live(&keys.iter().map(|key| SecretKey::new(*key)).collect::<Vec<_>>());
        assert_eq!(keys(&[]), Err(ConfigError::NoKey));
        assert_eq!(keys(&["rk_live_2", "sk_live_1"]), Ok(true));
        assert_eq!(keys(&["rk_live_2", "rk_test_1"]), Err(ConfigError::MixedKeys));
    }

    #[test]
    fn an_open_line_is_only_for_this_machine() {
        for good in ["https://api.stripe.com", "http://127.0.0.1:9", "http://localhost:9/x"] {
            assert!(safe_url(good).is_ok(), "{good}");
        }
        for bad in ["http://api.stripe.com", "http://127.0.0.1.evil.example", "ftp://localhost", ""] {
            assert!(safe_url(bad).is_err(), "{bad}");
        }
    }
}
