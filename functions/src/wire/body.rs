//! Bodies of requests.

use std::fmt::Display;
use std::str::FromStr;

use jiff::Timestamp;
use serde::de::Error as _;
use serde::{Deserialize, Deserializer};
use utoipa::openapi::{RefOr, Schema};

use super::schema::Schemas;
use crate::problem::Problem;
use crate::request::Incoming;

/// A body, read and described.
pub trait Body: Sized {
    /// The media types that it may be sent as.
    const MEDIA: &'static [&'static str] = &["application/json"];

    /// Reads it.
    fn read(incoming: &Incoming) -> Result<Self, Problem>;

    /// Its schema, and those it refers to; `None` if there is no body.
    fn schema(schemas: &mut Schemas) -> Option<RefOr<Schema>>;
}

/// No body, or no query.
#[derive(Clone, Copy, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Nothing {}

impl Body for Nothing {
    fn read(incoming: &Incoming) -> Result<Self, Problem> {
        incoming.body(Vec::new)
    }

    fn schema(_: &mut Schemas) -> Option<RefOr<Schema>> {
        None
    }
}

/// Reads a value that a client may leave out, but not clear.
pub fn not_null<'de, T, D>(reader: D) -> Result<Option<T>, D::Error>
where
    T: Deserialize<'de>,
    D: Deserializer<'de>,
{
    Option::deserialize(reader)?.map(Some).ok_or_else(|| D::Error::custom("must not be null"))
}

/// Reads a text of a certain form. An absent field needs `#[serde(default)]`.
pub fn of_form<'de, T, D>(reader: D) -> Result<Option<T>, D::Error>
where
    T: FromStr<Err: Display>,
    D: Deserializer<'de>,
{
    let text = Option::<String>::deserialize(reader)?;
    text.map(|text| text.parse()).transpose().map_err(D::Error::custom)
}

/// No time has a longer text.
const LONGEST_TIME: usize = 40;

/// Reads a time (RFC 3339).
pub fn time<'de, D: Deserializer<'de>>(reader: D) -> Result<Timestamp, D::Error> {
    let text = String::deserialize(reader)?;
    let time = if text.len() <= LONGEST_TIME { text.parse().ok() } else { None };
    time.ok_or_else(|| D::Error::custom("must be a time, as in 2026-08-26T10:00:00Z"))
}

/// Reads a time (RFC 3339) that may be null.
pub fn optional_time<'de, D: Deserializer<'de>>(reader: D) -> Result<Option<Timestamp>, D::Error> {
    let text = Option::<String>::deserialize(reader)?;
    text.map(|text| time(serde::de::value::StringDeserializer::new(text))).transpose()
}

/// Makes a type the body of an operation.
#[macro_export]
#[doc(hidden)]
macro_rules! body {
    ($type:ty) => {
        impl $crate::wire::Body for $type {
            fn read(incoming: &$crate::request::Incoming) -> Result<Self, $crate::problem::Problem> {
                incoming.body($crate::wire::schema::required::<Self>)
            }

            fn schema(
                schemas: &mut $crate::wire::schema::Schemas,
            ) -> Option<utoipa::openapi::RefOr<utoipa::openapi::Schema>> {
                Some($crate::wire::schema::refer::<$type>(schemas))
            }
        }
    };
}
