//! Reading by key and by query: the tests of the store name keys and queries, and not handles.

use std::collections::HashMap;

use seatwise_domain::{FromRecord, Record, RecordKey, Stored};
use seatwise_store::{Cursor, Many, One, RangeQuery, Reads, Store, StoreError};

/// Keys and queries to read.
#[derive(Clone, Debug, Default)]
pub struct Load {
    keys: Vec<RecordKey>,
    queries: Vec<RangeQuery>,
}

impl Load {
    /// Nothing yet.
    pub fn new() -> Self {
        Self::default()
    }

    /// Reads this record, too.
    #[must_use]
    pub fn record(mut self, key: RecordKey) -> Self {
        self.keys.push(key);
        self
    }

    /// Reads this list, too.
    #[must_use]
    pub fn query(mut self, query: RangeQuery) -> Self {
        self.queries.push(query);
        self
    }
}

/// The result of a read.
#[derive(Debug)]
pub struct LoadedByKey {
    records: HashMap<RecordKey, One<Record>>,
    lists: HashMap<RangeQuery, Many<Record>>,
    loaded: seatwise_store::Loaded,
}

impl LoadedByKey {
    /// The record of a key that was asked for.
    pub fn get<T: FromRecord>(&self, key: &RecordKey) -> Option<Stored<T>> {
        let Stored { value, version } = self.loaded.one(self.records[key])?;
        T::from_record(value).map(|value| Stored { value, version })
    }

    /// The records of a list that was asked for.
    pub fn list<T: FromRecord>(&self, query: &RangeQuery) -> Vec<Stored<T>> {
        let typed = |Stored { value, version }| T::from_record(value).map(|value| Stored { value, version });
        self.loaded.many(self.lists[query]).into_iter().filter_map(typed).collect()
    }

    /// Where the next page of a list begins.
    pub fn next(&self, query: &RangeQuery) -> Option<Cursor> {
        self.loaded.next(self.lists[query])
    }
}

/// A store that reads by key.
pub trait ReadByKey {
    /// Reads all of it in one round trip.
    async fn load(&self, load: &Load) -> Result<LoadedByKey, StoreError>;
}

impl ReadByKey for Store {
    async fn load(&self, load: &Load) -> Result<LoadedByKey, StoreError> {
        let mut reads = Reads::new();
        let records = load.keys.iter().map(|key| (key.clone(), reads.any(key.clone()))).collect();
        let lists = load.queries.iter().map(|query| (query.clone(), reads.any_list(query.clone()))).collect();
        let loaded = self.read(&reads).await?;
        Ok(LoadedByKey { records, lists, loaded })
    }
}
