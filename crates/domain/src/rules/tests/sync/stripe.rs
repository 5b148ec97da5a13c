//! A small Stripe: what it does to subscriptions, invoices and sessions when it is asked, and by itself.

use std::collections::{BTreeMap, HashMap};

use jiff::{SignedDuration, Timestamp};

use super::chance::Chance;
use crate::pack::ItemId;
use crate::rules::sync::{
    Answer, ChargeOrder, CheckoutOrder, InvoiceReading, InvoiceReason, InvoiceState, ItemLine, ItemReading,
    Payment, SessionReading, SessionState, SubscriptionReading, SubscriptionState, SyncStep,
};
use crate::{Money, PaymentFailure, PurchaseId, Quantities};

/// A billing period: short, so that renewals happen.
pub const PERIOD: SignedDuration = SignedDuration::from_hours(60);
/// The time after which an update that nobody pays is dropped.
const PENDING_FOR: SignedDuration = SignedDuration::from_hours(23);
/// The time for which a key is remembered.
const KEY_FOR: SignedDuration = SignedDuration::from_hours(24);

#[derive(Clone, Debug)]
pub struct Subscription {
    pub reading: SubscriptionReading,
    pub pending: Option<(String, Vec<ItemLine>, Timestamp)>,
    pub past_due_since: Option<Timestamp>,
}

#[derive(Clone, Debug)]
pub struct Invoice {
    pub reading: InvoiceReading,
    pub amount: i64,
    /// The key of the charge.
    pub key: Option<String>,
    pub refunded: bool,
    /// Whether a faulty run has left it open.
    pub left: bool,
}

#[derive(Clone, Debug)]
pub struct Session {
    pub reading: SessionReading,
    pub order: CheckoutOrder,
    pub refunded: bool,
}

#[derive(Debug, Default)]
pub struct Stripe {
    pub now: Timestamp,
    pub subscriptions: Vec<Subscription>,
    pub sessions: Vec<Session>,
    pub invoices: Vec<Invoice>,
    pub prices: BTreeMap<ItemId, i64>,
    /// Requests that no caller may make.
    pub abuses: Vec<String>,
    keys: HashMap<String, (String, Timestamp)>,
    made: u32,
}

impl Stripe {
    pub fn new(now: Timestamp, prices: BTreeMap<ItemId, i64>) -> Self {
        Self { now, prices, ..Self::default() }
    }

    fn id(&mut self, kind: &str) -> String {
        self.made += 1;
        format!("{kind}_{}", self.made)
    }

    /// Carries a request out. The card is charged, declined, or needs authentication, by chance.
    pub fn perform(&mut self, step: &SyncStep, chance: &mut Chance) -> Option<Answer> {
        let refused = Some(Answer::Refused(PaymentFailure::Refused));
        match step {
            SyncStep::CreateCustomer { key } => {
                let is_new = self.is_new(key, String::new()).is_some_and(|is_new| is_new);
                if is_new {
                    self.made += 1;
                }
                Some(Answer::Customer("cus_1".to_owned()))
            }
            SyncStep::OpenCheckout(order) => match self.is_new(&order.key, format!("{order:?}")) {
                Some(true) => self.open(order),
                Some(false) => None,
                None => refused,
            },
            SyncStep::ExpireSession { session } => {
                let open = |one: &&mut Session| {
                    one.reading.id == *session && one.reading.state == SessionState::Open
                };
                let found = self.sessions.iter_mut().find(open)?;
                found.reading.state = SessionState::Expired;
                None
            }
            SyncStep::Level { subscription, items } => {
                if self.live(subscription)?.pending.is_some() {
                    self.abuses.push("levels over an update that waits for its payment".to_owned());
                }
                self.set(subscription, items);
                None
            }
            SyncStep::SetCancellation { subscription, ends } => {
                let found = self.live(subscription)?;
                found.reading.cancel_at_period_end = *ends;
                found.reading.cancel_at = found.reading.cancel_at.filter(|_| *ends);
                None
            }
            SyncStep::Preview(_) if chance.percent(5) => refused,
            SyncStep::Preview(order) => {
                Some(Answer::Preview(Money { amount: self.amount(order), currency: "EUR".to_owned() }))
            }
            SyncStep::Charge { key, order } => self.charge(key, order, chance),
            SyncStep::VoidInvoice { invoice } => {
                self.void(invoice);
                None
            }
            SyncStep::EndSubscription { subscription } => {
                self.end(subscription);
                None
            }
            SyncStep::EndOther { subscription, refund } => {
                if let Some(Payment::Invoice(invoice)) = refund {
                    self.refund(invoice);
                }
                self.end(subscription);
                None
            }
            SyncStep::Refund { payment, .. } => {
                let (Payment::Invoice(id) | Payment::Intent(id)) = payment;
                self.refund(id);
                Some(Answer::Refunded)
            }
            SyncStep::Commit(_) | SyncStep::Wait { .. } | SyncStep::Done => None,
        }
    }

