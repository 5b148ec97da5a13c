//! Domains of email addresses: who has a verified address of one joins without an invitation (R10).
//! A workspace claims a domain, shows that it controls it, and only then does it bring anybody in.

use std::fmt;
use std::str::FromStr;

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

use crate::change::{Change, Changes, Delta, TallyChange};
use crate::email::{BadEmail, EmailAddress};
use crate::id::{UserId, WorkspaceId};
use crate::moment::Moment;
use crate::pack::{Channel, Pack};
use crate::record::{Record, RecordKey, Stored};
use crate::refusal::Refusal;

/// Most domains of a workspace.
pub const MAX_DOMAINS: u32 = 50;
/// Most workspaces that one sign-in joins by its domain.
pub const JOINED_AT_ONCE: usize = 5;
/// How long a claimed domain is looked up, unless it is claimed again.
const LOOKED_UP: SignedDuration = SignedDuration::from_hours(7 * 24);
/// What the text in the domain's records begins with.
const PROOF_PREFIX: &str = "seatwise-verification=";
/// Domains where whoever likes has an address, one a line.
const PUBLIC: &str = include_str!("public_domains.txt");

/// A domain, in the form that two spellings of it share.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct DomainName(String);

impl DomainName {
    /// The domain, in ASCII.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Whether whoever likes has an address of it.
    pub fn is_public(&self) -> bool {
        PUBLIC.lines().map(str::trim).any(|domain| domain == self.0)
    }

    /// The domain of an address.
    pub fn of(email: &EmailAddress) -> Self {
        let (_, domain) = email.canonical().rsplit_once('@').unwrap_or_default();
        Self(domain.to_owned())
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
        // What is a domain is what an address can have.
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

/// A domain that a workspace has claimed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct DomainClaim {
    /// Whose.
    pub workspace: WorkspaceId,
    /// Which.
    pub domain: DomainName,
    /// What the domain's records must say. No secret: they are public.
    pub proof: String,
    /// Who claimed it.
    pub claimed_by: UserId,
    /// When.
    pub claimed_at: Timestamp,
    /// Since when it is known to be theirs; absent: it brings nobody in.
    pub verified_at: Option<Timestamp>,
}

impl DomainClaim {
    /// Where the record is that shows it.
    pub fn record_name(&self) -> String {
        record_name(&self.domain)
    }

    /// What that record says.
    pub fn record_text(&self) -> String {
        format!("{PROOF_PREFIX}{}", self.proof)
    }
}

/// Where the record of a domain is that shows whose it is.
pub fn record_name(domain: &DomainName) -> String {
    format!("_seatwise.{domain}")
}

/// A verified domain, seen from the domain: what a sign-in looks for.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct DomainDoor {
    /// Which.
    pub domain: DomainName,
    /// Into what.
    pub workspace: WorkspaceId,
}

/// A domain that is looked up until it is verified.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct DomainCheck {
    /// Which.
    pub domain: DomainName,
    /// For whom.
    pub workspace: WorkspaceId,
    /// Until when.
    pub until: Timestamp,
}

/// Claims a domain. Claimed again: what it is, and looked up for as long again.
pub fn claim(
    pack: &Pack,
    workspace: WorkspaceId,
    domain: &DomainName,
    before: Option<&Stored<DomainClaim>>,
    claimant: UserId,
    moment: &mut Moment,
) -> Result<(DomainClaim, Changes), Refusal> {
    if !pack.offers(Channel::Domain) {
        return Err(Refusal::ChannelNotOffered);
    }
    if domain.is_public() {
        return Err(Refusal::PublicDomain);
    }
    let until = moment.now.saturating_add(LOOKED_UP).unwrap_or(Timestamp::MAX);
    let check = DomainCheck { domain: domain.clone(), workspace, until };
    let look = Change::Replace(Record::DomainCheck(check));
    if let Some(Stored { value: claim, version }) = before {
        let key = RecordKey::DomainClaim(workspace, domain.clone());
        let changes = match claim.verified_at {
            Some(_) => Vec::new(),
            None => vec![Change::Check(key, *version), look],
        };
        return Ok((claim.clone(), changes));
    }
    let claim = DomainClaim {
        workspace,
        domain: domain.clone(),
        proof: moment.secret().simple().to_string(),
        claimed_by: claimant,
        claimed_at: moment.now,
        verified_at: None,
    };
    let counted =
        TallyChange { domains: Delta::by(1).up_to(MAX_DOMAINS.into()), ..TallyChange::of(workspace) };
    let changes = vec![Change::Create(Record::DomainClaim(claim.clone())), look, Change::Tally(counted)];
    Ok((claim, changes))
}

/// The domain is theirs: from now on it brings people in.
pub fn verify(stored: &Stored<DomainClaim>, now: Timestamp) -> Changes {
    let claim = &stored.value;
    let (domain, workspace) = (claim.domain.clone(), claim.workspace);
    let mut changes = vec![Change::Forget(RecordKey::DomainCheck(domain.clone(), workspace))];
    if claim.verified_at.is_none() {
        let verified = DomainClaim { verified_at: Some(now), ..claim.clone() };
        changes.push(Change::Update(Record::DomainClaim(verified), stored.version));
        changes.push(Change::Create(Record::DomainDoor(DomainDoor { domain, workspace })));
    }
    changes
}

/// Gives a domain up: it brings nobody in from then on. Who is in stays.
pub fn unlink(stored: &Stored<DomainClaim>) -> Changes {
    let (domain, workspace) = (&stored.value.domain, stored.value.workspace);
    vec![
        Change::Delete(RecordKey::DomainClaim(workspace, domain.clone()), stored.version),
        Change::Forget(RecordKey::DomainDoor(domain.clone(), workspace)),
        Change::Forget(RecordKey::DomainCheck(domain.clone(), workspace)),
        Change::Tally(TallyChange { domains: Delta::by(-1), ..TallyChange::of(workspace) }),
    ]
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
