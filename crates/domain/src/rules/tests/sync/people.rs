//! What people do: requests to Seatwise, and what they do at Stripe.

use jiff::{SignedDuration, Timestamp};

use super::world::World;
use crate::pack::{AddOnId, AllowanceId, PackageId, SeatModel};
use crate::rules::billing::{Holdings, grant, order};
use crate::rules::seat::{cancel, reactivate};
use crate::rules::sync::{InvoiceReason, SubscriptionState, is_in_pause};
use crate::rules::tests::fixture::{WORKSPACE, euros, tier, user};
use crate::{
    BillingAccount, BillingChange, Cancellation, Change, Changes, OnlinePayment, Purchase, PurchaseState,
    Record, Seat, Stored, SubscriptionStatus, Tally, Workspace,
};

type Records = (Stored<Workspace>, Tally, Vec<Stored<Seat>>, Stored<BillingAccount>);

impl World {
    /// Somebody does something.
    pub fn somebody_acts(&mut self) {
        match self.chance.below(100) {
            0..40 => self.buy(),
            40..52 => self.toggle_seat(),
            52..60 => self.discard(),
            60..62 => self.ask_to_cancel(),
            62..63 => self.delete(),
            _ => self.somebody_acts_at_stripe(),
        }
    }

    fn records(&self) -> Option<Records> {
        let workspace = self.table.get(Workspace::key(WORKSPACE))?;
        let tally: Stored<Tally> = self.table.get(Tally::key(WORKSPACE))?;
        let account = self.table.get(BillingAccount::key(WORKSPACE))?;
        Some((workspace, tally.value, self.table.seats(), account))
    }

    fn some_change(&mut self) -> BillingChange {
        let quantity = u32::try_from(self.chance.below(4)).unwrap();
        let plan = |plan: &str| plan.to_owned();
        match self.pack.seats.model {
            SeatModel::ByRole => {
                let plan =
                    self.chance.pick(&[plan("plan"), plan("business"), plan("grand")]).cloned().unwrap();
                let seats = (plan != "plan").then_some(quantity + 3);
                BillingChange::Plan { plan, seats, extras: [].into() }
            }
            _ if self.pack.seats.tiers.is_empty() => {
                let plan = self.chance.pick(&[plan("plan"), plan("growth")]).cloned().unwrap();
                let extras = [(AllowanceId("bots".to_owned()), quantity)].into();
                BillingChange::Plan { plan, seats: None, extras }
            }
            _ => self.some_change_of_seats(quantity),
        }
    }

    fn some_change_of_seats(&mut self, quantity: u32) -> BillingChange {
        let tier = self.chance.pick(&[tier("small"), tier("large")]).cloned().unwrap();
        let add_on = AddOnId("extra".to_owned());
        let seat = self.chance.pick(&self.table.seats()).map(|seat| seat.value.id);
        match (self.chance.below(100), seat) {
            (0..10, _) => {
                BillingChange::Credits { package: PackageId("hundred".to_owned()), quantity: quantity.max(1) }
            }
            (10..30, Some(seat)) => BillingChange::SeatTier { seat, tier },
            (30..50, Some(seat)) => BillingChange::AddOn { seat, add_on, quantity },
            (50..65, Some(_)) => BillingChange::AddOnEverywhere { add_on, quantity },
            _ => BillingChange::Seats { tier, quantity: quantity.max(1) },
        }
    }

    /// A purchase if it must be paid first; otherwise it is granted at once.
    pub fn buy(&mut self) {
        let change = self.some_change();
        let Some((workspace, tally, seats, account)) = self.records() else { return };
        let holdings = Holdings { workspace: &workspace, tally: &tally, seats: &seats };
        let mut moment = self.moment();
        let Ok(order) = order(&self.pack, &holdings, change.clone(), moment.now) else { return };
        let is_live =
            account.value.subscription.as_ref().filter(|one| one.status != SubscriptionStatus::Ended);
        let in_pause = is_live.is_some_and(|one| is_in_pause(one.period_end, moment.now));
        if in_pause || account.value.open_purchase.is_some() && order.rises {
            return;
        }
        let price = |sold| self.stripe.prices.get(sold).copied().unwrap_or(0);
        let due: i64 = order.difference.iter().map(|(sold, units)| units * price(sold)).sum();
        let due = Some(euros(due)).filter(|_| is_live.is_some());
        let state = if is_live.is_some() { PurchaseState::Charging } else { PurchaseState::Checkout };
        let purchase = order.purchase(WORKSPACE, user(1), state, due, &mut moment);
        let mut changes = if order.rises {
            let open = BillingAccount { open_purchase: Some(purchase.id), ..account.value.clone() };
            vec![Change::update(&account, open), Change::Create(Record::Purchase(purchase))]
        } else {
            grant(&self.pack, &holdings, &purchase, &mut moment).map_or(Changes::new(), |done| done.changes)
        };
        changes.push(self.request());
        self.note(|| format!("asks for {change:?}, rises: {}", order.rises));
        self.table.commit(&changes).unwrap();
    }

