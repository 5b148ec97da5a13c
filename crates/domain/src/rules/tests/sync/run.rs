//! A run of the synchronisation, cut into acts between which anything can happen.

use jiff::{SignedDuration, Timestamp};

use super::chance::Chance;
use super::stripe::Stripe;
use super::table::Table;
use super::world::{Fault, PACK_WORKSPACE};
use crate::rules::sync::{
    Answer, InvoiceState, Known, Reading, SessionReading, SubscriptionReading, SyncFault, SyncStep, next,
};
use crate::{
    BillingAccount, Change, Moment, Pack, Purchase, PurchaseState, Record, RecordKey, Seat, Stored, Tally,
    Task, TaskKind, Version, Workspace,
};

/// What a run has in its hands.
#[derive(Clone, Debug, Default)]
struct Hands {
    seats: Option<Vec<Stored<Seat>>>,
    records: Option<(Option<Stored<Workspace>>, Tally, Stored<BillingAccount>)>,
    /// None or one, once it is read.
    purchase: Option<Vec<Stored<Purchase>>>,
    subscriptions: Option<Vec<SubscriptionReading>>,
    sessions: Option<Vec<SessionReading>>,
    step: Option<SyncStep>,
    /// The time before Stripe was read.
    read_at: Option<Timestamp>,
}

/// A run that holds, or held, the lease of the task.
#[derive(Debug)]
pub struct Run {
    claim: Version,
    lease: Timestamp,
    is_check: bool,
    answer: Option<Answer>,
    hands: Hands,
}

/// How a run goes on.
pub enum Act {
    /// It continues.
    Continues,
    /// It has written this. Whether it did, the world checks.
    Wrote(Vec<Change>),
    /// A request is on its way and arrives later, and the run has failed.
    Delayed(SyncStep),
    /// It is over.
    Over,
}

/// What a run acts on.
pub struct Place<'a> {
    pub pack: &'a Pack,
    pub table: &'a mut Table,
    pub stripe: &'a mut Stripe,
    pub chance: &'a mut Chance,
    pub fault: Option<Fault>,
    /// Whether requests fail and replies are lost.
    pub is_rough: bool,
    pub log: &'a mut Vec<String>,
}

impl Run {
    /// Claims the task, if it is due.
    pub fn claim(table: &mut Table, now: Timestamp) -> Option<Self> {
        let id = Task::of_billing(PACK_WORKSPACE);
        let task = table.get::<Task>(Task::key(id)).filter(|task| task.value.is_due(now))?;
        let is_check = matches!(&task.value.kind, TaskKind::BillingSync(billed) if billed.is_check);
        let claimed = task.value.claimed(now);
        let lease = claimed.lease.unwrap();
        table.commit(&[Change::update(&task, claimed)]).unwrap();
        let claim = table.get::<Task>(Task::key(id)).unwrap().version;
        Some(Self { claim, lease, is_check, answer: None, hands: Hands::default() })
    }

    /// One act.
    pub fn act(&mut self, place: &mut Place<'_>) -> Result<Act, SyncFault> {
        let hands = &mut self.hands;
        if hands.seats.is_none() {
            hands.seats = Some(place.table.seats());
        } else if hands.records.is_none() {
            let Some(account) = place.table.get(BillingAccount::key(PACK_WORKSPACE)) else {
                self.release(place, None);
                return Ok(Act::Over);
            };
            let workspace = place.table.get(Workspace::key(PACK_WORKSPACE));
            let tally = place.table.get::<Tally>(Tally::key(PACK_WORKSPACE)).map(|tally| tally.value);
            hands.records = Some((workspace, tally.unwrap_or(Tally::empty(PACK_WORKSPACE)), account));
        } else if hands.purchase.is_none() {
            let (_, _, account) = hands.records.as_ref().unwrap();
            let open = account.value.open_purchase;
            hands.purchase = Some(
                open.and_then(|id| place.table.get(Purchase::key(PACK_WORKSPACE, id))).into_iter().collect(),
            );
        } else if hands.subscriptions.is_none() {
            hands.read_at = Some(place.stripe.now);
            let read = place.stripe.subscriptions.iter().rev().map(|one| one.reading.clone());
            hands.subscriptions = Some(read.collect());
        } else if hands.sessions.is_none() {
            let read = place.stripe.sessions.iter().rev().map(|one| one.reading.clone());
            hands.sessions = Some(read.collect());
        } else if hands.step.is_none() {
            self.hands.step = Some(self.decide(place)?);
        } else {
            return Ok(self.perform(place));
        }
        Ok(Act::Continues)
    }

