//! A pack as a whole, and its look-ups.

use serde::Deserialize;

use super::api_keys::ApiKeyRules;
use super::billing::Billing;
use super::events::EventRules;
use super::ids::{RoleId, TierId};
use super::joining::{
    Channel, DomainRules, InvitationRules, InvitedRole, JoiningRules, MemberRules, NextStep,
};
use super::leaving::{CreatorRules, LeaveRules, RemovalRules};
use super::mail::{MailRules, WorkspaceRules};
use super::plans::Plan;
use super::resources::ResourceRule;
use super::roles::{Role, RolesGiven, SeatNeed};
use super::seats::{SeatModel, SeatRules, Tier};
use super::services::DeclaredService;
use super::sign_in::SignInRules;

/// The data of one product.
#[derive(Clone, Debug, Deserialize)]
#[serde(remote = "Self", deny_unknown_fields, rename_all = "kebab-case")]
pub struct Pack {
    /// The name of the pack, which is also the name of its folder.
    pub name: String,
    /// The name of the product in mails.
    pub product: String,
    /// The roles, in the order in which a client lists them.
    #[serde(rename = "role")]
    pub roles: Vec<Role>,
    /// The roles that are given automatically.
    pub roles_given: RolesGiven,
    /// The rules for seats.
    #[serde(default)]
    pub seats: SeatRules,
    /// The rules for sign-ins.
    #[serde(default)]
    pub sign_in: SignInRules,
    /// The rules for the number of members.
    #[serde(default)]
    pub members: MemberRules,
    /// The rules for invitations.
    pub invitation: InvitationRules,
    /// The limits of mails.
    #[serde(default)]
    pub mail: MailRules,
    /// The rules for creating workspaces.
    #[serde(default)]
    pub workspaces: WorkspaceRules,
    /// The rules for the seat and the role of a joiner.
    #[serde(default)]
    pub joining: JoiningRules,
    /// The rules for domains by which people join.
    #[serde(default)]
    pub domains: DomainRules,
    /// The rules for API keys; absent: there are none.
    #[serde(default)]
    pub api_keys: Option<ApiKeyRules>,
    /// The kinds of resources.
    #[serde(rename = "resource", default)]
    pub resources: Vec<ResourceRule>,
    /// The services that policies can name.
    #[serde(rename = "service", default)]
    pub services: Vec<DeclaredService>,
    /// The rules for the log of events.
    #[serde(default)]
    pub events: EventRules,
    /// The rules for leaving a workspace.
    pub leave: LeaveRules,
    /// The consequences for a removed member.
    #[serde(default)]
    pub removal: RemovalRules,
    /// The protection of a workspace's creator.
    #[serde(default)]
    pub creator: CreatorRules,
    /// The plans of the product.
    #[serde(rename = "plan")]
    pub plans: Vec<Plan>,
    /// The rules for billing.
    pub billing: Billing,
    /// The page that a client shows after joining.
    pub after_join: NextStep,
}

impl Pack {
    /// The role with that id.
    pub fn role(&self, id: &RoleId) -> Option<&Role> {
        self.roles.iter().find(|role| role.id == *id)
    }

    /// Whether the role governs: a workspace keeps at least one member with a governing role.
    pub fn is_governing(&self, id: &RoleId) -> bool {
        self.role(id).is_some_and(|role| role.governing)
    }

    /// The seat that the role needs; a role that the pack no longer has needs none.
    pub fn seat_need(&self, id: &RoleId) -> SeatNeed {
        self.role(id).map_or(SeatNeed::None, |role| role.seat)
    }

    /// The tier with that id.
    pub fn tier(&self, id: &TierId) -> Option<&Tier> {
        self.seats.tiers.iter().find(|tier| tier.id == *id)
    }

    /// The plan of that name; if the pack no longer has it, the plan that workspaces start on.
    pub fn plan(&self, id: &str) -> Option<&Plan> {
        let named = |name: &str| self.plans.iter().find(|plan| plan.id == name);
        named(id).or_else(|| named(&self.billing.plan))
    }

    /// Whether the pack offers this way to join.
    pub fn offers(&self, channel: Channel) -> bool {
        self.invitation.channels.contains(&channel)
    }

    /// The roles of this rank or a higher one.
    pub fn roles_from(&self, rank: i64) -> Vec<RoleId> {
        self.roles.iter().filter(|role| role.rank >= rank).map(|role| role.id.clone()).collect()
    }

    /// The rank of the role; a role that the pack no longer has ranks below all others.
    pub fn rank(&self, id: &RoleId) -> i64 {
        self.role(id).map_or_else(|| self.rank_below_all(), |role| role.rank)
    }

    /// A rank below that of each role: the rank of a role that the pack dropped (K48).
    pub fn rank_below_all(&self) -> i64 {
        self.roles.iter().map(|role| role.rank).min().unwrap_or(0).saturating_sub(1)
    }

    /// Whether links for a role can give the role.
    pub fn links_as(&self, id: &RoleId) -> bool {
        let is_for_links = self.invitation.role == InvitedRole::ByLink && self.role(id).is_some();
        is_for_links || self.invites_as(id)
    }

    /// Whether invitations can give the role.
    pub fn invites_as(&self, id: &RoleId) -> bool {
        let is_choice = self.invitation.role == InvitedRole::Chosen && self.role(id).is_some();
        is_choice || *id == self.roles_given.joiner
    }

    /// The tier of all seats, where the role decides about the seat.
    pub fn plan_tier(&self) -> Option<&Tier> {
        self.seats.tiers.first().filter(|_| self.seats.model == SeatModel::ByRole)
    }
}
