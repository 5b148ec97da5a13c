//! Workspaces: the tenant, its settings, its counts and its deletion.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::billing::{Extras, PaidPeriod};
use super::id::{UserId, WorkspaceId};
use super::logo::LogoRef;
use super::text::{IanaTimeZone, ThemeName, TimeZoneName, WorkspaceName};
use crate::edit::Edit;
use crate::pack::Pack;

/// A workspace: the tenant.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Workspace {
    /// The id, which never changes (S4).
    pub id: WorkspaceId,
    /// The name that people see.
    pub name: WorkspaceName,
    /// The user who created the workspace, or to whom it was transferred.
    pub creator: UserId,
    /// The user who created the workspace, whose count of created workspaces includes it; `None`: it is older
    /// than that count.
    #[serde(default)]
    pub made_by: Option<UserId>,
    /// The workspace's time zone (L2).
    pub timezone: Option<TimeZoneName>,
    /// The host product's theme for new flows (L2).
    pub default_flow_theme: Option<ThemeName>,
    /// The id of the plan. It starts as the pack's default; billing or an operator changes it.
    pub plan: String,
    /// The extras of the plan that the workspace has (L3).
    #[serde(default)]
    pub extras: Extras,
    /// What is paid online; `None`: nothing, so only the terms of seats tell when something ends.
    #[serde(default)]
    pub paid: Option<PaidPeriod>,
    /// The settings that the workspace has changed.
    pub settings: Option<SettingOverrides>,
    /// The logo.
    #[serde(default)]
    pub logo: Option<LogoRef>,
    /// The time when the workspace was created.
    pub created_at: Timestamp,
}

/// The settings that a workspace has changed. For an absent setting, the pack's default holds.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct SettingOverrides {
    /// Whether a person who joins takes a seat (R5).
    pub auto_assign_seats: Option<bool>,
}

impl Workspace {
    /// Whether a person who joins takes a seat; `None` if the pack has no such setting.
    pub fn auto_assigns(&self, pack: &Pack) -> Option<bool> {
        let own = self.settings.as_ref().and_then(|settings| settings.auto_assign_seats);
        pack.joining.auto_assign.map(|preset| own.unwrap_or(preset))
    }
}

macro_rules! counts {
    ($($(#[$doc:meta])* $count:ident = $field:ident;)+) => {
        /// The counts of a workspace. They change only by addition under bounds, in the transaction of
        /// the change that is counted: the bounds keep at least one governor, and no more seats than
        /// were paid for. A count that an item does not have yet is 0.
        #[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
        pub struct Tally {
            /// The workspace whose members and seats are counted.
            pub workspace: WorkspaceId,
            $($(#[$doc])* #[serde(default)] pub $field: i64,)+
        }

        /// The name of one count of a workspace.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum Count {
            $($(#[$doc])* $count,)+
        }

        impl Tally {
            /// The counts of an empty workspace.
            pub fn empty(workspace: WorkspaceId) -> Self {
                Self { workspace, $($field: 0,)+ }
            }
        }

        impl Count {
            /// The attribute of the count.
            pub fn name(self) -> &'static str {
                match self {
                    $(Self::$count => stringify!($field),)+
                }
            }
        }
    };
}

counts! {
    /// The number of members.
    Members = members;
    /// The number of members with a governing role; at least one.
    Governors = governors;
    /// The number of free slots in use.
    FreeSlots = free_slots;
    /// The number of seats: all purchased seats including expired ones, or the seats of the plan.
    Seats = seats;
    /// The number of seats of the plan that nobody uses. It is negative while members use more seats
    /// than the plan has.
    OpenSeats = open_seats;
    /// The number of claimed domains.
    Domains = domains;
    /// API keys.
    ApiKeys = api_keys;
}

/// A workspace that was deleted and whose other records a job still removes.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct WorkspaceDeletion {
    /// The deleted workspace.
    pub workspace: WorkspaceId,
    /// The time of the deletion.
    pub since: Timestamp,
}

/// The place of a workspace in the list of all workspaces.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct WorkspaceEntry {
    /// The workspace.
    pub workspace: WorkspaceId,
}

/// The input for a new workspace.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewWorkspace {
    /// The name.
    pub name: WorkspaceName,
    /// The time zone.
    pub timezone: Option<IanaTimeZone>,
}

/// A partial change of a workspace's profile.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct WorkspaceProfile {
    /// The new name; `None` keeps the current one. A name cannot be cleared.
    pub name: Option<WorkspaceName>,
    /// The change of the time zone.
    pub timezone: Edit<IanaTimeZone>,
    /// The change of the theme for new flows.
    pub default_flow_theme: Edit<ThemeName>,
}
