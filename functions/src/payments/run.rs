//! The runs of a synchronisation: by the task of the outbox, or by a request that has begun a purchase.
//!
//! One run at a time works on a workspace, because it holds the lease of the task. A run that dies leaves the lease,
//! which ends; the next run starts again from what Stripe and the table then say.

use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use seatwise_domain::{Change, RecordKey, Stored, Task, TaskKind, WorkspaceId};
use seatwise_store::{CommitError, Store};
use tokio::time::{Instant, sleep, timeout_at};

use super::error::SyncError;
use super::synchronise::{Rest, synchronise};
use crate::claim::claim;
use crate::service::Service;

/// The time that one run works. It ends before its lease, and before the function's timeout.
const WORKS_FOR: Duration = Duration::from_secs(45);

/// The wait of a request before it looks again whether another run has finished.
const LOOK_AGAIN: Duration = Duration::from_millis(200);

/// The time in which a request to Stripe has arrived, or never will.
const ON_ITS_WAY: SignedDuration = SignedDuration::from_secs(10);

/// The attempts to end a lease: more than the webhooks of one purchase.
const END_LEASE_ATTEMPTS: u32 = 20;

/// Runs the task that synchronises a workspace.
pub async fn run_task(
    service: &Service,
    store: &Store,
    task: &Stored<Task>,
    workspace: WorkspaceId,
) -> Result<(), SyncError> {
    let Some(claimed) = claim(store, task, service.now()).await? else { return Ok(()) };
    let worked = work(service, store, &claimed, workspace, Instant::now() + WORKS_FOR).await;
    if worked.is_err() {
        tracing::error!(%workspace, sync_failures = 1, "a workspace could not be synchronised");
    }
    worked
}

/// Runs the synchronisation of a workspace within a request, until this moment. Another run may have the lease:
/// then this waits for it. A failure is left to the task.
pub async fn run_in_request(service: &Service, store: &Store, workspace: WorkspaceId, deadline: Instant) {
    if let Err(error) = try_in_request(service, store, workspace, deadline).await {
        tracing::warn!(error = &error as &dyn std::error::Error, %workspace, "a synchronisation is left to its task");
    }
}

async fn try_in_request(
    service: &Service,
    store: &Store,
    workspace: WorkspaceId,
    deadline: Instant,
) -> Result<(), SyncError> {
    while Instant::now() < deadline {
        let Some(task) = store.get(Task::key(Task::of_billing(workspace))).await? else { return Ok(()) };
        let now = service.now();
        if task.value.is_due(now)
            && let Some(claimed) = claim(store, &task, now).await?
        {
            return work(service, store, &claimed, workspace, deadline).await;
        }
        if task.value.lease.is_none_or(|end| end <= now) && task.value.due_at > now {
            // It waits for its time, such as the end of an open page.
            return Ok(());
        }
        sleep(LOOK_AGAIN).await;
    }
    Ok(())
}

/// Synchronises, and then lets the task go: done, or due again.
async fn work(
    service: &Service,
    store: &Store,
    claimed: &Stored<Task>,
    workspace: WorkspaceId,
    deadline: Instant,
) -> Result<(), SyncError> {
    let is_check = matches!(&claimed.value.kind, TaskKind::BillingSync(billed) if billed.is_check);
    let outcome = timeout_at(deadline, synchronise(service, store, workspace, is_check)).await;
    let now = service.now();
    let attempts = if matches!(outcome, Ok(Err(_))) { claimed.value.attempts } else { 0 };
    let due_at = match &outcome {
        Ok(Ok(Rest::Done)) => None,
        Ok(Ok(Rest::Until(time))) => Some(*time),
        // The next run continues when the lease has ended.
        Err(_) => Some(now),
        Ok(Err(_)) => claimed.value.retried(now).map(|task| task.due_at),
    };
    // Stripe may not have worked off the last request yet: the next run must not overtake it.
    let is_on_its_way = match &outcome {
        Err(_) => true,
        Ok(Err(SyncError::Stripe(error))) => error.may_have_happened(),
        Ok(_) => false,
    };
    let lease = is_on_its_way.then(|| now.saturating_add(ON_ITS_WAY).unwrap_or(now));
    let released = match due_at {
        None => Change::Delete(RecordKey::Task(claimed.value.id), claimed.version),
        Some(due_at) => Change::update(claimed, Task { due_at, lease, attempts, ..claimed.value.clone() }),
    };
    match store.commit(&[released]).await {
        Ok(()) => {}
        // Somebody has asked for another run meanwhile: this one's lease must not hold it up.
        Err(CommitError::Conflict) => end_lease(store, claimed, lease, attempts).await?,
        Err(error) => return Err(error.into()),
    }
    match outcome {
        Ok(Err(error)) => Err(error),
        Ok(Ok(_)) | Err(_) => Ok(()),
    }
}

/// Ends the lease of a task that was made due again while a run had it. Webhooks arrive together, so the task can
/// change between each reading and writing; a lease that stays holds up the next purchase until it ends. The lease of
/// another run stays.
async fn end_lease(
    store: &Store,
    claimed: &Stored<Task>,
    lease: Option<Timestamp>,
    attempts: u32,
) -> Result<(), SyncError> {
    for _ in 0..END_LEASE_ATTEMPTS {
        let Some(task) = store.get(Task::key(claimed.value.id)).await? else { return Ok(()) };
        if task.value.lease != claimed.value.lease {
            return Ok(());
        }
        let free = Task { lease, attempts, ..task.value.clone() };
        match store.commit(&[Change::update(&task, free)]).await {
            Ok(()) => return Ok(()),
            Err(CommitError::Conflict) => {}
            Err(error) => return Err(error.into()),
        }
    }
    Ok(())
}
