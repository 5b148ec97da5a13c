//! A workspace's plan: changed by the operator of the product, not through the API.

use jiff::Timestamp;
use seatwise_domain::rules::log::EventSource;
use seatwise_domain::rules::{seat, workspace};
use seatwise_domain::{Moment, Pack, Refusal, Tally, Workspace, WorkspaceId};
use seatwise_store::{CommitError, List, Reads, Store, StoreError};

use crate::billing::buying::sync_request;
use crate::events;

/// The most attempts of a step. Another follows if somebody else was quicker.
const MAX_ATTEMPTS: u32 = 20;

/// The reason why a workspace is not on that plan.
#[derive(Debug, thiserror::Error)]
pub enum PlanError {
    /// There is no such workspace.
    #[error("there is no such workspace")]
    NoWorkspace,
    /// The pack has no such plan.
    #[error("the product has no such plan")]
    NoPlan,
    /// More seats are taken than the plan has.
    #[error("more seats are taken than the plan has")]
    SeatsTaken,
    /// The workspace has more members than the plan allows.
    #[error("the workspace has more members than the plan allows")]
    TooManyMembers,
    /// The state could not be read.
    #[error(transparent)]
    Load(#[from] StoreError),
    /// The state could not be written.
    #[error(transparent)]
    Commit(#[from] CommitError),
}

/// Puts a workspace on a plan, with the seats that come with it. If seats are then missing and the pack
/// says so, the members who took a seat last are suspended. A second call finishes an interrupted one.
///
/// `now` is the time at which a workspace that is paid online becomes due for a synchronisation.
pub async fn set(
    store: &Store,
    pack: &Pack,
    id: WorkspaceId,
    plan: &str,
    now: Timestamp,
) -> Result<(), PlanError> {
    let source = events::of_operator("set-plan", pack.event_terms());
    let mut attempts = 1..MAX_ATTEMPTS;
    while !change(store, pack, id, plan, (&source, now)).await? {
        attempts.next().ok_or(CommitError::Conflict)?;
    }
    settle_all(store, id, (&source, now)).await
}

/// Suspends the members who took a seat last while there are too few seats, and gives them seats again when there
/// are enough.
pub(crate) async fn settle_all(
    store: &Store,
    id: WorkspaceId,
    by: (&EventSource, Timestamp),
) -> Result<(), PlanError> {
    let mut attempts = 1..MAX_ATTEMPTS;
    loop {
        match settle(store, id, by).await? {
            Step::Done => return Ok(()),
            Step::Taken => attempts = 1..MAX_ATTEMPTS,
            Step::Overtaken => {
                attempts.next().ok_or(CommitError::Conflict)?;
            }
        }
    }
}

/// The outcome of a step.
enum Step {
    Done,
    Taken,
    Overtaken,
}

/// Whether the change was written. If not, somebody else was quicker.
async fn change(
    store: &Store,
    pack: &Pack,
    id: WorkspaceId,
    plan: &str,
    (source, now): (&EventSource, Timestamp),
) -> Result<bool, PlanError> {
    let mut reads = Reads::new();
    let (workspace, tally) = (reads.one(Workspace::key(id)), reads.one(Tally::key(id)));
    let loaded = store.read(&reads).await?;
    let stored = loaded.one(workspace).ok_or(PlanError::NoWorkspace)?;
    let tally = loaded.one(tally).ok_or(PlanError::NoWorkspace)?.value;
    let (_, mut changes) =
        workspace::change_plan(pack, &stored, &tally, plan).map_err(|refusal| match refusal {
            Refusal::SeatsTaken => PlanError::SeatsTaken,
            Refusal::MemberLimitReached => PlanError::TooManyMembers,
            _ => PlanError::NoPlan,
        })?;
    changes.extend(sync_request(pack, id, now));
    let mut moment = Moment::new(now, rand::random());
    match events::commit(store, changes, &|key| loaded.find(key), source, &mut moment).await {
        Ok(()) => Ok(true),
        Err(CommitError::Conflict) => Ok(false),
        Err(error) => Err(error.into()),
    }
}

async fn settle(
    store: &Store,
    id: WorkspaceId,
    (source, now): (&EventSource, Timestamp),
) -> Result<Step, PlanError> {
    let mut reads = Reads::new();
    let (tally, members) = (reads.one(Tally::key(id)), reads.many(List::members(id)));
    let loaded = store.read(&reads).await?;
    let Some(tally) = loaded.one(tally) else { return Ok(Step::Done) };
    let changes = seat::settle(id, &tally.value, &loaded.many(members));
    let Some(changes) = changes else { return Ok(Step::Done) };
    let mut moment = Moment::new(now, rand::random());
    match events::commit(store, changes, &|key| loaded.find(key), source, &mut moment).await {
        Ok(()) => Ok(Step::Taken),
        Err(CommitError::Conflict) => Ok(Step::Overtaken),
        Err(error) => Err(error.into()),
    }
}
