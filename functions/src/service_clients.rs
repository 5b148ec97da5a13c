//! The access tokens of services: which of the tokens that the authorizer accepts are a backend's, and whose.
//!
//! A service is known by the subject of its token, which the operator has listed. No claim makes a service by itself:
//! a person signs in through a client that may also have client credentials, so `client_id` and `azp` say nothing about
//! who it is. What identity providers put into a token of client credentials:
//!
//! | provider | `sub` | marks |
//! |---|---|---|
//! | Auth0 | `<client id>@clients` | `gty: client-credentials`, `azp` |
//! | Amazon Cognito | the client id | `client_id`, `scope`, no `username` |
//! | Microsoft Entra ID | object id of the service principal | `idtyp: app` (if configured), `azp` or `appid` |
//! | Keycloak | id of the service account's user | `azp`, `client_id`, `preferred_username: service-account-…` |
//! | Okta | the client id | `cid` |
//!
//! A token that is visibly a machine's and not listed stands for nobody, so that no backend is ever taken for a person.

use std::collections::HashMap;

use seatwise_domain::ServiceId;

use crate::caller::claim_text;

/// The prefix of the subjects that the built-in issuer of the local server gives to services.
pub const BUILT_IN_PREFIX: &str = "service:";

/// The tokens of services.
#[derive(Clone, Debug, Default)]
pub struct ServiceClients {
    clients: Vec<ServiceClient>,
    /// The built-in issuer, whose subjects with a prefix are services. On one machine only.
    built_in: Option<&'static str>,
}

/// The tokens of one service.
#[derive(Clone, Debug, PartialEq, Eq)]
struct ServiceClient {
    name: ServiceId,
    subject: String,
    /// The scope that the token must have.
    scope: Option<String>,
}

/// Who a token stands for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum TokenOwner {
    /// A service.
    Service(ServiceId),
    /// A person.
    Person,
    /// Nobody, for this reason.
    Nobody(&'static str),
}

/// The setting cannot be read.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "{0:?} is not the client of a service: write name=subject or name=subject;scope=SCOPE, with commas between \
     several, and each subject once"
)]
pub struct BadServiceClients(String);

impl ServiceClients {
    /// Reads the setting: `backend=subject,reporting=subject;scope=read`.
    pub fn parse(setting: &str) -> Result<Self, BadServiceClients> {
        let mut clients = Vec::<ServiceClient>::new();
        for entry in setting.split(',').map(str::trim).filter(|entry| !entry.is_empty()) {
            let client = ServiceClient::parse(entry).ok_or_else(|| BadServiceClients(entry.to_owned()))?;
            if clients.iter().any(|known| known.subject == client.subject) {
                return Err(BadServiceClients(entry.to_owned()));
            }
            clients.push(client);
        }
        Ok(Self { clients, built_in: None })
    }

    /// The same, with the services of the built-in issuer.
    #[must_use]
    pub fn with_built_in(self, issuer: &'static str) -> Self {
        Self { built_in: Some(issuer), ..self }
    }

    /// Who a token with these claims stands for.
    pub fn owner(&self, claims: &HashMap<String, String>) -> TokenOwner {
        let claim = |name: &str| claims.get(name).and_then(|text| claim_text(text));
        let (Some(issuer), Some(subject)) = (claim("iss"), claim("sub")) else { return TokenOwner::Person };
        if self.built_in == Some(issuer) {
            return match subject.strip_prefix(BUILT_IN_PREFIX).map(str::parse) {
                Some(Ok(name)) => TokenOwner::Service(name),
                Some(Err(_)) => TokenOwner::Nobody("the token names no service"),
                None => TokenOwner::Person,
            };
        }
        match self.clients.iter().find(|client| client.subject == subject) {
            Some(client) if client.has_scope(claims) => TokenOwner::Service(client.name.clone()),
            Some(_) => TokenOwner::Nobody("the token of a service lacks its scope"),
            None if is_machine(&claim, subject) => {
                TokenOwner::Nobody("the token is of a client that is not listed")
            }
            None => TokenOwner::Person,
        }
    }
}

impl ServiceClient {
    fn parse(entry: &str) -> Option<Self> {
        let mut parts = entry.split(';').map(str::trim);
        let (name, subject) = parts.next()?.split_once('=')?;
        let scope = match parts.next() {
            Some(part) => Some(part.strip_prefix("scope=").filter(|scope| !scope.is_empty())?.to_owned()),
            None => None,
        };
        let is_whole = parts.next().is_none() && claim_text(subject).is_some();
        is_whole.then_some(())?;
        Some(Self { name: name.parse().ok()?, subject: subject.to_owned(), scope })
    }

    /// Whether the token has the scope that the service needs. API Gateway writes a list as `[a b]`.
    fn has_scope(&self, claims: &HashMap<String, String>) -> bool {
        let Some(needed) = &self.scope else { return true };
        let scopes = ["scope", "scp"].into_iter().filter_map(|name| claims.get(name));
        let is_between = |c: char| c.is_whitespace() || ['[', ']', ',', '"'].contains(&c);
        scopes.flat_map(|text| text.split(is_between)).any(|scope| scope == needed)
    }
}

