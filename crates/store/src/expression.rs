//! DynamoDB's expressions, put together piece by piece.

use std::collections::HashMap;

use aws_sdk_dynamodb::types::AttributeValue;

use crate::item::{Item, VERSION, number};
use crate::keys::PARTITION;

/// A condition and an update. Every name goes through a placeholder, because DynamoDB reserves
/// hundreds of words (`state`, `role`, `members` …), and every value too.
#[derive(Debug, Default)]
pub(crate) struct Expression {
    conditions: Vec<String>,
    set: Vec<String>,
    remove: Vec<String>,
    add: Vec<String>,
    delete: Vec<String>,
    names: HashMap<String, String>,
    values: Item,
}

impl Expression {
    /// There is no such item.
    pub(crate) fn absent(mut self) -> Self {
        let path = self.path(PARTITION);
        self.conditions.push(format!("attribute_not_exists({path})"));
        self
    }

    /// There is such an item.
    pub(crate) fn present(mut self) -> Self {
        let path = self.path(PARTITION);
        self.conditions.push(format!("attribute_exists({path})"));
        self
    }

    /// There is such an item, at this version.
    pub(crate) fn at(self, version: u64) -> Self {
        self.holds(VERSION, "=", number(version))
    }

    /// The attribute compares so. If it is absent, it does not.
    pub(crate) fn holds(mut self, path: &str, operator: &str, value: AttributeValue) -> Self {
        let (path, value) = (self.path(path), self.value(value));
        self.conditions.push(format!("{path} {operator} {value}"));
        self
    }

    /// The attribute compares so, or there is no such item yet.
    pub(crate) fn absent_or(mut self, path: &str, operator: &str, value: AttributeValue) -> Self {
        let (key, path, value) = (self.path(PARTITION), self.path(path), self.value(value));
        self.conditions.push(format!("(attribute_not_exists({key}) OR {path} {operator} {value})"));
        self
    }

    /// The attribute is one of these: at most 100 (AWS limit of `IN`). Of none, it is none.
    pub(crate) fn one_of(mut self, path: &str, values: Vec<AttributeValue>) -> Self {
        let path = self.path(path);
        let values: Vec<String> = values.into_iter().map(|value| self.value(value)).collect();
        self.conditions.push(if values.is_empty() {
            // Nothing is both there and not there.
            format!("attribute_not_exists({path}) AND attribute_exists({path})")
        } else {
            format!("{path} IN ({})", values.join(", "))
        });
        self
    }

    pub(crate) fn set(mut self, path: &str, value: AttributeValue) -> Self {
        let (path, value) = (self.path(path), self.value(value));
        self.set.push(format!("{path} = {value}"));
        self
    }

    pub(crate) fn remove(mut self, path: &str) -> Self {
        let path = self.path(path);
        self.remove.push(path);
        self
    }

    pub(crate) fn set_or_remove(self, path: &str, value: Option<AttributeValue>) -> Self {
        match value {
            Some(value) => self.set(path, value),
            None => self.remove(path),
        }
    }

    pub(crate) fn add(mut self, path: &str, amount: i64) -> Self {
        let (path, value) = (self.path(path), self.value(number(amount)));
        self.add.push(format!("{path} {value}"));
        self
    }

    /// Takes a word out of a set, if it is in it.
    pub(crate) fn take_out(mut self, path: &str, word: String) -> Self {
        let (path, value) = (self.path(path), self.value(AttributeValue::Ss(vec![word])));
        self.delete.push(format!("{path} {value}"));
        self
    }

    /// The next version of the item.
    pub(crate) fn counted(self) -> Self {
        self.add(VERSION, 1)
    }

    pub(crate) fn condition(&self) -> Option<String> {
        (!self.conditions.is_empty()).then(|| self.conditions.join(" AND "))
    }

    pub(crate) fn update(&self) -> String {
        [("SET", &self.set), ("REMOVE", &self.remove), ("ADD", &self.add), ("DELETE", &self.delete)]
            .into_iter()
            .filter(|(_, clauses)| !clauses.is_empty())
            .map(|(word, clauses)| format!("{word} {}", clauses.join(", ")))
            .collect::<Vec<_>>()
            .join(" ")
    }

    /// Absent rather than empty: DynamoDB refuses empty maps.
    pub(crate) fn names(&self) -> Option<HashMap<String, String>> {
        (!self.names.is_empty()).then(|| self.names.clone())
    }

    /// Absent rather than empty: DynamoDB refuses empty maps.
    pub(crate) fn values(&self) -> Option<Item> {
        (!self.values.is_empty()).then(|| self.values.clone())
    }

    fn path(&mut self, path: &str) -> String {
        let mut aliases = Vec::new();
        for name in path.split('.') {
            let alias = format!("#{name}");
            self.names.insert(alias.clone(), name.to_owned());
            aliases.push(alias);
        }
        aliases.join(".")
    }

    fn value(&mut self, value: AttributeValue) -> String {
        let alias = format!(":v{}", self.values.len());
        self.values.insert(alias.clone(), value);
        alias
    }
}
