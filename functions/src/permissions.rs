//! The caller's permissions beyond the operation itself: an operation asks if its answer depends on
//! them.

use std::collections::HashMap;

use jiff::Timestamp;
use seatwise_domain::rules::maker::Made;
use seatwise_domain::{Invitation, Member, Pack, RoleId, TierId, Workspace};
use seatwise_policy::{
    AccessRequest, ActionInfo, Bundle, Decision, Principal, Resource, VariedAttribute, WorkspaceFacts,
};

use crate::denial;
use crate::member::facts::member_facts;
use crate::operation::{Operation, State, camel_case};
use crate::problem::{Code, Problem};
use crate::scope::{FactSource, Scope as _, SignedIn, WorkspaceScope};
use crate::workspace::facts::workspace_facts;

impl<O: Operation<Scope: WorkspaceScope>> State<'_, O> {
    /// Whether the caller may do another action on the workspace.
    pub fn may(&self, action: &str) -> bool {
        self.active.bundle.allows(&self.giving(action, None, None))
    }

    /// Whether the caller may see the link of a pending invitation for this role, and for a seat of this tier. Whoever
    /// has the link can join with it. A link for a role that the pack dropped lets nobody in, so nobody shares it.
    pub fn may_share(&self, role: &RoleId, tier: Option<&TierId>) -> bool {
        self.pack.role(role).is_some()
            && self.active.bundle.allows(&self.giving("shareInvitationLink", Some(role), tier))
    }

    /// Whether the caller may see the link of this invitation.
    pub fn may_share_invitation(&self, invitation: &Invitation) -> bool {
        self.may_share(&invitation.role, invitation.tier())
    }

    /// Whether the answer names the workspace's creator: to the creator, and to callers who may list members
    /// (K53).
    pub fn shows_creator(&self, workspace: &Workspace) -> bool {
        self.scope.person() == Some(workspace.creator) || self.may("listMembers")
    }

    /// The source of the facts of other targets in the workspace.
    pub fn facts(&self) -> FactSource<'_> {
        FactSource { pack: self.pack, loaded: self.loaded, now: self.now, paid: self.scope.paid() }
    }

    /// The decision of the policies on another action on the workspace.
    pub fn decision(&self, action: &str) -> Decision {
        self.active.bundle.decide(&self.giving(action, None, None))
    }

    /// The refusal of an action that the policies denied for this reason.
    pub fn denied(&self, action: &str, reason: Option<String>) -> Problem {
        denial::denied(&self.active.bundle, &self.giving(action, None, None), reason)
    }

    /// The actions that the caller may attempt.
    pub fn attempts(&self) -> Vec<&ActionInfo> {
        let bundle = &self.active.bundle;
        bundle.attempts(self.scope.principal(), self.scope.workspace_facts(), self.now)
    }

    /// Refuses to stand for an invitation that the caller could not make: nobody could use it (K47).
    pub fn require_making(&self, made: Made<'_>) -> Result<(), Problem> {
        if !made.is_offered(self.pack) {
            return Err(Code::ChannelNotOffered.into());
        }
        let request = self.giving("invite", Some(made.role()), made.tier());
        match self.active.bundle.decide(&request) {
            Decision::Allow => Ok(()),
            Decision::Deny { reason } => Err(self.denied("invite", reason)),
        }
    }

    /// The request to do another action on the workspace, with the role and the tier that it would give.
    fn giving<'r>(
        &'r self,
        action: &'r str,
        target_role: Option<&'r RoleId>,
        target_tier: Option<&'r TierId>,
    ) -> AccessRequest<'r> {
        AccessRequest {
            action,
            principal: self.scope.principal(),
            workspace: Some(self.scope.workspace_facts()),
            resource: &Resource::Workspace,
            target_role,
            target_tier,
            now: self.now,
        }
    }
}

