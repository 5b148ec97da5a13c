//! Signatures of publications. Functions hold the public keys that check a signature, and no key that
//! signs. Write access to the table alone is not enough to change a policy.

use aws_lc_rs::signature::{ED25519, Ed25519KeyPair, KeyPair as _, UnparsedPublicKey};
use seatwise_domain::{PolicySignature, PolicyTarget, Publication, SchemaId};
use sha2::{Digest as _, Sha256};

/// A key that signs publications.
pub struct PolicySigningKey {
    id: u8,
    pair: Ed25519KeyPair,
}

impl PolicySigningKey {
    /// The key of that number, made from 32 random bytes.
    pub fn new(id: u8, seed: &[u8; 32]) -> Option<Self> {
        // The checked constructor compares with a stored public key, and there is none.
        Some(Self { id, pair: Ed25519KeyPair::from_seed_unchecked(seed).ok()? })
    }

    /// The public key that checks its signatures.
    pub fn public(&self) -> Option<[u8; 32]> {
        self.pair.public_key().as_ref().try_into().ok()
    }

    /// Signs the target that functions are to obey, in place of an earlier signature.
    #[must_use]
    pub fn sign(&self, target: PolicyTarget, pack: &str) -> PolicyTarget {
        let bytes = hex::encode(self.pair.sign(&message(&target, pack)));
        PolicyTarget { signature: PolicySignature { key: self.id, bytes }, ..target }
    }
}

/// Whether the target was signed for this pack with the private half of this key.
pub fn is_signed(public: &[u8; 32], target: &PolicyTarget, pack: &str) -> bool {
    let Ok(bytes) = hex::decode(&target.signature.bytes) else { return false };
    UnparsedPublicKey::new(&ED25519, public).verify(&message(target, pack), &bytes).is_ok()
}

/// The target that functions of a release obey after this publication.
pub fn target(publication: &Publication, schema: &SchemaId) -> PolicyTarget {
    PolicyTarget {
        schema: schema.clone(),
        number: publication.number,
        version: publication.version.clone(),
        before: publication.before.clone(),
        about: about(publication),
        signature: publication.signature.clone(),
    }
}

/// The bytes that are signed. The version is the hash of the files, so that these are signed too.
fn message(target: &PolicyTarget, pack: &str) -> Vec<u8> {
    let PolicyTarget { schema, number, version, before, about, signature: _ } = target;
    let before = before.as_ref().map_or("-", |before| &before.0);
    format!("seatwise policies v2\n{}\n{number}\n{}\n{before}\n{about}\n{pack}", schema.0, version.0)
        .into_bytes()
}

/// The hash of the fields of a publication that its target does not have.
fn about(publication: &Publication) -> String {
    let Publication { deed, schemas, author, at, message, frame, .. } = publication;
    let said = serde_json::json!([deed, schemas, author, at, message, frame]);
    hex::encode(Sha256::digest(said.to_string()))
}

#[cfg(test)]
mod tests {
    use jiff::Timestamp;
    use seatwise_domain::{PackBaseline, PolicyVersion, PublicationKind};

    use super::*;

    fn publication() -> Publication {
        Publication {
            number: 3,
            version: PolicyVersion("ab".to_owned()),
            before: Some(PolicyVersion("aa".to_owned())),
            deed: PublicationKind::Published,
            pack: "pack".to_owned(),
            schemas: vec![SchemaId("cd".to_owned())],
            author: "ada".to_owned(),
            at: Timestamp::UNIX_EPOCH,
            message: "why".to_owned(),
            frame: PackBaseline::default(),
            signature: PolicySignature::default(),
        }
    }

    fn unsigned(publication: &Publication) -> PolicyTarget {
        target(publication, &SchemaId("cd".to_owned()))
    }

    #[test]
    fn only_what_was_signed_is() {
        let key = PolicySigningKey::new(1, &[7; 32]).unwrap();
        let public = key.public().unwrap();
        let signed = key.sign(unsigned(&publication()), "pack");
        assert_eq!(signed.signature.key, 1);
        assert!(is_signed(&public, &signed, "pack"));
        assert!(!is_signed(&public, &signed, "other"));
        let other = PolicySigningKey::new(1, &[8; 32]).and_then(|key| key.public()).unwrap();
        assert!(!is_signed(&other, &signed, "pack"));
        for forged in [
            PolicyTarget { number: 4, ..signed.clone() },
            PolicyTarget { schema: SchemaId("dc".to_owned()), ..signed.clone() },
            PolicyTarget { version: PolicyVersion("ac".to_owned()), ..signed.clone() },
            PolicyTarget { before: None, ..signed.clone() },
            PolicyTarget { about: String::new(), ..signed.clone() },
        ] {
            assert!(!is_signed(&public, &forged, "pack"), "{forged:?}");
        }
        for bytes in ["", "zz", &signed.signature.bytes[2..], &"00".repeat(64)] {
            let signature = PolicySignature { key: 1, bytes: bytes.to_owned() };
            let forged = PolicyTarget { signature, ..signed.clone() };
            assert!(!is_signed(&public, &forged, "pack"), "{bytes}");
        }
    }

    #[test]
    fn what_a_publication_says_is_signed_along() {
        let said = publication();
        let about = |publication: &Publication| unsigned(publication).about;
        for other in [
            Publication { author: "eve".to_owned(), ..said.clone() },
            Publication { message: String::new(), ..said.clone() },
            Publication { at: Timestamp::MAX, ..said.clone() },
            Publication { deed: PublicationKind::RolledBack { to: 1 }, ..said.clone() },
            Publication { schemas: Vec::new(), ..said.clone() },
        ] {
            assert_ne!(about(&said), about(&other), "{other:?}");
        }
    }
}
