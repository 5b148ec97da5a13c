//! The keys that sign digests. A function that seals has the secret half; whoever verifies has the public half.

use aws_lc_rs::signature::{ED25519, Ed25519KeyPair, KeyPair as _, UnparsedPublicKey};
use seatwise_domain::EventDigest;

use crate::message::message;

/// A key that signs digests.
pub struct SealingKey {
    id: u8,
    pair: Ed25519KeyPair,
}

impl SealingKey {
    /// The key of that number, made from 32 random bytes.
    pub fn new(id: u8, seed: &[u8; 32]) -> Option<Self> {
        // The checked constructor compares with a stored public key, and there is none.
        Some(Self { id, pair: Ed25519KeyPair::from_seed_unchecked(seed).ok()? })
    }

    /// The public key that checks the signatures of this key.
    pub fn public(&self) -> Option<[u8; 32]> {
        self.pair.public_key().as_ref().try_into().ok()
    }

    /// Signs a digest, in place of an earlier signature.
    #[must_use]
    pub fn sign(&self, digest: EventDigest) -> EventDigest {
        let digest = EventDigest { key: self.id, ..digest };
        let signature = hex::encode(self.pair.sign(&message(&digest)));
        EventDigest { signature, ..digest }
    }
}

/// Whether the private half of this key has signed the digest.
pub fn is_signed(public: &[u8; 32], digest: &EventDigest) -> bool {
    let Ok(signature) = hex::decode(&digest.signature) else { return false };
    UnparsedPublicKey::new(&ED25519, public).verify(&message(digest), &signature).is_ok()
}
