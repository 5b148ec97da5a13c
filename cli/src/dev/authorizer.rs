//! The checks of API Gateway's JWT authorizer: a token is accepted only if a trusted issuer signed it
//! for us, and only while it is valid. RFC 8725 describes further attacks.

use std::collections::HashMap;

use http::HeaderMap;
use http::header::AUTHORIZATION;
use jsonwebtoken::{Algorithm, DecodingKey, Header, Validation};
use seatwise_functions::caller::claim_text;
use serde_json::{Map, Value};

use super::clock::DevClock;
use super::jwks::Jwks;

/// Longer tokens are not looked at. API Gateway takes 10 KB of headers in all.
const MAX_TOKEN: usize = 8 * 1024;
/// The most that another machine's clock may be ahead of ours. It applies to `nbf` and `iat`, not to
/// `exp`: an expired token gets no extra time.
const SKEW_SECONDS: f64 = 5.0;

/// The token is refused. The reason goes to the log; the client learns only the refusal.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Refused(pub &'static str);

/// The claims of a token.
pub type Claims = Map<String, Value>;

/// An issuer whose tokens are accepted.
pub(super) struct Trusted {
    pub(super) issuer: String,
    /// The audiences, with commas between several.
    pub(super) audience: String,
    pub(super) keys: VerificationKeys,
}

/// The keys of an issuer.
pub(super) enum VerificationKeys {
    /// Known from the start.
    Fixed(HashMap<String, DecodingKey>),
    /// To be asked for.
    Remote(Box<Jwks>),
}

impl VerificationKeys {
    async fn key(&self, kid: &str) -> Option<DecodingKey> {
        match self {
            Self::Fixed(keys) => keys.get(kid).cloned(),
            Self::Remote(jwks) => jwks.key(kid).await,
        }
    }
}

/// Decides whether a token is accepted.
pub struct Authorizer {
    trusted: Vec<Trusted>,
    clock: DevClock,
}

impl Authorizer {
    pub(super) fn new(trusted: Vec<Trusted>, clock: DevClock) -> Self {
        Self { trusted, clock }
    }

    /// The claims of the token that a request came with.
    pub async fn authorize(&self, headers: &HeaderMap) -> Result<Claims, Refused> {
        let token = bearer(headers)?;
        let header = jsonwebtoken::decode_header(token).map_err(|_| Refused("no JWT"))?;
        let kid = acceptable(&header)?;
        // Not verified yet: it only says whose keys to verify with.
        let issuer = jsonwebtoken::dangerous::insecure_decode::<Claims>(token)
            .ok()
            .and_then(|unverified| Some(unverified.claims.get("iss")?.as_str()?.to_owned()))
            .ok_or(Refused("no issuer"))?;
        for trusted in self.trusted.iter().filter(|trusted| trusted.issuer == issuer) {
            let Some(key) = trusted.keys.key(kid).await else { continue };
            let claims = verify(token, &key)?;
            is_meant_for(&claims, &trusted.audience)?;
            names_somebody(&claims)?;
            self.is_timely(&claims)?;
            return Ok(claims);
        }
        Err(Refused("unknown issuer or key"))
    }

    /// Checks the times of a token by the service's clock, so that sign-ins age with it. As in API
    /// Gateway, `exp` must be in the future, and `nbf` and `iat` must not.
    fn is_timely(&self, claims: &Claims) -> Result<(), Refused> {
        #[expect(clippy::cast_precision_loss, reason = "exact far beyond the year 9999")]
        let now = self.clock.now().as_millisecond() as f64 / 1000.0;
        let exp = seconds(claims, "exp")?.ok_or(Refused("no exp"))?;
        if exp <= now {
            return Err(Refused("expired"));
        }
        for name in ["nbf", "iat"] {
            if seconds(claims, name)?.is_some_and(|at| at > now + SKEW_SECONDS) {
                return Err(Refused("not valid yet"));
            }
        }
        Ok(())
    }
}

/// The one bearer token (RFC 6750 section 2.1).
fn bearer(headers: &HeaderMap) -> Result<&str, Refused> {
    let mut values = headers.get_all(AUTHORIZATION).iter();
    let (Some(value), None) = (values.next(), values.next()) else { return Err(Refused("no one token")) };
    let text = value.to_str().map_err(|_| Refused("not ASCII"))?;
    let (scheme, token) = text.split_once(' ').ok_or(Refused("no bearer token"))?;
    if !scheme.eq_ignore_ascii_case("bearer") {
        return Err(Refused("no bearer token"));
    }
    let token = token.trim_matches(' ');
    if token.len() > MAX_TOKEN { Err(Refused("too long")) } else { Ok(token) }
}

