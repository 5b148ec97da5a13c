//! Rules for sign-ins.

use serde::Deserialize;

/// The rules for sign-ins.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
pub struct SignInRules {
    /// Whether all sign-ins with the same verified address are one person (K45, R12). Otherwise each issuer
    /// and subject is a person: for an identity provider that links accounts itself.
    pub one_person_per_address: bool,
}

impl Default for SignInRules {
    fn default() -> Self {
        Self { one_person_per_address: true }
    }
}
