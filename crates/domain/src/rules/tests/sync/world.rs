//! A workspace, its people, Stripe and the runs, all of which act at any time.

use jiff::{SignedDuration, Timestamp};

use super::chance::Chance;
use super::packs::prices;
use super::run::{Act, Place, Run};
use super::stripe::Stripe;
use super::table::Table;
use crate::rules::sync::{SubscriptionState, SyncFault, SyncStep};
use crate::rules::tests::fixture::{WORKSPACE, now, tally, workspace};
use crate::{
    BilledWorkspace, BillingAccount, BillingCheck, Change, Moment, Pack, Record, RecordKey, Tally, Task,
    TaskKind, WorkspaceId,
};

pub const PACK_WORKSPACE: WorkspaceId = WORKSPACE;

/// A deliberate fault of the runs, which the invariants must find.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fault {
    /// Grants what waits for its payment.
    GrantsUnpaid,
    /// A charge says what is right at its own time.
    ChargesUnfixed,
    /// Each attempt to charge has a key of its own.
    ChargesByAttempt,
    /// A reply is taken for the outcome.
    TrustsReplies,
    /// An invoice that should be void stays open.
    LeavesInvoices,
    /// A purchase that waits is forgotten.
    Forgets,
    /// A purchase of which Stripe knows nothing yet closes at once.
    ClosesAtOnce,
}

pub struct World {
    pub pack: Pack,
    pub table: Table,
    pub stripe: Stripe,
    pub chance: Chance,
    pub fault: Option<Fault>,
    pub is_rough: bool,
    pub wrongs: Vec<String>,
    pub second: Vec<String>,
    /// Whether a customer has changed quantities at Stripe, and so prices.
    pub is_edited: bool,
    pub log: Vec<String>,
    runs: Vec<Run>,
    hints: Vec<Timestamp>,
    delayed: Vec<(Timestamp, SyncStep)>,
}

impl World {
    pub fn new(pack: Pack, seed: u64, fault: Option<Fault>) -> Self {
        let mut table = Table::default();
        let seats = pack.plan(&pack.billing.plan).map_or(0, |plan| i64::from(plan.seats));
        let tally = Tally { seats, open_seats: seats, ..tally(1, 0) };
        table
            .commit(&[
                Change::Create(Record::Workspace(workspace())),
                Change::Create(Record::Tally(tally)),
                Change::Create(Record::BillingAccount(BillingAccount::new(WORKSPACE))),
            ])
            .unwrap();
        let stripe = Stripe::new(now(), prices(&pack));
        let chance = Chance::new(seed);
        Self {
            pack,
            table,
            stripe,
            chance,
            fault,
            is_rough: true,
            wrongs: Vec::new(),
            second: Vec::new(),
            is_edited: false,
            log: Vec::new(),
            runs: Vec::new(),
            hints: Vec::new(),
            delayed: Vec::new(),
        }
    }

    pub fn now(&self) -> Timestamp {
        self.stripe.now
    }

    pub fn moment(&mut self) -> Moment {
        Moment::new(self.stripe.now, self.chance.seed())
    }

    pub fn note(&mut self, line: impl FnOnce() -> String) {
        let line = format!("{} {}", self.stripe.now, line());
        self.log.push(line);
    }

    /// A webhook comes in time, late, or never.
    pub fn hint(&mut self) {
        if self.chance.percent(80) {
            let wait = [0, 5, 600][usize::try_from(self.chance.below(3)).unwrap()];
            self.hints.push(self.stripe.now + SignedDuration::from_secs(wait));
        }
    }

    pub fn request(&self) -> Change {
        Change::RequestBillingSync { workspace: WORKSPACE, at: self.stripe.now }
    }

    /// Time passes, and brings what was on its way.
    pub fn pass(&mut self, by: SignedDuration) {
        let end = self.stripe.now + by;
        while let Some(at) = self.delayed.iter().map(|(at, _)| *at).filter(|at| *at < end).min() {
            self.pass_until(at);
        }
        self.pass_until(end);
    }

