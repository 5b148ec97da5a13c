//! The policies of a deployed stack.

use jiff::Timestamp;
use seatwise_domain::policy::PolicyPointer;
use seatwise_functions::Keyring;
use seatwise_functions::logging::with_causes;
use seatwise_policy::SigningKey;
use seatwise_store::{CommitError, Store};

use super::keys::fetch;
use crate::pack;
use crate::publish::{self as policies, PublishError};

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
        policies::active(&self.store).await.map_err(|error| with_causes(&error))
    }
}

/// The key that signs now.
pub(super) fn signing_key(signing: &Keyring, now: Timestamp) -> Result<SigningKey, String> {
    let key = signing.current(now).and_then(|key| SigningKey::new(key.id, &key.bytes));
    key.ok_or_else(|| "there is no key to sign policies with".to_owned())
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
    let key = signing_key(&fetch(&stack.secrets, &stack.signing).await?, now)?;
    match policies::publish(&stack.store, active.as_ref(), files, pack.clone(), &key).await {
        Ok(version) => Ok(format!("published {pack}, version {}", version.0)),
        Err(PublishError::OtherPack { has }) => {
            Err(format!("the stack has the pack {has}, and its workspaces are of that"))
        }
        Err(PublishError::Commit(error)) => Err(unwritten(&error)),
        Err(error) => Err(with_causes(&error)),
    }
}

pub(super) fn unwritten(error: &CommitError) -> String {
    match error {
        CommitError::Conflict => "somebody else has published meanwhile; look at that first".to_owned(),
        error => with_causes(error),
    }
}
