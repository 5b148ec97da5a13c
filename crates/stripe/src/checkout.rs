//! Checkout: the page where a customer enters a card and pays for the first time.

use jiff::Timestamp;
use serde::Deserialize;
use serde_json::{Value, json};

use crate::answer::null_is_empty;
use crate::list::Listed;
use crate::words::words;
use crate::{Client, Hidden, IdempotencyKey, List, Metadata, StripeError};

words! {
    /// Where a session is.
    CheckoutStatus { Open = "open", Complete = "complete", Expired = "expired", }
}

words! {
    /// Whether a session is paid. A complete one need not be.
    CheckoutPayment { Paid = "paid", Unpaid = "unpaid", NoPaymentRequired = "no_payment_required", }
}

words! {
    /// What a session is for.
    CheckoutMode { Payment = "payment", Subscription = "subscription", Setup = "setup", }
}

/// How many of a price.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PriceQuantity<'a> {
    /// The id of the price.
    pub price: &'a str,
    /// How many.
    pub quantity: u64,
}

impl PriceQuantity<'_> {
    pub(crate) fn parameters(self) -> Value {
        json!({"price": self.price, "quantity": self.quantity})
    }
}

/// A session that Stripe shall open.
#[derive(Clone, Copy, Debug)]
pub struct NewCheckout<'a> {
    /// Who pays.
    pub customer: &'a str,
    /// The workspace that buys.
    pub workspace: &'a str,
    /// The purchase that this session pays for.
    pub purchase: &'a str,
    /// What is bought.
    pub lines: &'a [PriceQuantity<'a>],
    /// Where the customer goes after paying.
    pub success_url: &'a str,
    /// Where the customer goes who does not want to pay.
    pub cancel_url: &'a str,
    /// When the page closes: half an hour to a day from now.
    pub expires_at: Timestamp,
}

/// A session of Checkout.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub struct CheckoutSession {
    /// Its id.
    pub id: String,
    /// The page, while the session is open.
    #[serde(default)]
    pub url: Option<Hidden>,
    /// What it is for.
    pub mode: CheckoutMode,
    /// Where it is.
    #[serde(default)]
    pub status: Option<CheckoutStatus>,
    /// Whether it is paid.
    pub payment_status: CheckoutPayment,
    /// Who pays.
    #[serde(default)]
    pub customer: Option<String>,
    /// The subscription that it made.
    #[serde(default)]
    pub subscription: Option<String>,
    /// The payment of a session that buys once.
    #[serde(default)]
    pub payment_intent: Option<String>,
    /// The first invoice of the subscription.
    #[serde(default)]
    pub invoice: Option<String>,
    /// What it costs, in the smallest unit of the currency.
    #[serde(default)]
    pub amount_total: Option<i64>,
    /// The currency of the amount.
    #[serde(default)]
    pub currency: Option<String>,
    /// When the page closes.
    #[serde(with = "jiff::fmt::serde::timestamp::second::required")]
    pub expires_at: Timestamp,
    /// It moves real money.
    pub livemode: bool,
    /// What we noted.
    #[serde(default, deserialize_with = "null_is_empty")]
    pub metadata: Metadata,
}

impl Listed for CheckoutSession {
    fn id(&self) -> &str {
        &self.id
    }
}

impl Client {
    /// Opens a session that starts a subscription. Only cards are offered: changes of a subscription
    /// can wait for their payment with cards only.
    pub async fn create_subscription_checkout(
        &self,
        new: &NewCheckout<'_>,
        key: &IdempotencyKey,
    ) -> Result<CheckoutSession, StripeError> {
        let mut parameters = new.parameters("subscription");
        parameters["subscription_data"] = json!({
            "metadata": {"workspace": new.workspace},
            "billing_mode": {"type": "classic"},
        });
        self.post(&["checkout", "sessions"], &parameters, key).await
    }

    /// Opens a session that buys something once.
    pub async fn create_payment_checkout(
        &self,
        new: &NewCheckout<'_>,
        key: &IdempotencyKey,
    ) -> Result<CheckoutSession, StripeError> {
        let mut parameters = new.parameters("payment");
        parameters["payment_intent_data"] = json!({"metadata": new.metadata()});
        self.post(&["checkout", "sessions"], &parameters, key).await
    }

    /// Reads a session.
    pub async fn checkout_session(&self, id: &str) -> Result<CheckoutSession, StripeError> {
        self.get(&["checkout", "sessions", id], &json!({})).await
    }

    /// Reads the newest sessions of a customer.
    pub async fn checkout_sessions(
        &self,
        customer: &str,
        most: usize,
    ) -> Result<List<CheckoutSession>, StripeError> {
        self.list(&["checkout", "sessions"], &json!({"customer": customer}), most).await
    }

    /// Closes the page of an open session, so that nobody pays there any more. Stripe refuses this
    /// for a session that is not open.
    pub async fn expire_checkout(
        &self,
        id: &str,
        key: &IdempotencyKey,
    ) -> Result<CheckoutSession, StripeError> {
        self.post(&["checkout", "sessions", id, "expire"], &json!({}), key).await
    }
}

impl NewCheckout<'_> {
    fn parameters(&self, mode: &str) -> Value {
        let lines: Vec<_> = self.lines.iter().map(|line| line.parameters()).collect();
        json!({
            "mode": mode,
            "customer": self.customer,
            "client_reference_id": self.purchase,
            "line_items": lines,
            "payment_method_types": ["card"],
            "success_url": self.success_url,
            "cancel_url": self.cancel_url,
            "expires_at": self.expires_at.as_second(),
            "metadata": self.metadata(),
        })
    }

    fn metadata(&self) -> Value {
        json!({"workspace": self.workspace, "purchase": self.purchase})
    }
}
