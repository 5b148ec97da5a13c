//! The caller: read from the claims that API Gateway's JWT authorizer has verified, and from
//! nothing else.

use std::collections::HashMap;

use lambda_http::request::RequestContext;
use lambda_http::{Request, RequestExt as _};
use seatwise_domain::{EmailAddress, Identity, ServiceId, UserId};

use crate::service_clients::{ServiceClients, TokenOwner};

/// The sender of a request. Receipts, principals of the policies and log lines follow from it, each in a
/// `match` without a default: for a new kind of caller, the compiler names every place to change.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Caller {
    /// Nobody is signed in.
    Visitor,
    /// A signed-in person.
    User(Identity),
    /// A backend of the host.
    Service(ServiceIdentity),
}

/// A service, as its access token and the configuration of the stack name it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ServiceIdentity {
    /// The name in policies.
    pub name: ServiceId,
    /// The issuer of the token: the identity provider that the host's users have, too.
    pub issuer: String,
}

impl ServiceIdentity {
    /// The id under which receipts and the ledger keep the service. No person has it: the issuer of a person's token
    /// is a URL.
    pub fn id(&self) -> UserId {
        UserId::of_identity("service", self.name.as_str())
    }
}

impl Caller {
    /// The caller that the authorizer has verified; a visitor where the route has no authorizer. The second part is the
    /// reason why a token that the authorizer has accepted stands for nobody, for the log.
    pub fn of(request: &Request, services: &ServiceClients) -> (Self, Option<&'static str>) {
        let Some(RequestContext::ApiGatewayV2(context)) = request.request_context_ref() else {
            return (Self::Visitor, None);
        };
        let claims = context.authorizer.as_ref().and_then(|authorizer| authorizer.jwt.as_ref());
        claims.map_or((Self::Visitor, None), |jwt| Self::of_claims(&jwt.claims, services))
    }

    fn of_claims(
        claims: &HashMap<String, String>,
        services: &ServiceClients,
    ) -> (Self, Option<&'static str>) {
        match services.owner(claims) {
            TokenOwner::Service(name) => {
                let issuer = claims.get("iss").cloned().unwrap_or_default();
                (Self::Service(ServiceIdentity { name, issuer }), None)
            }
            TokenOwner::Nobody(why) => (Self::Visitor, Some(why)),
            TokenOwner::Person => {
                from_claims(claims).map_or((Self::Visitor, None), |it| (Self::User(it), None))
            }
        }
    }

    /// The kind of caller, for the log.
    pub fn kind(&self) -> &'static str {
        match self {
            Self::Visitor => "visitor",
            Self::User(_) => "user",
            Self::Service(_) => "service",
        }
    }

    /// The name of the service, if it is one.
    pub fn service(&self) -> Option<&ServiceId> {
        match self {
            Self::Visitor | Self::User(_) => None,
            Self::Service(service) => Some(&service.name),
        }
    }

    /// The person and their sign-in; only a person has one.
    pub fn identity(&self) -> Option<&Identity> {
        match self {
            Self::Visitor | Self::Service(_) => None,
            Self::User(identity) => Some(identity),
        }
    }

    /// The id under which receipts are kept; a visitor has none.
    pub fn receipt_owner(&self) -> Option<UserId> {
        match self {
            Self::Visitor => None,
            Self::User(identity) => Some(identity.user),
            Self::Service(service) => Some(service.id()),
        }
    }
}

/// A claim that says something, as API Gateway hands claims over: always as text. A claim that is null, a
/// boolean, a list or an object says nothing here, and neither does an empty one.
pub fn claim_text(text: &str) -> Option<&str> {
    let trimmed = text.trim();
    let says_nothing = matches!(trimmed, "" | "<nil>" | "null" | "true" | "false");
    // Lists and objects, in the forms of Go and of JSON.
    let is_nested = ["[", "{", "map["].iter().any(|start| trimmed.starts_with(start));
    (!says_nothing && !is_nested).then_some(text)
}

