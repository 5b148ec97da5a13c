//! Reads a tree as a type. What is expected is said in the operator's words: no message has the name of a type.

use serde::de::value::{BorrowedStrDeserializer, StrDeserializer};
use serde::de::{DeserializeSeed, Deserializer, IntoDeserializer, MapAccess, SeqAccess, Visitor};
use serde_spanned::de::{SpannedDeserializer, is_spanned};

use super::failure::{Failure, Wrong};
use super::node::{Entry, Item, Node, Step};

/// What stands in for a text. It is a duration, as some texts must be.
const ANY_TEXT: &str = "P7D";

/// A value that is read.
#[derive(Clone, Copy)]
pub(super) struct Reader<'de>(pub(super) &'de Item);

fn must_be<T>(expected: &str) -> Result<T, Failure> {
    Err(Failure::new(Wrong::Value(expected.to_owned())))
}

/// Whole numbers: each type with its bounds.
macro_rules! whole {
    ($($method:ident => $visit:ident($type:ty)),* $(,)?) => {$(
        fn $method<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Failure> {
            let number = match self.0.node {
                Node::Any => Some(1),
                Node::Whole(number) => <$type>::try_from(number).ok(),
                _ => None,
            };
            match number {
                Some(number) => visitor.$visit(number),
                None if <$type>::MIN == 0 => must_be(&format!("a whole number from 0 to {}", <$type>::MAX)),
                None => must_be("a whole number"),
            }
        }
    )*};
}

impl<'de> Deserializer<'de> for Reader<'de> {
    type Error = Failure;

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Failure> {
        match &self.0.node {
            Node::Any => visitor.visit_borrowed_str(ANY_TEXT),
            Node::Text(text) | Node::Number(text) | Node::Date(text) => visitor.visit_borrowed_str(text),
            Node::Whole(number) => visitor.visit_i64(*number),
            Node::Truth(truth) => visitor.visit_bool(*truth),
            Node::List(items) => visitor.visit_seq(Places { items, next: 0 }),
            Node::Table(entries) => visitor.visit_map(Entries { entries, next: 0 }),
        }
    }

    whole! {
        deserialize_i8 => visit_i8(i8),
        deserialize_i16 => visit_i16(i16),
        deserialize_i32 => visit_i32(i32),
        deserialize_i64 => visit_i64(i64),
        deserialize_u8 => visit_u8(u8),
        deserialize_u16 => visit_u16(u16),
        deserialize_u32 => visit_u32(u32),
        deserialize_u64 => visit_u64(u64),
    }

    fn deserialize_bool<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Failure> {
        match self.0.node {
            Node::Any => visitor.visit_bool(false),
            Node::Truth(truth) => visitor.visit_bool(truth),
            _ => must_be("`true` or `false`"),
        }
    }

    fn deserialize_str<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Failure> {
        match &self.0.node {
            Node::Any => visitor.visit_borrowed_str(ANY_TEXT),
            Node::Text(text) => visitor.visit_borrowed_str(text),
            _ => must_be("a text in quotation marks"),
        }
    }

    fn deserialize_string<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Failure> {
        self.deserialize_str(visitor)
    }

    fn deserialize_option<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Failure> {
        match self.0.node {
            Node::Any => visitor.visit_none(),
            _ => visitor.visit_some(self),
        }
    }

    fn deserialize_newtype_struct<V: Visitor<'de>>(
        self,
        _: &'static str,
        visitor: V,
    ) -> Result<V::Value, Failure> {
        visitor.visit_newtype_struct(self)
    }

    fn deserialize_seq<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Failure> {
        match &self.0.node {
            Node::Any => visitor.visit_seq(Places { items: &[], next: 0 }),
            Node::List(items) => visitor.visit_seq(Places { items, next: 0 }),
            _ => must_be("a list"),
        }
    }

    fn deserialize_map<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Failure> {
        match &self.0.node {
            Node::Any => visitor.visit_map(Entries { entries: &[], next: 0 }),
            Node::Table(entries) => visitor.visit_map(Entries { entries, next: 0 }),
            _ => must_be("a table"),
        }
    }

    fn deserialize_struct<V: Visitor<'de>>(
        self,
        name: &'static str,
        keys: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Failure> {
        if is_spanned(name) {
            return visitor.visit_map(SpannedDeserializer::new(self, self.0.span.clone()));
        }
        match &self.0.node {
            Node::Any => visitor.visit_map(AnyOfAll { item: self.0, keys: keys.iter() }),
            Node::Table(entries) => visitor.visit_map(Entries { entries, next: 0 }),
            _ => {
                let keys: Vec<String> = keys.iter().map(|key| format!("`{key}`")).collect();
                must_be(&format!("a table with the keys {}", keys.join(", ")))
            }
        }
    }

    fn deserialize_enum<V: Visitor<'de>>(
        self,
        _: &'static str,
        words: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Failure> {
        let word = match &self.0.node {
            Node::Any => words.first().copied(),
            Node::Text(text) => words.iter().copied().find(|word| word == text),
            _ => None,
        };
        let word = word.ok_or_else(|| Failure::new(Wrong::Word(words.to_vec())))?;
        let word: StrDeserializer<'_, Failure> = word.into_deserializer();
        visitor.visit_enum(word)
    }

    fn deserialize_ignored_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Failure> {
        visitor.visit_unit()
    }

    serde::forward_to_deserialize_any! {
        i128 u128 f32 f64 char bytes byte_buf unit unit_struct tuple tuple_struct identifier
    }
}

