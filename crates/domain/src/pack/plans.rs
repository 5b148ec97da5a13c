//! Plans and quotas.

use std::collections::BTreeMap;

use serde::Deserialize;

use super::ids::{AllowanceId, Money, MoneyOfPack};
use super::product::Pack;

/// A plan of a workspace.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Plan {
    /// The id of the plan.
    pub id: String,
    /// The name that people read.
    pub label: String,
    /// The price for each billing period: of the plan, or of each seat where the role decides about the seat.
    /// Absent: the plan costs nothing online.
    #[serde(default, deserialize_with = "MoneyOfPack::optional")]
    pub price: Option<Money>,
    /// Whether only an operator changes a workspace to or from this plan (R7).
    #[serde(default)]
    pub operator_managed: bool,
    /// The numbers that the plan includes, and the prices for more (L3).
    #[serde(default, rename = "allowance")]
    pub allowances: Vec<Allowance>,
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

/// A number of something that a plan includes. A workspace can buy more of it, one by one (L3).
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Allowance {
    /// Its name in requests and answers.
    pub id: AllowanceId,
    /// The name that people read.
    pub label: String,
    /// The number that the plan includes.
    pub included: u32,
    /// The price for each one more and billing period; absent: more cannot be bought.
    #[serde(default, deserialize_with = "MoneyOfPack::optional")]
    pub price: Option<Money>,
    /// What it limits; absent: only the host product counts it.
    #[serde(default)]
    pub limits: Option<Limited>,
}

/// What an allowance limits.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Limited {
    /// The number of members.
    Members,
}

impl Pack {
    /// The most members of a workspace on this plan with these extras; `None`: any number.
    pub fn most_members(&self, plan: &str, extras: &BTreeMap<AllowanceId, u32>) -> Option<u32> {
        let allowance = self.plan(plan).and_then(Plan::members);
        let more = |allowance: &Allowance| extras.get(&allowance.id).copied().unwrap_or_default();
        let allowed = allowance.map(|allowance| allowance.included.saturating_add(more(allowance)));
        [allowed, self.members.max].into_iter().flatten().min()
    }
}

impl Plan {
    /// The allowance of that name.
    pub fn allowance(&self, id: &AllowanceId) -> Option<&Allowance> {
        self.allowances.iter().find(|allowance| allowance.id == *id)
    }

    /// The allowance that limits the members.
    pub fn members(&self) -> Option<&Allowance> {
        self.allowances.iter().find(|allowance| allowance.limits == Some(Limited::Members))
    }
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
