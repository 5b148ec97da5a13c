//! The access tokens of services: which of the tokens that the authorizer accepts are a backend's, and whose.
//!
//! A service is known by the subject of its token, which the operator has listed. No claim makes a service by itself:
//! a person signs in through a client that may also have client credentials, so `client_id` and `azp` say nothing about
//! who it is. What identity providers put into a token of client credentials:
//!
//! | provider | `sub` | marks of a machine |
//! |---|---|---|
//! | Auth0 | `<client id>@clients` | `gty` is `client-credentials`; `azp` is the client id |
//! | Amazon Cognito | the client id | `client_id` is the subject |
//! | Microsoft Entra ID | the object id of the service principal | `oid` is the subject, which a person's never is ([how]); `idtyp` is `app`, if configured |
//! | Keycloak | the id of the user of the service account | `clientHost` ([scope]); `preferred_username` is `service-account-<client id>`, if the token has it |
//! | Okta | the client id | `cid` is the subject |
//!
//! A token that is visibly a machine's and not listed stands for nobody, so that no backend is ever taken for a person.
//!
//! [how]: https://learn.microsoft.com/entra/identity-platform/scenario-protected-web-api-verification-scope-app-roles
//! [scope]: https://www.keycloak.org/docs/latest/server_admin/index.html#_service_accounts

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

    /// Whether the token of this issuer with this subject is a service's, as far as the stack lists it.
    pub fn knows(&self, issuer: &str, subject: &str) -> bool {
        if self.built_in == Some(issuer) {
            return subject.starts_with(BUILT_IN_PREFIX);
        }
        self.clients.iter().any(|client| client.subject == subject)
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
            None if is_machine(claims, subject) => {
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
        let is_subject = claim_text(subject).is_some() && !subject.contains(char::is_whitespace);
        let is_whole = parts.next().is_none() && is_subject;
        is_whole.then_some(())?;
        Some(Self { name: name.parse().ok()?, subject: subject.to_owned(), scope })
    }

    /// Whether the token has the scope that the service needs.
    fn has_scope(&self, claims: &HashMap<String, String>) -> bool {
        let Some(needed) = &self.scope else { return true };
        ["scope", "scp"].into_iter().any(|name| words(claims, name).any(|scope| scope == needed))
    }
}

/// The words of a claim: a text with spaces between several, or a list, which API Gateway writes as `[a b]`.
fn words<'c>(claims: &'c HashMap<String, String>, name: &str) -> impl Iterator<Item = &'c str> {
    let is_between = |c: char| c.is_whitespace() || ['[', ']', ',', '"'].contains(&c);
    claims.get(name).into_iter().flat_map(move |text| text.split(is_between))
}

/// Whether a token is visibly a machine's.
fn is_machine(claims: &HashMap<String, String>, subject: &str) -> bool {
    let claim = |name: &str| claims.get(name).and_then(|text| claim_text(text));
    let is_own =
        ["client_id", "azp", "cid", "appid", "oid"].into_iter().filter_map(claim).any(|id| id == subject);
    let is_grant = |word: &str| matches!(word, "client-credentials" | "client_credentials");
    is_own
        || subject.ends_with("@clients")
        || ["gty", "grant_type"].into_iter().any(|name| words(claims, name).any(is_grant))
        || claim("idtyp") == Some("app")
        || claim("clientHost").is_some()
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

    /// Every claim that identity providers put into tokens, beside the issuer and the subject, and some of no provider.
    const NAMES: [&str; 34] = [
        "aud",
        "azp",
        "client_id",
        "clientId",
        "cid",
        "appid",
        "appidacr",
        "azpacr",
        "oid",
        "uid",
        "tid",
        "idp",
        "idtyp",
        "gty",
        "grant_type",
        "token_use",
        "typ",
        "scope",
        "scp",
        "roles",
        "groups",
        "permissions",
        "name",
        "username",
        "preferred_username",
        "given_name",
        "family_name",
        "email",
        "email_verified",
        "upn",
        "clientHost",
        "service",
        "caller",
        "cognito:groups",
    ];

    /// What a claim can say: the listed subjects, clients, scopes and names, and what marks people and machines.
    const VALUES: [&str; 16] = [
        "app-1@clients",
        "[app-1@clients r-2]",
        "r-2",
        "app-1",
        "backend",
        "service",
        "service:backend",
        "seatwise/read",
        "client-credentials",
        "app",
        "service-account-backend",
        "access",
        "auth0|ada",
        "ada@example.com",
        "true",
        "",
    ];

    /// Who a token with this subject stands for, with no, one or two further claims of any kind.
    fn each_owner(subject: &str, check: impl Fn(&TokenOwner, &[(&str, &str)])) {
        let clients = clients();
        let further: Vec<_> = NAMES.iter().flat_map(|name| VALUES.map(|value| (*name, value))).collect();
        let ask = |list: &[(&str, &str)]| check(&clients.owner(&claims(list)), list);
        ask(&[("sub", subject)]);
        for (index, one) in further.iter().enumerate() {
            ask(&[("sub", subject), *one]);
            for other in further[..index].iter().filter(|other| other.0 != one.0) {
                ask(&[("sub", subject), *one, *other]);
            }
        }
    }

    fn backend() -> TokenOwner {
        TokenOwner::Service("backend".parse().unwrap())
    }

    #[test]
    fn k64_no_claim_makes_a_person_a_service() {
        each_owner("auth0|ada", |owner, claims| {
            assert!(!matches!(owner, TokenOwner::Service(_)), "{claims:?}");
        });
        assert_eq!(clients().owner(&claims(&[("sub", "auth0|ada")])), TokenOwner::Person);
        // A person signs in through a client that has client credentials as well.
        let through = ["client_id", "azp", "cid", "appid"].map(|name| (name, "app-1"));
        let said = [("sub", "auth0|ada"), ("scope", "openid seatwise/read"), ("roles", "[service backend]")];
        assert_eq!(clients().owner(&claims(&[&said[..], &through].concat())), TokenOwner::Person);
        // Near misses of a listed subject.
        for subject in
            ["app-1", "APP-1@clients2", "app-1@clients ", "r-2 ", "R-2", "service:backend", "[r-2]"]
        {
            let owner = clients().owner(&claims(&[("sub", subject), ("scope", "seatwise/read")]));
            assert!(!matches!(owner, TokenOwner::Service(_)), "{subject}");
        }
    }

    #[test]
    fn k64_no_claim_makes_a_service_a_person() {
        each_owner("app-1@clients", |owner, claims| assert_eq!(*owner, backend(), "{claims:?}"));
        each_owner("r-2", |owner, claims| assert_ne!(*owner, TokenOwner::Person, "{claims:?}"));
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
            &[("sub", "x"), ("appid", "x")],
            &[("sub", "x"), ("oid", "x")],
            &[("sub", "x"), ("clientHost", "10.0.0.1")],
            &[("sub", "x"), ("gty", "[client-credentials refresh_token]")],
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
        assert_eq!(of("http://127.0.0.1:8787", "service:backend"), backend());
        assert_eq!(of("https://id.example", "app-1@clients"), backend());
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
            "a= x",
            "a=x y",
        ] {
            assert!(ServiceClients::parse(bad).is_err(), "{bad}");
        }
    }
}
