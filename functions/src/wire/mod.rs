//! The data on the wire: query strings, bodies and answers. One implementation reads or writes each
//! of them, and describes it for the API reference.

mod body;
mod number;
mod output;
mod query;
pub mod schema;
pub mod text;

pub use body::{Body, Nothing, not_null, of_form, optional_time, time};
pub use number::Units;
pub use output::{Created, Output, Page, json};
pub use query::{CursorText, Limit, Paging, Query, bad_cursor, checked, cursor_schema};
