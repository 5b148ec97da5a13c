//! Receipts of requests with an `Idempotency-Key`.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::id::UserId;

/// The answer to a request with an `Idempotency-Key`. It is written in the transaction of the request's
/// changes, so a repeated request gets the first answer (K13).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Receipt {
    /// The caller. Two callers with the same key do not share a receipt (K16).
    pub user: UserId,
    /// The name of the operation.
    pub operation: String,
    /// SHA-256 of the key and the path, in hex.
    pub key: String,
    /// SHA-256 of the request's body, in hex: the same key with another body is refused (K14).
    pub request: String,
    /// The HTTP status of the answer.
    pub status: u16,
    /// The answer as JSON. It names an invitation in place of a link, so that no token is stored.
    pub body: String,
    /// The time from which the key can be used for a new request.
    pub expires_at: Timestamp,
}