    fn toggle_seat(&mut self) {
        let Some((workspace, _, seats, account)) = self.records() else { return };
        let Some(seat) = self.chance.pick(&seats) else { return };
        let (paid, now) = (workspace.value.paid, self.now());
        let running = account.value.subscription.as_ref();
        let running = running.filter(|one| one.status != SubscriptionStatus::Ended);
        // A purchase was ordered for the seats that renewed then.
        let is_open = account.value.open_purchase.is_some();
        if is_open || running.is_some_and(|one| is_in_pause(one.period_end, now)) {
            return;
        }
        let toggled = match seat.value.term.ends {
            None => cancel(&self.pack, paid.as_ref(), seat, now),
            Some(_) => reactivate(&self.pack, paid.as_ref(), seat, now),
        };
        let Ok((_, mut changes)) = toggled else { return };
        let key = crate::RecordKey::BillingAccount(WORKSPACE);
        changes.extend([self.request(), Change::RequireVersion(key, account.version)]);
        let (id, ends) = (seat.value.id, seat.value.term.ends);
        self.note(|| format!("toggles {id}, which ends {ends:?}"));
        self.table.commit(&changes).unwrap();
    }

    fn discard(&mut self) {
        let Some((_, _, _, account)) = self.records() else { return };
        let Some(id) = account.value.open_purchase else { return };
        let Some(purchase) = self.table.get::<Purchase>(Purchase::key(WORKSPACE, id)) else { return };
        let payment = purchase.value.payment.clone().unwrap_or_default();
        let payment = Some(OnlinePayment { discarded: true, ..payment });
        let discarded = Purchase { payment, ..purchase.value.clone() };
        self.note(|| "discards the purchase".to_owned());
        self.table.commit(&[Change::update(&purchase, discarded), self.request()]).unwrap();
    }

    fn ask_to_cancel(&mut self) {
        let Some((_, _, _, account)) = self.records() else { return };
        if account.value.subscription.is_none() {
            return;
        }
        let asked = BillingAccount { cancellation: Some(Cancellation::Asked), ..account.value.clone() };
        self.note(|| "asks to cancel".to_owned());
        self.table.commit(&[Change::update(&account, asked), self.request()]).unwrap();
    }

    fn somebody_acts_at_stripe(&mut self) {
        let choice = self.chance.below(100);
        self.note(|| format!("acts at Stripe: {choice}"));
        match choice {
            0..30 => {
                let last = self.stripe.sessions.len().saturating_sub(1);
                self.stripe.pay_session(last);
            }
            30..65 if !self.stripe.invoices.is_empty() => {
                let index = self.chance.below(self.stripe.invoices.len() as u64);
                self.stripe.pay_invoice(usize::try_from(index).unwrap());
            }
            65..72 => self.at_live(|one| one.reading.cancel_at_period_end ^= true),
            72..75 => {
                let later = self.now() + SignedDuration::from_hours(24);
                self.at_live(|one| one.reading.cancel_at = Some(later.min(one.reading.period_end)));
            }
            75..77 => {
                if let Some(id) = self.live_id() {
                    self.stripe.end(&id);
                }
            }
            77..80 => self.subscribe_twice(),
            80..88 if self.pack.seats.model == SeatModel::ByRole => {
                self.is_edited = true;
                let seats = 2 + u32::try_from(self.chance.below(6)).unwrap();
                self.at_live(|one| {
                    let waits = one.pending.is_some();
                    let sold = one.reading.items.iter_mut().filter(|item| item.quantity > 0);
                    sold.filter(|_| !waits).for_each(|item| item.quantity = seats);
                });
            }
            _ => return,
        }
        self.hint();
    }

    fn live_id(&self) -> Option<String> {
        let live = self.stripe.subscriptions.iter().find(|one| {
            one.reading.state != SubscriptionState::Ended && !self.second.contains(&one.reading.id)
        });
        live.map(|one| one.reading.id.clone())
    }

    fn at_live(&mut self, change: impl FnOnce(&mut super::stripe::Subscription)) {
        let Some(id) = self.live_id() else { return };
        if let Some(one) = self.stripe.subscriptions.iter_mut().find(|one| one.reading.id == id) {
            change(one);
        }
    }

    /// Somebody makes a second subscription by hand.
    fn subscribe_twice(&mut self) {
        let recorded = self.records().and_then(|(_, _, _, account)| account.value.subscription);
        let is_recorded = recorded.is_some_and(|one| Some(one.id) == self.live_id());
        if !is_recorded {
            return;
        }
        let sold = self.stripe.prices.keys().next().cloned().unwrap();
        let id = self.stripe.subscribe(&[(sold, 1)]);
        self.stripe.invoice(&id, InvoiceReason::Other, true, 1, None);
        self.second.push(id);
    }

    /// The time passes on, a little or much.
    pub fn time_passes(&mut self) {
        let (now, next) = (self.now(), self.next_time());
        let to_next = next.map_or(SignedDuration::ZERO, |next: Timestamp| next.duration_since(now));
        let by = match self.chance.below(100) {
            0..40 => SignedDuration::from_secs(2),
            40..80 => to_next,
            80..88 => SignedDuration::from_mins(2),
            88..94 => SignedDuration::from_hours(2),
            94..97 => SignedDuration::from_hours(25),
            _ => SignedDuration::from_hours(65),
        };
        self.pass(by);
    }
}
