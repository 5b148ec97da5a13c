//! `seal-logs`: on a schedule. Seals the events of each marked log that are complete: a signed digest lists them, with
//! a hash of each and the hash of the digest before (K69). No request waits for it, and it writes no event.

use std::error::Error;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use futures::{FutureExt as _, StreamExt as _};
use seatwise_domain::{
    Change, EventDigest, EventId, EventLog, Record, Stored, UNSEALED_SHARDS, UnsealedLog, Workspace,
};
use seatwise_seal::{SealingKey, UnsealedEvents};
use seatwise_store::{CommitError, Direction, List, PageRequest, Reads, Store, StoreError};

use crate::background::function::{BackgroundFunction, Trigger};
use crate::background::job::Job;
use crate::keys::KeysError;
use crate::service::Service;

pub(super) const FUNCTION: BackgroundFunction = BackgroundFunction {
    name: "seal-logs",
    trigger: Trigger::Schedule { rate_minutes: 60 },
    memory_mib: 512,
    timeout_seconds: 285,
    why: "nobody waits for it; hashing and signing need some CPU",
    description: "Seals the events of logs with signed digests.",
    needs_policies: false,
    needs_links: false,
    seals_logs: true,
    calls_stripe: false,
    run: |service, _| async move { seal_logs(&service).await.into() }.boxed(),
};

/// The marks of one page.
const PAGE: u32 = 200;
/// The most logs that are sealed at the same time.
const AT_ONCE: usize = 8;
/// The most steps of one run, each a visit of a log or a digest. They take some two minutes.
const MOST_STEPS: usize = 20_000;
/// The most digests of one log in one run, so that one log does not hold up the others.
const MOST_OF_ONE_LOG: usize = 40;

