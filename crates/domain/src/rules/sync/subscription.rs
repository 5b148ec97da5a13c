//! Which subscription is the workspace's, and what is recorded of it.

use super::known::Here;
use super::level;
use super::reading::{
    InvoiceReading, InvoiceReason, InvoiceState, Reading, SubscriptionReading, SubscriptionState,
};
use super::step::{Payment, SyncFault, SyncStep};
use crate::change::{Change, Changes};
use crate::model::{BillingAccount, Cancellation, PaidPeriod, Quantities, Subscription, SubscriptionStatus};
use crate::moment::Moment;
use crate::record::RecordKey;
use crate::rules::billing::total;

/// Whose the subscriptions of a customer are.
pub(super) enum Ownership<'a> {
    /// The workspace has none, or this one.
    Known(Option<&'a SubscriptionReading>),
    /// A Checkout page was paid after the subscriptions were read, before the sessions were.
    TooNew,
}

/// The subscription of the workspace: the recorded one until it has ended, then the one that the page of the open
/// purchase has made.
pub(super) fn own<'a>(account: &BillingAccount, reading: &'a Reading) -> Result<Ownership<'a>, SyncFault> {
    let recorded = account.subscription.as_ref();
    if let Some(recorded) = recorded.filter(|recorded| recorded.status != SubscriptionStatus::Ended) {
        let found = reading.subscription(&recorded.id);
        let found = found.ok_or_else(|| SyncFault::SubscriptionMissing(recorded.id.clone()))?;
        return Ok(Ownership::Known(Some(found)));
    }
    let session = account.open_purchase.and_then(|purchase| reading.session(purchase));
    if let Some(made) = session.and_then(|session| session.subscription.as_deref()) {
        let found = reading.subscription(made);
        return Ok(found.map_or(Ownership::TooNew, |found| Ownership::Known(Some(found))));
    }
    Ok(Ownership::Known(recorded.and_then(|recorded| reading.subscription(&recorded.id))))
}

/// Ends a second live subscription of the customer. One that is not next to a live one of the workspace is nobody's
/// mistake that could be named, so it is left alone.
pub(super) fn end_others(
    own: Option<&SubscriptionReading>,
    reading: &Reading,
) -> Result<Option<SyncStep>, SyncFault> {
    let is_other = |other: &&SubscriptionReading| other.is_live() && own.is_none_or(|own| own.id != other.id);
    let Some(other) = reading.subscriptions.iter().find(is_other) else { return Ok(None) };
    if !own.is_some_and(SubscriptionReading::is_live) {
        return Err(SyncFault::SubscriptionForeign(other.id.clone()));
    }
    Ok(Some(end_other(other, reading)))
}

pub(super) fn end_other(other: &SubscriptionReading, reading: &Reading) -> SyncStep {
    let is_of = |invoice: &&InvoiceReading| invoice.subscription.as_deref() == Some(&other.id);
    let mut paid = reading.invoices.iter().filter(is_of).filter(|one| one.state == InvoiceState::Paid);
    let refund = paid.next().map(|invoice| Payment::Invoice(invoice.id.clone()));
    SyncStep::EndOther { subscription: other.id.clone(), refund }
}