/// Whether a token is visibly a machine's.
fn is_machine<'a>(claim: &impl Fn(&str) -> Option<&'a str>, subject: &str) -> bool {
    let is_own_client = ["client_id", "azp", "cid", "appid"]
        .into_iter()
        .filter_map(claim)
        .any(|client| subject == client || subject.strip_suffix("@clients") == Some(client));
    is_own_client
        || subject.ends_with("@clients")
        || ["gty", "grant_type"]
            .into_iter()
            .filter_map(claim)
            .any(|it| it.replace('_', "-") == "client-credentials")
        || claim("idtyp") == Some("app")
        || claim("preferred_username").is_some_and(|name| name.starts_with("service-account-"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn claims(list: &[(&str, &str)]) -> HashMap<String, String> {
        let issuer = ("iss", "https://id.example");
        list.iter().chain([&issuer]).map(|(name, text)| ((*name).to_owned(), (*text).to_owned())).collect()
    }

    fn clients() -> ServiceClients {
        ServiceClients::parse("backend=app-1@clients, reporting=r-2;scope=seatwise/read").unwrap()
    }

    /// Everything that a token can say beside who it is.
    const MARKS: [(&str, &str); 12] = [
        ("client_id", "app-1"),
        ("azp", "app-1"),
        ("cid", "app-1"),
        ("appid", "app-1"),
        ("scope", "seatwise/read service"),
        ("scp", "[seatwise/read]"),
        ("roles", "[service backend]"),
        ("name", "backend"),
        ("username", "app-1@clients"),
        ("service", "backend"),
        ("aud", "app-1@clients"),
        ("given_name", "app-1@clients"),
    ];

    #[test]
    fn k64_no_claim_makes_a_person_a_service() {
        let person = ("sub", "auth0|ada");
        assert_eq!(clients().owner(&claims(&[person])), TokenOwner::Person);
        for mark in MARKS {
            assert_eq!(clients().owner(&claims(&[person, mark])), TokenOwner::Person, "{mark:?}");
        }
        let all: Vec<_> = [person].into_iter().chain(MARKS).collect();
        assert_eq!(clients().owner(&claims(&all)), TokenOwner::Person);
        // Near misses of a listed subject.
        for subject in ["app-1", "APP-1@clients2", "app-1@clients ", "r-2 ", "R-2", "service:backend"] {
            assert_ne!(
                clients().owner(&claims(&[("sub", subject)])),
                TokenOwner::Service("backend".parse().unwrap()),
                "{subject}"
            );
        }
    }

    #[test]
    fn k64_no_claim_makes_a_service_a_person() {
        let service = ("sub", "app-1@clients");
        let of_people = [
            ("email", "ada@example.com"),
            ("email_verified", "true"),
            ("given_name", "Ada"),
            ("username", "ada"),
            ("preferred_username", "ada"),
            ("token_use", "id"),
            ("nonce", "n"),
        ];
        for mark in of_people.into_iter().chain(MARKS) {
            let owner = clients().owner(&claims(&[service, mark]));
            assert_eq!(owner, TokenOwner::Service("backend".parse().unwrap()), "{mark:?}");
        }
    }

    #[test]
    fn k64_a_service_without_its_scope_is_nobody() {
        let owner = |scope| clients().owner(&claims(&[("sub", "r-2"), scope]));
        for scope in
            [("scope", "a seatwise/read"), ("scp", "[a seatwise/read]"), ("scp", "[\"seatwise/read\"]")]
        {
            assert_eq!(owner(scope), TokenOwner::Service("reporting".parse().unwrap()), "{scope:?}");
        }
        for scope in [("scope", "seatwise/reading"), ("scope", ""), ("email", "r@example.com")] {
            assert!(matches!(owner(scope), TokenOwner::Nobody(_)), "{scope:?}");
        }
    }

    #[test]
    fn k64_a_machine_that_is_not_listed_is_nobody() {
        for machine in [
            &[("sub", "x"), ("client_id", "x")][..],
            &[("sub", "x"), ("azp", "x")],
            &[("sub", "x"), ("cid", "x")],
            &[("sub", "x@clients")],
            &[("sub", "x"), ("gty", "client-credentials")],
            &[("sub", "x"), ("grant_type", "client_credentials")],
            &[("sub", "x"), ("idtyp", "app")],
            &[("sub", "x"), ("preferred_username", "service-account-x")],
            &[("sub", "x"), ("client_id", "x"), ("email", "ada@example.com"), ("email_verified", "true")],
        ] {
            assert!(matches!(clients().owner(&claims(machine)), TokenOwner::Nobody(_)), "{machine:?}");
        }
    }

    #[test]
    fn k64_only_the_built_in_issuer_has_built_in_services() {
        let local = clients().with_built_in("http://127.0.0.1:8787");
        let of = |issuer: &str, subject: &str| {
            let mut claims = claims(&[("sub", subject)]);
            claims.insert("iss".to_owned(), issuer.to_owned());
            local.owner(&claims)
        };
        let backend = TokenOwner::Service("backend".parse().unwrap());
        assert_eq!(of("http://127.0.0.1:8787", "service:backend"), backend);
        assert_eq!(of("https://id.example", "app-1@clients"), backend);
        assert_eq!(of("https://id.example", "service:backend"), TokenOwner::Person);
        assert_eq!(of("http://127.0.0.1:8787", "app-1@clients"), TokenOwner::Person);
        assert!(matches!(of("http://127.0.0.1:8787", "service:"), TokenOwner::Nobody(_)));
    }

    #[test]
    fn a_setting_is_read_whole_or_not_at_all() {
        assert!(ServiceClients::parse("").unwrap().clients.is_empty());
        for bad in [
            "backend",
            "=x",
            "backend=",
            "Backend=x",
            "a=x;y",
            "a=x;scope=",
            "a=x;scope=y;z",
            "a=x,b=x",
            "a=null",
        ] {
            assert!(ServiceClients::parse(bad).is_err(), "{bad}");
        }
    }
}
