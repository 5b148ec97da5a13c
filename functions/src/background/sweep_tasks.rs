//! `sweep-tasks`: on a schedule. Delivers what the stream did not: mails whose try failed and
//! whose wait is over, and those whose sender died (K19).

use std::sync::Arc;

use futures::FutureExt as _;
use seatwise_domain::Mail;
use seatwise_domain::mail::OUTBOX_SHARDS;
use seatwise_store::{Load, Page, Query};

use super::run_tasks::deliver;
use crate::background::function::{BackgroundFunction, Trigger};
use crate::background::job::Job;
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

/// Most mails of one partition that are read at once.
const PART: u32 = 100;

/// Delivers every mail that is due. Answers how many there were.
pub async fn sweep_tasks(service: &Arc<Service>) -> usize {
    let job = Job::begin(FUNCTION.name, service);
    let part = |shard, after| (shard, Query::Outbox(shard, Page { limit: PART, after }));
    let mut parts: Vec<(u8, Query)> = (0..OUTBOX_SHARDS).map(|shard| part(shard, None)).collect();
    let (mut due, mut failed) = (0, 0);
    // To the end, since mails whose time has not come may lie before those whose has.
    while !parts.is_empty() {
        let load = parts.iter().cloned().fold(Load::new(), |load, (_, query)| load.query(query));
        let loaded = match job.store.load(&load).await {
            Ok(loaded) => loaded,
            Err(error) => {
                tracing::error!(error = &error as &dyn std::error::Error, "the outbox could not be read");
                failed += 1;
                break;
            }
        };
        let now = service.now();
        let mails = parts.iter().flat_map(|(_, query)| loaded.list::<Mail>(query)).map(|stored| stored.value);
        for mail in mails.filter(|mail| mail.due_at <= now) {
            due += 1;
            if let Err(error) = deliver(&job, mail.id).await {
                failed += 1;
                tracing::error!(mail = %mail.id, error = &error as &dyn std::error::Error, "mail failed");
            }
        }
        let next = |(shard, query): (u8, Query)| Some(part(shard, Some(loaded.next(&query)?)));
        parts = parts.into_iter().filter_map(next).collect();
    }
    job.end("mails", due, failed);
    due
}
