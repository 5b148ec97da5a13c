//! The policies of a deployed stack.

use jiff::Timestamp;
use seatwise_domain::PublicationKind;
use seatwise_functions::Keyring;
use seatwise_functions::logging::with_causes;
use seatwise_policy::PolicySigningKey;
use seatwise_store::{CommitError, Store};

use super::keys::fetch;
use crate::pack;
use crate::publish::{self as policies, Draft, PublishedState};

/// The author of the first publication.
const DEPLOYMENT: &str = "deployment";

/// The parts of a deployed stack that publishing needs.
pub struct Stack {
    /// The table.
    pub store: Store,
    /// The client of Secrets Manager.
    pub secrets: aws_sdk_secretsmanager::Client,
    /// The secret with the keys that sign policies.
    pub signing: String,
}

impl Stack {
    pub(super) async fn state(&self) -> Result<PublishedState, String> {
        PublishedState::read(&self.store).await.map_err(|error| with_causes(&error))
    }
}

/// The current signing key.
pub(crate) fn signing_key(signing: &Keyring, now: Timestamp) -> Result<PolicySigningKey, String> {
    let key = signing.current(now).and_then(|key| PolicySigningKey::new(key.id, &key.bytes));
    key.ok_or_else(|| "there is no key to sign policies with".to_owned())
}

/// Publishes a pack if none is published; returns a message about the published version.
pub async fn publish_first(stack: &Stack, pack: &str, now: Timestamp) -> Result<String, String> {
    let state = stack.state().await?;
    if let (Some(pack), Some(active)) = (state.pack(), state.active()) {
        return Ok(format!("{pack} is published, version {}: nothing to do", active.number));
    }
    if state.head.is_some() {
        // A deployment does not undo later publications.
        return Err("the published policies cannot be read: publish or roll back \
                    (infra/policies --stack … log)"
            .to_owned());
    }
    publish_over(stack, &state, pack, now).await
}

/// Publishes a pack without confirmation. Every function applies it from its next request on.
pub async fn publish(stack: &Stack, pack: &str, now: Timestamp) -> Result<String, String> {
    publish_over(stack, &stack.state().await?, pack, now).await
}

async fn publish_over(
    stack: &Stack,
    state: &PublishedState,
    pack: &str,
    now: Timestamp,
) -> Result<String, String> {
    let (files, pack) = pack::read(pack).map_err(|error| error.to_string())?;
    let draft = Draft {
        files,
        deed: PublicationKind::Published,
        author: DEPLOYMENT.to_owned(),
        message: "as it came with the deployment".to_owned(),
    };
    let key = signing_key(&fetch(&stack.secrets, &stack.signing).await?, now)?;
    let step = policies::plan(state, draft, true, now).map_err(|error| with_causes(&error))?;
    let publication = policies::commit(&stack.store, step, &key).await.map_err(|error| unwritten(&error))?;
    Ok(format!("published {pack}, version {}", publication.number))
}

pub(crate) fn unwritten(error: &CommitError) -> String {
    match error {
        CommitError::Conflict => "another version was published in the meantime; look at it first".to_owned(),
        error => with_causes(error),
    }
}
