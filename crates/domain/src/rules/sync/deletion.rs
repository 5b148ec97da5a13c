//! A deleted workspace costs nothing from then on (K63): all that is open closes, the subscription ends, and a
//! payment that comes too late is refunded.

use jiff::Timestamp;

use super::charge;
use super::check::{after, forget};
use super::close::{ON_ITS_WAY, closed};
use super::known::{Known, update_account};
use super::reading::{InvoiceState, Reading, SessionState, SubscriptionReading};
use super::step::{Answer, Payment, SyncStep};
use super::subscription::end_other;
use crate::change::Change;
use crate::model::{PaymentFailure, Purchase, PurchaseState};
use crate::record::{RecordKey, Stored};

/// The next step for a deleted workspace. The last one deletes the account.
pub(super) fn next(
    known: &Known<'_>,
    reading: &Reading,
    answer: Option<&Answer>,
    now: Timestamp,
) -> SyncStep {
    if let Some(session) = reading.sessions.iter().find(|session| session.state == SessionState::Open) {
        return SyncStep::ExpireSession { session: session.id.clone() };
    }
    if let Some(live) = reading.subscriptions.iter().find(|subscription| subscription.is_live()) {
        let void = live.has_pending_update.then(|| charge::void_open(reading, live)).flatten();
        return void.unwrap_or_else(|| end_subscription(known, live, reading));
    }
    let mut unpaid = reading.subscriptions.iter().filter_map(|ended| reading.unpaid_of(&ended.id));
    if let Some(unpaid) = unpaid.next() {
        return SyncStep::VoidInvoice { invoice: unpaid.id.clone() };
    }
    match known.purchase {
        Some(purchase) => close(known, purchase, reading, answer, now),
        None => delete(known),
    }
}

fn end_subscription(known: &Known<'_>, live: &SubscriptionReading, reading: &Reading) -> SyncStep {
    let account = &known.account.value;
    let recorded = account.subscription.as_ref().map(|recorded| &recorded.id);
    let session = account.open_purchase.and_then(|purchase| reading.session(purchase));
    let made = session.and_then(|session| session.subscription.as_ref());
    if [recorded, made].contains(&Some(&live.id)) {
        SyncStep::EndSubscription { subscription: live.id.clone() }
    } else {
        end_other(live, reading)
    }
}

/// How the payment of the open purchase came out.
enum Outcome {
    Paid(Option<Payment>),
    Unpaid,
    Unseen,
    Open(SyncStep),
}

fn close(
    known: &Known<'_>,
    purchase: &Stored<Purchase>,
    reading: &Reading,
    answer: Option<&Answer>,
    now: Timestamp,
) -> SyncStep {
    let closes_at = purchase.value.payment.as_ref().and_then(|payment| payment.closes_at);
    match (outcome(&purchase.value, reading, now), closes_at) {
        (Outcome::Paid(Some(payment)), _) if answer != Some(&Answer::Refunded) => {
            SyncStep::Refund { payment }
        }
        (Outcome::Open(step), _) => step,
        (Outcome::Unseen, Some(until)) if now < until => SyncStep::Wait { until },
        (Outcome::Paid(_) | Outcome::Unpaid, _) | (Outcome::Unseen, Some(_)) => end(known, purchase),
        (Outcome::Unseen, None) => {
            let mut value = purchase.value.clone();
            value.payment.get_or_insert_default().closes_at = Some(after(now, ON_ITS_WAY));
            SyncStep::Commit(vec![Change::update(purchase, value)])
        }
    }
}

fn outcome(purchase: &Purchase, reading: &Reading, now: Timestamp) -> Outcome {
    let payment = purchase.payment.clone().unwrap_or_default();
    if payment.subscription.is_some() {
        let Some(invoice) = charge::invoice(&payment, reading) else { return Outcome::Unseen };
        return match invoice.state {
            InvoiceState::Paid => Outcome::Paid(Some(Payment::Invoice(invoice.id.clone()))),
            InvoiceState::Void => Outcome::Unpaid,
            InvoiceState::Open => Outcome::Open(SyncStep::VoidInvoice { invoice: invoice.id.clone() }),
            InvoiceState::Draft => Outcome::Open(SyncStep::Wait { until: after(now, ON_ITS_WAY) }),
        };
    }
    match (reading.session(purchase.id), payment.ends) {
        (Some(session), _) => match session.state {
            SessionState::Paid => Outcome::Paid(session.payment.clone()),
            SessionState::Expired => Outcome::Unpaid,
            SessionState::Open | SessionState::Unpaid => {
                Outcome::Open(SyncStep::Wait { until: after(now, ON_ITS_WAY) })
            }
        },
        // Stripe was never asked.
        (None, None) => Outcome::Unpaid,
        (None, Some(_)) => Outcome::Unseen,
    }
}

fn end(known: &Known<'_>, purchase: &Stored<Purchase>) -> SyncStep {
    let mut changes = closed(purchase, PurchaseState::Failed, Some(PaymentFailure::Refused));
    changes.push(update_account(known.account, |account| account.open_purchase = None));
    SyncStep::Commit(changes)
}

fn delete(known: &Known<'_>) -> SyncStep {
    let account = &known.account.value;
    let mut changes = forget(known.account);
    let customer = account.customer.clone().map(RecordKey::StripeCustomer);
    changes.extend(customer.map(Change::DeleteUnconditionally));
    changes.push(Change::Delete(RecordKey::BillingAccount(account.workspace), known.account.version));
    SyncStep::Commit(changes)
}