impl<'de> IntoDeserializer<'de, Failure> for Reader<'de> {
    type Deserializer = Self;

    fn into_deserializer(self) -> Self {
        self
    }
}

/// The items of a list.
struct Places<'de> {
    items: &'de [Item],
    next: usize,
}

impl<'de> SeqAccess<'de> for Places<'de> {
    type Error = Failure;

    fn next_element_seed<T: DeserializeSeed<'de>>(&mut self, seed: T) -> Result<Option<T::Value>, Failure> {
        let Some(item) = self.items.get(self.next) else { return Ok(None) };
        let place = self.next;
        self.next += 1;
        seed.deserialize(Reader(item)).map(Some).map_err(|failure| failure.within(Step::Place(place)))
    }
}

/// The entries of a table.
struct Entries<'de> {
    entries: &'de [Entry],
    next: usize,
}

impl<'de> MapAccess<'de> for Entries<'de> {
    type Error = Failure;

    fn next_key_seed<K: DeserializeSeed<'de>>(&mut self, seed: K) -> Result<Option<K::Value>, Failure> {
        let Some(Entry { key, .. }) = self.entries.get(self.next) else { return Ok(None) };
        let read = seed.deserialize(BorrowedStrDeserializer::new(key));
        read.map(Some).map_err(|failure: Failure| failure.within(Step::Key(key.clone())))
    }

    fn next_value_seed<V: DeserializeSeed<'de>>(&mut self, seed: V) -> Result<V::Value, Failure> {
        let Some(Entry { key, value, .. }) = self.entries.get(self.next) else { return must_be("a value") };
        self.next += 1;
        seed.deserialize(Reader(value)).map_err(|failure| failure.within(Step::Key(key.clone())))
    }
}

/// All keys of a table that stands in for what was wrong.
struct AnyOfAll<'de> {
    item: &'de Item,
    keys: std::slice::Iter<'static, &'static str>,
}

impl<'de> MapAccess<'de> for AnyOfAll<'de> {
    type Error = Failure;

    fn next_key_seed<K: DeserializeSeed<'de>>(&mut self, seed: K) -> Result<Option<K::Value>, Failure> {
        let Some(key) = self.keys.next() else { return Ok(None) };
        seed.deserialize(BorrowedStrDeserializer::new(key)).map(Some)
    }

    fn next_value_seed<V: DeserializeSeed<'de>>(&mut self, seed: V) -> Result<V::Value, Failure> {
        seed.deserialize(Reader(self.item))
    }
}
