//! A workspace, as the policies see it.

use seatwise_domain::Workspace;
use seatwise_policy::WorkspaceFacts;

/// The facts of a workspace.
pub fn workspace_facts(workspace: &Workspace) -> WorkspaceFacts {
    WorkspaceFacts { id: workspace.id, creator: workspace.creator, plan: workspace.plan.clone() }
}
