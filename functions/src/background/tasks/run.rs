//! Runs tasks, many side by side.
//!
//! Of one task the order is kept by its lease; tasks do not depend on each other.

use std::collections::BTreeSet;
use std::error::Error;

use futures::StreamExt as _;
use futures::stream;
use seatwise_domain::{Task, TaskKind};
use seatwise_store::{OutboxEntry, Store};

use super::error::TaskError;
use super::{earlier_mail, mail};
use crate::background::job::Job;
use crate::service::Service;

/// The most tasks that one function runs side by side. When SES answers in 50 ms, 25 mails at once are
/// some 300 mails a second. More would only meet the sending rate of the SES account sooner.
pub const MOST_AT_ONCE: usize = 25;

/// Runs every task that is due; returns the entries that could not be handled.
pub(in crate::background) async fn run_all(
    job: &Job<'_>,
    entries: BTreeSet<OutboxEntry>,
) -> BTreeSet<OutboxEntry> {
    let runs: Vec<_> = entries
        .into_iter()
        .map(|entry| {
            let store = job.store.branch();
            async move {
                let outcome = run(job.service, &store, entry).await;
                (entry, store, outcome)
            }
        })
        .collect();
    let outcomes: Vec<_> = stream::iter(runs).buffer_unordered(MOST_AT_ONCE).collect().await;
    let (mut branches, mut failed) = (Vec::new(), BTreeSet::new());
    for (entry, branch, outcome) in outcomes {
        branches.push(branch);
        if let Err(error) = outcome {
            tracing::error!(task = %entry.id(), error = &error as &dyn Error, "task failed");
            failed.insert(entry);
        }
    }
    job.store.merge(&branches);
    failed
}

/// Runs one task, if it is due.
async fn run(service: &Service, store: &Store, entry: OutboxEntry) -> Result<(), TaskError> {
    if let OutboxEntry::EarlierMail(id) = entry {
        earlier_mail::into_task(store, id).await?;
    }
    let Some(task) = store.get(Task::key(entry.id())).await? else { return Ok(()) };
    if !task.value.is_due(service.now()) {
        return Ok(());
    }
    match &task.value.kind {
        TaskKind::Mail(content) => mail::run(service, store, &task, content).await,
    }
}
