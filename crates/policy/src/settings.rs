//! The settings that `product.toml` can have, as the types of the domain declare them, and those that a pack uses.
//!
//! A setting is its key with its tables (`role.seat`), or a key with one of the values that a list allows
//! (`role.seat = free-slot`).

use std::collections::BTreeSet;
use std::sync::LazyLock;

use seatwise_domain::Pack;
use serde::de::value::{Error, StrDeserializer};
use serde::de::{DeserializeSeed, Deserializer, MapAccess, SeqAccess, Visitor};
use serde::{Deserialize, forward_to_deserialize_any};
use toml::Value;

use crate::Files;
use crate::pack_file::PACK_FILE;

/// All settings of this release.
pub(crate) static ALL: LazyLock<BTreeSet<String>> = LazyLock::new(|| {
    let mut settings = BTreeSet::new();
    collect(&mut Vec::new(), &mut settings);
    settings
});

/// The settings of the releases of format 2, which have not listed their own: those of the last one.
pub(crate) static OF_FORMAT_2: LazyLock<BTreeSet<String>> =
    LazyLock::new(|| include_str!("settings-of-format-2.txt").lines().map(ToOwned::to_owned).collect());

/// The settings that a pack uses. Nothing, if its data cannot be read.
pub(crate) fn used(files: &Files) -> Option<BTreeSet<String>> {
    let data: Value = toml::from_str::<toml::Table>(files.get(PACK_FILE)?).ok()?.into();
    let mut used = BTreeSet::new();
    use_value(&data, "", &mut used);
    Some(used)
}

fn use_value(value: &Value, at: &str, used: &mut BTreeSet<String>) {
    match value {
        Value::Table(table) => {
            for (key, value) in table {
                let at = inside(at, key);
                used.insert(at.clone());
                use_value(value, &at, used);
            }
        }
        Value::Array(values) => values.iter().for_each(|value| use_value(value, at, used)),
        Value::String(text) if has_values(at) => {
            used.insert(choice(at, text));
        }
        _ => {}
    }
}

/// Whether the setting takes one of some values.
fn has_values(setting: &str) -> bool {
    let prefix = choice(setting, "");
    ALL.range(prefix.clone()..).next().is_some_and(|next| next.starts_with(&prefix))
}

fn inside(table: &str, key: &str) -> String {
    if table.is_empty() { key.to_owned() } else { format!("{table}.{key}") }
}

fn choice(setting: &str, value: &str) -> String {
    format!("{setting} = {value}")
}

/// Collects the settings inside this table.
fn collect(path: &mut Vec<&'static str>, settings: &mut BTreeSet<String>) {
    let mut declared = Declared::Other;
    // The probe stops at what the path leads to: there is always an error.
    let _ = <Pack as Deserialize>::deserialize(Probe { path: &*path, found: &mut declared });
    let at = path.join(".");
    match declared {
        Declared::Table(keys) => {
            for key in keys {
                settings.insert(inside(&at, key));
                path.push(key);
                collect(path, settings);
                path.pop();
            }
        }
        Declared::Choice(values) => settings.extend(values.iter().map(|value| choice(&at, value))),
        Declared::Other => {}
    }
}

/// What a type declares of itself.
enum Declared {
    /// The keys of a table.
    Table(&'static [&'static str]),
    /// The values of which it is one.
    Choice(&'static [&'static str]),
    /// Anything else.
    Other,
}

/// A source of data that has only the keys of a path, and notes what is expected at its end.
struct Probe<'p> {
    path: &'p [&'static str],
    found: &'p mut Declared,
}

/// The end of the path is reached, or it leads nowhere.
fn stop() -> Error {
    serde::de::Error::custom("the end of the path")
}

impl<'de> Deserializer<'de> for Probe<'_> {
    type Error = Error;

    fn deserialize_any<V: Visitor<'de>>(self, _: V) -> Result<V::Value, Error> {
        Err(stop())
    }

    fn deserialize_option<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        visitor.visit_some(self)
    }

    fn deserialize_newtype_struct<V: Visitor<'de>>(
        self,
        _: &'static str,
        visitor: V,
    ) -> Result<V::Value, Error> {
        visitor.visit_newtype_struct(self)
    }

    fn deserialize_seq<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        visitor.visit_seq(self)
    }

    fn deserialize_struct<V: Visitor<'de>>(
        self,
        _: &'static str,
        fields: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Error> {
        if self.path.is_empty() {
            *self.found = Declared::Table(fields);
            return Err(stop());
        }
        visitor.visit_map(self)
    }

    fn deserialize_enum<V: Visitor<'de>>(
        self,
        _: &'static str,
        variants: &'static [&'static str],
        _: V,
    ) -> Result<V::Value, Error> {
        if self.path.is_empty() {
            *self.found = Declared::Choice(variants);
        }
        Err(stop())
    }

    forward_to_deserialize_any! {
        bool i8 i16 i32 i64 i128 u8 u16 u32 u64 u128 f32 f64 char str string bytes byte_buf unit unit_struct
        tuple tuple_struct map identifier ignored_any
    }
}

/// A list with one element.
impl<'de> SeqAccess<'de> for Probe<'_> {
    type Error = Error;

    fn next_element_seed<T: DeserializeSeed<'de>>(&mut self, seed: T) -> Result<Option<T::Value>, Error> {
        seed.deserialize(Probe { path: self.path, found: self.found }).map(Some)
    }
}

/// A table with the first key of the path.
impl<'de> MapAccess<'de> for Probe<'_> {
    type Error = Error;

    fn next_key_seed<K: DeserializeSeed<'de>>(&mut self, seed: K) -> Result<Option<K::Value>, Error> {
        let Some(key) = self.path.first() else { return Err(stop()) };
        seed.deserialize(StrDeserializer::new(key)).map(Some)
    }

    fn next_value_seed<V: DeserializeSeed<'de>>(&mut self, seed: V) -> Result<V::Value, Error> {
        seed.deserialize(Probe { path: self.path.get(1..).unwrap_or_default(), found: self.found })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::packs;

    #[test]
    fn the_types_declare_the_settings() {
        for setting in [
            "role.seat",
            "role.seat = free-slot",
            "invitation.channels = single-use",
            "invitation.badge.color",
            "seats.tier.price.amount",
            "seats.add-on.max",
            "plan.allowance.limits = members",
            "plan.email-invitations.per = lifetime",
            "api-keys.prefix",
            "billing.credit-package.price.currency",
        ] {
            assert!(ALL.contains(setting), "{setting}\n{:#?}", *ALL);
        }
        // What is a text has no values of its own.
        assert!(!ALL.iter().any(|setting| setting.starts_with("role.id =")));
    }

    #[test]
    fn a_pack_uses_what_it_names() {
        let mut all = BTreeSet::new();
        for name in packs::names() {
            let used = used(&packs::files(name).unwrap()).unwrap();
            let strange: Vec<_> = used.difference(&ALL).collect();
            assert!(strange.is_empty(), "{name}: {strange:?}");
            all.extend(used);
        }
        assert!(all.contains("role.seat = required") && !all.contains("role.id = owner"), "{all:#?}");
        assert!(used(&Files::new()).is_none());
    }

    #[test]
    fn the_settings_of_format_2_are_some_of_todays() {
        let gone: Vec<_> = OF_FORMAT_2.difference(&ALL).collect();
        assert!(gone.is_empty(), "{gone:?}");
        assert!(OF_FORMAT_2.contains("role.seat = free-slot"));
    }
}
