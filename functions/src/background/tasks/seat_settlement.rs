//! The handler of settlements: suspends the members who took a seat last while a plan has fewer seats than are
//! taken, and gives them seats again when there are enough (R7).

use seatwise_domain::{Change, RecordKey, SeatSettlement, Stored, Task};
use seatwise_store::{CommitError, Store};

use super::error::TaskError;
use crate::claim::claim;
use crate::events;
use crate::plan;
use crate::service::Service;

/// Settles the seats of a workspace.
pub(super) async fn run(
    service: &Service,
    store: &Store,
    task: &Stored<Task>,
    settled: &SeatSettlement,
) -> Result<(), TaskError> {
    let Some(claimed) = claim(store, task, service.now()).await? else { return Ok(()) };
    let trace = task.value.trace.as_ref();
    let source = events::of_function("settle-seats", trace, service.event_terms());
    plan::settle_all(store, settled.workspace, (&source, service.now())).await?;
    match store.commit(&[Change::Delete(RecordKey::Task(task.value.id), claimed.version)]).await {
        // After a conflict another run has taken over the task.
        Ok(()) | Err(CommitError::Conflict) => Ok(()),
        Err(error) => Err(error.into()),
    }
}
