//! Reading: all that a request needs, in one round trip, strongly consistent.

use std::collections::{HashMap, HashSet};
use std::time::Duration;

use aws_sdk_dynamodb::types::{AttributeValue, KeysAndAttributes, ReturnConsumedCapacity};
use futures::future::{try_join, try_join_all};
use seatwise_domain::{FromRecord, Key, RecordKey, Stored};

use crate::Store;
use crate::cursor::Cursor;
use crate::error::{self, Flaw, StoreError};
use crate::item::{self, BY_NAME, Item};
use crate::keys::{self, PARTITION, PrimaryKey, SORT};
use crate::meter::SideBySide;
use crate::query::{Direction, List, PageRequest, Range, RangeQuery};
use crate::reads::{Loaded, Part, Read, Reads};

/// The most keys of one `BatchGetItem` (AWS limit).
const MAX_KEYS: usize = 100;
/// The most tries for keys that DynamoDB leaves unprocessed.
const BATCH_TRIES: u32 = 5;
/// The longest wait before the second try; each further one doubles it. Unprocessed keys mean
/// throttling, so AWS asks for exponential backoff.
const BATCH_WAIT: Duration = Duration::from_millis(40);

impl Store {
    /// Reads everything side by side, in one round trip.
    pub async fn read(&self, reads: &Reads) -> Result<Loaded, StoreError> {
        let mut loaded = Loaded::default();
        self.read_rest(reads, &mut loaded).await?;
        Ok(loaded)
    }

    /// Reads what these reads ask for beyond what was loaded: another round trip.
    pub async fn read_rest(&self, reads: &Reads, loaded: &mut Loaded) -> Result<(), StoreError> {
        let keys = reads.records.get(loaded.records.len()..).unwrap_or_default();
        let queries = reads.lists.get(loaded.parts.len()..).unwrap_or_default();
        tracing::debug!(records = keys.len(), lists = queries.len(), "read");
        let meter = self.meter();
        let calls = &SideBySide::new(&meter);
        // Two keys can lead to one item (the id of a leave request also names the member), and DynamoDB
        // refuses a batch that names an item twice.
        let places: HashSet<PrimaryKey> = keys.iter().map(PrimaryKey::of).collect();
        let places: Vec<PrimaryKey> = places.into_iter().collect();
        let batches = try_join_all(places.chunks(MAX_KEYS).map(|chunk| self.batch(chunk, calls)));
        let lists = try_join_all(queries.iter().map(|query| self.part(query, calls)));
        let (batches, lists) = Box::pin(try_join(batches, lists)).await?;
        loaded.records.extend(by_key(keys, batches.into_iter().flatten())?);
        loaded.parts.extend(lists);
        Ok(())
    }

    /// Reads one record.
    pub async fn get<T: FromRecord>(&self, key: Key<T>) -> Result<Option<Stored<T>>, StoreError> {
        let mut reads = Reads::new();
        let handle = reads.one(key);
        Ok(self.read(&reads).await?.one(handle))
    }

    /// Reads one list, or a page of it; also where the next page begins.
    pub async fn list<T: FromRecord>(
        &self,
        list: List<T>,
    ) -> Result<(Vec<Stored<T>>, Option<Cursor>), StoreError> {
        let mut reads = Reads::new();
        let handle = reads.many(list);
        let loaded = self.read(&reads).await?;
        Ok((loaded.many(handle), loaded.next(handle)))
    }

    async fn batch(&self, places: &[PrimaryKey], calls: &SideBySide<'_>) -> Result<Vec<Item>, StoreError> {
        const OPERATION: &str = "BatchGetItem";
        let mut wanted: Vec<Item> = places.iter().cloned().map(PrimaryKey::attributes).collect();
        let mut found = Vec::new();
        for nth in 1..=BATCH_TRIES {
            calls.call(OPERATION, nth);
            let output = self
                .client
                .batch_get_item()
                .request_items(&self.table, all_of(wanted)?)
                .return_consumed_capacity(ReturnConsumedCapacity::Total)
                .send()
                .await
                .map_err(|failure| error::of_call(OPERATION, &failure))?;
            calls.read(output.consumed_capacity());
            found.extend(output.responses.unwrap_or_default().into_values().flatten());
            wanted = output
                .unprocessed_keys
                .unwrap_or_default()
                .into_values()
                .flat_map(|left| left.keys)
                .collect();
            if wanted.is_empty() {
                return Ok(found);
            }
            tracing::debug!(left = wanted.len(), nth, "unprocessed keys");
            if nth < BATCH_TRIES {
                tokio::time::sleep(jittered(BATCH_WAIT * 2_u32.pow(nth - 1))).await;
            }
        }
        Err(StoreError::Busy)
    }

