//! `sweep-tasks`: on a schedule. Runs the tasks that the stream did not: those whose attempt failed and
//! whose wait is over, and those whose run died (K19).

use std::collections::BTreeSet;
use std::error::Error;
use std::sync::Arc;

use futures::FutureExt as _;
use jiff::Timestamp;
use seatwise_domain::{OUTBOX_SHARDS, Record};
use seatwise_store::{List, Many, OutboxEntry, PageRequest, Reads};

use crate::background::function::{BackgroundFunction, Trigger};
use crate::background::job::Job;
use crate::background::tasks::run_all;
use crate::service::Service;

pub(super) const FUNCTION: BackgroundFunction = BackgroundFunction {
    name: "sweep-tasks",
    trigger: Trigger::Schedule { rate_minutes: 1 },
    memory_mib: 256,
    // A run that outlasts the minute meets the next one. That wastes work and does no harm: each
    // leaves the tasks that the other has claimed.
    timeout_seconds: 55,
    why: "nobody waits for it; done before the next minute's sweep",
    description: "Runs the tasks that are due and that the stream did not bring.",
    needs_policies: true,
    needs_links: true,
    seals_logs: false,
    calls_stripe: true,
    run: |service, _| async move { sweep_tasks(&service).await.into() }.boxed(),
};

/// The most entries of one partition that are read at once.
const PAGE: u32 = 100;

/// Runs every task that is due. Answers how many there were.
pub async fn sweep_tasks(service: &Arc<Service>) -> usize {
    let job = Job::begin(FUNCTION.name, service);
    let page = |shard, after| (shard, PageRequest { limit: PAGE, after });
    let mut pages: Vec<(u8, PageRequest)> = (0..OUTBOX_SHARDS).map(|shard| page(shard, None)).collect();
    let (mut handled, mut failed) = (0, 0);
    // To the end: tasks whose time has not come may precede those that are due.
    while !pages.is_empty() {
        let mut reads = Reads::new();
        let entries = pages.into_iter().map(|(shard, page)| (shard, reads.many(List::outbox(shard, page))));
        let entries: Vec<(u8, Many<Record>)> = entries.collect();
        let loaded = match job.store.read(&reads).await {
            Ok(loaded) => loaded,
            Err(error) => {
                tracing::error!(error = &error as &dyn Error, "the outbox could not be read");
                failed += 1;
                break;
            }
        };
        let now = service.now();
        let records = entries.iter().flat_map(|(_, entries)| loaded.many(*entries));
        let due: BTreeSet<OutboxEntry> = records.filter_map(|stored| due_entry(&stored.value, now)).collect();
        let runs = run_all(&job, due).await;
        handled += runs.handled;
        failed += runs.failed.len();
        let next = |(shard, entries): (u8, Many<Record>)| Some(page(shard, Some(loaded.next(entries)?)));
        pages = entries.into_iter().filter_map(next).collect();
    }
    job.end("tasks", handled, failed);
    handled
}

/// The entry of a record in the outbox, if it is due.
fn due_entry(record: &Record, now: Timestamp) -> Option<OutboxEntry> {
    match record {
        Record::Task(task) => task.is_due(now).then_some(OutboxEntry::Task(task.id)),
        Record::EarlierMail(mail) => Some(OutboxEntry::EarlierMail(mail.id)),
        _ => None,
    }
}
