//! The content of a TOML file as a tree, in which parts can be replaced.

use std::fmt::Write as _;
use std::ops::Range;

use toml::Spanned;
use toml::de::{DeTable, DeValue};

use crate::text::{first_line, one_line};

/// The most characters of a text that a message quotes.
const MAX_QUOTED: usize = 40;

/// A value and its place in the file.
#[derive(Clone, Debug)]
pub(super) struct Item {
    pub(super) node: Node,
    pub(super) span: Range<usize>,
}

/// A value.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Node {
    /// It stands in for what was wrong, and fits everywhere.
    Any,
    Text(String),
    Whole(i64),
    /// A number with a fraction, or one beyond all bounds, as it is written.
    Number(String),
    Truth(bool),
    Date(String),
    List(Vec<Item>),
    Table(Vec<Entry>),
}

/// A key with its value.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Entry {
    pub(super) key: String,
    key_span: Range<usize>,
    pub(super) value: Item,
}

impl PartialEq for Item {
    fn eq(&self, other: &Self) -> bool {
        self.node == other.node
    }
}

/// A step from a value to one of its parts.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Step {
    Key(String),
    Place(usize),
}

/// The name of the setting: `seats.tier.price`.
pub(super) fn name(path: &[Step]) -> String {
    let keys = path.iter().filter_map(|step| match step {
        Step::Key(key) => Some(key.as_str()),
        Step::Place(_) => None,
    });
    one_line(&keys.collect::<Vec<_>>().join("."))
}

impl Item {
    pub(super) fn of_table(table: Spanned<DeTable<'_>>) -> Self {
        let span = table.span();
        Self { node: Node::of(DeValue::Table(table.into_inner())), span }
    }

    fn of(value: Spanned<DeValue<'_>>) -> Self {
        let span = value.span();
        Self { node: Node::of(value.into_inner()), span }
    }

    fn part(&self, step: &Step) -> Option<&Self> {
        match (&self.node, step) {
            (Node::List(items), Step::Place(place)) => items.get(*place),
            (Node::Table(entries), Step::Key(key)) => {
                entries.iter().find(|entry| entry.key == *key).map(|entry| &entry.value)
            }
            _ => None,
        }
    }

    fn part_mut(&mut self, step: &Step) -> Option<&mut Self> {
        match (&mut self.node, step) {
            (Node::List(items), Step::Place(place)) => items.get_mut(*place),
            (Node::Table(entries), Step::Key(key)) => {
                entries.iter_mut().find(|entry| entry.key == *key).map(|entry| &mut entry.value)
            }
            _ => None,
        }
    }

    /// The value at this path.
    pub(super) fn at(&self, path: &[Step]) -> Option<&Self> {
        path.iter().try_fold(self, Self::part)
    }

    pub(super) fn at_mut(&mut self, path: &[Step]) -> Option<&mut Self> {
        path.iter().try_fold(self, Self::part_mut)
    }

    /// The bytes of the value at this path with its key, in its first line.
    pub(super) fn span_with_key(&self, text: &str, path: &[Step]) -> Option<Range<usize>> {
        let (last, parents) = path.split_last()?;
        let parent = self.at(parents)?;
        let start = match (&parent.node, last) {
            (Node::Table(entries), Step::Key(key)) => {
                entries.iter().find(|entry| entry.key == *key)?.key_span.start
            }
            _ => parent.part(last)?.span.start,
        };
        Some(first_line(text, start))
    }

    /// Removes a key. Tells whether it was there.
    pub(super) fn remove(&mut self, step: &Step) -> bool {
        let (Node::Table(entries), Step::Key(key)) = (&mut self.node, step) else { return false };
        let before = entries.len();
        entries.retain(|entry| entry.key != *key);
        entries.len() < before
    }

    /// Adds a key, with something that fits. Tells whether it was not there.
    pub(super) fn add(&mut self, key: &str) -> bool {
        let span = self.span.clone();
        let Node::Table(entries) = &mut self.node else { return false };
        if entries.iter().any(|entry| entry.key == key) {
            return false;
        }
        let value = Self { node: Node::Any, span: span.clone() };
        entries.push(Entry { key: key.to_owned(), key_span: span, value });
        true
    }
}

impl Node {
    fn of(value: DeValue<'_>) -> Self {
        match value {
            DeValue::String(text) => Self::Text(text.into_owned()),
            DeValue::Integer(number) => i64::from_str_radix(number.as_str(), number.radix())
                .map_or_else(|_| Self::Number(number.to_string()), Self::Whole),
            DeValue::Float(number) => Self::Number(number.to_string()),
            DeValue::Boolean(truth) => Self::Truth(truth),
            DeValue::Datetime(date) => Self::Date(date.to_string()),
            DeValue::Array(items) => Self::List(items.into_iter().map(Item::of).collect()),
            DeValue::Table(table) => Self::Table(
                table
                    .into_iter()
                    .map(|(key, value)| Entry {
                        key_span: key.span(),
                        key: key.into_inner().into_owned(),
                        value: Item::of(value),
                    })
                    .collect(),
            ),
        }
    }

    /// The text, if it is one.
    pub(super) fn text(&self) -> Option<&str> {
        match self {
            Self::Text(text) => Some(text),
            _ => None,
        }
    }

    /// What it is, in words.
    pub(super) fn found(&self) -> String {
        match self {
            Self::Any => "missing".to_owned(),
            Self::Text(text) => {
                let text = one_line(text);
                let mut quoted: String = text.chars().take(MAX_QUOTED).collect();
                if quoted.len() < text.len() {
                    let _ = write!(quoted, "…");
                }
                format!("the text `{quoted}`")
            }
            Self::Whole(number) => format!("the number {number}"),
            Self::Number(number) => format!("the number {number}"),
            Self::Truth(truth) => format!("`{truth}`"),
            Self::Date(date) => format!("the date {date}"),
            Self::List(_) => "a list".to_owned(),
            Self::Table(_) => "a table".to_owned(),
        }
    }
}
