//! Invoices and their lines.

use serde::{Deserialize, Serialize};

use super::object;
use crate::form::Metadata;

#[derive(Clone, Serialize, Deserialize)]
pub(crate) struct Invoice {
    pub(crate) id: String,
    pub(crate) created: i64,
    pub(crate) number: Option<String>,
    pub(crate) customer: String,
    pub(crate) subscription: Option<String>,
    /// The metadata of the subscription at that time.
    pub(crate) subscription_metadata: Metadata,
    /// `subscription_create`, `subscription_update`, `subscription_cycle`, `manual` or `upcoming`.
    pub(crate) reason: String,
    pub(crate) status: InvoiceStatus,
    pub(crate) currency: String,
    pub(crate) lines: Vec<Line>,
    pub(crate) total: i64,
    pub(crate) starting_balance: i64,
    pub(crate) ending_balance: i64,
    pub(crate) amount_due: i64,
    pub(crate) amount_paid: i64,
    pub(crate) attempts: usize,
    pub(crate) next_attempt: Option<i64>,
    pub(crate) finalized_at: Option<i64>,
    pub(crate) paid_at: Option<i64>,
    pub(crate) voided_at: Option<i64>,
    pub(crate) period: Period,
    pub(crate) proration_date: Option<i64>,
    pub(crate) intent: Option<String>,
    /// The bank asks for the customer.
    pub(crate) needs_authentication: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum InvoiceStatus {
    Draft,
    Open,
    Paid,
    Void,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Period {
    pub(crate) start: i64,
    pub(crate) end: i64,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Line {
    pub(crate) id: String,
    pub(crate) amount: i64,
    pub(crate) description: String,
    pub(crate) price: String,
    pub(crate) quantity: i64,
    pub(crate) period: Period,
    pub(crate) proration: bool,
    /// The item of a subscription that it bills; `None` for what is sold once.
    pub(crate) item: Option<LineItem>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct LineItem {
    pub(crate) subscription: String,
    pub(crate) item: String,
}

object!(Invoice, "invoice");

impl InvoiceStatus {
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Draft => "draft",
            Self::Open => "open",
            Self::Paid => "paid",
            Self::Void => "void",
        }
    }
}

impl Invoice {
    pub(crate) fn remaining(&self) -> i64 {
        self.amount_due - self.amount_paid
    }

    /// How much of the customer's balance went into it.
    pub(crate) fn applied_balance(&self) -> i64 {
        self.starting_balance - self.ending_balance
    }
}
