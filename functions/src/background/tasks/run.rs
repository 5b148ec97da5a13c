//! Runs tasks, many side by side.
//!
//! Of one task the order is kept by its lease; tasks do not depend on each other.

use std::collections::BTreeSet;
use std::error::Error;
use std::sync::{Mutex, PoisonError};

use futures::future::join_all;
use seatwise_domain::{Task, TaskKind};
use seatwise_store::{OutboxEntry, Store};

use super::error::TaskError;
use super::{billing_sync, earlier_mail, mail, maker_review, memberships, seat_settlement};
use crate::background::job::Job;
use crate::service::Service;

/// The most tasks that one function runs side by side. When SES answers in 50 ms, 25 mails at once are
/// some 300 mails a second. More would only meet the sending rate of the SES account sooner.
pub const MOST_AT_ONCE: usize = 25;

/// The result of a batch of tasks.
#[derive(Default)]
pub(in crate::background) struct TaskRuns {
    /// The number of tasks that were due, with those that failed.
    pub(in crate::background) handled: usize,
    /// The entries that could not be handled.
    pub(in crate::background) failed: BTreeSet<OutboxEntry>,
}

/// Runs every task that is due.
///
/// Each of the lanes runs one task after the other. So the round trips of the batch are those of the
/// longest lane.
pub(in crate::background) async fn run_all(job: &Job<'_>, entries: BTreeSet<OutboxEntry>) -> TaskRuns {
    let lanes = entries.len().min(MOST_AT_ONCE);
    let queue = Mutex::new(entries.into_iter());
    let next = || queue.lock().unwrap_or_else(PoisonError::into_inner).next();
    let runs = join_all((0..lanes).map(|_| run_lane(job, &next))).await;
    let (mut all, mut branches) = (TaskRuns::default(), Vec::new());
    for (mut lane, branch) in runs {
        all.handled += lane.handled;
        all.failed.append(&mut lane.failed);
        branches.push(branch);
    }
    job.store.merge(&branches);
    all
}

/// Runs tasks one after the other until none is left.
async fn run_lane(job: &Job<'_>, next: impl Fn() -> Option<OutboxEntry>) -> (TaskRuns, Store) {
    let store = job.store.branch();
    let mut runs = TaskRuns::default();
    while let Some(entry) = next() {
        match Box::pin(run(job.service, &store, entry)).await {
            Ok(was_due) => runs.handled += usize::from(was_due),
            Err(error) => {
                tracing::error!(task = %entry.id(), error = &error as &dyn Error, "task failed");
                runs.handled += 1;
                runs.failed.insert(entry);
            }
        }
    }
    (runs, store)
}

/// Runs one task, if it is due; answers whether it was.
async fn run(service: &Service, store: &Store, entry: OutboxEntry) -> Result<bool, TaskError> {
    if let OutboxEntry::EarlierMail(id) = entry {
        earlier_mail::into_task(store, id).await?;
    }
    let Some(task) = store.get(Task::key(entry.id())).await? else { return Ok(false) };
    if !task.value.is_due(service.now()) {
        return Ok(false);
    }
    match &task.value.kind {
        TaskKind::Mail(content) => mail::run(service, store, &task, content).await?,
        TaskKind::MakerReview(review) => maker_review::run(service, store, &task, review).await?,
        TaskKind::BillingSync(billed) => billing_sync::run(service, store, &task, billed).await?,
        TaskKind::SeatSettlement(settled) => seat_settlement::run(service, store, &task, settled).await?,
        TaskKind::EndMemberships(account) => memberships::run(service, store, &task, account).await?,
    }
    Ok(true)
}
