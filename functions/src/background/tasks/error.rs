//! The error of a task.

use seatwise_store::{CommitError, StoreError};

use crate::policies::PolicyError;

/// The reason why a task could not be handled. The task stays in the outbox.
#[derive(Debug, thiserror::Error)]
pub(super) enum TaskError {
    #[error("the task could not be read")]
    Load(#[from] StoreError),
    #[error("there are no policies to decide by")]
    Policies(#[from] PolicyError),
    #[error("the outcome could not be written")]
    Commit(#[from] CommitError),
    #[error("the billing could not be synchronised")]
    Billing(#[from] crate::payments::SyncError),
    #[error("the seats of a plan could not be settled")]
    Settlement(#[from] crate::plan::PlanError),
    #[error("only the recovery floor of the policies could be loaded")]
    FloorOnly,
}
