//! The public keys of an outside issuer: fetched when a token names one that is not known, kept,
//! and never fetched more often than an attacker's tokens should be able to make us (K34).

use std::collections::HashMap;
use std::sync::RwLock;
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use jsonwebtoken::DecodingKey;
use jsonwebtoken::jwk::{AlgorithmParameters, Jwk, KeyAlgorithm, PublicKeyUse};
use reqwest::{Client, Url, redirect};
use serde::Deserialize;
use tokio::sync::Mutex;

use super::clock::DevClock;

/// No more than one fetch in this time, whatever tokens say.
const FETCH_INTERVAL: SignedDuration = SignedDuration::from_secs(30);
/// Known keys are asked for again after this time, so that one that was withdrawn goes. API
/// Gateway keeps them for two hours.
const KEYS_LIFETIME: SignedDuration = SignedDuration::from_hours(1);
/// An issuer that takes longer counts as down.
const TIMEOUT: Duration = Duration::from_secs(5);
/// More is not a document about keys.
const MAX_DOCUMENT: usize = 1 << 20;

/// The reason why an issuer cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum IssuerError {
    /// It is not a URL, or its keys could be forged on the way.
    #[error("the issuer must be an https URL (http only on this machine)")]
    BadUrl,
    /// Its document names another issuer (OpenID Connect Discovery section 4.3).
    #[error("the discovery document is of another issuer")]
    OtherIssuer,
    /// It does not answer, or answers with an error.
    #[error("the issuer did not answer as it should: {0}")]
    Fetch(#[from] reqwest::Error),
    /// Its document is too long.
    #[error("the issuer answered with too much")]
    TooLarge,
    /// Its document cannot be parsed.
    #[error("the issuer's document could not be read: {0}")]
    Parse(#[from] serde_json::Error),
}

/// The keys of one issuer.
pub struct Jwks {
    issuer: String,
    client: Client,
    clock: DevClock,
    known: RwLock<Known>,
    fetching: Mutex<Fetching>,
}

#[derive(Default)]
struct Known {
    keys: HashMap<String, DecodingKey>,
    since: Option<Timestamp>,
}

#[derive(Default)]
struct Fetching {
    last: Option<Timestamp>,
    jwks_url: Option<Url>,
}

/// OpenID Connect Discovery section 4.2, as far as it is needed.
#[derive(Deserialize)]
struct Discovery {
    issuer: String,
    jwks_uri: String,
}

#[derive(Deserialize)]
struct KeySet {
    keys: Vec<serde_json::Value>,
}

impl Jwks {
    /// Asks nobody yet.
    pub fn new(issuer: &str, clock: DevClock) -> Result<Self, IssuerError> {
        let url = safe_url(issuer)?;
        let mut client = Client::builder().timeout(TIMEOUT).redirect(redirect::Policy::none());
        if url.scheme() == "http" {
            client = client.no_proxy();
        }
        Ok(Self {
            issuer: issuer.to_owned(),
            client: client.build()?,
            clock,
            known: RwLock::default(),
            fetching: Mutex::default(),
        })
    }

    /// The key of that name, if the issuer has it.
    pub async fn key(&self, kid: &str) -> Option<DecodingKey> {
        let (key, fresh) = self.known(kid);
        if key.is_some() && fresh {
            return key;
        }
        // One request asks and the others wait. Then the key is known, or it is too early to ask again.
        let mut fetching = self.fetching.lock().await;
        let (key, fresh) = self.known(kid);
        let now = self.clock.now();
        // The system's clock may go back; that must not stop fetching for long.
        let early = fetching.last.is_some_and(|last| now.duration_since(last).abs() < FETCH_INTERVAL);
        if early || (key.is_some() && fresh) {
            return key;
        }
        // The known keys stay valid while the issuer is down.
        if let Err(error) = self.ask(&mut fetching).await {
            tracing::warn!(%error, "keys of the OpenID Connect issuer could not be fetched");
        }
        self.known(kid).0
    }

    /// Asks for the keys, so that a wrong URL shows before the first token does.
    pub async fn probe(&self) -> Result<(), IssuerError> {
        self.ask(&mut *self.fetching.lock().await).await
    }

    async fn ask(&self, fetching: &mut Fetching) -> Result<(), IssuerError> {
        let now = self.clock.now();
        fetching.last = Some(now);
        let keys = self.fetch(&mut fetching.jwks_url).await?;
        self.replace(Known { keys, since: Some(now) });
        Ok(())
    }

    /// The key, and whether what is known is recent enough to be used without asking.
    fn known(&self, kid: &str) -> (Option<DecodingKey>, bool) {
        let known = self.known.read().unwrap_or_else(std::sync::PoisonError::into_inner);
        let now = self.clock.now();
        let fresh = known.since.is_some_and(|since| now.duration_since(since) < KEYS_LIFETIME);
        (known.keys.get(kid).cloned(), fresh)
    }

    fn replace(&self, known: Known) {
        *self.known.write().unwrap_or_else(std::sync::PoisonError::into_inner) = known;
    }

    async fn fetch(&self, jwks_url: &mut Option<Url>) -> Result<HashMap<String, DecodingKey>, IssuerError> {
        let url = match jwks_url {
            Some(url) => url.clone(),
            None => jwks_url.insert(self.discover().await?).clone(),
        };
        let set: KeySet = serde_json::from_slice(&self.get(url).await?)?;
        // A set may hold keys of kinds that are not known here (RFC 7517 section 5).
        let keys = set.keys.into_iter().filter_map(|key| serde_json::from_value(key).ok());
        Ok(keys.filter_map(|key| usable(&key)).collect())
    }

    async fn discover(&self) -> Result<Url, IssuerError> {
        let url = format!("{}/.well-known/openid-configuration", self.issuer.trim_end_matches('/'));
        let url = Url::parse(&url).map_err(|_| IssuerError::BadUrl)?;
        let discovery: Discovery = serde_json::from_slice(&self.get(url).await?)?;
        if discovery.issuer != self.issuer {
            return Err(IssuerError::OtherIssuer);
        }
        safe_url(&discovery.jwks_uri)
    }

    async fn get(&self, url: Url) -> Result<Vec<u8>, IssuerError> {
        let mut reply = self.client.get(url).send().await?.error_for_status()?;
        let mut body = Vec::new();
        while let Some(chunk) = reply.chunk().await? {
            body.extend_from_slice(&chunk);
            if body.len() > MAX_DOCUMENT {
                return Err(IssuerError::TooLarge);
            }
        }
        Ok(body)
    }
}

/// RSA keys with a name that are meant for RS256 signatures.
fn usable(key: &Jwk) -> Option<(String, DecodingKey)> {
    let for_signatures = matches!(key.common.public_key_use, None | Some(PublicKeyUse::Signature));
    let for_rs256 = matches!(key.common.key_algorithm, None | Some(KeyAlgorithm::RS256));
    let is_rsa = matches!(key.algorithm, AlgorithmParameters::RSA(_));
    if !(for_signatures && for_rs256 && is_rsa) {
        return None;
    }
    Some((key.common.key_id.clone()?, DecodingKey::from_jwk(key).ok()?))
}

/// Keys that come over an unencrypted connection could be anybody's: `http` is for this machine only.
fn safe_url(text: &str) -> Result<Url, IssuerError> {
    let url = Url::parse(text).map_err(|_| IssuerError::BadUrl)?;
    let local = matches!(url.host_str(), Some("localhost" | "127.0.0.1" | "[::1]"));
    match url.scheme() {
        "https" => Ok(url),
        "http" if local => Ok(url),
        _ => Err(IssuerError::BadUrl),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn an_open_line_is_only_for_this_machine() {
        for good in ["https://id.example", "http://127.0.0.1:9", "http://localhost/x", "http://[::1]:9"] {
            assert!(safe_url(good).is_ok(), "{good}");
        }
        for bad in ["http://id.example", "http://127.0.0.1.evil.example", "ftp://localhost", "seatwise", ""] {
            assert!(safe_url(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn only_named_rsa_keys_for_signatures_are_used() {
        let key = |extra: serde_json::Value| {
            let mut key = json!({"kty": "RSA", "kid": "a", "n": "AQAB", "e": "AQAB"});
            for (name, value) in extra.as_object().unwrap() {
                key[name] = value.clone();
            }
            serde_json::from_value(key).ok().and_then(|key: Jwk| usable(&key)).is_some()
        };
        assert!(key(json!({})));
        assert!(key(json!({"use": "sig", "alg": "RS256"})));
        assert!(!key(json!({"use": "enc"})));
        assert!(!key(json!({"alg": "RS512"})));
        assert!(!key(json!({"kid": null})));
        assert!(!key(json!({"kty": "oct", "k": "AQAB"})));
    }
}
