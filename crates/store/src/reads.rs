//! The records to read, and the records that were read.
//!
//! [`Reads`] collects keys and lists and hands out a handle for each. Only a handle opens what was
//! read, so code cannot ask for a record that nobody read.

use std::marker::PhantomData;

use seatwise_domain::{FromRecord, Key, Record, RecordKey, Stored, Version};

use crate::cursor::Cursor;
use crate::query::{List, RangeQuery};

/// The records and lists to read in one round trip.
#[derive(Clone, Debug, Default)]
pub struct Reads {
    pub(crate) records: Vec<RecordKey>,
    pub(crate) lists: Vec<RangeQuery>,
}

/// Stands for one record that is read.
#[derive(Debug)]
pub struct One<T> {
    index: usize,
    kind: PhantomData<fn() -> T>,
}

/// Stands for a list of records that is read.
#[derive(Debug)]
pub struct Many<T> {
    index: usize,
    kind: PhantomData<fn() -> T>,
}

// Derived implementations would ask the same of `T`, which a handle does not hold.
impl<T> Clone for One<T> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<T> Copy for One<T> {}

impl<T> Clone for Many<T> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<T> Copy for Many<T> {}

impl Reads {
    /// Nothing to read yet.
    pub fn new() -> Self {
        Self::default()
    }

    /// Reads the record of this key, too. The same key gives the same handle.
    pub fn one<T>(&mut self, key: Key<T>) -> One<T> {
        One { index: index_of(&mut self.records, key.into()), kind: PhantomData }
    }

    /// Reads the record of this key, too, whatever its kind.
    pub fn any(&mut self, key: RecordKey) -> One<Record> {
        One { index: index_of(&mut self.records, key), kind: PhantomData }
    }

    /// Reads this list, too. The same list gives the same handle.
    pub fn many<T>(&mut self, list: List<T>) -> Many<T> {
        Many { index: index_of(&mut self.lists, list.into()), kind: PhantomData }
    }

    /// Reads this list, too, whatever the kind of its records.
    pub fn any_list(&mut self, query: RangeQuery) -> Many<Record> {
        Many { index: index_of(&mut self.lists, query), kind: PhantomData }
    }

    /// Whether these reads ask for more than was loaded.
    pub fn exceed(&self, loaded: &Loaded) -> bool {
        self.records.len() > loaded.records.len() || self.lists.len() > loaded.parts.len()
    }
}

fn index_of<K: PartialEq>(keys: &mut Vec<K>, key: K) -> usize {
    if let Some(index) = keys.iter().position(|known| *known == key) {
        return index;
    }
    keys.push(key);
    keys.len() - 1
}

/// A record as it was decoded.
pub(crate) type Read = (Record, Version);

/// The records and lists that were read for some [`Reads`].
#[derive(Clone, Debug, Default)]
pub struct Loaded {
    pub(crate) records: Vec<Option<Read>>,
    pub(crate) parts: Vec<Part>,
}

/// One list, or a page of it.
#[derive(Clone, Debug, Default)]
pub(crate) struct Part {
    pub(crate) records: Vec<Read>,
    pub(crate) next: Option<Cursor>,
}

impl Loaded {
    /// The record, if there is one under its key.
    pub fn one<T: FromRecord>(&self, handle: One<T>) -> Option<Stored<T>> {
        self.records.get(handle.index).and_then(Option::as_ref).and_then(stored)
    }

    /// The records of the list.
    pub fn many<T: FromRecord>(&self, handle: Many<T>) -> Vec<Stored<T>> {
        self.part(handle).map(|part| part.records.iter().filter_map(stored).collect()).unwrap_or_default()
    }

    /// Where the next page of the list begins; `None` after the last page.
    pub fn next<T>(&self, handle: Many<T>) -> Option<Cursor> {
        self.part(handle)?.next.clone()
    }

    /// The record under this key, if it was read: alone or in a list.
    pub fn find(&self, key: &RecordKey) -> Option<Record> {
        let alone = self.records.iter().flatten();
        let all = alone.chain(self.parts.iter().flat_map(|part| &part.records));
        all.map(|(record, _)| record).find(|record| record.key() == *key).cloned()
    }

    fn part<T>(&self, handle: Many<T>) -> Option<&Part> {
        self.parts.get(handle.index)
    }
}

fn stored<T: FromRecord>((record, version): &Read) -> Option<Stored<T>> {
    T::from_record(record.clone()).map(|value| Stored { value, version: *version })
}
