//! The actions that a caller may attempt, for clients that show or hide buttons.
//!
//! A client asks about an action alone, or about an action on a target: the menu on a row. Many questions of one
//! caller are decided on facts that are gathered once.

use std::collections::BTreeSet;

use jiff::Timestamp;
use seatwise_domain::{Pack, RoleId, TierId};

use crate::bundle::{Bundle, VariedAttribute};
use crate::decide::{Decision, Detail};
use crate::decision_class::DecisionCache;
use crate::facts::{AccessRequest, Principal, Resource, ResourceKind, WorkspaceFacts};
use crate::gathered::{GatheredQuestion, ResourceRef};
use crate::placeholder::{Varied, varied_placeholders};
use crate::vocabulary::ActionInfo;

/// The reason of a denial where the product does not offer the action at all.
pub const NOT_OFFERED: &str = "not_offered";

/// May a caller attempt an action in a workspace?
#[derive(Clone, Copy, Debug)]
pub struct Check<'a> {
    /// The action.
    pub action: &'a ActionInfo,
    /// The target. Without one, the most favourable of all that the action could have is asked about.
    pub resource: Option<&'a Resource>,
    /// The role that would be given, for an action that gives one. Without one, an invitation keeps its role, and of
    /// other targets the most favourable role is asked about.
    pub target_role: Option<&'a RoleId>,
    /// The tier of the seat that would be given, for an action that gives one. Without one, an invitation keeps its
    /// seat, and of other targets the most favourable is asked about: each tier, and a seat of any tier.
    pub target_tier: Option<&'a TierId>,
}

/// A target that stands for others.
struct StandIn {
    kind: ResourceKind,
    fact: ResourceRef,
    /// Whether it differs from another one only in what few policies look at.
    is_variant: bool,
}

impl Bundle {
    /// Whether the pack offers what the action is about. If not, nobody may do it, whatever the policies say.
    pub fn offers(&self, info: &ActionInfo) -> bool {
        info.offers.is_empty() || info.offers.iter().any(|offer| offer.is_of(self.pack()))
    }

    /// The actions that a caller may attempt in a workspace. An action on the workspace is decided on the workspace. An
    /// action on a kind of resource in it is decided on the placeholders of that kind, and on each role that it could
    /// give: one permission is enough. The operation itself decides anew, on the resource that it is called with.
    pub fn attempts(
        &self,
        caller: &Principal,
        workspace: &WorkspaceFacts,
        now: Timestamp,
    ) -> Vec<&ActionInfo> {
        let is_asked = |info: &&ActionInfo| info.principals.contains(&caller.kind()) && self.offers(info);
        let asked: Vec<_> = self.actions().iter().filter(is_asked).collect();
        let checks: Vec<_> = asked.iter().map(|action| Check::of(action)).collect();
        let decided =
            self.decide_all(caller, workspace, now, &checks, Detail::Permission).unwrap_or_default();
        let allowed = asked.into_iter().zip(decided).filter(|(_, decision)| *decision == Decision::Allow);
        allowed.map(|(action, _)| action).collect()
    }

