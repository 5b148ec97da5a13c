//! `verify-domains`: on a schedule. Looks up claimed domains. A domain whose records prove the claim
//! brings people in from then on (R10). Verified domains are looked up again each day: a domain that has
//! lost its record brings nobody in after a time of grace.

use std::error::Error;
use std::sync::Arc;

use futures::FutureExt as _;
use futures::future::join_all;
use jiff::Timestamp;
use seatwise_domain::pack::{EventTerms, Pack};
use seatwise_domain::rules::domain::{self, LookUp};
use seatwise_domain::rules::log::EventSource;
use seatwise_domain::{
    Change, Changes, DomainCheck, DomainClaim, DomainName, Moment, RecordKey, Stored, WorkspaceId,
    dns_record_name,
};
use seatwise_store::{CommitError, List, PageRequest, Store, StoreError};

use crate::background::function::{BackgroundFunction, Trigger};
use crate::background::job::Job;
use crate::events::{self, NOTHING_READ};
use crate::policies::PolicyError;
use crate::service::Service;

pub(super) const FUNCTION: BackgroundFunction = BackgroundFunction {
    name: "verify-domains",
    trigger: Trigger::Schedule { rate_minutes: 5 },
    memory_mib: 256,
    // Most of a run is waiting for other people's name servers, some of which do not answer.
    timeout_seconds: 285,
    why: "nobody waits for it, but it waits for name servers; done before the next run",
    description: "Looks up the DNS records of claimed domains.",
    needs_policies: true,
    needs_links: false,
    seals_logs: false,
    calls_stripe: false,
    run: |service, _| async move { verify_domains(&service).await.into() }.boxed(),
};

/// Most domains of one page.
const PART: u32 = 1_000;
/// Most domains of one run, which must end before its function's time does.
const MOST: usize = 500;
/// The number of lookups at the same time: a lookup at a server that does not answer takes seconds.
const AT_ONCE: usize = 20;
/// The most attempts to verify a domain. Another follows if its claim has changed meanwhile.
const MAX_ATTEMPTS: u32 = 5;

