//! The quota of invitations by email: read, and told.

use jiff::Timestamp;
use seatwise_domain::pack::Pack;
use seatwise_domain::rules::quota::{self};
use seatwise_domain::{Quota, QuotaWindow};
use seatwise_domain::{QuotaUse, Refusal, WorkspaceId};
use seatwise_store::{One, Reads};

use crate::operation::{Operation, State};
use crate::problem::{Problem, QuotaState};
use crate::scope::WorkspaceScope;

/// Reads how much of a workspace's quota is used. Which window counts depends on the workspace's plan,
/// which is not known yet; there are two windows at most.
pub struct QuotaReads(Vec<(QuotaWindow, One<QuotaUse>)>);

impl QuotaReads {
    /// Reads every window that may count at this time.
    pub fn plan(pack: &Pack, workspace: WorkspaceId, now: Timestamp, reads: &mut Reads) -> Self {
        let windows = quota::windows(pack, now).into_iter();
        let read = |window: QuotaWindow| {
            let handle = reads.one(quota::key(workspace, &window));
            (window, handle)
        };
        Self(windows.map(read).collect())
    }

    /// The workspace's quota; `None` where invitations are not limited.
    pub fn load<O: Operation<Scope: WorkspaceScope>>(&self, state: &State<'_, O>) -> Option<Quota> {
        // Of a day that began after the reading, nothing is used yet.
        let used = |window: &QuotaWindow| {
            let handle = self.0.iter().find(|(read, _)| read.name == window.name).map(|(_, handle)| *handle);
            handle.and_then(|handle| state.one(handle)).map_or(0, |used| used.value.used)
        };
        quota::quota(state.pack, &state.scope.stored().value, used, state.now)
    }
}

/// The problem of a refusal. Where the quota is used up, with the state of the quota.
pub fn refused(refusal: Refusal, quota: Option<&Quota>, now: Timestamp) -> Problem {
    let quota =
        quota.filter(|_| refusal == Refusal::QuotaExceeded).map(|quota| Box::new(quota_state(quota, now)));
    Problem { quota, ..refusal.into() }
}

/// The state of a quota, for headers.
fn quota_state(quota: &Quota, now: Timestamp) -> QuotaState {
    let resets_in = quota.window.ends.map(|end| end.as_second() - now.as_second());
    QuotaState { limit: quota.limit(), remaining: quota.remaining(), resets_in }
}
