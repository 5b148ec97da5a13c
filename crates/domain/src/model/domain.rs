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
}

impl DomainClaim {
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

/// A claimed domain whose DNS record a job looks up until the claim is verified.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct DomainCheck {
    /// The claimed domain.
    pub domain: DomainName,
    /// The workspace that claims the domain.
    pub workspace: WorkspaceId,
    /// The time at which the job stops looking.
    pub until: Timestamp,
}
