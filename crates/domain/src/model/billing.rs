//! The account of a workspace at Stripe, as it was last read, and its credits.

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::id::{CreditEntryId, PurchaseId, UserId, WorkspaceId};
use super::purchase::Quantities;
use super::text::Reason;
use crate::pack::{AllowanceId, ServiceId};

/// What a workspace has at Stripe. One synchronisation at a time writes it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct BillingAccount {
    /// The workspace.
    pub workspace: WorkspaceId,
    /// The id of the customer.
    #[serde(default)]
    pub customer: Option<String>,
    /// The subscription, as it was last read.
    #[serde(default)]
    pub subscription: Option<Subscription>,
    /// The purchase that is not paid, failed or discarded yet: at most one.
    #[serde(default)]
    pub open_purchase: Option<PurchaseId>,
    /// The reason why the subscription ends or is to end, if it is ours; `None`: it renews, or a person has
    /// cancelled it at Stripe.
    #[serde(default)]
    pub cancellation: Option<Cancellation>,
    /// The quantities that Stripe is brought to next, or was brought to last. A charge that was fixed for other
    /// quantities must not follow.
    #[serde(default)]
    pub level: Option<Quantities>,
    /// The time of the last synchronisation.
    #[serde(default)]
    pub synced_at: Option<Timestamp>,
    /// The time of the next check, which has a [`BillingCheck`].
    #[serde(default)]
    pub check_at: Option<Timestamp>,
}

impl BillingAccount {
    /// The account of a workspace that has nothing at Stripe.
    pub fn new(workspace: WorkspaceId) -> Self {
        let (customer, subscription, open_purchase) = (None, None, None);
        let (cancellation, level, synced_at, check_at) = (None, None, None, None);
        Self { workspace, customer, subscription, open_purchase, cancellation, level, synced_at, check_at }
    }
}

/// The reason why a subscription ends with its period.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Cancellation {
    /// A person has asked Seatwise for it, and Stripe does not know it yet.
    Asked,
    /// Nothing renews. The subscription continues as soon as something renews.
    WhileEmpty,
}

/// A subscription, as it was last read.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Subscription {
    /// The id.
    pub id: String,
    /// The status.
    pub status: SubscriptionStatus,
    /// The quantity of each price that is the pack's.
    pub quantities: Quantities,
    /// The start of the paid period.
    pub period_start: Timestamp,
    /// The end of the paid period.
    pub period_end: Timestamp,
    /// The end of a subscription that does not renew.
    #[serde(default)]
    pub ends_at: Option<Timestamp>,
    /// The time since which a payment is overdue.
    #[serde(default)]
    pub past_due_since: Option<Timestamp>,
    /// The page of the invoice that is overdue.
    #[serde(default)]
    pub pay_url: Option<String>,
}

/// The status of a subscription (the ones that Seatwise tells apart).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum SubscriptionStatus {
    /// Paid.
    Active,
    /// A payment is overdue.
    PastDue,
    /// Over.
    Ended,
}

/// What the workspace itself knows of its billing, because each decision in the workspace needs it: until when
/// everything is paid. `None` in the workspace: nothing is paid online.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PaidPeriod {
    /// The start of the paid period.
    pub start: Timestamp,
    /// The end of the paid period; the subscription renews then, unless it ends.
    pub end: Timestamp,
    /// The time from which nothing is paid any more; `None`: the subscription renews.
    #[serde(default)]
    pub lapses_at: Option<Timestamp>,
}

impl PaidPeriod {
    /// Whether nothing is paid any more.
    pub fn is_over(&self, now: Timestamp) -> bool {
        self.lapses_at.is_some_and(|end| end <= now)
    }
}

/// The extras of a plan: the number of each allowance beyond what the plan includes.
pub type Extras = BTreeMap<AllowanceId, u32>;

/// The workspace that a customer at Stripe belongs to.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct StripeCustomer {
    /// The id of the customer.
    pub customer: String,
    /// The workspace.
    pub workspace: WorkspaceId,
}

/// The credits of a workspace (F13).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Credits {
    /// The workspace.
    pub workspace: WorkspaceId,
    /// The balance, never negative.
    pub balance: i64,
}

/// A line of the ledger of credits.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct CreditEntry {
    /// The workspace.
    pub workspace: WorkspaceId,
    /// The id, which sorts by time.
    pub id: CreditEntryId,
    /// The time.
    pub at: Timestamp,
    /// The credits that were added; negative: spent.
    pub amount: i64,
    /// The user who bought or spent; of a service, the id under which records keep it.
    pub by: UserId,
    /// The service that spent.
    #[serde(default)]
    pub by_service: Option<ServiceId>,
    /// The purchase that added the credits.
    #[serde(default)]
    pub purchase: Option<PurchaseId>,
    /// What the credits were spent for.
    #[serde(default)]
    pub reason: Option<Reason>,
}

/// A workspace whose billing a task synchronises. There is one task for each workspace.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct BilledWorkspace {
    /// The workspace.
    pub workspace: WorkspaceId,
    /// Whether no request and no event asks for the synchronisation, so that what it changes is a repair.
    #[serde(default)]
    pub is_check: bool,
}

/// A time at which the billing of a workspace is checked, whether or not Stripe has told anything. It is found
/// by the time.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct BillingCheck {
    /// The workspace.
    pub workspace: WorkspaceId,
    /// The time.
    pub at: Timestamp,
}
