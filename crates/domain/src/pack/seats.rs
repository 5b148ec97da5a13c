//! The seats of a pack.

use serde::{Deserialize, Serialize};

use super::ids::{AddOnId, Money, MoneyOfPack, TierId, TierName};
use super::names::unnamed_tier;

/// The model of seats.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum SeatModel {
    /// There are no seats.
    #[default]
    None,
    /// A workspace buys each seat, in a tier, and each seat has an id (S2).
    ByTier,
    /// The plan has a number of seats, and the role of a member takes one (R4).
    ByRole,
}

/// The effect of a plan with fewer seats than are taken (R7).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum OverAssignment {
    /// The workspace stays on its plan until seats are free.
    #[default]
    Block,
    /// The members who took a seat last are suspended, until there are enough seats again.
    SuspendLast,
}

/// The rules for seats.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct SeatRules {
    /// The model of seats.
    #[serde(default)]
    pub model: SeatModel,
    /// The effect of a plan with fewer seats than are taken.
    #[serde(default)]
    pub over_assignment: OverAssignment,
    /// The tiers; where the role decides about the seat, there is one.
    #[serde(default, rename = "tier")]
    pub tiers: Vec<Tier>,
    /// The number of free slots in a workspace, on which members hold a role without a bought seat.
    #[serde(default)]
    pub free_slots: u32,
    /// The most seats of one workspace, so that one page of a query has all of them.
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
    /// Its name in policies, requests, answers and events.
    #[serde(rename = "id")]
    pub name: TierName,
    /// The id under which records and the payment provider keep it for ever: the name that it was first published
    /// with.
    #[serde(rename = "first-id", default = "unnamed_tier")]
    pub id: TierId,
    /// The name that people read.
    pub label: String,
    /// The price for each billing period, where seats are bought by tier. Where the role decides about the seat,
    /// the plan has the price.
    #[serde(default, deserialize_with = "MoneyOfPack::optional")]
    pub price: Option<Money>,
    /// The features that the seat gives its holder; names of `Feature` in the pack's schema.
    #[serde(default)]
    pub features: Vec<String>,
}

/// An extra of a seat, paid per unit.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct AddOn {
    /// Its name in requests and answers.
    pub id: AddOnId,
    /// The name that people read.
    pub label: String,
    /// The most units of one seat beyond those that are included.
    #[serde(default = "most_units")]
    pub max: u32,
    /// The price for each unit and billing period.
    #[serde(deserialize_with = "MoneyOfPack::deserialize")]
    pub price: Money,
    /// The units that are included in every seat.
    #[serde(default)]
    pub included: u32,
}

fn most_units() -> u32 {
    100
}
