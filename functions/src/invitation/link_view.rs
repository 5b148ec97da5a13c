//! What clients see of a link and of a domain.

use jiff::Timestamp;
use seatwise_domain::{DomainClaim, RoleLink};
use serde::Serialize;
use utoipa::ToSchema;

use crate::links::LinkText;
use crate::wire::schema::one_of;
use crate::{named, output};

named! {
    /// Of a claimed domain: only a verified one brings people in.
    DomainStatusName = "DomainStatus": one_of(["claimed", "verified"]);
}

/// A link for a role.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = Link)]
pub struct LinkView {
    /// As what whoever has it joins.
    pub role: String,
    /// The link; only for who may share it.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>, nullable = false, format = "uri")]
    pub url: Option<LinkText>,
    /// Who made it.
    #[schema(format = Uuid)]
    pub created_by: String,
    /// When.
    #[schema(value_type = String, format = DateTime)]
    pub created_at: Timestamp,
}
output!(LinkView);

impl LinkView {
    /// A link; with its text if `may_share`.
    pub fn of(link: &RoleLink, may_share: bool) -> Self {
        Self {
            role: link.role.to_string(),
            url: may_share.then(|| LinkText::for_role(link)),
            created_by: link.made_by.to_string(),
            created_at: link.made_at,
        }
    }
}

/// A domain that a workspace has claimed.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = Domain)]
pub struct DomainView {
    /// The domain, in ASCII.
    #[schema(example = "acme.example")]
    pub domain: String,
    /// Whether it brings people in.
    #[schema(value_type = DomainStatusName)]
    pub status: &'static str,
    /// The record that shows whose the domain is; null once it is known.
    #[schema(required)]
    pub record: Option<DnsRecord>,
    /// Who claimed it.
    #[schema(format = Uuid)]
    pub claimed_by: String,
    /// When.
    #[schema(value_type = String, format = DateTime)]
    pub claimed_at: Timestamp,
    /// Since when it brings people in.
    #[schema(value_type = Option<String>, format = DateTime, required)]
    pub verified_at: Option<Timestamp>,
}
output!(DomainView);

/// A record to add to a domain.
#[derive(Serialize, ToSchema)]
pub struct DnsRecord {
    /// Its type.
    #[serde(rename = "type")]
    #[schema(rename = "type", example = "TXT")]
    pub kind: &'static str,
    /// Its name.
    #[schema(example = "_seatwise.acme.example")]
    pub name: String,
    /// What it says.
    pub value: String,
}

impl From<&DomainClaim> for DomainView {
    fn from(claim: &DomainClaim) -> Self {
        let record = DnsRecord { kind: "TXT", name: claim.record_name(), value: claim.record_text() };
        Self {
            domain: claim.domain.to_string(),
            status: if claim.verified_at.is_some() { "verified" } else { "claimed" },
            record: claim.verified_at.is_none().then_some(record),
            claimed_by: claim.claimed_by.to_string(),
            claimed_at: claim.claimed_at,
            verified_at: claim.verified_at,
        }
    }
}
