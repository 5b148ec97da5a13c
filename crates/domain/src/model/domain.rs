//! Domains that workspaces have claimed: people with a verified address of a verified domain join
//! without an invitation (R10).

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::domain_name::DomainName;
use super::id::{UserId, WorkspaceId};

/// Prefix of the text in the DNS record that verifies a claim.
const PROOF_PREFIX: &str = "seatwise-verification=";

/// A domain that a workspace has claimed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct DomainClaim {
    /// The workspace that claims the domain.
    pub workspace: WorkspaceId,
    /// The claimed domain.
    pub domain: DomainName,
    /// The value that the DNS record must contain. It is not a secret: DNS records are public.
    pub proof: String,
    /// The user who claimed the domain.
    pub claimed_by: UserId,
    /// The time of the claim.
    pub claimed_at: Timestamp,
    /// The time of the verification. Without it, nobody joins by the domain.
    pub verified_at: Option<Timestamp>,
    /// Whether an operator has verified the claim. Then its DNS record is not looked up.
    #[serde(default)]
    pub vouched: bool,
    /// The time since which a verified domain has no DNS record.
    #[serde(default)]
    pub missing_since: Option<Timestamp>,
    /// The time at which the verification expired, because the DNS record was missing for too long.
    #[serde(default)]
    pub expired_at: Option<Timestamp>,
}

/// The status of a claimed domain.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DomainStatus {
    /// Not verified yet: nobody joins by the domain.
    Claimed,
    /// Verified: people join by the domain.
    Verified,
    /// Verified, but the DNS record is missing. People join by the domain until the verification expires.
    Failing,
    /// The verification has expired: nobody joins by the domain.
    Expired,
}

impl DomainClaim {
    /// A claim that is not verified.
    pub fn new(
        workspace: WorkspaceId,
        domain: DomainName,
        proof: String,
        claimed_by: UserId,
        claimed_at: Timestamp,
    ) -> Self {
        let (verified_at, vouched, missing_since, expired_at) = (None, false, None, None);
        Self {
            workspace,
            domain,
            proof,
            claimed_by,
            claimed_at,
            verified_at,
            vouched,
            missing_since,
            expired_at,
        }
    }

    /// The status of the domain.
    pub fn status(&self) -> DomainStatus {
        match (self.verified_at, self.missing_since, self.expired_at) {
            (Some(_), None, _) => DomainStatus::Verified,
            (Some(_), Some(_), _) => DomainStatus::Failing,
            (None, _, None) => DomainStatus::Claimed,
            (None, _, Some(_)) => DomainStatus::Expired,
        }
    }

    /// The name of the DNS record that verifies the claim.
    pub fn record_name(&self) -> String {
        dns_record_name(&self.domain)
    }

    /// The text that the DNS record must have.
    pub fn record_text(&self) -> String {
        format!("{PROOF_PREFIX}{}", self.proof)
    }
}

/// The name of the DNS record that verifies a claim of `domain`.
pub fn dns_record_name(domain: &DomainName) -> String {
    format!("_seatwise.{domain}")
}

/// A verified domain in the partition of the domain, where a sign-in finds the workspaces to join.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct VerifiedDomain {
    /// The verified domain.
    pub domain: DomainName,
    /// The workspace that people with an address of the domain join.
    pub workspace: WorkspaceId,
}

/// A claimed domain whose DNS record a job looks up: often until the claim is verified, and then once a day.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct DomainCheck {
    /// The claimed domain.
    pub domain: DomainName,
    /// The workspace that claims the domain.
    pub workspace: WorkspaceId,
    /// The time at which the job stops looking for the record of a claim that is not verified.
    pub until: Timestamp,
    /// The time of the next look-up; absent: at the next run.
    #[serde(default)]
    pub due: Option<Timestamp>,
}
