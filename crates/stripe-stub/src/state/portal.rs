//! The portal: its configurations and its sessions.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::object;
use crate::form::Metadata;

#[derive(Serialize, Deserialize)]
pub(crate) struct Configuration {
    pub(crate) id: String,
    pub(crate) created: i64,
    pub(crate) updated: i64,
    pub(crate) active: bool,
    pub(crate) is_default: bool,
    pub(crate) name: Option<String>,
    pub(crate) headline: Option<String>,
    pub(crate) privacy_url: Option<String>,
    pub(crate) terms_url: Option<String>,
    pub(crate) return_url: Option<String>,
    pub(crate) features: Features,
    pub(crate) metadata: Metadata,
}

#[derive(Clone, Serialize, Deserialize)]
pub(crate) struct Features {
    /// The names of those that are switched on.
    pub(crate) on: BTreeSet<String>,
    pub(crate) allowed_customer_updates: Vec<String>,
    pub(crate) cancel_mode: String,
    pub(crate) cancel_proration: String,
    pub(crate) allowed_updates: Vec<String>,
    pub(crate) update_proration: String,
    /// Products with their prices.
    pub(crate) products: Vec<(String, Vec<String>)>,
}

#[derive(Clone, Serialize, Deserialize)]
pub(crate) struct PortalSession {
    pub(crate) id: String,
    pub(crate) created: i64,
    pub(crate) customer: String,
    pub(crate) configuration: String,
    pub(crate) return_url: Option<String>,
    pub(crate) locale: Option<String>,
    pub(crate) flow: Option<Flow>,
}

/// A change of a subscription that the customer is to confirm.
#[derive(Clone, Serialize, Deserialize)]
pub(crate) struct Flow {
    pub(crate) subscription: String,
    pub(crate) item: String,
    pub(crate) price: Option<String>,
    pub(crate) quantity: Option<i64>,
    /// Where the customer goes afterwards.
    pub(crate) redirect: Option<String>,
    pub(crate) done: bool,
}

object!(Configuration, "configuration");
object!(PortalSession, "billing_portal.session");

impl Default for Features {
    fn default() -> Self {
        Self {
            on: BTreeSet::new(),
            allowed_customer_updates: Vec::new(),
            cancel_mode: "at_period_end".to_owned(),
            cancel_proration: "none".to_owned(),
            allowed_updates: Vec::new(),
            update_proration: "none".to_owned(),
            products: Vec::new(),
        }
    }
}

impl Configuration {
    pub(crate) fn json(&self) -> Value {
        json!({
            "id": self.id, "object": "billing_portal.configuration", "active": self.active,
            "application": null,
            "business_profile": {
                "headline": self.headline, "privacy_policy_url": self.privacy_url,
                "terms_of_service_url": self.terms_url,
            },
            "created": self.created, "default_return_url": self.return_url,
            "features": self.features.json(), "is_default": self.is_default, "livemode": false,
            "login_page": { "enabled": false, "url": null }, "metadata": self.metadata,
            "name": self.name, "updated": self.updated,
        })
    }
}

impl Features {
    /// Whether a feature is switched on.
    pub(crate) fn has(&self, name: &str) -> bool {
        self.on.contains(name)
    }

    /// Whether customers may change this about their subscription.
    pub(crate) fn allows(&self, update: &str) -> bool {
        self.has("subscription_update") && self.allowed_updates.iter().any(|allowed| allowed == update)
    }

    fn json(&self) -> Value {
        let product = |(product, prices): &(String, Vec<String>)| {
            json!({
                "adjustable_quantity": { "enabled": false, "maximum": null, "minimum": 1 },
                "prices": prices, "product": product,
            })
        };
        let products: Vec<Value> = self.products.iter().map(product).collect();
        json!({
            "customer_update": {
                "allowed_updates": self.allowed_customer_updates,
                "enabled": self.has("customer_update"),
            },
            "invoice_history": { "enabled": self.has("invoice_history") },
            "payment_method_update": {
                "enabled": self.has("payment_method_update"), "payment_method_configuration": null,
            },
            "subscription_cancel": {
                "cancellation_reason": { "enabled": false, "options": [] }, "enabled": self.has("subscription_cancel"),
                "mode": self.cancel_mode, "proration_behavior": self.cancel_proration,
            },
            "subscription_update": {
                "billing_cycle_anchor": null, "default_allowed_updates": self.allowed_updates,
                "enabled": self.has("subscription_update"), "products": products,
                "proration_behavior": self.update_proration,
                "schedule_at_period_end": { "conditions": [] },
                "trial_update_behavior": "end_trial",
            },
        })
    }
}

impl PortalSession {
    pub(crate) fn json(&self, public_url: &str) -> Value {
        json!({
            "id": self.id, "object": "billing_portal.session", "configuration": self.configuration,
            "created": self.created, "customer": self.customer, "customer_account": null,
            "flow": self.flow.as_ref().map(Flow::json), "livemode": false, "locale": self.locale,
            "on_behalf_of": null, "return_url": self.return_url,
            "url": format!("{public_url}/portal/{}", self.id),
        })
    }
}

impl Flow {
    fn json(&self) -> Value {
        let kind = if self.redirect.is_some() { "redirect" } else { "portal_homepage" };
        let redirect = self.redirect.as_ref().map(|url| json!({ "return_url": url }));
        let mut item = json!({ "id": self.item, "price": self.price });
        if let Some(quantity) = self.quantity {
            item["quantity"] = quantity.into();
        }
        json!({
            "after_completion": { "hosted_confirmation": null, "redirect": redirect, "type": kind },
            "customer_update": null, "subscription_cancel": null, "subscription_update": null,
            "subscription_update_confirm": {
                "discounts": null, "items": [item], "subscription": self.subscription,
            },
            "type": "subscription_update_confirm",
        })
    }
}
