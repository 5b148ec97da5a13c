//! Who calls: read from the claims that API Gateway's JWT authorizer has verified, and from
//! nothing else.

use std::collections::HashMap;

use lambda_http::request::RequestContext;
use lambda_http::{Request, RequestExt as _};
use seatwise_domain::{EmailAddress, Identity, UserId};

/// The signed-in person, or none where the authorizer let a request through without a token.
pub fn identity(request: &Request) -> Option<Identity> {
    let Some(RequestContext::ApiGatewayV2(context)) = request.request_context_ref() else { return None };
    let claims = &context.authorizer.as_ref()?.jwt.as_ref()?.claims;
    from_claims(claims)
}

/// API Gateway hands claims over as text, booleans too.
fn from_claims(claims: &HashMap<String, String>) -> Option<Identity> {
    let claim = |name: &str| claims.get(name).filter(|text| !text.is_empty());
    let (issuer, subject) = (claim("iss")?, claim("sub")?);
    // What a sign-in provider says of a name or address that we cannot hold is left out, not refused:
    // the person cannot mend it.
    let name = |name: &str| claim(name).and_then(|text| text.clone().try_into().ok());
    Some(Identity {
        user: UserId::of_identity(issuer, subject),
        email: claim("email").and_then(|text| EmailAddress::try_from(text.clone()).ok()),
        email_verified: claim("email_verified").is_some_and(|text| text == "true"),
        first_name: name("given_name"),
        last_name: name("family_name"),
    })
}
