//! Rules for leaving a workspace, and the protection of its creator.

use serde::Deserialize;

/// The rules for leaving a workspace.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct LeaveRules {
    /// The way to leave.
    pub by: LeaveBy,
}

/// The way to leave a workspace.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum LeaveBy {
    /// A member asks, and another member decides (S10).
    Request,
    /// A member leaves at once.
    Direct,
    /// Members can only be removed (F12).
    None,
}

/// The consequences for a removed member.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct RemovalRules {
    /// The consequence for the account of a member who is removed from their last workspace (F9).
    #[serde(default)]
    pub last_account: LastAccount,
}

/// The consequence for the account of a member who is removed from their last workspace.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum LastAccount {
    /// The account stays (R13).
    #[default]
    Keep,
    /// The account is deleted (F9).
    Delete,
}

/// The protection of a workspace's creator.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct CreatorRules {
    /// Whether the creator can be removed, or leave.
    #[serde(default)]
    pub removal: CreatorRemoval,
    /// Whether the creator can be given a lower role.
    #[serde(default)]
    pub demotion: CreatorDemotion,
}

/// Whether the creator of a workspace can be removed, or leave.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum CreatorRemoval {
    /// Like any member.
    #[default]
    Allowed,
    /// Never (F10).
    Refused,
}

/// Whether the creator of a workspace can be given a lower role.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum CreatorDemotion {
    /// Like any member.
    #[default]
    Allowed,
    /// Not while this is their only workspace (F10).
    RefusedInOnlyWorkspace,
    /// Never.
    Refused,
}
