//! The changes between two versions of a pack, as data.

use std::collections::BTreeMap;

use serde::Serialize;

use crate::rename::Rename;
use crate::situation::WorkspaceRelation;
pub use crate::stage::ANY_TIER;

/// All changes between two versions. The names in its JSON are stable.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Diff {
    /// Roles and tiers that are called otherwise. Everything else is compared under their new names.
    pub renames: Vec<Rename>,
    /// Files, by name.
    pub files: Vec<FileChange>,
    /// Policies, by file and line.
    pub rules: Vec<RuleChange>,
    /// Roles whose attributes change: the guardrails rest on these attributes.
    pub roles: Vec<RoleChange>,
    /// All other settings of `product.toml`, by key.
    pub settings: Vec<SettingChange>,
    /// New permissions.
    pub gains: Vec<Access>,
    /// Lost permissions.
    pub losses: Vec<Access>,
    /// Refusals that get another reason.
    pub reasons: Vec<ReasonChange>,
    /// Notes for the reader, such as what could not be compared.
    pub notes: Vec<String>,
}

/// The kind of a change.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "camelCase")]
pub enum ChangeKind {
    /// New.
    Added,
    /// No longer there.
    Removed,
    /// Different.
    Changed,
}

/// A file that changes.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct FileChange {
    /// The kind of the change.
    pub change: ChangeKind,
    /// Path inside the pack.
    pub path: String,
}

/// A policy that changes.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct RuleChange {
    /// The kind of the change.
    pub change: ChangeKind,
    /// Its `@id`.
    pub id: String,
    /// Whether the policy permits, else it forbids: after the change, or before it if it was removed.
    pub permits: bool,
    /// Its file: after the change, or before it if it was removed.
    pub file: String,
    /// Its line, from 1.
    pub line: u32,
}

/// A role whose attributes change.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct RoleChange {
    /// The role.
    pub role: String,
    /// Its attributes; none, if it is new.
    pub before: Option<RoleAttributes>,
    /// Its attributes; none, if it was removed.
    pub after: Option<RoleAttributes>,
}

/// The attributes of a role that the guardrails look at.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct RoleAttributes {
    /// Its rank.
    pub rank: i64,
    /// Whether the floor protects it.
    pub governing: bool,
    /// Whether it may hold sensitive powers.
    pub staff: bool,
    /// Whether joiners get it.
    pub joiner: bool,
    /// The role whose permissions it includes.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub includes: Option<String>,
}

/// A key of `product.toml` whose value changes.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct SettingChange {
    /// The key with its tables, such as `invitation.lifetime` or `plan.trial.seats`.
    pub key: String,
    /// Its value as in the file; none, if it was not set.
    pub before: Option<String>,
    /// Its value as in the file; none, if it is not set.
    pub after: Option<String>,
}

/// A permission that somebody gains or loses.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Access {
    /// A role; or `visitor`, `user`, `unverified user`.
    pub who: String,
    /// The action.
    pub action: String,
    /// Whether the workspace that they ask about is their own.
    pub place: WorkspaceRelation,
    /// The conditions: any of these; none, if the change is unconditional. For what a proof has found,
    /// `example` shows the condition.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub situations: Vec<Condition>,
    /// The way in which it was found.
    pub found_by: FoundBy,
    /// A request that shows it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub example: Option<ExampleRequest>,
}

/// A condition: each part is any of what is listed, or plays no role if the list is empty.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Condition {
    /// The workspace's plan.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub plan: Vec<String>,
    /// The caller's seat.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub seat: Vec<String>,
    /// The member that it is done to: a role, `self`, `creator`.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub on: Vec<String>,
    /// The role that is given.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub to: Vec<String>,
    /// The tier of the seat that is given; [`ANY_TIER`] where the request names none.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub tier: Vec<String>,
}

/// The way in which a gain or loss was found.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "camelCase")]
pub enum FoundBy {
    /// A decision of the matrix changed.
    Matrix,
    /// By a proof over all possible requests, where no decision of the matrix changed.
    Proof,
}

/// A request that shows a gain or loss, reduced to what matters.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct ExampleRequest {
    /// The circumstances in words, without caller and action.
    pub words: String,
    /// The caller.
    pub principal: ExampleEntity,
    /// The resource.
    pub resource: ExampleEntity,
    /// The role that is given.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub target_role: Option<String>,
    /// The tier of the seat that is given.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub target_tier: Option<String>,
    /// The time.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub now: Option<String>,
}

/// The caller or the resource of an [`ExampleRequest`].
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct ExampleEntity {
    /// The entity type in the schema.
    pub kind: String,
    /// Its attributes, as far as the policies look at them.
    pub attributes: BTreeMap<String, String>,
}

/// A refusal with another reason than before.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct ReasonChange {
    /// A role; or `visitor`, `user`, `unverified user`.
    pub who: String,
    /// The action.
    pub action: String,
    /// Whether the workspace that they ask about is their own.
    pub place: WorkspaceRelation,
    /// The conditions: any of these; none, if the change is unconditional.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub situations: Vec<Condition>,
    /// The reason before; none, if no policy permitted it.
    pub before: Option<String>,
    /// The reason after; none, if no policy permits it.
    pub after: Option<String>,
}

impl Diff {
    /// Whether nothing changes.
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }
}
