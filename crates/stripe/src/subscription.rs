//! Subscriptions: one for each workspace that pays, with one item for each price.

use jiff::Timestamp;
use serde::Deserialize;
use serde_json::{Value, json};

use crate::answer::null_is_empty;
use crate::list::Listed;
use crate::words::words;
use crate::{Client, IdempotencyKey, List, Metadata, Period, Price, StripeError};

words! {
    /// Whether a subscription is paid.
    SubscriptionStatus {
        Active = "active",
        Canceled = "canceled",
        Incomplete = "incomplete",
        IncompleteExpired = "incomplete_expired",
        PastDue = "past_due",
        Paused = "paused",
        Trialing = "trialing",
        Unpaid = "unpaid",
    }
}

words! {
    /// How invoices are paid.
    CollectionMethod { ChargeAutomatically = "charge_automatically", SendInvoice = "send_invoice", }
}

/// A subscription.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub struct Subscription {
    /// Its id.
    pub id: String,
    /// Who pays.
    pub customer: String,
    /// Whether it is paid.
    pub status: SubscriptionStatus,
    /// What is paid for.
    pub items: List<SubscriptionItem>,
    /// When it was made.
    #[serde(with = "jiff::fmt::serde::timestamp::second::required")]
    pub created: Timestamp,
    /// When it will end. Some ways of cancelling set only this, and some only `cancel_at_period_end`.
    #[serde(default, with = "jiff::fmt::serde::timestamp::second::optional")]
    pub cancel_at: Option<Timestamp>,
    /// It will end with the period that is paid.
    pub cancel_at_period_end: bool,
    /// When it ended.
    #[serde(default, with = "jiff::fmt::serde::timestamp::second::optional")]
    pub ended_at: Option<Timestamp>,
    /// Its newest invoice.
    #[serde(default)]
    pub latest_invoice: Option<String>,
    /// The change that waits for its payment.
    #[serde(default)]
    pub pending_update: Option<PendingUpdate>,
    /// How invoices are paid.
    pub collection_method: CollectionMethod,
    /// It moves real money.
    pub livemode: bool,
    /// What we noted.
    #[serde(default, deserialize_with = "null_is_empty")]
    pub metadata: Metadata,
}

/// How many of one price.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub struct SubscriptionItem {
    /// Its id.
    pub id: String,
    /// The price.
    pub price: Price,
    /// How many.
    #[serde(default)]
    pub quantity: u64,
    /// When the period that is paid began.
    #[serde(with = "jiff::fmt::serde::timestamp::second::required")]
    pub current_period_start: Timestamp,
    /// When it ends.
    #[serde(with = "jiff::fmt::serde::timestamp::second::required")]
    pub current_period_end: Timestamp,
}

/// A change that waits for its payment.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub struct PendingUpdate {
    /// When Stripe drops it.
    #[serde(with = "jiff::fmt::serde::timestamp::second::required")]
    pub expires_at: Timestamp,
    /// What will be paid for.
    #[serde(default, deserialize_with = "null_is_empty")]
    pub subscription_items: Vec<SubscriptionItem>,
}

impl Listed for Subscription {
    fn id(&self) -> &str {
        &self.id
    }
}

impl Subscription {
    /// The period that is paid. All items share it, unless somebody mixed intervals at Stripe: then
    /// the one that ends first.
    pub fn period(&self) -> Option<Period> {
        let period = |item: &SubscriptionItem| Period {
            start: item.current_period_start,
            end: item.current_period_end,
        };
        self.items.data.iter().map(period).min_by_key(|period| period.end)
    }
}

/// A change of one item. Quantities are absolute.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ItemChange<'a> {
    /// A price that has no item yet.
    New {
        /// The id of the price.
        price: &'a str,
        /// How many.
        quantity: u64,
    },
    /// An item that is there.
    Set {
        /// The id of the item.
        item: &'a str,
        /// How many.
        quantity: u64,
    },
    /// An item that goes. Stripe refuses this in a charge.
    Remove {
        /// The id of the item.
        item: &'a str,
    },
}

impl ItemChange<'_> {
    fn parameters(self) -> Value {
        match self {
            Self::New { price, quantity } => json!({"price": price, "quantity": quantity}),
            Self::Set { item, quantity } => json!({"id": item, "quantity": quantity}),
            Self::Remove { item } => json!({"id": item, "deleted": true}),
        }
    }

    pub(crate) fn all(changes: &[ItemChange<'_>]) -> Value {
        changes.iter().map(|change| change.parameters()).collect()
    }
}

impl Client {
    /// Reads the subscriptions of a customer, also those that ended.
    pub async fn subscriptions(
        &self,
        customer: &str,
        most: usize,
    ) -> Result<List<Subscription>, StripeError> {
        self.list(&["subscriptions"], &json!({"customer": customer, "status": "all"}), most).await
    }

    /// Reads a subscription.
    pub async fn subscription(&self, id: &str) -> Result<Subscription, StripeError> {
        self.get(&["subscriptions", id], &json!({})).await
    }

    /// Brings quantities to what they should be, and says whether it ends with the period, if that
    /// shall change. Nobody is charged: the next invoice has the new quantities.
    pub async fn level_subscription(
        &self,
        id: &str,
        items: &[ItemChange<'_>],
        cancel_at_period_end: Option<bool>,
        key: &IdempotencyKey,
    ) -> Result<Subscription, StripeError> {
        let parameters = json!({
            "items": ItemChange::all(items),
            "cancel_at_period_end": cancel_at_period_end,
            "proration_behavior": "none",
        });
        self.post(&["subscriptions", id], &parameters, key).await
    }

    /// Charges for the rest of the period at once. A change whose payment fails, or waits for the
    /// customer, stands in `pending_update`; `latest_invoice` names the invoice of the charge. The
    /// answer may be a replay: the outcome is in a fresh read of that invoice.
    pub async fn charge_subscription(
        &self,
        id: &str,
        items: &[ItemChange<'_>],
        proration_date: Timestamp,
        key: &IdempotencyKey,
    ) -> Result<Subscription, StripeError> {
        let parameters = json!({
            "items": ItemChange::all(items),
            "payment_behavior": "pending_if_incomplete",
            "proration_behavior": "always_invoice",
            "proration_date": proration_date.as_second(),
        });
        self.post(&["subscriptions", id], &parameters, key).await
    }

    /// Lets it end with the period, or go on.
    pub async fn set_cancellation(
        &self,
        id: &str,
        at_period_end: bool,
        key: &IdempotencyKey,
    ) -> Result<Subscription, StripeError> {
        self.post(&["subscriptions", id], &json!({"cancel_at_period_end": at_period_end}), key).await
    }

    /// Forgets a time at which it would end, which somebody set by date.
    pub async fn clear_end(&self, id: &str, key: &IdempotencyKey) -> Result<Subscription, StripeError> {
        self.post(&["subscriptions", id], &json!({"cancel_at": ""}), key).await
    }

    /// Ends it at once. With `prorate`, what is unused becomes a credit of the customer; with
    /// `invoice_now`, what is open is charged.
    pub async fn cancel_subscription(
        &self,
        id: &str,
        invoice_now: bool,
        prorate: bool,
    ) -> Result<Subscription, StripeError> {
        let parameters = json!({"invoice_now": invoice_now, "prorate": prorate});
        self.delete(&["subscriptions", id], &parameters).await
    }
}
