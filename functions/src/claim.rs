//! The claim of a task of the outbox. The write is conditional and comes before the work, so that of several runs
//! one does the work. A run that dies leaves a lease, which ends: then another run does the work.

use jiff::Timestamp;
use seatwise_domain::{Change, Stored, Task, Version};
use seatwise_store::{CommitError, Store};

/// Claims a task; `None` if another run was faster.
pub async fn claim(
    store: &Store,
    task: &Stored<Task>,
    now: Timestamp,
) -> Result<Option<Stored<Task>>, CommitError> {
    let claimed = task.value.claimed(now);
    match store.commit(&[Change::update(task, claimed.clone())]).await {
        Ok(()) => Ok(Some(Stored { value: claimed, version: Version(task.version.0 + 1) })),
        Err(CommitError::Conflict) => Ok(None),
        Err(error) => Err(error),
    }
}