/// RS256 by a key that we know by name. A token must not bring its key along, nor the place to
/// fetch it from, nor extensions that we would have to understand (RFC 7515 sections 4.1 and 10).
fn acceptable(header: &Header) -> Result<&str, Refused> {
    if header.alg != Algorithm::RS256 {
        return Err(Refused("not RS256"));
    }
    let brings_a_key =
        header.jku.is_some() || header.jwk.is_some() || header.x5u.is_some() || header.x5c.is_some();
    if brings_a_key || header.crit.is_some() {
        return Err(Refused("brings its key or extensions"));
    }
    header.kid.as_deref().ok_or(Refused("names no key"))
}

/// The claims, if the key signed them. Everything about them is checked elsewhere, by our clock.
fn verify(token: &str, key: &DecodingKey) -> Result<Claims, Refused> {
    let mut only_the_signature = Validation::new(Algorithm::RS256);
    only_the_signature.required_spec_claims.clear();
    only_the_signature.validate_exp = false;
    only_the_signature.validate_nbf = false;
    only_the_signature.validate_aud = false;
    jsonwebtoken::decode(token, key, &only_the_signature)
        .map(|data| data.claims)
        .map_err(|_| Refused("not signed by that key"))
}

/// `aud`, or where there is none `client_id`, as API Gateway does (Cognito's access tokens have no
/// `aud`). It is one of the audiences, which have commas between them.
fn is_meant_for(claims: &Claims, audiences: &str) -> Result<(), Refused> {
    let is_one = |value: &Value| audiences.split(',').any(|audience| value == audience);
    let is_ours = match claims.get("aud") {
        None => claims.get("client_id").is_some_and(is_one),
        Some(Value::Array(several)) => several.iter().any(is_one),
        Some(one) => is_one(one),
    };
    if is_ours { Ok(()) } else { Err(Refused("for another audience")) }
}

/// `sub` is a text that says something: functions refuse every other one.
fn names_somebody(claims: &Claims) -> Result<(), Refused> {
    let subject = claims.get("sub").and_then(Value::as_str).and_then(claim_text);
    if subject.is_some() { Ok(()) } else { Err(Refused("names nobody")) }
}

/// A `NumericDate`, which may have a fraction (RFC 7519 section 2).
fn seconds(claims: &Claims, name: &str) -> Result<Option<f64>, Refused> {
    match claims.get(name) {
        None => Ok(None),
        Some(value) => value.as_f64().map(Some).ok_or(Refused("a time is no number")),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn headers(values: &[&str]) -> HeaderMap {
        values.iter().map(|value| (AUTHORIZATION, value.parse().unwrap())).collect()
    }

    #[test]
    fn there_is_one_bearer_token() {
        assert_eq!(bearer(&headers(&["Bearer a.b.c"])), Ok("a.b.c"));
        assert_eq!(bearer(&headers(&["bearer  a.b.c "])), Ok("a.b.c"));
        for bad in [&[][..], &["a.b.c"], &["Basic a.b.c"], &["Bearer a", "Bearer b"]] {
            assert!(bearer(&headers(bad)).is_err(), "{bad:?}");
        }
        assert!(bearer(&headers(&[&format!("Bearer {}", "a".repeat(MAX_TOKEN + 1))])).is_err());
    }

    #[test]
    fn k51_a_token_names_somebody() {
        let names = |claims: Value| names_somebody(claims.as_object().unwrap()).is_ok();
        for good in ["a", "123", "auth0|5f", "null-and-void"] {
            assert!(names(json!({ "sub": good })), "{good}");
        }
        let nested = [json!([]), json!(["a"]), json!({}), json!({"a": "b"})];
        let texts = ["", " ", "\t", "<nil>", "null", " null ", "[a b]", "map[a:b]", "{}"].map(Value::from);
        for bad in [json!(null), json!(7), json!(true)].into_iter().chain(nested).chain(texts) {
            assert!(!names(json!({ "sub": bad })), "{bad}");
        }
        assert!(!names(json!({})));
    }

    #[test]
    fn an_audience_is_one_of_those_named() {
        let is_ours = |claims: Value| is_meant_for(claims.as_object().unwrap(), "us").is_ok();
        for good in [json!({"aud": "us"}), json!({"aud": ["them", "us"]}), json!({"client_id": "us"})] {
            assert!(is_ours(good.clone()), "{good}");
        }
        for bad in [
            json!({}),
            json!({"aud": "them"}),
            json!({"aud": []}),
            json!({"aud": null}),
            json!({"aud": "them", "client_id": "us"}),
            json!({"aud": {"us": "us"}}),
        ] {
            assert!(!is_ours(bad.clone()), "{bad}");
        }
        // The client of a backend beside that of the people.
        let is_of_either = |claims: Value| is_meant_for(claims.as_object().unwrap(), "us,backend").is_ok();
        assert!(is_of_either(json!({"client_id": "backend"})) && is_of_either(json!({"aud": "us"})));
        assert!(!is_of_either(json!({"aud": "us,backend"})) && !is_of_either(json!({"aud": ""})));
    }
}
