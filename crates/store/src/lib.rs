//! Records in one DynamoDB table: loaded in one round trip, committed in one transaction.
//!
//! A request collects all that it needs in [`Reads`], decides, and hands the decision's changes to
//! [`Store::commit`]. Each change brings its own write condition, so nothing rests on a read alone.

use std::sync::Arc;

use aws_sdk_dynamodb::Client;
use seatwise_domain::Version;

mod action;
mod canonical;
mod commit;
mod cursor;
mod difference;
mod error;
mod expression;
mod item;
mod keys;
mod load;
mod meter;
mod partial_update;
mod plan;
mod publish;
mod query;
mod reads;
mod scan;
mod sealing;
mod table;

pub use cursor::{BadCursor, Cursor};
pub use error::{CallFailure, CommitError, Flaw, Misuse, StoreError};
pub use keys::{EVENT_PREFIX, OUTBOX_PREFIX, OutboxEntry, is_for_background, is_in_outbox, log_of_key};
pub use meter::Meter;
pub use plan::MAX_TRANSACTION_ACTIONS;
pub use query::{Direction, EventBounds, List, PageRequest, RangeQuery};
pub use reads::{Loaded, Many, One, Reads};
pub use sealing::{DigestItem, EventItem};

/// The table, and the way to it.
#[derive(Clone, Debug)]
pub struct Store {
    client: Client,
    table: String,
    meter: Option<Arc<Meter>>,
    /// Randomness, as a parameter.
    first_version: Option<Version>,
}

impl Store {
    /// The store in `table`. Retries and timeouts are the client's.
    pub fn new(client: Client, table: impl Into<String>) -> Self {
        Self { client, table: table.into(), meter: None, first_version: None }
    }

    /// The same store, counting into a meter of its own: one per request. If this store has one,
    /// that one counts along.
    pub fn metered(&self) -> (Self, Arc<Meter>) {
        let meter = Arc::new(Meter::within(self.meter.clone()));
        (Self { meter: Some(Arc::clone(&meter)), ..self.clone() }, meter)
    }

    /// The same store, counting into a meter of its own that no other counts along with: for one of
    /// several pieces of work that run side by side. [`Store::merge`] adds what they cost.
    #[must_use]
    pub fn branch(&self) -> Self {
        Self { meter: Some(Arc::default()), ..self.clone() }
    }

    /// Adds what branches of this store have cost, side by side: as many round trips as the longest.
    pub fn merge(&self, branches: &[Self]) {
        let meters = branches.iter().map(Self::meter).collect::<Vec<_>>();
        self.meter().add_side_by_side(&meters);
    }

    /// The same store, with new records counting from this version: for tests, which know then what
    /// comes.
    #[must_use]
    pub fn counting_from(self, version: Version) -> Self {
        Self { first_version: Some(version), ..self }
    }

    /// Where a new record starts to count. By chance, so that a record that is deleted and made
    /// anew does not come to a version that somebody has read of the old one.
    fn first_version(&self) -> Version {
        self.first_version.unwrap_or_else(|| Version(u64::from(rand::random::<u32>()) << 16))
    }

    /// The meter; one that nobody reads if there is none.
    fn meter(&self) -> Arc<Meter> {
        self.meter.clone().unwrap_or_default()
    }
}