    /// The decision on each check, in their order. A denial on a target has the reason that the caller may know
    /// (K53).
    pub fn decide_checks(
        &self,
        caller: &Principal,
        workspace: &WorkspaceFacts,
        now: Timestamp,
        checks: &[Check<'_>],
    ) -> Vec<Decision> {
        let decided = self.decide_all(caller, workspace, now, checks, Detail::Reason);
        let decisions = decided.unwrap_or_else(|| vec![Decision::Deny { reason: None }; checks.len()]);
        let told = |(check, decision): (&Check<'_>, Decision)| match check.resource {
            _ if !self.offers(check.action) => Decision::Deny { reason: Some(NOT_OFFERED.to_owned()) },
            Some(resource) if decision != Decision::Allow => {
                let (action, workspace) = (check.action.name.as_str(), Some(workspace));
                let target_role = check.target_role.or_else(|| resource.role());
                let target_role = target_role.filter(|_| check.action.takes_target_role);
                let target_tier = check.target_tier.or_else(|| resource.kept_tier());
                let target_tier = target_tier.filter(|_| check.action.takes_target_tier);
                let principal = caller;
                self.denial(
                    &AccessRequest { action, principal, workspace, resource, target_role, target_tier, now },
                    decision,
                )
            }
            _ => decision,
        };
        checks.iter().zip(decisions).map(told).collect()
    }

    /// The decision on each check. Nothing, if the pack cannot express the request.
    pub(crate) fn decide_all(
        &self,
        caller: &Principal,
        workspace: &WorkspaceFacts,
        now: Timestamp,
        checks: &[Check<'_>],
        detail: Detail,
    ) -> Option<Vec<Decision>> {
        let pack = self.pack();
        let actions = checks.iter().map(|check| check.action.name.as_str());
        let mut facts = self.gather_for(actions, Some(workspace), now)?;
        let without = checks.iter().filter(|check| check.resource.is_none());
        let varied = self.varied(without.clone());
        let kinds: BTreeSet<ResourceKind> =
            without.flat_map(|check| &check.action.resources).copied().collect();
        // Of two facts about one person, the first counts: what was read precedes what stands in for others.
        let principal = facts.principal(caller)?;
        let mut named: Vec<Option<ResourceRef>> = Vec::new();
        for check in checks {
            named.push(match check.resource {
                Some(resource) => Some(facts.resource(resource)?),
                None => None,
            });
        }
        let mut stand_ins: Vec<StandIn> = Vec::new();
        for kind in kinds {
            for placeholder in varied_placeholders(kind, pack, workspace, caller.member(), now, varied) {
                let fact = facts.resource(&placeholder.resource)?;
                stand_ins.push(StandIn { kind, fact, is_variant: placeholder.is_variant });
            }
        }
        let facts = facts.finish()?;

        let mut cache = DecisionCache::about(&facts, detail);
        let decide = checks.iter().zip(&named).map(|(check, named)| {
            let action = check.action;
            let (roles, tiers) = (check.roles_to_ask(pack), self.tiers_to_ask(check));
            let looks_at_variants = self.looks_at_in_target(&action.name, &VARIANTS);
            let is_asked =
                |it: &&StandIn| action.resources.contains(&it.kind) && (looks_at_variants || !it.is_variant);
            let targets: Vec<&ResourceRef> = match named {
                Some(named) => vec![named],
                None => stand_ins.iter().filter(is_asked).map(|it| &it.fact).collect(),
            };
            let given = roles.iter().flat_map(|role| tiers.iter().map(move |tier| (*role, *tier)));
            let asked = targets.iter().flat_map(|target| given.clone().map(move |given| (*target, given)));
            let mut questions = asked.map(|(resource, (target_role, target_tier))| {
                let (action, principal) = (action.name.as_str(), &principal);
                GatheredQuestion { action, principal, resource, target_role, target_tier }
            });
            let Some(first) = questions.next() else { return Decision::Deny { reason: None } };
            let decision = cache.decide(&first);
            // Only if all targets are of one kind: a permit can name another kind.
            let first_stands_for_all = detail == Detail::Permission && action.resources.len() == 1;
            let mut are_denied_alike = || first_stands_for_all && cache.is_never_permitted(&first);
            if decision == Decision::Allow || questions.clone().next().is_none() || are_denied_alike() {
                return decision;
            }
            most_favourable([decision].into_iter().chain(questions.map(|question| cache.decide(&question))))
        });
        Some(decide.collect())
    }

    /// The tiers of the seat that would be given.
    fn tiers_to_ask<'c>(&'c self, check: &Check<'c>) -> Vec<Option<&'c TierId>> {
        match (check.target_tier, check.kept()) {
            _ if !check.action.takes_target_tier => vec![None],
            (Some(tier), _) => vec![Some(tier)],
            (None, Some(kept)) => vec![kept.tier()],
            (None, None) if self.looks_at(&check.action.name, &[VariedAttribute::TargetTier]) => {
                let tiers = self.pack().seats.tiers.iter().map(|tier| Some(&tier.id));
                [None].into_iter().chain(tiers).collect()
            }
            (None, None) => vec![None],
        }
    }

    /// What to vary in the targets that stand for others.
    fn varied<'c>(&self, mut checks: impl Iterator<Item = &'c Check<'c>> + Clone) -> Varied {
        let tiers = checks.clone().any(|it| {
            self.looks_at_in_target(&it.action.name, &[VariedAttribute::Seat, VariedAttribute::Tier])
        });
        let times = checks.any(|it| self.looks_at_in_target(&it.action.name, &[VariedAttribute::JoinedAt]));
        Varied { times, tiers }
    }
}

/// All roles. A denial has the reason of the first of them: that of the usual role says more than that of a role above
/// the caller's.
fn roles_to_try(pack: &Pack) -> Vec<Option<&RoleId>> {
    let joiner = &pack.roles_given.joiner;
    let others = pack.roles.iter().map(|role| &role.id).filter(|role| *role != joiner);
    [joiner].into_iter().chain(others).map(Some).collect()
}

/// The attributes of targets that are varied.
const VARIANTS: [VariedAttribute; 3] =
    [VariedAttribute::JoinedAt, VariedAttribute::Seat, VariedAttribute::Tier];

impl Resource {
    /// The tier of the seat that an invitation reserves, and keeps unless another one is asked for.
    fn kept_tier(&self) -> Option<&TierId> {
        (self.kind() == ResourceKind::Invitation).then(|| self.tier()).flatten()
    }
}

impl<'a> Check<'a> {
    /// About the action alone.
    pub fn of(action: &'a ActionInfo) -> Self {
        Self { action, resource: None, target_role: None, target_tier: None }
    }

    /// The invitation that the check is about: it keeps its role and its seat, unless others are named.
    fn kept(&self) -> Option<&'a Resource> {
        self.resource.filter(|resource| resource.kind() == ResourceKind::Invitation)
    }

    /// The roles that would be given.
    fn roles_to_ask(&self, pack: &'a Pack) -> Vec<Option<&'a RoleId>> {
        match self.target_role.or_else(|| self.kept()?.role()) {
            _ if !self.action.takes_target_role => vec![None],
            Some(role) => vec![Some(role)],
            None => roles_to_try(pack),
        }
    }
}

/// A permission; else a denial without a reason, where no policy forbids and none permits; else the first
/// denial.
fn most_favourable(decisions: impl Iterator<Item = Decision>) -> Decision {
    let mut best = None;
    for decision in decisions {
        match decision {
            Decision::Allow => return Decision::Allow,
            Decision::Deny { reason: None } => best = Some(decision),
            Decision::Deny { .. } => best = best.or(Some(decision)),
        }
    }
    best.unwrap_or(Decision::Deny { reason: None })
}
