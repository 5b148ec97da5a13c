//! Where a page ended.

use std::fmt;
use std::str::FromStr;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use seatwise_domain::RecordKey;

use crate::keys::PrimaryKey;

/// Longest sort key, in bytes, of the table and of an index each (AWS limit).
const MAX_BYTES: usize = 2 * 1024 + 1;
/// Between the two sort keys; names hold no line breaks.
const BETWEEN: char = '\n';

/// The text is not where a page of this list ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("is not a cursor of this list")]
pub struct BadCursor;

/// Where a page ended, as a text that callers hand back. It holds a sort key and no partition: it
/// cannot lead out of the list that it is used on.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Cursor {
    sort_key: String,
    by_name: Option<String>,
}

impl Cursor {
    pub(crate) fn after(sort_key: String, by_name: Option<String>) -> Self {
        Self { sort_key, by_name }
    }

    /// The place of a record in a list that is sorted by its key.
    pub fn of_record(key: &RecordKey) -> Self {
        Self::after(PrimaryKey::of(key).sk, None)
    }

    pub(crate) fn sort_key(&self) -> &str {
        &self.sort_key
    }

    /// Where it ended in the index.
    pub(crate) fn by_name(&self) -> Option<&str> {
        self.by_name.as_deref()
    }
}

impl fmt::Display for Cursor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let text = match &self.by_name {
            Some(by_name) => format!("{}{BETWEEN}{by_name}", self.sort_key),
            None => self.sort_key.clone(),
        };
        f.write_str(&URL_SAFE_NO_PAD.encode(text))
    }
}

impl FromStr for Cursor {
    type Err = BadCursor;

    fn from_str(text: &str) -> Result<Self, BadCursor> {
        if text.is_empty() || text.len() > MAX_BYTES.div_ceil(3) * 4 {
            return Err(BadCursor);
        }
        let bytes = URL_SAFE_NO_PAD.decode(text).map_err(|_| BadCursor)?;
        let text = String::from_utf8(bytes).map_err(|_| BadCursor)?;
        Ok(match text.split_once(BETWEEN) {
            Some((sort_key, by_name)) => Self::after(sort_key.to_owned(), Some(by_name.to_owned())),
            None => Self::after(text, None),
        })
    }
}