/// The reason why a log is not sealed. The next run tries again.
#[derive(Debug, thiserror::Error)]
enum SealError {
    #[error("its events could not be read")]
    Load(#[from] StoreError),
    #[error("its digest could not be written")]
    Commit(#[from] CommitError),
    #[error("the keys could not be read")]
    Keys(#[from] KeysError),
    #[error("there is no key to sign digests with")]
    NoKey,
}

/// The end of a log.
struct LogEnd {
    last: Option<Stored<EventDigest>>,
    /// The workspace of the log, if the log is that of a workspace.
    workspace: Option<Stored<Workspace>>,
    unsealed: UnsealedEvents,
}

/// Seals what is complete in each marked log. Answers how many digests it wrote.
pub async fn seal_logs(service: &Arc<Service>) -> usize {
    let job = Job::begin(FUNCTION.name, service);
    let steps = AtomicUsize::new(0);
    let digests = AtomicUsize::new(0);
    let mut failed = 0;
    for shard in 0..UNSEALED_SHARDS {
        failed += seal_shard(&job, shard, (&steps, &digests)).await;
    }
    if steps.load(Ordering::Relaxed) >= MOST_STEPS {
        tracing::warn!(steps = MOST_STEPS, "logs are left for the next run");
    }
    let written = digests.into_inner();
    job.end("digests", written, failed);
    written
}

/// Seals the marked logs of one partition; answers how many failed.
async fn seal_shard(job: &Job<'_>, shard: u8, (steps, digests): (&AtomicUsize, &AtomicUsize)) -> usize {
    let (mut failed, mut after) = (0, None);
    // Page by page, so that a log that cannot be sealed does not hold up the others.
    while steps.load(Ordering::Relaxed) < MOST_STEPS {
        let page = PageRequest { limit: PAGE, after };
        let (marks, next) = match job.store.list(List::unsealed_logs(shard, page)).await {
            Ok(read) => read,
            Err(error) => {
                tracing::error!(
                    error = &error as &dyn Error,
                    seal_failures = 1,
                    "marked logs could not be read"
                );
                return failed + 1;
            }
        };
        let sealed = marks.into_iter().map(|mark| seal(job, mark, (steps, digests)));
        let mut sealed = futures::stream::iter(sealed).buffer_unordered(AT_ONCE);
        while let Some(outcome) = sealed.next().await {
            failed += usize::from(!outcome);
        }
        after = next;
        if after.is_none() {
            break;
        }
    }
    failed
}

/// Seals a log, and deletes its mark if nothing is left; answers whether that went well.
async fn seal(
    job: &Job<'_>,
    mark: Stored<UnsealedLog>,
    (steps, digests): (&AtomicUsize, &AtomicUsize),
) -> bool {
    let log = mark.value.log;
    let mut of_log = 0;
    // Counted before the work: a log that fails counts too.
    while of_log < MOST_OF_ONE_LOG && steps.fetch_add(1, Ordering::Relaxed) < MOST_STEPS {
        match seal_once(job, &mark).await {
            Ok(true) => {
                of_log += 1;
                digests.fetch_add(1, Ordering::Relaxed);
            }
            Ok(false) => return true,
            // Another run was quicker, or the workspace has changed: read again.
            Err(SealError::Commit(CommitError::Conflict)) => of_log += 1,
            Err(error) => {
                let error = &error as &dyn Error;
                tracing::error!(%log, error, seal_failures = 1, "a log was not sealed");
                return false;
            }
        }
    }
    true
}

/// Writes the next digest of a log, and answers whether there was one. Otherwise it deletes the mark if the log has no
/// event without a digest.
async fn seal_once(job: &Job<'_>, mark: &Stored<UnsealedLog>) -> Result<bool, SealError> {
    let log = mark.value.log;
    let Some(end) = read_end(&job.store, log).await? else {
        // The log goes with its workspace.
        delete_mark(&job.store, mark).await?;
        return Ok(false);
    };
    let LogEnd { last, workspace, unsealed } = end;
    let now = job.service.now();
    let Some(digest) = seatwise_seal::next(log, last.as_ref().map(|last| &last.value), &unsealed, now) else {
        // Events that are too young keep the mark.
        if unsealed.is_empty() {
            delete_mark(&job.store, mark).await?;
        }
        return Ok(false);
    };
    let digest = sign(job.service, digest).await?;
    let (number, hash) = (digest.number, seatwise_seal::hash(&digest));
    // The digest of a workspace that is deleted meanwhile would stay for ever.
    let exists = workspace.map(|it| Change::RequireVersion(Workspace::key(it.value.id).into(), it.version));
    let changes: Vec<Change> =
        [Change::Create(Record::EventDigest(digest))].into_iter().chain(exists).collect();
    job.store.commit(&changes).await?;
    // A person who can change the table cannot change this line: an operator can verify a log against it.
    tracing::info!(%log, digest = number, hash = hash.0, "sealed");
    Ok(true)
}

/// Reads the last digest of a log and the events after it. `None` if the workspace of the log is deleted.
async fn read_end(store: &Store, log: EventLog) -> Result<Option<LogEnd>, StoreError> {
    let mut reads = Reads::new();
    let newest = PageRequest { limit: 1, after: None };
    let last = reads.many(List::digests(log, Direction::Down, newest));
    let of_workspace = match log {
        EventLog::Workspace(id) => Some(reads.one(Workspace::key(id))),
        EventLog::Account(_) | EventLog::Platform => None,
    };
    let loaded = store.read(&reads).await?;
    let last = loaded.many(last).into_iter().next();
    let workspace = of_workspace.and_then(|workspace| loaded.one(workspace));
    if of_workspace.is_some() && workspace.is_none() {
        return Ok(None);
    }
    let from = last.as_ref().map_or(EventId::SMALLEST, |last| last.value.until);
    // One more than a digest takes tells where the digest ends.
    let limit = u32::try_from(EventDigest::MOST_EVENTS + 1).unwrap_or(u32::MAX);
    let (items, next) = store.event_items(log, from, PageRequest { limit, after: None }).await?;
    let events = items.into_iter().filter_map(|item| item.event).collect();
    Ok(Some(LogEnd { last, workspace, unsealed: UnsealedEvents { events, has_more: next.is_some() } }))
}

async fn sign(service: &Service, digest: EventDigest) -> Result<EventDigest, SealError> {
    let keyring = service.seal_keys.read(digest.sealed_at).await?;
    let key = keyring.current(digest.sealed_at).ok_or(SealError::NoKey)?;
    let key = SealingKey::new(key.id, &key.bytes).ok_or(SealError::NoKey)?;
    Ok(key.sign(digest))
}

/// Deletes the mark, unless events were noted since it was read.
async fn delete_mark(store: &Store, mark: &Stored<UnsealedLog>) -> Result<(), CommitError> {
    let delete = Change::Delete(UnsealedLog::key(mark.value.log).into(), mark.version);
    match store.commit(&[delete]).await {
        Ok(()) | Err(CommitError::Conflict) => Ok(()),
        Err(error) => Err(error),
    }
}
