//! What is compiled in: the words that every pack is written in.

use std::borrow::Cow;

use seatwise_domain::policy::SchemaId;
use sha2::{Digest as _, Sha256};

pub(crate) const CORE_FILE: &str = "schema.cedarschema";
/// Its name and text.
pub(crate) const SCHEMA_FILE: (&str, &str) = (CORE_FILE, SCHEMA);
const SCHEMA: &str = include_str!("../../../policies/schema.cedarschema");

/// The core schema of a release. During a deployment executables of two releases answer side by side,
/// and each must load policies that it can read: hence it is a value, not only a constant.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Core {
    schema: Cow<'static, str>,
}

impl Core {
    /// That of this executable.
    pub fn current() -> Self {
        Self { schema: Cow::Borrowed(SCHEMA) }
    }

    /// That of another release.
    pub fn of(schema: String) -> Self {
        Self { schema: Cow::Owned(schema) }
    }

    /// The schema, in Cedar's syntax.
    pub fn schema(&self) -> &str {
        &self.schema
    }

    /// What tells it from others: the beginning of its hash.
    pub fn id(&self) -> SchemaId {
        let hash = Sha256::digest(self.schema.as_bytes());
        SchemaId(hex::encode(&hash[..8]))
    }
}
