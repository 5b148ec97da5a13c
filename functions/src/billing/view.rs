//! Purchases, previews and lines of a bill, as clients see them.

use jiff::Timestamp;
use seatwise_domain::pack::Pack;
use seatwise_domain::rules::billing::{Preview, PreviewLine};
use seatwise_domain::{Purchase, PurchaseLine, PurchaseState};
use serde::Serialize;
use utoipa::ToSchema;

use super::change::ChangeFields;
use super::money::MoneyView;
use crate::wire::schema::one_of;
use crate::{named, output};

/// The name of a state of a purchase.
fn word(state: PurchaseState) -> &'static str {
    match state {
        PurchaseState::Checkout => "checkout",
        PurchaseState::Charging => "charging",
        PurchaseState::ActionRequired => "action_required",
        PurchaseState::Paid => "paid",
        PurchaseState::Failed => "failed",
        PurchaseState::Discarded => "discarded",
        PurchaseState::Expired => "expired",
    }
}

named! {
    /// The state of a purchase. `checkout`: the customer pays at `checkoutUrl`. `charging`: the saved card is
    /// charged. `action_required`: the customer pays at `payUrl`. `paid`: paid and granted. `failed`, `discarded`,
    /// `expired`: not paid, and nothing is granted.
    PurchaseStatusName = "PurchaseStatus": one_of([
        "checkout", "charging", "action_required", "paid", "failed", "discarded", "expired",
    ]);
}

/// A purchase.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = Purchase)]
pub struct PurchaseView {
    /// The id of the purchase.
    #[schema(format = Uuid)]
    pub id: String,
    /// The state.
    #[schema(value_type = PurchaseStatusName)]
    pub status: &'static str,
    /// What is bought; null for a purchase of an earlier version, which sold seats only.
    #[schema(required)]
    pub change: Option<ChangeFields>,
    /// The amount that was agreed to; null where Stripe computes it.
    #[schema(required)]
    pub amount: Option<MoneyView>,
    /// The time of the request.
    #[schema(value_type = String, format = DateTime)]
    pub at: Timestamp,
    /// The page where the customer pays by `checkout`.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false, format = "uri")]
    pub checkout_url: Option<String>,
    /// The page where the customer pays by `action_required`.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false, format = "uri")]
    pub pay_url: Option<String>,
}
output!(PurchaseView);

impl PurchaseView {
    /// A purchase of this product.
    pub fn of(pack: &Pack, purchase: &Purchase) -> Self {
        let payment = purchase.payment.as_ref();
        let page = |state, page: Option<&String>| page.filter(|_| purchase.state == state).cloned();
        let checkout_url = payment.and_then(|payment| payment.checkout_url.as_ref());
        let pay_url = payment.and_then(|payment| payment.pay_url.as_ref());
        Self {
            id: purchase.id.to_string(),
            status: word(purchase.state),
            change: purchase.change.as_ref().map(|change| ChangeFields::of(pack, change)),
            amount: purchase.due.as_ref().map(MoneyView::from),
            at: purchase.at,
            checkout_url: page(PurchaseState::Checkout, checkout_url),
            pay_url: page(PurchaseState::ActionRequired, pay_url),
        }
    }
}

/// What a change would cost.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = PurchasePreview)]
pub struct PreviewView {
    /// The amount that would be due at once.
    pub due_now: MoneyView,
    /// The amount of the next renewal after the change.
    pub next_invoice: MoneyView,
    /// The lines of what would be due at once.
    pub lines: Vec<PreviewLineView>,
    /// The time from which the amount for a part of a period is counted.
    #[schema(value_type = String, format = DateTime)]
    pub proration_date: Timestamp,
    /// The time until which the amounts hold.
    #[schema(value_type = String, format = DateTime)]
    pub expires_at: Timestamp,
}
output!(PreviewView);

/// A line of a preview.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = PreviewLine)]
pub struct PreviewLineView {
    /// The id of the item in the product; null for a line of Stripe's own.
    #[schema(required)]
    pub item: Option<String>,
    /// The name that people read.
    pub label: String,
    /// The number of units.
    pub quantity: u32,
    /// The price of one unit; null for a line of Stripe's own.
    #[schema(required)]
    pub unit_price: Option<MoneyView>,
    /// The amount; negative: given back.
    pub amount: MoneyView,
    /// Whether the amount is for a part of a period.
    pub proration: bool,
}

impl PreviewView {
    /// A preview that was made at this time.
    pub fn of(pack: &Pack, preview: Preview, now: Timestamp) -> Self {
        let Preview { due_now, next_invoice, lines, expires_at } = preview;
        Self {
            due_now: due_now.into(),
            next_invoice: next_invoice.into(),
            lines: lines.into_iter().map(|line| PreviewLineView::of(pack, line)).collect(),
            proration_date: now,
            expires_at,
        }
    }
}

impl PreviewLineView {
    fn of(pack: &Pack, line: PreviewLine) -> Self {
        let PreviewLine { item, label, quantity, unit_price, amount, proration } = line;
        Self {
            item: Some(pack.item_name(&item)),
            label,
            quantity,
            unit_price: Some(unit_price.into()),
            amount: amount.into(),
            proration,
        }
    }
}

/// A line of what a workspace pays for in each billing period.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = BillLine)]
pub struct LineView {
    /// The id of the item in the product.
    pub item: String,
    /// The name that people read.
    pub label: String,
    /// The number of units.
    pub quantity: u32,
    /// The price of one unit.
    pub unit_price: MoneyView,
    /// The price of all units.
    pub total: MoneyView,
}

impl LineView {
    /// A line of a bill of this product.
    pub fn of(pack: &Pack, line: &PurchaseLine) -> Self {
        let PurchaseLine { item, quantity, unit_price } = line;
        let name = pack.item_name(item);
        let label = pack.item(item).map_or_else(|| name.clone(), |item| item.label.to_owned());
        let amount = unit_price.amount.saturating_mul(i64::from(*quantity));
        Self {
            item: name,
            label,
            quantity: *quantity,
            unit_price: unit_price.into(),
            total: MoneyView { amount, currency: unit_price.currency.clone() },
        }
    }
}
