//! Records as items.
//!
//! An item is the record's fields at the top level, beside `pk`, `sk`, `type`, `v` (the version)
//! and, where it ends by itself, `ttl`; a member has `by_name`, which an index sorts by. What is `None` is absent, never a NULL: so that removing
//! an attribute, a condition on its absence and a fresh write all mean the same.
//!
//! One field has another form: an [`EmailSlot`]'s member is a string set of one, because deleting
//! from a set is the one write that DynamoDB makes "only if it is this member" by itself, without
//! a condition that would fail the transaction (see `Change::VacateSlot` in `action.rs`).
//!
//! [`EmailSlot`]: seatwise_domain::record::EmailSlot

use std::collections::HashMap;

use aws_sdk_dynamodb::types::AttributeValue;
use jiff::Timestamp;
use seatwise_domain::member::{self, Member};
use seatwise_domain::text::PersonName;
use seatwise_domain::{EmailAddress, Record, Version, WorkspaceId};
use serde::{Deserialize, Serialize};
use serde_dynamo::aws_sdk_dynamodb_1::{from_attribute_value, from_item, to_attribute_value, to_item};

use crate::error::{Flaw, Misuse};
use crate::keys::{PARTITION, Place, SORT};

pub(crate) type Item = HashMap<String, AttributeValue>;

pub(crate) const VERSION: &str = "v";
pub(crate) const TYPE: &str = "type";
/// Seconds since 1970 (the form that DynamoDB's time to live asks for).
pub(crate) const TTL: &str = "ttl";
pub(crate) const SLOT_TYPE: &str = "email-slot";
pub(crate) const ATTENDANCE_TYPE: &str = "attendance";
pub(crate) const QUOTA_TYPE: &str = "quota-use";
/// Of members only: what the index by name sorts by.
pub(crate) const BY_NAME: &str = "by_name";
const COORDINATOR_TYPE: &str = "coordinator";
pub(crate) const SLOT_MEMBER: &str = "member";
const TALLY_TYPE: &str = "tally";
const WORKSPACE: &str = "workspace";

/// What `type` says, for each kind of record whose fields are those of one type.
macro_rules! types {
    ($($name:expr => $variant:ident,)*) => {
        /// What `type` says of a record.
        fn type_of(record: &Record) -> &'static str {
            match record {
                $(Record::$variant(_) => $name,)*
                Record::Tally(..) => TALLY_TYPE,
                Record::Coordinator(..) => COORDINATOR_TYPE,
            }
        }

        fn fields(record: &Record) -> serde_dynamo::Result<Item> {
            match record {
                $(Record::$variant(value) => to_item(value),)*
                Record::Tally(workspace, tally) => owned_fields(*workspace, tally),
                Record::Coordinator(workspace, coordinator) => owned_fields(*workspace, coordinator),
            }
        }

        /// The record, if the fields are those of this type; `None` if there is no such type.
        fn record(type_name: &str, item: Item) -> Option<(&'static str, serde_dynamo::Result<Record>)> {
            $(if type_name == $name {
                return Some(($name, from_item(item).map(Record::$variant)));
            })*
            match type_name {
                TALLY_TYPE => Some((TALLY_TYPE, owned(item).map(|(id, tally)| Record::Tally(id, tally)))),
                COORDINATOR_TYPE => {
                    let record = owned(item).map(|(id, coordinator)| Record::Coordinator(id, coordinator));
                    Some((COORDINATOR_TYPE, record))
                }
                _ => None,
            }
        }
    };
}

types! {
    "user" => User,
    "joined" => Joined,
    "workspace" => Workspace,
    "member" => Member,
    "seat" => Seat,
    "purchase" => Purchase,
    "invitation" => Invitation,
    SLOT_TYPE => EmailSlot,
    "leave-request" => LeaveRequest,
    "receipt" => Receipt,
    "task" => Task,
    "mail" => EarlierMail,
    "departure" => Departure,
    ATTENDANCE_TYPE => Attendance,
    QUOTA_TYPE => QuotaUse,
    "link" => Link,
    "domain-claim" => DomainClaim,
    "domain-door" => DomainDoor,
    "domain-check" => DomainCheck,
    "logo-image" => LogoImage,
    "demolition" => Demolition,
    "policy-pointer" => PolicyPointer,
    "policy-bundle" => PolicyBundle,
    "policy-schema" => PolicySchema,
    "publication" => Publication,
}

/// What does not say whose it is; its item does.
fn owned_fields(workspace: WorkspaceId, content: &impl Serialize) -> serde_dynamo::Result<Item> {
    let mut item: Item = to_item(content)?;
    item.insert(WORKSPACE.to_owned(), to_attribute_value(workspace)?);
    Ok(item)
}

fn owned<'a, T: Deserialize<'a>>(mut item: Item) -> serde_dynamo::Result<(WorkspaceId, T)> {
    let workspace = item.remove(WORKSPACE).unwrap_or(AttributeValue::Null(true));
    Ok((from_attribute_value(workspace)?, from_item(item)?))
}

/// The item of a record.
pub(crate) fn encode(record: &Record, version: Version) -> Result<Item, Misuse> {
    let mut item = without_nulls(fields(record).map_err(|_| Misuse::Encoding)?);
    if matches!(record, Record::EmailSlot(_)) {
        member_as_set(&mut item);
    }
    let mut frame = Place::of(&record.key()).attributes();
    frame.insert(TYPE.to_owned(), AttributeValue::S(type_of(record).to_owned()));
    frame.insert(VERSION.to_owned(), number(version.0));
    if let Some(end) = end(record) {
        frame.insert(TTL.to_owned(), number(ttl(end)));
    }
    if let Record::Member(Member { first_name, last_name, email, .. }) = record {
        let place = by_name(first_name.as_ref(), last_name.as_ref(), email.as_ref());
        frame.insert(BY_NAME.to_owned(), place);
    }
    debug_assert!(frame.keys().all(|name| !item.contains_key(name)), "a field is called as the frame's");
    item.extend(frame);
    Ok(item)
}

/// When an item ends by itself.
fn end(record: &Record) -> Option<Timestamp> {
    match record {
        Record::Receipt(receipt) => Some(receipt.expires_at),
        Record::QuotaUse(used) => used.ends,
        _ => None,
    }
}

/// Where the index by name has a member. A key cannot be empty.
pub(crate) fn by_name(
    first_name: Option<&PersonName>,
    last_name: Option<&PersonName>,
    email: Option<&EmailAddress>,
) -> AttributeValue {
    let place = member::place_in_list(first_name, last_name, email);
    AttributeValue::S(if place.is_empty() { "-".to_owned() } else { place })
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
    let place = Place::read(&item);
    for name in [PARTITION, SORT, VERSION, TYPE, TTL, BY_NAME] {
        item.remove(name);
    }
    if type_name == SLOT_TYPE {
        member_from_set(&mut item);
    }
    let (type_name, record) = record(&type_name, item).ok_or(Flaw::UnknownType)?;
    let record = record.map_err(|_| Flaw::Content(type_name))?;
    if place != Some(Place::of(&record.key())) {
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
