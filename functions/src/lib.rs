//! The Lambda functions of Seatwise: one file per operation, one executable for all.
//!
//! [`operations::all`] is the table of the operations. Every request goes through [`runner::run`].

pub mod answer;
pub mod background;
pub mod caller;
pub mod dns;
pub mod event;
pub mod keys;
pub mod lambda;
pub mod links;
pub mod listing;
pub mod logging;
pub mod openapi;
pub mod operation;
pub mod operations;
pub mod path;
pub mod permissions;
pub mod plan;
pub mod policies;
pub mod problem;
pub mod request;
pub mod runner;
pub mod scope;
pub mod service;
pub mod tag;
pub mod target;
pub mod token;
pub mod wire;

mod access;
mod invitation;
mod leave;
mod me;
mod member;
mod next;
mod people;
mod seat;
mod workspace;
use std::sync::Arc;

pub use dns::Dns;
pub use keys::{Keyring, Keys};
pub use operations::Row;
pub use problem::Problem;
pub use service::{Clock, Service, ServiceParts, Settings};
pub use token::TokenKeys;

/// Runs one request of one operation: what Lambda and the local gateway call.
pub async fn handle(
    service: &Arc<Service>,
    row: &'static Row,
    request: lambda_http::Request,
) -> http::Response<lambda_http::Body> {
    row.run(service.clone(), request::Incoming::new(&request)).await
}
