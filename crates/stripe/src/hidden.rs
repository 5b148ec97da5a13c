//! Text that belongs in no log.

use std::fmt;

use serde::Deserialize;

/// Text that `Debug` does not show: a secret, a link that opens without a sign-in, or words of
/// Stripe that may repeat a person's address.
#[derive(Clone, Default, PartialEq, Eq, Deserialize)]
pub struct Hidden(String);

impl Hidden {
    /// The text, for those who have a right to it.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl From<String> for Hidden {
    fn from(text: String) -> Self {
        Self(text)
    }
}

impl fmt::Debug for Hidden {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str("(hidden)")
    }
}
