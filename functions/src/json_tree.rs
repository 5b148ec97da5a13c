//! Reads JSON into a tree, and notes where an object has a field twice.

use std::cell::RefCell;
use std::fmt;

use serde::de::{self, DeserializeSeed, MapAccess, SeqAccess, Visitor};
use serde_json::{Map, Number, Value};

/// One step of the way to a value.
#[derive(Clone, PartialEq, Eq, Hash)]
pub(crate) enum Step {
    /// Into this field.
    Field(String),
    /// To the item with this index.
    Item(usize),
}

/// The value of a JSON text, and the place of each field that stands twice.
pub(crate) fn read(text: &[u8]) -> serde_json::Result<(Value, Vec<Vec<Step>>)> {
    let twice = RefCell::default();
    let mut reader = serde_json::Deserializer::from_slice(text);
    let value = Tree { path: &[], twice: &twice }.deserialize(&mut reader)?;
    reader.end()?;
    Ok((value, twice.into_inner()))
}

/// Reads any JSON value. A whole number is an integer however it is written: `5.0` is 5 (JSON Schema,
/// section 6.1.1 of the validation vocabulary).
struct Tree<'a> {
    path: &'a [Step],
    twice: &'a RefCell<Vec<Vec<Step>>>,
}

impl Tree<'_> {
    fn step(&self, step: Step) -> Vec<Step> {
        [self.path, &[step]].concat()
    }
}

impl<'de> DeserializeSeed<'de> for Tree<'_> {
    type Value = Value;

    fn deserialize<D: de::Deserializer<'de>>(self, reader: D) -> Result<Value, D::Error> {
        reader.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Tree<'_> {
    type Value = Value;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a JSON value")
    }

    fn visit_unit<E>(self) -> Result<Value, E> {
        Ok(Value::Null)
    }

    fn visit_bool<E>(self, value: bool) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_i64<E>(self, value: i64) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_u64<E>(self, value: u64) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_f64<E>(self, value: f64) -> Result<Value, E> {
        // Its text has neither a point nor an exponent.
        let whole = || format!("{value:.0}").parse::<i64>().ok();
        let whole = if value.fract() == 0.0 { whole() } else { None };
        Ok(whole.map_or_else(|| Number::from_f64(value).map_or(Value::Null, Value::Number), Value::from))
    }

    fn visit_str<E>(self, value: &str) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Value, A::Error> {
        let mut values = Vec::new();
        loop {
            let path = self.step(Step::Item(values.len()));
            match items.next_element_seed(Tree { path: &path, twice: self.twice })? {
                Some(value) => values.push(value),
                None => return Ok(Value::Array(values)),
            }
        }
    }

    fn visit_map<A: MapAccess<'de>>(self, mut fields: A) -> Result<Value, A::Error> {
        let mut object = Map::new();
        while let Some(name) = fields.next_key::<String>()? {
            let path = self.step(Step::Field(name.clone()));
            let value = fields.next_value_seed(Tree { path: &path, twice: self.twice })?;
            if object.insert(name, value).is_some() {
                self.twice.borrow_mut().push(path);
            }
        }
        Ok(Value::Object(object))
    }
}
