//! The caller: read from the claims that API Gateway's JWT authorizer has verified, and from
//! nothing else.

use std::collections::HashMap;

use lambda_http::request::RequestContext;
use lambda_http::{Request, RequestExt as _};
use seatwise_domain::{EmailAddress, Identity, UserId};

/// The sender of a request. Receipts, principals of the policies and log lines follow from it, each in a
/// `match` without a default: for a new kind of caller, the compiler names every place to change.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Caller {
    /// Nobody is signed in.
    Visitor,
    /// A signed-in person.
    User(Identity),
}

impl Caller {
    /// The caller that the authorizer has verified; a visitor where the route has no authorizer.
    pub fn of(request: &Request) -> Self {
        let Some(RequestContext::ApiGatewayV2(context)) = request.request_context_ref() else {
            return Self::Visitor;
        };
        let claims = context.authorizer.as_ref().and_then(|authorizer| authorizer.jwt.as_ref());
        claims.and_then(|jwt| from_claims(&jwt.claims)).map_or(Self::Visitor, Self::User)
    }

    /// The kind of caller, for the log.
    pub fn kind(&self) -> &'static str {
        match self {
            Self::Visitor => "visitor",
            Self::User(_) => "user",
        }
    }

    /// The person under whom receipts are kept; a visitor has none.
    pub fn receipt_owner(&self) -> Option<UserId> {
        match self {
            Self::Visitor => None,
            Self::User(identity) => Some(identity.user),
        }
    }
}

/// API Gateway hands claims over as text, booleans too.
fn from_claims(claims: &HashMap<String, String>) -> Option<Identity> {
    let claim = |name: &str| claims.get(name).filter(|text| !text.is_empty());
    let (issuer, subject) = (claim("iss")?, claim("sub")?);
    // A name or address that this service cannot hold is left out, not refused: the person cannot
    // change what their sign-in provider sends.
    let name = |name: &str| claim(name).and_then(|text| text.clone().try_into().ok());
    Some(Identity {
        user: UserId::of_identity(issuer, subject),
        email: claim("email").and_then(|text| EmailAddress::try_from(text.clone()).ok()),
        email_verified: claim("email_verified").is_some_and(|text| text == "true"),
        first_name: name("given_name"),
        last_name: name("family_name"),
    })
}
