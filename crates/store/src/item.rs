//! Records as items.
//!
//! An item is the record's fields at the top level, beside `pk`, `sk`, `type`, `v` (the version)
//! and, where it ends by itself, `ttl`. A member and what is pending have `by_name`, which an index sorts by.
//! What is `None` is absent, never a NULL: so that removing an attribute, a condition on its absence and a
//! fresh write all mean the same.
//!
//! One field has another form: an [`EmailSlot`]'s member is a string set of one, because deleting
//! from a set is the one write that DynamoDB makes "only if it is this member" by itself, without
//! a condition that would fail the transaction (see `Change::VacateEmailSlot` in `action.rs`).
//!
//! Another is spread: the mails to each address are numbers at the top level, because DynamoDB adds to no
//! number in a map (see `Change::UseMails`).
//!
//! [`EmailSlot`]: seatwise_domain::EmailSlot

use std::collections::HashMap;

use aws_sdk_dynamodb::types::AttributeValue;
use jiff::Timestamp;
use seatwise_domain::{
    AddressMark, EmailAddress, EmailSlot, Invitation, InvitationId, InvitationState, LeaveRequest,
    LeaveState, Member, PersonName, Record, RecordKey, UserId, Version, for_each_record, member_sort_key,
};
use serde::Serialize;
use serde_dynamo::aws_sdk_dynamodb_1::{from_item, to_attribute_value, to_item};

use crate::error::{Flaw, Misuse};
use crate::keys::{self, PARTITION, PrimaryKey, SORT};

pub(crate) type Item = HashMap<String, AttributeValue>;

pub(crate) const VERSION: &str = "v";
pub(crate) const TYPE: &str = "type";
/// Seconds since 1970 (the form that DynamoDB's time to live asks for).
pub(crate) const TTL: &str = "ttl";
const SLOT_TYPE: &str = "email-slot";
/// What the index sorts by; see [`place_in_index`].
pub(crate) const BY_NAME: &str = "by_name";
pub(crate) const SLOT_MEMBER: &str = "member";
const MAILS_TYPE: &str = "mail-use";
const MAILS_TO: &str = "to";
/// The prefix of the attributes that count the mails to one address each.
const MAILS_TO_ONE: &str = "to#";

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
    if matches!(record, Record::MailUse(_)) {
        spread_mails(&mut item);
    }
    if let Some(end) = end(record) {
        item.insert(TTL.to_owned(), number(ttl(end)));
    }
    if let Some(place) = place_in_index(record) {
        item.insert(BY_NAME.to_owned(), place);
    }
    Ok(item)
}

/// Where the index has a record, if it does: members by name, and what is pending.
fn place_in_index(record: &Record) -> Option<AttributeValue> {
    match record {
        Record::Member(member) => {
            let Member { first_name, last_name, .. } = member;
            Some(by_name(member.user, first_name.as_ref(), last_name.as_ref(), member.verified_email()))
        }
        Record::LeaveRequest(LeaveRequest { id, state: LeaveState::Pending, .. }) => {
            Some(AttributeValue::S(keys::pending_leave(*id)))
        }
        Record::Invitation(Invitation { id, state: InvitationState::Pending, expires_at, .. }) => {
            Some(AttributeValue::S(keys::pending_until(keys::PENDING_INVITATION, *expires_at, *id)))
        }
        Record::EmailSlot(EmailSlot { pending: Some(pending), .. }) => {
            Some(pending_slot(pending.expires_at, pending.invitation))
        }
        _ => None,
    }
}

/// Where the index has the slot of an address with a pending invitation.
pub(crate) fn pending_slot(end: Option<Timestamp>, invitation: InvitationId) -> AttributeValue {
    AttributeValue::S(keys::pending_until(keys::PENDING_SLOT, end, invitation))
}

/// Whether an item that was read from a list is pending. The index also finds items that an earlier release
/// has closed, because it did not know the index's key.
pub(crate) fn is_pending(item: &Item) -> bool {
    let state = item.get("state").and_then(|state| state.as_m().ok()).and_then(|state| state.get("kind"));
    state.is_some_and(|kind| kind.as_s().is_ok_and(|kind| kind == "pending")) || has_invitation(item)
}

/// Whether an item is the slot of an address with a pending invitation.
pub(crate) fn has_invitation(item: &Item) -> bool {
    item.contains_key("pending")
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
        Record::MailUse(mails) => Some(mails.ends),
        Record::LogEvent(event) => event.expires_at,
        Record::EventDigest(digest) => digest.expires_at,
        _ => None,
    }
}

/// Where the index by name has a member, by a verified address only (K51).
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
    if type_name == MAILS_TYPE {
        gather_mails(&mut item);
    }
    let (type_name, record) = record(&type_name, item).ok_or(Flaw::UnknownType)?;
    let record = record.map_err(|_| Flaw::Content(type_name))?;
    if place != Some(PrimaryKey::of(&record.key())) {
        return Err(Flaw::Misplaced(type_name));
    }
    Ok((record, Version(version)))
}

/// The attribute that counts the mails to one address.
pub(crate) fn mails_to(address: &AddressMark) -> String {
    format!("{MAILS_TO_ONE}{address}")
}

fn spread_mails(item: &mut Item) {
    if let Some(AttributeValue::M(to)) = item.remove(MAILS_TO) {
        item.extend(to.into_iter().map(|(address, mails)| (format!("{MAILS_TO_ONE}{address}"), mails)));
    }
}

fn gather_mails(item: &mut Item) {
    let to = item.extract_if(|name, _| name.starts_with(MAILS_TO_ONE));
    let to = to.map(|(name, mails)| (name[MAILS_TO_ONE.len()..].to_owned(), mails)).collect();
    item.insert(MAILS_TO.to_owned(), AttributeValue::M(to));
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