    async fn part(&self, query: &RangeQuery, calls: &SideBySide<'_>) -> Result<Part, StoreError> {
        if query.check_cursor().is_err() {
            // The caller refuses such a cursor; nothing follows a place that is not in the list.
            return Ok(Part::default());
        }
        let range = query.range();
        let mut start = range.page.and_then(|page| page.after.as_ref()).map(|cursor| start(&range, cursor));
        let mut items = Vec::new();
        for nth in 1.. {
            let (found, last) = self.query_once(&range, start, nth, calls).await?;
            items.extend(found);
            start = last;
            if range.page.is_some() || start.is_none() {
                break;
            }
        }
        let next = range.page.and_then(|page| cut(&mut items, page, start.as_ref(), range.index.is_some()));
        let records = items.into_iter().map(|item| read(&range.pk, item));
        let records = match query {
            // An unreadable task does not hold up the others (K20), and an unreadable line of the history
            // does not prevent publishing. The error is in the log by now.
            RangeQuery::Outbox(..) | RangeQuery::Publications(..) => records.filter_map(Result::ok).collect(),
            _ => records.collect::<Result<_, _>>()?,
        };
        Ok(Part { records, next })
    }

    /// One call: at most 1 MB (AWS limit), and where it stopped.
    async fn query_once(
        &self,
        range: &Range<'_>,
        start: Option<Item>,
        nth: u32,
        calls: &SideBySide<'_>,
    ) -> Result<(Vec<Item>, Option<Item>), StoreError> {
        const OPERATION: &str = "Query";
        calls.call(OPERATION, nth);
        // One more than is wanted tells whether there are more.
        let limit = range.page.and_then(|page| i32::try_from(page.size() + 1).ok());
        let query = self
            .client
            .query()
            .table_name(&self.table)
            .set_index_name(range.index.map(ToOwned::to_owned))
            .consistent_read(true)
            .expression_attribute_names("#pk", PARTITION)
            .expression_attribute_values(":pk", AttributeValue::S(range.pk.clone()));
        let query = match range.prefix {
            Some(prefix) => query
                .key_condition_expression("#pk = :pk AND begins_with(#sk, :prefix)")
                .expression_attribute_names("#sk", SORT)
                .expression_attribute_values(":prefix", AttributeValue::S(prefix.to_owned())),
            None => query.key_condition_expression("#pk = :pk"),
        };
        let output = query
            .scan_index_forward(range.direction == Direction::Up)
            .set_limit(limit)
            .set_exclusive_start_key(start)
            .return_consumed_capacity(ReturnConsumedCapacity::Total)
            .send()
            .await
            .map_err(|failure| error::of_call(OPERATION, &failure))?;
        calls.read(output.consumed_capacity.as_slice());
        Ok((output.items.unwrap_or_default(), output.last_evaluated_key))
    }
}

fn all_of(keys: Vec<Item>) -> Result<KeysAndAttributes, StoreError> {
    KeysAndAttributes::builder()
        .set_keys(Some(keys))
        .consistent_read(true)
        .build()
        .map_err(|failure| StoreError::Failed(Box::new(failure)))
}

/// A random wait up to `longest`, so that requests that were throttled together do not repeat together.
fn jittered(longest: Duration) -> Duration {
    longest.mul_f64(rand::random_range(0.0..=1.0))
}

fn start(range: &Range<'_>, cursor: &Cursor) -> Item {
    let mut start = PrimaryKey { pk: range.pk.clone(), sk: cursor.sort_key().to_owned() }.attributes();
    let by_name = cursor.by_name().map(|name| AttributeValue::S(name.to_owned()));
    start.extend(by_name.map(|name| (BY_NAME.to_owned(), name)));
    start
}

/// Cuts the items to a page, and tells where the next one begins. `last` is where DynamoDB
/// stopped, which may be short of a page if that is over 1 MB.
fn cut(items: &mut Vec<Item>, page: &PageRequest, last: Option<&Item>, of_index: bool) -> Option<Cursor> {
    let end = if items.len() > page.size() {
        items.truncate(page.size());
        items.last()
    } else {
        last
    };
    let by_name = |item: &Item| item.get(BY_NAME).and_then(|name| name.as_s().ok()).cloned();
    let end = end?;
    // A member's item always has a name to sort by, but only in the index does it mark a page's end.
    Some(Cursor::after(PrimaryKey::read(end)?.sk, by_name(end).filter(|_| of_index)))
}

/// The records in the order of their keys. An item under another key than the one that was asked for
/// is not an answer.
fn by_key(keys: &[RecordKey], items: impl Iterator<Item = Item>) -> Result<Vec<Option<Read>>, StoreError> {
    let mut found = HashMap::new();
    for item in items {
        let Some(place) = PrimaryKey::read(&item) else { continue };
        let (record, version) = match read(&place.pk, item) {
            Ok(read) => read,
            // Unreadable policies count as missing ones, for which there is a fallback: they must not fail
            // every request. The error is in the log by now.
            Err(_) if keys::is_of_policies(&place.pk) => continue,
            Err(error) => return Err(error),
        };
        found.insert(record.key(), (record, version));
    }
    Ok(keys.iter().map(|key| found.get(key).cloned()).collect())
}

fn read(pk: &str, item: Item) -> Result<Read, StoreError> {
    item::decode(item).map_err(|flaw: Flaw| {
        // The kind of partition only: what follows it may stand for a person.
        let partition = pk.split('#').next().unwrap_or_default();
        tracing::error!(partition, %flaw, "unreadable item");
        StoreError::Corrupt(flaw)
    })
}