    /// Whether the key is new; `None`: it was used for something else.
    fn is_new(&mut self, key: &str, parameters: String) -> Option<bool> {
        let now = self.now;
        self.keys.retain(|_, (_, at)| *at + KEY_FOR > now);
        match self.keys.get(key) {
            Some((before, _)) if *before != parameters => {
                self.abuses.push(format!("uses {key} for something else"));
                None
            }
            Some(_) => Some(false),
            None => {
                self.keys.insert(key.to_owned(), (parameters, now));
                Some(true)
            }
        }
    }

    fn open(&mut self, order: &CheckoutOrder) -> Option<Answer> {
        let rest = order.expires_at.duration_since(self.now);
        if rest < SignedDuration::from_mins(30) || rest > SignedDuration::from_hours(24) {
            self.keys.remove(&order.key);
            return Some(Answer::Refused(PaymentFailure::Refused));
        }
        let id = self.id("cs");
        let reading = SessionReading {
            url: Some(format!("https://pay.example/{id}")),
            id,
            purchase: Some(order.purchase),
            state: SessionState::Open,
            subscription: None,
            payment: None,
        };
        self.sessions.push(Session { reading, order: order.clone(), refunded: false });
        None
    }

    fn live(&mut self, id: &str) -> Option<&mut Subscription> {
        let found = self.subscriptions.iter_mut().find(|one| one.reading.id == id);
        found.filter(|one| one.reading.state != SubscriptionState::Ended)
    }

    fn set(&mut self, subscription: &str, lines: &[ItemLine]) {
        for line in lines {
            let id = self.id("si");
            let Some(found) = self.live(subscription) else { return };
            let items = &mut found.reading.items;
            match &line.item {
                Some(item) => {
                    items
                        .iter_mut()
                        .filter(|one| one.id == *item)
                        .for_each(|one| one.quantity = line.quantity);
                }
                None if items.iter().any(|one| one.sold.as_ref() == Some(&line.sold)) => {
                    self.abuses.push(format!("adds a second item for {}", line.sold.0));
                }
                None => {
                    items.push(ItemReading { id, sold: Some(line.sold.clone()), quantity: line.quantity });
                }
            }
        }
    }

    pub fn price(&self, sold: &ItemId) -> i64 {
        self.prices.get(sold).copied().unwrap_or(0)
    }

    /// What a charge costs now.
    fn amount(&self, order: &ChargeOrder) -> i64 {
        let found = self.subscriptions.iter().find(|one| one.reading.id == order.subscription);
        let items = found.map(|one| one.reading.items.as_slice()).unwrap_or_default();
        let before = |line: &ItemLine| {
            items.iter().find(|one| Some(&one.id) == line.item.as_ref()).map_or(0, |one| one.quantity)
        };
        let more = |line: &ItemLine| i64::from(line.quantity) - i64::from(before(line));
        order.items.iter().map(|line| more(line) * self.price(&line.sold)).sum()
    }

    fn charge(&mut self, key: &str, order: &ChargeOrder, chance: &mut Chance) -> Option<Answer> {
        let refused = Some(Answer::Refused(PaymentFailure::Refused));
        match self.is_new(key, format!("{order:?}")) {
            Some(true) => {}
            Some(false) => return None,
            None => return refused,
        }
        let (now, amount) = (self.now, self.amount(order));
        let can = self
            .live(&order.subscription)
            .map(|found| (found.reading.period_start..=now).contains(&order.proration_date));
        if can != Some(true) {
            self.keys.remove(key);
            return refused;
        }
        if self.live(&order.subscription).is_some_and(|found| found.pending.is_some()) {
            self.abuses.push("charges over an update that waits for its payment".to_owned());
        }
        let is_paid = chance.percent(60);
        let id = self.invoice(&order.subscription, InvoiceReason::Update, is_paid, amount, Some(key));
        if is_paid {
            self.set(&order.subscription, &order.items);
        } else if let Some(found) = self.live(&order.subscription) {
            found.pending = Some((id, order.items.clone(), now + PENDING_FOR));
            found.reading.has_pending_update = true;
        }
        None
    }

    pub fn invoice(
        &mut self,
        subscription: &str,
        reason: InvoiceReason,
        is_paid: bool,
        amount: i64,
        key: Option<&str>,
    ) -> String {
        let id = self.id("in");
        let reading = InvoiceReading {
            id: id.clone(),
            subscription: Some(subscription.to_owned()),
            reason,
            state: if is_paid { InvoiceState::Paid } else { InvoiceState::Open },
            created: self.now,
            pay_url: Some(format!("https://pay.example/{id}")),
        };
        self.invoices.push(Invoice {
            reading,
            amount,
            key: key.map(str::to_owned),
            refunded: false,
            left: false,
        });
        id
    }

