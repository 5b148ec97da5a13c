//! The roles of a pack.

use serde::{Deserialize, Serialize};

use super::ids::RoleId;

/// One role.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Role {
    /// Its name in policies, requests and answers.
    pub id: RoleId,
    /// What people read.
    pub label: String,
    /// Who stands above whom: nobody grants a rank above their own.
    pub rank: i64,
    /// Whether a workspace must always have one, and the recovery floor protects it.
    #[serde(default)]
    pub governing: bool,
    /// Whether it may ever hold the powers that guardrails call sensitive.
    #[serde(default)]
    pub staff: bool,
    /// Colour of the badge in a list of members.
    pub badge: String,
    /// What it takes to hold it.
    #[serde(default)]
    pub seat: SeatNeed,
    /// Another role, all of whose permissions it has as well (L9).
    #[serde(default)]
    pub includes: Option<RoleId>,
}

/// Roles that nobody chooses.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct RolesGiven {
    /// To who creates a workspace.
    pub creator: RoleId,
    /// To who joins without a role having been chosen.
    pub joiner: RoleId,
    /// To who would be a joiner and has no seat, or gives theirs back (R3, R5).
    #[serde(default)]
    pub seatless: Option<RoleId>,
}

/// Whether a role takes a seat.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum SeatNeed {
    /// It takes none.
    #[default]
    None,
    /// It takes a seat.
    Required,
    /// It takes a free slot while there is one, else a seat (S2).
    FreeSlot,
}
