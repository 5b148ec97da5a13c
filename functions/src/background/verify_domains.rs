//! `verify-domains`: on a schedule. Looks up claimed domains. A domain whose records prove the claim
//! brings people in from then on (R10).

use std::sync::Arc;

use futures::FutureExt as _;
use futures::future::join_all;
use jiff::Timestamp;
use seatwise_domain::rules::domain;
use seatwise_domain::{
    Change, DomainCheck, DomainClaim, DomainName, RecordKey, WorkspaceId, dns_record_name,
};
use seatwise_store::{CommitError, List, PageRequest, Store, StoreError};

use crate::background::function::{BackgroundFunction, Trigger};
use crate::background::job::Job;
use crate::service::Service;

pub(super) const FUNCTION: BackgroundFunction = BackgroundFunction {
    name: "verify-domains",
    trigger: Trigger::Schedule { rate_minutes: 5 },
    memory_mib: 256,
    // Most of a run is waiting for other people's name servers, some of which do not answer.
    timeout_seconds: 285,
    why: "nobody waits for it, but it waits for name servers; done before the next run",
    description: "Looks up the DNS records of claimed domains.",
    needs_policies: false,
    needs_links: false,
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

/// The reason why a domain is not verified, although it may belong to the workspace.
#[derive(Debug, thiserror::Error)]
pub enum VerifyError {
    /// The claim could not be read.
    #[error("the claim could not be read")]
    Load(#[from] StoreError),
    /// The claim could not be written.
    #[error("the claim could not be written")]
    Commit(#[from] CommitError),
}

/// Looks claimed domains up. Answers how many are verified now.
pub async fn verify_domains(service: &Arc<Service>) -> usize {
    let job = Job::begin(FUNCTION.name, service);
    let (mut verified, mut failed) = (0, 0);
    let mut checks = claimed(&job).await.unwrap_or_else(|error| {
        tracing::error!(error = &error as &dyn std::error::Error, "claimed domains could not be read");
        failed += 1;
        Vec::new()
    });
    // Each run starts elsewhere, so that domains without an answer do not keep the others waiting for ever.
    let start = rand::random_range(0..checks.len().max(1));
    checks.rotate_left(start);
    checks.truncate(MOST);
    for some in checks.chunks(AT_ONCE) {
        let looked_up = join_all(some.iter().map(|check| look_up(&job, check))).await;
        for (check, outcome) in some.iter().zip(looked_up) {
            match outcome {
                Ok(is_theirs) => verified += usize::from(is_theirs),
                Err(error) => {
                    failed += 1;
                    let (workspace, error) = (check.workspace, &error as &dyn std::error::Error);
                    tracing::error!(%workspace, error, "a domain could not be verified");
                }
            }
        }
    }
    job.end("domains", checks.len(), failed);
    verified
}

async fn claimed(job: &Job<'_>) -> Result<Vec<DomainCheck>, StoreError> {
    let (mut checks, mut after) = (Vec::new(), None);
    loop {
        let (found, next) = job.store.list(List::domain_checks(PageRequest { limit: PART, after })).await?;
        checks.extend(found.into_iter().map(|stored| stored.value));
        after = next;
        if after.is_none() {
            return Ok(checks);
        }
    }
}

async fn look_up(job: &Job<'_>, check: &DomainCheck) -> Result<bool, VerifyError> {
    let DomainCheck { domain, workspace, until } = check;
    if *until <= job.service.now() {
        let key = RecordKey::DomainCheck(domain.clone(), *workspace);
        job.store.commit(&[Change::DeleteUnconditionally(key)]).await?;
        return Ok(false);
    }
    // An unreachable server counts as no record: a later run looks again.
    let texts = job.service.dns.texts(dns_record_name(domain)).await.unwrap_or_default();
    if texts.is_empty() {
        return Ok(false);
    }
    let is_shown = |claim: &DomainClaim| texts.contains(&claim.record_text());
    verify(&job.store, *workspace, domain, is_shown, job.service.now()).await
}

/// Verifies a claim, if there is one and `is_shown` confirms it.
async fn verify(
    store: &Store,
    workspace: WorkspaceId,
    domain: &DomainName,
    is_shown: impl Fn(&DomainClaim) -> bool + Send + Sync,
    now: Timestamp,
) -> Result<bool, VerifyError> {
    for _ in 0..MAX_ATTEMPTS {
        let Some(claim) = store.get(DomainClaim::key(workspace, domain.clone())).await? else {
            // The claim was given up, or its workspace is gone.
            let check = RecordKey::DomainCheck(domain.clone(), workspace);
            store.commit(&[Change::DeleteUnconditionally(check)]).await?;
            return Ok(false);
        };
        if !is_shown(&claim.value) {
            return Ok(false);
        }
        match store.commit(&domain::verify(&claim, now)).await {
            Ok(()) => return Ok(true),
            Err(CommitError::Conflict) => {}
            Err(error) => return Err(error.into()),
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
    verify(store, workspace, domain, |_| true, now).await
}

/// Verifies every claim of a domain: on one machine, where nobody claims somebody else's domain.
pub async fn verify_by_hand(
    store: &Store,
    domain: &DomainName,
    now: Timestamp,
) -> Result<usize, VerifyError> {
    let mut verified = 0;
    let mut after = None;
    loop {
        let (checks, next) = store.list(List::domain_checks(PageRequest { limit: PART, after })).await?;
        for check in checks.iter().filter(|check| check.value.domain == *domain) {
            let workspace = check.value.workspace;
            verified += usize::from(verify(store, workspace, domain, |_| true, now).await?);
        }
        after = next;
        if after.is_none() {
            return Ok(verified);
        }
    }
}
