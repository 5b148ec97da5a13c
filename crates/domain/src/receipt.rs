//! Receipts of requests that carried an `Idempotency-Key`.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::id::UserId;

/// Committed with the change it answers for: a replay gets the first answer (K13).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Receipt {
    /// Whose key it is; keys of others do not meet it (K16).
    pub user: UserId,
    /// The operation it was sent to.
    pub operation: String,
    /// SHA-256 of the key and the path, in hex.
    pub key: String,
    /// SHA-256 of the request's body, in hex: the same key with another body is refused (K14).
    pub request: String,
    /// Status of the answer.
    pub status: u16,
    /// The answer as JSON. Where it had a link, it names the invitation: no token is kept.
    pub body: String,
    /// When the key may be used anew.
    pub expires_at: Timestamp,
}
