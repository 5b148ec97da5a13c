//! The most members that a plan and its extras allow (L3).

use crate::change::{Change, Delta};
use crate::model::{Extras, Workspace};
use crate::pack::{Limited, Pack, Plan};
use crate::record::{RecordKey, Stored};

/// The most members of the workspace; `None`: any number.
pub fn member_limit(pack: &Pack, workspace: &Workspace) -> Option<u32> {
    pack.plan(&workspace.plan).map_or(pack.members.max, |plan| member_limit_of(pack, plan, &workspace.extras))
}

/// The most members on this plan with these extras.
pub(super) fn member_limit_of(pack: &Pack, plan: &Plan, extras: &Extras) -> Option<u32> {
    let allowed = plan.members().map(|allowance| {
        allowance.included.saturating_add(extras.get(&allowance.id).copied().unwrap_or_default())
    });
    [allowed, pack.members.max].into_iter().flatten().min()
}

/// One more member, within the limit.
pub(crate) fn members_within(limit: Option<u32>) -> Delta {
    Delta { max: limit.map(i64::from), ..Delta::by(1) }
}

/// Requires that the plan and the extras are still the ones that were read, where the limit of members depends on
/// them.
pub(crate) fn limit_as_read(pack: &Pack, stored: &Stored<Workspace>) -> Option<Change> {
    let depends = pack
        .plans
        .iter()
        .flat_map(|plan| &plan.allowances)
        .any(|allowance| allowance.limits == Some(Limited::Members));
    depends.then(|| Change::RequireVersion(RecordKey::Workspace(stored.value.id), stored.version))
}
