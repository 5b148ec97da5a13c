//! Keys that rotate, and where they are kept.
//!
//! A keyring is a few keys, each with a number. A new key is used only after [`ADOPTION`], and nobody
//! uses a copy older than [`MAX_AGE`] while Secrets Manager answers. So all who check know a key before
//! anybody uses it, and a rotation breaks nothing.

use std::collections::BTreeSet;
use std::fmt;

use aws_sdk_secretsmanager::Client;
use jiff::{SignedDuration, Timestamp};
use seatwise_domain::PolicyTarget;
use seatwise_store::CallFailure;
use serde::{Deserialize, Serialize};

pub use crate::secret::MAX_AGE;
use crate::secret::{self, Secret, SecretText};

/// The time from the addition of a key to its first use: twice the age of a copy, because clocks differ.
pub const ADOPTION: SignedDuration = SignedDuration::from_mins(10);

/// One key.
#[derive(Clone, PartialEq, Eq)]
pub struct RotatingKey {
    /// Names the key in what is made with it.
    pub id: u8,
    /// 256 bits: a secret for HMAC-SHA-256, an Ed25519 seed, or an Ed25519 public key.
    pub bytes: [u8; 32],
    /// The time from which the key is used. Links and signatures made with it are valid before that, too.
    pub from: Timestamp,
}

impl fmt::Debug for RotatingKey {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("RotatingKey")
            .field("id", &self.id)
            .field("from", &self.from)
            .finish_non_exhaustive()
    }
}

/// Keys of one use, newest first.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Keyring(Vec<RotatingKey>);

/// A key as a secret stores it. CloudFormation makes the first key of a new stack, and can put random
/// characters into one object only: so one object stands for a list with that object. A member that a newer
/// release has added is ignored.
#[derive(Serialize, Deserialize)]
struct WrittenKey {
    id: u8,
    from: Timestamp,
    /// 64 hex digits.
    key: String,
}

#[derive(Deserialize)]
#[serde(untagged)]
enum SecretContent {
    One(WrittenKey),
    Several(Vec<WrittenKey>),
}

impl Keyring {
    /// One key, which has always been in use.
    pub fn of(id: u8, bytes: [u8; 32]) -> Self {
        Self(vec![RotatingKey { id, bytes, from: Timestamp::UNIX_EPOCH }])
    }

    /// Reads the text of a secret. A refusal has no reason, because the reason could quote the secret.
    pub fn parse(text: &str) -> Option<Self> {
        let written = match serde_json::from_str(text).ok()? {
            SecretContent::One(one) => vec![one],
            SecretContent::Several(several) => several,
        };
        let key = |WrittenKey { id, from, key }| {
            Some(RotatingKey { id, bytes: hex::decode(key).ok()?.try_into().ok()?, from })
        };
        let keys = written.into_iter().map(key).collect::<Option<Vec<_>>>()?;
        // With two keys of one number, everything that one of them made would be refused.
        let ids: BTreeSet<u8> = keys.iter().map(|key| key.id).collect();
        (ids.len() == keys.len()).then_some(Self(keys))
    }

    /// The keyring as the text of a secret.
    pub fn to_text(&self) -> String {
        let written =
            |key: &RotatingKey| WrittenKey { id: key.id, from: key.from, key: hex::encode(key.bytes) };
        let written: Vec<WrittenKey> = self.0.iter().map(written).collect();
        serde_json::json!(written).to_string()
    }

    /// The keys, newest first.
    pub fn keys(&self) -> &[RotatingKey] {
        &self.0
    }

    /// The key in use now: the newest key whose time has come.
    pub fn current(&self, now: Timestamp) -> Option<&RotatingKey> {
        self.0.iter().find(|key| key.from <= now).or(self.0.last())
    }

    /// The key of that number.
    pub fn find(&self, id: u8) -> Option<&RotatingKey> {
        self.0.iter().find(|key| key.id == id)
    }

    /// Whether this target is signed with one of these keys, for this pack.
    pub fn has_signed(&self, target: &PolicyTarget, pack: &str) -> bool {
        let key = self.find(target.signature.key);
        key.is_some_and(|key| seatwise_policy::is_signed(&key.bytes, target, pack))
    }

    /// The keyring with one more key, which is used from `from` on. At most `keep` of the earlier keys stay.
    #[must_use]
    pub fn rotated(&self, bytes: [u8; 32], from: Timestamp, keep: usize) -> Self {
        let earlier: Vec<RotatingKey> = self.0.iter().take(keep).cloned().collect();
        let newest = self.0.first().map_or(0, |key| key.id);
        // After 255 comes 0. The earlier key with that number was dropped long ago.
        let mut id = newest.wrapping_add(1);
        while earlier.iter().any(|key| key.id == id) {
            id = id.wrapping_add(1);
        }
        Self([vec![RotatingKey { id, bytes, from }], earlier].concat())
    }
}

