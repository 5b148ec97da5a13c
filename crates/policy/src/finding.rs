//! What is wrong with a pack: where, and what to do.

use std::cmp::Ordering;
use std::error::Error;
use std::fmt;
use std::ops::Range;

use cedar_policy::ffi::DetailedError;

use crate::{Files, bundle, core};

/// Something in a pack that must be mended. Displays as `file:line:column: message`, in one line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Finding {
    /// Path inside the pack, or the name of a compiled-in file.
    pub file: String,
    /// Whether the file is compiled in: a pack may call one of its own like it.
    pub is_core: bool,
    /// The bytes of the file that are to blame, where some are.
    pub span: Option<Range<usize>>,
    /// What is wrong, in one line.
    pub message: String,
    /// What to do, in one line.
    pub help: Option<String>,
    /// Line and column where the span begins.
    place: Option<(u32, u32)>,
}

/// Why a pack cannot be used at all.
pub type Fault = Finding;

impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.place {
            Some((line, column)) => write!(f, "{}:{line}:{column}: {}", self.file, self.message),
            None => write!(f, "{}: {}", self.file, self.message),
        }
    }
}

impl Error for Finding {}

impl Ord for Finding {
    fn cmp(&self, other: &Self) -> Ordering {
        let key = |it: &Self| it.span.as_ref().map(|span| (span.start, span.end));
        let places = (&self.file, self.is_core, key(self)).cmp(&(&other.file, other.is_core, key(other)));
        places.then_with(|| (&self.message, &self.help).cmp(&(&other.message, &other.help)))
    }
}

impl PartialOrd for Finding {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Finding {
    /// The line in the file, from 1.
    pub fn line(&self) -> Option<u32> {
        self.place.map(|(line, _)| line)
    }

    /// The column in that line, in characters, from 1.
    pub fn column(&self) -> Option<u32> {
        self.place.map(|(_, column)| column)
    }

    /// The text of the file, if there is one: of the pack that was checked, or what is compiled in.
    pub fn text<'f>(&self, files: &'f Files) -> Option<&'f str> {
        if self.is_core { core_text(&self.file) } else { files.get(&self.file).map(String::as_str) }
    }

    /// About a file as a whole.
    pub fn new(file: &str, message: &str) -> Self {
        let file = file.to_owned();
        Self { file, is_core: false, span: None, message: one_line(message), help: None, place: None }
    }

    /// In a file that is compiled in, if so.
    pub(crate) fn in_core(self, is_core: bool) -> Self {
        Self { is_core, ..self }
    }

    /// What to do about it.
    #[must_use]
    pub fn help(self, help: &str) -> Self {
        Self { help: Some(one_line(help)), ..self }
    }

    /// About these bytes of the file's text.
    pub(crate) fn at(self, text: &str, span: Range<usize>) -> Self {
        let start = floor(text, span.start);
        let mut end = floor(text, span.end.max(start));
        if start == end {
            // An empty place cannot be seen: the character that follows stands for it.
            end += text[start..].chars().next().filter(|c| *c != '\n').map_or(0, char::len_utf8);
        }
        Self { place: Some((line_of(text, start), column_of(text, start))), span: Some(start..end), ..self }
    }

    /// As [`Self::at`], where there is such a place.
    pub(crate) fn at_some(self, text: &str, span: Option<Range<usize>>) -> Self {
        match span {
            Some(span) => self.at(text, span),
            None => self,
        }
    }

    /// What the TOML parser says of a file; `section` of `policies/REFERENCE.md` has the keys.
    pub(crate) fn of_toml(file: &str, text: &str, error: &toml::de::Error, section: &str) -> Self {
        let finding = Self::new(file, error.message()).at_some(text, error.span());
        let help = meant(error.message())
            .unwrap_or_else(|| format!("“{section}” in policies/REFERENCE.md has the keys and their values"));
        finding.help(&help)
    }

    /// What Cedar says about the statement that begins at `offset` of the file's text; its help, or `help`.
    pub(crate) fn of_cedar(file: &str, text: &str, offset: usize, error: DetailedError, help: &str) -> Self {
        // Of several errors the outer one only says that there are some.
        let inner = error.source_locations.is_empty().then(|| {
            let mut related = error.related.iter();
            related.find(|error| !error.source_locations.is_empty()).cloned()
        });
        let located = inner.flatten();
        let label = located.as_ref().unwrap_or(&error).source_locations.first();
        let start = |at: usize| offset.saturating_add(at);
        let span = label.map(|label| start(label.loc.start)..start(label.loc.end));
        let said = label.and_then(|label| label.label.as_ref()).map(|said| format!(": {said}"));
        let message = format!("{}{}", error.message, said.unwrap_or_default());
        let message = message.trim_start_matches(|c: char| c == ':' || c.is_whitespace());
        let advice = error.help.or_else(|| located.and_then(|it| it.help));
        Self::new(file, message)
            .at(text, span.unwrap_or_else(|| first_line(text, offset)))
            .help(advice.as_deref().unwrap_or(help))
    }
}

