//! The places of names in Cedar files: policies, and the schema of a pack.

use std::borrow::Cow;
use std::ops::Range;

use cedar_policy::{EntityId, Policy};
use seatwise_policy::source::{TextPart, scan};

use super::{Edit, NamedKind, Rename, new_name};

/// The edits of policies and of a schema: `Role::"…"`, `SeatTier::"…"`, the list of tiers, and `@appoints("…")`.
pub(super) fn edits_of_cedar(text: &str, renames: &[Rename]) -> Vec<Edit> {
    let mut edits = Vec::new();
    for (code, span) in strings(text) {
        let written = &text[span.clone()];
        let content = &*unescaped(written);
        let is_of = |type_name: &str| {
            let before = code.strip_suffix("::").and_then(|code| code.strip_suffix(type_name));
            before.is_some_and(|before| {
                !before.ends_with(|c: char| c.is_alphanumeric() || c == '_' || c == ':')
            })
        };
        let is_in_list = || code.trim_end_matches(['"', ',']).ends_with(" SeatTier enum[");
        let new = if is_of("Role") {
            new_name(renames, NamedKind::Role, content).map(ToOwned::to_owned)
        } else if is_of("SeatTier") || is_in_list() {
            new_name(renames, NamedKind::Tier, content).map(ToOwned::to_owned)
        } else if code.ends_with("@appoints(") {
            appointed(content, renames).map(|new| escaped_as(written, new))
        } else {
            None
        };
        edits.extend(new.map(|text| Edit { span, text, is_name: true }));
    }
    edits
}

/// The value of a string that is written so. What Cedar cannot read stands for itself.
fn unescaped(written: &str) -> Cow<'_, str> {
    if !written.contains('\\') {
        return Cow::Borrowed(written);
    }
    // Cedar reads entities only in their normal form, and annotations in any.
    let policy = Policy::parse(None, format!("@value(\"{written}\") permit (principal, action, resource);"));
    let value = policy.ok().and_then(|policy| policy.annotation("value").map(ToOwned::to_owned));
    value.map_or(Cow::Borrowed(written), Cow::Owned)
}

/// A value as it is to be written: with escapes, if the one before had some.
fn escaped_as(before: &str, value: String) -> String {
    if before.contains('\\') { EntityId::new(value).escaped().to_string() } else { value }
}

/// The names in an annotation, with the new ones; nothing, if none of them is new.
fn appointed(content: &str, renames: &[Rename]) -> Option<String> {
    let words = content.split_inclusive(char::is_whitespace);
    let new = words.map(|word| {
        let name = word.trim_end();
        new_name(renames, NamedKind::Role, name)
            .map_or_else(|| word.to_owned(), |new| word.replacen(name, new, 1))
    });
    let new: String = new.collect();
    (new != content).then_some(new)
}

/// The content of each string, with the code before it: without comments, with spaces only between words, and with
/// strings as their quotation marks alone.
fn strings(text: &str) -> Vec<(String, Range<usize>)> {
    let (mut found, mut code, mut begun, mut is_apart) = (Vec::new(), String::new(), None, false);
    let is_word = |c: char| c.is_alphanumeric() || c == '_';
    for (offset, part, c) in scan(text) {
        match part {
            TextPart::Comment => is_apart = true,
            TextPart::String if begun.is_none() => {
                begun = Some(offset + 1);
                found.push((code.clone(), 0..0));
                code.push('"');
            }
            TextPart::String | TextPart::Escape => {}
            TextPart::Code if c == '"' => {
                if let (Some(start), Some((_, span))) = (begun.take(), found.last_mut()) {
                    *span = start..offset;
                }
                code.push('"');
            }
            TextPart::Code if c.is_whitespace() => is_apart = true,
            TextPart::Code => {
                if is_apart && is_word(c) && code.ends_with(is_word) {
                    code.push(' ');
                }
                is_apart = false;
                code.push(c);
                // Only a declaration reaches back further than this.
                if c == ';' {
                    code.clear();
                }
            }
        }
    }
    found
}
