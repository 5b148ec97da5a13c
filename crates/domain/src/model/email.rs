//! Email addresses: made canonical once, when they are read, and shown as typed.

use std::fmt;

use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};
use unicode_normalization::UnicodeNormalization as _;
use unicode_security::{GeneralSecurityProfile as _, MixedScript as _};

/// Longest address, in bytes (RFC 5321 section 4.5.3.1.3, less the angle brackets).
const MAX_BYTES: usize = 254;
/// Longest part before the `@`, in bytes (RFC 5321 section 4.5.3.1.1).
const MAX_LOCAL_BYTES: usize = 64;

/// The reason why a text is not an email address.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum BadEmail {
    /// The text does not have the form `name@example.com`.
    #[error("must be an email address such as name@example.com")]
    Form,
    /// The text is over the limits of RFC 5321.
    #[error("must be at most {MAX_BYTES} bytes, and {MAX_LOCAL_BYTES} before the @")]
    TooLong,
    /// The domain is not a host name of at least two labels.
    #[error("has a domain that mail cannot be sent to")]
    Domain,
    /// A label has letters of several scripts, as a lookalike of a known name does
    /// (Unicode TR 39 section 5.1).
    #[error("mixes letters of several scripts, as lookalike addresses do")]
    MixedScript,
}

/// An email address: as typed, and in its canonical form, which all spellings of the address share
/// (K35).
#[derive(Clone, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct EmailAddress {
    typed: String,
    canonical: String,
}

impl EmailAddress {
    /// The address as its owner or inviter typed it, for display and for sending.
    pub fn as_typed(&self) -> &str {
        &self.typed
    }

    /// The address in canonical form, for comparison: NFKC, lower case, the domain in its ASCII form.
    /// Plus-addresses stay distinct: only the receiving host knows their meaning (RFC 5321 section
    /// 2.3.11).
    pub fn canonical(&self) -> &str {
        &self.canonical
    }

    /// The identifier of this address in keys.
    pub fn key(&self) -> EmailKey {
        EmailKey::of(&self.canonical)
    }
}

impl TryFrom<String> for EmailAddress {
    type Error = BadEmail;

    fn try_from(typed: String) -> Result<Self, BadEmail> {
        let typed = typed.trim().to_owned();
        // Check the length before any work that grows with the text.
        if typed.len() > MAX_BYTES {
            return Err(BadEmail::TooLong);
        }
        let folded: String = typed.nfkc().flat_map(char::to_lowercase).nfkc().collect();
        let (local, domain) = folded.rsplit_once('@').ok_or(BadEmail::Form)?;
        if !is_dot_atom(local) {
            return Err(BadEmail::Form);
        }
        let unicode_domain = canonical_domain(domain)?;
        if mixes_scripts(local) || unicode_domain.1.split('.').any(mixes_scripts) {
            return Err(BadEmail::MixedScript);
        }
        let canonical = format!("{local}@{}", unicode_domain.0);
        if canonical.len() > MAX_BYTES || local.len() > MAX_LOCAL_BYTES {
            return Err(BadEmail::TooLong);
        }
        Ok(Self { typed, canonical })
    }
}

/// An unquoted local part (RFC 5321 `Dot-string`, RFC 6531 for letters beyond ASCII). Quoted ones
/// are refused: few mail hosts accept them, and they may contain white space and line breaks. Beyond
/// ASCII only characters of identifiers are accepted (Unicode TR 39 section 4). Invisible marks and
/// direction overrides are not, because they make one address look like another.
fn is_dot_atom(local: &str) -> bool {
    let is_atom = |c: char| {
        c.is_ascii_alphanumeric()
            || "!#$%&'*+-/=?^_`{|}~".contains(c)
            || !c.is_ascii() && c.identifier_allowed()
    };
    !local.is_empty() && local.split('.').all(|atom| !atom.is_empty() && atom.chars().all(is_atom))
}

/// The domain in ASCII (IDNA, UTS 46) and in Unicode.
fn canonical_domain(domain: &str) -> Result<(String, String), BadEmail> {
    let ascii = idna::domain_to_ascii_strict(domain).map_err(|_| BadEmail::Domain)?;
    let labels: Vec<&str> = ascii.split('.').collect();
    let is_host = labels.len() >= 2 && labels.iter().all(|label| !label.is_empty() && label.len() <= 63);
    let top_level_is_a_name =
        labels.last().is_some_and(|label| label.chars().any(|c| c.is_ascii_alphabetic()));
    if !is_host || !top_level_is_a_name {
        return Err(BadEmail::Domain);
    }
    let (unicode, result) = idna::domain_to_unicode(&ascii);
    result.map_err(|_| BadEmail::Domain)?;
    Ok((ascii, unicode))
}

fn mixes_scripts(label: &str) -> bool {
    !label.is_single_script()
}

impl PartialEq for EmailAddress {
    fn eq(&self, other: &Self) -> bool {
        self.canonical == other.canonical
    }
}

impl Eq for EmailAddress {}

impl From<EmailAddress> for String {
    fn from(email: EmailAddress) -> String {
        email.typed
    }
}

/// Shows no address: `{:?}` must not write addresses to logs (K27).
impl fmt::Debug for EmailAddress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "EmailAddress(…)")
    }
}

/// SHA-256 of a canonical address, in hex. Keys of items appear in more places than their content
/// (metrics, contributor insights, traces), so they contain no address.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(transparent)]
pub struct EmailKey(String);

impl EmailKey {
    fn of(canonical: &str) -> Self {
        Self(hex::encode(Sha256::digest(canonical)))
    }
}

impl fmt::Display for EmailKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn email(text: &str) -> Result<EmailAddress, BadEmail> {
        EmailAddress::try_from(text.to_owned())
    }

    #[test]
    fn k35_spellings_of_one_address_are_one() {
        let one = email("Tea.Mate@Bücher.example").unwrap();
        for spelling in [
            "tea.mate@bücher.example",
            "TEA.MATE@BÜCHER.EXAMPLE",
            "tea.mate@xn--bcher-kva.example",
            "tea.mate@bu\u{308}cher.example",
            " ｔea.mate@bücher．example ",
        ] {
            assert_eq!(email(spelling).as_ref(), Ok(&one), "{spelling}");
        }
        assert_eq!(one.as_typed(), "Tea.Mate@Bücher.example");
    }

    #[test]
    fn k35_plus_addresses_stay_distinct() {
        assert_ne!(email("a+b@x.example"), email("a@x.example"));
    }

    #[test]
    fn k35_mixed_scripts_are_refused() {
        // A Cyrillic а among Latin letters.
        assert_eq!(email("boss@p\u{430}ypal.example"), Err(BadEmail::MixedScript));
        assert_eq!(email("b\u{43e}ss@paypal.example"), Err(BadEmail::MixedScript));
        assert!(email("почта@пример.example").is_ok());
    }

    #[test]
    fn texts_that_are_not_addresses_are_refused() {
        for bad in [
            "",
            "a",
            "@x.example",
            "a@",
            "a@localhost",
            "a@[127.0.0.1]",
            "a@1.2.3.4",
            "a b@x.example",
            "a@x..example",
            ".a@x.example",
            "a\r\nBcc: b@x.example",
            "\"a b\"@x.example",
            "a@b@",
            "a@-x.example",
            "<a@x.example>",
        ] {
            assert!(email(bad).is_err(), "{bad:?}");
        }
    }

    #[test]
    fn k27_debug_shows_no_address() {
        assert!(!format!("{:?}", email("a@x.example")).contains("x.example"));
    }
}
