//! A purchase that changes a live subscription: the saved card is charged for the rest of the period.
//!
//! Quantities are brought level first, so that the charge is for the purchase alone. Then the price is compared, and
//! all that the charge says is fixed in the record. Only then Stripe is asked, and what it made of it is read from
//! the invoice.

use jiff::SignedDuration;

use super::check::{RENEWAL_PAUSE, after, before, whole_second};
use super::close::{close, close_unpaid, grant_paid, note, unseen};
use super::level;
use super::purchase::{Case, Progress};
use super::reading::{InvoiceReading, InvoiceState, Reading, SubscriptionReading, SubscriptionState};
use super::step::{Answer, ChargeOrder, ItemLine, Payment, SyncStep};
use crate::model::{OnlinePayment, PaymentFailure, PurchaseState};
use crate::moment::Moment;

/// The time to pay a charge: Stripe drops an update that waits for its payment after 23 hours, and may forget an
/// idempotency key after 24.
const TIME_TO_PAY: SignedDuration = SignedDuration::from_hours(22);

/// The wait for Stripe to finish an invoice.
const SOON: SignedDuration = SignedDuration::from_mins(1);

/// Levels, compares the price, and fixes the charge.
pub(super) fn prepare(case: &Case<'_>, payment: &OnlinePayment, own: &SubscriptionReading) -> SyncStep {
    let purchase = &case.purchase.value;
    let fail = |failure| close(case, PurchaseState::Failed, Some(failure));
    if case.is_managed() {
        return fail(PaymentFailure::Refused);
    }
    // The purchase would end with the subscription whose renewal is overdue.
    if own.state != SubscriptionState::Active {
        return fail(PaymentFailure::Declined);
    }
    if !case.is_as_ordered() {
        return fail(PaymentFailure::PriceChanged);
    }
    if after(purchase.at, TIME_TO_PAY) <= case.now() {
        return close(case, PurchaseState::Expired, None);
    }
    if own.has_pending_update {
        return void_pending(case, own);
    }
    if let Some(step) = level::level(case.here, own) {
        return step;
    }
    let proration_date = whole_second(payment.proration_date.unwrap_or(purchase.at));
    let ends = after(case.now(), TIME_TO_PAY).min(before(own.period_end, RENEWAL_PAUSE));
    if proration_date < own.period_start || ends <= case.now() {
        // The price was that of another period.
        return fail(PaymentFailure::PriceChanged);
    }
    let Some(target) = case.here.quantities_after(purchase) else {
        return fail(PaymentFailure::Refused);
    };
    let fixed = OnlinePayment {
        subscription: Some(own.id.clone()),
        before: own.quantities(),
        target: Some(target),
        items: level::main_items(own),
        proration_date: Some(proration_date),
        invoice_before: case.reading.updates(&own.id).next().map(|invoice| invoice.id.clone()),
        ends: Some(ends),
        ..payment.clone()
    };
    match (&purchase.due, case.answer) {
        (Some(due), Some(Answer::Preview(total))) if due != total => fail(PaymentFailure::PriceChanged),
        (Some(_), Some(Answer::Refused(failure))) => fail(*failure),
        (Some(_), Some(Answer::Preview(_))) | (None, _) => {
            note(case, PurchaseState::Charging, |payment| *payment = fixed)
        }
        (Some(_), _) => order(&fixed).map_or_else(|| fail(PaymentFailure::Refused), SyncStep::Preview),
    }
}

/// A charge of no open purchase must not be paid later.
pub(super) fn void_pending(case: &Case<'_>, own: &SubscriptionReading) -> SyncStep {
    let wait = SyncStep::Wait { until: after(case.now(), SOON) };
    void_open(case.reading, own).unwrap_or(wait)
}

/// Voids the charge that a subscription waits for.
pub(super) fn void_open(reading: &Reading, own: &SubscriptionReading) -> Option<SyncStep> {
    let open = reading.updates(&own.id).find(|invoice| invoice.state == InvoiceState::Open)?;
    Some(SyncStep::VoidInvoice { invoice: open.id.clone() })
}

/// The charge that was fixed.
fn order(payment: &OnlinePayment) -> Option<ChargeOrder> {
    let lines = payment.target.iter().flatten().map(|(sold, quantity)| ItemLine {
        item: payment.items.get(sold).cloned(),
        sold: sold.clone(),
        quantity: *quantity,
    });
    Some(ChargeOrder {
        subscription: payment.subscription.clone()?,
        items: lines.filter(|line| line.item.is_some() || line.quantity > 0).collect(),
        proration_date: payment.proration_date?,
    })
}

/// The invoice of the charge, if Stripe has made it.
pub(super) fn invoice<'a>(payment: &OnlinePayment, reading: &'a Reading) -> Option<&'a InvoiceReading> {
    let before = payment.invoice_before.as_ref();
    let newer = reading.updates(payment.subscription.as_ref()?);
    newer.take_while(|invoice| Some(&invoice.id) != before).last()
}

/// The next step of a purchase whose charge is fixed.
pub(super) fn next(case: &Case<'_>, payment: &OnlinePayment, moment: &mut Moment) -> Progress {
    let Some(invoice) = invoice(payment, case.reading) else {
        let key = format!("charge:{}", case.purchase.value.id);
        let same = case.live().filter(|own| Some(&own.id) == payment.subscription.as_ref());
        let ask = match same.zip(order(payment)) {
            None => Err(PaymentFailure::Refused),
            Some((own, _)) if own.quantities() != payment.before => Err(PaymentFailure::PriceChanged),
            Some((_, order)) => Ok(SyncStep::Charge { key, order }),
        };
        return unseen(case, payment, ask);
    };
    match invoice.state {
        InvoiceState::Paid => {
            let paid = Payment::Invoice(invoice.id.clone());
            Progress::Step(grant_paid(case, Some(&paid), moment))
        }
        InvoiceState::Void => Progress::Step(close_unpaid(case, payment)),
        InvoiceState::Draft => Progress::Waits { until: after(case.now(), SOON), levels: false },
        InvoiceState::Open => open(case, payment, invoice),
    }
}

fn open(case: &Case<'_>, payment: &OnlinePayment, invoice: &InvoiceReading) -> Progress {
    if case.must_close(payment) || case.live().is_none() {
        return Progress::Step(SyncStep::VoidInvoice { invoice: invoice.id.clone() });
    }
    let is_noted = payment.invoice.as_ref() == Some(&invoice.id) && payment.pay_url == invoice.pay_url;
    if !is_noted || case.purchase.value.state != PurchaseState::ActionRequired {
        return Progress::Step(note(case, PurchaseState::ActionRequired, |payment| {
            payment.invoice = Some(invoice.id.clone());
            payment.pay_url.clone_from(&invoice.pay_url);
        }));
    }
    Progress::Waits { until: payment.ends.unwrap_or(case.now()), levels: false }
}
