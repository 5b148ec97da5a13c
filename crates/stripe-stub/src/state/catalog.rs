//! Products and prices.

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::object;
use crate::form::Metadata;

#[derive(Serialize, Deserialize)]
pub(crate) struct Product {
    pub(crate) id: String,
    pub(crate) created: i64,
    pub(crate) updated: i64,
    pub(crate) active: bool,
    pub(crate) name: String,
    pub(crate) description: Option<String>,
    pub(crate) unit_label: Option<String>,
    pub(crate) metadata: Metadata,
}

#[derive(Clone, Serialize, Deserialize)]
pub(crate) struct Price {
    pub(crate) id: String,
    pub(crate) created: i64,
    pub(crate) active: bool,
    pub(crate) currency: String,
    pub(crate) unit_amount: i64,
    pub(crate) product: String,
    pub(crate) recurring: Option<Recurring>,
    pub(crate) lookup_key: Option<String>,
    pub(crate) nickname: Option<String>,
    pub(crate) tax_behavior: String,
    pub(crate) metadata: Metadata,
}

#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Recurring {
    pub(crate) interval: String,
    pub(crate) count: i64,
}

object!(Product, "product");
object!(Price, "price");

impl Product {
    pub(crate) fn json(&self) -> Value {
        json!({
            "id": self.id, "object": "product", "active": self.active, "created": self.created,
            "default_price": null, "description": self.description, "images": [], "livemode": false,
            "marketing_features": [], "metadata": self.metadata, "name": self.name,
            "package_dimensions": null, "shippable": null, "statement_descriptor": null,
            "tax_code": null, "unit_label": self.unit_label,
            "updated": self.updated, "url": null,
        })
    }
}

impl Price {
    pub(crate) fn json(&self) -> Value {
        let recurring = self.recurring.as_ref().map(|recurring| {
            json!({
                "interval": recurring.interval, "interval_count": recurring.count,
                "meter": null, "usage_type": "licensed",
            })
        });
        json!({
            "id": self.id, "object": "price", "active": self.active, "billing_scheme": "per_unit",
            "created": self.created, "currency": self.currency, "custom_unit_amount": null,
            "livemode": false, "lookup_key": self.lookup_key, "metadata": self.metadata,
            "nickname": self.nickname, "product": self.product,
            "type": if recurring.is_some() { "recurring" } else { "one_time" }, "recurring": recurring,
            "tax_behavior": self.tax_behavior, "tiers_mode": null, "transform_quantity": null,
            "unit_amount": self.unit_amount, "unit_amount_decimal": self.unit_amount.to_string(),
        })
    }
}
