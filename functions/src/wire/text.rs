//! Schemas of the texts that clients send. They say what the types of the domain accept.

use utoipa::openapi::{ObjectBuilder, SchemaFormat};

use super::schema::text;
use crate::named;

/// Control characters other than line breaks and tabs, and marks that reorder text, as a part of a class of a
/// regular expression.
macro_rules! control {
    () => {
        r"\u0000-\u0008\u000B\u000C\u000E-\u001F\u007F-\u009F\u2028-\u202E\u2066-\u2069\uFEFF"
    };
}

/// Line breaks and tabs.
macro_rules! breaks {
    () => {
        r"\t\n\r"
    };
}

/// White space without the characters above, and characters that fonts may leave out.
macro_rules! invisible {
    () => {
        concat!(
            r" \u00A0\u1680\u2000-\u200F\u202F\u205F\u3000\u00AD\u034F\u061C\u115F\u1160\u17B4\u17B5\u180B-\u180F",
            r"\u2060-\u2065\u206A-\u206F\u2800\u3164\uFE00-\uFE0F\uFFA0\uFFF0-\uFFF8"
        )
    };
}

/// One line, with a visible character.
const LINE: &str = concat!(
    "^[^",
    control!(),
    breaks!(),
    "]*[^",
    control!(),
    breaks!(),
    invisible!(),
    "][^",
    control!(),
    breaks!(),
    "]*$"
);
/// Several lines, with a visible character.
const LINES: &str =
    concat!("^[^", control!(), "]*[^", control!(), breaks!(), invisible!(), "][^", control!(), "]*$");

fn of_form(pattern: &str, max: usize) -> ObjectBuilder {
    text().pattern(Some(pattern)).min_length(Some(1)).max_length(Some(max))
}

named! {
    /// The name of a workspace.
    WorkspaceNameSchema = "WorkspaceName": of_form(LINE, 100).examples(["Acme"]);
    /// A first or last name, or another person's whole name.
    PersonNameSchema = "PersonName": of_form(LINE, 100).examples(["Tea"]);
    /// The name of a theme of the host product.
    ThemeNameSchema = "ThemeName": of_form(LINE, 100).examples(["dark"]);
    /// The name of an API key, for people.
    ApiKeyNameSchema = "ApiKeyName": of_form(LINE, 100).examples(["Nightly import"]);
    /// The id of a flow of the host product.
    FlowIdSchema = "FlowId": of_form(LINE, 100).examples(["flow-7"]);
    /// A claim of an access token: its issuer or its subject.
    ClaimTextSchema = "ClaimText": of_form(LINE, 500).examples(["auth0|5f7c8ec7"]);
    /// The name of a resource in its own system.
    ExternalIdSchema = "ExternalId": of_form(LINE, 200).examples(["page-1024"]);
    /// The name of a resource that people read.
    ResourceLabelSchema = "ResourceLabel": of_form(LINE, 100).examples(["Support page"]);
    /// A telephone number, as people write it.
    PhoneSchema = "Phone": of_form(LINE, 40).examples(["+372 600 0000"]);
    /// A text of several lines, such as office hours and topics.
    NotesSchema = "Notes": of_form(LINES, 2000).examples(["Mondays"]);
    /// A reason in the words of a person.
    ReasonSchema = "Reason": of_form(LINES, 1000).examples(["Moving on"]);
    /// The name of a time zone in the IANA database. Case does not matter; the answer has the spelling of the
    /// database.
    TimeZoneSchema = "TimeZone": text()
        .format(Some(SchemaFormat::Custom("iana-time-zone".to_owned())))
        .max_length(Some(64))
        .examples(["Europe/Berlin"]);
}

#[cfg(test)]
mod tests {
    use seatwise_domain::{Notes, PersonName};

    use super::*;

    /// The classes of a pattern as ranges of characters: those of the first and of the second class.
    fn classes(pattern: &str) -> Vec<Vec<(u32, u32)>> {
        pattern.split("[^").skip(1).map(|rest| ranges(rest.split(']').next().unwrap_or_default())).collect()
    }

    fn ranges(class: &str) -> Vec<(u32, u32)> {
        let mut found: Vec<(u32, u32)> = Vec::new();
        let mut chars = class.chars();
        let mut is_range = false;
        while let Some(c) = chars.next() {
            let code = match c {
                '-' => {
                    is_range = true;
                    continue;
                }
                '\\' => match chars.next() {
                    Some('u') => {
                        let digits: String = chars.by_ref().take(4).collect();
                        u32::from_str_radix(&digits, 16).unwrap()
                    }
                    Some('t') => 9,
                    Some('n') => 10,
                    Some('r') => 13,
                    other => panic!("{other:?}"),
                },
                c => u32::from(c),
            };
            match found.last_mut() {
                Some(last) if is_range => last.1 = code,
                _ => found.push((code, code)),
            }
            is_range = false;
        }
        found
    }

    #[test]
    fn the_patterns_say_what_the_types_accept() {
        let is_in =
            |class: &[(u32, u32)], c: char| class.iter().any(|(a, b)| (*a..=*b).contains(&u32::from(c)));
        for (pattern, is_line) in [(LINE, true), (LINES, false)] {
            let classes = classes(pattern);
            // Tag characters are beyond what every dialect of regular expressions can write.
            for c in (0..0xE_0000).filter_map(char::from_u32) {
                let accepted = |text: String| {
                    if is_line { PersonName::try_from(text).is_ok() } else { Notes::try_from(text).is_ok() }
                };
                assert_eq!(!is_in(&classes[0], c), accepted(format!("a{c}b")), "{c:?} between");
                assert_eq!(!is_in(&classes[0], c), accepted(format!("{c}b")), "{c:?} before");
                assert_eq!(!is_in(&classes[1], c), accepted(c.to_string()), "{c:?} alone");
            }
        }
    }
}