    fn pass_until(&mut self, until: Timestamp) {
        let has_ended = |stripe: &Stripe, id: &String| {
            let found = stripe.subscriptions.iter().find(|one| one.reading.id == *id);
            found.is_some_and(|one| one.reading.state == SubscriptionState::Ended)
        };
        let lived: Vec<String> =
            self.second.iter().filter(|id| !has_ended(&self.stripe, id)).cloned().collect();
        let has_changed = self.stripe.pass(until, &mut self.chance);
        // Nobody has to end what Stripe has ended, because nobody paid it.
        self.second.retain(|id| !lived.contains(id) || !has_ended(&self.stripe, id));
        if has_changed {
            self.hint();
        }
        let (due, rest) = std::mem::take(&mut self.hints).into_iter().partition(|at| *at <= until);
        self.hints = rest;
        let due: Vec<Timestamp> = due;
        if !due.is_empty() {
            let request = self.request();
            self.table.commit(&[request]).unwrap();
        }
        let (arrived, rest): (Vec<_>, Vec<_>) =
            std::mem::take(&mut self.delayed).into_iter().partition(|(at, _)| *at <= until);
        self.delayed = rest;
        for (_, step) in arrived {
            self.note(|| format!("arrives late: {step:?}"));
            self.stripe.perform(&step, &mut self.chance);
        }
        self.check();
    }

    /// The timetable asks for the checks that are due.
    fn check(&mut self) {
        let now = self.stripe.now;
        let due = self.table.all::<BillingCheck>().into_iter().any(|check| check.value.at <= now);
        let id = Task::of_billing(WORKSPACE);
        if due {
            let kind = TaskKind::BillingSync(BilledWorkspace { workspace: WORKSPACE, is_check: true });
            // If there is a task already, it does the work of the check.
            let _ = self.table.commit(&[Change::Create(Record::Task(Task::new(id, kind, now)))]);
        }
    }

    /// The next time at which something happens by itself.
    pub fn next_time(&self) -> Option<Timestamp> {
        let task = self.table.get::<Task>(Task::key(Task::of_billing(WORKSPACE)));
        let due =
            task.map(|task| task.value.lease.map_or(task.value.due_at, |end| end.max(task.value.due_at)));
        let checks = self.table.all::<BillingCheck>().into_iter().map(|check| check.value.at);
        let arrivals = self.delayed.iter().map(|(at, _)| *at).chain(self.hints.iter().copied());
        checks.chain(due).chain(arrivals).filter(|at| *at > self.stripe.now).min()
    }

    /// Starts a run, if the task is due.
    pub fn start(&mut self) {
        self.runs.extend(Run::claim(&mut self.table, self.stripe.now));
    }

    pub fn is_running(&self) -> bool {
        !self.runs.is_empty()
    }

    /// A run dies, wherever it is.
    pub fn kill(&mut self) {
        if !self.runs.is_empty() {
            let index = usize::try_from(self.chance.below(self.runs.len() as u64)).unwrap();
            self.runs.remove(index);
        }
    }

    /// One act of a run.
    pub fn act(&mut self) {
        if self.runs.is_empty() {
            return;
        }
        let index = usize::try_from(self.chance.below(self.runs.len() as u64)).unwrap();
        let before = self.units();
        let mut run = self.runs.remove(index);
        match run.act(&mut place_of(self)) {
            Ok(Act::Continues) => self.runs.insert(index, run),
            Ok(Act::Wrote(changes)) => {
                self.check_written(&before, &changes);
                self.runs.insert(index, run);
            }
            Ok(Act::Delayed(step)) => {
                let at = self.stripe.now + SignedDuration::from_secs(1 + self.chance.below(55).cast_signed());
                self.delayed.push((at, step));
            }
            Ok(Act::Over) => {}
            Err(fault) => {
                self.note(|| format!("fault: {fault}"));
                if let (SyncFault::SubscriptionForeign(id), false) = (&fault, self.is_rough) {
                    // Somebody is told, and ends it.
                    self.stripe.end(id);
                    self.second.retain(|second| second != id);
                }
                run.fail(&mut place_of(self));
            }
        }
    }

    /// Deletes the workspace. Its seats go with it, and its account stays until nothing is open.
    pub fn delete(&mut self) {
        let mut changes = vec![
            Change::DeleteUnconditionally(RecordKey::Workspace(WORKSPACE)),
            Change::DeleteUnconditionally(RecordKey::Tally(WORKSPACE)),
            self.request(),
        ];
        let seats = self.table.seats();
        changes.extend(
            seats.iter().map(|seat| Change::DeleteUnconditionally(RecordKey::Seat(WORKSPACE, seat.value.id))),
        );
        self.table.commit(&changes).unwrap();
    }
}

fn place_of(world: &mut World) -> Place<'_> {
    Place {
        pack: &world.pack,
        table: &mut world.table,
        stripe: &mut world.stripe,
        chance: &mut world.chance,
        fault: world.fault,
        is_rough: world.is_rough,
        log: &mut world.log,
    }
}
