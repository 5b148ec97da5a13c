//! The keys of a deployed stack: the keys of invitation links, the keys that sign policies, and the keys that sign
//! digests of the logs of events; and the public halves of the latter two, each in a secret of its own.

use aws_sdk_secretsmanager::Client;
use jiff::Timestamp;
use seatwise_functions::Keyring;
use seatwise_functions::keys::{self, ADOPTION, RotatingKey};
use seatwise_functions::logging::with_causes;
use seatwise_policy::PolicySigningKey;
use seatwise_seal::SealingKey;
use seatwise_store::CallFailure;

use super::publish::{Stack, signing_key, unwritten};
use crate::publish::{self, SignError};

/// The number of earlier link keys that stay valid: with a rotation each quarter, the keys of two years.
const EARLIER_LINK_KEYS: usize = 8;
/// The number of earlier signing keys that stay trusted: one, until every function has read the new one.
const EARLIER_SIGNING_KEYS: usize = 1;
/// The number of earlier keys for digests that can still sign: none needs to.
const EARLIER_SEAL_KEYS: usize = 0;
/// The number of public keys for digests that stay known: with a rotation each quarter, the keys of 16 years.
const SEAL_PUBLIC_KEYS: usize = 64;

/// Reads a keyring from its secret.
pub(crate) async fn fetch(secrets: &Client, secret: &str) -> Result<Keyring, String> {
    keys::fetch(secrets, secret).await.map_err(|error| format!("{secret}: {}", with_causes(&error)))
}

async fn put(secrets: &Client, secret: &str, keyring: &Keyring) -> Result<(), String> {
    let put = secrets.put_secret_value().secret_id(secret).secret_string(keyring.to_text());
    let told = |error| format!("{secret}: {}", CallFailure::of("PutSecretValue", &error));
    put.send().await.map(drop).map_err(told)
}

/// Lets functions trust the signing keys. Keys that they trust already stay trusted, because a rotation may be in
/// progress.
pub async fn trust(secrets: &Client, signing: &str, trusted: &str) -> Result<String, String> {
    let public = public(&fetch(secrets, signing).await?)?;
    let known = fetch(secrets, trusted).await?;
    let is_known = |key: &RotatingKey| known.find(key.id).is_some_and(|known| known.bytes == key.bytes);
    if public.keys().iter().all(is_known) {
        return Ok("functions trust the signing key: nothing to do".to_owned());
    }
    put(secrets, trusted, &public).await?;
    Ok("functions trust the signing key".to_owned())
}

/// The public halves of the signing keys.
pub(crate) fn public(signing: &Keyring) -> Result<Keyring, String> {
    let public = |key: &RotatingKey| {
        let bytes = PolicySigningKey::new(key.id, &key.bytes)?.public()?;
        Some(RotatingKey { bytes, ..key.clone() })
    };
    let keys = signing.keys().iter().map(public).collect::<Option<Vec<_>>>();
    keys.map(Keyring::from).ok_or_else(|| "a signing key is invalid".to_owned())
}

/// Adds a link key, which is used as soon as every function knows it. A link stays valid while its key is among the
/// nine latest.
pub async fn rotate_links(secrets: &Client, links: &str, now: Timestamp) -> Result<String, String> {
    let from = now.saturating_add(ADOPTION).unwrap_or(now);
    let rotated = fetch(secrets, links).await?.rotated(rand::random(), from, EARLIER_LINK_KEYS);
    put(secrets, links, &rotated).await?;
    Ok(format!("links are made with a new key from {from:.0} on"))
}

