//! What an invoice would say.

use jiff::Timestamp;
use serde_json::{Value, json};

use crate::{Client, Invoice, ItemChange, PriceQuantity, StripeError};

/// When a change within a period is paid.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Proration {
    /// At once, for the rest of the period from this time on.
    AtOnce {
        /// The time.
        from: Timestamp,
    },
    /// Not for this period. Stripe takes no time with it.
    Never,
}

/// The invoice to preview.
#[derive(Clone, Copy, Debug)]
pub enum Preview<'a> {
    /// The first of a new subscription.
    New {
        /// Who would pay.
        customer: &'a str,
        /// What would be bought.
        items: &'a [PriceQuantity<'a>],
    },
    /// The next one after a change: of the change itself if it is paid at once.
    Change {
        /// The subscription that would change.
        subscription: &'a str,
        /// The changes.
        items: &'a [ItemChange<'a>],
        /// When the rest of the period is paid.
        proration: Proration,
    },
    /// The next renewal as things are.
    Renewal {
        /// The subscription.
        subscription: &'a str,
    },
}

impl Client {
    /// Computes an invoice without making one.
    pub async fn preview_invoice(&self, preview: &Preview<'_>) -> Result<Invoice, StripeError> {
        self.ask(&["invoices", "create_preview"], &preview.parameters()).await
    }
}

impl Preview<'_> {
    fn parameters(&self) -> Value {
        match self {
            Self::New { customer, items } => json!({
                "customer": customer,
                "subscription_details": {
                    "items": items.iter().map(|item| item.parameters()).collect::<Vec<_>>(),
                    "billing_mode": {"type": "classic"},
                },
            }),
            Self::Change { subscription, items, proration } => json!({
                "subscription": subscription,
                "subscription_details": {
                    "items": ItemChange::all(items),
                    "proration_behavior": proration.behavior(),
                    "proration_date": proration.date(),
                },
            }),
            Self::Renewal { subscription } => json!({"subscription": subscription}),
        }
    }
}

impl Proration {
    fn behavior(self) -> &'static str {
        match self {
            Self::AtOnce { .. } => "always_invoice",
            Self::Never => "none",
        }
    }

    fn date(self) -> Option<i64> {
        match self {
            Self::AtOnce { from } => Some(from.as_second()),
            Self::Never => None,
        }
    }
}
