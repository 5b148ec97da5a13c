//! What Stripe's portal offers.

use serde::Deserialize;
use serde_json::{Value, json};

use crate::answer::null_is_empty;
use crate::list::Listed;
use crate::{Client, IdempotencyKey, List, Metadata, StripeError};

/// A configuration of the portal.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub struct PortalConfiguration {
    /// Its id.
    pub id: String,
    /// It can be used.
    pub active: bool,
    /// It is the default of the account.
    pub is_default: bool,
    /// What we noted, by which we find ours.
    #[serde(default, deserialize_with = "null_is_empty")]
    pub metadata: Metadata,
}

impl Listed for PortalConfiguration {
    fn id(&self) -> &str {
        &self.id
    }
}

/// What a configuration shall be.
#[derive(Clone, Copy, Debug)]
pub struct PortalSettings<'a> {
    /// What the portal offers.
    pub features: &'a PortalFeatures<'a>,
    /// What to note.
    pub metadata: &'a Metadata,
}

/// What the portal offers.
#[derive(Clone, Debug, Default)]
pub struct PortalFeatures<'a> {
    /// To enter another card.
    pub payment_method_update: bool,
    /// To read old invoices.
    pub invoice_history: bool,
    /// To change these of `name`, `email`, `address`, `phone`, `shipping` and `tax_id`.
    pub customer_update: Vec<&'a str>,
    /// To cancel at the end of the period.
    pub subscription_cancel: bool,
    /// To change to a price of these, of which Stripe takes ten, and the quantity.
    pub subscription_update: Vec<PortalProduct<'a>>,
}

/// A product that a subscription may change to.
#[derive(Clone, Debug)]
pub struct PortalProduct<'a> {
    /// Its id.
    pub product: &'a str,
    /// Its prices that are offered.
    pub prices: Vec<&'a str>,
}

impl Client {
    /// Reads the configurations.
    pub async fn portal_configurations(&self, most: usize) -> Result<List<PortalConfiguration>, StripeError> {
        self.list(&["billing_portal", "configurations"], &json!({}), most).await
    }

    /// Creates a configuration.
    pub async fn create_portal_configuration(
        &self,
        settings: &PortalSettings<'_>,
        key: &IdempotencyKey,
    ) -> Result<PortalConfiguration, StripeError> {
        self.post(&["billing_portal", "configurations"], &settings.parameters(), key).await
    }

    /// Changes a configuration to be exactly so.
    pub async fn update_portal_configuration(
        &self,
        id: &str,
        settings: &PortalSettings<'_>,
        key: &IdempotencyKey,
    ) -> Result<PortalConfiguration, StripeError> {
        self.post(&["billing_portal", "configurations", id], &settings.parameters(), key).await
    }
}

impl PortalSettings<'_> {
    fn parameters(&self) -> Value {
        json!({"features": self.features.parameters(), "metadata": self.metadata})
    }
}

impl PortalFeatures<'_> {
    fn parameters(&self) -> Value {
        json!({
            "payment_method_update": {"enabled": self.payment_method_update},
            "invoice_history": {"enabled": self.invoice_history},
            "customer_update": {
                "enabled": !self.customer_update.is_empty(),
                "allowed_updates": self.customer_update,
            },
            "subscription_cancel": {
                "enabled": self.subscription_cancel,
                "mode": self.subscription_cancel.then_some("at_period_end"),
            },
            "subscription_update": self.subscription_update(),
        })
    }

    fn subscription_update(&self) -> Value {
        if self.subscription_update.is_empty() {
            return json!({"enabled": false});
        }
        let product = |one: &PortalProduct<'_>| {
            json!({
                "product": one.product,
                "prices": one.prices,
                "adjustable_quantity": {"enabled": true},
            })
        };
        json!({
            "enabled": true,
            "default_allowed_updates": ["price", "quantity"],
            "proration_behavior": "always_invoice",
            "products": self.subscription_update.iter().map(product).collect::<Vec<_>>(),
        })
    }
}
