//! The files that are compiled in: the schema, the guardrails and the recovery floor.

use std::borrow::Cow;

use seatwise_domain::{PolicySchema, SchemaId};
use sha2::{Digest as _, Sha256};

/// A file that is compiled in.
#[derive(Clone, Copy, Debug)]
pub struct CoreFile {
    /// Its name in messages.
    pub name: &'static str,
    /// Its text.
    pub text: &'static str,
}

/// The core schema.
pub(crate) const SCHEMA: CoreFile =
    CoreFile { name: "schema.cedarschema", text: include_str!("../../../policies/schema.cedarschema") };
/// The forbids that hold whatever a pack permits.
pub(crate) const GUARDRAILS: CoreFile =
    CoreFile { name: "guardrails.cedar", text: include_str!("../../../policies/guardrails.cedar") };
/// The permits that remain whatever a pack forbids.
pub(crate) const FLOOR: CoreFile =
    CoreFile { name: "floor.cedar", text: include_str!("../../../policies/floor.cedar") };

/// All compiled-in files.
pub const CORE_FILES: [CoreFile; 3] = [SCHEMA, GUARDRAILS, FLOOR];

/// The version of the settings that product.toml may have. Raise it with every key or value that is
/// added: a release refuses settings that it does not know.
const FORMAT: u32 = 2;

/// The schema and the format of one release. During a deployment executables of two releases run side
/// by side, and each must load policies that it can read: hence this is a value, not only a constant.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Core {
    schema: Cow<'static, str>,
    format: u32,
}

impl Core {
    /// The core of this executable.
    pub fn current() -> Self {
        Self { schema: Cow::Borrowed(SCHEMA.text), format: FORMAT }
    }

    /// The core of another release.
    pub fn of(schema: PolicySchema) -> Self {
        Self { schema: Cow::Owned(schema.text), format: schema.format }
    }

    /// The schema, in Cedar's syntax.
    pub fn schema(&self) -> &str {
        &self.schema
    }

    /// The id of the release: the beginning of the hash of schema and format.
    pub fn id(&self) -> SchemaId {
        let hash = Sha256::new_with_prefix(self.format.to_be_bytes()).chain_update(self.schema()).finalize();
        SchemaId(hex::encode(&hash[..8]))
    }

    /// The record that later releases read it from.
    pub fn to_record(&self) -> PolicySchema {
        PolicySchema { id: self.id(), text: self.schema().to_owned(), format: self.format }
    }

    /// Whether both releases have the same settings. This executable cannot tell what a release with
    /// other settings can read.
    pub fn knows(&self, other: &Self) -> bool {
        self.format == other.format
    }
}
