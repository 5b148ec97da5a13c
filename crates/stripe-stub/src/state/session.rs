//! Checkout sessions.

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::{Account, list, object};
use crate::form::Metadata;

#[derive(Clone, Serialize, Deserialize)]
pub(crate) struct Session {
    pub(crate) id: String,
    pub(crate) created: i64,
    pub(crate) expires_at: i64,
    pub(crate) mode: Mode,
    pub(crate) customer: String,
    pub(crate) currency: String,
    pub(crate) lines: Vec<SessionLine>,
    pub(crate) success_url: String,
    pub(crate) cancel_url: Option<String>,
    pub(crate) client_reference: Option<String>,
    pub(crate) locale: Option<String>,
    pub(crate) metadata: Metadata,
    /// For the subscription or the payment that comes of it.
    pub(crate) inner_metadata: Metadata,
    pub(crate) inner_description: Option<String>,
    pub(crate) makes_invoice: bool,
    pub(crate) status: SessionStatus,
    pub(crate) subscription: Option<String>,
    pub(crate) invoice: Option<String>,
    pub(crate) intent: Option<String>,
    /// The bank asks for the customer.
    pub(crate) needs_authentication: bool,
    /// The last try to pay was declined.
    pub(crate) declined: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Mode {
    Payment,
    Subscription,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum SessionStatus {
    Open,
    Complete,
    Expired,
}

#[derive(Clone, Serialize, Deserialize)]
pub(crate) struct SessionLine {
    pub(crate) id: String,
    pub(crate) price: String,
    pub(crate) quantity: i64,
    pub(crate) amount: i64,
}

object!(Session, "checkout.session");

impl SessionStatus {
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Open => "open",
            Self::Complete => "complete",
            Self::Expired => "expired",
        }
    }
}

impl Mode {
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Payment => "payment",
            Self::Subscription => "subscription",
        }
    }
}

impl Session {
    pub(crate) fn total(&self) -> i64 {
        self.lines.iter().map(|line| line.amount).sum()
    }

    pub(crate) fn payment_status(&self) -> &'static str {
        if self.status == SessionStatus::Complete { "paid" } else { "unpaid" }
    }

    pub(crate) fn json(&self, account: &Account, public_url: &str) -> Value {
        let email = account.customers.find(&self.customer).and_then(|customer| customer.email.clone());
        let url = (self.status == SessionStatus::Open).then(|| format!("{public_url}/checkout/{}", self.id));
        let mut value = json!({
            "id": self.id, "object": "checkout.session", "adaptive_pricing": null,
            "after_expiration": null, "allow_promotion_codes": null, "amount_subtotal": self.total(),
            "amount_total": self.total(),
            "automatic_tax": { "enabled": false, "liability": null, "provider": null, "status": null },
            "billing_address_collection": null, "cancel_url": self.cancel_url,
            "client_reference_id": self.client_reference, "client_secret": null,
            "collected_information": null, "consent": null, "consent_collection": null,
            "created": self.created, "currency": self.currency, "currency_conversion": null,
            "custom_fields": [],
            "custom_text": {
                "after_submit": null, "shipping_address": null, "submit": null,
                "terms_of_service_acceptance": null,
            },
            "customer": self.customer, "customer_account": null, "customer_creation": null,
            "customer_details": {
                "address": null, "email": email, "name": null, "phone": null,
                "tax_exempt": "none", "tax_ids": null,
            },
            "customer_email": null, "discounts": [], "expires_at": self.expires_at,
        });
        let rest = json!({
            "invoice": self.invoice, "invoice_creation": null, "livemode": false,
            "locale": self.locale, "metadata": self.metadata, "mode": self.mode.name(),
            "origin_context": null, "payment_intent": self.intent, "payment_link": null,
            "payment_method_collection": (self.mode == Mode::Subscription).then_some("always"),
            "payment_method_configuration_details": null, "payment_method_options": {},
            "payment_method_types": ["card"], "payment_status": self.payment_status(),
            "permissions": null, "phone_number_collection": { "enabled": false },
            "recovered_from": null, "saved_payment_method_options": null, "setup_intent": null,
            "shipping_address_collection": null, "shipping_cost": null, "shipping_options": [],
            "status": self.status.name(), "submit_type": null, "subscription": self.subscription,
            "success_url": self.success_url,
            "total_details": { "amount_discount": 0, "amount_shipping": 0, "amount_tax": 0 },
            "ui_mode": "hosted_page", "url": url, "wallet_options": null,
        });
        super::subscription::join(&mut value, rest);
        value
    }

    /// What is bought, which Stripe shows only where it is asked for.
    pub(crate) fn lines_json(&self, account: &Account) -> Value {
        let line = |line: &SessionLine| {
            let price = account.prices.find(&line.price);
            let product = price.and_then(|price| account.products.find(&price.product));
            json!({
                "id": line.id, "object": "item", "amount_discount": 0, "amount_subtotal": line.amount,
                "amount_tax": 0, "amount_total": line.amount, "currency": self.currency,
                "description": product.map(|product| &product.name),
                "price": price.map(super::Price::json), "quantity": line.quantity,
            })
        };
        list(
            &self.lines.iter().map(line).collect::<Vec<_>>(),
            &format!("/v1/checkout/sessions/{}/line_items", self.id),
        )
    }
}
