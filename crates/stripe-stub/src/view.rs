//! What tests may see of an account.

use std::collections::BTreeMap;

use jiff::Timestamp;

use crate::state::{Account, Charge, Invoice, Item, Line, Session, Subscription};

/// An account, as it is now. Everything comes oldest first.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct AccountView {
    /// The customers.
    pub customers: Vec<CustomerView>,
    /// The subscriptions, also those that ended.
    pub subscriptions: Vec<SubscriptionView>,
    /// The invoices.
    pub invoices: Vec<InvoiceView>,
    /// The money that was taken.
    pub payments: Vec<PaymentView>,
    /// The money that was given back.
    pub refunds: Vec<RefundView>,
    /// The Checkout sessions.
    pub sessions: Vec<SessionView>,
    /// The ids of the portal sessions.
    pub portal_sessions: Vec<String>,
    /// The types of the events.
    pub events: Vec<String>,
}

/// A customer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CustomerView {
    /// The id.
    pub id: String,
    /// The address.
    pub email: Option<String>,
    /// What they owe besides invoices; negative: their credit.
    pub balance: i64,
    /// The metadata.
    pub metadata: BTreeMap<String, String>,
}

/// A subscription.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SubscriptionView {
    /// The id.
    pub id: String,
    /// The id of the customer.
    pub customer: String,
    /// The status, as the API names it.
    pub status: &'static str,
    /// The items.
    pub items: Vec<ItemView>,
    /// When the period began.
    pub period_start: Timestamp,
    /// When the period ends.
    pub period_end: Timestamp,
    /// When it ends, if that is known.
    pub cancel_at: Option<Timestamp>,
    /// Whether it ends with its period.
    pub cancel_at_period_end: bool,
    /// The invoice that a pending update waits for.
    pub pending_invoice: Option<String>,
    /// The newest invoice.
    pub latest_invoice: Option<String>,
    /// The metadata.
    pub metadata: BTreeMap<String, String>,
}

/// An item of a subscription.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ItemView {
    /// The id.
    pub id: String,
    /// The id of the price.
    pub price: String,
    /// The lookup key of the price.
    pub lookup_key: Option<String>,
    /// The quantity.
    pub quantity: i64,
}

/// An invoice.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct InvoiceView {
    /// The id.
    pub id: String,
    /// The id of the customer.
    pub customer: String,
    /// The id of the subscription.
    pub subscription: Option<String>,
    /// The status, as the API names it.
    pub status: &'static str,
    /// The reason, as the API names it.
    pub reason: String,
    /// The sum of the lines.
    pub total: i64,
    /// What is charged for it.
    pub amount_due: i64,
    /// What was paid.
    pub amount_paid: i64,
    /// The lines.
    pub lines: Vec<LineView>,
}

/// A line of an invoice.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LineView {
    /// The lookup key of the price.
    pub lookup_key: Option<String>,
    /// The quantity.
    pub quantity: i64,
    /// The amount; negative: a credit.
    pub amount: i64,
    /// Whether it is for a part of a period.
    pub proration: bool,
}

/// Money that was taken.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PaymentView {
    /// The id of the charge.
    pub charge: String,
    /// The id of the payment intent.
    pub intent: String,
    /// The id of the customer.
    pub customer: String,
    /// The amount.
    pub amount: i64,
    /// The amount that was given back.
    pub refunded: i64,
    /// The invoice that it paid.
    pub invoice: Option<String>,
}

/// Money that was given back.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RefundView {
    /// The id.
    pub id: String,
    /// The id of the charge.
    pub charge: String,
    /// The amount.
    pub amount: i64,
}

/// A Checkout session.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SessionView {
    /// The id.
    pub id: String,
    /// The id of the customer.
    pub customer: String,
    /// `payment` or `subscription`.
    pub mode: &'static str,
    /// `open`, `complete` or `expired`.
    pub status: &'static str,
    /// `paid` or `unpaid`.
    pub payment_status: &'static str,
    /// The sum of the lines.
    pub total: i64,
    /// The subscription that came of it.
    pub subscription: Option<String>,
    /// The invoice that came of it.
    pub invoice: Option<String>,
}