/// Adds a signing key, and signs the active policies with it.
///
/// The order is: trust the key, store the key, sign. So wherever the rotation is interrupted, functions trust the key of
/// the active policies, and a second call completes the rotation. Only policies with a valid signature are signed again:
/// write access to the table is not enough to get a signature.
pub async fn rotate_signing(stack: &Stack, trusted: &str, now: Timestamp) -> Result<String, String> {
    let before = fetch(&stack.secrets, &stack.signing).await?;
    let state = stack.state().await?;
    let has_any = state.pointer.is_some() || state.head.is_some();
    if has_any {
        // Checked before any change, and again before the signature.
        state.require_signed(&public(&before)?).map_err(|error| with_causes(&error))?;
        // An earlier rotation may have stopped before it signed: this one would drop the key that the policies need.
        let newest = before.keys().first();
        let targets = state.pointer.iter().flat_map(|pointer| &pointer.targets);
        if newest.is_some_and(|key| targets.into_iter().any(|it| it.signature.key != key.id)) {
            sign_anew(stack, &before, now).await?;
        }
    }
    let rotated = before.rotated(rand::random(), now, EARLIER_SIGNING_KEYS);
    put(&stack.secrets, trusted, &public(&rotated)?).await?;
    put(&stack.secrets, &stack.signing, &rotated).await?;
    if has_any {
        sign_anew(stack, &rotated, now).await?;
    }
    Ok("policies are signed with a new key".to_owned())
}

async fn sign_anew(stack: &Stack, signing: &Keyring, now: Timestamp) -> Result<(), String> {
    let (state, trusted) = (stack.state().await?, public(signing)?);
    let key = signing_key(signing, now)?;
    let signed = publish::sign_anew(&stack.store, &state, &trusted, &key, "rotation of keys", now).await;
    signed.map_err(|error| match error {
        SignError::Commit(error) => unwritten(&error),
        error => with_causes(&error),
    })
}

/// Makes the keys that sign digests known to `seatwise audit verify`.
pub async fn trust_seals(secrets: &Client, seals: &str, public: &str) -> Result<String, String> {
    let (sealing, known) = (fetch(secrets, seals).await?, fetch(secrets, public).await?);
    let merged = with_seal_keys(&known, &sealing)?;
    if merged == known {
        return Ok("the keys that sign digests are known: nothing to do".to_owned());
    }
    put(secrets, public, &merged).await?;
    Ok("the keys that sign digests are known".to_owned())
}

/// Adds a key that signs digests. Its public half is known before the key is used, and the public halves of the keys
/// before it stay known.
pub async fn rotate_seals(
    secrets: &Client,
    seals: &str,
    public: &str,
    now: Timestamp,
) -> Result<String, String> {
    let before = fetch(secrets, seals).await?;
    let known = with_seal_keys(&fetch(secrets, public).await?, &before)?;
    let rotated = before.rotated(rand::random(), now, EARLIER_SEAL_KEYS);
    put(secrets, public, &with_seal_keys(&known, &rotated)?).await?;
    put(secrets, seals, &rotated).await?;
    Ok("digests are signed with a new key within five minutes".to_owned())
}

/// The known public keys with those of this keyring, newest first.
fn with_seal_keys(known: &Keyring, sealing: &Keyring) -> Result<Keyring, String> {
    let public = public_seals(sealing)?;
    let is_other = |key: &&RotatingKey| known.find(key.id).is_some_and(|known| known.bytes != key.bytes);
    if let Some(key) = public.keys().iter().find(is_other) {
        return Err(format!(
            "another key with the number {} has signed digests: see infra/README.md",
            key.id
        ));
    }
    let new = public.keys().iter().filter(|key| known.find(key.id).is_none());
    Ok(new.chain(known.keys()).take(SEAL_PUBLIC_KEYS).cloned().collect::<Vec<_>>().into())
}

/// The public halves of keys that sign digests.
pub(crate) fn public_seals(sealing: &Keyring) -> Result<Keyring, String> {
    let public = |key: &RotatingKey| {
        let bytes = SealingKey::new(key.id, &key.bytes)?.public()?;
        Some(RotatingKey { bytes, ..key.clone() })
    };
    let keys = sealing.keys().iter().map(public).collect::<Option<Vec<_>>>();
    keys.map(Keyring::from).ok_or_else(|| "a key that signs digests is invalid".to_owned())
}
