//! What time brings: renewals, retries, ends.

use super::arithmetic::next_period;
use super::invoicing::Draft;
use super::outcome::Outcome;
use crate::error::ApiError;
use crate::state::{Account, Period, SessionStatus, Subscription};
use crate::world::World;

/// Something that happens by itself. At the same second, the earlier ones go first.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Due {
    SessionExpires(String),
    PendingUpdateExpires(String),
    PaymentIsRetried(String),
    PeriodEnds(String),
}

type Done = Result<(), ApiError>;

/// What happens next, and when.
pub(crate) fn next(account: &Account) -> Option<(i64, Due)> {
    let open = account.sessions.all().iter().filter(|session| session.status == SessionStatus::Open);
    let sessions = open.map(|session| (session.expires_at, Due::SessionExpires(session.id.clone())));
    let live = account.subscriptions.all().iter().filter(|subscription| subscription.is_live());
    let subscriptions = live.flat_map(due_of);
    let invoices = account.invoices.all().iter();
    let retries = invoices
        .filter_map(|invoice| invoice.next_attempt.map(|at| (at, Due::PaymentIsRetried(invoice.id.clone()))));
    sessions.chain(subscriptions).chain(retries).min()
}

fn due_of(subscription: &Subscription) -> impl Iterator<Item = (i64, Due)> {
    let id = &subscription.id;
    let end = subscription.period.end.min(subscription.cancel_at.unwrap_or(i64::MAX));
    let pending = subscription.pending.as_ref();
    let expiry = pending.map(|pending| (pending.expires_at, Due::PendingUpdateExpires(id.clone())));
    expiry.into_iter().chain([(end, Due::PeriodEnds(id.clone()))])
}

impl World<'_> {
    pub(crate) fn happen(&mut self, due: &Due) -> Done {
        match due {
            Due::SessionExpires(id) => self.expire_session(id),
            Due::PendingUpdateExpires(id) => self.expire_pending(id),
            Due::PaymentIsRetried(id) => self.retry(id),
            Due::PeriodEnds(id) => self.end_period(id),
        }
    }

    fn expire_pending(&mut self, id: &str) -> Done {
        let pending = self.account.subscriptions.get(id)?.pending.clone();
        pending.map_or(Ok(()), |pending| self.void(&pending.invoice))
    }

    fn retry(&mut self, invoice: &str) -> Done {
        let subscription = self.account.invoices.get(invoice)?.subscription.clone();
        let outcome = self.collect(invoice)?;
        match subscription {
            Some(subscription) if outcome != Outcome::Paid => self.fall_behind(&subscription, invoice),
            _ => Ok(()),
        }
    }

    fn end_period(&mut self, id: &str) -> Done {
        let subscription = self.account.subscriptions.get(id)?.clone();
        if subscription.cancel_at.is_some_and(|at| at <= self.now) {
            return self.end_subscription(id, "cancellation_requested");
        }
        let period = self.following_period(&subscription)?;
        let lines = self.renewal(&subscription, period)?;
        let entry = self.account.subscriptions.get_mut(id)?;
        entry.period = period;
        entry.waiting_lines.clear();
        if entry.cancel_at_period_end {
            entry.cancel_at = Some(period.end);
        }
        let invoice = self.draft(Draft {
            customer: &subscription.customer,
            subscription: Some(id),
            currency: &subscription.currency,
            reason: "subscription_cycle",
            lines,
            period: subscription.period,
            proration_date: None,
        })?;
        let due = invoice.amount_due;
        let invoice = self.issue(invoice)?;
        self.emit_subscription("updated", id)?;
        if due > 0 && self.collect(&invoice)? != Outcome::Paid {
            return self.fall_behind(id, &invoice);
        }
        Ok(())
    }

    pub(crate) fn following_period(&self, subscription: &Subscription) -> Result<Period, ApiError> {
        let item = subscription.items.first();
        let price = item.map(|item| self.account.prices.get(&item.price)).transpose()?;
        let recurring = price.and_then(|price| price.recurring.as_ref());
        let recurring = recurring.ok_or_else(|| ApiError::invalid("The subscription has no interval."))?;
        Ok(next_period(subscription.anchor, recurring, subscription.period.end))
    }
}
