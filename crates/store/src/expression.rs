//! DynamoDB expressions, built piece by piece.

use std::collections::HashMap;

use aws_sdk_dynamodb::types::AttributeValue;
use seatwise_domain::Version;

use crate::item::{Item, VERSION, number};
use crate::keys::PARTITION;

/// A condition and an update. Every name has a placeholder, because DynamoDB reserves hundreds of words
/// (`state`, `role`, `members` …), and so does every value.
#[derive(Debug, Default)]
pub(crate) struct Expression {
    conditions: Vec<String>,
    set: Vec<String>,
    remove: Vec<String>,
    add: Vec<String>,
    delete: Vec<String>,
    names: Vec<String>,
    values: Item,
}

impl Expression {
    /// The item must not exist.
    pub(crate) fn absent(mut self) -> Self {
        let path = self.path(PARTITION);
        self.conditions.push(format!("attribute_not_exists({path})"));
        self
    }

    /// The item must exist.
    pub(crate) fn present(mut self) -> Self {
        let path = self.path(PARTITION);
        self.conditions.push(format!("attribute_exists({path})"));
        self
    }

    /// The item must exist, at this version.
    pub(crate) fn at(self, version: Version) -> Self {
        self.holds(VERSION, "=", number(version.0))
    }

    /// The comparison with the attribute must hold. It does not hold for an absent attribute.
    pub(crate) fn holds(mut self, path: &str, operator: &str, value: AttributeValue) -> Self {
        let (path, value) = (self.path(path), self.value(value));
        self.conditions.push(format!("{path} {operator} {value}"));
        self
    }

    /// The comparison with the attribute must hold, or the attribute is absent.
    pub(crate) fn absent_or(mut self, path: &str, operator: &str, value: AttributeValue) -> Self {
        let (path, value) = (self.path(path), self.value(value));
        self.conditions.push(format!("(attribute_not_exists({path}) OR {path} {operator} {value})"));
        self
    }

    /// The attribute must have this value; without a value, it must be absent.
    pub(crate) fn equals(mut self, path: &str, value: Option<AttributeValue>) -> Self {
        let Some(value) = value else {
            let path = self.path(path);
            self.conditions.push(format!("attribute_not_exists({path})"));
            return self;
        };
        self.holds(path, "=", value)
    }

    /// The attribute must be one of these: at most 100 (AWS limit of `IN`). Without any, the condition
    /// never holds.
    pub(crate) fn one_of(mut self, path: &str, values: Vec<AttributeValue>) -> Self {
        let path = self.path(path);
        let values: Vec<String> = values.into_iter().map(|value| self.value(value)).collect();
        self.conditions.push(if values.is_empty() {
            // An attribute cannot be both absent and present.
            format!("attribute_not_exists({path}) AND attribute_exists({path})")
        } else {
            format!("{path} IN ({})", values.join(", "))
        });
        self
    }

    /// Sets the attribute at a dotted path.
    pub(crate) fn set(self, path: &str, value: AttributeValue) -> Self {
        self.set_at(&path.split('.').collect::<Vec<_>>(), value)
    }

    /// Sets the attribute at a path, whose names may contain dots.
    pub(crate) fn set_at(mut self, path: &[&str], value: AttributeValue) -> Self {
        let (path, value) = (self.path_of(path), self.value(value));
        self.set.push(format!("{path} = {value}"));
        self
    }

    /// Sets the attribute, unless the item has it.
    pub(crate) fn set_first(mut self, path: &str, value: AttributeValue) -> Self {
        let (path, value) = (self.path(path), self.value(value));
        self.set.push(format!("{path} = if_not_exists({path}, {value})"));
        self
    }

    /// Removes the attribute at a dotted path.
    pub(crate) fn remove(self, path: &str) -> Self {
        self.remove_at(&path.split('.').collect::<Vec<_>>())
    }

    /// Removes the attribute at a path, whose names may contain dots.
    pub(crate) fn remove_at(mut self, path: &[&str]) -> Self {
        let path = self.path_of(path);
        self.remove.push(path);
        self
    }

    /// Sets the attribute, or removes it where there is no value.
    pub(crate) fn set_or_remove(self, path: &str, value: Option<AttributeValue>) -> Self {
        match value {
            Some(value) => self.set(path, value),
            None => self.remove(path),
        }
    }

    /// Adds to a number. An absent attribute counts as 0.
    pub(crate) fn add(mut self, path: &str, amount: i64) -> Self {
        let (path, value) = (self.path(path), self.value(number(amount)));
        self.add.push(format!("{path} {value}"));
        self
    }

    /// Removes a word from a set, if the set contains it.
    pub(crate) fn take_out(mut self, path: &str, word: String) -> Self {
        let (path, value) = (self.path(path), self.value(AttributeValue::Ss(vec![word])));
        self.delete.push(format!("{path} {value}"));
        self
    }

    /// Sets the next version of the item.
    pub(crate) fn counted(self) -> Self {
        self.add(VERSION, 1)
    }

    /// Sets the next version of the item, or this version of an item that does not exist.
    pub(crate) fn counted_from(mut self, first: Version) -> Self {
        let (path, before, one) =
            (self.path(VERSION), self.value(number(first.0.saturating_sub(1))), self.value(number(1)));
        self.set.push(format!("{path} = if_not_exists({path}, {before}) + {one}"));
        self
    }

    /// The condition, if there is one.
    pub(crate) fn condition(&self) -> Option<String> {
        (!self.conditions.is_empty()).then(|| self.conditions.join(" AND "))
    }

    /// The update.
    pub(crate) fn update(&self) -> String {
        [("SET", &self.set), ("REMOVE", &self.remove), ("ADD", &self.add), ("DELETE", &self.delete)]
            .into_iter()
            .filter(|(_, clauses)| !clauses.is_empty())
            .map(|(word, clauses)| format!("{word} {}", clauses.join(", ")))
            .collect::<Vec<_>>()
            .join(" ")
    }

    /// The placeholders of names; `None` rather than an empty map, which DynamoDB refuses.
    pub(crate) fn names(&self) -> Option<HashMap<String, String>> {
        let names = self.names.iter().enumerate().map(|(index, name)| (placeholder(index), name.clone()));
        (!self.names.is_empty()).then(|| names.collect())
    }

    /// The placeholders of values; `None` rather than an empty map, which DynamoDB refuses.
    pub(crate) fn values(&self) -> Option<Item> {
        (!self.values.is_empty()).then(|| self.values.clone())
    }

    fn path(&mut self, path: &str) -> String {
        self.path_of(&path.split('.').collect::<Vec<_>>())
    }

    fn path_of(&mut self, path: &[&str]) -> String {
        let placeholders: Vec<String> = path.iter().map(|name| self.name(name)).collect();
        placeholders.join(".")
    }

    fn name(&mut self, name: &str) -> String {
        let index = self.names.iter().position(|known| known == name).unwrap_or_else(|| {
            self.names.push(name.to_owned());
            self.names.len() - 1
        });
        placeholder(index)
    }

    fn value(&mut self, value: AttributeValue) -> String {
        let placeholder = format!(":v{}", self.values.len());
        self.values.insert(placeholder.clone(), value);
        placeholder
    }
}

fn placeholder(index: usize) -> String {
    format!("#n{index}")
}
