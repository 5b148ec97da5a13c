//! What Stripe does by itself as time passes.

use jiff::{SignedDuration, Timestamp};

use super::chance::Chance;
use super::stripe::{PERIOD, Stripe};
use crate::rules::sync::{InvoiceReason, ItemReading, SessionState, SubscriptionState};

/// The time for which a failed renewal is tried again.
const RETRIES_FOR: SignedDuration = SignedDuration::from_hours(40);

impl Stripe {
    /// Time passes. Answers whether something has changed by itself.
    pub fn pass(&mut self, until: Timestamp, chance: &mut Chance) -> bool {
        let before = format!("{:?}", (&self.subscriptions, &self.sessions));
        self.let_pass(until, chance);
        before != format!("{:?}", (&self.subscriptions, &self.sessions))
    }

    fn let_pass(&mut self, until: Timestamp, chance: &mut Chance) {
        self.now = until;
        for session in &mut self.sessions {
            if session.reading.state == SessionState::Open && session.order.expires_at <= until {
                session.reading.state = SessionState::Expired;
            }
        }
        for index in 0..self.subscriptions.len() {
            if let Some((invoice, _, _)) =
                self.subscriptions[index].pending.clone().filter(|(_, _, end)| *end <= until)
            {
                self.void(&invoice);
            }
            while self.subscriptions[index].reading.state != SubscriptionState::Ended
                && self.subscriptions[index].reading.period_end <= until
            {
                self.renew(index, chance);
            }
            self.give_up(index, chance);
        }
    }

    fn renew(&mut self, index: usize, chance: &mut Chance) {
        let found = &mut self.subscriptions[index].reading;
        let end = found.period_end;
        if found.cancel_at_period_end || found.cancel_at.is_some_and(|at| at <= end) {
            let id = found.id.clone();
            self.end(&id);
            self.subscriptions[index].reading.ended_at = Some(end);
            return;
        }
        found.period_start = end;
        found.period_end = end + PERIOD;
        let (id, items) = (found.id.clone(), found.items.clone());
        let price = |item: &ItemReading| item.sold.as_ref().map_or(0, |sold| self.price(sold));
        let total: i64 = items.iter().map(|item| i64::from(item.quantity) * price(item)).sum();
        if total > 0 {
            let is_paid = chance.percent(70);
            self.invoice(&id, InvoiceReason::Other, is_paid, total, None);
            if !is_paid {
                self.subscriptions[index].reading.state = SubscriptionState::PastDue;
                self.subscriptions[index].past_due_since = Some(end);
            }
        }
    }

    fn give_up(&mut self, index: usize, chance: &mut Chance) {
        let found = &self.subscriptions[index];
        let is_late = found.past_due_since.is_some_and(|since| since + RETRIES_FOR <= self.now);
        if !is_late || found.reading.state != SubscriptionState::PastDue {
            return;
        }
        let id = found.reading.id.clone();
        if chance.percent(50) {
            self.end(&id);
        } else {
            self.subscriptions[index].reading.state = SubscriptionState::Unpaid;
        }
    }
}