fn time(second: i64) -> Timestamp {
    Timestamp::from_second(second).unwrap_or(Timestamp::MAX)
}

impl AccountView {
    pub(crate) fn of(account: &Account) -> Self {
        let customer = |customer: &crate::state::Customer| CustomerView {
            id: customer.id.clone(),
            email: customer.email.clone(),
            balance: customer.balance,
            metadata: customer.metadata.clone(),
        };
        let refund = |refund: &crate::state::Refund| RefundView {
            id: refund.id.clone(),
            charge: refund.charge.clone(),
            amount: refund.amount,
        };
        Self {
            customers: account.customers.all().iter().map(customer).collect(),
            subscriptions: account
                .subscriptions
                .all()
                .iter()
                .map(|entry| subscription(account, entry))
                .collect(),
            invoices: account.invoices.all().iter().map(|entry| invoice(account, entry)).collect(),
            payments: account.charges.all().iter().map(|entry| payment(account, entry)).collect(),
            refunds: account.refunds.all().iter().map(refund).collect(),
            sessions: account.sessions.all().iter().map(session).collect(),
            portal_sessions: account.portals.all().iter().map(|portal| portal.id.clone()).collect(),
            events: account.events.all().iter().map(|event| event.kind.clone()).collect(),
        }
    }
}

fn lookup_key(account: &Account, price: &str) -> Option<String> {
    account.prices.find(price).and_then(|price| price.lookup_key.clone())
}

fn subscription(account: &Account, entry: &Subscription) -> SubscriptionView {
    let item = |item: &Item| ItemView {
        id: item.id.clone(),
        price: item.price.clone(),
        lookup_key: lookup_key(account, &item.price),
        quantity: item.quantity,
    };
    SubscriptionView {
        id: entry.id.clone(),
        customer: entry.customer.clone(),
        status: entry.status.name(),
        items: entry.items.iter().map(item).collect(),
        period_start: time(entry.period.start),
        period_end: time(entry.period.end),
        cancel_at: entry.cancel_at.map(time),
        cancel_at_period_end: entry.cancel_at_period_end,
        pending_invoice: entry.pending.as_ref().map(|pending| pending.invoice.clone()),
        latest_invoice: entry.latest_invoice.clone(),
        metadata: entry.metadata.clone(),
    }
}

fn invoice(account: &Account, entry: &Invoice) -> InvoiceView {
    let line = |line: &Line| LineView {
        lookup_key: lookup_key(account, &line.price),
        quantity: line.quantity,
        amount: line.amount,
        proration: line.proration,
    };
    InvoiceView {
        id: entry.id.clone(),
        customer: entry.customer.clone(),
        subscription: entry.subscription.clone(),
        status: entry.status.name(),
        reason: entry.reason.clone(),
        total: entry.total,
        amount_due: entry.amount_due,
        amount_paid: entry.amount_paid,
        lines: entry.lines.iter().map(line).collect(),
    }
}

fn payment(account: &Account, charge: &Charge) -> PaymentView {
    let intent = account.intents.find(&charge.intent);
    PaymentView {
        charge: charge.id.clone(),
        intent: charge.intent.clone(),
        customer: charge.customer.clone(),
        amount: charge.amount,
        refunded: charge.refunded,
        invoice: intent.and_then(|intent| intent.invoice.clone()),
    }
}

fn session(entry: &Session) -> SessionView {
    SessionView {
        id: entry.id.clone(),
        customer: entry.customer.clone(),
        mode: entry.mode.name(),
        status: entry.status.name(),
        payment_status: entry.payment_status(),
        total: entry.total(),
        subscription: entry.subscription.clone(),
        invoice: entry.invoice.clone(),
    }
}
