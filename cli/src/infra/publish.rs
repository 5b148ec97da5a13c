//! The policies of a deployed stack.

use jiff::Timestamp;
use seatwise_domain::policy::{PolicyBundle, PolicyPointer, PolicyVersion};
use seatwise_domain::record::RecordKey;
use seatwise_functions::Keyring;
use seatwise_functions::logging::with_causes;
use seatwise_policy::{Files, SigningKey};
use seatwise_store::{CommitError, Load, Store};

use super::keys::fetch;
use crate::pack;

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
        let loaded =
            self.store.load(&Load::new().record(key.clone())).await.map_err(|error| with_causes(&error))?;
        Ok(loaded.get::<PolicyPointer>(&key).map(|stored| stored.value))
    }

    /// The files of a version; none, if they are not there, or not what the version says.
    pub(super) async fn files(&self, version: &PolicyVersion) -> Result<Option<Files>, String> {
        let key = RecordKey::PolicyBundle(version.clone());
        let loaded =
            self.store.load(&Load::new().record(key.clone())).await.map_err(|error| with_causes(&error))?;
        let files = loaded.get::<PolicyBundle>(&key).map(|stored| stored.value.files);
        Ok(files.filter(|files| seatwise_policy::version(files) == *version))
    }

    /// Makes these files the active policies, unless somebody else has published since `over` was read.
    pub(super) async fn make_active(
        &self,
        files: Files,
        pack: String,
        signing: &Keyring,
        over: Option<&PolicyVersion>,
        now: Timestamp,
    ) -> Result<PolicyVersion, String> {
        let key = signing.current(now).and_then(|key| SigningKey::new(key.id, &key.bytes));
        let key = key.ok_or("there is no key to sign policies with")?;
        let version = seatwise_policy::version(&files);
        let signature = key.sign(&version, &pack);
        let bundle = PolicyBundle { version: version.clone(), pack, files };
        match self.store.publish(&bundle, &signature, over).await {
            Ok(()) => Ok(version),
            Err(CommitError::Conflict) => {
                Err("somebody else has published meanwhile; look at that first".to_owned())
            }
            Err(error) => Err(with_causes(&error)),
        }
    }
}

/// Publishes a pack if none is published; says what is published now.
pub async fn publish_first(stack: &Stack, pack: &str, now: Timestamp) -> Result<String, String> {
    if let Some(PolicyPointer { pack, version, .. }) = stack.active().await? {
        return Ok(format!("{pack} is published, version {}: nothing to do", version.0));
    }
    publish(stack, pack, now).await
}

/// Publishes a pack: every function obeys with its next request.
pub async fn publish(stack: &Stack, pack: &str, now: Timestamp) -> Result<String, String> {
    let (files, pack) = pack::read(pack).map_err(|error| error.to_string())?;
    let active = stack.active().await?;
    if let Some(active) = &active {
        if active.pack != pack {
            return Err(format!("the stack has the pack {}, and its workspaces are of that", active.pack));
        }
        let before = stack.files(&active.version).await?;
        if let Some(role) = before.and_then(|before| pack::changed_frame(&before, &files)) {
            return Err(format!(
                "the pack changes what role {role} is (governing, or its seat), or drops it, while people hold it"
            ));
        }
    }
    let signing = fetch(&stack.secrets, &stack.signing).await?;
    let over = active.as_ref().map(|active| &active.version);
    let version = stack.make_active(files, pack.clone(), &signing, over, now).await?;
    Ok(format!("published {pack}, version {}", version.0))
}
