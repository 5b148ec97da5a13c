//! Invoices, and previews of them.

use jiff::Timestamp;
use serde::Deserialize;
use serde_json::json;

use crate::list::Listed;
use crate::words::words;
use crate::{Client, Hidden, IdempotencyKey, List, Period, StripeError};

words! {
    /// Where an invoice is.
    InvoiceStatus {
        Draft = "draft",
        Open = "open",
        Paid = "paid",
        Uncollectible = "uncollectible",
        Void = "void",
    }
}

words! {
    /// Why there is an invoice.
    BillingReason {
        Manual = "manual",
        SubscriptionCreate = "subscription_create",
        SubscriptionCycle = "subscription_cycle",
        SubscriptionUpdate = "subscription_update",
        Upcoming = "upcoming",
    }
}

/// An invoice. Amounts are in the smallest unit of its currency.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub struct Invoice {
    /// Its id; a preview has none that lasts.
    #[serde(default)]
    pub id: String,
    /// The number that the customer sees; a draft has none.
    #[serde(default)]
    pub number: Option<String>,
    /// Who pays.
    pub customer: String,
    /// Where it is.
    #[serde(default)]
    pub status: Option<InvoiceStatus>,
    /// Why it is there.
    #[serde(default)]
    pub billing_reason: Option<BillingReason>,
    /// What has to be paid after the customer's credit.
    pub amount_due: i64,
    /// What is paid.
    pub amount_paid: i64,
    /// The sum of its lines, with taxes.
    pub total: i64,
    /// Its currency.
    pub currency: String,
    /// When it was made.
    #[serde(with = "jiff::fmt::serde::timestamp::second::required")]
    pub created: Timestamp,
    /// When it has to be paid, if it is not charged automatically.
    #[serde(default, with = "jiff::fmt::serde::timestamp::second::optional")]
    pub due_date: Option<Timestamp>,
    /// The page where it can be read and paid.
    #[serde(default)]
    pub hosted_invoice_url: Option<Hidden>,
    /// Its lines.
    pub lines: List<InvoiceLine>,
    /// It moves real money.
    pub livemode: bool,
    #[serde(default)]
    parent: Option<InvoiceParent>,
    #[serde(default)]
    payments: Option<List<InvoicePayment>>,
}

#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
struct InvoiceParent {
    #[serde(default)]
    subscription_details: Option<SubscriptionDetails>,
}

#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
struct SubscriptionDetails {
    subscription: String,
}

#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
struct InvoicePayment {
    status: String,
    payment: AssociatedPayment,
}

#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
struct AssociatedPayment {
    #[serde(default)]
    payment_intent: Option<String>,
}

impl Listed for Invoice {
    fn id(&self) -> &str {
        &self.id
    }
}

impl Invoice {
    /// The subscription that it bills.
    pub fn subscription(&self) -> Option<&str> {
        let details = self.parent.as_ref()?.subscription_details.as_ref()?;
        Some(&details.subscription)
    }

    /// The payments that paid it, which can be refunded; only an invoice that was read by its id
    /// has them.
    pub fn payment_intents(&self) -> impl Iterator<Item = &str> {
        let payments = self.payments.iter().flat_map(|payments| &payments.data);
        let paid = payments.filter(|one| one.status == "paid");
        paid.filter_map(|one| one.payment.payment_intent.as_deref())
    }
}

/// A line of an invoice.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub struct InvoiceLine {
    /// What the customer reads.
    #[serde(default)]
    pub description: Option<String>,
    /// What it adds to the total; a credit is negative.
    pub amount: i64,
    /// How many.
    #[serde(default)]
    pub quantity: Option<u64>,
    /// The time that it is for.
    pub period: Period,
    #[serde(default)]
    pricing: Option<Pricing>,
    #[serde(default)]
    parent: Option<LineParent>,
}

#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
struct Pricing {
    #[serde(default)]
    price_details: Option<PriceDetails>,
}

#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
struct PriceDetails {
    price: String,
}

#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
struct LineParent {
    #[serde(default)]
    subscription_item_details: Option<LineOrigin>,
    #[serde(default)]
    invoice_item_details: Option<LineOrigin>,
}

#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
struct LineOrigin {
    #[serde(default)]
    proration: bool,
    #[serde(default)]
    subscription_item: Option<String>,
}

impl InvoiceLine {
    /// The price that it bills.
    pub fn price(&self) -> Option<&str> {
        let details = self.pricing.as_ref()?.price_details.as_ref()?;
        Some(&details.price)
    }

    /// It is for a part of a period.
    pub fn is_proration(&self) -> bool {
        self.origin().is_some_and(|origin| origin.proration)
    }

    /// The item of the subscription that it bills.
    pub fn subscription_item(&self) -> Option<&str> {
        self.origin()?.subscription_item.as_deref()
    }

    fn origin(&self) -> Option<&LineOrigin> {
        let parent = self.parent.as_ref()?;
        parent.subscription_item_details.as_ref().or(parent.invoice_item_details.as_ref())
    }
}

impl Client {
    /// Reads an invoice and the payments towards it.
    pub async fn invoice(&self, id: &str) -> Result<Invoice, StripeError> {
        self.get(&["invoices", id], &json!({"expand": ["payments"]})).await
    }

    /// Reads the newest invoices of a customer.
    pub async fn invoices(&self, customer: &str, most: usize) -> Result<List<Invoice>, StripeError> {
        self.list(&["invoices"], &json!({"customer": customer}), most).await
    }

    /// Declares an open invoice void. A change that waits for its payment is dropped with it.
    pub async fn void_invoice(&self, id: &str, key: &IdempotencyKey) -> Result<Invoice, StripeError> {
        self.post(&["invoices", id, "void"], &json!({}), key).await
    }
}
