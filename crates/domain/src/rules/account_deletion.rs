//! Deleting the own account: the account is deleted at once, and every membership ends with it.

use super::address;
use super::member::{self, MembershipContext};
use crate::change::{Change, Changes};
use crate::count_change::Delta;
use crate::model::{
    AddressOwner, EndedAccount, Member, Task, TaskId, TaskKind, User, UserId, Workspace, WorkspaceId,
    WorkspaceName,
};
use crate::moment::Moment;
use crate::record::{Record, RecordKey, Stored};
use crate::refusal::Refusal;

/// The most memberships that end in one transaction: a transaction holds 100 actions (AWS limit), and a
/// membership takes up to twelve, its event included.
pub const ENDED_AT_ONCE: usize = 7;

/// A membership that ends with its account.
#[derive(Clone, Copy, Debug)]
pub struct EndingMembership<'a> {
    /// The facts on which the way out depends.
    pub context: MembershipContext<'a>,
    /// The membership.
    pub member: &'a Stored<Member>,
}

/// A workspace that the person must hand over, or delete, before they delete their account.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NeededIn {
    /// The workspace.
    pub workspace: WorkspaceId,
    /// The name of the workspace.
    pub name: WorkspaceName,
    /// The reason.
    pub refusal: Refusal,
}

/// The records that exist only for an account, beside the owners of its addresses. Every deletion of an account
/// deletes them.
pub fn records_of(account: &User) -> Changes {
    // Whatever its version: a person who keeps changing their account must not hold up a removal (K54).
    vec![Change::DeleteUnconditionally(RecordKey::User(account.id))]
}

/// Deletes an account. The memberships end as by leaving, also where the product lets nobody leave: a
/// person may always delete their account, unless a workspace needs them. Up to [`ENDED_AT_ONCE`] of them
/// end in the same transaction. More are left to a task, which also frees the address: until then, no other
/// sign-in with the address makes a second person of it.
///
/// `owners` are the owners of the person's addresses. `joined` is the number of workspaces that were read on the
/// person's side. It includes deleted workspaces whose memberships a job still removes.
pub fn delete(
    user: UserId,
    account: Option<&User>,
    owners: &[Stored<AddressOwner>],
    memberships: &[EndingMembership<'_>],
    joined: usize,
    moment: &mut Moment,
) -> Result<Changes, Vec<NeededIn>> {
    let (ended, needed_in) = end(memberships, moment);
    if !needed_in.is_empty() {
        return Err(needed_in);
    }
    if account.is_none() && memberships.is_empty() {
        return Ok(Changes::new());
    }
    let mut changes = account.map(records_of).unwrap_or_default();
    // Nobody joins a workspace meanwhile: the membership would outlive the account.
    let mut left = joined;
    // The heirs of more workspaces were not read.
    if joined <= ENDED_AT_ONCE {
        left = left.saturating_sub(memberships.len());
        changes.extend(address::release_all(user, owners));
        changes.extend(ended);
    } else {
        let mut own = owners.iter().filter(|owner| owner.value.user == user);
        let address = own.next().map(|owner| owner.value.email.clone());
        changes.extend(own.filter_map(|owner| address::release(user, Some(owner))));
        let kind = TaskKind::EndMemberships(EndedAccount { user, address, until: moment.now });
        let task = Task::new(TaskId(moment.fresh_id()), kind, moment.now);
        changes.push(Change::Create(Record::Task(task)));
    }
    let left = i64::try_from(left).unwrap_or(i64::MAX);
    changes.push(Change::AdjustWorkspaceCount { user, workspaces: Delta::by(0).up_to(left) });
    Ok(changes)
}

/// Frees the address of a deleted account whose memberships have ended, unless the person has come back.
pub fn release_address(account: &EndedAccount, owner: Option<&Stored<AddressOwner>>) -> Changes {
    let release = address::release(account.user, owner);
    let is_gone = release.is_some().then_some(Change::RequireAbsent(RecordKey::User(account.user)));
    release.into_iter().chain(is_gone).collect()
}

/// Ends memberships: at most [`ENDED_AT_ONCE`] in one transaction. In workspaces that need the person, the
/// membership stays.
pub fn end(memberships: &[EndingMembership<'_>], moment: &mut Moment) -> (Changes, Vec<NeededIn>) {
    let (mut changes, mut needed_in) = (Changes::new(), Vec::new());
    for EndingMembership { context, member } in memberships {
        let Workspace { id, name, .. } = context.workspace;
        match member::depart(*context, member, moment) {
            Ok(ended) => changes.extend(ended),
            Err(refusal) => needed_in.push(NeededIn { workspace: *id, name: name.clone(), refusal }),
        }
    }
    (changes, needed_in)
}
