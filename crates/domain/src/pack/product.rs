//! A pack as a whole, and its look-ups.

use serde::Deserialize;

use super::ids::{RoleId, TierId};
use super::joining::{Channel, InvitationRules, JoiningRules, MemberRules, NextStep};
use super::leaving::{CreatorRules, LeaveRules, RemovalRules};
use super::plans::{Billing, Plan};
use super::roles::{Role, RolesGiven, SeatNeed};
use super::seats::{SeatModel, SeatRules, Tier};

/// What one product needs of Seatwise.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Pack {
    /// As its folder is called.
    pub name: String,
    /// What the product is called in mails.
    pub product: String,
    /// Who may be what; the order is the order in which a client lists them.
    #[serde(rename = "role")]
    pub roles: Vec<Role>,
    /// Which of the roles are given without asking.
    pub roles_given: RolesGiven,
    /// How people come to hold seats.
    #[serde(default)]
    pub seats: SeatRules,
    /// How many there may be.
    #[serde(default)]
    pub members: MemberRules,
    /// How people are invited.
    pub invitation: InvitationRules,
    /// What who joins is given.
    #[serde(default)]
    pub joining: JoiningRules,
    /// How people leave.
    pub leave: LeaveRules,
    /// What becomes of who is removed.
    #[serde(default)]
    pub removal: RemovalRules,
    /// What the creator of a workspace is safe from.
    #[serde(default)]
    pub creator: CreatorRules,
    /// What a workspace can be on.
    #[serde(rename = "plan")]
    pub plans: Vec<Plan>,
    /// How seats are paid.
    pub billing: Billing,
    /// Where a client goes on after joining.
    pub after_join: NextStep,
}

impl Pack {
    /// The role of that name.
    pub fn role(&self, id: &RoleId) -> Option<&Role> {
        self.roles.iter().find(|role| role.id == *id)
    }

    /// Whether a workspace must keep one who holds this role.
    pub fn is_governing(&self, id: &RoleId) -> bool {
        self.role(id).is_some_and(|role| role.governing)
    }

    /// What it takes to hold this role; a role the pack no longer has takes nothing.
    pub fn seat_need(&self, id: &RoleId) -> SeatNeed {
        self.role(id).map_or(SeatNeed::None, |role| role.seat)
    }

    /// The tier of that name.
    pub fn tier(&self, id: &TierId) -> Option<&Tier> {
        self.seats.tiers.iter().find(|tier| tier.id == *id)
    }

    /// The plan of that name; one that the pack no longer has is the one that workspaces start on.
    pub fn plan(&self, id: &str) -> Option<&Plan> {
        let named = |name: &str| self.plans.iter().find(|plan| plan.id == name);
        named(id).or_else(|| named(&self.billing.plan))
    }

    /// Whether there is this way in.
    pub fn offers(&self, channel: Channel) -> bool {
        self.invitation.channels.contains(&channel)
    }

    /// The roles of this rank and above.
    pub fn roles_from(&self, rank: i64) -> Vec<RoleId> {
        self.roles.iter().filter(|role| role.rank >= rank).map(|role| role.id.clone()).collect()
    }

    /// Who stands above whom; a role that the pack no longer has stands below all.
    pub fn rank(&self, id: &RoleId) -> i64 {
        self.role(id).map_or(i64::MIN, |role| role.rank)
    }

    /// The kind of all seats, where the role decides the seat.
    pub fn plan_tier(&self) -> Option<&Tier> {
        self.seats.tiers.first().filter(|_| self.seats.model == SeatModel::ByRole)
    }
}
