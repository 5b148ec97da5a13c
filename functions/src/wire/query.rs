//! Query strings.

use seatwise_store::{List, PageRequest};
use serde::Deserialize;
use utoipa::IntoParams;
use utoipa::openapi::path::{Parameter, ParameterIn};
use utoipa::openapi::{ObjectBuilder, SchemaFormat};

use super::body::Nothing;
use super::schema::text;
use crate::problem::Problem;

/// A query string, described.
pub trait Query {
    /// Its parameters.
    fn parameters() -> Vec<Parameter> {
        Vec::new()
    }
}

impl Query for Nothing {}

impl Query for Paging {
    fn parameters() -> Vec<Parameter> {
        Self::into_params(|| Some(ParameterIn::Query))
    }
}

/// Makes a type the query of an operation.
#[macro_export]
#[doc(hidden)]
macro_rules! query {
    ($type:ty) => {
        impl $crate::wire::Query for $type {
            fn parameters() -> Vec<utoipa::openapi::path::Parameter> {
                <$type as utoipa::IntoParams>::into_params(|| Some(utoipa::openapi::path::ParameterIn::Query))
            }
        }
    };
}

/// The size and the start of a page.
#[derive(Clone, Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
#[into_params(parameter_in = Query)]
pub struct Paging {
    /// The largest number of items on the page.
    #[serde(default)]
    #[param(value_type = Option<u32>, minimum = 1, maximum = 100, default = 50)]
    pub limit: Limit,
    #[serde(default)]
    #[param(schema_with = cursor_schema, required = false)]
    pub cursor: Option<CursorText>,
}

impl Paging {
    /// The page, for the store.
    pub fn page(&self) -> Result<PageRequest, Problem> {
        let after =
            self.cursor.as_ref().map(|cursor| cursor.0.parse()).transpose().map_err(|_| bad_cursor())?;
        Ok(PageRequest { limit: self.limit.0, after })
    }
}

/// The largest number of items on a page: 1 to 100 (K42).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(try_from = "u32")]
pub struct Limit(pub u32);

impl Default for Limit {
    fn default() -> Self {
        Self(50)
    }
}

impl TryFrom<u32> for Limit {
    type Error = &'static str;
    fn try_from(limit: u32) -> Result<Self, &'static str> {
        if (1..=100).contains(&limit) { Ok(Self(limit)) } else { Err("must be 1 to 100") }
    }
}

/// The `nextCursor` of a page, as a client sends it back. Only the list knows whether it is one of its own.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(try_from = "String")]
pub struct CursorText(String);

impl CursorText {
    /// The text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl TryFrom<String> for CursorText {
    type Error = &'static str;
    fn try_from(text: String) -> Result<Self, &'static str> {
        let is_base64 = text.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_'));
        if is_base64 && (1..=MAX_CURSOR).contains(&text.len()) { Ok(Self(text)) } else { Err(BAD_CURSOR) }
    }
}

/// The longest cursor, in characters.
const MAX_CURSOR: usize = 3000;
const BAD_CURSOR: &str = "must be the nextCursor of the previous page, or absent";

/// The schema of [`CursorText`].
pub fn cursor_schema() -> ObjectBuilder {
    text()
        .format(Some(SchemaFormat::Custom("cursor".to_owned())))
        .pattern(Some("^[A-Za-z0-9_-]+$"))
        .max_length(Some(MAX_CURSOR))
        .description(Some("The `nextCursor` of the previous page of the same list."))
}

/// A list whose cursor must belong to it.
pub fn checked<T>(list: List<T>) -> Result<List<T>, Problem> {
    list.checked().map_err(|_| bad_cursor())
}

/// The cursor does not belong to the list.
pub fn bad_cursor() -> Problem {
    Problem::field("cursor", BAD_CURSOR)
}
