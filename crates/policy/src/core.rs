//! What is compiled in: the words that every pack is written in.

use std::borrow::Cow;

use seatwise_domain::{PolicySchema, SchemaId};
use sha2::{Digest as _, Sha256};

pub(crate) const CORE_FILE: &str = "schema.cedarschema";
/// Its name and text.
pub(crate) const SCHEMA_FILE: (&str, &str) = (CORE_FILE, SCHEMA);
const SCHEMA: &str = include_str!("../../../policies/schema.cedarschema");

/// Which settings product.toml may have: to be raised with every key or value that is added, since a
/// release refuses what it does not know.
const FORMAT: u32 = 1;

/// The words of a release. During a deployment executables of two releases answer side by side, and each
/// must load policies that it can read: hence it is a value, not only a constant.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Core {
    schema: Cow<'static, str>,
    format: u32,
}

impl Core {
    /// That of this executable.
    pub fn current() -> Self {
        Self { schema: Cow::Borrowed(SCHEMA), format: FORMAT }
    }

    /// That of another release.
    pub fn of(schema: PolicySchema) -> Self {
        Self { schema: Cow::Owned(schema.text), format: schema.format }
    }

    /// The schema, in Cedar's syntax.
    pub fn schema(&self) -> &str {
        &self.schema
    }

    /// What tells it from others: the beginning of its hash.
    pub fn id(&self) -> SchemaId {
        let hash = Sha256::new_with_prefix(self.format.to_be_bytes()).chain_update(self.schema()).finalize();
        SchemaId(hex::encode(&hash[..8]))
    }

    /// As it is kept for later releases.
    pub fn to_record(&self) -> PolicySchema {
        PolicySchema { id: self.id(), text: self.schema().to_owned(), format: self.format }
    }

    /// Whether this executable can tell what that release reads: another release's settings it cannot.
    pub fn knows(&self, other: &Self) -> bool {
        self.format == other.format
    }
}
