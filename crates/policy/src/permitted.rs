//! The roles that can do an action, for the sentence that tells a refused caller who may.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

use jiff::{SignedDuration, Timestamp};
use seatwise_domain::{RoleId, SeatId, TierId, UserId, WorkspaceId};

use crate::attempts::Check;
use crate::bundle::{Bundle, VariedAttribute};
use crate::decide::{Decision, Detail};
use crate::facts::{MemberFacts, Principal, PrincipalKind, SeatFacts, WorkspaceFacts};
use crate::placeholder::nobody;
use crate::source::Origin;
use crate::vocabulary::ActionInfo;

/// The roles that were found, by action and plan. A bundle never changes, so an answer is found once.
#[derive(Default)]
pub(crate) struct PermittedRoles(Mutex<HashMap<(String, String), Vec<RoleId>>>);

impl Bundle {
    /// The roles of the pack that can do an action in a workspace on this plan: with some seat, on some
    /// target, as the creator or not. In the order of the pack.
    pub fn permitted_roles(&self, action: &str, plan: &str, now: Timestamp) -> Vec<RoleId> {
        let Some(info) = self.action(action).filter(|info| self.offers(info)) else { return Vec::new() };
        let plan = self.pack().plan(plan).map_or(plan, |plan| &plan.id);
        let key = (action.to_owned(), plan.to_owned());
        let known = |roles: &PermittedRoles| {
            roles.0.lock().unwrap_or_else(PoisonError::into_inner).get(&key).cloned()
        };
        if let Some(roles) = known(&self.permitted) {
            return roles;
        }
        let roles = self.find_permitted_roles(info, plan, now);
        self.permitted.0.lock().unwrap_or_else(PoisonError::into_inner).insert(key, roles.clone());
        roles
    }

    /// Whether some role of the pack can do an action on some plan. The recovery floor alone cannot tell.
    pub fn is_permitted_to_some(&self, action: &str, now: Timestamp) -> bool {
        self.is_floor_only()
            || self.pack().plans.iter().any(|plan| !self.permitted_roles(action, &plan.id, now).is_empty())
    }

    /// Whether the bundle has no policies but those that are compiled in.
    pub fn is_floor_only(&self) -> bool {
        self.sources().iter().all(|source| source.origin != Origin::Pack)
    }

    /// Whether a policy of the pack gives this reason.
    pub fn is_reason_of_pack(&self, reason: &str) -> bool {
        let mut of_pack = self.sources().iter().filter(|source| source.origin == Origin::Pack);
        of_pack.any(|source| source.reason.as_deref() == Some(reason))
    }

    fn find_permitted_roles(&self, info: &ActionInfo, plan: &str, now: Timestamp) -> Vec<RoleId> {
        let creator = nobody("the creator");
        let workspace = WorkspaceFacts { id: WorkspaceId(creator.0), creator, plan: plan.to_owned() };
        let may = |member: MemberFacts| {
            let (caller, asked) = (Principal::Member(member), [Check::of(info)]);
            let decided = self.decide_all(&caller, &workspace, now, &asked, Detail::Permission);
            decided.is_some_and(|decisions| decisions.contains(&Decision::Allow))
        };
        let is_of_members = info.principals.contains(&PrincipalKind::Member);
        let roles = self.pack().roles.iter().map(|role| &role.id).filter(|_| is_of_members);
        let can = |role: &&RoleId| {
            let callers = [nobody("the caller"), creator];
            let is_timed = self.looks_at(&info.name, &[VariedAttribute::JoinedAt]);
            let seatings = |user| self.seatings(&workspace, user, role, now);
            let newcomer = |member| MemberFacts { joined_at: now, ..member };
            callers
                .into_iter()
                .any(|user| seatings(user).any(may) || is_timed && seatings(user).map(newcomer).any(may))
        };
        roles.filter(can).cloned().collect()
    }

    /// A member with the role, on each kind of seat that the pack has.
    fn seatings<'a>(
        &'a self,
        workspace: &'a WorkspaceFacts,
        user: UserId,
        role: &'a RoleId,
        now: Timestamp,
    ) -> impl Iterator<Item = MemberFacts> + 'a {
        let seats = &self.pack().seats;
        let plain = MemberFacts::with_role(workspace.id, user, role);
        let free = MemberFacts { free_slot: true, ..plain.clone() };
        let paid_until = now.saturating_add(SignedDuration::from_hours(24)).unwrap_or(now);
        let seat = move |tier: &TierId| SeatFacts {
            workspace: workspace.id,
            id: SeatId(user.0),
            tier: tier.clone(),
            live: true,
            paid_until: Some(paid_until),
        };
        let seated = plain.clone();
        let seated =
            seats.tiers.iter().map(move |tier| MemberFacts { seat: Some(seat(&tier.id)), ..seated.clone() });
        [plain].into_iter().chain((seats.free_slots > 0).then_some(free)).chain(seated)
    }
}
