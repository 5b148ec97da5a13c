//! `reconcile-billing`: on a schedule. Makes those workspaces due for a synchronisation whose check is due, and those
//! about which Stripe has told something that never arrived (K60, K62). What such a run mends, it reports as drift.

use std::collections::BTreeSet;
use std::error::Error;
use std::sync::Arc;

use futures::FutureExt as _;
use jiff::{SignedDuration, Timestamp};
use seatwise_domain::{
    BilledWorkspace, BillingAccount, BillingCheck, Change, Record, StripeCustomer, Task, TaskKind,
    WorkspaceId,
};
use seatwise_store::{CommitError, List, PageRequest, Store};
use seatwise_stripe::EventQuery;

use crate::background::function::{BackgroundFunction, Trigger};
use crate::background::job::Job;
use crate::payments::SyncError;
use crate::service::Service;

pub(super) const FUNCTION: BackgroundFunction = BackgroundFunction {
    name: "reconcile-billing",
    trigger: Trigger::Schedule { rate_minutes: 10 },
    memory_mib: 256,
    timeout_seconds: 285,
    why: "nobody waits for it; done before the next run",
    description: "Makes workspaces due whose billing is to be checked against Stripe.",
    needs_policies: false,
    needs_links: false,
    seals_logs: false,
    calls_stripe: true,
    run: |service, _| async move { reconcile_billing(&service).await.into() }.boxed(),
};

/// The events that can change what a workspace has. The webhook is registered for them (README.md).
pub const EVENT_TYPES: &[&str] = &[
    "checkout.session.completed",
    "checkout.session.expired",
    "customer.subscription.created",
    "customer.subscription.updated",
    "customer.subscription.deleted",
    "customer.subscription.pending_update_applied",
    "customer.subscription.pending_update_expired",
    "invoice.paid",
    "invoice.payment_failed",
    "invoice.payment_action_required",
    "invoice.voided",
];

/// The events that a run looks at: each is seen by two runs, and none before its webhook had some minutes.
const EVENTS_FROM: SignedDuration = SignedDuration::from_mins(25);
const EVENTS_BEFORE: SignedDuration = SignedDuration::from_mins(5);

/// The most events of one run.
const MOST_EVENTS: usize = 2_000;

/// The checks of one page.
const PAGE: u32 = 100;

/// Makes workspaces due whose billing is to be checked. Answers how many there were.
pub async fn reconcile_billing(service: &Arc<Service>) -> usize {
    let job = Job::begin(FUNCTION.name, service);
    let (mut handled, mut failed) = (0, 0);
    for outcome in [by_timetable(&job.store, service.now()).await, by_events(service, &job.store).await] {
        match outcome {
            Ok(count) => handled += count,
            Err(error) => {
                tracing::error!(error = &error as &dyn Error, sync_failures = 1, "billing was not checked");
                failed += 1;
            }
        }
    }
    job.end("billing checks", handled, failed);
    handled
}

/// The workspaces whose check is due. The run of the check arranges the next one.
async fn by_timetable(store: &Store, now: Timestamp) -> Result<usize, SyncError> {
    let (mut handled, mut after) = (0, None);
    loop {
        let (checks, next) = store.list(List::billing_checks(PageRequest { limit: PAGE, after })).await?;
        let is_due = |check: &BillingCheck| check.at <= now;
        let due: Vec<WorkspaceId> = checks
            .iter()
            .map(|stored| &stored.value)
            .filter(|check| is_due(check))
            .map(|check| check.workspace)
            .collect();
        let is_end = due.len() < checks.len();
        for workspace in due {
            handled += usize::from(make_due(store, workspace, now).await?);
        }
        after = next;
        if after.is_none() || is_end {
            return Ok(handled);
        }
    }
}

/// The workspaces about which Stripe has an event that is newer than their last synchronisation.
async fn by_events(service: &Service, store: &Store) -> Result<usize, SyncError> {
    if service.stripe.api.is_none() {
        return Ok(0);
    }
    let now = service.now();
    let client = service.stripe.client(now).await?;
    let ago = |by| now.saturating_sub(by).unwrap_or(Timestamp::MIN);
    let query = EventQuery { kinds: EVENT_TYPES, from: ago(EVENTS_FROM), before: ago(EVENTS_BEFORE) };
    let events = client.events(&query, MOST_EVENTS).await?.data;
    let mut seen = BTreeSet::new();
    let mut handled = 0;
    // Newest first: the first event of a customer is the newest.
    for event in &events {
        let Some(customer) = event.customer().filter(|customer| seen.insert((*customer).to_owned())) else {
            continue;
        };
        let Some(known) = store.get(StripeCustomer::key(customer.to_owned())).await? else { continue };
        let workspace = known.value.workspace;
        let account = store.get(BillingAccount::key(workspace)).await?;
        // Stripe tells the second of an event, and a synchronisation in that second may have been too early.
        let is_earlier = |at: Timestamp| event.created.as_second() < at.as_second();
        let is_known = account.and_then(|account| account.value.synced_at).is_some_and(is_earlier);
        if !is_known {
            handled += usize::from(make_due(store, workspace, now).await?);
        }
    }
    Ok(handled)
}

/// Makes the task of a workspace due as a check, unless it runs or is due already; answers whether it did. It may
/// wait for a customer who has paid.
async fn make_due(store: &Store, workspace: WorkspaceId, now: Timestamp) -> Result<bool, SyncError> {
    let id = Task::of_billing(workspace);
    let kind = TaskKind::BillingSync(BilledWorkspace { workspace, is_check: true });
    let change = match store.get(Task::key(id)).await? {
        None => Change::Create(Record::Task(Task::new(id, kind, now))),
        Some(task) if task.value.due_at > now && task.value.lease.is_none_or(|end| end <= now) => {
            Change::update(&task, Task { kind, due_at: now, ..task.value.clone() })
        }
        Some(_) => return Ok(false),
    };
    match store.commit(&[change]).await {
        Ok(()) => Ok(true),
        Err(CommitError::Conflict) => Ok(false),
        Err(error) => Err(error.into()),
    }
}
