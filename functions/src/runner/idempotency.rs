//! Idempotency: a receipt of the first answer, written with the change, answers each repetition.

use http::StatusCode;
use jiff::{SignedDuration, Timestamp};
use seatwise_domain::{Change, Key, Receipt, Record, Stored, UserId, Version};
use serde_json::Value;
use sha2::{Digest as _, Sha256};

use crate::answer::{Answer, Content};
use crate::operation::Operation;
use crate::problem::{Code, Problem};
use crate::request::Incoming;

/// The hours that a receipt is kept (K13): one more than promised, because clocks differ.
const RECEIPT_HOURS: i64 = 25;

/// An `Idempotency-Key`, bound to caller, operation, path and body (K14, K16).
pub struct IdempotencyKey {
    owner: UserId,
    operation: &'static str,
    /// SHA-256 of the path and of the key that the client chose.
    key: String,
    /// SHA-256 of query and body.
    request: String,
}

/// The outcome of a replay.
pub enum ReplayOutcome {
    /// This request was answered before.
    Answered(Answer),
    /// This request is new. An expired receipt of the same key has this version.
    New(Option<Version>),
}

impl IdempotencyKey {
    /// The key of this request.
    pub fn new<O: Operation>(key: &str, owner: UserId, incoming: &Incoming) -> Self {
        let (path, query) = incoming.path_and_query();
        Self {
            owner,
            operation: O::NAME,
            key: hash(&[path.as_bytes(), key.as_bytes()]),
            request: hash(&[query.as_bytes(), incoming.raw_body()]),
        }
    }

    /// The key of its receipt.
    pub fn receipt_key(&self) -> Key<Receipt> {
        Receipt::key(self.owner, self.operation.to_owned(), self.key.clone())
    }

    /// The outcome of a replay, from its receipt if there is one.
    pub fn replay(&self, receipt: Option<Stored<Receipt>>, now: Timestamp) -> Result<ReplayOutcome, Problem> {
        let Some(Stored { value: receipt, version }) = receipt else { return Ok(ReplayOutcome::New(None)) };
        if receipt.expires_at <= now {
            return Ok(ReplayOutcome::New(Some(version)));
        }
        if receipt.request != self.request {
            return Err(Code::IdempotencyMismatch.into());
        }
        let status = StatusCode::from_u16(receipt.status)
            .map_err(|error| Problem::internal("a receipt has no HTTP status", &error))?;
        let body = serde_json::from_str::<Option<Value>>(&receipt.body)
            .map_err(|error| Problem::internal("a receipt cannot be read", &error))?;
        let content = body.map_or(Content::Empty, Content::Json);
        Ok(ReplayOutcome::Answered(Answer { status, content }))
    }

    /// Writes the receipt of this answer, in place of an expired one. The field with a secret is kept as null.
    pub fn receipt(
        &self,
        answer: &Answer,
        secret: Option<&str>,
        now: Timestamp,
        replaces: Option<Version>,
    ) -> Change {
        let mut body = serde_json::json!(answer.json());
        if let Some(field) = secret.and_then(|name| body.get_mut(name)) {
            *field = Value::Null;
        }
        let kept = SignedDuration::from_hours(RECEIPT_HOURS);
        let receipt = Record::Receipt(Receipt {
            user: self.owner,
            operation: self.operation.to_owned(),
            key: self.key.clone(),
            request: self.request.clone(),
            status: answer.status.as_u16(),
            body: body.to_string(),
            expires_at: now.saturating_add(kept).unwrap_or(Timestamp::MAX),
        });
        match replaces {
            Some(_) => Change::Replace(receipt, replaces),
            None => Change::Create(receipt),
        }
    }
}

/// SHA-256 of several texts, each with its length, in hex.
fn hash(parts: &[&[u8]]) -> String {
    let mut hash = Sha256::new();
    for part in parts {
        hash.update((part.len() as u64).to_be_bytes());
        hash.update(part);
    }
    hex::encode(hash.finalize())
}
