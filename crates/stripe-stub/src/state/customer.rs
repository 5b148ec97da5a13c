//! Customers, with the card they pay with.

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::object;
use crate::act::Card;
use crate::form::Metadata;

#[derive(Serialize, Deserialize)]
pub(crate) struct Customer {
    pub(crate) id: String,
    pub(crate) created: i64,
    pub(crate) email: Option<String>,
    pub(crate) name: Option<String>,
    pub(crate) description: Option<String>,
    pub(crate) metadata: Metadata,
    /// What the customer owes in addition to the next invoice; negative: has to their credit.
    pub(crate) balance: i64,
    pub(crate) currency: Option<String>,
    pub(crate) locales: Vec<String>,
    pub(crate) method: Option<PaymentMethod>,
    /// The next payment is declined, whatever the card.
    pub(crate) next_fails: bool,
    pub(crate) delinquent: bool,
    pub(crate) next_invoice: u32,
}

#[derive(Clone, Serialize, Deserialize)]
pub(crate) struct PaymentMethod {
    pub(crate) id: String,
    pub(crate) card: Card,
}

object!(Customer, "customer");

impl Customer {
    /// What numbers of invoices begin with.
    pub(crate) fn invoice_prefix(&self) -> String {
        self.id.chars().skip(4).take(8).collect::<String>().to_uppercase()
    }

    pub(crate) fn method_id(&self) -> Option<&str> {
        self.method.as_ref().map(|method| method.id.as_str())
    }

    pub(crate) fn json(&self) -> Value {
        json!({
            "id": self.id, "object": "customer", "created": self.created, "livemode": false,
            "address": null, "balance": self.balance, "currency": self.currency,
            "default_source": null, "delinquent": self.delinquent, "description": self.description,
            "discount": null, "email": self.email, "invoice_prefix": self.invoice_prefix(),
            "invoice_settings": {
                "custom_fields": null, "default_payment_method": self.method_id(),
                "footer": null, "rendering_options": null,
            },
            "metadata": self.metadata, "name": self.name, "next_invoice_sequence": self.next_invoice,
            "phone": null, "preferred_locales": self.locales, "shipping": null,
            "tax_exempt": "none", "test_clock": null,
        })
    }
}
