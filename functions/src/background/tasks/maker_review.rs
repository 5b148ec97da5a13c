//! The handler of reviews: ends the invitations and links that a member made and could no longer make,
//! because they lost a role or are no longer a member (K47).
//!
//! A run that ends early is continued by the next one: what is ended already needs no change.

use seatwise_domain::rules::log::EventSource;
use seatwise_domain::rules::maker::{self, MakerRules};
use seatwise_domain::{
    Change, Changes, Invitation, MakerReview, PolicyPointer, RecordKey, RoleLink, Stored, Task, Workspace,
};
use seatwise_store::{CommitError, List, PageRequest, Reads, Store};

use super::error::TaskError;
use crate::claim::claim;
use crate::events::{self, NOTHING_READ};
use crate::maker_rights::PolicyRights;
use crate::policies::pointer_key;
use crate::service::Service;

/// The number of invitations of one page.
const PAGE: u32 = 100;

/// The most repetitions of a run that finds records changed since it read them.
const MAX_REPETITIONS: u32 = 10;

/// The most records of one transaction, which holds 100 actions (AWS limit). An invitation takes three: its
/// own, its seat and the slot of its address.
const WRITTEN_AT_ONCE: usize = 30;

/// Reviews what a member made.
pub(super) async fn run(
    service: &Service,
    store: &Store,
    task: &Stored<Task>,
    review: &MakerReview,
) -> Result<(), TaskError> {
    let Some(claimed) = claim(store, task, service.now()).await? else { return Ok(()) };
    let mut repetitions = 0;
    let written = loop {
        match carry_out(service, store, review, task.value.trace.as_ref()).await {
            // Another request has changed a record since it was read, such as the run of its mail.
            Err(TaskError::Commit(CommitError::Conflict)) if repetitions < MAX_REPETITIONS => {
                repetitions += 1;
            }
            outcome => break outcome?,
        }
    };
    match store.commit(&[Change::Delete(RecordKey::Task(task.value.id), claimed.version)]).await {
        // After a conflict another run has taken over the task.
        Ok(()) | Err(CommitError::Conflict) => {}
        Err(error) => return Err(error.into()),
    }
    let (trace, workspace) = (&task.value.trace, review.workspace);
    tracing::info!(task = %task.value.id, trace, %workspace, written, "review of a maker");
    Ok(())
}

/// Carries out the review; answers the number of invitations and links that it has written.
async fn carry_out(
    service: &Service,
    store: &Store,
    review: &MakerReview,
    trace: Option<&String>,
) -> Result<usize, TaskError> {
    let mut reads = Reads::new();
    let pointer = reads.one(pointer_key(review.workspace.0.as_bytes()));
    let workspace = reads.one(Workspace::key(review.workspace));
    let links = reads.many(List::links(review.workspace));
    let loaded = store.read(&reads).await?;
    // A workspace that is gone takes everything with it.
    let Some(workspace) = loaded.one(workspace) else { return Ok(0) };
    let copy: Option<PolicyPointer> = loaded.one(pointer).map(|stored| stored.value);
    let active = service.policies.follow(store, copy, service.now()).await?;
    if active.is_floor_only {
        // The floor permits too little: it would end what the policies permit.
        return Err(TaskError::FloorOnly);
    }
    let rights = PolicyRights::of_workspace(&active.bundle, &workspace.value, service.now());
    let source = events::of_function("review-maker", trace, active.bundle.pack().event_terms());
    let log = EventCommit { service, store, source: &source };
    let mut written = log.write(links_to_write(rights.rules(), review, &loaded.many(links))).await?;
    let mut after = None;
    loop {
        let page = PageRequest { limit: PAGE, after };
        let (invitations, next) = store.list(List::invitations(review.workspace, page)).await?;
        let changes = invitations_to_write(rights.rules(), review, &invitations, service);
        written += log.write(changes).await?;
        after = next;
        if after.is_none() {
            return Ok(written);
        }
    }
}

fn links_to_write(rules: MakerRules<'_>, review: &MakerReview, links: &[Stored<RoleLink>]) -> Vec<Changes> {
    let changes = links.iter().map(|link| maker::review_link(rules, review, link));
    changes.filter(|changes| !changes.is_empty()).collect()
}

fn invitations_to_write(
    rules: MakerRules<'_>,
    review: &MakerReview,
    invitations: &[Stored<Invitation>],
    service: &Service,
) -> Vec<Changes> {
    let now = service.now();
    let changes = invitations.iter().map(|stored| maker::review_invitation(rules, review, stored, now));
    changes.filter(|changes| !changes.is_empty()).collect()
}

/// Commits changes with their events.
struct EventCommit<'a> {
    service: &'a Service,
    store: &'a Store,
    source: &'a EventSource,
}

impl EventCommit<'_> {
    /// Writes the changes of several records, many in one transaction. After a conflict, each record has a
    /// transaction of its own, so that one that keeps changing does not hold up the others.
    async fn write(&self, changes: Vec<Changes>) -> Result<usize, TaskError> {
        for chunk in changes.chunks(WRITTEN_AT_ONCE) {
            match self.commit(chunk.concat()).await {
                Ok(()) => {}
                Err(CommitError::Conflict) if chunk.len() > 1 => {
                    let mut conflict = Ok(());
                    for changes in chunk {
                        match self.commit(changes.clone()).await {
                            Err(CommitError::Conflict) => conflict = Err(CommitError::Conflict),
                            written => written?,
                        }
                    }
                    conflict?;
                }
                Err(error) => return Err(error.into()),
            }
        }
        Ok(changes.len())
    }

    async fn commit(&self, changes: Changes) -> Result<(), CommitError> {
        let Self { service, store, source } = self;
        events::commit(store, changes, NOTHING_READ, source, &mut service.moment()).await
    }
}
