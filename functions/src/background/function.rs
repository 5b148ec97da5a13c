//! The description of a background function, as its row in the table has it.

use std::sync::Arc;

use futures::future::BoxFuture;
use serde_json::Value;

use crate::operation::StripeUse;
use crate::service::Service;

/// A function that no route leads to.
#[expect(clippy::struct_excessive_bools, reason = "each is a column of the table of background functions")]
pub struct BackgroundFunction {
    /// The name: file, Handler setting and log.
    pub name: &'static str,
    /// The event that starts the function.
    pub trigger: Trigger,
    /// Memory; Lambda assigns CPU time in proportion to it.
    pub memory_mib: u32,
    /// The time after which Lambda ends a run.
    pub timeout_seconds: u32,
    /// The reason for the memory and the timeout.
    pub why: &'static str,
    /// The work of the function, in one sentence.
    pub description: &'static str,
    /// Whether the function reads the active policies.
    pub needs_policies: bool,
    /// Whether the function makes invitation links, and so reads their keys.
    pub needs_links: bool,
    /// Whether the function seals logs, and so reads the keys that sign digests.
    pub seals_logs: bool,
    /// Whether the function calls Stripe's API.
    pub calls_stripe: bool,
    pub(super) run: fn(Arc<Service>, Value) -> BoxFuture<'static, Value>,
}

impl BackgroundFunction {
    /// What it has to do with Stripe.
    pub fn stripe(&self) -> StripeUse {
        if self.calls_stripe { StripeUse::Pays } else { StripeUse::None }
    }

    /// Runs the function once: with the stream's event, or with whatever a schedule sends. The answer
    /// to a stream names the records that failed; the answer to a schedule is the number of things
    /// that the run handled.
    pub async fn run(&self, service: Arc<Service>, event: Value) -> Value {
        (self.run)(service, event).await
    }
}

/// The event that starts a background function.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Trigger {
    /// The table's stream: items that are created or changed under these keys.
    Stream {
        /// The keys.
        keys: StreamKeys,
        /// The most records of one run.
        batch: u32,
        /// The most seconds that records wait for others of the same run.
        window_seconds: u32,
    },
    /// A schedule.
    Schedule {
        /// The minutes between two runs.
        rate_minutes: u32,
    },
}

/// The keys of the items that a function on the stream is started for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum StreamKeys {
    /// Those whose partition key has this prefix.
    Partition(&'static str),
    /// Those whose sort key has this prefix.
    Sort(&'static str),
}
