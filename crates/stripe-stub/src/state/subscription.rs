//! Subscriptions and their items.

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::{Account, Line, Period, list, object};
use crate::form::Metadata;

#[derive(Clone, Serialize, Deserialize)]
pub(crate) struct Subscription {
    pub(crate) id: String,
    pub(crate) created: i64,
    pub(crate) customer: String,
    pub(crate) currency: String,
    pub(crate) status: Status,
    pub(crate) items: Vec<Item>,
    /// The present period, the same for all items.
    pub(crate) period: Period,
    /// Where the first period began.
    pub(crate) anchor: i64,
    pub(crate) cancel_at: Option<i64>,
    pub(crate) cancel_at_period_end: bool,
    pub(crate) canceled_at: Option<i64>,
    pub(crate) ended_at: Option<i64>,
    pub(crate) cancel_reason: Option<String>,
    pub(crate) cancel_comment: Option<String>,
    pub(crate) cancel_feedback: Option<String>,
    pub(crate) description: Option<String>,
    pub(crate) metadata: Metadata,
    pub(crate) latest_invoice: Option<String>,
    pub(crate) pending: Option<PendingUpdate>,
    /// Prorations that the next invoice will contain.
    pub(crate) waiting_lines: Vec<Line>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Status {
    Active,
    PastDue,
    Canceled,
}

#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Item {
    pub(crate) id: String,
    pub(crate) created: i64,
    pub(crate) price: String,
    pub(crate) quantity: i64,
    pub(crate) metadata: Metadata,
}

/// Items that apply once their invoice is paid.
#[derive(Clone, Serialize, Deserialize)]
pub(crate) struct PendingUpdate {
    pub(crate) invoice: String,
    pub(crate) expires_at: i64,
    /// The items that change, as they will be.
    pub(crate) items: Vec<Item>,
}

object!(Subscription, "subscription");

impl Status {
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Active => "active",
            Self::PastDue => "past_due",
            Self::Canceled => "canceled",
        }
    }
}

impl Subscription {
    pub(crate) fn is_live(&self) -> bool {
        self.status != Status::Canceled
    }

    /// Applies a pending update. It leaves alone what it does not name.
    pub(crate) fn apply(&mut self, update: PendingUpdate) {
        for item in update.items {
            match self.items.iter_mut().find(|present| present.id == item.id) {
                Some(present) => *present = item,
                None => self.items.push(item),
            }
        }
    }

    pub(crate) fn json(&self, account: &Account) -> Value {
        let customer = account.customers.find(&self.customer);
        let items: Vec<Value> = self.items.iter().map(|item| self.item_json(item, account)).collect();
        let pending = self.pending.as_ref().map(|pending| self.pending_json(pending, account));
        let mut value = json!({
            "id": self.id, "object": "subscription", "application": null, "application_fee_percent": null,
            "automatic_tax": { "disabled_reason": null, "enabled": false, "liability": null },
            "billing_cycle_anchor": self.anchor, "billing_cycle_anchor_config": null,
            "billing_mode": { "flexible": null, "type": "classic" }, "billing_schedules": [],
            "billing_thresholds": null, "cancel_at": self.cancel_at,
            "cancel_at_period_end": self.cancel_at_period_end, "canceled_at": self.canceled_at,
            "cancellation_details": {
                "comment": self.cancel_comment, "feedback": self.cancel_feedback,
                "reason": self.cancel_reason,
            },
            "collection_method": "charge_automatically", "created": self.created,
            "currency": self.currency, "customer": self.customer, "customer_account": null,
            "days_until_due": null,
            "default_payment_method": customer.and_then(|customer| customer.method_id()),
            "default_source": null, "default_tax_rates": [], "description": self.description,
            "discounts": [], "ended_at": self.ended_at,
            "invoice_settings": { "account_tax_ids": null, "issuer": { "type": "self" } },
        });
        let rest = json!({
            "items": list(&items, &format!("/v1/subscription_items?subscription={}", self.id)),
            "latest_invoice": self.latest_invoice, "livemode": false, "metadata": self.metadata,
            "next_pending_invoice_item_invoice": null, "on_behalf_of": null, "pause_collection": null,
            "payment_settings": {
                "payment_method_options": null, "payment_method_types": ["card"],
                "save_default_payment_method": "off",
            },
            "pending_invoice_item_interval": null, "pending_setup_intent": null,
            "pending_update": pending, "schedule": null, "start_date": self.anchor,
            "status": self.status.name(), "test_clock": null, "transfer_data": null, "trial_end": null,
            "trial_settings": { "end_behavior": { "missing_payment_method": "create_invoice" } },
            "trial_start": null,
        });
        join(&mut value, rest);
        value
    }

    fn pending_json(&self, pending: &PendingUpdate, account: &Account) -> Value {
        let items: Vec<Value> = pending.items.iter().map(|item| self.item_json(item, account)).collect();
        json!({
            "billing_cycle_anchor": null, "discount": null, "discounts": null,
            "expires_at": pending.expires_at, "metadata": null, "subscription_items": items,
            "trial_end": null, "trial_from_plan": null,
        })
    }

    fn item_json(&self, item: &Item, account: &Account) -> Value {
        let price = account.prices.find(&item.price);
        json!({
            "id": item.id, "object": "subscription_item", "billing_thresholds": null,
            "created": item.created, "current_period_end": self.period.end,
            "current_period_start": self.period.start, "discounts": [], "metadata": item.metadata,
            "price": price.map(super::Price::json),
            "quantity": item.quantity, "subscription": self.id, "tax_rates": [],
        })
    }
}

/// Adds the fields of one object to another.
pub(super) fn join(value: &mut Value, rest: Value) {
    if let (Value::Object(fields), Value::Object(rest)) = (value, rest) {
        fields.extend(rest);
    }
}
