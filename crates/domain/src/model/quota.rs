//! The quotas of a plan, and their use by a workspace (R11).

use jiff::civil::Date;
use jiff::tz::TimeZone;
use jiff::{Timestamp, ToSpan as _};
use serde::{Deserialize, Serialize};

use super::id::{UserId, WorkspaceId};
use crate::pack::{QuotaPeriod, QuotaRule};

/// The time over which a quota is counted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct QuotaWindow {
    /// `lifetime`, or a day such as `2026-11-22`.
    pub name: String,
    /// The end of the window; `None`: it has no end.
    pub ends: Option<Timestamp>,
}

/// The name of a quota.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum QuotaName {
    /// Email addresses that are invited (R11). Items from before quotas had names are of this quota.
    #[default]
    EmailInvitations,
}

/// The subject whose uses of a quota are counted.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(tag = "kind", content = "id", rename_all = "kebab-case")]
pub enum QuotaSubject {
    /// The workspace. Items from before quotas had subjects are of this subject.
    #[default]
    Workspace,
    /// One member of the workspace.
    Member(UserId),
}

/// The use of a quota by one subject in one window.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct QuotaUse {
    /// The workspace whose plan has the quota.
    pub workspace: WorkspaceId,
    /// The quota.
    #[serde(default)]
    pub quota: QuotaName,
    /// The subject.
    #[serde(default)]
    pub subject: QuotaSubject,
    /// The name of the window.
    pub window: String,
    /// The number of uses so far.
    pub used: u32,
    /// The time from which nothing reads the record; `None`: it has no end.
    pub ends: Option<Timestamp>,
}

/// The quota of a workspace at one moment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Quota {
    /// The name of the quota.
    pub name: QuotaName,
    /// The limit and its period, as the plan says.
    pub rule: QuotaRule,
    /// The window that counts now.
    pub window: QuotaWindow,
    /// The number of uses so far.
    pub used: u32,
}

impl Quota {
    /// The largest number of uses in one window.
    pub fn limit(&self) -> u32 {
        self.rule.limit
    }

    /// The number of uses that are left.
    pub fn remaining(&self) -> u32 {
        self.rule.limit.saturating_sub(self.used)
    }
}

impl QuotaWindow {
    /// The window of `period` that contains `now`.
    pub fn at(period: QuotaPeriod, now: Timestamp) -> Self {
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
        let window = QuotaWindow::at(QuotaPeriod::Day, at("2026-02-28T23:59:59.999Z"));
        assert_eq!(
            window,
            QuotaWindow { name: "2026-02-28".to_owned(), ends: Some(at("2026-03-01T00:00:00Z")) }
        );
        assert_eq!(QuotaWindow::at(QuotaPeriod::Day, at("2026-03-01T00:00:00Z")).name, "2026-03-01");
        assert_eq!(QuotaWindow::at(QuotaPeriod::Lifetime, at("2026-03-01T00:00:00Z")).ends, None);
    }
}
