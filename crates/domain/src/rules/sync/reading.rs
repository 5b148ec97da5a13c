//! What Stripe says of a customer, in the terms of Seatwise.

use jiff::Timestamp;

use super::step::Payment;
use crate::model::{PurchaseId, Quantities};
use crate::pack::ItemId;

/// What Stripe says of a customer: fresh readings, made in the order of the fields. Without a customer, all is
/// empty.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Reading {
    /// All subscriptions, also those that have ended.
    pub subscriptions: Vec<SubscriptionReading>,
    /// The Checkout sessions, newest first: at least those of the last two days.
    pub sessions: Vec<SessionReading>,
    /// The invoices, newest first: at least those of the last two days, all open ones, and the newest paid one of
    /// each subscription.
    pub invoices: Vec<InvoiceReading>,
}

/// A subscription.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SubscriptionReading {
    /// The id.
    pub id: String,
    /// The state.
    pub state: SubscriptionState,
    /// The items.
    pub items: Vec<ItemReading>,
    /// The start of the period, as the items say it.
    pub period_start: Timestamp,
    /// The end of the period, as the items say it.
    pub period_end: Timestamp,
    /// `cancel_at`.
    pub cancel_at: Option<Timestamp>,
    /// `cancel_at_period_end`.
    pub cancel_at_period_end: bool,
    /// Whether an update waits for its payment.
    pub has_pending_update: bool,
    /// The time at which it ended.
    pub ended_at: Option<Timestamp>,
}

/// The state of a subscription. Words that are not here are errors of the reading.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum SubscriptionState {
    /// `active` or `trialing`.
    Active,
    /// `past_due`.
    PastDue,
    /// `unpaid`: Stripe has given up to charge.
    Unpaid,
    /// `incomplete`: its first payment is not made.
    Incomplete,
    /// `canceled` or `incomplete_expired`.
    Ended,
}

/// An item of a subscription.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ItemReading {
    /// The id.
    pub id: String,
    /// What is sold, by the product of the price; `None`: nothing of the pack.
    pub sold: Option<ItemId>,
    /// The number of units.
    pub quantity: u32,
}

/// A Checkout session.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SessionReading {
    /// The id.
    pub id: String,
    /// The purchase in its metadata.
    pub purchase: Option<PurchaseId>,
    /// The state.
    pub state: SessionState,
    /// The page, while it is open.
    pub url: Option<String>,
    /// The subscription that it has made.
    pub subscription: Option<String>,
    /// What has paid it.
    pub payment: Option<Payment>,
}

/// The state of a Checkout session.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum SessionState {
    /// `open`.
    Open,
    /// `complete`, and not paid yet.
    Unpaid,
    /// `complete`, and paid or free of charge.
    Paid,
    /// `expired`.
    Expired,
}

/// An invoice.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct InvoiceReading {
    /// The id.
    pub id: String,
    /// The subscription.
    pub subscription: Option<String>,
    /// The reason of the invoice.
    pub reason: InvoiceReason,
    /// The state.
    pub state: InvoiceState,
    /// The time at which Stripe made it.
    pub created: Timestamp,
    /// The page where the customer pays it.
    pub pay_url: Option<String>,
}

/// The reason of an invoice.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum InvoiceReason {
    /// `subscription_update`: a charge.
    Update,
    /// Anything else, such as a renewal.
    Other,
}

/// The state of an invoice.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum InvoiceState {
    /// `draft`.
    Draft,
    /// `open` or `uncollectible`: it can be paid.
    Open,
    /// `paid`.
    Paid,
    /// `void`.
    Void,
}

impl Reading {
    /// The subscription of that id.
    pub(super) fn subscription(&self, id: &str) -> Option<&SubscriptionReading> {
        self.subscriptions.iter().find(|subscription| subscription.id == id)
    }

    /// The session that was made for a purchase.
    pub(super) fn session(&self, purchase: PurchaseId) -> Option<&SessionReading> {
        self.sessions.iter().find(|session| session.purchase == Some(purchase))
    }

    /// The invoices for changes of a subscription, newest first.
    pub(super) fn updates<'a>(&'a self, subscription: &str) -> impl Iterator<Item = &'a InvoiceReading> {
        let of = move |invoice: &&InvoiceReading| {
            invoice.reason == InvoiceReason::Update && invoice.subscription.as_deref() == Some(subscription)
        };
        self.invoices.iter().filter(of)
    }

    /// An invoice of a subscription that can still be paid.
    pub(super) fn unpaid_of(&self, subscription: &str) -> Option<&InvoiceReading> {
        let mut open = self.invoices.iter().filter(|invoice| invoice.state == InvoiceState::Open);
        open.find(|invoice| invoice.subscription.as_deref() == Some(subscription))
    }
}

impl SubscriptionReading {
    /// Whether it is being paid for.
    pub(super) fn is_live(&self) -> bool {
        !matches!(self.state, SubscriptionState::Ended | SubscriptionState::Incomplete)
    }

    /// The time at which it will end, if it does not renew.
    pub(super) fn cancels_at(&self) -> Option<Timestamp> {
        let at_period_end = self.cancel_at_period_end.then_some(self.period_end);
        [self.cancel_at, at_period_end].into_iter().flatten().min()
    }

    /// The number of units of what is the pack's.
    pub(super) fn quantities(&self) -> Quantities {
        let mut quantities = Quantities::new();
        for item in self.items.iter().filter(|item| item.quantity > 0) {
            if let Some(sold) = item.sold.clone() {
                let sum: &mut u32 = quantities.entry(sold).or_default();
                *sum = sum.saturating_add(item.quantity);
            }
        }
        quantities
    }
}
