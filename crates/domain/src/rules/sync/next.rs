//! The order of the steps.

use jiff::{SignedDuration, Timestamp};

use super::check::{after, arrange};
use super::known::{Here, Known, update_account};
use super::purchase::{Case, Progress};
use super::reading::{Reading, SubscriptionReading, SubscriptionState};
use super::step::{Answer, SyncFault, SyncStep};
use super::subscription::{Ownership, end_others, own, record};
use super::{charge, deletion, lapse, level, purchase};
use crate::change::Change;
use crate::model::StripeCustomer;
use crate::moment::Moment;
use crate::record::Record;

/// The wait before what has changed between two readings is read again.
const AGAIN: SignedDuration = SignedDuration::from_secs(5);

/// The next step, by fresh readings, and by the answer to the step before.
pub fn next(
    known: &Known<'_>,
    reading: &Reading,
    answer: Option<&Answer>,
    moment: &mut Moment,
) -> Result<SyncStep, SyncFault> {
    let now = moment.now;
    if let (None, Some(Answer::Customer(customer))) = (&known.account.value.customer, answer) {
        return Ok(record_customer(known, customer));
    }
    let Some(workspace) = known.workspace else {
        return Ok(deletion::next(known, reading, answer, now));
    };
    let here = Here { known, workspace, now };
    if let Some(step) = lapse::next(&here, moment) {
        return Ok(step);
    }
    let own = match own(here.account(), reading)? {
        Ownership::Known(own) => own,
        Ownership::TooNew => return Ok(again(now)),
    };
    if let Some(step) = account(&here, own, reading, moment)? {
        return Ok(step);
    }
    let open = match (known.purchase, here.account().open_purchase) {
        // Another run has closed it since the account was read.
        (Some(purchase), _) if !purchase.value.state.is_open() => return Ok(again(now)),
        (Some(purchase), _) => {
            let case = Case { here: &here, purchase, own, reading, answer };
            Some(purchase::next(&case, moment))
        }
        (None, Some(id)) => return Err(SyncFault::PurchaseMissing(id)),
        (None, None) => None,
    };
    let (until, levels) = match open {
        Some(Progress::Step(step)) => return Ok(step),
        Some(Progress::Waits { until, levels }) => (Some(until), levels),
        None => (None, true),
    };
    let levelled = if levels { at_rest(&here, own, reading) } else { None };
    let levelled = void_unpaid(own, reading).or(levelled);
    let end = || until.map_or(SyncStep::Done, |until| SyncStep::Wait { until });
    Ok(levelled.or_else(|| arrange(&here)).unwrap_or_else(end))
}

fn again(now: Timestamp) -> SyncStep {
    SyncStep::Wait { until: after(now, AGAIN) }
}

/// What Stripe says, before anything rests on it.
fn account(
    here: &Here<'_>,
    own: Option<&SubscriptionReading>,
    reading: &Reading,
    moment: &mut Moment,
) -> Result<Option<SyncStep>, SyncFault> {
    let recorded = own.map(|own| record(here, own, reading, moment)).transpose()?.flatten();
    if recorded.is_some() || here.is_operator_managed() {
        return Ok(recorded);
    }
    // If Stripe does not charge it any more, it would go on making invoices. A plan is usable until the grace is over.
    let is_unpaid = |own: &&SubscriptionReading| match own.state {
        SubscriptionState::Unpaid => true,
        // Unless the customer has just paid.
        SubscriptionState::PastDue => {
            here.has_lapsed() && here.has_plan() && reading.unpaid_of(&own.id).is_some()
        }
        SubscriptionState::Active | SubscriptionState::Incomplete | SubscriptionState::Ended => false,
    };
    if let Some(own) = own.filter(is_unpaid) {
        return Ok(Some(SyncStep::EndSubscription { subscription: own.id.clone() }));
    }
    end_others(own, reading)
}

/// A late payment for what has ended would buy nothing.
fn void_unpaid(own: Option<&SubscriptionReading>, reading: &Reading) -> Option<SyncStep> {
    let ended = own.filter(|own| own.state == SubscriptionState::Ended)?;
    let unpaid = reading.unpaid_of(&ended.id)?;
    Some(SyncStep::VoidInvoice { invoice: unpaid.id.clone() })
}

/// What holds at rest: quantities are equal, and the subscription renews if something of it does.
fn at_rest(here: &Here<'_>, own: Option<&SubscriptionReading>, reading: &Reading) -> Option<SyncStep> {
    let own = own.filter(|own| own.is_live() && !here.is_operator_managed())?;
    if own.has_pending_update {
        // Levelling would override it. Unless a purchase opens meanwhile, a check finds it still there.
        let is_orphan = here.known.is_check && here.known.purchase.is_none();
        return is_orphan.then(|| charge::void_open(reading, own)).flatten();
    }
    level::level(here, own).or_else(|| level::cancellation(here, own))
}

fn record_customer(known: &Known<'_>, customer: &str) -> SyncStep {
    let account = &known.account.value;
    let pointer = StripeCustomer { customer: customer.to_owned(), workspace: account.workspace };
    SyncStep::Commit(vec![
        update_account(known.account, |account| account.customer = Some(customer.to_owned())),
        Change::Create(Record::StripeCustomer(pointer)),
    ])
}
