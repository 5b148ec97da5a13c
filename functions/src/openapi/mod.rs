//! The API reference: OpenAPI 3.1, made from the table of operations and the types they use.

pub(crate) mod describe;
mod document;
pub(crate) mod problem;

pub use document::document;
