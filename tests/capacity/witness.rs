//! The items that the calls of a client read, write and check.

use std::collections::{BTreeMap, HashMap};
use std::sync::{Arc, Mutex};

use aws_sdk_dynamodb::config::interceptors::{
    AfterDeserializationInterceptorContextRef, BeforeSerializationInterceptorContextRef,
};
use aws_sdk_dynamodb::config::{ConfigBag, Intercept, RuntimeComponents};
use aws_sdk_dynamodb::error::BoxError;
use aws_sdk_dynamodb::operation::batch_get_item::BatchGetItemInput;
use aws_sdk_dynamodb::operation::put_item::PutItemInput;
use aws_sdk_dynamodb::operation::query::{QueryInput, QueryOutput};
use aws_sdk_dynamodb::operation::transact_write_items::TransactWriteItemsInput;
use aws_sdk_dynamodb::operation::update_item::UpdateItemInput;
use aws_sdk_dynamodb::types::{AttributeValue, ConsumedCapacity, KeysAndAttributes, TransactWriteItem};
use aws_smithy_types::config_bag::{Storable, StoreReplace};

use crate::support::table::{Item, Place};

/// The price of a write in a transaction, and of one alone.
const IN_TRANSACTION: f64 = 2.0;
const ALONE: f64 = 1.0;

/// What a call does with an item.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Act {
    Read,
    /// Reads a list.
    List,
    Write,
    /// Writes nothing: the transaction depends on the item.
    Check,
}

/// An item, or a list, that a call has touched.
#[derive(Clone, Debug)]
pub struct Touch {
    pub act: Act,
    /// The keys; of an empty list, the partition and the beginning of the sort keys.
    pub place: Place,
    pub bytes: usize,
    pub units: f64,
}

/// Notes what the calls of a client touch. Clones share the notes.
#[derive(Clone, Debug, Default)]
pub struct Witness(Arc<Mutex<Vec<Touch>>>);

impl Witness {
    /// What was touched since the last time, where the table was `before` and is `after`.
    pub fn take(&self, before: &BTreeMap<Place, Item>, after: &BTreeMap<Place, Item>) -> Vec<Touch> {
        let touches = std::mem::take(&mut *self.0.lock().expect("notes"));
        let larger =
            |place: &Place| [before, after].map(|items| items.get(place).map_or(0, size)).into_iter().max();
        let sized = |touch: Touch| match touch.act {
            Act::List => touch,
            Act::Read => {
                let bytes = before.get(&touch.place).map_or(0, size);
                Touch { bytes, units: begun(bytes, 4096), ..touch }
            }
            Act::Write | Act::Check => {
                let bytes = larger(&touch.place).unwrap_or_default();
                Touch { bytes, units: touch.units * begun(bytes, 1024), ..touch }
            }
        };
        touches.into_iter().map(sized).collect()
    }
}

impl Intercept for Witness {
    fn name(&self) -> &'static str {
        "witness"
    }

    fn read_before_serialization(
        &self,
        context: &BeforeSerializationInterceptorContextRef<'_>,
        _: &RuntimeComponents,
        call: &mut ConfigBag,
    ) -> Result<(), BoxError> {
        call.interceptor_state().store_put(Asked(touches(context)));
        Ok(())
    }

    fn read_after_deserialization(
        &self,
        context: &AfterDeserializationInterceptorContextRef<'_>,
        _: &RuntimeComponents,
        call: &mut ConfigBag,
    ) -> Result<(), BoxError> {
        let (Ok(output), Some(Asked(touches))) = (context.output_or_error(), call.load::<Asked>()) else {
            return Ok(());
        };
        let mut touches = touches.clone();
        if let (Some(query), [list]) = (output.downcast_ref::<QueryOutput>(), touches.as_mut_slice()) {
            let units = query.consumed_capacity().and_then(ConsumedCapacity::capacity_units);
            list.units = units.expect("a capacity");
            list.bytes = query.items().iter().map(size).sum();
            list.place = query.items().first().map_or_else(|| list.place.clone(), place);
        }
        self.0.lock().expect("notes").extend(touches);
        Ok(())
    }
}

/// What a call asks to touch, until it has an answer.
#[derive(Clone, Debug)]
struct Asked(Vec<Touch>);

impl Storable for Asked {
    type Storer = StoreReplace<Self>;
}

fn touches(call: &BeforeSerializationInterceptorContextRef<'_>) -> Vec<Touch> {
    let input = call.input();
    if let Some(batch) = input.downcast_ref::<BatchGetItemInput>() {
        let wanted = batch.request_items().into_iter().flat_map(HashMap::values);
        wanted.flat_map(KeysAndAttributes::keys).map(|key| touch(Act::Read, place(key), 1.0)).collect()
    } else if let Some(query) = input.downcast_ref::<QueryInput>() {
        vec![touch(Act::List, range(query), 0.0)]
    } else if let Some(transaction) = input.downcast_ref::<TransactWriteItemsInput>() {
        transaction.transact_items().iter().map(written).collect()
    } else if let Some(put) = input.downcast_ref::<PutItemInput>() {
        vec![touch(Act::Write, place(put.item().expect("an item")), ALONE)]
    } else if let Some(update) = input.downcast_ref::<UpdateItemInput>() {
        vec![touch(Act::Write, place(update.key().expect("a key")), ALONE)]
    } else {
        Vec::new()
    }
}

