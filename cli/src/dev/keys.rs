//! The secrets of the local service. They lie beside its state, so that links and sign-ins
//! survive a restart.

use std::path::Path;
use std::sync::LazyLock;
use std::{fs, io};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use seatwise_functions::Keyring;
use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};

use super::error::StartError;
use super::files::write_atomically;
use super::issuer::SigningKey;

/// The content of the key file.
#[derive(Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct KeyFile {
    /// RSA private key, PKCS#8 in PEM.
    issuer_key: String,
    /// The key of invitation links; in a list, where only one is made.
    token_keys: [TokenKeyEntry; 1],
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct TokenKeyEntry {
    id: u8,
    /// 32 bytes in base64.
    secret: String,
}

/// All secrets of a local service.
pub(super) struct LocalKeys {
    /// Signs sign-ins.
    pub(super) issuer: SigningKey,
    /// Make and check invitation links.
    pub(super) links: Keyring,
    /// Signs policies.
    pub(super) publisher: seatwise_policy::PolicySigningKey,
    /// Signs digests of the logs of events.
    pub(super) seals: Keyring,
}

/// The number of the key that signs policies.
pub(super) const PUBLISHER: u8 = 1;
/// The number of the key that signs digests of the logs of events.
const SEALS: u8 = 1;

impl LocalKeys {
    /// Keys that are not stored. All services of a process that store no keys share these: to make an RSA key takes longer
    /// than the rest of a start.
    pub(super) fn of_process() -> Result<Self, StartError> {
        static FRESH: LazyLock<Option<KeyFile>> = LazyLock::new(KeyFile::fresh);
        FRESH.as_ref().and_then(KeyFile::keys).ok_or(StartError::KeyGeneration)
    }

    /// The keys in the file. If there is no file, it is created with fresh keys.
    pub(super) fn load_or_create(path: &Path) -> Result<Self, StartError> {
        let io_fault = |source| StartError::Data { path: path.to_owned(), source };
        let text = match fs::read_to_string(path) {
            Ok(text) => text,
            Err(error) if error.kind() == io::ErrorKind::NotFound => {
                let content = KeyFile::fresh().ok_or(StartError::KeyGeneration)?;
                let text = serde_json::to_string_pretty(&content).map_err(|error| io_fault(error.into()))?;
                write_atomically(path, text.as_bytes()).map_err(io_fault)?;
                text
            }
            Err(error) => return Err(io_fault(error)),
        };
        // The parser's own message could quote a secret.
        serde_json::from_str::<KeyFile>(&text)
            .ok()
            .and_then(|content| content.keys())
            .ok_or_else(|| StartError::BadKeys { path: path.to_owned() })
    }
}

impl KeyFile {
    fn fresh() -> Option<Self> {
        let secret: [u8; 32] = rand::random();
        let token_key = TokenKeyEntry { id: 1, secret: STANDARD.encode(secret) };
        Some(Self { issuer_key: SigningKey::fresh_pem()?, token_keys: [token_key] })
    }

    fn keys(&self) -> Option<LocalKeys> {
        let [TokenKeyEntry { id, secret }] = &self.token_keys;
        let links = Keyring::of(*id, STANDARD.decode(secret).ok()?.try_into().ok()?);
        let issuer = SigningKey::from_pem(&self.issuer_key)?;
        // Derived from the issuer's key, so that files from before there were signatures stay valid.
        let seed =
            Sha256::new_with_prefix("seatwise local policies").chain_update(&self.issuer_key).finalize();
        let publisher = seatwise_policy::PolicySigningKey::new(PUBLISHER, &seed.into())?;
        let seed = Sha256::new_with_prefix("seatwise local seals").chain_update(&self.issuer_key).finalize();
        let seals = Keyring::of(SEALS, seed.into());
        Some(LocalKeys { issuer, links, publisher, seals })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_file_holds_comes_back() {
        let content = KeyFile::fresh().unwrap();
        let text = serde_json::to_string(&content).unwrap();
        let again: KeyFile = serde_json::from_str(&text).unwrap();
        let (one, two) = (content.keys().unwrap(), again.keys().unwrap());
        assert_eq!(one.issuer.kid(), two.issuer.kid());
    }

    #[test]
    fn half_a_file_is_refused() {
        let mut content = KeyFile::fresh().unwrap();
        content.token_keys[0].secret.truncate(8);
        assert!(content.keys().is_none());
        assert!(serde_json::from_str::<KeyFile>(r#"{"issuerKey":"","tokenKeys":[]}"#).is_err());
    }
}
