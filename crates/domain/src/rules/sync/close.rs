//! The end of a purchase: granted, or over.

use jiff::{SignedDuration, Timestamp};

use super::check::after;
use super::purchase::{Case, Progress};
use super::step::{Answer, Payment, SyncStep};
use crate::change::{Change, Changes};
use crate::model::{Cancellation, OnlinePayment, PaymentFailure, Purchase, PurchaseState};
use crate::moment::Moment;
use crate::record::Stored;
use crate::rules::billing::grant;

/// The time in which a request to Stripe has arrived, or never will.
pub(super) const ON_ITS_WAY: SignedDuration = SignedDuration::from_mins(2);

/// Writes what is known of the payment.
pub(super) fn note(
    case: &Case<'_>,
    state: PurchaseState,
    change: impl FnOnce(&mut OnlinePayment),
) -> SyncStep {
    SyncStep::Commit(vec![update(case.purchase, state, change), case.here.require_account()])
}

fn update(
    purchase: &Stored<Purchase>,
    state: PurchaseState,
    change: impl FnOnce(&mut OnlinePayment),
) -> Change {
    let mut payment = purchase.value.payment.clone().unwrap_or_default();
    change(&mut payment);
    Change::update(purchase, Purchase { state, payment: Some(payment), ..purchase.value.clone() })
}

/// Closes the purchase without a grant.
pub(super) fn close(case: &Case<'_>, state: PurchaseState, failure: Option<PaymentFailure>) -> SyncStep {
    let mut changes = closed(case.purchase, state, failure);
    changes.push(case.here.update_account(|account| account.open_purchase = None));
    SyncStep::Commit(changes)
}

/// Closes the purchase in its own record.
pub(super) fn closed(
    purchase: &Stored<Purchase>,
    state: PurchaseState,
    failure: Option<PaymentFailure>,
) -> Changes {
    vec![update(purchase, state, |payment| payment.failure = failure)]
}

/// Closes the purchase, of which nothing can be paid any more.
pub(super) fn close_unpaid(case: &Case<'_>, payment: &OnlinePayment) -> SyncStep {
    match (payment.discarded, payment.failure) {
        (true, _) => close(case, PurchaseState::Discarded, None),
        (false, Some(failure)) => close(case, PurchaseState::Failed, Some(failure)),
        (false, None) if is_late(payment, case.now()) => close(case, PurchaseState::Expired, None),
        (false, None) => close(case, PurchaseState::Failed, Some(PaymentFailure::Declined)),
    }
}

fn is_late(payment: &OnlinePayment, now: Timestamp) -> bool {
    payment.ends.is_none_or(|ends| ends <= now)
}

/// Whether the time to pay is over, or somebody has ended it.
pub(super) fn is_over(payment: &OnlinePayment, now: Timestamp) -> bool {
    payment.discarded || payment.closes_at.is_some() || is_late(payment, now)
}

/// Stripe shows nothing of the purchase: asks it, unless that is over. Then the purchase closes as soon as nothing
/// can be on its way any more.
pub(super) fn unseen(
    case: &Case<'_>,
    payment: &OnlinePayment,
    ask: Result<SyncStep, PaymentFailure>,
) -> Progress {
    if let Some(until) = payment.closes_at {
        return if case.now() < until {
            Progress::Waits { until, levels: false }
        } else {
            Progress::Step(close_unpaid(case, payment))
        };
    }
    let ask = match case.answer {
        Some(Answer::Refused(failure)) => Err(*failure),
        _ => ask,
    };
    Progress::Step(match ask {
        Ok(ask) if !case.must_close(payment) => ask,
        ask => note(case, case.purchase.value.state, |payment| {
            payment.failure = ask.err();
            payment.closes_at = Some(after(case.now(), ON_ITS_WAY));
        }),
    })
}

/// Grants a purchase that is paid. If that is no longer possible, the payment is refunded, and the purchase is never granted.
pub(super) fn grant_paid(case: &Case<'_>, paid: Option<&Payment>, moment: &mut Moment) -> SyncStep {
    let purchase = case.purchase;
    if case.payment().refunds {
        // The subscription that a page has made would go on.
        let made = case.live().filter(|_| case.renews() && case.payment().subscription.is_none());
        return match made {
            Some(made) => SyncStep::EndSubscription { subscription: made.id.clone() },
            None => refund(case, paid),
        };
    }
    let granted = grant(case.here.pack(), &case.here.holdings(), &purchase.value, moment);
    match granted {
        Ok(granted) if granted.done => {
            let mut changes = granted.changes;
            changes.push(update(purchase, PurchaseState::Paid, |payment| {
                payment.failure = None;
                if let Some(Payment::Invoice(invoice)) = paid {
                    payment.invoice = Some(invoice.clone());
                }
            }));
            changes.push(closed_account(case));
            // Nothing is granted to a workspace that is deleted meanwhile: then the payment is refunded.
            changes.push(case.here.require_workspace());
            SyncStep::Commit(changes)
        }
        Ok(granted) => {
            SyncStep::Commit(granted.changes.into_iter().chain([case.here.require_account()]).collect())
        }
        Err(_) => note(case, purchase.value.state, |payment| payment.refunds = true),
    }
}

fn closed_account(case: &Case<'_>) -> Change {
    let ends = case.own.is_some_and(|own| own.cancels_at().is_some());
    case.here.update_account(|account| {
        account.open_purchase = None;
        if case.renews() {
            // What renews was paid for, so the subscription continues, whoever cancelled it.
            account.cancellation = ends.then_some(Cancellation::WhileEmpty);
        }
    })
}

fn refund(case: &Case<'_>, paid: Option<&Payment>) -> SyncStep {
    match (case.answer, paid) {
        (Some(Answer::Refunded), _) | (_, None) => {
            close(case, PurchaseState::Failed, Some(PaymentFailure::Refused))
        }
        (_, Some(payment)) => SyncStep::Refund { payment: payment.clone() },
    }
}