/// The partition and the beginning of the sort keys.
fn range(query: &QueryInput) -> Place {
    let value = |name| query.expression_attribute_values()?.get(name)?.as_s().ok().cloned();
    (value(":pk").expect("a partition"), value(":prefix").or(value(":from")).unwrap_or_default())
}

fn written(item: &TransactWriteItem) -> Touch {
    let check = item.condition_check().map(|check| (Act::Check, check.key()));
    let put = item.put().map(|put| (Act::Write, put.item()));
    let update = item.update().map(|update| (Act::Write, update.key()));
    let delete = item.delete().map(|delete| (Act::Write, delete.key()));
    let (act, keys) = check.or(put).or(update).or(delete).expect("one of the four");
    touch(act, place(keys), IN_TRANSACTION)
}

fn touch(act: Act, place: Place, units: f64) -> Touch {
    Touch { act, place, bytes: 0, units }
}

fn place(item: &Item) -> Place {
    let part = |name| item[name].as_s().expect("a text").clone();
    (part("pk"), part("sk"))
}

/// The begun parts of so many bytes; a call pays for one at least.
#[expect(clippy::cast_precision_loss, reason = "an item has at most 400 KB")]
pub fn begun(bytes: usize, part: usize) -> f64 {
    bytes.div_ceil(part).max(1) as f64
}

/// The size of an item, as the engine counts it.
pub fn size(item: &Item) -> usize {
    item.iter().map(|(name, value)| name.len() + of_engine(value).size()).sum()
}

fn of_engine(value: &AttributeValue) -> dynoxide::AttributeValue {
    use dynoxide::AttributeValue as Engine;
    match value {
        AttributeValue::S(text) => Engine::S(text.clone()),
        AttributeValue::N(number) => Engine::N(number.clone()),
        AttributeValue::Bool(is) => Engine::BOOL(*is),
        AttributeValue::B(bytes) => Engine::B(bytes.as_ref().to_vec()),
        AttributeValue::Ss(words) => Engine::SS(words.clone()),
        AttributeValue::L(values) => Engine::L(values.iter().map(of_engine).collect()),
        AttributeValue::M(fields) => {
            Engine::M(fields.iter().map(|(name, value)| (name.clone(), of_engine(value))).collect())
        }
        other => panic!("an attribute that nobody writes: {other:?}"),
    }
}

/// Records that the runs look for, and that none of them has: the form of the keys, and the kind.
const ABSENT: [(&str, &str, &str); 2] = [("U#", "PERSONS", "past-persons"), ("W#", "QUOTA#", "quota-use")];

/// The kinds of records, by the form of their keys: learned from the items that the table has had.
#[derive(Default)]
pub struct Kinds(BTreeMap<Place, String>);

impl Kinds {
    pub fn learn(&mut self, items: &BTreeMap<Place, Item>) {
        for ((pk, sk), item) in items {
            let kind = item["type"].as_s().expect("a text");
            self.0.insert(form(pk, sk), kind.clone());
            if let Some(by_name) = item.get("by_name").and_then(|place| place.as_s().ok()) {
                self.0.insert(form(pk, by_name), kind.clone());
            }
        }
    }

    pub fn add(&mut self, more: &Self) {
        self.0.extend(more.0.clone());
    }

    /// The kind of an item, as its `type` says it; the form of its keys, if nobody knows the kind.
    pub fn of(&self, (pk, sk): &Place) -> String {
        let form = form(pk, sk);
        let of_partition = || self.0.iter().find(|((pk, _), _)| *pk == form.0).map(|(_, kind)| kind);
        let whole = sk.is_empty().then(of_partition).flatten();
        if let Some(kind) = self.0.get(&form).or(whole) {
            return kind.clone();
        }
        let absent = ABSENT.iter().find(|(pk, sk, _)| *pk == form.0 && *sk == form.1);
        absent.map_or_else(|| format!("{} {}", form.0, form.1), |(_, _, kind)| (*kind).to_owned())
    }
}

/// The form of keys: both up to their first `#`. The names of members in the index have no such form.
fn form(pk: &str, sk: &str) -> Place {
    const FIRST_OF_INDEX: &str = "\u{1}";
    let begin = |key: &str| key.split_inclusive('#').next().unwrap_or_default().to_owned();
    let is_name = !sk.starts_with(|first: char| first.is_ascii_uppercase() || first == '\u{10FFFF}');
    (begin(pk), if is_name && !sk.is_empty() { FIRST_OF_INDEX.to_owned() } else { begin(sk) })
}
