//! What an invoice would say.

use jiff::Timestamp;
use serde_json::{Value, json};

use crate::{Client, Invoice, ItemChange, PriceQuantity, StripeError};

/// When a change within a period is paid.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Proration {
    /// At once.
    AlwaysInvoice,
    /// Not for this period.
    None,
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
        /// From when on the rest of the period is counted.
        proration_date: Timestamp,
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
            Self::Change { subscription, items, proration, proration_date } => json!({
                "subscription": subscription,
                "subscription_details": {
                    "items": ItemChange::all(items),
                    "proration_behavior": proration.as_str(),
                    "proration_date": proration_date.as_second(),
                },
            }),
            Self::Renewal { subscription } => json!({"subscription": subscription}),
        }
    }
}

impl Proration {
    fn as_str(self) -> &'static str {
        match self {
            Self::AlwaysInvoice => "always_invoice",
            Self::None => "none",
        }
    }
}