fn from_claims(claims: &HashMap<String, String>) -> Option<Identity> {
    let claim = |name: &str| claims.get(name).and_then(|text| claim_text(text));
    let (issuer, subject) = (claim("iss")?, claim("sub")?);
    // A name or address that this service cannot hold is left out, not refused: the person cannot
    // change what their sign-in provider sends.
    let name = |name: &str| claim(name).and_then(|text| text.to_owned().try_into().ok());
    let email = claim("email").and_then(|text| EmailAddress::try_from(text.to_owned()).ok());
    let user = UserId::of_identity(issuer, subject);
    Some(Identity {
        user,
        sign_in: user,
        email_verified: email.is_some() && claims.get("email_verified").is_some_and(|text| text == "true"),
        email,
        first_name: name("given_name"),
        last_name: name("family_name"),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn identity(claims: &[(&str, &str)]) -> Option<Identity> {
        let claims: HashMap<_, _> =
            claims.iter().map(|(name, text)| ((*name).to_owned(), (*text).to_owned())).collect();
        from_claims(&claims)
    }

    #[test]
    fn k51_a_claim_that_says_nothing_is_absent() {
        for nothing in ["", " ", "<nil>", "null", " null", "true", "[a b]", "[\"a\"]", "{}", "map[a:b]"] {
            assert_eq!(identity(&[("iss", "i"), ("sub", nothing)]), None, "{nothing}");
            assert_eq!(identity(&[("iss", nothing), ("sub", "s")]), None, "{nothing}");
            let someone = [("iss", "i"), ("sub", "s"), ("email", nothing), ("given_name", nothing)];
            let someone = identity(&[&someone[..], &[("email_verified", "true")]].concat()).unwrap();
            assert_eq!((someone.email, someone.first_name, someone.email_verified), (None, None, false));
        }
        assert_eq!(identity(&[("iss", "i")]), None);
    }

    #[test]
    fn k45_only_true_verifies_an_address() {
        for (verified, then) in
            [("true", true), ("false", false), ("TRUE", false), ("1", false), ("[true]", false)]
        {
            let claims = [("iss", "i"), ("sub", "s"), ("email", "a@x.example"), ("email_verified", verified)];
            assert_eq!(identity(&claims).unwrap().verified_email().is_some(), then, "{verified}");
        }
    }

    fn caller(claims: &[(&str, &str)], services: &str) -> (Caller, Option<&'static str>) {
        let issuer = ("iss", "https://id.example");
        let claims = claims.iter().chain([&issuer]);
        let claims = claims.map(|(name, text)| ((*name).to_owned(), (*text).to_owned())).collect();
        Caller::of_claims(&claims, &ServiceClients::parse(services).unwrap())
    }

    #[test]
    fn k64_a_service_is_no_person() {
        let of_person = [("client_id", "app-1"), ("email", "ada@x.example"), ("email_verified", "true")];
        let said = |subject| [&[("sub", subject)], &of_person[..]].concat();
        let (service, _) = caller(&said("app-1"), "backend=app-1");
        let (person, _) = caller(&said("ada"), "backend=app-1");
        assert_eq!((service.kind(), service.identity()), ("service", None));
        assert_eq!((person.kind(), person.service()), ("user", None));
        // Receipts are apart, even from those of a person with the same subject.
        let (same, _) = caller(&[("sub", "app-1")], "");
        assert_ne!(service.receipt_owner(), same.receipt_owner());
        // A service is the same, whichever of its tokens it calls with.
        let two = "backend=app-1,backend=app-2";
        assert_eq!(caller(&[("sub", "app-1")], two), caller(&[("sub", "app-2")], two));
        let (nobody, why) = caller(&[("sub", "x"), ("client_id", "x")], "backend=app-1");
        assert_eq!((nobody, why.is_some()), (Caller::Visitor, true));
    }
}
