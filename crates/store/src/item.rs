//! Records as items.
//!
//! An item is the record's fields at the top level, beside `pk`, `sk`, `type`, `v` (the version)
//! and, where it ends by itself, `ttl`; a member has `by_name`, which an index sorts by. What is `None` is absent, never a NULL: so that removing
//! an attribute, a condition on its absence and a fresh write all mean the same.
//!
//! One field has another form: an [`EmailSlot`]'s member is a string set of one, because deleting
//! from a set is the one write that DynamoDB makes "only if it is this member" by itself, without
//! a condition that would fail the transaction (see `Change::VacateEmailSlot` in `action.rs`).
//!
//! [`EmailSlot`]: seatwise_domain::EmailSlot

use std::collections::HashMap;

use aws_sdk_dynamodb::types::AttributeValue;
use jiff::Timestamp;
use seatwise_domain::{
    EmailAddress, Member, PersonName, Record, RecordKey, UserId, Version, for_each_record, member_sort_key,
};
use serde::Serialize;
use serde_dynamo::aws_sdk_dynamodb_1::{from_item, to_attribute_value, to_item};

use crate::error::{Flaw, Misuse};
use crate::keys::{PARTITION, PrimaryKey, SORT};

pub(crate) type Item = HashMap<String, AttributeValue>;

pub(crate) const VERSION: &str = "v";
pub(crate) const TYPE: &str = "type";
/// Seconds since 1970 (the form that DynamoDB's time to live asks for).
pub(crate) const TTL: &str = "ttl";
const SLOT_TYPE: &str = "email-slot";
/// Of members only: what the index by name sorts by.
pub(crate) const BY_NAME: &str = "by_name";
pub(crate) const SLOT_MEMBER: &str = "member";

/// The table of items, made from the rows of the table of records.
macro_rules! items {
    ($(
        $(#[$doc:meta])*
        $type:ident as $record:ident: $item_type:literal, $key:tt;
    )+) => {
        /// The `type` of the item that a key finds.
        pub(crate) fn type_of(key: &RecordKey) -> &'static str {
            match key {
                $(RecordKey::$type(..) => $item_type,)+
            }
        }

        /// The fields of a record as attributes.
        fn fields(record: &Record) -> serde_dynamo::Result<Item> {
            match record {
                $(Record::$type(value) => to_item(value),)+
            }
        }

        /// The record of an item with this `type`; `None` if there is no such type.
        fn record(type_name: &str, item: Item) -> Option<(&'static str, serde_dynamo::Result<Record>)> {
            match type_name {
                $($item_type => Some(($item_type, from_item(item).map(Record::$type))),)+
                _ => None,
            }
        }
    };
}

for_each_record!(items);

/// The item of a record.
pub(crate) fn encode(record: &Record, version: Version) -> Result<Item, Misuse> {
    let key = record.key();
    let mut item = attributes(record)?;
    item.extend(PrimaryKey::of(&key).attributes());
    item.insert(TYPE.to_owned(), AttributeValue::S(type_of(&key).to_owned()));
    item.insert(VERSION.to_owned(), number(version.0));
    Ok(item)
}

/// The attributes of a record's item, without its key, type and version.
pub(crate) fn attributes(record: &Record) -> Result<Item, Misuse> {
    let mut item = without_nulls(fields(record).map_err(|_| Misuse::Encoding)?);
    if matches!(record, Record::EmailSlot(_)) {
        member_as_set(&mut item);
    }
    if let Some(end) = end(record) {
        item.insert(TTL.to_owned(), number(ttl(end)));
    }
    if let Record::Member(Member { user, first_name, last_name, email, .. }) = record {
        let sort_key = by_name(*user, first_name.as_ref(), last_name.as_ref(), email.as_ref());
        item.insert(BY_NAME.to_owned(), sort_key);
    }
    Ok(item)
}

