//! Who published: the pointer to the active version is signed, and functions hold what checks it and
//! nothing that signs. Whoever can write the table, and nothing else, cannot change a rule.

use aws_lc_rs::signature::{ED25519, Ed25519KeyPair, KeyPair as _, UnparsedPublicKey};
use seatwise_domain::policy::{PolicySignature, PolicyVersion};

/// What policies are signed with.
pub struct SigningKey {
    id: u8,
    pair: Ed25519KeyPair,
}

impl SigningKey {
    /// The key of that number, made of 32 random bytes.
    pub fn new(id: u8, seed: &[u8; 32]) -> Option<Self> {
        // The checked form only compares with a public key, of which there is none beside the seed.
        Some(Self { id, pair: Ed25519KeyPair::from_seed_unchecked(seed).ok()? })
    }

    /// What checks its signatures.
    pub fn public(&self) -> Option<[u8; 32]> {
        self.pair.public_key().as_ref().try_into().ok()
    }

    /// Signs this version of this pack.
    pub fn sign(&self, version: &PolicyVersion, pack: &str) -> PolicySignature {
        PolicySignature { key: self.id, bytes: hex::encode(self.pair.sign(&message(version, pack))) }
    }
}

/// Whether who has the other half of this key signed this version of this pack.
pub fn is_signed(
    public: &[u8; 32],
    version: &PolicyVersion,
    pack: &str,
    signature: &PolicySignature,
) -> bool {
    let Ok(bytes) = hex::decode(&signature.bytes) else { return false };
    UnparsedPublicKey::new(&ED25519, public).verify(&message(version, pack), &bytes).is_ok()
}

/// The version is the hash of the files, so that they are signed with it.
fn message(version: &PolicyVersion, pack: &str) -> Vec<u8> {
    format!("seatwise policies v1\n{}\n{pack}", version.0).into_bytes()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_was_signed_is() {
        let version = |text: &str| PolicyVersion(text.to_owned());
        let key = SigningKey::new(1, &[7; 32]).unwrap();
        let public = key.public().unwrap();
        let signature = key.sign(&version("ab"), "pack");
        assert_eq!(signature.key, 1);
        assert!(is_signed(&public, &version("ab"), "pack", &signature));
        assert!(!is_signed(&public, &version("ac"), "pack", &signature));
        assert!(!is_signed(&public, &version("ab"), "other", &signature));
        let other = SigningKey::new(1, &[8; 32]).and_then(|key| key.public()).unwrap();
        assert!(!is_signed(&other, &version("ab"), "pack", &signature));
        for bytes in ["", "zz", &signature.bytes[2..], &"00".repeat(64)] {
            let forged = PolicySignature { key: 1, bytes: bytes.to_owned() };
            assert!(!is_signed(&public, &version("ab"), "pack", &forged), "{bytes}");
        }
    }
}
