//! The workspace of the path as a target.

use seatwise_domain::WorkspaceId;
use seatwise_policy::Resource;
use seatwise_store::Reads;

use crate::scope::FactSource;
use crate::target::{Resolved, Target};

/// An operation that acts on the workspace of the path. Its scope has read it.
pub struct ThisWorkspace;

impl Target for ThisWorkspace {
    type Place = WorkspaceId;
    type Id = ();
    type Handles = ();

    fn plan((): &(), _: WorkspaceId, _: &mut Reads) {}

    fn resolve((): &(), _: WorkspaceId, (): &(), _: &FactSource<'_>) -> Option<Resolved<Self>> {
        Some(Resolved::here(Some(Self), Resource::Workspace))
    }
}
