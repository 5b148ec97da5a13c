//! What Stripe says of a customer, in the terms of the rules.

use seatwise_domain::rules::sync::{
    InvoiceReading, InvoiceReason, InvoiceState, ItemReading, Payment, Reading, SessionReading, SessionState,
    SubscriptionReading, SubscriptionState,
};
use seatwise_domain::{Pack, PurchaseId};
use seatwise_stripe::{
    BillingReason, CheckoutPayment, CheckoutSession, CheckoutStatus, Client, Invoice, InvoiceStatus,
    Subscription, SubscriptionStatus,
};

use super::error::SyncError;
use super::items::item_of;

/// The most objects of each kind that are read of a customer. A customer has one subscription, a session for each
/// purchase, and an invoice for each purchase and renewal.
const MOST: usize = 100;

/// Reads what Stripe says of a customer: first the subscriptions, then the sessions, then the invoices.
pub async fn read(client: &Client, pack: &Pack, customer: Option<&str>) -> Result<Reading, SyncError> {
    let Some(customer) = customer else { return Ok(Reading::default()) };
    let subscriptions = client.subscriptions(customer, MOST).await?.data;
    let sessions = client.checkout_sessions(customer, MOST).await?.data;
    let invoices = client.invoices(customer, MOST).await?.data;
    Ok(Reading {
        subscriptions: subscriptions
            .iter()
            .map(|one| subscription(pack, one))
            .collect::<Result<_, SyncError>>()?,
        sessions: sessions.iter().map(session).collect::<Result<_, SyncError>>()?,
        invoices: invoices.iter().map(invoice).collect::<Result<_, SyncError>>()?,
    })
}

fn subscription(pack: &Pack, one: &Subscription) -> Result<SubscriptionReading, SyncError> {
    if one.items.has_more {
        return Err(SyncError::Unclear("a subscription has more items than Stripe shows at once"));
    }
    let period = one.period().ok_or(SyncError::Unclear("a subscription has no items"))?;
    let items = one.items.data.iter().map(|item| {
        let quantity = u32::try_from(item.quantity).unwrap_or(u32::MAX);
        Ok(ItemReading { id: item.id.clone(), sold: item_of(pack, item), quantity })
    });
    Ok(SubscriptionReading {
        id: one.id.clone(),
        state: state(&one.status)?,
        items: items.collect::<Result<_, SyncError>>()?,
        period_start: period.start,
        period_end: period.end,
        cancel_at: one.cancel_at,
        cancel_at_period_end: one.cancel_at_period_end,
        has_pending_update: one.pending_update.is_some(),
        ended_at: one.ended_at,
    })
}

fn state(status: &SubscriptionStatus) -> Result<SubscriptionState, SyncError> {
    Ok(match status {
        SubscriptionStatus::Active | SubscriptionStatus::Trialing => SubscriptionState::Active,
        SubscriptionStatus::PastDue => SubscriptionState::PastDue,
        SubscriptionStatus::Unpaid => SubscriptionState::Unpaid,
        SubscriptionStatus::Incomplete => SubscriptionState::Incomplete,
        SubscriptionStatus::Canceled | SubscriptionStatus::IncompleteExpired => SubscriptionState::Ended,
        SubscriptionStatus::Paused => return Err(SyncError::Unclear("a subscription is paused")),
        SubscriptionStatus::Other(_) => {
            return Err(SyncError::Unclear("a subscription has an unknown status"));
        }
    })
}

fn session(one: &CheckoutSession) -> Result<SessionReading, SyncError> {
    let is_paid = match &one.payment_status {
        CheckoutPayment::Paid | CheckoutPayment::NoPaymentRequired => true,
        CheckoutPayment::Unpaid => false,
        CheckoutPayment::Other(_) => {
            return Err(SyncError::Unclear("a session has an unknown payment status"));
        }
    };
    let state = match &one.status {
        Some(CheckoutStatus::Open) => SessionState::Open,
        Some(CheckoutStatus::Complete) if is_paid => SessionState::Paid,
        Some(CheckoutStatus::Complete) => SessionState::Unpaid,
        Some(CheckoutStatus::Expired) => SessionState::Expired,
        Some(CheckoutStatus::Other(_)) | None => {
            return Err(SyncError::Unclear("a session has an unknown status"));
        }
    };
    let intent = one.payment_intent.clone().map(Payment::Intent);
    Ok(SessionReading {
        id: one.id.clone(),
        purchase: one.metadata.get("purchase").and_then(|id| id.parse::<PurchaseId>().ok()),
        state,
        url: one.url.as_ref().map(|url| url.as_str().to_owned()),
        subscription: one.subscription.clone(),
        payment: intent.or_else(|| one.invoice.clone().map(Payment::Invoice)),
    })
}

fn invoice(one: &Invoice) -> Result<InvoiceReading, SyncError> {
    let state = match &one.status {
        Some(InvoiceStatus::Draft) => InvoiceState::Draft,
        Some(InvoiceStatus::Open | InvoiceStatus::Uncollectible) => InvoiceState::Open,
        Some(InvoiceStatus::Paid) => InvoiceState::Paid,
        Some(InvoiceStatus::Void) => InvoiceState::Void,
        Some(InvoiceStatus::Other(_)) | None => {
            return Err(SyncError::Unclear("an invoice has an unknown status"));
        }
    };
    let is_update = one.billing_reason == Some(BillingReason::SubscriptionUpdate);
    Ok(InvoiceReading {
        id: one.id.clone(),
        subscription: one.subscription().map(str::to_owned),
        reason: if is_update { InvoiceReason::Update } else { InvoiceReason::Other },
        state,
        created: one.created,
        pay_url: one.hosted_invoice_url.as_ref().map(|url| url.as_str().to_owned()),
    })
}
