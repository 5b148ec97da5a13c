//! The Lambda functions of Seatwise: one file per operation, one executable for all.
//!
//! [`operations::all`] is the table of the operations. Every request goes through [`handle`].

pub mod background;
pub mod caller;
pub mod event;
mod event_log;
pub mod events;
pub mod keys;
pub mod lambda;
pub mod logging;
pub mod maker_rights;
pub mod openapi;
pub mod operations;
mod owned_addresses;
pub mod plan;
pub mod problem;

mod access;
mod answer;
mod api_key;
mod billing;
mod claim;
mod csv_cell;
mod denial;
mod departures;
mod dns;
mod fields;
mod invitation;
mod json_tree;
mod leave;
mod links;
mod listing;
mod me;
mod member;
mod next;
mod operation;
mod path;
pub mod payments;
mod people;
mod permissions;
mod policies;
mod product;
mod request;
mod resource;
mod runner;
mod scope;
mod seat;
mod secret;
mod service;
pub mod service_clients;
mod tag;
mod target;
mod token;
mod wire;
mod words;
mod workspace;

use std::sync::Arc;

pub use dns::{Dns, DnsError};
pub use keys::{Keyring, Keys};
pub use operation::{StripeUse, camel_case};
pub use operations::Row;
pub use problem::Problem;
pub use secret::Secret;
pub use service::{Clock, Service, ServiceParts, Settings};

/// The allocator of every program with these functions: a request allocates much, and glibc's allocator takes a fifth
/// of its processor time.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

/// Runs one request of one operation: what Lambda and the local gateway call.
pub async fn handle(
    service: &Arc<Service>,
    row: &'static Row,
    request: lambda_http::Request,
) -> http::Response<lambda_http::Body> {
    row.run(service.clone(), request::Incoming::new(&request, &service.settings.services)).await
}
