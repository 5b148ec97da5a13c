//! Plans, quotas and billing.

use serde::Deserialize;

use super::duration::{BillingPeriod, Lifetime};

/// What a workspace can be on.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Plan {
    /// Its name.
    pub id: String,
    /// What people read.
    pub label: String,
    /// How many seats come with it, where the role decides the seat (R4).
    #[serde(default)]
    pub seats: u32,
    /// What a workspace on it may use; names of `Feature` in the pack's schema.
    #[serde(default)]
    pub features: Vec<String>,
    /// How many addresses may be invited (R11); absent: any number.
    #[serde(default)]
    pub email_invitations: Option<QuotaRule>,
}

/// How many in what time.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct QuotaRule {
    /// At most.
    pub limit: u32,
    /// In this time.
    pub per: QuotaPeriod,
}

/// What a quota is counted over.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum QuotaPeriod {
    /// A day in UTC.
    Day,
    /// The life of the workspace.
    Lifetime,
}

/// How seats are paid.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Billing {
    /// Who is asked for the money.
    pub provider: BillingProvider,
    /// The plan a workspace starts on.
    pub plan: String,
    /// What a price is for.
    pub period: BillingPeriod,
    /// How long before the end of a seat the workspace carries a notice.
    #[serde(default)]
    pub notice: Option<Lifetime>,
}

/// Who is asked for the money.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum BillingProvider {
    /// Nobody: what is bought is granted at once and recorded, for an invoice by other means.
    Manual,
}