/// Records what Stripe says, and in the workspace until when it is paid, and what was changed at Stripe.
pub(super) fn record(
    here: &Here<'_>,
    own: &SubscriptionReading,
    reading: &Reading,
    moment: &mut Moment,
) -> Result<Option<SyncStep>, SyncFault> {
    let before = here.account().subscription.as_ref().filter(|before| before.id == own.id);
    let now = recorded(here, own, reading)?;
    let is_new = before != Some(&now);
    let is_over = now.status == SubscriptionStatus::Ended;
    let mut workspace = here.workspace.value.clone();
    let mut counts = Changes::new();
    if here.is_operator_managed() {
        workspace.paid = None;
    } else if is_new || !is_over {
        // What lapses is recorded once: after that, what is left of it ends step by step.
        workspace.paid = Some(paid_period(here, &now));
    }
    // The workspace does not follow quantities that we have set: it may have changed again since.
    let is_ours = here.account().level.as_ref() == Some(&now.quantities);
    let is_followed = !here.is_operator_managed() && !is_over && !is_ours;
    let followed = if is_followed { level::plan_at_stripe(here.pack(), before, &now)? } else { None };
    let is_changed = followed.is_some();
    if let Some((plan, seats)) = followed {
        workspace.plan = plan;
        counts = level::set_seats(here, seats, moment);
    }
    let is_workspace_new = workspace != here.workspace.value;
    if !is_new && !is_workspace_new {
        return Ok(None);
    }
    // The plan that the seats are added to must still be the workspace's.
    let workspace = if is_workspace_new {
        Change::update(here.workspace, workspace)
    } else {
        Change::RequireVersion(RecordKey::Workspace(workspace.id), here.workspace.version)
    };
    // A customer who buys more takes the cancellation back that was there before.
    let price = |quantities: &Quantities| total(here.pack(), quantities).amount;
    let rises = before
        .is_some_and(|before| before.ends_at.is_some() && price(&before.quantities) < price(&now.quantities));
    let withdraws_cancellation = is_changed && rises && now.ends_at.is_some();
    let account = here.update_account(|account| {
        if withdraws_cancellation {
            account.cancellation = Some(Cancellation::WhileEmpty);
        }
        if is_changed {
            account.level = None;
        }
        account.subscription = Some(now);
        account.synced_at = Some(here.now);
    });
    Ok(Some(SyncStep::Commit([account, workspace].into_iter().chain(counts).collect())))
}

fn recorded(
    here: &Here<'_>,
    own: &SubscriptionReading,
    reading: &Reading,
) -> Result<Subscription, SyncFault> {
    let before = here.account().subscription.as_ref().filter(|before| before.id == own.id);
    let status = match own.state {
        SubscriptionState::Active => SubscriptionStatus::Active,
        SubscriptionState::PastDue | SubscriptionState::Unpaid => SubscriptionStatus::PastDue,
        SubscriptionState::Ended => SubscriptionStatus::Ended,
        SubscriptionState::Incomplete => {
            return Err(SyncFault::SubscriptionIncomplete(own.id.clone()));
        }
    };
    let mut overdue = reading.invoices.iter().filter(|invoice| {
        // An open charge is not overdue: it is dropped if nobody pays it.
        invoice.subscription.as_deref() == Some(&own.id)
            && invoice.state == InvoiceState::Open
            && invoice.reason != InvoiceReason::Update
    });
    let overdue = overdue.next_back().filter(|_| status == SubscriptionStatus::PastDue);
    let was_due = before.and_then(|before| before.past_due_since);
    let ends_at = if status == SubscriptionStatus::Ended {
        let ended_before = before.filter(|before| before.status == SubscriptionStatus::Ended);
        let first_seen = ended_before.and_then(|before| before.ends_at).unwrap_or(here.now);
        Some(own.ended_at.unwrap_or(first_seen))
    } else {
        own.cancels_at()
    };
    let past_due_since = match status {
        SubscriptionStatus::Active => None,
        SubscriptionStatus::PastDue => {
            Some(was_due.unwrap_or(overdue.map_or(here.now, |invoice| invoice.created)))
        }
        SubscriptionStatus::Ended => was_due,
    };
    Ok(Subscription {
        id: own.id.clone(),
        status,
        quantities: own.quantities(),
        period_start: own.period_start,
        period_end: own.period_end,
        ends_at,
        past_due_since,
        pay_url: overdue.and_then(|invoice| invoice.pay_url.clone()),
    })
}

fn paid_period(here: &Here<'_>, subscription: &Subscription) -> PaidPeriod {
    let grace_ends = subscription.past_due_since.map(|since| here.pack().billing.grace.after(since));
    PaidPeriod {
        start: subscription.period_start,
        end: subscription.period_end,
        lapses_at: [subscription.ends_at, grace_ends].into_iter().flatten().min(),
    }
}
