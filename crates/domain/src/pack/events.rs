//! Rules for the log of events.

use serde::Deserialize;

use super::duration::Lifetime;
use super::names::Names;
use super::product::Pack;

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

/// The settings of a pack that decide what events say, and how long they are kept.
#[derive(Clone, Debug)]
pub struct EventTerms {
    /// The time that events are kept.
    pub retention: Lifetime,
    /// The names of roles and tiers, which an event keeps as they are now.
    pub names: Names,
}

impl Default for EventTerms {
    fn default() -> Self {
        Self { retention: EventRules::default().retention, names: Names::default() }
    }
}

impl Pack {
    /// The settings that decide what events say, and how long they are kept.
    pub fn event_terms(&self) -> EventTerms {
        EventTerms { retention: self.events.retention, names: self.names() }
    }
}