/// The names of the attributes that this release knows of but that the record does not have.
pub(crate) fn absent_attributes(record: &Record) -> Result<Vec<String>, Misuse> {
    let fields = fields(record).map_err(|_| Misuse::Encoding)?;
    Ok(fields.into_iter().filter(|(_, value)| value.is_null()).map(|(name, _)| name).collect())
}

/// When an item ends by itself.
fn end(record: &Record) -> Option<Timestamp> {
    match record {
        Record::Receipt(receipt) => Some(receipt.expires_at),
        Record::QuotaUse(used) => used.ends,
        _ => None,
    }
}

/// Where the index by name has a member.
pub(crate) fn by_name(
    user: UserId,
    first_name: Option<&PersonName>,
    last_name: Option<&PersonName>,
    email: Option<&EmailAddress>,
) -> AttributeValue {
    let name = PersonName::as_str;
    let email = email.map(EmailAddress::as_typed);
    AttributeValue::S(member_sort_key(&user.to_string(), first_name.map(name), last_name.map(name), email))
}

/// Rounded up: an item may stay too long, but not go too early.
pub(crate) fn ttl(end: Timestamp) -> i64 {
    end.as_second() + i64::from(end.subsec_nanosecond() > 0)
}

/// The record of an item. It must belong where it lies: what a key of one tenant finds is never
/// another's, whoever wrote it there.
pub(crate) fn decode(mut item: Item) -> Result<(Record, Version), Flaw> {
    let version = item.get(VERSION).and_then(|value| value.as_n().ok()?.parse().ok()).ok_or(Flaw::Version)?;
    let type_name = item.get(TYPE).and_then(|value| value.as_s().ok()).cloned().ok_or(Flaw::UnknownType)?;
    let place = PrimaryKey::read(&item);
    for name in [PARTITION, SORT, VERSION, TYPE, TTL, BY_NAME] {
        item.remove(name);
    }
    if type_name == SLOT_TYPE {
        member_from_set(&mut item);
    }
    let (type_name, record) = record(&type_name, item).ok_or(Flaw::UnknownType)?;
    let record = record.map_err(|_| Flaw::Content(type_name))?;
    if place != Some(PrimaryKey::of(&record.key())) {
        return Err(Flaw::Misplaced(type_name));
    }
    Ok((record, Version(version)))
}

fn member_as_set(item: &mut Item) {
    if let Some(AttributeValue::S(member)) = item.remove(SLOT_MEMBER) {
        item.insert(SLOT_MEMBER.to_owned(), AttributeValue::Ss(vec![member]));
    }
}

/// A set of none does not exist in DynamoDB; one of several stays a set, and does not decode.
fn member_from_set(item: &mut Item) {
    if let Some(AttributeValue::Ss(members)) = item.get_mut(SLOT_MEMBER)
        && members.len() == 1
    {
        let member = AttributeValue::S(members.remove(0));
        item.insert(SLOT_MEMBER.to_owned(), member);
    }
}

/// One value as it stands in an item.
pub(crate) fn value(value: &impl Serialize) -> Result<AttributeValue, Misuse> {
    let value = to_attribute_value(value).map_err(|_| Misuse::Encoding)?;
    without_null(value).ok_or(Misuse::Encoding)
}

/// One value as it stands in an item, if it does.
pub(crate) fn optional(content: Option<&impl Serialize>) -> Result<Option<AttributeValue>, Misuse> {
    content.map(value).transpose()
}

pub(crate) fn number(number: impl Into<i128>) -> AttributeValue {
    AttributeValue::N(number.into().to_string())
}

fn without_nulls(fields: Item) -> Item {
    fields.into_iter().filter_map(|(name, value)| Some((name, without_null(value)?))).collect()
}

fn without_null(value: AttributeValue) -> Option<AttributeValue> {
    match value {
        AttributeValue::Null(_) => None,
        AttributeValue::M(fields) => Some(AttributeValue::M(without_nulls(fields))),
        AttributeValue::L(values) => {
            Some(AttributeValue::L(values.into_iter().filter_map(without_null).collect()))
        }
        other => Some(other),
    }
}
