//! The bytes of a digest that are signed, and the hash by which the next digest names it.

use std::fmt::Display;

use seatwise_domain::{DigestHash, EventDigest};
use sha2::{Digest as _, Sha256};

/// The bytes that are signed: all that the digest says. The events are there as a hash. No field contains a line
/// break, so two digests that differ have different bytes.
pub(crate) fn message(digest: &EventDigest) -> Vec<u8> {
    let EventDigest { log, number, from, until, events, before, sealed_at, expires_at, key, signature: _ } =
        digest;
    let events = hex::encode(Sha256::digest(events.to_bytes()));
    let hash_before = or_none(before.as_ref().map(|before| &before.hash.0));
    let before_expires_at = or_none(before.as_ref().and_then(|before| before.expires_at));
    let expires_at = or_none(*expires_at);
    format!(
        "seatwise event digest v1\n{log}\n{number}\n{from}\n{until}\n{events}\n{hash_before}\n\
         {before_expires_at}\n{sealed_at}\n{expires_at}\n{key}"
    )
    .into_bytes()
}

/// The hash of a digest, its signature included.
pub fn hash(digest: &EventDigest) -> DigestHash {
    let hash = Sha256::new_with_prefix(message(digest)).chain_update("\n").chain_update(&digest.signature);
    DigestHash(hex::encode(hash.finalize()))
}

fn or_none(value: Option<impl Display>) -> String {
    value.map_or_else(|| "-".to_owned(), |value| value.to_string())
}
