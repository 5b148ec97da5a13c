//! The policies of a deployed stack.

use jiff::Timestamp;
use seatwise_domain::PublicationKind;
use seatwise_functions::Keyring;
use seatwise_functions::logging::with_causes;
use seatwise_policy::SigningKey;
use seatwise_store::{CommitError, Store};

use super::keys::fetch;
use crate::pack;
use crate::publish::{self as policies, Draft, Standing};

/// Who publishes what a deployment begins with.
const DEPLOYMENT: &str = "deployment";

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
    pub(super) async fn standing(&self) -> Result<Standing, String> {
        Standing::of(&self.store).await.map_err(|error| with_causes(&error))
    }
}

/// The key that signs now.
pub(crate) fn signing_key(signing: &Keyring, now: Timestamp) -> Result<SigningKey, String> {
    let key = signing.current(now).and_then(|key| SigningKey::new(key.id, &key.bytes));
    key.ok_or_else(|| "there is no key to sign policies with".to_owned())
}

/// Publishes a pack if none is published; says what is published now.
pub async fn publish_first(stack: &Stack, pack: &str, now: Timestamp) -> Result<String, String> {
    let standing = stack.standing().await?;
    if let (Some(pack), Some(active)) = (standing.pack(), standing.active()) {
        return Ok(format!("{pack} is published, version {}: nothing to do", active.number));
    }
    if standing.head.is_some() {
        // What was published since is not undone by a deployment.
        return Err("policies were published, and cannot be read: publish or roll back \
                    (infra/policies --stack … log)"
            .to_owned());
    }
    publish_over(stack, &standing, pack, now).await
}

/// Publishes a pack as it comes, asking nobody: every function obeys with its next request.
pub async fn publish(stack: &Stack, pack: &str, now: Timestamp) -> Result<String, String> {
    publish_over(stack, &stack.standing().await?, pack, now).await
}

async fn publish_over(
    stack: &Stack,
    standing: &Standing,
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
    let step = policies::step(standing, draft, true, now).map_err(|error| with_causes(&error))?;
    let publication = policies::commit(&stack.store, step, &key).await.map_err(|error| unwritten(&error))?;
    Ok(format!("published {pack}, version {}", publication.number))
}

pub(crate) fn unwritten(error: &CommitError) -> String {
    match error {
        CommitError::Conflict => "somebody else has published meanwhile; look at that first".to_owned(),
        error => with_causes(error),
    }
}
