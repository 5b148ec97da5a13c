//! The identity providers whose tokens the local server trusts.

use super::Oidc;
use super::authorizer::{Trusted, VerificationKeys};
use super::clock::DevClock;
use super::error::StartError;
use super::issuer::{AUDIENCE, ISSUER, Issuer};
use super::jwks::{IssuerError, Jwks};

/// The built-in issuer.
pub(super) fn built_in(issuer: &Issuer) -> Result<Trusted, StartError> {
    let key = issuer.public_key().ok_or(StartError::KeyGeneration)?;
    Ok(Trusted {
        issuer: ISSUER.to_owned(),
        audience: AUDIENCE.to_owned(),
        keys: VerificationKeys::Fixed([key].into()),
    })
}

/// An identity provider outside this machine. It must not be another one than its URL says. If it does not answer, it
/// may still do so when its first token comes.
pub(super) async fn external(oidc: Oidc, clock: DevClock) -> Result<Trusted, StartError> {
    let jwks = Box::new(Jwks::new(&oidc.issuer, clock)?);
    match jwks.probe().await {
        Err(error @ (IssuerError::Fetch(_) | IssuerError::TooLarge)) => {
            tracing::warn!(%error, "the OpenID Connect issuer's tokens are refused until it answers");
        }
        probed => probed?,
    }
    Ok(Trusted { issuer: oidc.issuer, audience: oidc.audience, keys: VerificationKeys::Remote(jwks) })
}
