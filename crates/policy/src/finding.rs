//! What is wrong with a pack, in one line that says where.

use std::error::Error;
use std::fmt;

use cedar_policy::ffi::DetailedError;

/// Something in a pack that must be mended: `file:line: message`.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Finding {
    /// Path inside the pack, or the name of a compiled-in file.
    pub file: String,
    /// Line in the file, from 1, where one is to blame.
    pub line: Option<u32>,
    /// What is wrong, in one line.
    pub message: String,
}

/// Why a pack cannot be used at all.
pub type Fault = Finding;

impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.line {
            Some(line) => write!(f, "{}:{line}: {}", self.file, self.message),
            None => write!(f, "{}: {}", self.file, self.message),
        }
    }
}

impl Error for Finding {}

impl Finding {
    /// A finding; of the message's white space only single blanks remain.
    pub fn new(file: &str, line: Option<u32>, message: &str) -> Self {
        let message = message.split_whitespace().collect::<Vec<_>>().join(" ");
        Self { file: file.to_owned(), line, message }
    }

    /// What Cedar says about `text`, which begins at `first_line` of the file.
    pub(crate) fn of_cedar(file: &str, first_line: u32, text: &str, error: DetailedError) -> Self {
        // Of several errors the outer one only says that there are some.
        let place = |error: &DetailedError| error.source_locations.first().map(|label| label.loc.start);
        let line = place(&error)
            .or_else(|| error.related.iter().find_map(place))
            .map_or(first_line, |start| first_line + line_of(text, start) - 1);
        let help = error.help.map(|help| format!(" ({help})")).unwrap_or_default();
        Self::new(file, Some(line), &format!("{}{help}", error.message))
    }
}

/// The line, from 1, that the byte at `offset` is in.
pub(crate) fn line_of(text: &str, offset: usize) -> u32 {
    let before = text.as_bytes().iter().take(offset);
    let breaks = before.filter(|byte| **byte == b'\n').count();
    u32::try_from(breaks).map_or(u32::MAX, |breaks| breaks.saturating_add(1))
}
