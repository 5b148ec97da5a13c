//! The table, as far as billing writes it: records with versions, and transactions.

use std::collections::{BTreeSet, HashMap};

use crate::record::FromRecord;
use crate::{
    BilledWorkspace, Change, Count, CountChange, Credits, Record, RecordKey, Seat, Stored, Tally, Task,
    TaskKind, Version,
};

/// A transaction found something else than it required.
#[derive(Debug)]
pub struct Conflict;

#[derive(Clone, Debug, Default)]
pub struct Table(HashMap<RecordKey, (Record, Version)>);

impl Table {
    pub fn get<T: FromRecord>(&self, key: impl Into<RecordKey>) -> Option<Stored<T>> {
        let (record, version) = self.0.get(&key.into())?.clone();
        Some(Stored { value: T::from_record(record)?, version })
    }

    pub fn all<T: FromRecord>(&self) -> Vec<Stored<T>> {
        let found = self.0.values().cloned();
        found
            .filter_map(|(record, version)| Some(Stored { value: T::from_record(record)?, version }))
            .collect()
    }

    pub fn seats(&self) -> Vec<Stored<Seat>> {
        let mut seats = self.all::<Seat>();
        seats.sort_by_key(|seat| seat.value.id);
        seats
    }

    pub fn commit(&mut self, changes: &[Change]) -> Result<(), Conflict> {
        assert!(changes.len() <= 100, "a transaction holds 100 actions");
        let mut written = BTreeSet::new();
        for change in changes.iter().filter(|change| !matches!(change, Change::RequireVersion(..))) {
            let is_first = written.insert(format!("{:?}", change.key()));
            assert!(is_first || matches!(change, Change::AdjustCounts(_)), "{change:?} is written twice");
        }
        if !changes.iter().all(|change| self.allows(change)) {
            return Err(Conflict);
        }
        for change in changes {
            self.apply(change);
        }
        Ok(())
    }

    fn allows(&self, change: &Change) -> bool {
        let found = self.0.get(&change.key());
        let version = found.map(|(_, version)| *version);
        match change {
            Change::Create(_) | Change::RequireAbsent(_) => found.is_none(),
            Change::Update(update) => version == Some(update.version),
            Change::Delete(_, read) | Change::RequireVersion(_, read) => version == Some(*read),
            Change::AdjustCounts(counts) => self.tally(counts).is_some_and(|tally| is_within(counts, &tally)),
            Change::Put(_)
            | Change::DeleteUnconditionally(_)
            | Change::AddCredits { .. }
            | Change::RequestBillingSync { .. }
            | Change::UpdateSeatHold { .. } => true,
            other => panic!("billing writes no {other:?}"),
        }
    }

    fn tally(&self, counts: &CountChange) -> Option<Tally> {
        self.get(Tally::key(counts.workspace)).map(|stored| stored.value)
    }

    fn apply(&mut self, change: &Change) {
        match change {
            Change::Create(record) | Change::Put(record) => self.put(record.clone()),
            Change::Update(update) => self.put(update.after.clone()),
            Change::Delete(key, _) | Change::DeleteUnconditionally(key) => {
                self.0.remove(key);
            }
            Change::AdjustCounts(counts) => {
                let mut tally = self.tally(counts).unwrap();
                for (count, delta) in &counts.counts {
                    *field(&mut tally, *count) += delta.by;
                }
                self.put(Record::Tally(tally));
            }
            Change::AddCredits { workspace, by } => {
                let before = self.get::<Credits>(Credits::key(*workspace));
                let balance = before.map_or(0, |credits| credits.value.balance) + by.by;
                self.put(Record::Credits(Credits { workspace: *workspace, balance }));
            }
            Change::RequestBillingSync { workspace, at } => {
                let kind = TaskKind::BillingSync(BilledWorkspace { workspace: *workspace, is_check: false });
                let id = Task::of_billing(*workspace);
                let before = self.get::<Task>(Task::key(id)).map(|task| task.value);
                let lease = before.and_then(|task| task.lease);
                self.put(Record::Task(Task { lease, ..Task::new(id, kind, *at) }));
            }
            _ => {}
        }
    }

    fn put(&mut self, record: Record) {
        let key = record.key();
        let version = self.0.get(&key).map_or(1, |(_, version)| version.0 + 1);
        self.0.insert(key, (record, Version(version)));
    }
}

fn field(tally: &mut Tally, count: Count) -> &mut i64 {
    match count {
        Count::Members => &mut tally.members,
        Count::Governors => &mut tally.governors,
        Count::FreeSlots => &mut tally.free_slots,
        Count::Seats => &mut tally.seats,
        Count::OpenSeats => &mut tally.open_seats,
        Count::Domains => &mut tally.domains,
        Count::ApiKeys => &mut tally.api_keys,
    }
}

fn is_within(counts: &CountChange, tally: &Tally) -> bool {
    let mut tally = tally.clone();
    counts.counts.iter().all(|(count, delta)| {
        let sum = *field(&mut tally, *count) + delta.by;
        delta.min.is_none_or(|min| min <= sum) && delta.max.is_none_or(|max| sum <= max)
    })
}
