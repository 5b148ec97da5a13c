//! The handler of billing: brings a workspace and Stripe together, and grants what is paid.

use seatwise_domain::{BilledWorkspace, Stored, Task};
use seatwise_store::Store;

use super::error::TaskError;
use crate::payments;
use crate::service::Service;

/// Synchronises a workspace.
pub(super) async fn run(
    service: &Service,
    store: &Store,
    task: &Stored<Task>,
    billed: &BilledWorkspace,
) -> Result<(), TaskError> {
    Ok(payments::run_task(service, store, task, billed.workspace).await?)
}
