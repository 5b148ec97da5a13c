//! Resources of a workspace: unique by kind and external id, and within the limit of their kind (L3–L5).

use crate::change::{Change, Changes};
use crate::count_change::Delta;
use crate::model::{ExternalId, ResourceCount, ResourceLabel, UserId, Workspace, WorkspaceResource};
use crate::moment::Moment;
use crate::pack::{KindId, Pack};
use crate::record::{Record, RecordKey, Stored};
use crate::refusal::Refusal;

/// A resource to add.
#[derive(Clone, Debug)]
pub struct NewResource {
    /// The kind.
    pub kind: KindId,
    /// The name in its own system.
    pub external_id: ExternalId,
    /// The account.
    pub account: Option<ExternalId>,
    /// The name that people read.
    pub label: Option<ResourceLabel>,
}

/// Adds a resource. The key keeps it unique, and the count keeps the limit. Where the limit depends on the plan, the
/// plan and the extras must still be those that were read.
pub fn add(
    pack: &Pack,
    workspace: &Stored<Workspace>,
    existing: Option<&Stored<WorkspaceResource>>,
    count: Option<&ResourceCount>,
    new: NewResource,
    by: UserId,
    moment: &Moment,
) -> Result<(WorkspaceResource, Changes), Refusal> {
    let Workspace { id, plan, extras, .. } = &workspace.value;
    let rule = pack.resource_rule(&new.kind).ok_or(Refusal::KindUnknown)?;
    if existing.is_some() {
        return Err(Refusal::ResourceExists);
    }
    let limit = pack.resource_limit(rule, plan, extras).most;
    let used = count.map_or(0, |count| count.used);
    if limit.is_some_and(|limit| used >= i64::from(limit)) {
        return Err(Refusal::ResourceLimitReached);
    }
    let resource = WorkspaceResource {
        workspace: *id,
        id: WorkspaceResource::id_of(&new.kind, &new.external_id, new.account.as_ref()),
        kind: new.kind,
        external_id: new.external_id,
        account: new.account,
        label: new.label,
        added_by: by,
        added_at: moment.now,
    };
    let by = Delta { max: limit.map(i64::from), ..Delta::by(1) };
    let mut changes = vec![
        Change::Create(Record::WorkspaceResource(resource.clone())),
        Change::AdjustResourceCount { workspace: *id, kind: resource.kind.clone(), by },
    ];
    if rule.allowance.is_some() {
        changes.push(Change::RequireVersion(RecordKey::Workspace(*id), workspace.version));
    }
    Ok((resource, changes))
}

/// Removes a resource, also of a kind that the pack no longer has.
pub fn remove(stored: &Stored<WorkspaceResource>) -> Changes {
    let WorkspaceResource { workspace, id, kind, .. } = &stored.value;
    vec![
        Change::Delete(RecordKey::WorkspaceResource(*workspace, *id), stored.version),
        Change::AdjustResourceCount {
            workspace: *workspace,
            kind: kind.clone(),
            by: Delta::by(-1).keeping(0),
        },
    ]
}

/// Whether the account may be named: only for a resource that is made for several accounts (L5).
pub fn takes_account(pack: &Pack, kind: &KindId, external_id: &ExternalId) -> bool {
    let rule = pack.resource_rule(kind);
    rule.is_some_and(|rule| rule.several_accounts.iter().any(|several| several == external_id.as_str()))
}
