//! TOML files that operators write, read as a type: with every fault, in the operator's words.
//!
//! Serde stops at the first fault. So the part that is wrong is replaced by one that fits everywhere, and the
//! reading is repeated, until nothing else is wrong.

mod example;
mod failure;
mod node;
mod reader;

use std::ops::Range;

use serde::de::DeserializeOwned;
use toml::de::DeTable;

use self::failure::{Failure, Wrong};
use self::node::{Item, Node, Step};
use self::reader::Reader;
use crate::text::first_line;

/// The most faults of a file that are reported at once.
const MAX_FAULTS: usize = 50;

/// A fault of a TOML file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TomlFault {
    /// The bytes that are to blame.
    pub span: Range<usize>,
    /// The fault, in one line: the key, what is there, and what must be there.
    pub message: String,
    /// The advice.
    pub advice: TomlAdvice,
}

/// Advice about a fault of a TOML file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum TomlAdvice {
    /// One of these names is meant.
    Names {
        /// The name that is wrong.
        wrong: String,
        /// The names that are possible.
        known: Vec<String>,
    },
    /// A line as it should be, from a file that has no faults.
    Example(String),
    /// None: the message says it all.
    None,
}

/// A file that was read.
#[derive(Debug)]
pub struct TomlFile<T> {
    /// The content, where what is wrong was replaced by something that fits; nothing, if the file is no TOML.
    pub content: Option<T>,
    /// The faults.
    pub faults: Vec<TomlFault>,
    replaced: Vec<Vec<Step>>,
}

impl<T> TomlFile<T> {
    /// Whether the value of this key is what the operator wrote. A number is the place in a list.
    pub fn is_written(&self, key: &[String]) -> bool {
        let is_part = |step: &Step, part: &String| match step {
            Step::Key(name) => name == part,
            Step::Place(place) => part.parse::<usize>() == Ok(*place),
        };
        let is_within = |path: &Vec<Step>| {
            path.len() <= key.len() && path.iter().zip(key).all(|(step, part)| is_part(step, part))
        };
        !self.replaced.iter().any(is_within)
    }

    /// The content, if there is no fault.
    pub fn sound(self) -> Result<T, Vec<TomlFault>> {
        match self.content {
            Some(content) if self.faults.is_empty() => Ok(content),
            _ => Err(self.faults),
        }
    }
}

/// Reads a file. `examples` are texts of such files without faults, from which advice quotes.
pub fn read<T: DeserializeOwned>(text: &str, examples: &[&str]) -> TomlFile<T> {
    let (table, errors) = DeTable::parse_recoverable(text);
    if !errors.is_empty() {
        let faults = errors.iter().take(MAX_FAULTS).map(|error| no_toml(text, error)).collect();
        return TomlFile { content: None, faults, replaced: Vec::new() };
    }
    let mut root = Item::of_table(table);
    let (mut faults, mut replaced) = (Vec::new(), Vec::new());
    loop {
        let failure = match T::deserialize(Reader(&root)) {
            Ok(content) => return TomlFile { content: Some(content), faults, replaced },
            Err(failure) => failure,
        };
        let fault = fault(text, &root, &failure, examples);
        let Some(path) = replace(&mut root, failure).filter(|_| faults.len() < MAX_FAULTS) else {
            faults.push(fault);
            return TomlFile { content: None, faults, replaced };
        };
        faults.push(fault);
        replaced.push(path);
    }
}

fn no_toml(text: &str, error: &toml::de::Error) -> TomlFault {
    let span = error.span().unwrap_or_else(|| first_line(text, 0));
    let advice =
        "a line is `key = value`, a text is in quotation marks, and a list in brackets: https://toml.io";
    TomlFault {
        span,
        message: format!("this is no TOML: {}", error.message()),
        advice: TomlAdvice::Example(advice.to_owned()),
    }
}

/// The fault in words.
fn fault(text: &str, root: &Item, failure: &Failure, examples: &[&str]) -> TomlFault {
    let Failure { path, wrong } = failure;
    let name = node::name(path);
    let (parent, last) = path.split_at(path.len().saturating_sub(1));
    let (parent, last) = (node::name(parent), node::name(last));
    let found = || root.at(path).map_or_else(|| "missing".to_owned(), |item| item.node.found());
    let example_of =
        |path: &[Step]| example::of(examples, path).map_or(TomlAdvice::None, TomlAdvice::Example);
    let names = |wrong: String, known: &[&str]| TomlAdvice::Names {
        wrong,
        known: known.iter().map(ToString::to_string).collect(),
    };
    let (message, advice) = match wrong {
        Wrong::Value(expected) => {
            (format!("`{name}` is {}, but must be {expected}", found()), example_of(path))
        }
        Wrong::Word(known) => {
            let all: Vec<String> = known.iter().map(|word| format!("`{word}`")).collect();
            let one_of = if all.len() > 1 { "one of " } else { "" };
            let wrong = root.at(path).and_then(|item| item.node.text()).unwrap_or_default().to_owned();
            let message = format!("`{name}` is {}, but must be {one_of}{}", found(), all.join(", "));
            (message, names(wrong, known))
        }
        Wrong::Key(known) if parent.is_empty() => (format!("there is no key `{last}`"), names(last, known)),
        Wrong::Key(known) => (format!("`{parent}` has no key `{last}`"), names(last, known)),
        Wrong::Missing(key) => {
            let whole: Vec<Step> = path.iter().cloned().chain([Step::Key((*key).to_owned())]).collect();
            let lacks = if name.is_empty() {
                format!("the key `{key}` is missing")
            } else {
                format!("`{name}` lacks the key `{key}`")
            };
            (lacks, example_of(&whole))
        }
        Wrong::Other(why) if why.starts_with("must ") => {
            (format!("`{name}` is {}, but {why}", found()), example_of(path))
        }
        Wrong::Other(why) => (format!("`{name}`: {why}"), example_of(path)),
    };
    let span = match wrong {
        Wrong::Key(_) | Wrong::Missing(_) => root.span_with_key(text, path),
        _ => root.at(path).map(|item| item.span.clone()),
    };
    TomlFault { span: span.unwrap_or_else(|| first_line(text, 0)), message, advice }
}

/// Replaces what is wrong by something that fits. The path that is not as the operator wrote it; nothing, if that
/// cannot be done.
fn replace(root: &mut Item, Failure { mut path, wrong }: Failure) -> Option<Vec<Step>> {
    match wrong {
        Wrong::Key(_) => {
            let last = path.pop()?;
            root.at_mut(&path)?.remove(&last).then_some(())?;
            path.push(last);
        }
        Wrong::Missing(key) => {
            root.at_mut(&path)?.add(key).then_some(())?;
            path.push(Step::Key(key.to_owned()));
        }
        Wrong::Value(_) | Wrong::Word(_) | Wrong::Other(_) => {
            let item = root.at_mut(&path)?;
            if item.node == Node::Any {
                return None;
            }
            item.node = Node::Any;
        }
    }
    Some(path)
}

#[cfg(test)]
mod tests;
