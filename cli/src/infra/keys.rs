//! The keys of a deployed stack. They are in three secrets: what invitation links are made with, what
//! policies are signed with, and the public halves of the latter, which functions trust.

use aws_sdk_secretsmanager::Client;
use aws_sdk_secretsmanager::error::DisplayErrorContext;
use jiff::Timestamp;
use seatwise_domain::policy::PolicyBundle;
use seatwise_domain::policy::PolicyPointer;
use seatwise_domain::record::RecordKey;
use seatwise_functions::Keyring;
use seatwise_functions::keys::{self, ADOPTION, Key};
use seatwise_policy::SigningKey;
use seatwise_store::Load;

use super::aws::told;
use super::publish::Stack;

/// How many earlier keys of links stay good. With a rotation each quarter, that is two years.
const EARLIER_LINK_KEYS: usize = 8;
/// Of those that sign, only the last one stays trusted, while functions learn of the new one.
const EARLIER_SIGNING_KEYS: usize = 1;

/// A keyring from its secret.
pub(super) async fn fetch(secrets: &Client, secret: &str) -> Result<Keyring, String> {
    keys::fetch(secrets, secret).await.map(|keyring| (*keyring).clone()).map_err(|error| told(&error))
}

async fn put(secrets: &Client, secret: &str, keyring: &Keyring) -> Result<(), String> {
    let put = secrets.put_secret_value().secret_id(secret).secret_string(keyring.to_text());
    let told = |error| format!("a keyring could not be written: {}", DisplayErrorContext(error));
    put.send().await.map(drop).map_err(told)
}

/// Functions trust what the signing keys sign from now on.
pub async fn trust(secrets: &Client, signing: &str, trusted: &str) -> Result<String, String> {
    let public = public(&fetch(secrets, signing).await?)?;
    if fetch(secrets, trusted).await? == public {
        return Ok("functions trust the signing key: nothing to do".to_owned());
    }
    put(secrets, trusted, &public).await?;
    Ok("functions trust the signing key".to_owned())
}

/// The public halves of keys that sign.
fn public(signing: &Keyring) -> Result<Keyring, String> {
    let public = |key: &Key| {
        let bytes = SigningKey::new(key.id, &key.bytes)?.public()?;
        Some(Key { bytes, ..key.clone() })
    };
    let keys = signing.keys().iter().map(public).collect::<Option<Vec<_>>>();
    keys.map(Keyring::from).ok_or_else(|| "a key that signs is none".to_owned())
}

/// Adds a key of invitation links, which is used as soon as every function knows it. Links that are out
/// stay good until their key is the ninth.
pub async fn rotate_links(secrets: &Client, links: &str, now: Timestamp) -> Result<String, String> {
    let from = now.saturating_add(ADOPTION).unwrap_or(now);
    let rotated = fetch(secrets, links).await?.rotated(rand::random(), from, EARLIER_LINK_KEYS);
    put(secrets, links, &rotated).await?;
    Ok(format!("links are made with a new key from {from:.0} on"))
}

/// Adds a key that signs policies, and signs the active ones with it.
///
/// Whatever it is interrupted at, functions trust the key that the active policies are signed with, and
/// doing it again ends it: trust comes first, then the key, then the signature.
pub async fn rotate_signing(stack: &Stack, trusted: &str, now: Timestamp) -> Result<String, String> {
    let before = fetch(&stack.secrets, &stack.signing).await?;
    let active = stack.active().await?;
    let is_current =
        |active: &PolicyPointer| before.keys().first().is_some_and(|key| key.id == active.signature.key);
    // An earlier rotation may have ended before this: else the next would drop the key they need.
    if let Some(active) = active.as_ref().filter(|active| !is_current(active)) {
        sign_anew(stack, active, now).await?;
    }
    let rotated = before.rotated(rand::random(), now, EARLIER_SIGNING_KEYS);
    put(&stack.secrets, trusted, &public(&rotated)?).await?;
    put(&stack.secrets, &stack.signing, &rotated).await?;
    if let Some(active) = active {
        sign_anew(stack, &active, now).await?;
    }
    Ok("policies are signed with a new key".to_owned())
}

async fn sign_anew(stack: &Stack, active: &PolicyPointer, now: Timestamp) -> Result<(), String> {
    let signature = stack.signing_key(now).await?.sign(&active.version, &active.pack);
    let key = RecordKey::PolicyBundle(active.version.clone());
    let loaded = stack.store.load(&Load::new().record(key.clone())).await.map_err(|error| told(&error))?;
    let bundle = loaded.get::<PolicyBundle>(&key).ok_or("the active policies are missing")?.value;
    let published = stack.store.publish(&bundle, &signature, Some(&active.version)).await;
    published.map_err(|error| told(&error))
}