/// The reason why the look-up of a domain had no effect.
#[derive(Debug, thiserror::Error)]
pub enum VerifyError {
    /// The claim could not be read.
    #[error("the claim could not be read")]
    Load(#[from] StoreError),
    /// The claim could not be written.
    #[error("the claim could not be written")]
    Commit(#[from] CommitError),
}

/// The reason why no domain was looked up.
#[derive(Debug, thiserror::Error)]
enum RunError {
    #[error("claimed domains could not be read")]
    Load(#[from] StoreError),
    #[error("there are no policies to decide by")]
    Policies(#[from] PolicyError),
}

/// Looks up the domains that are due. Answers of how many the standing has changed.
pub async fn verify_domains(service: &Arc<Service>) -> usize {
    let job = Job::begin(FUNCTION.name, service);
    let (handled, changed, failed) = match Box::pin(run(&job)).await {
        Ok(counts) => counts,
        Err(error) => {
            tracing::error!(error = &error as &dyn Error, "no domain was looked up");
            (0, 0, 1)
        }
    };
    job.end("domains", handled, failed);
    changed
}

/// One run: the numbers of domains that were looked up, whose standing has changed, and that failed.
async fn run(job: &Job<'_>) -> Result<(usize, usize, usize), RunError> {
    let mut checks = claimed(job).await?;
    let now = job.service.now();
    checks.retain(|check| check.value.due.is_none_or(|due| due <= now));
    if checks.is_empty() {
        return Ok((0, 0, 0));
    }
    let active = job.service.load_policies(&job.store).await?;
    let pack = active.bundle.pack();
    let (mut changed, mut failed) = (0, 0);
    // Each run starts elsewhere, so that domains without an answer do not keep the others waiting for ever.
    let start = rand::random_range(0..checks.len());
    checks.rotate_left(start);
    checks.truncate(MOST);
    for some in checks.chunks(AT_ONCE) {
        let looked_up = join_all(some.iter().map(|check| look_up(job, pack, check))).await;
        for (check, outcome) in some.iter().zip(looked_up) {
            match outcome {
                Ok(has_changed) => changed += usize::from(has_changed),
                Err(error) => {
                    failed += 1;
                    let (workspace, error) = (check.value.workspace, &error as &dyn Error);
                    tracing::error!(%workspace, error, "a domain could not be looked up");
                }
            }
        }
    }
    Ok((checks.len(), changed, failed))
}

async fn claimed(job: &Job<'_>) -> Result<Vec<Stored<DomainCheck>>, StoreError> {
    let (mut checks, mut after) = (Vec::new(), None);
    loop {
        let (found, next) = job.store.list(List::domain_checks(PageRequest { limit: PART, after })).await?;
        checks.extend(found);
        after = next;
        if after.is_none() {
            return Ok(checks);
        }
    }
}

/// Looks one domain up. Answers whether its standing has changed.
async fn look_up(job: &Job<'_>, pack: &Pack, check: &Stored<DomainCheck>) -> Result<bool, VerifyError> {
    let DomainCheck { domain, workspace, .. } = &check.value;
    let Some(claim) = job.store.get(DomainClaim::key(*workspace, domain.clone())).await? else {
        // The claim was given up, or its workspace is gone.
        let key = RecordKey::DomainCheck(domain.clone(), *workspace);
        return match job.store.commit(&[Change::Delete(key, check.version)]).await {
            Ok(()) | Err(CommitError::Conflict) => Ok(false),
            Err(error) => Err(error.into()),
        };
    };
    let is_looked_up = domain::is_looked_up(&claim.value, &check.value, job.service.now());
    let texts = if is_looked_up { Some(job.service.dns.texts(dns_record_name(domain)).await) } else { None };
    let result = match texts {
        Some(Ok(texts)) if texts.contains(&claim.value.record_text()) => LookUp::Found,
        Some(Ok(_)) => LookUp::Missing,
        Some(Err(_)) | None => LookUp::Unanswered,
    };
    let changes = domain::looked_up(pack, &claim, check, result, job.service.now());
    let changes_claim = changes.iter().any(|change| matches!(change, Change::Update(_)));
    let source = events::of_function(FUNCTION.name, None, pack.event_terms());
    Ok(write(&job.store, changes, &source, &mut job.service.moment()).await? && changes_claim)
}

/// Writes the changes. Answers whether they were written: if another request was faster, the next run looks
/// the domain up again.
async fn write(
    store: &Store,
    changes: Changes,
    source: &EventSource,
    moment: &mut Moment,
) -> Result<bool, VerifyError> {
    match events::commit(store, changes, NOTHING_READ, source, moment).await {
        Ok(()) => Ok(true),
        Err(CommitError::Conflict) => Ok(false),
        Err(error) => Err(error.into()),
    }
}

/// Changes a claim, if there is one.
async fn change(
    store: &Store,
    workspace: WorkspaceId,
    (domain, now): (&DomainName, Timestamp),
    changes: impl Fn(&Stored<DomainClaim>) -> Changes + Send + Sync,
) -> Result<bool, VerifyError> {
    let source = events::of_operator("verify-domain", EventTerms::default());
    for _ in 0..MAX_ATTEMPTS {
        let Some(claim) = store.get(DomainClaim::key(workspace, domain.clone())).await? else {
            return Ok(false);
        };
        let mut moment = Moment::new(now, rand::random());
        if write(store, changes(&claim), &source, &mut moment).await? {
            return Ok(true);
        }
    }
    Err(CommitError::Conflict.into())
}

/// Verifies one workspace's claim: for a caller who knows by other means that the claim is right.
pub async fn verify_for(
    store: &Store,
    workspace: WorkspaceId,
    domain: &DomainName,
    now: Timestamp,
) -> Result<bool, VerifyError> {
    change(store, workspace, (domain, now), |claim| domain::vouch(claim, now)).await
}

/// Verifies every claim of a domain: on one machine, where nobody claims somebody else's domain.
pub async fn verify_by_hand(
    store: &Store,
    domain: &DomainName,
    now: Timestamp,
) -> Result<usize, VerifyError> {
    change_all(store, (domain, now), |claim| domain::vouch(claim, now)).await
}

/// Lets every claim of a domain depend on its DNS record again, which no domain has on one machine.
pub async fn remove_record_by_hand(
    store: &Store,
    domain: &DomainName,
    now: Timestamp,
) -> Result<usize, VerifyError> {
    change_all(store, (domain, now), |claim| domain::stop_vouching(claim, now)).await
}

/// Changes every claim of a domain that is looked up. Answers how many there are.
async fn change_all(
    store: &Store,
    (domain, now): (&DomainName, Timestamp),
    changes: impl Fn(&Stored<DomainClaim>) -> Changes + Send + Sync,
) -> Result<usize, VerifyError> {
    let (mut count, mut after) = (0, None);
    loop {
        let (checks, next) = store.list(List::domain_checks(PageRequest { limit: PART, after })).await?;
        for check in checks.iter().filter(|check| check.value.domain == *domain) {
            count += usize::from(change(store, check.value.workspace, (domain, now), &changes).await?);
        }
        after = next;
        if after.is_none() {
            return Ok(count);
        }
    }
}
