//! Text that people type, in types that hold only valid text.

use std::fmt;

use serde::{Deserialize, Serialize};

/// The reason why a text is invalid, with what to do.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum BadText {
    /// The text is empty or only white space.
    #[error("must not be empty")]
    Empty,
    /// The text is over the limit, in characters (Unicode scalar values).
    #[error("must be at most {0} characters")]
    TooLong(usize),
    /// The text has control characters, or marks that reorder what follows them (Trojan Source, CVE-2021-42574).
    #[error("must not contain control or text-direction characters")]
    Control,
}

/// One line of text: trimmed, not empty, at most `MAX` characters, of any script.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct SingleLine<const MAX: usize>(String);

/// Several lines of text: as [`SingleLine`], and line breaks and tabs are allowed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct MultiLine<const MAX: usize>(String);

/// The name of a workspace.
pub type WorkspaceName = SingleLine<100>;
/// A first or last name.
pub type PersonName = SingleLine<100>;
/// The reason of a leave request, or of its decision.
pub type Reason = MultiLine<1000>;
/// A telephone number, as people write it.
pub type Phone = SingleLine<40>;
/// Free text.
pub type Notes = MultiLine<2000>;
/// The name of a theme of the host product.
pub type ThemeName = SingleLine<100>;

fn checked(text: &str, max: usize, allowed: &[char]) -> Result<String, BadText> {
    let text = text.trim();
    if !text.chars().any(is_visible) {
        return Err(BadText::Empty);
    }
    if text.chars().count() > max {
        return Err(BadText::TooLong(max));
    }
    if text.chars().any(|c| is_control(c) && !allowed.contains(&c)) {
        return Err(BadText::Control);
    }
    Ok(text.to_owned())
}

/// Whether the character is visible: not white space, and not one that fonts may leave out
/// (`Default_Ignorable_Code_Point` of Unicode).
pub(super) fn is_visible(c: char) -> bool {
    let is_ignorable = matches!(c,
        '\u{AD}' | '\u{34F}' | '\u{61C}' | '\u{115F}' | '\u{1160}' | '\u{17B4}' | '\u{17B5}' | '\u{180B}'..='\u{180F}'
        | '\u{200B}'..='\u{200F}' | '\u{2060}'..='\u{206F}' | '\u{2800}' | '\u{3164}' | '\u{FE00}'..='\u{FE0F}'
        | '\u{FFA0}' | '\u{FFF0}'..='\u{FFF8}' | '\u{E0000}'..='\u{E0FFF}');
    !c.is_whitespace() && !is_ignorable
}

/// Whether the character is a control character, a line or paragraph separator, or an explicit
/// direction override.
fn is_control(c: char) -> bool {
    c.is_control() || matches!(c, '\u{2028}'..='\u{202E}' | '\u{2066}'..='\u{2069}' | '\u{FEFF}')
}

macro_rules! text {
    ($name:ident, $allowed:expr) => {
        impl<const MAX: usize> TryFrom<String> for $name<MAX> {
            type Error = BadText;
            fn try_from(text: String) -> Result<Self, BadText> {
                checked(&text, MAX, $allowed).map(Self)
            }
        }

        impl<const MAX: usize> From<$name<MAX>> for String {
            fn from(text: $name<MAX>) -> String {
                text.0
            }
        }

        impl<const MAX: usize> $name<MAX> {
            /// The text as a string slice.
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl<const MAX: usize> fmt::Display for $name<MAX> {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }
    };
}

text!(SingleLine, &[]);
text!(MultiLine, &['\n', '\r', '\t']);

/// An IANA time zone name such as `Europe/Berlin`. Only its form is checked: a client's database of time
/// zones may be newer than ours.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct TimeZoneName(String);

/// The text does not have the form of a time zone name.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("must be an IANA time zone name such as Europe/Berlin")]
pub struct BadTimeZone;

impl TryFrom<String> for TimeZoneName {
    type Error = BadTimeZone;
    fn try_from(text: String) -> Result<Self, BadTimeZone> {
        let part = |part: &str| {
            part.starts_with(|c: char| c.is_ascii_alphabetic())
                && part.chars().all(|c| c.is_ascii_alphanumeric() || "_-+".contains(c))
        };
        if text.len() <= 64 && text.split('/').all(part) { Ok(Self(text)) } else { Err(BadTimeZone) }
    }
}

impl From<TimeZoneName> for String {
    fn from(zone: TimeZoneName) -> String {
        zone.0
    }
}

impl TimeZoneName {
    /// The name as a string slice.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_any_script_are_valid() {
        for name in ["Acme", "مساحة العمل", "東京オフィス", "🚀 Launch", "O'Neill & Söhne"]
        {
            assert_eq!(WorkspaceName::try_from(name.to_owned()).map(String::from), Ok(name.to_owned()));
        }
    }

    #[test]
    fn invalid_names_are_refused() {
        let long = "x".repeat(101);
        for (given, then) in [
            ("  ", BadText::Empty),
            ("\u{200B}\u{2060}", BadText::Empty),
            ("a\u{202E}b", BadText::Control),
            ("a\nb", BadText::Control),
            (long.as_str(), BadText::TooLong(100)),
        ] {
            assert_eq!(WorkspaceName::try_from(given.to_owned()), Err(then));
        }
    }

    #[test]
    fn time_zone_names_are_checked_for_their_form() {
        assert!(TimeZoneName::try_from("America/Argentina/Buenos_Aires".to_owned()).is_ok());
        for bad in ["", "Europe/", "<script>", "Europe Berlin"] {
            assert!(TimeZoneName::try_from(bad.to_owned()).is_err(), "{bad}");
        }
    }
}