    fn decide(&mut self, place: &mut Place<'_>) -> Result<SyncStep, SyncFault> {
        let (workspace, tally, account) = self.hands.records.as_ref().unwrap();
        let known = Known {
            pack: place.pack,
            workspace: workspace.as_ref(),
            tally,
            seats: self.hands.seats.as_ref().unwrap(),
            account,
            purchase: self.hands.purchase.as_ref().unwrap().first(),
            is_check: self.is_check,
        };
        let has_customer = account.value.customer.is_some();
        let mut reading = Reading {
            subscriptions: self.hands.subscriptions.clone().unwrap(),
            sessions: self.hands.sessions.clone().unwrap(),
            invoices: place.stripe.read_invoices(),
        };
        if !has_customer {
            reading = Reading::default();
        }
        if place.fault == Some(Fault::GrantsUnpaid) {
            let open = reading.invoices.iter_mut().filter(|one| one.state == InvoiceState::Open);
            open.for_each(|one| one.state = InvoiceState::Paid);
        }
        let payment = known.purchase.and_then(|purchase| purchase.value.payment.as_ref());
        let closes = payment.is_some_and(|payment| payment.closes_at.is_some());
        let wait = if closes && place.fault == Some(Fault::ClosesAtOnce) { 3 } else { 0 };
        let seen = self.hands.read_at.unwrap() + SignedDuration::from_mins(wait);
        let mut moment = Moment::new(seen, place.chance.seed());
        let answer = self.answer.take();
        next(&known, &reading, answer.as_ref(), &mut moment)
    }

    fn perform(&mut self, place: &mut Place<'_>) -> Act {
        let step = self.hands.step.clone().unwrap();
        place.log.push(format!("{} run {}: {}", place.stripe.now, self.claim.0, brief(&step)));
        let purchase = self.hands.purchase.iter().flatten().next().cloned();
        let records = self.hands.records.clone();
        self.hands = Hands::default();
        match step {
            SyncStep::Done => {
                self.release(place, None);
                Act::Over
            }
            SyncStep::Wait { .. } if place.fault == Some(Fault::Forgets) => {
                self.release(place, None);
                Act::Over
            }
            SyncStep::Wait { until } => {
                self.release(place, Some(until));
                Act::Over
            }
            SyncStep::Commit(changes) => {
                if place.table.commit(&changes).is_ok() {
                    return Act::Wrote(changes);
                }
                place.log.push("conflict".to_owned());
                Act::Continues
            }
            // Nothing is sent after the end of the lease.
            _ if self.lease <= place.stripe.now => Act::Over,
            step => {
                let step = faulty(place.fault, step, purchase.as_ref(), place.stripe);
                self.send(place, &step, purchase, records.map(|(_, _, account)| account))
            }
        }
    }

    fn send(
        &mut self,
        place: &mut Place<'_>,
        step: &SyncStep,
        purchase: Option<Stored<Purchase>>,
        account: Option<Stored<BillingAccount>>,
    ) -> Act {
        let luck = if place.is_rough { place.chance.below(100) } else { 0 };
        if luck >= 94 && matches!(step, SyncStep::Charge { .. } | SyncStep::OpenCheckout(_)) {
            self.fail(place);
            return Act::Delayed(step.clone());
        }
        if luck < 88 {
            self.answer = place.stripe.perform(step, place.chance);
        }
        if luck < 76 {
            let declined = matches!(step, SyncStep::Charge { .. })
                && place.stripe.subscriptions.iter().any(|one| one.pending.is_some());
            if place.fault == Some(Fault::TrustsReplies) && declined {
                return trusts(place, purchase, account);
            }
            return Act::Continues;
        }
        self.fail(place);
        Act::Over
    }

