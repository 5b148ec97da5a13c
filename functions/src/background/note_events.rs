//! `note-events`: on the table's stream. Marks each log that has new events, so that `seal-logs` finds it without
//! reading the whole table (K69). A mark is a hint: one too many costs a read, and the sealing itself reads the log.

use std::collections::BTreeSet;
use std::error::Error;
use std::sync::Arc;

use futures::{FutureExt as _, StreamExt as _};
use seatwise_domain::EventLog;
use seatwise_store::{EVENT_PREFIX, Store, log_of_key};
use serde_json::{Value, json};

use crate::background::function::{BackgroundFunction, StreamKeys, Trigger};
use crate::background::job::Job;
use crate::service::Service;

pub(super) const FUNCTION: BackgroundFunction = BackgroundFunction {
    name: "note-events",
    // Five minutes (AWS limit) of events are one batch, and each log is marked once for a batch.
    trigger: Trigger::Stream { keys: StreamKeys::Sort(EVENT_PREFIX), batch: 1000, window_seconds: 300 },
    memory_mib: 256,
    timeout_seconds: 60,
    why: "nobody waits for it; at most a thousand small writes",
    description: "Marks the logs that have new events.",
    needs_policies: false,
    needs_links: false,
    seals_logs: false,
    calls_stripe: false,
    run: |service, event| async move { note_events(&service, &event).await }.boxed(),
};

/// The most marks that are written at the same time.
const AT_ONCE: usize = 8;

/// A record of the stream that names an event of no log that this release knows.
#[derive(Clone, Copy, Debug, thiserror::Error)]
#[error("the record names no event")]
struct UnknownEvent;

/// Handles a batch of the stream's records. Answers which of them failed; the stream brings those again.
pub async fn note_events(service: &Arc<Service>, event: &Value) -> Value {
    let job = Job::begin(FUNCTION.name, service);
    let records = event["Records"].as_array().map(Vec::as_slice).unwrap_or_default();
    let logs: Vec<_> = records.iter().map(log).collect();
    let named: BTreeSet<EventLog> = logs.iter().filter_map(|log| *log.as_ref().ok()?).collect();
    let marks = named.iter().copied().map(|log| mark(&job.store, log));
    let unmarked: BTreeSet<EventLog> =
        futures::stream::iter(marks).buffer_unordered(AT_ONCE).filter_map(std::future::ready).collect().await;
    let mut failures = Vec::new();
    for (record, log) in records.iter().zip(&logs) {
        let sequence = record["dynamodb"]["SequenceNumber"].as_str().unwrap_or_default();
        let has_failed = match log {
            Ok(log) => log.is_some_and(|log| unmarked.contains(&log)),
            Err(error) => {
                tracing::error!(sequence, error = error as &dyn Error, "record failed");
                true
            }
        };
        if has_failed {
            failures.push(json!({ "itemIdentifier": sequence }));
        }
    }
    job.end("logs", named.len() - unmarked.len(), failures.len());
    json!({ "batchItemFailures": failures })
}

/// Marks a log; answers the log if that failed.
async fn mark(store: &Store, log: EventLog) -> Option<EventLog> {
    let error = store.mark_unsealed(log).await.err()?;
    tracing::error!(%log, error = &error as &dyn Error, "a log with new events was not marked");
    Some(log)
}

/// The log of the event that a record is about; `None` if the record is about something else.
fn log(record: &Value) -> Result<Option<EventLog>, UnknownEvent> {
    let keys = &record["dynamodb"]["Keys"];
    let part = |name: &str| keys[name]["S"].as_str().ok_or(UnknownEvent);
    let (pk, sk) = (part("pk")?, part("sk")?);
    let is_gone = record["eventName"] == "REMOVE";
    if is_gone || !sk.starts_with(EVENT_PREFIX) {
        return Ok(None);
    }
    log_of_key(pk, sk).map(Some).ok_or(UnknownEvent)
}
