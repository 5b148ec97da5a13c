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
        let after = range.page.and_then(|page| page.after.as_ref());
        let (items, next) = if let Some(pending) = query.pending_part() {
            self.pending_first(&pending, &range, after, calls).await?
        } else {
            let (mut items, last) = self.items(&range, after, calls).await?;
            let size = range.page.map_or(usize::MAX, PageRequest::size);
            let next = cut(&mut items, size, last.as_ref(), range.index.is_some());
            (items, next)
        };
        let records = items.into_iter().map(|item| read(&range.pk, item));
        let records = match query {
            // An unreadable task does not hold up the others (K20), and an unreadable line of the history
            // does not prevent publishing. The error is in the log by now.
            RangeQuery::Outbox(..) | RangeQuery::Publications(..) => records.filter_map(Result::ok).collect(),
            _ => records.collect::<Result<_, _>>()?,
        };
        Ok(Part { records, next })
    }

    /// The page of a list that has what is pending before the rest. Both parts are read at once.
    ///
    /// A cursor with a key of the index is in the first part. What it names may have expired since: then the
    /// first part is over.
    async fn pending_first(
        &self,
        first: &Range<'_>,
        rest: &Range<'_>,
        after: Option<&Cursor>,
        calls: &SideBySide<'_>,
    ) -> Result<(Vec<Item>, Option<Cursor>), StoreError> {
        let place = after.and_then(Cursor::by_name);
        let (reads_first, after_in_rest) = match (after, place) {
            (None, _) => (true, None),
            (Some(_), Some(place)) => (first.contains(place), None),
            (Some(cursor), None) => (false, Some(cursor)),
        };
        let pending = async {
            if reads_first { self.items(first, after, calls).await } else { Ok((Vec::new(), None)) }
        };
        let (pending, others) = try_join(pending, self.items(rest, after_in_rest, calls)).await?;
        let ((mut items, last_pending), (mut others, last)) = (pending, others);
        let size = rest.page.map_or(usize::MAX, PageRequest::size);
        if items.len() > size || last_pending.is_some() {
            let next = cut(&mut items, size, last_pending.as_ref(), true);
            return Ok((items, next));
        }
        let is_in_first = |item: &Item| {
            item::is_pending(item) && place_in_index(item).is_some_and(|place| first.contains(&place))
        };
        others.retain(|item| !is_in_first(item));
        let room = size - items.len();
        let next = if room > 0 {
            cut(&mut others, room, last.as_ref(), false)
        } else {
            // The rest begins on the next page, after the last item of the first part.
            let has_more = !others.is_empty() || last.is_some();
            others.clear();
            if has_more { items.last().and_then(|item| cursor(item, true)) } else { None }
        };
        items.extend(others);
        Ok((items, next))
    }

    /// The items of a range, and where DynamoDB stopped: of a page, one call; else the whole range.
    pub(crate) async fn items(
        &self,
        range: &Range<'_>,
        after: Option<&Cursor>,
        calls: &SideBySide<'_>,
    ) -> Result<(Vec<Item>, Option<Item>), StoreError> {
        let mut start = after.map(|cursor| start(range, cursor));
        let mut items = Vec::new();
        for nth in 1.. {
            let (found, last) = self.query_once(range, start, nth, calls).await?;
            items.extend(found.into_iter().filter(|item| range.keeps(item)));
            start = last;
            if range.page.is_some() || start.is_none() {
                break;
            }
        }
        Ok((items, start))
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
        let limit = range.most_read().and_then(|most| i32::try_from(most).ok());
        let query = self
            .client
            .query()
            .table_name(&self.table)
            .set_index_name(range.index.as_ref().map(|_| keys::BY_NAME_INDEX.to_owned()))
            .consistent_read(true)
            .expression_attribute_names("#pk", PARTITION)
            .expression_attribute_values(":pk", AttributeValue::S(range.pk.clone()));
        let query = match (range.prefix, &range.index, &range.between) {
            (_, _, Some((from, to))) => query
                .key_condition_expression("#pk = :pk AND #sk BETWEEN :from AND :to")
                .expression_attribute_names("#sk", SORT)
                .expression_attribute_values(":from", AttributeValue::S(from.clone()))
                .expression_attribute_values(":to", AttributeValue::S(to.clone())),
            (_, Some((from, to)), None) => query
                .key_condition_expression("#pk = :pk AND #place BETWEEN :from AND :to")
                .expression_attribute_names("#place", BY_NAME)
                .expression_attribute_values(":from", AttributeValue::S(from.clone()))
                .expression_attribute_values(":to", AttributeValue::S(to.clone())),
            (Some(prefix), None, None) => query
                .key_condition_expression("#pk = :pk AND begins_with(#sk, :prefix)")
                .expression_attribute_names("#sk", SORT)
                .expression_attribute_values(":prefix", AttributeValue::S(prefix.to_owned())),
            (None, None, None) => query.key_condition_expression("#pk = :pk"),
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
pub(crate) fn cut(items: &mut Vec<Item>, size: usize, last: Option<&Item>, of_index: bool) -> Option<Cursor> {
    let end = if items.len() > size {
        items.truncate(size);
        items.last()
    } else {
        last
    };
    end.and_then(|end| cursor(end, of_index))
}

/// The place of an item. An item can have a key of the index, but only in the index does it mark a page's end.
fn cursor(item: &Item, of_index: bool) -> Option<Cursor> {
    Some(Cursor::after(PrimaryKey::read(item)?.sk, place_in_index(item).filter(|_| of_index)))
}

fn place_in_index(item: &Item) -> Option<String> {
    item.get(BY_NAME).and_then(|place| place.as_s().ok()).cloned()
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