    pub fn void(&mut self, invoice: &str) {
        let open = |one: &&mut Invoice| one.reading.id == invoice && one.reading.state == InvoiceState::Open;
        let Some(found) = self.invoices.iter_mut().find(open) else { return };
        found.reading.state = InvoiceState::Void;
        self.drop_pending(|(waits_for, ..)| waits_for == invoice);
    }

    fn drop_pending(&mut self, is_dropped: impl Fn(&(String, Vec<ItemLine>, Timestamp)) -> bool) {
        for one in &mut self.subscriptions {
            one.pending = one.pending.take().filter(|pending| !is_dropped(pending));
            one.reading.has_pending_update = one.pending.is_some();
        }
    }

    pub fn end(&mut self, id: &str) {
        let now = self.now;
        let Some(found) = self.live(id) else { return };
        found.reading.state = SubscriptionState::Ended;
        found.reading.ended_at = Some(now);
        found.pending = None;
        found.reading.has_pending_update = false;
    }

    fn refund(&mut self, id: &str) {
        self.invoices.iter_mut().filter(|one| one.reading.id == id).for_each(|one| one.refunded = true);
        let paid = |one: &&mut Session| matches!(&one.reading.payment, Some(Payment::Invoice(paid) | Payment::Intent(paid)) if paid == id);
        self.sessions.iter_mut().filter(paid).for_each(|one| one.refunded = true);
    }

    /// A customer pays an open page.
    pub fn pay_session(&mut self, index: usize) {
        let Some(session) = self.sessions.get(index).cloned() else { return };
        if session.reading.state != SessionState::Open || session.order.expires_at <= self.now {
            return;
        }
        let (subscription, payment) = if session.order.renews {
            let id = self.subscribe(&session.order.lines);
            let paid = self.invoice(&id, InvoiceReason::Other, true, 0, None);
            (Some(id), Payment::Invoice(paid))
        } else {
            (None, Payment::Intent(self.id("pi")))
        };
        let reading = &mut self.sessions[index].reading;
        reading.state = SessionState::Paid;
        reading.subscription = subscription;
        reading.payment = Some(payment);
    }

    pub fn subscribe(&mut self, lines: &[(ItemId, u32)]) -> String {
        let items = lines.iter().map(|(sold, quantity)| ItemReading {
            id: self.id("si"),
            sold: Some(sold.clone()),
            quantity: *quantity,
        });
        let items = items.collect();
        let reading = SubscriptionReading {
            id: self.id("sub"),
            state: SubscriptionState::Active,
            items,
            period_start: self.now,
            period_end: self.now + PERIOD,
            cancel_at: None,
            cancel_at_period_end: false,
            has_pending_update: false,
            ended_at: None,
        };
        let id = reading.id.clone();
        self.subscriptions.push(Subscription { reading, pending: None, past_due_since: None });
        id
    }

    /// A customer pays an open invoice.
    pub fn pay_invoice(&mut self, index: usize) {
        let Some(invoice) = self.invoices.get_mut(index) else { return };
        if invoice.reading.state != InvoiceState::Open {
            return;
        }
        invoice.reading.state = InvoiceState::Paid;
        let (id, subscription) = (invoice.reading.id.clone(), invoice.reading.subscription.clone().unwrap());
        let Some(found) = self.live(&subscription) else { return };
        if let Some((_, items, _)) = found.pending.take_if(|(waits_for, ..)| *waits_for == id) {
            found.reading.has_pending_update = false;
            self.set(&subscription, &items);
        } else if found.past_due_since.take().is_some() {
            found.reading.state = SubscriptionState::Active;
        }
    }

    /// The invoices as a run reads them, newest first.
    pub fn read_invoices(&self) -> Vec<InvoiceReading> {
        let read = |one: &Invoice| {
            let state = if one.left { InvoiceState::Void } else { one.reading.state };
            InvoiceReading { state, ..one.reading.clone() }
        };
        self.invoices.iter().rev().map(read).collect()
    }

    /// What was paid for a purchase: the amount of a charge, and whether it was refunded.
    pub fn payments(&self, purchase: PurchaseId) -> Vec<(Option<i64>, bool)> {
        let key = format!("charge:{purchase}");
        let charges = self.invoices.iter().filter(|one| {
            one.key.as_ref().is_some_and(|one| one.starts_with(&key))
                && one.reading.state == InvoiceState::Paid
        });
        let pages = self
            .sessions
            .iter()
            .filter(|one| one.reading.purchase == Some(purchase) && one.reading.state == SessionState::Paid);
        let charges = charges.map(|one| (Some(one.amount), one.refunded));
        charges.chain(pages.map(|one| (None, one.refunded))).collect()
    }

    pub fn quantities(&self, id: &str) -> Quantities {
        let found = self.subscriptions.iter().find(|one| one.reading.id == id);
        let items = found.into_iter().flat_map(|one| &one.reading.items);
        let sold = items.filter(|item| item.quantity > 0);
        sold.filter_map(|item| Some((item.sold.clone()?, item.quantity))).collect()
    }
}
