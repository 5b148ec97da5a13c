//! Where a page ended.

use std::fmt;
use std::str::FromStr;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;

/// Longest sort key, in bytes (AWS limit).
const MAX_BYTES: usize = 1024;

/// The text is not where a page of this list ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("is not a cursor of this list")]
pub struct BadCursor;

/// Where a page ended, as a text that callers hand back. It holds a sort key and no partition: it
/// cannot lead out of the list that it is used on.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Cursor {
    sort_key: String,
}

impl Cursor {
    pub(crate) fn after(sort_key: String) -> Self {
        Self { sort_key }
    }

    pub(crate) fn sort_key(&self) -> &str {
        &self.sort_key
    }
}

impl fmt::Display for Cursor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&URL_SAFE_NO_PAD.encode(&self.sort_key))
    }
}

impl FromStr for Cursor {
    type Err = BadCursor;

    fn from_str(text: &str) -> Result<Self, BadCursor> {
        if text.is_empty() || text.len() > MAX_BYTES.div_ceil(3) * 4 {
            return Err(BadCursor);
        }
        let bytes = URL_SAFE_NO_PAD.decode(text).map_err(|_| BadCursor)?;
        String::from_utf8(bytes).map(Self::after).map_err(|_| BadCursor)
    }
}
