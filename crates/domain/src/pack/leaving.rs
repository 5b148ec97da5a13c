//! How people leave a workspace, and the protection of its creator.

use serde::Deserialize;

/// How people leave.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct LeaveRules {
    /// The way out.
    pub by: LeaveBy,
}

/// The way out of a workspace.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum LeaveBy {
    /// One asks, and somebody decides (S10).
    Request,
    /// One goes.
    Direct,
    /// There is none but being removed (F12).
    None,
}

/// What becomes of who is removed.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct RemovalRules {
    /// Of the account of who is in no workspace then (F9).
    #[serde(default)]
    pub last_account: LastAccount,
}

/// What becomes of the account of somebody who was removed from their last workspace.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum LastAccount {
    /// It stays (R13).
    #[default]
    Keep,
    /// It goes (F9).
    Delete,
}

/// What the creator of a workspace is safe from.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct CreatorRules {
    /// Whether they can be removed, or leave.
    #[serde(default)]
    pub removal: CreatorRemoval,
    /// Whether they can be given a lower role.
    #[serde(default)]
    pub demotion: CreatorDemotion,
}

/// Whether the creator of a workspace can go.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum CreatorRemoval {
    /// As anybody.
    #[default]
    Allowed,
    /// Never (F10).
    Refused,
}

/// Whether the creator of a workspace can be given a lower role.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum CreatorDemotion {
    /// As anybody.
    #[default]
    Allowed,
    /// Not while they are in no other workspace (F10).
    RefusedInOnlyWorkspace,
    /// Never.
    Refused,
}
