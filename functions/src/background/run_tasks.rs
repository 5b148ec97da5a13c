//! `run-tasks`: on the table's stream. Runs each task that was committed or made due again: at least
//! once, and in the normal case once (K18, K19).
//!
//! The stream also brings the changes that runs themselves make, since a filter sees only keys: such a
//! task is claimed, waits for its time or is gone, so reading it is all that happens.

use std::collections::BTreeSet;
use std::sync::Arc;

use futures::FutureExt as _;
use seatwise_store::{OUTBOX_PREFIX, OutboxEntry, is_in_outbox};
use serde_json::{Value, json};

use crate::background::function::{BackgroundFunction, StreamKeys, Trigger};
use crate::background::job::Job;
use crate::background::tasks::run_all;
use crate::service::Service;

pub(super) const FUNCTION: BackgroundFunction = BackgroundFunction {
    name: "run-tasks",
    trigger: Trigger::Stream { keys: StreamKeys::Partition(OUTBOX_PREFIX), batch: 100, window_seconds: 0 },
    // CPU comes with memory, and a hundred mails a second need some.
    memory_mib: 512,
    // Not longer than the lease of a mail: when another run may claim it, this one has ended.
    timeout_seconds: 60,
    why: "a hundred mails a second; ended before the leases of its tasks",
    description: "Runs tasks of the outbox.",
    needs_policies: true,
    needs_links: true,
    seals_logs: false,
    calls_stripe: true,
    run: |service, event| async move { run_tasks(&service, &event).await }.boxed(),
};

/// A record of the stream that names an item of the outbox, but none that this release knows.
#[derive(Clone, Copy, Debug, thiserror::Error)]
#[error("the record names no task")]
struct Unknown;

/// Handles a batch of the stream's records. Answers which of them failed: the stream brings those
/// again and, in the end, to the dead-letter queue; the others go on (K20).
pub async fn run_tasks(service: &Arc<Service>, event: &Value) -> Value {
    let job = Job::begin(FUNCTION.name, service);
    let records = event["Records"].as_array().map(Vec::as_slice).unwrap_or_default();
    let entries: Vec<_> = records.iter().map(entry).collect();
    // Once, however many records name it.
    let named: BTreeSet<OutboxEntry> =
        entries.iter().filter_map(|entry| entry.as_ref().ok()?.as_ref()).copied().collect();
    let runs = run_all(&job, named).await;
    let (mut failures, mut unknown) = (Vec::new(), 0);
    for (record, entry) in records.iter().zip(entries) {
        let sequence = record["dynamodb"]["SequenceNumber"].as_str().unwrap_or_default();
        let has_failed = match entry {
            Ok(entry) => entry.is_some_and(|entry| runs.failed.contains(&entry)),
            Err(error) => {
                tracing::error!(sequence, error = &error as &dyn std::error::Error, "record failed");
                unknown += 1;
                true
            }
        };
        if has_failed {
            failures.push(json!({ "itemIdentifier": sequence }));
        }
    }
    job.end("tasks", runs.handled, runs.failed.len() + unknown);
    json!({ "batchItemFailures": failures })
}

/// The entry that a record is about; `None` if the record is about something else.
fn entry(record: &Value) -> Result<Option<OutboxEntry>, Unknown> {
    let keys = &record["dynamodb"]["Keys"];
    let part = |name: &str| keys[name]["S"].as_str().ok_or(Unknown);
    let (pk, sk) = (part("pk")?, part("sk")?);
    let is_gone = record["eventName"] == "REMOVE";
    if is_gone || !is_in_outbox(pk) {
        return Ok(None);
    }
    OutboxEntry::of_key(pk, sk).map(Some).ok_or(Unknown)
}
