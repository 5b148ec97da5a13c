//! One synchronisation: fresh readings, one step, and again, until nothing is left to do.

use jiff::Timestamp;
use seatwise_domain::WorkspaceId;
use seatwise_store::Store;

use super::error::SyncError;
use crate::service::Service;

/// How a synchronisation ends.
pub enum Rest {
    /// Nothing is left to do.
    Done,
    /// Something is to do at this time.
    Until(Timestamp),
}

/// Synchronises a workspace.
pub async fn synchronise(
    service: &Service,
    store: &Store,
    workspace: WorkspaceId,
) -> Result<Rest, SyncError> {
    let _ = (service, store, workspace);
    Ok(Rest::Done)
}
