//! The failure to read a value as a type.

use std::fmt;

use serde::de::{self, Expected, Unexpected};

use super::node::{Step, name};

/// Why a value cannot be read.
#[derive(Debug)]
pub(super) struct Failure {
    /// The value; for a missing key, the table that lacks it.
    pub(super) path: Vec<Step>,
    pub(super) wrong: Wrong,
}

/// What is wrong.
#[derive(Debug)]
pub(super) enum Wrong {
    /// The value must be something else, which is said in words.
    Value(String),
    /// The text must be one of these words.
    Word(Vec<&'static str>),
    /// The key is unknown, and these are known.
    Key(Vec<&'static str>),
    /// This key is missing.
    Missing(&'static str),
    /// What the type itself says.
    Other(String),
}

impl Failure {
    pub(super) fn new(wrong: Wrong) -> Self {
        Self { path: Vec::new(), wrong }
    }

    /// The failure of a part, as that of the whole.
    pub(super) fn within(mut self, step: Step) -> Self {
        self.path.insert(0, step);
        self
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {:?}", name(&self.path), self.wrong)
    }
}

impl std::error::Error for Failure {}

impl de::Error for Failure {
    fn custom<T: fmt::Display>(message: T) -> Self {
        Self::new(Wrong::Other(message.to_string()))
    }

    fn invalid_type(_: Unexpected<'_>, expected: &dyn Expected) -> Self {
        Self::new(Wrong::Value(expected.to_string()))
    }

    fn invalid_value(_: Unexpected<'_>, expected: &dyn Expected) -> Self {
        Self::new(Wrong::Value(expected.to_string()))
    }

    fn unknown_variant(_: &str, known: &'static [&'static str]) -> Self {
        Self::new(Wrong::Word(known.to_vec()))
    }

    fn unknown_field(_: &str, known: &'static [&'static str]) -> Self {
        Self::new(Wrong::Key(known.to_vec()))
    }

    fn missing_field(key: &'static str) -> Self {
        Self::new(Wrong::Missing(key))
    }
}
