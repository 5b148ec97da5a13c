//! A new stack's first policies.

use jiff::Timestamp;
use seatwise_domain::policy::{PolicyBundle, PolicyPointer};
use seatwise_domain::record::RecordKey;
use seatwise_policy::{Bundle, Files, SigningKey, packs};
use seatwise_store::{Load, Store};

use super::aws::told;
use super::keys::fetch;

/// A deployed stack, to who publishes its policies.
pub struct Stack {
    /// Its table.
    pub store: Store,
    /// The way to its secrets.
    pub secrets: aws_sdk_secretsmanager::Client,
    /// The secret with the keys that sign policies.
    pub signing: String,
}

impl Stack {
    pub(super) async fn active(&self) -> Result<Option<PolicyPointer>, String> {
        let key = RecordKey::PolicyPointer(0);
        let loaded = self.store.load(&Load::new().record(key.clone())).await.map_err(|error| told(&error))?;
        Ok(loaded.get::<PolicyPointer>(&key).map(|stored| stored.value))
    }

    /// The key that signs now.
    pub(super) async fn signing_key(&self, now: Timestamp) -> Result<SigningKey, String> {
        let keyring = fetch(&self.secrets, &self.signing).await?;
        let key = keyring.current(now).and_then(|key| SigningKey::new(key.id, &key.bytes));
        key.ok_or_else(|| "there is no key to sign policies with".to_owned())
    }
}

/// Publishes a pack if none is published; says what is published now.
pub async fn publish_first(stack: &Stack, pack: &str, now: Timestamp) -> Result<String, String> {
    let files = files(pack)?;
    if let Some(PolicyPointer { pack, version, .. }) = stack.active().await? {
        return Ok(format!("{pack} is published, version {}: nothing to do", version.0));
    }
    let pack = Bundle::compile(&files).map_err(|fault| fault.to_string())?.pack().name.clone();
    let version = seatwise_policy::version(&files);
    let signature = stack.signing_key(now).await?.sign(&version, &pack);
    let bundle = PolicyBundle { version, pack, files };
    stack.store.publish(&bundle, &signature, None).await.map_err(|error| told(&error))?;
    Ok(format!("published {}, version {}", bundle.pack, bundle.version.0))
}

/// A pack that comes with the program, or one from a folder (with a slash in it), which must be sound.
fn files(pack: &str) -> Result<Files, String> {
    if !pack.contains('/') {
        let known = || packs::names().collect::<Vec<_>>().join(", ");
        return packs::files(pack).ok_or_else(|| format!("there is no pack {pack}; there are {}", known()));
    }
    let files = packs::read_dir(std::path::Path::new(pack)).map_err(|error| format!("{pack}: {error}"))?;
    match seatwise_policy::check(&files).into_iter().next() {
        Some(finding) => Err(format!("{pack}: {finding}")),
        None => Ok(files),
    }
}
