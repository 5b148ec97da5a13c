//! Idempotency keys. <https://docs.stripe.com/api/idempotent_requests>

use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};

use crate::error::ApiError;
use crate::state::Account;

/// After that, a key is as good as new.
const KEPT_SECONDS: i64 = 24 * 3600;

/// The answer to a request that had a key.
#[derive(Clone, Serialize, Deserialize)]
pub(crate) struct StoredReply {
    fingerprint: String,
    at: i64,
    pub(crate) status: u16,
    pub(crate) body: String,
}

impl StoredReply {
    pub(crate) fn new(fingerprint: String, at: i64, status: u16, body: String) -> Self {
        Self { fingerprint, at, status, body }
    }
}

/// What tells requests apart.
pub(crate) fn fingerprint(path: &str, form: &[u8]) -> String {
    let mut pairs: Vec<_> = form_urlencoded::parse(form).collect();
    pairs.sort();
    hex::encode(Sha256::digest(format!("{path} {pairs:?}")))
}

impl Account {
    /// The answer that the key had before.
    pub(crate) fn replay(
        &self,
        key: &str,
        fingerprint: &str,
        now: i64,
    ) -> Result<Option<&StoredReply>, ApiError> {
        let Some(stored) = self.replies.get(key).filter(|stored| stored.at + KEPT_SECONDS > now) else {
            return Ok(None);
        };
        if stored.fingerprint == fingerprint { Ok(Some(stored)) } else { Err(ApiError::key_reused(key)) }
    }

    pub(crate) fn forget_replies(&mut self, now: i64) {
        self.replies.retain(|_, stored| stored.at + KEPT_SECONDS > now);
    }
}
