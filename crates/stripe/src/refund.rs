//! Refunds: money that goes back to the card.

use serde::Deserialize;
use serde_json::json;

use crate::words::words;
use crate::{Client, IdempotencyKey, StripeError};

words! {
    /// Where a refund is.
    RefundStatus {
        Pending = "pending",
        RequiresAction = "requires_action",
        Succeeded = "succeeded",
        Failed = "failed",
        Canceled = "canceled",
    }
}

/// A refund.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub struct Refund {
    /// Its id.
    pub id: String,
    /// How much, in the smallest unit of the currency.
    pub amount: i64,
    /// Its currency.
    pub currency: String,
    /// Where it is.
    #[serde(default)]
    pub status: Option<RefundStatus>,
    /// The payment that it gives back.
    #[serde(default)]
    pub payment_intent: Option<String>,
}

impl Client {
    /// Gives back a payment, or that much of it.
    pub async fn create_refund(
        &self,
        payment_intent: &str,
        amount: Option<i64>,
        key: &IdempotencyKey,
    ) -> Result<Refund, StripeError> {
        let parameters = json!({"payment_intent": payment_intent, "amount": amount});
        self.post(&["refunds"], &parameters, key).await
    }
}
