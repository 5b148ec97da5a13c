//! A link and a domain, as clients see them.

use jiff::Timestamp;
use seatwise_domain::rules::domain;
use seatwise_domain::{DomainClaim, DomainStatus, Pack, RoleLink};
use serde::Serialize;
use utoipa::ToSchema;

use crate::links::LinkText;
use crate::wire::schema::one_of;
use crate::{named, output};

named! {
    /// The status of a claimed domain. Users join through a `verified` domain, and through a `failing` one:
    /// its DNS record is missing, and at `expiresAt` the domain becomes `expired`.
    DomainStatusName = "DomainStatus": one_of(["claimed", "verified", "failing", "expired"]);
}

/// A link that lets people join with a role.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = Link)]
pub struct LinkView {
    /// The role that the link gives.
    pub role: String,
    /// The link. Present if the caller has permission to share it.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>, nullable = false, format = "uri")]
    pub url: Option<LinkText>,
    /// The id of the member who created the link.
    #[schema(format = Uuid)]
    pub created_by: String,
    /// The time of creation.
    #[schema(value_type = String, format = DateTime)]
    pub created_at: Timestamp,
}
output!(LinkView);

impl LinkView {
    /// A link; with its text if `may_share`.
    pub fn of(pack: &Pack, link: &RoleLink, may_share: bool) -> Self {
        Self {
            role: pack.role_name(&link.role).to_string(),
            url: may_share.then(|| LinkText::for_role(link)),
            created_by: link.made_by.to_string(),
            created_at: link.made_at,
        }
    }
}

/// An email domain that a workspace has claimed.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = Domain)]
pub struct DomainView {
    /// The domain name, in ASCII.
    #[schema(example = "acme.example")]
    pub domain: String,
    /// The status of the domain.
    #[schema(value_type = DomainStatusName)]
    pub status: &'static str,
    /// The DNS record that proves the ownership; null while the domain is verified.
    #[schema(required)]
    pub record: Option<DnsRecord>,
    /// The id of the member who claimed the domain.
    #[schema(format = Uuid)]
    pub claimed_by: String,
    /// The time of the claim.
    #[schema(value_type = String, format = DateTime)]
    pub claimed_at: Timestamp,
    /// The time of the verification; null before it.
    #[schema(value_type = Option<String>, format = DateTime, required)]
    pub verified_at: Option<Timestamp>,
    /// The time since which a verified domain has no DNS record; null if nothing is missing.
    #[schema(value_type = Option<String>, format = DateTime, required)]
    pub missing_since: Option<Timestamp>,
    /// The time at which the verification expires if the DNS record stays missing, or has expired; null if
    /// nothing is missing.
    #[schema(value_type = Option<String>, format = DateTime, required)]
    pub expires_at: Option<Timestamp>,
}
output!(DomainView);

/// A DNS record to add to a domain.
#[derive(Serialize, ToSchema)]
pub struct DnsRecord {
    /// The type of the record.
    #[serde(rename = "type")]
    #[schema(rename = "type", example = "TXT")]
    pub kind: &'static str,
    /// The name of the record.
    #[schema(example = "_seatwise.acme.example")]
    pub name: String,
    /// The value of the record.
    pub value: String,
}

impl DomainView {
    /// A claim, as the product's rules show it.
    pub fn of(pack: &Pack, claim: &DomainClaim) -> Self {
        let record = DnsRecord { kind: "TXT", name: claim.record_name(), value: claim.record_text() };
        let status = claim.status();
        Self {
            domain: claim.domain.to_string(),
            status: match status {
                DomainStatus::Claimed => "claimed",
                DomainStatus::Verified => "verified",
                DomainStatus::Failing => "failing",
                DomainStatus::Expired => "expired",
            },
            record: (status != DomainStatus::Verified).then_some(record),
            claimed_by: claim.claimed_by.to_string(),
            claimed_at: claim.claimed_at,
            verified_at: claim.verified_at,
            missing_since: claim.missing_since,
            expires_at: domain::expires_at(pack, claim).or(claim.expired_at),
        }
    }
}
