//! A purchase on a Checkout page: the first one that renews, and credits.

use std::collections::BTreeMap;

use jiff::SignedDuration;

use super::check::after;
use super::close::{close, close_unpaid, grant_paid, note, unseen};
use super::purchase::{Case, Progress};
use super::reading::{SessionReading, SessionState};
use super::step::{Answer, CheckoutOrder, SyncStep};
use crate::model::{OnlinePayment, PaymentFailure, PurchaseState, Quantities};
use crate::moment::Moment;
use crate::pack::ItemId;

/// The time to pay on a page: Stripe allows 24 hours from its own clock on.
const TIME_TO_PAY: SignedDuration = SignedDuration::from_hours(23);

/// The wait for a payment that takes its time.
const LATER: SignedDuration = SignedDuration::from_hours(1);

/// Fixes what the page sells, and until when.
pub(super) fn prepare(case: &Case<'_>) -> SyncStep {
    let account = case.here.account();
    let purchase = &case.purchase.value;
    if case.is_managed() {
        return close(case, PurchaseState::Failed, Some(PaymentFailure::Refused));
    }
    if purchase.state == PurchaseState::Charging && purchase.due.is_some() {
        // The subscription has ended since somebody agreed to the price of a charge.
        return close(case, PurchaseState::Failed, Some(PaymentFailure::PriceChanged));
    }
    if account.customer.is_none() {
        if let Some(Answer::Refused(failure)) = case.answer {
            return close(case, PurchaseState::Failed, Some(*failure));
        }
        // Stripe repeats its first answer to a key, also if that was a failure: the next purchase has another key.
        return SyncStep::CreateCustomer { key: format!("customer:{}:{}", account.workspace, purchase.id) };
    }
    let renewing = if case.renews() { case.here.quantities_after(purchase) } else { Some(Quantities::new()) };
    let Some(mut target) = renewing else {
        return close(case, PurchaseState::Failed, Some(PaymentFailure::Refused));
    };
    target.retain(|_, units| *units > 0);
    note(case, PurchaseState::Checkout, |payment| {
        payment.target = Some(target);
        payment.ends = Some(after(case.now(), TIME_TO_PAY));
    })
}

fn order(case: &Case<'_>, payment: &OnlinePayment) -> Option<CheckoutOrder> {
    let purchase = &case.purchase.value;
    let once = || {
        let mut lines = BTreeMap::<&ItemId, u32>::new();
        for line in &purchase.lines {
            *lines.entry(&line.item).or_default() += line.quantity;
        }
        lines.into_iter().map(|(sold, units)| (sold.clone(), units)).collect()
    };
    let renews = case.renews();
    let lines: Vec<_> = if renews { payment.target.clone()?.into_iter().collect() } else { once() };
    (!lines.is_empty()).then_some(CheckoutOrder {
        key: format!("checkout:{}", purchase.id),
        purchase: purchase.id,
        renews,
        lines,
        expires_at: payment.ends?,
    })
}

/// The next step of a purchase whose page is fixed.
pub(super) fn next(case: &Case<'_>, payment: &OnlinePayment, moment: &mut Moment) -> Progress {
    let Some(session) = case.reading.session(case.purchase.value.id) else {
        return unseen(
            case,
            payment,
            order(case, payment).map(SyncStep::OpenCheckout).ok_or(PaymentFailure::Refused),
        );
    };
    match session.state {
        SessionState::Open => open(case, payment, session),
        SessionState::Expired => Progress::Step(close_unpaid(case, &late(payment))),
        SessionState::Unpaid => Progress::Waits { until: after(case.now(), LATER), levels: true },
        // The subscription was a second one, so it was ended, and what it had charged refunded.
        SessionState::Paid if case.renews() && !is_own(case, session) => {
            Progress::Step(close(case, PurchaseState::Failed, Some(PaymentFailure::Refused)))
        }
        // Its opening was never answered.
        SessionState::Paid if payment.session.as_ref() != Some(&session.id) => {
            Progress::Step(note(case, PurchaseState::Checkout, |payment| {
                payment.session = Some(session.id.clone());
            }))
        }
        SessionState::Paid => Progress::Step(grant_paid(case, session.payment.as_ref(), moment)),
    }
}

/// A page ends because its time is over, if nobody has asked for it.
fn late(payment: &OnlinePayment) -> OnlinePayment {
    OnlinePayment { ends: None, ..payment.clone() }
}

fn is_own(case: &Case<'_>, session: &SessionReading) -> bool {
    case.own.map(|own| &own.id) == session.subscription.as_ref()
}

fn open(case: &Case<'_>, payment: &OnlinePayment, session: &SessionReading) -> Progress {
    let would_be_second = case.renews() && case.live().is_some();
    if case.must_close(payment) || would_be_second {
        return Progress::Step(SyncStep::ExpireSession { session: session.id.clone() });
    }
    let is_noted = payment.session.as_ref() == Some(&session.id) && payment.checkout_url == session.url;
    if !is_noted || case.purchase.value.state != PurchaseState::Checkout {
        return Progress::Step(note(case, PurchaseState::Checkout, |payment| {
            payment.session = Some(session.id.clone());
            payment.checkout_url.clone_from(&session.url);
        }));
    }
    Progress::Waits { until: payment.ends.unwrap_or(case.now()), levels: true }
}
