//! The identity providers whose tokens the local server trusts.

use super::Oidc;
use super::authorizer::{Trusted, VerificationKeys};
use super::clock::DevClock;
use super::error::StartError;
use super::issuer::{AUDIENCE, ISSUER, Issuer};
use super::jwks::Jwks;

/// The built-in issuer.
pub(super) fn built_in(issuer: &Issuer) -> Result<Trusted, StartError> {
    let key = issuer.public_key().ok_or(StartError::KeyGeneration)?;
    Ok(Trusted {
        issuer: ISSUER.to_owned(),
        audience: AUDIENCE.to_owned(),
        keys: VerificationKeys::Fixed([key].into()),
    })
}

/// An identity provider outside this machine.
pub(super) fn external(oidc: Oidc, clock: DevClock) -> Result<Trusted, StartError> {
    let keys = VerificationKeys::Remote(Box::new(Jwks::new(&oidc.issuer, clock)?));
    Ok(Trusted { issuer: oidc.issuer, audience: oidc.audience, keys })
}
