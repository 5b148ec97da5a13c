//! What goes over the wire: query strings, bodies and answers, each read or written and described
//! for the API reference by one implementation.

mod body;
mod output;
mod query;
pub mod schema;

pub use body::{Body, Nothing};
pub use output::{Created, Output, Page, json};
pub use query::{Limit, Paging, Query, bad_cursor, checked};
