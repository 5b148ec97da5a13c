//! Invitations, links and domains: the ways into a workspace.

pub mod create_link;
pub mod decline_invitation;
pub mod get_invitation_quota;
pub mod invite;
pub mod join;
pub mod link_domain;
pub mod list_domains;
pub mod list_invitations;
pub mod list_links;
pub mod preview_invitation;
pub mod resend_invitation;
pub mod revoke_invitation;
pub mod revoke_link;
pub mod unlink_domain;

use jiff::Timestamp;
use seatwise_domain::rules::quota;
use seatwise_domain::{Pack, Quota, QuotaUse, QuotaWindow, RecordKey, Refusal, WorkspaceId};
use seatwise_store::Load;

use crate::operation::State;
use crate::problem::{Code, Problem, QuotaState};

/// Reads what was used of a quota. Which window counts is only known with the workspace's plan, and
/// there are two at most.
fn load_quota(pack: &Pack, workspace: WorkspaceId, load: Load, now: Timestamp) -> Load {
    let windows = quota::windows(pack, now).into_iter();
    windows.fold(load, |load, window| load.record(RecordKey::QuotaUse(workspace, window.name)))
}

/// The workspace's quota; none where invitations are not limited.
fn quota_of(state: &State<'_>) -> Result<Option<Quota>, Refusal> {
    let workspace = &state.workspace()?.value;
    let used = |window: &QuotaWindow| {
        let key = RecordKey::QuotaUse(workspace.id, window.name.clone());
        // A day that began while this was read is one that nothing was used of.
        state
            .loaded()
            .asked(&key)
            .then(|| state.get::<QuotaUse>(&key))
            .flatten()
            .map_or(0, |used| used.value.used)
    };
    Ok(quota::quota(state.pack, workspace, used, state.now))
}

/// How a quota stands, for headers.
fn quota_state(quota: &Quota, now: Timestamp) -> QuotaState {
    let resets_in = quota.window.ends.map(|end| end.as_second() - now.as_second());
    QuotaState { limit: quota.limit(), remaining: quota.remaining(), resets_in }
}

/// A refusal, with how the quota stands where that is why.
fn refused(refusal: Refusal, quota: Option<&Quota>, now: Timestamp) -> Problem {
    let quota = quota.filter(|_| refusal == Refusal::QuotaExceeded).map(|quota| quota_state(quota, now));
    Problem { quota, ..Code::from(refusal).into() }
}
