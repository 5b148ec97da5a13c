//! `sweep-tasks`: on a schedule. Runs the tasks that the stream did not: those whose attempt failed and
//! whose wait is over, and those whose run died (K19).

use std::collections::BTreeSet;
use std::error::Error;
use std::sync::Arc;

use futures::FutureExt as _;
use seatwise_domain::{EarlierMail, OUTBOX_SHARDS, Task};
use seatwise_store::{Load, OutboxEntry, Page, Query};

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
    run: |service, _| async move { sweep_tasks(&service).await.into() }.boxed(),
};

/// The most entries of one partition that are read at once.
const PAGE: u32 = 100;

/// Runs every task that is due. Answers how many there were.
pub async fn sweep_tasks(service: &Arc<Service>) -> usize {
    let job = Job::begin(FUNCTION.name, service);
    let page = |shard, after| (shard, Query::Outbox(shard, Page { limit: PAGE, after }));
    let mut pages: Vec<(u8, Query)> = (0..OUTBOX_SHARDS).map(|shard| page(shard, None)).collect();
    let (mut handled, mut failed) = (0, 0);
    // To the end: tasks whose time has not come may precede those that are due.
    while !pages.is_empty() {
        let load = pages.iter().cloned().fold(Load::new(), |load, (_, query)| load.query(query));
        let loaded = match job.store.load(&load).await {
            Ok(loaded) => loaded,
            Err(error) => {
                tracing::error!(error = &error as &dyn Error, "the outbox could not be read");
                failed += 1;
                break;
            }
        };
        let now = service.now();
        let queries = || pages.iter().map(|(_, query)| query);
        let tasks = queries().flat_map(|query| loaded.list::<Task>(query)).map(|stored| stored.value);
        let tasks = tasks.filter(|task| task.is_due(now)).map(|task| OutboxEntry::Task(task.id));
        let mails = queries().flat_map(|query| loaded.list::<EarlierMail>(query));
        let mails = mails.map(|mail| OutboxEntry::EarlierMail(mail.value.id));
        let due: BTreeSet<OutboxEntry> = tasks.chain(mails).collect();
        handled += due.len();
        failed += run_all(&job, due).await.len();
        let next = |(shard, query): (u8, Query)| Some(page(shard, Some(loaded.next(&query)?)));
        pages = pages.into_iter().filter_map(next).collect();
    }
    job.end("tasks", handled, failed);
    handled
}
