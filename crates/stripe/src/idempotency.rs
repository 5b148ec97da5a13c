//! The key by which Stripe recognises a request that was sent before.

use std::fmt;

/// The name of one effect. Stripe answers a second request with the same key as it answered the
/// first, and refuses it if the parameters are others.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct IdempotencyKey(String);

impl IdempotencyKey {
    /// The key of that kind of effect for that id, such as `charge:<purchase>`.
    pub fn new(kind: &str, id: impl fmt::Display) -> Self {
        Self(format!("{kind}:{id}"))
    }

    /// This key.
    pub fn given(key: impl Into<String>) -> Self {
        Self(key.into())
    }

    /// The key as it is sent.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}