/// The text of a file that is compiled in.
fn core_text(file: &str) -> Option<&'static str> {
    bundle::CORE_POLICIES
        .iter()
        .chain([&core::SCHEMA_FILE])
        .find(|(name, _)| *name == file)
        .map(|(_, it)| *it)
}

/// In one line, with nothing in it that a terminal would obey.
fn one_line(text: &str) -> String {
    let words: Vec<_> = text.split_whitespace().collect();
    words.join(" ").replace(char::is_control, "\u{fffd}")
}

/// The nearest place at or before `offset` where a character begins.
fn floor(text: &str, offset: usize) -> usize {
    (0..=offset.min(text.len())).rev().find(|at| text.is_char_boundary(*at)).unwrap_or(0)
}

/// The line, from 1, that the byte at `offset` is in.
pub(crate) fn line_of(text: &str, offset: usize) -> u32 {
    let before = text.as_bytes().iter().take(offset);
    count(before.filter(|byte| **byte == b'\n').count())
}

fn column_of(text: &str, offset: usize) -> u32 {
    let line = text[..offset].rsplit('\n').next().unwrap_or_default();
    count(line.chars().count())
}

fn count(before: usize) -> u32 {
    u32::try_from(before).map_or(u32::MAX, |before| before.saturating_add(1))
}

/// From `offset` to the end of its line.
pub(crate) fn first_line(text: &str, offset: usize) -> Range<usize> {
    let line = text.get(offset..).and_then(|rest| rest.lines().next()).unwrap_or_default();
    offset..offset + line.trim_end().len()
}

/// Where a word stands in a text, and is not part of a longer one.
pub(crate) fn words<'t>(text: &'t str, word: &'t str) -> impl Iterator<Item = Range<usize>> + 't {
    let is_part = |c: char| c.is_alphanumeric() || c == '_' || c == '-';
    text.match_indices(word)
        .map(|(start, _)| start..start + word.len())
        .filter(move |span| !text[..span.start].ends_with(is_part) && !text[span.end..].starts_with(is_part))
}

/// The known name that was probably meant.
pub(crate) fn nearest<'n>(name: &str, known: impl IntoIterator<Item = &'n str>) -> Option<&'n str> {
    let distance = |known: &str| strsim::damerau_levenshtein(&name.to_lowercase(), &known.to_lowercase());
    let near = known.into_iter().map(|known| (distance(known), known)).min()?;
    // As rustc does: a third of the word may be wrong.
    (near.0 <= (name.chars().count().max(3)) / 3).then_some(near.1)
}

/// `did you mean …?`, or all there are.
pub(crate) fn suggestion<'n>(name: &str, known: impl IntoIterator<Item = &'n str> + Clone) -> String {
    if let Some(near) = nearest(name, known.clone()) {
        return format!("did you mean `{near}`?");
    }
    let all: Vec<_> = known.into_iter().map(|known| format!("`{known}`")).collect();
    if all.is_empty() { "there are none".to_owned() } else { format!("there are {}", all.join(", ")) }
}

/// Of a message that names in backticks what is wrong, and then what there is.
fn meant(message: &str) -> Option<String> {
    let mut named = message.split('`').skip(1).step_by(2);
    let wrong = named.next()?;
    nearest(wrong, named).map(|near| format!("did you mean `{near}`?"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_place_is_a_line_and_a_column_of_characters() {
        let text = "one\nzwölf drei\n";
        let at = text.find("drei").unwrap();
        let finding = Finding::new("a", "is  too\nmuch").at(text, at..at + 4);
        assert_eq!(finding.to_string(), "a:2:7: is too much");
        assert_eq!((finding.line(), finding.column()), (Some(2), Some(7)));
    }

    #[test]
    fn places_beyond_the_text_or_within_a_character_are_no_panic() {
        let place = |range: Range<usize>| Finding::new("a", "x").at("é", range).span;
        assert_eq!(place(0..0), Some(0..2));
        assert_eq!(place(1..2), Some(0..2));
        assert_eq!(place(9..99), Some(2..2));
        assert_eq!(Finding::new("a", "x").at("", 5..7).to_string(), "a:1:1: x");
    }

    #[test]
    fn names_that_are_near_are_suggested() {
        let known = ["owner", "admin", "member"];
        assert_eq!(suggestion("admn", known), "did you mean `admin`?");
        assert_eq!(suggestion("Owner", known), "did you mean `owner`?");
        assert_eq!(suggestion("guest", known), "there are `owner`, `admin`, `member`");
        assert_eq!(suggestion("x", []), "there are none");
        assert_eq!(
            meant("unknown field `labl`, expected one of `id`, `label`"),
            Some("did you mean `label`?".to_owned())
        );
    }
}
