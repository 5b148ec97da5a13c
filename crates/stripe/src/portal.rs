//! Stripe's portal, where a customer looks after cards, invoices and plans.

use serde::Deserialize;
use serde_json::{Value, json};

use crate::{Client, Hidden, IdempotencyKey, StripeError};

/// A visit to the portal.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub struct PortalSession {
    /// Its id.
    pub id: String,
    /// The page, which opens without a sign-in.
    pub url: Hidden,
}

/// A visit that Stripe shall open.
#[derive(Clone, Copy, Debug)]
pub struct NewPortalSession<'a> {
    /// Who visits.
    pub customer: &'a str,
    /// What the portal offers; none for the default of the account.
    pub configuration: Option<&'a str>,
    /// Where the customer goes afterwards.
    pub return_url: &'a str,
    /// The one thing that the visit is for; none for the whole portal.
    pub flow: Option<PortalFlow<'a>>,
}

/// The one thing that a visit is for.
#[derive(Clone, Copy, Debug)]
pub enum PortalFlow<'a> {
    /// To enter another card.
    PaymentMethodUpdate,
    /// To confirm a change of a subscription, which must have one item only.
    SubscriptionUpdateConfirm {
        /// The subscription.
        subscription: &'a str,
        /// Its item after the change.
        item: ConfirmedItem<'a>,
    },
}

/// The item of a subscription after a change.
#[derive(Clone, Copy, Debug)]
pub struct ConfirmedItem<'a> {
    /// The id of the item.
    pub item: &'a str,
    /// The price that it shall have.
    pub price: &'a str,
    /// How many.
    pub quantity: u64,
}

impl Client {
    /// Opens the portal for a customer.
    pub async fn create_portal_session(
        &self,
        new: &NewPortalSession<'_>,
        key: &IdempotencyKey,
    ) -> Result<PortalSession, StripeError> {
        let parameters = json!({
            "customer": new.customer,
            "configuration": new.configuration,
            "return_url": new.return_url,
            "flow_data": new.flow.map(|flow| flow.parameters(new.return_url)),
        });
        self.post(&["billing_portal", "sessions"], &parameters, key).await
    }
}

impl PortalFlow<'_> {
    /// Without a redirect, the customer would be left on a page of Stripe.
    fn parameters(self, return_url: &str) -> Value {
        let back = json!({"type": "redirect", "redirect": {"return_url": return_url}});
        match self {
            Self::PaymentMethodUpdate => json!({"type": "payment_method_update", "after_completion": back}),
            Self::SubscriptionUpdateConfirm { subscription, item } => json!({
                "type": "subscription_update_confirm",
                "subscription_update_confirm": {
                    "subscription": subscription,
                    "items": [{"id": item.item, "price": item.price, "quantity": item.quantity}],
                },
                "after_completion": back,
            }),
        }
    }
}
