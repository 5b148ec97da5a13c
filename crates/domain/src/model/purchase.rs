//! Purchases: a change that has a price, the price that was agreed to, and the state of the payment.

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::id::{PurchaseId, SeatId, UserId, WorkspaceId};
use crate::pack::{AddOnId, AllowanceId, ItemId, Money, PackageId, TierId};

/// A change of what a workspace pays for.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "kebab-case")]
pub enum BillingChange {
    /// More seats of a tier (S11).
    Seats {
        /// The tier.
        tier: TierId,
        /// The number of seats to add.
        quantity: u32,
    },
    /// Another tier for a seat.
    SeatTier {
        /// The seat.
        seat: SeatId,
        /// The new tier.
        tier: TierId,
    },
    /// Another number of units of an add-on for a seat (S12).
    AddOn {
        /// The seat.
        seat: SeatId,
        /// The add-on.
        add_on: AddOnId,
        /// The number of units then.
        quantity: u32,
    },
    /// Another number of units of an add-on for each seat that renews (S12).
    AddOnEverywhere {
        /// The add-on.
        add_on: AddOnId,
        /// The number of units of each seat then.
        quantity: u32,
    },
    /// Another plan, another number of its seats, or other extras (R7, L3).
    Plan {
        /// The plan then.
        plan: String,
        /// The number of seats then, where the role decides about the seat; `None`: the plan's own number.
        seats: Option<u32>,
        /// The extras then: the number of each allowance beyond what the plan includes.
        #[serde(default)]
        extras: BTreeMap<AllowanceId, u32>,
    },
    /// Packages of credits (F13).
    Credits {
        /// The package.
        package: PackageId,
        /// The number of packages.
        quantity: u32,
    },
}

/// A purchase.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Purchase {
    /// The workspace that pays.
    pub workspace: WorkspaceId,
    /// The id of the purchase.
    pub id: PurchaseId,
    /// The user who buys.
    pub by: UserId,
    /// The time of the request.
    pub at: Timestamp,
    /// What is bought; `None`: an earlier release, which sold seats only, wrote the record.
    #[serde(default)]
    pub change: Option<BillingChange>,
    /// The lines of what is bought.
    #[serde(default)]
    pub lines: Vec<PurchaseLine>,
    /// What the purchase adds to the number of units of each item that renews; negative: takes away.
    #[serde(default)]
    pub difference: BTreeMap<ItemId, i64>,
    /// The credits that the purchase adds.
    #[serde(default)]
    pub credits: u32,
    /// The amount that was agreed to, due at once; `None`: nothing is due, or an earlier release wrote the record.
    #[serde(default)]
    pub due: Option<Money>,
    /// The state of the payment. Earlier releases only knew purchases without one.
    #[serde(default)]
    pub state: PurchaseState,
    /// The payment at Stripe; `None` with the manual provider.
    #[serde(default)]
    pub payment: Option<OnlinePayment>,
}

/// A line of a purchase.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PurchaseLine {
    /// What is bought.
    pub item: ItemId,
    /// The number of units.
    pub quantity: u32,
    /// The price of one unit: for a billing period, or once.
    pub unit_price: Money,
}

/// The state of a purchase.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum PurchaseState {
    /// The customer pays on a Checkout page, which is open or about to be opened.
    Checkout,
    /// The saved card is about to be charged.
    Charging,
    /// The payment waits for the customer, on the page of the invoice.
    ActionRequired,
    /// Paid, and granted.
    #[default]
    Paid,
    /// The payment failed; nothing was granted.
    Failed,
    /// A person has discarded the purchase.
    Discarded,
    /// The time to pay is over.
    Expired,
}

impl PurchaseState {
    /// Whether the purchase can still be paid.
    pub fn is_open(self) -> bool {
        matches!(self, Self::Checkout | Self::Charging | Self::ActionRequired)
    }
}

/// The payment of a purchase at Stripe.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct OnlinePayment {
    /// The id of the Checkout session.
    #[serde(default)]
    pub session: Option<String>,
    /// The page of the Checkout session.
    #[serde(default)]
    pub checkout_url: Option<String>,
    /// The id of the invoice of a charge.
    #[serde(default)]
    pub invoice: Option<String>,
    /// The page of the invoice, where the customer pays.
    #[serde(default)]
    pub pay_url: Option<String>,
    /// The subscription that a charge changes, fixed before the charge.
    #[serde(default)]
    pub subscription: Option<String>,
    /// The quantities of the subscription before a charge, fixed before the charge. If they have changed, so has its
    /// price.
    #[serde(default)]
    pub before: Quantities,
    /// What a charge sets the quantities of the subscription to, or what a Checkout page sells of what renews.
    /// Fixed before Stripe is asked.
    #[serde(default)]
    pub target: Option<Quantities>,
    /// The subscription's items for the target, fixed before the charge: a repeated charge must say the same.
    #[serde(default)]
    pub items: BTreeMap<ItemId, String>,
    /// The time from which a charge counts the remaining period.
    #[serde(default)]
    pub proration_date: Option<Timestamp>,
    /// The newest invoice for a change of the subscription before the charge: what is newer is the charge's.
    #[serde(default)]
    pub invoice_before: Option<String>,
    /// The end of the time to pay, fixed before Stripe is asked.
    #[serde(default)]
    pub ends: Option<Timestamp>,
    /// The time at which the purchase closes if Stripe still knows nothing of it. From the time when this is
    /// set, Stripe is not asked again.
    #[serde(default)]
    pub closes_at: Option<Timestamp>,
    /// The reason of a failed payment.
    #[serde(default)]
    pub failure: Option<PaymentFailure>,
    /// Whether a person asked to discard the purchase.
    #[serde(default)]
    pub discarded: bool,
    /// Whether the payment is refunded, because what it has paid for could not be granted. Fixed before the refund.
    #[serde(default)]
    pub refunds: bool,
}

/// The reason why a payment failed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum PaymentFailure {
    /// The bank declined the card.
    Declined,
    /// The price is not the one that was agreed to.
    PriceChanged,
    /// Stripe refused the request.
    Refused,
}

/// The number of units of each item that renews.
pub type Quantities = BTreeMap<ItemId, u32>;
