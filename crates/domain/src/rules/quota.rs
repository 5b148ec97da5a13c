//! Quotas: how many addresses a plan lets a workspace invite (R11). Links and domains do not count.

use jiff::Timestamp;

use crate::change::Change;
use crate::model::{Quota, QuotaName, QuotaSubject, QuotaUse, QuotaWindow, Workspace, WorkspaceId};
use crate::pack::{Pack, QuotaRule};
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

/// The window that counts now for a workspace on that plan; none where invitations are not limited.
pub fn window(pack: &Pack, workspace: &Workspace, now: Timestamp) -> Option<QuotaWindow> {
    rule(pack, workspace).map(|rule| QuotaWindow::at(rule.per, now))
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

/// The quota, with what is known of its use.
pub fn quota(
    pack: &Pack,
    workspace: &Workspace,
    used: impl FnOnce(&QuotaWindow) -> u32,
    now: Timestamp,
) -> Option<Quota> {
    let rule = rule(pack, workspace)?;
    let window = QuotaWindow::at(rule.per, now);
    let used = used(&window);
    Some(Quota { name: QuotaName::EmailInvitations, rule, window, used })
}

fn rule(pack: &Pack, workspace: &Workspace) -> Option<QuotaRule> {
    pack.plan(&workspace.plan).and_then(|plan| plan.email_invitations)
}

/// The key of the workspace's use of the quota in a window.
pub fn key(workspace: WorkspaceId, window: &QuotaWindow) -> Key<QuotaUse> {
    let (quota, subject) = (QuotaName::EmailInvitations, QuotaSubject::Workspace);
    QuotaUse::key(workspace, quota, subject, window.name.clone())
}
