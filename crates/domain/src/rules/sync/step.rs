//! The steps of a synchronisation.

use jiff::Timestamp;

use super::known::Known;
use crate::change::Changes;
use crate::model::{PaymentFailure, PurchaseId, SubscriptionStatus};
use crate::pack::{ItemId, Money};

/// One step. Requests to Stripe that have no key here may be made with a fresh one: to repeat them is harmless.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SyncStep {
    /// Make a customer, with the id of the workspace as its only parameter: the key allows no other. The
    /// answer is [`Answer::Customer`].
    CreateCustomer {
        /// The idempotency key.
        key: String,
    },
    /// Open a Checkout page.
    OpenCheckout(CheckoutOrder),
    /// Expire a Checkout session. A refusal is no failure: the next reading tells why.
    ExpireSession {
        /// The session.
        session: String,
    },
    /// Set quantities without a charge: `proration_behavior=none`, and no `payment_behavior`.
    Level {
        /// The subscription.
        subscription: String,
        /// The items that change.
        items: Vec<ItemLine>,
    },
    /// Let a subscription end with its period, or let it renew: then `cancel_at` must be emptied as well.
    SetCancellation {
        /// The subscription.
        subscription: String,
        /// Whether it ends.
        ends: bool,
    },
    /// Preview a charge. The answer is [`Answer::Preview`].
    Preview(ChargeOrder),
    /// Charge: `proration_behavior=always_invoice` and `payment_behavior=pending_if_incomplete`. A refusal is
    /// the answer [`Answer::Refused`]; any other reply is ignored.
    Charge {
        /// The idempotency key.
        key: String,
        /// The charge.
        order: ChargeOrder,
    },
    /// Void an invoice. A refusal is no failure: the next reading tells why.
    VoidInvoice {
        /// The invoice.
        invoice: String,
    },
    /// End our subscription now, without a refund.
    EndSubscription {
        /// The subscription.
        subscription: String,
    },
    /// Refund what a second subscription has charged, and then end it now.
    EndOther {
        /// The subscription.
        subscription: String,
        /// Its newest paid invoice.
        refund: Option<Payment>,
    },
    /// Refund a payment for which nothing can be granted. The answer is [`Answer::Refunded`], also if it was
    /// refunded before.
    Refund {
        /// The payment.
        payment: Payment,
    },
    /// Write a transaction. If it conflicts, begin again.
    Commit(Changes),
    /// Nothing is to do before this time.
    Wait {
        /// The time.
        until: Timestamp,
    },
    /// Nothing is to do.
    Done,
}

/// A Checkout page to open. The reply may be ignored; a refusal is the answer [`Answer::Refused`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CheckoutOrder {
    /// The idempotency key.
    pub key: String,
    /// The purchase, for the metadata of the session.
    pub purchase: PurchaseId,
    /// Whether it sells what renews (mode `subscription`) or something once (mode `payment`).
    pub renews: bool,
    /// What it sells.
    pub lines: Vec<(ItemId, u32)>,
    /// The end of the page.
    pub expires_at: Timestamp,
}

/// A charge for a change of a subscription.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ChargeOrder {
    /// The subscription.
    pub subscription: String,
    /// The items.
    pub items: Vec<ItemLine>,
    /// The time from which the rest of the period is counted.
    pub proration_date: Timestamp,
}

/// The number of units of an item of a subscription.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ItemLine {
    /// The item; `None`: the subscription has none for the price.
    pub item: Option<String>,
    /// What is sold, which names the price of a new item.
    pub sold: ItemId,
    /// The number of units.
    pub quantity: u32,
}

/// What a customer has paid.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Payment {
    /// An invoice.
    Invoice(String),
    /// A payment intent.
    Intent(String),
}

/// What Stripe answered to the step before, where no reading shows it. An answer counts for one step only.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Answer {
    /// The id of the customer.
    Customer(String),
    /// The total of the previewed charge.
    Preview(Money),
    /// The request was refused for good (a client error that a repetition does not mend), so it had no effect.
    Refused(PaymentFailure),
    /// The payment is refunded.
    Refunded,
}

/// The reason why a synchronisation does not continue. Another run follows later, and somebody is told.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SyncFault {
    /// The subscription of the account is not among those of the customer.
    #[error("Stripe does not know the subscription {0} of the account")]
    SubscriptionMissing(String),
    /// The customer has a live subscription, and the account has none.
    #[error("the subscription {0} was not made by Seatwise")]
    SubscriptionForeign(String),
    /// The subscription of the account waits for its first payment.
    #[error("the subscription {0} waits for its first payment")]
    SubscriptionIncomplete(String),
    /// The subscription has more than one plan.
    #[error("the subscription {0} has more than one plan")]
    TwoPlans(String),
    /// The open purchase of the account does not exist.
    #[error("the open purchase {0} does not exist")]
    PurchaseMissing(PurchaseId),
}

impl SyncStep {
    /// Whether the step repairs what nothing asked for and what should not have happened. Somebody must be told.
    pub fn mends(&self, known: &Known<'_>) -> bool {
        match self {
            Self::EndOther { .. } | Self::Refund { .. } => known.workspace.is_some(),
            Self::Level { .. } | Self::SetCancellation { .. } => known.is_check,
            // After the end of a subscription, its unpaid invoices are always void.
            Self::VoidInvoice { .. } => {
                let subscription = known.account.value.subscription.as_ref();
                let has_ended = subscription.is_some_and(|one| one.status == SubscriptionStatus::Ended);
                known.workspace.is_some() && known.purchase.is_none() && !has_ended
            }
            _ => false,
        }
    }
}
