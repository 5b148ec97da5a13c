//! The faults that make a pack unusable.

use std::cmp::Ordering;
use std::error::Error;
use std::fmt;
use std::ops::Range;

use cedar_policy::ffi::DetailedError;

use crate::text;
use crate::toml_file::TomlAdvice;

/// A place in a file of a pack, or in a file that is compiled in. Displays as `file:line:column`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Location {
    /// The path inside the pack, or the name of a compiled-in file.
    pub file: String,
    /// Whether the file is compiled in: a pack may have a file of the same name.
    pub is_core: bool,
    /// The bytes of the file that are to blame; none if the file is to blame as a whole.
    pub span: Option<Range<usize>>,
    /// The line and column where the span begins.
    start: Option<(u32, u32)>,
}

impl Location {
    /// A file as a whole.
    pub fn file(file: &str) -> Self {
        Self { file: file.to_owned(), is_core: false, span: None, start: None }
    }

    /// A file as a whole, which may be compiled in.
    #[must_use]
    pub fn in_core(self, is_core: bool) -> Self {
        Self { is_core, ..self }
    }

    /// These bytes of the file's text.
    #[must_use]
    pub fn at(self, text: &str, span: &Range<usize>) -> Self {
        let span = text::visible(text, span);
        let start = (text::line_of(text, span.start), text::column_of(text, span.start));
        Self { start: Some(start), span: Some(span), ..self }
    }

    /// As [`Self::at`], if there is a span.
    #[must_use]
    pub fn at_some(self, text: &str, span: Option<Range<usize>>) -> Self {
        match span {
            Some(span) => self.at(text, &span),
            None => self,
        }
    }

    /// The line in the file, from 1.
    pub fn line(&self) -> Option<u32> {
        self.start.map(|(line, _)| line)
    }

    /// The column in that line, in characters, from 1.
    pub fn column(&self) -> Option<u32> {
        self.start.map(|(_, column)| column)
    }
}

impl fmt::Display for Location {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.start {
            Some((line, column)) => write!(f, "{}:{line}:{column}", self.file),
            None => f.write_str(&self.file),
        }
    }
}

impl Ord for Location {
    fn cmp(&self, other: &Self) -> Ordering {
        let span = |it: &Self| it.span.as_ref().map(|span| (span.start, span.end));
        (&self.file, self.is_core, span(self)).cmp(&(&other.file, other.is_core, span(other)))
    }
}

impl PartialOrd for Location {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

/// A reason why a pack cannot be used. Displays as `file:line:column: message`, in one line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BundleFault {
    /// The place that is to blame.
    pub location: Location,
    /// The fault, in one line.
    pub message: String,
    /// The kind of fault, from which the workbench derives advice.
    pub cause: FaultCause,
}

/// The kinds of faults.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum FaultCause {
    /// A file that every pack has is missing.
    Missing,
    /// `product.toml` has not the form that it must have.
    Toml {
        /// The advice.
        advice: Box<TomlAdvice>,
    },
    /// The value of this key of `product.toml` contradicts another.
    Contradiction {
        /// The path of the key.
        key: Box<[String]>,
    },
    /// A policy does not parse.
    Policy {
        /// The advice that Cedar gives.
        advice: Option<Box<str>>,
    },
    /// The schema does not parse.
    Schema {
        /// The advice that Cedar gives.
        advice: Option<Box<str>>,
    },
    /// The schema of the pack does not fit to the core schema.
    Vocabulary,
    /// Two policies have the same id.
    DuplicateId,
}

impl BundleFault {
    /// A file that every pack has is missing.
    pub(crate) fn missing(file: &str) -> Self {
        Self::new(Location::file(file), "this file is missing", FaultCause::Missing)
    }

    pub(crate) fn new(location: Location, message: &str, cause: FaultCause) -> Self {
        Self { location, message: text::one_line(message), cause }
    }
}

impl fmt::Display for BundleFault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.location, self.message)
    }
}

impl Error for BundleFault {}

/// An error of Cedar about a file, or a statement of it.
#[derive(Clone, Debug)]
pub struct CedarError {
    /// The error, in words.
    pub message: String,
    /// The bytes of the file that are to blame.
    pub span: Range<usize>,
    /// The advice that Cedar gives.
    pub advice: Option<Box<str>>,
}

impl CedarError {
    /// An error about a text that begins at `offset` of its file. If Cedar names no bytes, `otherwise` are to blame.
    pub fn new(error: DetailedError, offset: usize, otherwise: Range<usize>) -> Self {
        // Where there are several errors, the outer one only says that there are several.
        let inner = error.source_locations.is_empty().then(|| {
            let mut related = error.related.iter();
            related.find(|error| !error.source_locations.is_empty()).cloned()
        });
        let located = inner.flatten();
        let label = located.as_ref().unwrap_or(&error).source_locations.first();
        let start = |at: usize| offset.saturating_add(at);
        let span = label.map(|label| start(label.loc.start)..start(label.loc.end));
        let detail = label.and_then(|label| label.label.as_ref()).map(|detail| format!(": {detail}"));
        let message = format!("{}{}", error.message, detail.unwrap_or_default());
        let message = message.trim_start_matches(|c: char| c == ':' || c.is_whitespace());
        let advice = error.help.or_else(|| located.and_then(|it| it.help));
        Self { message: message.to_owned(), span: span.unwrap_or(otherwise), advice: advice.map(Into::into) }
    }

    pub(crate) fn into_fault(
        self,
        location: Location,
        text: &str,
        cause: fn(Option<Box<str>>) -> FaultCause,
    ) -> BundleFault {
        BundleFault::new(location.at(text, &self.span), &self.message, cause(self.advice))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_location_is_a_line_and_a_column_of_characters() {
        let text = "one\nzwölf drei\n";
        let at = text.find("drei").unwrap();
        let location = Location::file("a").at(text, &(at..at + 4));
        assert_eq!((location.line(), location.column()), (Some(2), Some(7)));
        assert_eq!(
            BundleFault::new(location, "is  too\nmuch", FaultCause::DuplicateId).to_string(),
            "a:2:7: is too much"
        );
    }

    #[test]
    fn places_beyond_the_text_or_within_a_character_do_not_panic() {
        let place = |range: Range<usize>| Location::file("a").at("é", &range).span;
        assert_eq!(place(0..0), Some(0..2));
        assert_eq!(place(1..2), Some(0..2));
        assert_eq!(place(9..99), Some(2..2));
        assert_eq!(Location::file("a").at("", &(5..7)).to_string(), "a:1:1");
    }
}
