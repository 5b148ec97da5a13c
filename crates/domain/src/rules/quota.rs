//! Quotas: how many addresses a plan lets a workspace invite (R11). Links and domains do not count.

use jiff::Timestamp;

use crate::change::Change;
use crate::model::{Quota, QuotaName, QuotaSubject, QuotaUse, QuotaWindow, Workspace, WorkspaceId};
use crate::pack::Pack;
use crate::record::Key;

/// Uses some of the quota. The limit is a condition of the write, so it also holds against concurrent
/// requests.
pub fn spend(quota: &Quota, workspace: WorkspaceId, by: u32) -> Change {
    Change::UseQuota {
        workspace,
        quota: quota.name,
        subject: QuotaSubject::Workspace,
        window: quota.window.clone(),
        by,
        limit: quota.limit(),
    }
}

/// Every window that could count now: which one does is only known with the workspace's plan.
pub fn windows(pack: &Pack, now: Timestamp) -> Vec<QuotaWindow> {
    let rules = pack.plans.iter().filter_map(|plan| plan.email_invitations);
    let mut windows: Vec<QuotaWindow> = Vec::new();
    for window in rules.map(|rule| QuotaWindow::at(rule.per, now)) {
        if !windows.contains(&window) {
            windows.push(window);
        }
    }
    windows
}

/// The quota of the workspace in the window that counts now; none where invitations are not limited.
/// `used` is the use of a window.
pub fn quota(
    pack: &Pack,
    workspace: &Workspace,
    used: impl FnOnce(&QuotaWindow) -> u32,
    now: Timestamp,
) -> Option<Quota> {
    let rule = pack.plan(&workspace.plan)?.email_invitations?;
    let window = QuotaWindow::at(rule.per, now);
    let used = used(&window);
    Some(Quota { name: QuotaName::EmailInvitations, rule, window, used })
}

/// The key of the workspace's use of the quota in a window.
pub fn key(workspace: WorkspaceId, window: &QuotaWindow) -> Key<QuotaUse> {
    let (quota, subject) = (QuotaName::EmailInvitations, QuotaSubject::Workspace);
    QuotaUse::key(workspace, quota, subject, window.name.clone())
}
