//! The most members that a plan and its extras allow (L3).

use crate::change::Change;
use crate::count_change::Delta;
use crate::model::Workspace;
use crate::pack::Pack;
use crate::record::{RecordKey, Stored};

/// The most members of the workspace; `None`: any number.
pub fn member_limit(pack: &Pack, workspace: &Workspace) -> Option<u32> {
    pack.most_members(&workspace.plan, &workspace.extras)
}

/// One more member, within the limit.
pub(crate) fn members_within(limit: Option<u32>) -> Delta {
    Delta { max: limit.map(i64::from), ..Delta::by(1) }
}

/// Requires that the plan and the extras are still the ones that were read, where the limit of members depends on
/// them.
pub(crate) fn limit_as_read(pack: &Pack, stored: &Stored<Workspace>) -> Option<Change> {
    let depends = pack.plans.iter().any(|plan| plan.members().is_some());
    depends.then_some(Change::RequireVersion(RecordKey::Workspace(stored.value.id), stored.version))
}
