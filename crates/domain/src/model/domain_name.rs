//! Names of domains, and the list of public mail providers.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use super::email::{BadEmail, EmailAddress};

/// Domains where anybody can get an address, one a line.
const PUBLIC: &str = include_str!("public_domains.txt");

/// A domain in canonical form: two spellings of one domain are equal.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct DomainName(String);

impl DomainName {
    /// The domain in its ASCII form.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Whether anybody can get an address of this domain, as at a public mail provider.
    pub fn is_public(&self) -> bool {
        PUBLIC.lines().map(str::trim).any(|domain| domain == self.0)
    }

    /// The domain of an address.
    pub fn of(email: &EmailAddress) -> Self {
        let (_, domain) = email.canonical().rsplit_once('@').unwrap_or_default();
        Self(domain.to_owned())
    }

    /// Whether the address is of this domain itself. An address of a subdomain is not.
    pub fn contains(&self, email: &EmailAddress) -> bool {
        Self::of(email) == *self
    }
}

impl fmt::Display for DomainName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl TryFrom<String> for DomainName {
    type Error = BadEmail;
    fn try_from(text: String) -> Result<Self, BadEmail> {
        // A domain is valid if an address can have it.
        let text = text.trim().trim_start_matches('@').trim_end_matches('.');
        EmailAddress::try_from(format!("name@{text}")).map(|email| Self::of(&email))
    }
}

impl FromStr for DomainName {
    type Err = BadEmail;
    fn from_str(text: &str) -> Result<Self, BadEmail> {
        text.to_owned().try_into()
    }
}

impl From<DomainName> for String {
    fn from(domain: DomainName) -> String {
        domain.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn domain(text: &str) -> Result<DomainName, BadEmail> {
        text.to_owned().try_into()
    }

    #[test]
    fn k35_spellings_of_a_domain_are_one() {
        for text in ["acme.example", "ACME.Example", " @acme.example", "acme.example."] {
            assert_eq!(domain(text).unwrap().as_str(), "acme.example", "{text}");
        }
        assert_eq!(domain("bücher.example").unwrap().as_str(), "xn--bcher-kva.example");
        for bad in ["", "acme", "a b.example", "acme..example", "-acme.example", "a@b.example", "1.2.3.4"] {
            assert!(domain(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn r10_public_domains_are_known() {
        for text in ["gmail.com", "GMail.com", "outlook.com", "web.de", "qq.com", "proton.me"] {
            assert!(domain(text).unwrap().is_public(), "{text}");
        }
        assert!(!domain("acme.example").unwrap().is_public());
        // Each line is in the form that it is compared in, and is there once.
        let lines: Vec<&str> = PUBLIC.lines().collect();
        let mut sorted = lines.clone();
        sorted.sort_unstable();
        sorted.dedup();
        assert_eq!(lines, sorted);
        assert!(lines.iter().all(|line| domain(line).is_ok_and(|domain| domain.as_str() == *line)));
    }
}
