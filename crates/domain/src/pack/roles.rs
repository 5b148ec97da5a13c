//! The roles of a pack.

use serde::{Deserialize, Serialize};

use super::ids::{RoleId, RoleName};
use super::names::unnamed_role;

/// The colours of badges. A client that shows members has each of them (`console/style.js`).
pub const BADGE_COLORS: [&str; 7] = ["gray", "green", "indigo", "amber", "violet", "red", "blue"];

/// One role.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Role {
    /// Its name in policies, requests, answers and events.
    #[serde(rename = "id")]
    pub name: RoleName,
    /// The id under which records keep it for ever: the name that it was first published with.
    #[serde(rename = "first-id", default = "unnamed_role")]
    pub id: RoleId,
    /// The name that people read.
    pub label: String,
    /// The rank: nobody grants a role of a higher rank than their own.
    pub rank: i64,
    /// Whether the role governs: a workspace keeps at least one member with a governing role, and the
    /// recovery floor protects the role.
    #[serde(default)]
    pub governing: bool,
    /// Whether the role may have the permissions that guardrails call sensitive.
    #[serde(default)]
    pub staff: bool,
    /// The colour of the badge in a list of members, one of [`BADGE_COLORS`]: a text, since a release must read what
    /// an earlier one published, and clients show an unknown colour as gray.
    pub badge: String,
    /// The seat that the role needs.
    #[serde(default)]
    pub seat: SeatNeed,
    /// A role of a lower rank, whose permissions this role has as well (L9).
    #[serde(default)]
    pub includes: Option<RoleId>,
}

/// The roles that are given automatically.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct RolesGiven {
    /// The role of the user who creates a workspace.
    pub creator: RoleId,
    /// The role of a joiner for whom nobody chose a role.
    pub joiner: RoleId,
    /// The role of a joiner without a seat, and of a member who gives up their seat (R3, R5).
    #[serde(default)]
    pub seatless: Option<RoleId>,
}

/// Whether a role takes a seat.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum SeatNeed {
    /// It takes no seat.
    #[default]
    None,
    /// It takes a seat.
    Required,
    /// It takes a free slot while there is one, else a seat (S2).
    FreeSlot,
}
