//! Payment intents, charges and refunds.

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::{list, object};
use crate::form::Metadata;

#[derive(Serialize, Deserialize)]
pub(crate) struct Intent {
    pub(crate) id: String,
    pub(crate) created: i64,
    pub(crate) amount: i64,
    pub(crate) currency: String,
    pub(crate) customer: String,
    pub(crate) status: IntentStatus,
    pub(crate) charge: Option<String>,
    pub(crate) invoice: Option<String>,
    pub(crate) canceled_at: Option<i64>,
    pub(crate) metadata: Metadata,
}

#[derive(Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum IntentStatus {
    RequiresPaymentMethod,
    RequiresAction,
    Succeeded,
    Canceled,
}

#[derive(Serialize, Deserialize)]
pub(crate) struct Charge {
    pub(crate) id: String,
    pub(crate) created: i64,
    pub(crate) amount: i64,
    pub(crate) refunded: i64,
    pub(crate) currency: String,
    pub(crate) customer: String,
    pub(crate) intent: String,
    pub(crate) metadata: Metadata,
}

#[derive(Serialize, Deserialize)]
pub(crate) struct Refund {
    pub(crate) id: String,
    pub(crate) created: i64,
    pub(crate) amount: i64,
    pub(crate) currency: String,
    pub(crate) charge: String,
    pub(crate) intent: String,
    pub(crate) reason: Option<String>,
    pub(crate) metadata: Metadata,
}

object!(Intent, "payment_intent");
object!(Charge, "charge");
object!(Refund, "refund");

impl IntentStatus {
    const fn name(self) -> &'static str {
        match self {
            Self::RequiresPaymentMethod => "requires_payment_method",
            Self::RequiresAction => "requires_action",
            Self::Succeeded => "succeeded",
            Self::Canceled => "canceled",
        }
    }
}

impl Intent {
    pub(crate) fn json(&self) -> Value {
        let received = if self.status == IntentStatus::Succeeded { self.amount } else { 0 };
        let error = (self.status == IntentStatus::RequiresPaymentMethod).then(|| {
            json!({
                "code": "card_declined", "decline_code": "generic_decline",
                "message": "Your card was declined.", "type": "card_error",
            })
        });
        let next_action = (self.status == IntentStatus::RequiresAction)
            .then(|| json!({ "type": "use_stripe_sdk", "use_stripe_sdk": {} }));
        json!({
            "id": self.id, "object": "payment_intent", "amount": self.amount, "amount_capturable": 0,
            "amount_received": received, "application": null, "application_fee_amount": null,
            "automatic_payment_methods": null, "canceled_at": self.canceled_at,
            "cancellation_reason": self.canceled_at.map(|_| "void_invoice"),
            "capture_method": "automatic", "client_secret": format!("{}_secret_stub", self.id),
            "confirmation_method": "automatic", "created": self.created, "currency": self.currency,
            "customer": self.customer, "description": null, "last_payment_error": error,
            "latest_charge": self.charge, "livemode": false, "metadata": self.metadata,
            "next_action": next_action, "on_behalf_of": null, "payment_method": null,
            "payment_method_options": {}, "payment_method_types": ["card"], "processing": null,
            "receipt_email": null, "review": null, "setup_future_usage": null, "shipping": null,
            "statement_descriptor": null, "statement_descriptor_suffix": null,
            "status": self.status.name(), "transfer_data": null, "transfer_group": null,
        })
    }
}

impl Charge {
    pub(crate) fn json(&self) -> Value {
        json!({
            "id": self.id, "object": "charge", "amount": self.amount, "amount_captured": self.amount,
            "amount_refunded": self.refunded, "application": null, "application_fee": null,
            "application_fee_amount": null, "balance_transaction": null,
            "billing_details": {
                "address": null, "email": null, "name": null, "phone": null, "tax_id": null,
            },
            "calculated_statement_descriptor": null, "captured": true, "created": self.created,
            "currency": self.currency, "customer": self.customer, "description": null,
            "disputed": false, "failure_balance_transaction": null, "failure_code": null,
            "failure_message": null, "fraud_details": {}, "livemode": false,
            "metadata": self.metadata, "on_behalf_of": null, "outcome": null, "paid": true,
            "payment_intent": self.intent, "payment_method": null, "payment_method_details": null,
            "receipt_email": null, "receipt_number": null, "receipt_url": null,
            "refunded": self.refunded == self.amount, "review": null, "shipping": null,
            "source_transfer": null, "statement_descriptor": null,
            "statement_descriptor_suffix": null, "status": "succeeded", "transfer_data": null,
            "transfer_group": null, "refunds": list(&[], &format!("/v1/charges/{}/refunds", self.id)),
        })
    }
}

impl Refund {
    pub(crate) fn json(&self) -> Value {
        json!({
            "id": self.id, "object": "refund", "amount": self.amount, "balance_transaction": null,
            "charge": self.charge, "created": self.created, "currency": self.currency,
            "metadata": self.metadata, "payment_intent": self.intent, "reason": self.reason,
            "receipt_number": null, "source_transfer_reversal": null, "status": "succeeded",
            "transfer_reversal": null,
        })
    }
}
