//! The files that are compiled in: the schema, the guardrails and the recovery floor.

use std::borrow::Cow;
use std::collections::BTreeSet;
use std::sync::LazyLock;

use seatwise_domain::{PolicySchema, SchemaId};
use sha2::{Digest as _, Sha256};

use crate::Files;
use crate::fault::BundleFault;
use crate::settings;
use crate::source::{Origin, Source, policies_of_file};
use crate::vocabulary::CoreSchema;

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
/// The core schema in Cedar's JSON form, which is parsed in a third of the time. A test makes it from [`SCHEMA`].
pub(crate) const SCHEMA_JSON: &str = include_str!("../../../policies/schema.json");
/// The forbids that hold whatever a pack permits.
pub(crate) const GUARDRAILS: CoreFile =
    CoreFile { name: "guardrails.cedar", text: include_str!("../../../policies/guardrails.cedar") };
/// The permits that remain whatever a pack forbids.
pub(crate) const FLOOR: CoreFile =
    CoreFile { name: "floor.cedar", text: include_str!("../../../policies/floor.cedar") };

/// All compiled-in files.
pub const CORE_FILES: [CoreFile; 3] = [SCHEMA, GUARDRAILS, FLOOR];

/// The compiled-in policies. A process parses them once.
pub(crate) struct CorePolicies {
    pub(crate) guardrails: Vec<Source>,
    pub(crate) floor: Vec<Source>,
}

impl CorePolicies {
    pub(crate) fn current() -> Result<&'static Self, Vec<BundleFault>> {
        static READ: LazyLock<Result<CorePolicies, Vec<BundleFault>>> = LazyLock::new(|| {
            let read = |origin, CoreFile { name, text }| policies_of_file(origin, name, text);
            let guardrails = read(Origin::Guardrails, GUARDRAILS)?;
            Ok(CorePolicies { guardrails, floor: read(Origin::Floor, FLOOR)? })
        });
        READ.as_ref().map_err(Clone::clone)
    }
}

/// Parses the compiled-in files in a second thread, while the function waits for secrets and the bundle.
pub fn parse_ahead() {
    let parse = || {
        let _ = (CoreSchema::current(), CorePolicies::current());
    };
    // Without a thread, they are parsed when they are needed.
    let _ = std::thread::Builder::new().spawn(parse);
}

/// The format of a release that lists its settings. Earlier ones only counted them.
const LISTED: u32 = 3;

/// The schema and the settings of one release. During a deployment executables of two releases run side
/// by side, and each must load policies that it can read: hence this is a value, not only a constant.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Core {
    schema: Cow<'static, str>,
    settings: Settings,
}

/// The settings that product.toml can have in a release, which refuses all others.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Settings {
    /// These.
    Listed(Cow<'static, BTreeSet<String>>),
    /// Those of an earlier format, which lists none.
    OfFormat(u32),
}

impl Core {
    /// The core of this executable.
    pub fn current() -> Self {
        Self {
            schema: Cow::Borrowed(SCHEMA.text),
            settings: Settings::Listed(Cow::Borrowed(&*settings::ALL)),
        }
    }

    /// The core of another release.
    pub fn of(schema: PolicySchema) -> Self {
        let settings = if schema.format < LISTED {
            Settings::OfFormat(schema.format)
        } else {
            Settings::Listed(Cow::Owned(schema.settings.into_iter().collect()))
        };
        Self { schema: Cow::Owned(schema.text), settings }
    }

    /// Whether it has the schema of this executable.
    pub(crate) fn has_current_schema(&self) -> bool {
        self.schema == SCHEMA.text
    }

    /// The schema, in Cedar's syntax.
    pub fn schema(&self) -> &str {
        &self.schema
    }

    /// The id of the release: the beginning of the hash of schema and settings.
    pub fn id(&self) -> SchemaId {
        let hash = Sha256::new_with_prefix(self.format().to_be_bytes()).chain_update(self.schema());
        let hash = self.listed().fold(hash, |hash, setting| hash.chain_update([0_u8]).chain_update(setting));
        SchemaId(hex::encode(&hash.finalize()[..8]))
    }

    fn format(&self) -> u32 {
        match self.settings {
            Settings::Listed(_) => LISTED,
            Settings::OfFormat(format) => format,
        }
    }

    /// The settings, if the release lists them.
    fn listed(&self) -> impl Iterator<Item = &String> {
        let listed = match &self.settings {
            Settings::Listed(settings) => Some(settings),
            Settings::OfFormat(_) => None,
        };
        listed.into_iter().flat_map(|settings| settings.iter())
    }

    /// The record that later releases read it from.
    pub fn to_record(&self) -> PolicySchema {
        let (id, text) = (self.id(), self.schema().to_owned());
        PolicySchema { id, text, format: self.format(), settings: self.listed().cloned().collect() }
    }

    /// Whether the release has all settings that a pack uses.
    pub fn has_settings_of(&self, files: &Files) -> bool {
        let known = match &self.settings {
            Settings::Listed(settings) => &**settings,
            Settings::OfFormat(2) => &*settings::OF_FORMAT_2,
            Settings::OfFormat(_) => return false,
        };
        settings::used(files).is_some_and(|used| used.is_subset(known))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn k32_guardrails_only_forbid_and_the_floor_only_permits() {
        let core = CorePolicies::current().unwrap();
        assert!(!core.guardrails.is_empty() && core.guardrails.iter().all(|source| !source.permits()));
        assert!(!core.floor.is_empty() && core.floor.iter().all(Source::permits));
    }
}
