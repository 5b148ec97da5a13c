//! Places in the text of a file.

use std::ops::Range;

use toml::de::{DeTable, DeValue};

/// The text in one line, without control characters that a terminal would obey.
pub fn one_line(text: &str) -> String {
    let words: Vec<_> = text.split_whitespace().collect();
    words.join(" ").replace(char::is_control, "\u{fffd}")
}

/// The line, from 1, of the byte at `offset`.
pub fn line_of(text: &str, offset: usize) -> u32 {
    let before = text.as_bytes().iter().take(offset);
    one_more(before.filter(|byte| **byte == b'\n').count())
}

/// The column, from 1 and in characters, of the byte at `offset`.
pub(crate) fn column_of(text: &str, offset: usize) -> u32 {
    let line = text[..offset].rsplit('\n').next().unwrap_or_default();
    one_more(line.chars().count())
}

fn one_more(before: usize) -> u32 {
    u32::try_from(before).map_or(u32::MAX, |before| before.saturating_add(1))
}

/// The bytes from `offset` to the end of its line.
pub fn first_line(text: &str, offset: usize) -> Range<usize> {
    let line = text.get(offset..).and_then(|rest| rest.lines().next()).unwrap_or_default();
    offset..offset + line.trim_end().len()
}

/// The span, moved to where characters begin, and at least one character long where there is one.
pub(crate) fn visible(text: &str, span: &Range<usize>) -> Range<usize> {
    let start = floor(text, span.start);
    let mut end = floor(text, span.end.max(start));
    if start == end {
        // An empty span cannot be underlined: the character that follows stands for it.
        end += text[start..].chars().next().filter(|c| *c != '\n').map_or(0, char::len_utf8);
    }
    start..end
}

/// The nearest position at or before `offset` where a character begins.
fn floor(text: &str, offset: usize) -> usize {
    (0..=offset.min(text.len())).rev().find(|at| text.is_char_boundary(*at)).unwrap_or(0)
}

/// The spans of a word, except where it is part of a longer word.
pub fn words<'t>(text: &'t str, word: &'t str) -> impl Iterator<Item = Range<usize>> + 't {
    let is_part = |c: char| c.is_alphanumeric() || c == '_' || c == '-';
    text.match_indices(word)
        .map(|(start, _)| start..start + word.len())
        .filter(move |span| !text[..span.start].ends_with(is_part) && !text[span.end..].starts_with(is_part))
}

/// The span of a key in a TOML text, with its value if the value is on the same line. If the key is
/// missing, the span of the innermost table that is there.
pub fn span_of_key<K: AsRef<str>>(text: &str, key: &[K]) -> Option<Range<usize>> {
    let table = DeTable::parse(text).ok()?;
    let mut span = None;
    let mut at = DeValue::Table(table.into_inner());
    for part in key {
        let part = part.as_ref();
        let (begins, value) = match &at {
            // A list of tables begins with its first table.
            DeValue::Array(items) => {
                let Some(item) = part.parse().ok().and_then(|index: usize| items.get(index)) else { break };
                (item.span().start, item)
            }
            DeValue::Table(table) => {
                let Some((name, value)) = table.get_key_value(part) else { break };
                (name.span().start, value)
            }
            _ => break,
        };
        let line = first_line(text, begins);
        span = Some(begins..value.span().end.clamp(begins, line.end));
        at = value.get_ref().clone();
    }
    span
}
