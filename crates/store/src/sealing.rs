//! The items of a log for its sealing and its verification: the hashes of events, digests, and the marks of logs with
//! events that no digest has yet (K69).

use std::collections::BTreeSet;

use aws_sdk_dynamodb::types::{AttributeValue, ReturnConsumedCapacity};
use seatwise_domain::{EventDigest, EventId, EventLog, FromRecord as _, Record, SealedEvent, UnsealedLog};

use crate::cursor::Cursor;
use crate::error::{self, StoreError};
use crate::item::{self, Item, TTL};
use crate::keys::{self, PARTITION, SORT};
use crate::load::cut;
use crate::meter::SideBySide;
use crate::query::{Direction, Keep, PageRequest, Range};
use crate::{Store, canonical};

/// An item in the place of an event. Its content is not decoded.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EventItem {
    /// The sort key.
    pub sort_key: String,
    /// The id, the hash and the end of the event; `None` if the key is not that of an event.
    pub event: Option<SealedEvent>,
}

/// An item in the place of a digest.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DigestItem {
    /// The sort key.
    pub sort_key: String,
    /// The digest; `None` if the item cannot be read as one.
    pub digest: Option<EventDigest>,
}

impl Store {
    /// A page of the items in the place of a log's events, from the event with this id on; also where the next page
    /// begins. `after` is the end of the page before.
    pub async fn event_items(
        &self,
        log: EventLog,
        from: EventId,
        page: PageRequest,
    ) -> Result<(Vec<EventItem>, Option<Cursor>), StoreError> {
        // From the first event on, every item is read, whatever its key is.
        let is_whole = from == EventId::SMALLEST;
        let bounds = (format!("{}{from}", keys::EVENT), format!("{}{}", keys::EVENT, keys::LARGEST));
        let (items, next) = self.page(log, keys::EVENT, (!is_whole).then_some(bounds), &page).await?;
        Ok((items.iter().map(event_item).collect::<Result<_, _>>()?, next))
    }

    /// A page of the items in the place of a log's digests, in the order of their numbers; also where the next page
    /// begins.
    pub async fn digest_items(
        &self,
        log: EventLog,
        page: PageRequest,
    ) -> Result<(Vec<DigestItem>, Option<Cursor>), StoreError> {
        let (items, next) = self.page(log, keys::DIGEST, None, &page).await?;
        let digest = |item: Item| {
            let sort_key = sort_key(&item);
            let record = item::decode(item).ok().map(|(record, _)| record);
            DigestItem { sort_key, digest: record.and_then(EventDigest::from_record) }
        };
        Ok((items.into_iter().map(digest).collect(), next))
    }

    async fn page(
        &self,
        log: EventLog,
        prefix: &'static str,
        between: Option<(String, String)>,
        page: &PageRequest,
    ) -> Result<(Vec<Item>, Option<Cursor>), StoreError> {
        let range = Range {
            pk: keys::events(log),
            prefix: Some(prefix),
            between,
            index: None,
            direction: Direction::Up,
            page: Some(page),
            keep: Keep::All,
        };
        let meter = self.meter();
        let calls = SideBySide::new(&meter);
        let (mut items, last) = self.items(&range, page.after.as_ref(), &calls).await?;
        let next = cut(&mut items, page.size(), last.as_ref(), false);
        Ok((items, next))
    }

    /// Marks a log as one with events that no digest has yet. The mark gets a new version, whether or not there was
    /// one. It is written without a transaction: two marks of one log follow each other.
    pub async fn mark_unsealed(&self, log: EventLog) -> Result<(), StoreError> {
        const OPERATION: &str = "PutItem";
        let meter = self.meter();
        meter.round();
        meter.call(OPERATION);
        let mark = item::encode(&Record::UnsealedLog(UnsealedLog { log }), self.first_version())?;
        let put = self.client.put_item().table_name(&self.table).set_item(Some(mark));
        let put = put.return_consumed_capacity(ReturnConsumedCapacity::Total);
        let output = put.send().await.map_err(|failure| error::of_call(OPERATION, &failure))?;
        meter.wrote(output.consumed_capacity.as_slice());
        Ok(())
    }

    /// The logs with events or digests, for operators: reads the whole table.
    pub async fn logs(&self) -> Result<BTreeSet<EventLog>, StoreError> {
        const OPERATION: &str = "Scan";
        let (mut logs, mut start) = (BTreeSet::new(), None);
        loop {
            let scan = self
                .client
                .scan()
                .table_name(&self.table)
                .projection_expression("#pk, #sk")
                .filter_expression("begins_with(#sk, :event) OR begins_with(#sk, :digest)")
                .expression_attribute_names("#pk", PARTITION)
                .expression_attribute_names("#sk", SORT)
                .expression_attribute_values(":event", AttributeValue::S(keys::EVENT.to_owned()))
                .expression_attribute_values(":digest", AttributeValue::S(keys::DIGEST.to_owned()))
                .set_exclusive_start_key(start);
            let page = scan.send().await.map_err(|failure| error::of_call(OPERATION, &failure))?;
            let log = |item: Item| {
                let place = keys::PrimaryKey::read(&item)?;
                keys::log_of_key(&place.pk, &place.sk)
            };
            logs.extend(page.items.unwrap_or_default().into_iter().filter_map(log));
            start = page.last_evaluated_key;
            if start.is_none() {
                return Ok(logs);
            }
        }
    }
}

fn event_item(item: &Item) -> Result<EventItem, StoreError> {
    let sort_key = sort_key(item);
    let id = sort_key.strip_prefix(keys::EVENT).and_then(|id| id.parse::<EventId>().ok());
    let expires = item.get(TTL).and_then(|end| end.as_n().ok()?.parse().ok());
    let hash = canonical::hash(item)?;
    Ok(EventItem { event: id.map(|id| SealedEvent { id, hash, expires }), sort_key })
}

fn sort_key(item: &Item) -> String {
    item.get(SORT).and_then(|key| key.as_s().ok()).cloned().unwrap_or_default()
}
