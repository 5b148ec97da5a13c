//! Records in one DynamoDB table: loaded in one round trip, committed in one transaction.
//!
//! A request makes a [`Load`] of all that it needs, decides, and hands the decision's changes to
//! [`Store::commit`]. Each change brings its own write condition, so nothing rests on a read alone.

use std::sync::Arc;

use aws_sdk_dynamodb::Client;

mod action;
mod commit;
mod cursor;
mod error;
mod expression;
mod item;
mod keys;
mod load;
mod meter;
mod plan;
mod publish;
mod query;
mod table;

pub use cursor::{BadCursor, Cursor};
pub use error::{CallFailure, CommitError, Flaw, Misuse, StoreError};
pub use keys::{is_outbox_key, mail_of_key};
pub use load::{Load, Loaded};
pub use meter::Meter;
pub use query::{Page, Query};

/// The table, and the way to it.
#[derive(Clone, Debug)]
pub struct Store {
    client: Client,
    table: String,
    meter: Option<Arc<Meter>>,
}

impl Store {
    /// The store in `table`. Retries and timeouts are the client's.
    pub fn new(client: Client, table: impl Into<String>) -> Self {
        Self { client, table: table.into(), meter: None }
    }

    /// The same store, counting into a meter of its own: one per request. If this store has one,
    /// that one counts along.
    pub fn metered(&self) -> (Self, Arc<Meter>) {
        let meter = Arc::new(Meter::within(self.meter.clone()));
        (Self { meter: Some(Arc::clone(&meter)), ..self.clone() }, meter)
    }

    /// The meter; one that nobody reads if there is none.
    fn meter(&self) -> Arc<Meter> {
        self.meter.clone().unwrap_or_default()
    }
}
