//! Plans, quotas and billing.

use serde::Deserialize;

use super::duration::{BillingPeriod, Lifetime};

/// A plan of a workspace.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Plan {
    /// The id of the plan.
    pub id: String,
    /// The name that people read.
    pub label: String,
    /// The number of seats that come with the plan, where the role decides about the seat (R4).
    #[serde(default)]
    pub seats: u32,
    /// The features of a workspace on this plan; names of `Feature` in the pack's schema.
    #[serde(default)]
    pub features: Vec<String>,
    /// The most addresses that may be invited (R11); absent: any number.
    #[serde(default)]
    pub email_invitations: Option<QuotaRule>,
}

/// A limit and its period.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct QuotaRule {
    /// The most uses in one period.
    pub limit: u32,
    /// The period.
    pub per: QuotaPeriod,
}

/// The period over which a quota is counted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum QuotaPeriod {
    /// A day in UTC.
    Day,
    /// The life of the workspace.
    Lifetime,
}

/// The rules for billing.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Billing {
    /// The payment provider.
    pub provider: BillingProvider,
    /// The plan that a workspace starts on.
    pub plan: String,
    /// The period that a price is for.
    pub period: BillingPeriod,
    /// The time before the end of a seat in which the workspace shows a notice; absent: no notice.
    #[serde(default)]
    pub notice: Option<Lifetime>,
}

/// The payment provider.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum BillingProvider {
    /// None: a purchase is granted at once and recorded, for an invoice by other means.
    Manual,
}
