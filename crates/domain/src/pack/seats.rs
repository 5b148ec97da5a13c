//! The seats of a pack.

use serde::{Deserialize, Serialize};

use super::ids::{Money, TierId};

/// What a seat is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum SeatModel {
    /// There are none.
    #[default]
    None,
    /// Each is bought, as one of a tier, and has an id (S2).
    ByTier,
    /// The plan has a number of them, and a role takes one (R4).
    ByRole,
}

/// What becomes of a plan with fewer seats than are taken (R7).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum OverAssignment {
    /// The workspace stays on its plan until seats are free.
    #[default]
    Block,
    /// Who took a seat last is without, until there are seats again.
    SuspendLast,
}

/// How people come to hold seats.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct SeatRules {
    /// What a seat is.
    #[serde(default)]
    pub model: SeatModel,
    /// What becomes of a plan with fewer seats than are taken.
    #[serde(default)]
    pub over_assignment: OverAssignment,
    /// Kinds of seat; where the role decides, there is one.
    #[serde(default, rename = "tier")]
    pub tiers: Vec<Tier>,
    /// How many members hold a role without paying for a seat, per workspace.
    #[serde(default)]
    pub free_slots: u32,
    /// Most seats of one workspace, so that all of them are read in one page.
    #[serde(default)]
    pub max: u32,
    /// Extras of a seat.
    #[serde(default, rename = "add-on")]
    pub add_ons: Vec<AddOn>,
}

/// A kind of seat.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Tier {
    /// Its name in requests and answers.
    pub id: TierId,
    /// What people read.
    pub label: String,
    /// Per billing period.
    pub price: Money,
    /// What a holder may use; names of `Feature` in the pack's schema.
    #[serde(default)]
    pub features: Vec<String>,
}

/// An extra of a seat, paid per unit.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct AddOn {
    /// Its name in requests and answers.
    pub id: String,
    /// What people read.
    pub label: String,
    /// Per unit and billing period.
    pub price: Money,
    /// Units that every seat has for nothing.
    #[serde(default)]
    pub included: u32,
}