impl From<Vec<RotatingKey>> for Keyring {
    fn from(keys: Vec<RotatingKey>) -> Self {
        Self(keys)
    }
}

/// The reason why there is no keyring.
#[derive(Debug, thiserror::Error)]
pub enum KeysError {
    /// Secrets Manager did not answer with one.
    #[error("a keyring could not be read")]
    Unread(#[from] CallFailure),
    /// The secret does not hold a keyring.
    #[error("a secret holds no keyring: one {{id, from, key}} or a list of them, key being 64 hex digits")]
    NoKeyring,
}

/// A keyring, wherever it is kept.
pub type Keys = Secret<Keyring>;

impl SecretText for Keyring {
    type Error = KeysError;
    const IN_WORDS: &'static str = "keys";

    fn parse(text: &str) -> Result<Self, KeysError> {
        Self::parse(text).ok_or(KeysError::NoKeyring)
    }
}

/// Reads a keyring from Secrets Manager.
pub async fn fetch(client: &Client, secret: &str) -> Result<Keyring, KeysError> {
    secret::fetch(client, secret).await
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(minute: i64) -> Timestamp {
        Timestamp::UNIX_EPOCH.saturating_add(SignedDuration::from_mins(minute)).unwrap()
    }

    #[test]
    fn what_is_written_is_read() {
        let keyring = Keyring::of(1, [7; 32]).rotated([8; 32], at(10), 4);
        assert_eq!(Keyring::parse(&keyring.to_text()), Some(keyring));
        // As CloudFormation writes a new one; and one that waits for its first key.
        let first = format!(r#"{{"id":1,"from":"1970-01-01T00:00:00Z","key":"{}"}}"#, "07".repeat(32));
        assert_eq!(Keyring::parse(&first), Some(Keyring::of(1, [7; 32])));
        assert_eq!(Keyring::parse("[]"), Some(Keyring::default()));
        // As a newer release may write one.
        let newer = first.replacen('{', r#"{"use":"links","#, 1);
        assert_eq!(Keyring::parse(&newer), Some(Keyring::of(1, [7; 32])));
    }

    #[test]
    fn what_is_no_keyring_is_refused() {
        let key =
            |id: u8, digits: &str| format!(r#"{{"id":{id},"from":"1970-01-01T00:00:00Z","key":"{digits}"}}"#);
        let good = "07".repeat(32);
        let twice = format!("[{},{}]", key(1, &good), key(1, &"08".repeat(32)));
        for bad in
            ["", "{}", "1", &key(1, "07"), &key(1, &"zz".repeat(32)), &key(1, &format!("{good}07")), &twice]
        {
            assert_eq!(Keyring::parse(bad), None, "{bad}");
        }
    }

    #[test]
    fn a_new_key_waits_for_its_time() {
        let one = Keyring::of(1, [1; 32]);
        let two = one.rotated([2; 32], at(10), 4);
        assert_eq!(two.current(at(9)).map(|key| key.id), Some(1));
        assert_eq!(two.current(at(10)).map(|key| key.id), Some(2));
        assert_eq!(two.find(1), one.find(1));
        // Alone, it is used whatever the time: there is no other.
        let alone = Keyring::default().rotated([1; 32], at(10), 4);
        assert_eq!(alone.current(at(0)).map(|key| key.id), Some(1));
        assert_eq!(Keyring::default().current(at(0)), None);
    }

    #[test]
    fn the_oldest_go_and_numbers_go_round() {
        let mut keyring = Keyring::of(1, [0; 32]);
        for number in 0..=u8::MAX {
            keyring = keyring.rotated([number; 32], at(i64::from(number)), 3);
            let ids: BTreeSet<u8> = keyring.keys().iter().map(|key| key.id).collect();
            assert_eq!(ids.len(), keyring.keys().len());
        }
        assert_eq!(keyring.keys().iter().map(|key| key.bytes[0]).collect::<Vec<_>>(), [255, 254, 253, 252]);
    }

    #[test]
    fn k27_a_key_is_not_shown() {
        let shown = format!("{:?}", Keyring::of(1, [0xAB; 32]));
        assert!(!shown.to_lowercase().contains("ab, ab") && !shown.contains("171"), "{shown}");
    }
}
