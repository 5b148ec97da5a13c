//! The rules for billing, and what is sold once.

use serde::Deserialize;

use super::duration::{BillingPeriod, Lifetime};
use super::ids::{Money, MoneyOfPack, PackageId};

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
    /// The time before a renewal, or before the end of a seat, in which the workspace shows a notice; absent: no
    /// notice (S14).
    #[serde(default)]
    pub notice: Option<Lifetime>,
    /// The time for which everything stays usable after a payment has failed.
    #[serde(default = "seven_days")]
    pub grace: Lifetime,
    /// The packages of credits that are sold (F13).
    #[serde(default, rename = "credit-package")]
    pub credit_packages: Vec<CreditPackage>,
}

fn seven_days() -> Lifetime {
    Lifetime::of_days(7)
}

/// The payment provider.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum BillingProvider {
    /// None: a purchase is granted at once and recorded, for an invoice by other means.
    Manual,
    /// Stripe: a purchase is granted when it is paid.
    Stripe,
}

/// A number of credits that is sold together.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct CreditPackage {
    /// Its name in requests and answers.
    pub id: PackageId,
    /// The name that people read.
    pub label: String,
    /// The number of credits.
    pub credits: u32,
    /// The price of the package, paid once.
    #[serde(deserialize_with = "MoneyOfPack::deserialize")]
    pub price: Money,
}
