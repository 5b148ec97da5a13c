//! Rules for the log of events.

use serde::Deserialize;

use super::duration::Lifetime;

/// The rules for the log of events.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case", default)]
pub struct EventRules {
    /// The time that events are kept.
    pub retention: Lifetime,
    /// Whether events have the network address and the program of the client.
    pub record_client: bool,
}

impl Default for EventRules {
    fn default() -> Self {
        Self { retention: Lifetime::of_days(400), record_client: false }
    }
}
