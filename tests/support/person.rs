//! People who use the service.

use seatwise_cli::dev::{Claims, ISSUER};
use seatwise_domain::{EmailAddress, UserId};
use serde_json::json;

/// Somebody who is signed in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Person {
    /// The address, as the person typed it.
    pub email: String,
    /// Whether the issuer has verified the address.
    pub verified: bool,
    /// The issuer's name for the person, if it does not follow from the address.
    pub subject: Option<String>,
    /// The first name that the issuer knows.
    pub first_name: Option<String>,
    /// The access token; empty where no gateway asks for one.
    pub token: String,
}

/// Somebody with a verified address at acme.example.
pub fn somebody(name: &str) -> Person {
    Person::new(&address(name))
}

/// The address of the person of this name; an address stays as it is.
pub fn address(name: &str) -> String {
    if name.contains('@') { name.to_owned() } else { format!("{name}@acme.example") }
}

impl Person {
    /// Somebody with this verified address.
    pub fn new(email: &str) -> Self {
        let (subject, first_name) = (None, None);
        Self { email: email.to_owned(), verified: true, subject, first_name, token: String::new() }
    }

    /// A service of the host, which the local issuer knows by its name.
    pub fn service(name: &str) -> Self {
        Self { subject: Some(name.to_owned()), verified: false, ..Self::new("") }
    }

    /// Another sign-in with the same address: the issuer has this name for it.
    pub fn by(&self, subject: &str) -> Self {
        Self { subject: Some(subject.to_owned()), token: String::new(), ..self.clone() }
    }

    /// The same sign-in after the person's address has changed.
    pub fn moved_to(&self, email: &str) -> Self {
        Self { email: address(email), ..self.by(&self.subject()) }
    }

    /// The same sign-in, for whose address nobody vouches.
    pub fn unverified(&self) -> Self {
        Self { verified: false, ..self.by(&self.subject()) }
    }

    /// The person's id: the same through the local gateway and without it.
    pub fn id(&self) -> UserId {
        UserId::of_identity(ISSUER, &self.subject())
    }

    /// The claims of the person's token.
    pub fn claims(&self) -> Claims {
        let mut claims = json!({
            "iss": ISSUER,
            "sub": self.subject(),
        });
        if !self.email.is_empty() {
            claims["email"] = json!(self.email);
            claims["email_verified"] = json!(self.verified);
        }
        if let Some(name) = &self.first_name {
            claims["given_name"] = json!(name);
        }
        claims.as_object().cloned().unwrap_or_default()
    }

    /// The issuer's name for the person: by default, one for all spellings of an address.
    pub fn subject(&self) -> String {
        if let Some(subject) = &self.subject {
            return subject.clone();
        }
        EmailAddress::try_from(self.email.clone())
            .map_or_else(|_| self.email.clone(), |email| email.key().to_string())
    }
}

impl AsRef<str> for Person {
    fn as_ref(&self) -> &str {
        &self.email
    }
}
