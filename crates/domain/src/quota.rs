//! How many addresses a plan lets a workspace invite (R11). Links and domains do not count.

use jiff::civil::Date;
use jiff::tz::TimeZone;
use jiff::{Timestamp, ToSpan as _};
use serde::{Deserialize, Serialize};

use crate::change::Change;
use crate::id::WorkspaceId;
use crate::pack::{Pack, QuotaPeriod, QuotaRule};
use crate::workspace::Workspace;

/// The time that a quota is counted over.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Window {
    /// `lifetime`, or a day as `2026-11-22`.
    pub name: String,
    /// When it is over; absent: never.
    pub ends: Option<Timestamp>,
}

/// How much of a quota is used.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct QuotaUse {
    /// Whose.
    pub workspace: WorkspaceId,
    /// Of which window.
    pub window: String,
    /// How many.
    pub used: u32,
    /// When nobody asks for it any more; absent: never.
    pub ends: Option<Timestamp>,
}

/// The quota of a workspace, as it is now.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Quota {
    rule: QuotaRule,
    /// The time it is counted over.
    pub window: Window,
    /// How many are used.
    pub used: u32,
}

impl Quota {
    /// The most that can be used.
    pub fn limit(&self) -> u32 {
        self.rule.limit
    }

    /// How many are left.
    pub fn remaining(&self) -> u32 {
        self.rule.limit.saturating_sub(self.used)
    }

    /// So many more are used; the bound holds against who uses some at the same time.
    pub fn spend(&self, workspace: WorkspaceId, by: u32) -> Change {
        Change::Spend { workspace, window: self.window.clone(), by, limit: self.rule.limit }
    }
}

/// The window that counts now for a workspace on that plan; none where invitations are not limited.
pub fn window(pack: &Pack, workspace: &Workspace, now: Timestamp) -> Option<Window> {
    rule(pack, workspace).map(|rule| Window::of(rule.per, now))
}

/// Every window that could count now: which one does is only known with the workspace's plan.
pub fn windows(pack: &Pack, now: Timestamp) -> Vec<Window> {
    let rules = pack.plans.iter().filter_map(|plan| plan.email_invitations);
    let mut windows: Vec<Window> = Vec::new();
    for window in rules.map(|rule| Window::of(rule.per, now)) {
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
    used: impl FnOnce(&Window) -> u32,
    now: Timestamp,
) -> Option<Quota> {
    let rule = rule(pack, workspace)?;
    let window = Window::of(rule.per, now);
    let used = used(&window);
    Some(Quota { rule, window, used })
}

fn rule(pack: &Pack, workspace: &Workspace) -> Option<QuotaRule> {
    pack.plan(&workspace.plan).and_then(|plan| plan.email_invitations)
}

impl Window {
    fn of(period: QuotaPeriod, now: Timestamp) -> Self {
        match period {
            QuotaPeriod::Lifetime => Self { name: "lifetime".to_owned(), ends: None },
            QuotaPeriod::Day => {
                let day: Date = now.to_zoned(TimeZone::UTC).date();
                let ends = day
                    .checked_add(1.day())
                    .and_then(|next| next.to_zoned(TimeZone::UTC))
                    .map_or(Timestamp::MAX, |next| next.timestamp());
                Self { name: day.to_string(), ends: Some(ends) }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn r11_a_day_ends_at_midnight_utc() {
        let at = |text: &str| text.parse::<Timestamp>().unwrap();
        let window = Window::of(QuotaPeriod::Day, at("2026-02-28T23:59:59.999Z"));
        assert_eq!(window, Window { name: "2026-02-28".to_owned(), ends: Some(at("2026-03-01T00:00:00Z")) });
        assert_eq!(Window::of(QuotaPeriod::Day, at("2026-03-01T00:00:00Z")).name, "2026-03-01");
        assert_eq!(Window::of(QuotaPeriod::Lifetime, at("2026-03-01T00:00:00Z")).ends, None);
    }
}