impl<O: Operation> State<'_, O> {
    /// Whether the policies permit this request to give a seat of this tier. If the request has named a tier, they
    /// have been asked.
    pub fn may_give_seat(&self, tier: &TierId) -> bool {
        let is_decided = self.given.tier.as_ref().is_some_and(|given| self.pack.tier(given).is_some());
        let action = camel_case(O::NAME);
        is_decided
            || !self.active.bundle.looks_at(&action, &[VariedAttribute::TargetTier])
            || self.active.bundle.allows(&self.seat_request(&action, tier))
    }

    /// The refusal to give a seat of this tier.
    pub fn seat_denied(&self, tier: &TierId) -> Problem {
        let action = camel_case(O::NAME);
        let request = self.seat_request(&action, tier);
        match self.active.bundle.decide(&request) {
            Decision::Allow => Code::NoSeatAvailable.into(),
            Decision::Deny { reason } => denial::denied(&self.active.bundle, &request, reason),
        }
    }

    /// The request, with a seat of this tier.
    fn seat_request<'r>(&'r self, action: &'r str, tier: &'r TierId) -> AccessRequest<'r> {
        AccessRequest {
            action,
            principal: self.scope.principal(),
            workspace: self.scope.workspace(),
            resource: self.resource,
            target_role: self.given.role.as_ref(),
            target_tier: Some(tier),
            now: self.now,
        }
    }

    /// The problem, with the names that the caller can use in the place of an unknown one (K56).
    pub fn with_choices(&self, problem: Problem) -> Problem {
        let Pack { seats, plans, billing, .. } = self.pack;
        let choices: Vec<String> = match problem.code {
            Code::RoleUnknown => self.roles_to_give(),
            Code::KindUnknown => self.pack.resources.iter().map(|rule| rule.id.to_string()).collect(),
            Code::TierUnknown => seats.tiers.iter().map(|tier| tier.name.to_string()).collect(),
            Code::AddOnUnknown => seats.add_ons.iter().map(|add_on| add_on.id.to_string()).collect(),
            Code::PlanUnknown => {
                plans.iter().filter(|plan| !plan.operator_managed).map(|plan| plan.id.clone()).collect()
            }
            Code::ExtraUnknown => extras_to_buy(self.pack),
            Code::PackageUnknown => {
                billing.credit_packages.iter().map(|package| package.id.to_string()).collect()
            }
            _ => return problem,
        };
        Problem { choices: choices.into(), ..problem }
    }

    /// The roles that the caller can give with this operation. None, if the operation names no role.
    fn roles_to_give(&self) -> Vec<String> {
        let (bundle, action) = (&self.active.bundle, camel_case(O::NAME));
        if bundle.action(&action).is_none_or(|info| !info.takes_target_role) {
            return Vec::new();
        }
        let may_give = |role: &&RoleId| {
            let request = AccessRequest {
                action: &action,
                principal: self.scope.principal(),
                workspace: self.scope.workspace(),
                resource: self.resource,
                target_role: Some(role),
                target_tier: self.given.tier.as_ref(),
                now: self.now,
            };
            O::gives(self.pack, role) && bundle.allows(&request)
        };
        let roles = self.pack.roles.iter().filter(|role| may_give(&&role.id));
        roles.map(|role| role.name.to_string()).collect()
    }
}

/// The extras of all plans that are sold.
fn extras_to_buy(pack: &Pack) -> Vec<String> {
    let mut extras: Vec<String> = Vec::new();
    for allowance in pack.plans.iter().flat_map(|plan| &plan.allowances) {
        let id = allowance.id.to_string();
        if allowance.price.is_some() && !extras.contains(&id) {
            extras.push(id);
        }
    }
    extras
}

impl<O: Operation<Scope = SignedIn>> State<'_, O> {
    /// Whether a person who has just joined sees who created the workspace: as a member, they may list members
    /// (K53).
    pub fn shows_creator_to(&self, member: &Member, workspace: &Workspace) -> bool {
        let principal = Principal::Member(member_facts(self.pack, workspace.paid.as_ref(), member, self.now));
        workspace.creator == member.user
            || may_list_members(&self.active.bundle, &principal, &workspace_facts(workspace), self.now)
    }

    /// Whether the caller may join a workspace by the domain of their address.
    pub fn may_join_by_domain(&self, workspace: &Workspace) -> bool {
        self.active.bundle.allows(&AccessRequest {
            action: "joinByDomain",
            principal: self.scope.principal(),
            workspace: Some(&workspace_facts(workspace)),
            resource: &Resource::Workspace,
            target_role: None,
            target_tier: None,
            now: self.now,
        })
    }
}

fn may_list_members(
    bundle: &Bundle,
    principal: &Principal,
    workspace: &WorkspaceFacts,
    now: Timestamp,
) -> bool {
    let request = AccessRequest {
        action: "listMembers",
        principal,
        workspace: Some(workspace),
        resource: &Resource::Workspace,
        target_role: None,
        target_tier: None,
        now,
    };
    bundle.allows(&request)
}

/// Whether the caller may share links, asked once for each role and tier: a list of a thousand invitations
/// has few of them.
pub struct SharePermissions<'a, 'b, O: Operation> {
    state: &'a State<'b, O>,
    known: HashMap<(RoleId, Option<TierId>), bool>,
}

impl<'a, 'b, O: Operation<Scope: WorkspaceScope>> SharePermissions<'a, 'b, O> {
    /// Nothing was asked yet.
    pub fn of(state: &'a State<'b, O>) -> Self {
        Self { state, known: HashMap::new() }
    }

    /// Whether the caller may see the link of this invitation.
    pub fn may(&mut self, invitation: &Invitation) -> bool {
        self.may_for(&invitation.role, invitation.tier())
    }

    /// Whether the caller may see the link of this role.
    pub fn may_for_role(&mut self, role: &RoleId) -> bool {
        self.may_for(role, None)
    }

    fn may_for(&mut self, role: &RoleId, tier: Option<&TierId>) -> bool {
        let Self { state, known } = self;
        let key = (role.clone(), tier.cloned());
        *known.entry(key).or_insert_with(|| state.may_share(role, tier))
    }
}
