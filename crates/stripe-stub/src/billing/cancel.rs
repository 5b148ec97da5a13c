//! How subscriptions end.

use super::invoicing::Draft;
use crate::error::ApiError;
use crate::state::{InvoiceStatus, Status};
use crate::world::World;

/// When a subscription is to end.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum End {
    Never,
    At(i64),
    WithPeriod,
}

type Done = Result<(), ApiError>;

impl World<'_> {
    /// Sets or lifts the end of a subscription.
    pub(crate) fn schedule_end(&mut self, id: &str, end: End) -> Done {
        let now = self.now;
        let subscription = self.account.subscriptions.get_mut(id)?;
        let at = match end {
            End::Never => None,
            End::At(at) => Some(at),
            End::WithPeriod => Some(subscription.period.end),
        };
        subscription.cancel_at = at;
        subscription.cancel_at_period_end = end == End::WithPeriod;
        subscription.canceled_at = at.map(|_| now);
        subscription.cancel_reason = at.map(|_| "cancellation_requested".to_owned());
        Ok(())
    }

    /// Ends a subscription now.
    pub(crate) fn end_subscription(&mut self, id: &str, reason: &str) -> Done {
        let now = self.now;
        let subscription = self.account.subscriptions.get_mut(id)?;
        let pending = subscription.pending.as_ref().map(|pending| pending.invoice.clone());
        if let Some(invoice) = pending {
            self.void(&invoice)?;
        }
        let subscription = self.account.subscriptions.get_mut(id)?;
        subscription.status = Status::Canceled;
        subscription.ended_at = Some(now);
        subscription.canceled_at.get_or_insert(now);
        subscription.cancel_reason.get_or_insert_with(|| reason.to_owned());
        self.stop_collecting(id);
        self.emit_subscription("deleted", id)
    }

    /// Nobody asks any more for what an ended subscription owes.
    fn stop_collecting(&mut self, subscription: &str) {
        let invoices = self.account.invoices.all_mut().iter_mut();
        let owed = invoices.filter(|invoice| invoice.subscription.as_deref() == Some(subscription));
        for invoice in owed.filter(|invoice| invoice.status == InvoiceStatus::Open) {
            invoice.next_attempt = None;
        }
    }

    /// Ends a subscription now, if asked to with a credit for the rest of the period.
    pub(crate) fn delete_subscription(&mut self, id: &str, prorate: bool, invoice_now: bool) -> Done {
        let subscription = self.account.subscriptions.get(id)?.clone();
        let mut lines = subscription.waiting_lines.clone();
        if prorate {
            lines.extend(self.proration_lines(&subscription, &[], self.now)?);
        }
        self.account.subscriptions.get_mut(id)?.waiting_lines.clone_from(&lines);
        if invoice_now && !lines.is_empty() {
            let invoice = self.draft(Draft {
                customer: &subscription.customer,
                subscription: Some(id),
                currency: &subscription.currency,
                reason: "subscription_update",
                lines,
                period: subscription.period,
                proration_date: None,
            })?;
            let due = invoice.amount_due;
            let invoice = self.issue(invoice)?;
            self.account.subscriptions.get_mut(id)?.waiting_lines.clear();
            if due > 0 {
                self.collect(&invoice)?;
            }
        }
        self.end_subscription(id, "cancellation_requested")
    }
}
