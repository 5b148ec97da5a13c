//! The cost of a request.

use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use aws_sdk_dynamodb::types::ConsumedCapacity;

/// Counts the round trips, calls and capacity units of one request.
#[derive(Debug, Default)]
pub struct Meter {
    counts: Mutex<Counts>,
    /// Another meter, which counts everything that this one counts.
    outer: Option<Arc<Self>>,
}

#[derive(Debug, Default)]
struct Counts {
    rounds: u32,
    actions: Vec<&'static str>,
    read_units: f64,
    write_units: f64,
}

impl Meter {
    /// A new meter; what it counts, `outer` counts as well.
    pub(crate) fn within(outer: Option<Arc<Self>>) -> Self {
        Self { outer, ..Self::default() }
    }

    /// Round trips one after the other: what runs side by side counts once.
    pub fn rounds(&self) -> u32 {
        self.counts().rounds
    }

    /// Calls to DynamoDB, not counting retries that the SDK makes by itself.
    pub fn calls(&self) -> u32 {
        u32::try_from(self.counts().actions.len()).unwrap_or(u32::MAX)
    }

    /// Read capacity units, as DynamoDB reports them.
    pub fn read_units(&self) -> f64 {
        self.counts().read_units
    }

    /// Write capacity units, as DynamoDB reports them.
    pub fn write_units(&self) -> f64 {
        self.counts().write_units
    }

    /// The calls by their API names, in the order in which they were made.
    pub fn actions(&self) -> Vec<&'static str> {
        self.counts().actions.clone()
    }

    pub(crate) fn call(&self, action: &'static str) {
        self.count(|counts| counts.actions.push(action));
    }

    pub(crate) fn round(&self) {
        self.count(|counts| counts.rounds += 1);
    }

    pub(crate) fn read(&self, capacity: &[ConsumedCapacity]) {
        let units: f64 = capacity.iter().filter_map(ConsumedCapacity::capacity_units).sum();
        self.count(|counts| counts.read_units += units);
    }

    /// A transaction that was applied before, and is only confirmed, is billed as a read.
    pub(crate) fn wrote(&self, capacity: &[ConsumedCapacity]) {
        for capacity in capacity {
            let (read, write) = (capacity.read_capacity_units(), capacity.write_capacity_units());
            let write = write.or(if read.is_none() { capacity.capacity_units() } else { None });
            self.count(|counts| {
                counts.read_units += read.unwrap_or_default();
                counts.write_units += write.unwrap_or_default();
            });
        }
    }

    /// Adds what was counted side by side: all calls and units, and the round trips of the longest.
    pub(crate) fn add_side_by_side(&self, meters: &[Arc<Self>]) {
        let longest = meters.iter().map(|meter| meter.rounds()).max().unwrap_or_default();
        self.count(|counts| counts.rounds += longest);
        for meter in meters {
            let part = meter.counts();
            self.count(|counts| {
                counts.actions.extend(&part.actions);
                counts.read_units += part.read_units;
                counts.write_units += part.write_units;
            });
        }
    }

    fn count(&self, add: impl Fn(&mut Counts)) {
        add(&mut self.counts());
        let mut outer = &self.outer;
        while let Some(meter) = outer {
            add(&mut meter.counts());
            outer = &meter.outer;
        }
    }

    fn counts(&self) -> MutexGuard<'_, Counts> {
        // Counts stay usable whatever happened to a thread that held them.
        self.counts.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The calls of one load, which run side by side: its length is that of the longest sequence.
#[derive(Debug)]
pub(crate) struct SideBySide<'a> {
    meter: &'a Meter,
    longest: AtomicU32,
}

impl<'a> SideBySide<'a> {
    pub(crate) fn new(meter: &'a Meter) -> Self {
        Self { meter, longest: AtomicU32::new(0) }
    }

    /// A call that is the `nth` of its sequence, counted from one.
    pub(crate) fn call(&self, action: &'static str, nth: u32) {
        self.meter.call(action);
        if self.longest.fetch_max(nth, Ordering::Relaxed) < nth {
            self.meter.round();
        }
    }

    pub(crate) fn read(&self, capacity: &[ConsumedCapacity]) {
        self.meter.read(capacity);
    }
}
