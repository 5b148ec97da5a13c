//! The text of an API key: `<prefix>_` and 116 letters and digits, which a double click selects.
//!
//! It consists of the workspace, the owner, the serial of the key and the secret, each in base62 of a fixed length, and
//! a checksum (CRC-32) of all before it. So a secret scanner tells a key from other text without asking anybody, and a
//! mistyped key costs no read.

use seatwise_domain::{ApiKey, ApiKeyId, SecretHash, UserId, WorkspaceId};
use sha2::{Digest as _, Sha256};
use subtle::ConstantTimeEq as _;
use uuid::Uuid;

/// The digits of a number of 128 bits.
const WORD: usize = 22;
/// The numbers of 128 bits in a key: workspace, owner, serial, and two of the secret.
const WORDS: usize = 5;
/// The digits of the checksum.
const CHECKSUM: usize = 6;

/// A key, as it was read from its text.
pub struct ApiKeyText {
    /// The workspace.
    pub workspace: WorkspaceId,
    /// The id.
    pub id: ApiKeyId,
    secret: [u8; 32],
}

fn digits(number: u128, length: usize) -> String {
    format!("{:0>length$}", base62::encode(number))
}

fn checksum(text: &str) -> String {
    digits(u128::from(crc32fast::hash(text.as_bytes())), CHECKSUM)
}

/// The hash of a secret.
pub fn hash(secret: &[u8; 32]) -> SecretHash {
    SecretHash(hex::encode(Sha256::digest(secret)))
}

/// The text of a key with this secret.
pub fn text(prefix: &str, key: &ApiKey, secret: &[u8; 32]) -> String {
    let half = |bytes: &[u8]| bytes.iter().fold(0_u128, |number, byte| number << 8 | u128::from(*byte));
    let numbers = [
        key.workspace.0.as_u128(),
        key.id.user.0.as_u128(),
        key.id.serial.as_u128(),
        half(&secret[..16]),
        half(&secret[16..]),
    ];
    let body: String = numbers.into_iter().map(|number| digits(number, WORD)).collect();
    let text = format!("{prefix}_{body}");
    format!("{text}{}", checksum(&text))
}

impl ApiKeyText {
    /// Reads a key; `None` if the text is none.
    pub fn parse(text: &str) -> Option<Self> {
        let (_, body) = text.rsplit_once('_')?;
        if body.len() != WORD * WORDS + CHECKSUM || !body.bytes().all(|byte| byte.is_ascii_alphanumeric()) {
            return None;
        }
        let (rest, check) = text.split_at(text.len() - CHECKSUM);
        if checksum(rest) != check {
            return None;
        }
        let number = |index: usize| base62::decode(&body[index * WORD..(index + 1) * WORD]).ok();
        let mut secret = [0; 32];
        secret[..16].copy_from_slice(&number(3)?.to_be_bytes());
        secret[16..].copy_from_slice(&number(4)?.to_be_bytes());
        let uuid = |index| number(index).map(Uuid::from_u128);
        Some(Self {
            workspace: WorkspaceId(uuid(0)?),
            id: ApiKeyId { user: UserId(uuid(1)?), serial: uuid(2)? },
            secret,
        })
    }

    /// Whether this is the hash of the key's secret. The comparison takes the same time for every hash.
    pub fn is_of(&self, known: &SecretHash) -> bool {
        hash(&self.secret).0.as_bytes().ct_eq(known.0.as_bytes()).into()
    }
}

#[cfg(test)]
mod tests {
    use jiff::Timestamp;
    use proptest::prelude::*;

    use super::*;

    fn key(numbers: [u128; 3]) -> ApiKey {
        let [workspace, user, serial] = numbers.map(Uuid::from_u128);
        ApiKey {
            workspace: WorkspaceId(workspace),
            id: ApiKeyId { user: UserId(user), serial },
            name: "x".to_owned().try_into().unwrap(),
            owner_since: Timestamp::UNIX_EPOCH,
            flow: None,
            secret: SecretHash(String::new()),
            previous: None,
            created_at: Timestamp::UNIX_EPOCH,
            rotated_at: None,
            expires_at: None,
            revoked_at: None,
            usage_limit: None,
            daily_rate_limit: None,
        }
    }

    proptest! {
        #[test]
        fn a_key_is_read_as_it_was_written(numbers: [u128; 3], secret: [u8; 32], at in 0_usize..120, to: char) {
            let key = key(numbers);
            let text = text("swk", &key, &secret);
            prop_assert_eq!(text.len(), 4 + WORD * WORDS + CHECKSUM);
            let read = ApiKeyText::parse(&text).unwrap();
            prop_assert_eq!((read.workspace, read.id), (key.workspace, key.id));
            prop_assert!(read.is_of(&hash(&secret)) && !read.is_of(&hash(&[7; 32])));
            // A mistyped key is none, or has another secret.
            let mut typed: Vec<char> = text.chars().collect();
            typed[at] = to;
            let typed: String = typed.into_iter().collect();
            if typed != text {
                prop_assert!(ApiKeyText::parse(&typed).is_none());
            }
        }

        #[test]
        fn no_text_panics(text in ".{0,200}") {
            let _ = ApiKeyText::parse(&text);
        }
    }
}
