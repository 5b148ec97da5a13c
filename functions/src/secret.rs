//! A secret, read from Secrets Manager when it is first needed, and read anew when the copy is old.

use std::sync::{Arc, PoisonError, RwLock};

use aws_sdk_secretsmanager::Client;
use jiff::{SignedDuration, Timestamp};
use seatwise_store::CallFailure;

/// The maximum age of a copy of a secret.
pub const MAX_AGE: SignedDuration = SignedDuration::from_mins(5);
/// The wait after a failed read before the next one, while there is a copy to use.
const RESPITE: SignedDuration = SignedDuration::from_secs(30);

/// The content of a secret.
pub trait SecretText: Sized {
    /// The reason why there is no content.
    type Error: std::error::Error + From<CallFailure> + 'static;
    /// What the secret holds, in a sentence of the log.
    const IN_WORDS: &'static str;

    /// Reads the text of the secret. An error must not quote it.
    fn parse(text: &str) -> Result<Self, Self::Error>;
}

/// A secret, wherever it is kept.
pub struct Secret<T> {
    kept: Source<T>,
    held: RwLock<Option<Held<T>>>,
}

enum Source<T> {
    Here(Arc<T>),
    InSecretsManager { client: Client, secret: String },
}

struct Held<T> {
    content: Arc<T>,
    read_at: Timestamp,
}

impl<T: SecretText> Secret<T> {
    /// A secret that never changes: of the local server, and of tests.
    pub fn here(content: T) -> Self {
        Self { kept: Source::Here(Arc::new(content)), held: RwLock::new(None) }
    }

    /// That secret of Secrets Manager, read when it is first needed.
    pub fn in_secrets_manager(client: Client, secret: String) -> Self {
        Self { kept: Source::InSecretsManager { client, secret }, held: RwLock::new(None) }
    }

    /// The content, from a copy that is not too old. If it cannot be read anew, the old copy stays in use:
    /// links work even while Secrets Manager does not.
    pub async fn read(&self, now: Timestamp) -> Result<Arc<T>, T::Error> {
        let held = self.held();
        if let Some((content, read_at)) = &held
            && now.duration_since(*read_at) <= MAX_AGE
        {
            return Ok(Arc::clone(content));
        }
        match (self.read_anew(now).await, held) {
            (Err(_), Some((content, _))) => {
                let asked_next = now.saturating_sub(MAX_AGE).and_then(|at| at.saturating_add(RESPITE));
                Ok(self.hold(content, asked_next.unwrap_or(now)))
            }
            (read, _) => read,
        }
    }

    /// The content as it is now.
    pub async fn read_anew(&self, now: Timestamp) -> Result<Arc<T>, T::Error> {
        let (client, secret) = match &self.kept {
            Source::Here(content) => return Ok(Arc::clone(content)),
            Source::InSecretsManager { client, secret } => (client, secret),
        };
        match fetch(client, secret).await {
            Ok(content) => Ok(self.hold(Arc::new(content), now)),
            Err(error) => {
                let what = T::IN_WORDS;
                tracing::error!(
                    error = &error as &dyn std::error::Error,
                    key_read_failures = 1,
                    "{what} could not be read"
                );
                Err(error)
            }
        }
    }

    fn held(&self) -> Option<(Arc<T>, Timestamp)> {
        let held = self.held.read().unwrap_or_else(PoisonError::into_inner);
        held.as_ref().map(|held| (Arc::clone(&held.content), held.read_at))
    }

    fn hold(&self, content: Arc<T>, read_at: Timestamp) -> Arc<T> {
        let held = Held { content: Arc::clone(&content), read_at };
        *self.held.write().unwrap_or_else(PoisonError::into_inner) = Some(held);
        content
    }
}

/// Reads a secret from Secrets Manager.
pub async fn fetch<T: SecretText>(client: &Client, secret: &str) -> Result<T, T::Error> {
    let answer = client.get_secret_value().secret_id(secret).send().await;
    let answer = answer.map_err(|error| CallFailure::of("GetSecretValue", &error))?;
    T::parse(answer.secret_string().unwrap_or_default())
}
