//! Rules for API keys.

use serde::Deserialize;

use super::duration::Lifetime;

/// The rules for API keys. A pack without them has none.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct ApiKeyRules {
    /// The beginning of each key, by which people and secret scanners know it.
    pub prefix: String,
    /// The most keys of a workspace.
    #[serde(default = "hundred")]
    pub max_per_workspace: u32,
    /// The longest time in which a rotated key is valid with its secret from before.
    #[serde(default = "seven_days")]
    pub longest_overlap: Lifetime,
}

fn hundred() -> u32 {
    100
}

fn seven_days() -> Lifetime {
    Lifetime::of_days(7)
}
