//! The built-in sign-in: an issuer of real, signed tokens for whoever asks. Only for one's own
//! machine.

use aws_lc_rs::encoding::AsDer as _;
use aws_lc_rs::rsa::{KeyPair, KeySize};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use jiff::SignedDuration;
use jsonwebtoken::jwk::{Jwk, PublicKeyUse, ThumbprintHash};
use jsonwebtoken::{Algorithm, DecodingKey, EncodingKey, Header};
use seatwise_domain::EmailAddress;
use seatwise_functions::service_clients::BUILT_IN_PREFIX;
use serde_json::{Value, json};

use super::clock::DevClock;

/// The `iss` of the built-in issuer. The same on every port: issuer and subject together are the
/// person (OpenID Connect Core section 2), and people stay themselves when the port changes.
pub const ISSUER: &str = "http://127.0.0.1:8787";
/// The `aud` of its tokens.
pub const AUDIENCE: &str = "seatwise";
/// The lifetime of a sign-in.
pub const TOKEN_LIFETIME: SignedDuration = SignedDuration::from_hours(1);

/// An RSA key, with its public half and its key id.
pub(super) struct SigningKey {
    private: EncodingKey,
    public: Jwk,
    kid: String,
}

impl SigningKey {
    /// A fresh private key: PKCS#8 in PEM (RFC 7468).
    pub(super) fn fresh_pem() -> Option<String> {
        let key = KeyPair::generate(KeySize::Rsa2048).ok()?;
        let der = STANDARD.encode(key.as_der().ok()?.as_ref());
        let mut pem = String::from("-----BEGIN PRIVATE KEY-----\n");
        for line in der.as_bytes().chunks(64) {
            pem.extend(line.iter().copied().map(char::from));
            pem.push('\n');
        }
        pem.push_str("-----END PRIVATE KEY-----\n");
        Some(pem)
    }

    pub(super) fn from_pem(pem: &str) -> Option<Self> {
        let private = EncodingKey::from_rsa_pem(pem.as_bytes()).ok()?;
        let mut public = Jwk::from_encoding_key(&private, Algorithm::RS256).ok()?;
        // RFC 7638: the same key has the same name, wherever it is published.
        let kid = public.thumbprint(ThumbprintHash::SHA256).ok()?;
        public.common.key_id = Some(kid.clone());
        public.common.public_key_use = Some(PublicKeyUse::Signature);
        Some(Self { private, public, kid })
    }

    pub(super) fn kid(&self) -> &str {
        &self.kid
    }
}

/// A person who signs in.
#[derive(Clone, Debug)]
pub struct Person {
    /// Their address; the same address is the same person.
    pub email: EmailAddress,
    /// Whether it is known to be theirs.
    pub email_verified: bool,
    /// First name.
    pub first_name: Option<String>,
    /// Last name.
    pub last_name: Option<String>,
}

/// The built-in issuer.
pub struct Issuer {
    key: SigningKey,
    clock: DevClock,
}

impl Issuer {
    pub(super) fn new(key: SigningKey, clock: DevClock) -> Self {
        Self { key, clock }
    }

    /// A token that says who `person` is, with the claims of OpenID Connect Core section 5.1.
    /// `None` if the key cannot sign; a loaded key always can.
    pub fn sign_in(&self, person: &Person) -> Option<String> {
        let now = self.clock.now();
        let mut claims = json!({
            "iss": ISSUER,
            "aud": AUDIENCE,
            "sub": person.email.key().to_string(),
            "email": person.email.as_typed(),
            "email_verified": person.email_verified,
            "iat": now.as_second(),
            "exp": now.as_second() + TOKEN_LIFETIME.as_secs(),
        });
        for (claim, name) in [("given_name", &person.first_name), ("family_name", &person.last_name)] {
            if let Some(name) = name {
                claims[claim] = json!(name);
            }
        }
        self.sign(&self.header(), &claims)
    }

    /// A token of a service, as client credentials yield it (RFC 9068): no person is named in it.
    pub fn service_token(&self, name: &str, scopes: &[String]) -> Option<String> {
        let now = self.clock.now().as_second();
        let claims = json!({
            "iss": ISSUER,
            "aud": AUDIENCE,
            "sub": format!("{BUILT_IN_PREFIX}{name}"),
            "client_id": name,
            "scope": scopes.join(" "),
            "iat": now,
            "exp": now + TOKEN_LIFETIME.as_secs(),
        });
        self.sign(&self.header(), &claims)
    }

    /// The header of its tokens.
    pub fn header(&self) -> Header {
        Header { kid: Some(self.key.kid().to_owned()), ..Header::new(Algorithm::RS256) }
    }

    /// Signs any claims, for tests that forge.
    pub fn sign(&self, header: &Header, claims: &Value) -> Option<String> {
        jsonwebtoken::encode(header, claims, &self.key.private).ok()
    }

    /// Its public key, by its name.
    pub(super) fn public_key(&self) -> Option<(String, DecodingKey)> {
        Some((self.key.kid().to_owned(), DecodingKey::from_jwk(&self.key.public).ok()?))
    }

    /// Its public keys (RFC 7517 section 5).
    pub fn jwks(&self) -> Value {
        json!({ "keys": [self.key.public] })
    }

    /// Where everything is (OpenID Connect Discovery section 4.2), for a server at `base_url`.
    pub fn discovery(&self, base_url: &str) -> Value {
        json!({
            "issuer": ISSUER,
            "jwks_uri": format!("{base_url}/.well-known/jwks.json"),
            "response_types_supported": ["id_token"],
            "subject_types_supported": ["public"],
            "id_token_signing_alg_values_supported": ["RS256"],
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_keeps_its_name() {
        let pem = SigningKey::fresh_pem().unwrap();
        let (one, two) = (SigningKey::from_pem(&pem).unwrap(), SigningKey::from_pem(&pem).unwrap());
        assert_eq!(one.kid(), two.kid());
        assert_eq!(one.kid().len(), 43);
        assert!(SigningKey::from_pem(&pem.replace('A', "B")).is_none());
    }

    #[test]
    fn nothing_private_is_published() {
        let key = SigningKey::from_pem(&SigningKey::fresh_pem().unwrap()).unwrap();
        let published = Issuer::new(key, DevClock::new()).jwks();
        let mut names: Vec<_> = published["keys"][0].as_object().unwrap().keys().cloned().collect();
        names.sort();
        assert_eq!(names, ["alg", "e", "kid", "kty", "n", "use"]);
    }
}
