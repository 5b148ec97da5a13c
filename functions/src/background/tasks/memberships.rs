//! The handler of deleted accounts: ends the memberships that were too many for the transaction of the
//! deletion. Each step ends some of them, so an interrupted run is continued by the next one.

use std::collections::BTreeSet;

use seatwise_domain::rules::account_deletion::{self, ENDED_AT_ONCE};
use seatwise_domain::rules::log::EventSource;
use seatwise_domain::{
    AddressOwner, Change, Changes, EndedAccount, JoinedWorkspace, RecordKey, Stored, Task, User, WorkspaceId,
};
use seatwise_policy::Bundle;
use seatwise_store::{CommitError, List, Reads, Store};

use super::error::TaskError;
use crate::claim::claim;
use crate::events;
use crate::me::ending::{LoadedMembership, MembershipHandles};
use crate::service::Service;

/// The most steps of a run, which must end before its lease does.
const MAX_STEPS: u32 = 400;

/// The progress of a run.
#[derive(Default)]
struct Progress {
    /// The workspaces whose memberships this run leaves alone.
    left_out: BTreeSet<WorkspaceId>,
    /// Whether one of them needs the person.
    is_needed: bool,
    /// Whether no other membership is left.
    is_done: bool,
}

/// Ends the memberships of a deleted account.
pub(super) async fn run(
    service: &Service,
    store: &Store,
    task: &Stored<Task>,
    account: &EndedAccount,
) -> Result<(), TaskError> {
    let Some(claimed) = claim(store, task, service.now()).await? else { return Ok(()) };
    let active = service.load_policies(store).await?;
    if active.is_floor_only {
        // The floor cannot tell which rights to invite end with a membership.
        return Err(TaskError::FloorOnly);
    }
    let trace = task.value.trace.as_ref();
    let source = events::of_function("end-memberships", trace, active.bundle.pack().event_terms());
    let mut progress = Progress::default();
    for _ in 0..MAX_STEPS {
        step(service, store, (&active.bundle, &source), account, &mut progress).await?;
        if progress.is_done {
            break;
        }
    }
    let is_done = progress.is_done && !progress.is_needed;
    let retry = if is_done { None } else { claimed.value.retried(service.now()) };
    let mut outcome = if is_done { released_address(store, account).await? } else { Changes::new() };
    if retry.is_none() && !is_done {
        // A workspace keeps its last governor (R2). The person finds it when they sign in again.
        let Task { id, trace, .. } = &claimed.value;
        tracing::warn!(task = %id, trace, "a workspace needs the person of a deleted account");
    }
    outcome.push(match retry {
        Some(task) => Change::update(&claimed, task),
        None => Change::Delete(RecordKey::Task(claimed.value.id), claimed.version),
    });
    match store.commit(&outcome).await {
        // Another run has taken over the task, or the person has just come back: the next run sees it.
        Ok(()) | Err(CommitError::Conflict) => Ok(()),
        Err(error) => Err(error.into()),
    }
}

async fn released_address(store: &Store, account: &EndedAccount) -> Result<Changes, TaskError> {
    let Some(address) = &account.address else { return Ok(Changes::new()) };
    let mut reads = Reads::new();
    let (owner, user) = (reads.one(AddressOwner::key(address.clone())), reads.one(User::key(account.user)));
    let loaded = store.read(&reads).await?;
    let has_come_back = loaded.one(user).is_some();
    let owner = loaded.one(owner).filter(|_| !has_come_back);
    Ok(account_deletion::release_address(account, owner.as_ref()))
}

/// Ends some of the memberships.
async fn step(
    service: &Service,
    store: &Store,
    (bundle, source): (&Bundle, &EventSource),
    account: &EndedAccount,
    progress: &mut Progress,
) -> Result<(), TaskError> {
    let (joined, _) = store.list(List::all_joined(account.user)).await?;
    let is_left = |joined: &JoinedWorkspace| {
        joined.at <= account.until && !progress.left_out.contains(&joined.workspace)
    };
    let joined = joined.into_iter().map(|stored| stored.value).filter(is_left);
    let joined: Vec<JoinedWorkspace> = joined.take(ENDED_AT_ONCE).collect();
    let mut reads = Reads::new();
    let mut handles: Vec<_> =
        joined.iter().map(|joined| MembershipHandles::plan(joined, &mut reads)).collect();
    if handles.is_empty() {
        progress.is_done = true;
        return Ok(());
    }
    let mut loaded = store.read(&reads).await?;
    for membership in &mut handles {
        membership.read_heirs(&loaded, &mut reads);
    }
    if reads.exceed(&loaded) {
        store.read_rest(&reads, &mut loaded).await?;
    }
    let mut moment = service.moment();
    let endings: Vec<LoadedMembership<'_>> =
        handles.iter().filter_map(|one| one.load(&loaded, bundle, moment.now)).collect();
    let memberships: Vec<_> = endings.iter().map(LoadedMembership::ending).collect();
    let (changes, needed_in) = account_deletion::end(&memberships, &mut moment);
    let is_empty = changes.is_empty();
    match events::commit(store, changes, &|key| loaded.find(key), source, &mut moment).await {
        // Another request was faster: the next step reads again.
        Err(CommitError::Conflict) => return Ok(()),
        written => written?,
    }
    progress.is_needed |= !needed_in.is_empty();
    progress.left_out.extend(needed_in.iter().map(|needed| needed.workspace));
    if is_empty {
        // The others are being deleted with their workspaces.
        progress.left_out.extend(joined.iter().map(|joined| joined.workspace));
    }
    Ok(())
}
