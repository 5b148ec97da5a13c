//! The actions that a caller may attempt, for clients that show or hide buttons.

use std::collections::BTreeSet;

use jiff::Timestamp;

use crate::bundle::Bundle;
use crate::decide::Decision;
use crate::facts::{Principal, ResourceKind, WorkspaceFacts};
use crate::gathered::{FactRef, GatheredQuestion};
use crate::placeholder::placeholders;
use crate::vocabulary::ActionInfo;

/// The reason of a denial where the product does not offer the action at all.
pub const NOT_OFFERED: &str = "not_offered";

impl Bundle {
    /// Whether the pack offers what the action is about. If not, nobody may do it, whatever the policies say.
    pub fn offers(&self, info: &ActionInfo) -> bool {
        info.offers.is_empty() || info.offers.iter().any(|offer| offer.is_of(self.pack()))
    }

    /// Decides which actions a caller may attempt in a workspace: each action that is asked about, with its
    /// decision. An action on the workspace is decided on the workspace. An action on a kind of resource in
    /// it is decided on the placeholders of that kind, and on each role that it could give: the most
    /// favourable decision is the answer. The operation itself decides anew, on the resource that it is
    /// called with.
    pub fn attempts(
        &self,
        caller: &Principal,
        workspace: &WorkspaceFacts,
        now: Timestamp,
        is_asked: impl Fn(&ActionInfo) -> bool,
    ) -> Vec<(&ActionInfo, Decision)> {
        let of_caller = |info: &&ActionInfo| info.principals.contains(&caller.kind());
        let asked: Vec<_> = self.actions().iter().filter(of_caller).filter(|info| is_asked(info)).collect();
        let decided = self.decide_all(caller, workspace, now, &asked);
        let decisions = decided.unwrap_or_else(|| vec![Decision::Deny { reason: None }; asked.len()]);
        let offered = |(info, decision)| {
            let unoffered = || Decision::Deny { reason: Some(NOT_OFFERED.to_owned()) };
            (info, if self.offers(info) { decision } else { unoffered() })
        };
        asked.into_iter().zip(decisions).map(offered).collect()
    }

    /// The decision on each action. Nothing, if the pack cannot express the request.
    pub(crate) fn decide_all(
        &self,
        caller: &Principal,
        workspace: &WorkspaceFacts,
        now: Timestamp,
        asked: &[&ActionInfo],
    ) -> Option<Vec<Decision>> {
        let pack = self.pack();
        let mut facts = self.gather(Some(workspace))?;
        let principal = facts.principal(caller)?;
        let kinds: BTreeSet<ResourceKind> = asked.iter().flat_map(|info| &info.resources).copied().collect();
        let mut targets: Vec<(ResourceKind, FactRef)> = Vec::new();
        for kind in kinds {
            for placeholder in placeholders(kind, pack, workspace, caller.member(), now) {
                targets.push((kind, facts.resource(&placeholder.resource)?));
            }
        }
        let facts = facts.finish()?;

        let decide = |info: &&ActionInfo| {
            let roles = pack.roles.iter().map(|role| Some(&role.id));
            let roles: Vec<_> = if info.takes_target_role { roles.collect() } else { vec![None] };
            let targets = targets.iter().filter(|(kind, _)| info.resources.contains(kind));
            let asked = targets.flat_map(|(_, target)| roles.iter().map(move |role| (target, *role)));
            most_favourable(asked.map(|(resource, target_role)| {
                let action = info.name.as_str();
                facts.decide(&GatheredQuestion { action, principal: &principal, resource, target_role, now })
            }))
        };
        Some(asked.iter().map(decide).collect())
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