    /// The run has failed: another one follows.
    pub fn fail(&self, place: &mut Place<'_>) {
        let due = place.stripe.now + SignedDuration::from_secs(5);
        self.release(place, Some(due));
    }

    /// Lets the task go. A task that was made due again stays due.
    fn release(&self, place: &mut Place<'_>, due: Option<Timestamp>) {
        let id = Task::of_billing(PACK_WORKSPACE);
        let Some(task) = place.table.get::<Task>(Task::key(id)) else { return };
        if task.value.lease != Some(self.lease) {
            return;
        }
        let change = match due {
            None if task.version == self.claim => Change::Delete(RecordKey::Task(id), task.version),
            Some(due_at) if task.version == self.claim => {
                Change::update(&task, Task { due_at, lease: None, ..task.value.clone() })
            }
            _ => Change::update(&task, Task { lease: None, ..task.value.clone() }),
        };
        place.table.commit(&[change]).unwrap();
    }
}

/// Takes the reply to a charge for its outcome, and closes the purchase.
fn trusts(
    place: &mut Place<'_>,
    purchase: Option<Stored<Purchase>>,
    account: Option<Stored<BillingAccount>>,
) -> Act {
    let (Some(purchase), Some(account)) = (purchase, account) else { return Act::Continues };
    let after = Purchase { state: PurchaseState::Failed, ..purchase.value.clone() };
    let closed = BillingAccount { open_purchase: None, ..account.value.clone() };
    let changes = vec![Change::update(&purchase, after), Change::update(&account, closed)];
    if place.table.commit(&changes).is_ok() { Act::Wrote(changes) } else { Act::Continues }
}

/// The step as a faulty run makes it.
fn faulty(
    fault: Option<Fault>,
    step: SyncStep,
    purchase: Option<&Stored<Purchase>>,
    stripe: &mut Stripe,
) -> SyncStep {
    match (fault, step) {
        // The charge says what is right now, not what was fixed.
        (Some(Fault::ChargesUnfixed), SyncStep::Charge { key, mut order }) => {
            order.proration_date = Timestamp::from_second(stripe.now.as_second()).unwrap();
            SyncStep::Charge { key, order }
        }
        // The charge has a key of the attempt, not of the purchase.
        (Some(Fault::ChargesByAttempt), SyncStep::Charge { key, order }) => {
            let key = format!("{key}#{}", stripe.now);
            SyncStep::Charge { key, order }
        }
        // The invoice stays open, and looks void.
        (Some(Fault::LeavesInvoices), SyncStep::VoidInvoice { invoice }) if purchase.is_some() => {
            let found = stripe.invoices.iter_mut().find(|one| one.reading.id == invoice);
            if let Some(one) = found {
                one.left = true;
            }
            SyncStep::Preview(crate::rules::sync::ChargeOrder {
                subscription: String::new(),
                items: Vec::new(),
                proration_date: stripe.now,
            })
        }
        (_, step) => step,
    }
}

/// A step in one line.
fn brief(step: &SyncStep) -> String {
    let SyncStep::Commit(changes) = step else { return format!("{step:?}") };
    let lines = changes.iter().map(|change| match change {
        Change::Update(update) => match &update.after {
            Record::Purchase(one) => format!("purchase {:?} {:?}", one.state, one.payment),
            Record::BillingAccount(one) => format!(
                "account open {:?} {:?} {:?}",
                one.open_purchase,
                one.cancellation,
                one.subscription.as_ref().map(|one| (one.status, &one.quantities)),
            ),
            Record::Workspace(one) => format!("workspace {} {:?} {:?}", one.plan, one.extras, one.paid),
            Record::Seat(one) => format!("seat {} {:?}", one.id, one.term.ends),
            other => format!("update {:?}", other.key()),
        },
        Change::AdjustCounts(counts) => format!("{:?}", counts.counts),
        other => format!("{:?}", other.key()),
    });
    format!("commit {}", lines.collect::<Vec<_>>().join(" | "))
}

/// The record of a purchase that a change writes.
pub fn written_purchase(change: &Change) -> Option<&Purchase> {
    match change {
        Change::Update(update) => match &update.after {
            Record::Purchase(purchase) => Some(purchase),
            _ => None,
        },
        _ => None,
    }
}
