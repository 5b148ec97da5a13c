//! Reading by key, until all callers use handles.

use seatwise_domain::{FromRecord, RecordKey, Stored};

use crate::Store;
use crate::cursor::Cursor;
use crate::error::StoreError;
use crate::query::Query;
use crate::reads::{Loaded, Reads};

/// What is to be read.
#[derive(Clone, Debug, Default)]
pub struct Load(Reads);

impl Load {
    /// Nothing yet.
    pub fn new() -> Self {
        Self::default()
    }

    /// This record too.
    #[must_use]
    pub fn record(mut self, key: impl Into<RecordKey>) -> Self {
        let key = key.into();
        if !self.0.records.contains(&key) {
            self.0.records.push(key);
        }
        self
    }

    /// This list too.
    #[must_use]
    pub fn query(mut self, query: Query) -> Self {
        if !self.0.lists.contains(&query) {
            self.0.lists.push(query);
        }
        self
    }
}

/// What was read, by key.
#[derive(Clone, Debug, Default)]
pub struct LoadedByKey {
    reads: Reads,
    loaded: Loaded,
}

impl LoadedByKey {
    /// The record under a key.
    pub fn get<T: FromRecord>(&self, key: &RecordKey) -> Option<Stored<T>> {
        let index = self.reads.records.iter().position(|known| known == key)?;
        self.loaded.records[index].as_ref().and_then(|(record, version)| {
            T::from_record(record.clone()).map(|value| Stored { value, version: *version })
        })
    }

    /// The records of a list.
    pub fn list<T: FromRecord>(&self, query: &Query) -> Vec<Stored<T>> {
        let Some(index) = self.reads.lists.iter().position(|known| known == query) else { return Vec::new() };
        let records = self.loaded.parts[index].records.iter();
        records
            .filter_map(|(record, version)| {
                T::from_record(record.clone()).map(|value| Stored { value, version: *version })
            })
            .collect()
    }

    /// Where the next part of a list begins.
    pub fn next(&self, query: &Query) -> Option<Cursor> {
        let index = self.reads.lists.iter().position(|known| known == query)?;
        self.loaded.parts[index].next.clone()
    }
}

impl Store {
    /// Reads all of it side by side.
    pub async fn load(&self, load: &Load) -> Result<LoadedByKey, StoreError> {
        Ok(LoadedByKey { reads: load.0.clone(), loaded: self.read(&load.0).await? })
    }
}
