//! An example workspace, in which a bundle is tried out.

use cedar_policy::{Entities, Request};
use jiff::{SignedDuration, Timestamp};
use seatwise_domain::pack::Tier;
use seatwise_domain::{Pack, RoleId, RoleName, SeatId, TierId, TierName, UserId, WorkspaceId};
use seatwise_policy::{
    ActionInfo, ApiKeyFacts, Bundle, DROPPED, GatheredFacts, GatheredQuestion, InvitationFacts, LeaveFacts,
    MemberFacts, Principal, PrincipalKind, PrincipalRef, Resource, ResourceKind, ResourceRef, SeatFacts,
    TARGET_SELF, UserFacts, Verdict, WorkspaceFacts, placeholders,
};

use crate::situation::{SERVICE, TimeAgo, UNVERIFIED_USER, USER, VISITOR, WorkspaceRelation};

/// The time of the examples.
const NOW: Timestamp = Timestamp::constant(1_893_456_000, 0);
const DAY: SignedDuration = SignedDuration::from_hours(24);

/// A workspace with one of every resource, and its callers, under a bundle.
pub(crate) struct ExampleStage<'b> {
    facts: GatheredFacts<'b>,
    callers: Vec<StagedCaller>,
    targets: Vec<StagedTarget>,
    roles: Vec<(RoleName, RoleId)>,
    tiers: Vec<(TierName, TierId)>,
}

struct StagedCaller {
    /// A role, or the name of a person outside.
    name: String,
    kind: PrincipalKind,
    fact: PrincipalRef,
}

struct StagedTarget {
    /// The member that it is about: `self`, `creator` or a role; empty where it is about nobody.
    of: String,
    kind: ResourceKind,
    fact: ResourceRef,
}

/// A request on a stage.
pub(crate) struct StagedRequest<'s> {
    facts: &'s GatheredFacts<'s>,
    pub(crate) action: &'s str,
    pub(crate) caller: &'s str,
    principal: &'s PrincipalRef,
    /// The member that it is done to: `self`, `creator` or a role; empty where it is done to nobody.
    pub(crate) on: &'s str,
    resource: &'s ResourceRef,
    /// The role that it gives; empty where it gives none.
    pub(crate) to: &'s str,
    target_role: Option<&'s RoleId>,
    /// The tier of the seat that it gives: [`ANY_TIER`] if it names none; empty where it gives no seat.
    pub(crate) tier: &'s str,
    target_tier: Option<&'s TierId>,
}

/// The tier of a request that gives a seat and leaves the choice to the service. It is no identifier.
pub const ANY_TIER: &str = "any tier";

impl StagedRequest<'_> {
    /// The answer of the bundle. Nothing, if the request does not conform to the schema.
    pub(crate) fn verdict(&self) -> Option<Verdict> {
        self.facts.explain(&self.question())
    }

    /// Whether it names no tier of a seat.
    pub(crate) fn is_of_any_tier(&self) -> bool {
        self.target_tier.is_none()
    }

    fn question(&self) -> GatheredQuestion<'_> {
        let Self { action, principal, resource, target_role, target_tier, .. } = *self;
        GatheredQuestion { action, principal, resource, target_role, target_tier }
    }
}

impl<'b> ExampleStage<'b> {
    /// The stage with the people outside, and with `caller` as a member. Nothing, if the schema of the pack
    /// lacks a tier or feature of somebody or something on it.
    pub(crate) fn new(
        bundle: &'b Bundle,
        relation: WorkspaceRelation,
        plan: Option<&str>,
        caller: Option<&ExampleCaller>,
    ) -> Option<Self> {
        Self::with_targets(bundle, relation, plan, caller, &ExampleTarget::default())
    }

    /// As [`Self::new`], with such members and invitations to act on.
    pub(crate) fn with_targets(
        bundle: &'b Bundle,
        relation: WorkspaceRelation,
        plan: Option<&str>,
        caller: Option<&ExampleCaller>,
        on: &ExampleTarget,
    ) -> Option<Self> {
        let workspace = workspace(bundle, plan);
        let member = caller.map(|caller| member(bundle.pack(), caller, relation));
        let mut facts = bundle.gather(Some(&workspace), NOW)?;
        let mut callers = Vec::new();
        for (name, principal) in principals(bundle, member.as_ref()) {
            let fact = facts.principal(&principal)?;
            callers.push(StagedCaller { name, kind: principal.kind(), fact });
        }
        let mut targets = Vec::new();
        for kind in ResourceKind::ALL {
            for target in placeholders(*kind, bundle.pack(), &workspace, member.as_ref(), NOW) {
                let resource = if target.of == TARGET_SELF {
                    target.resource
                } else {
                    on.applied_to(bundle.pack(), target.resource)
                };
                let fact = facts.resource(&resource)?;
                targets.push(StagedTarget { of: target.of, kind: *kind, fact });
            }
        }
        let roles = bundle.pack().roles.iter().map(|role| (role.name.clone(), role.id.clone())).collect();
        let tiers =
            bundle.pack().seats.tiers.iter().map(|tier| (tier.name.clone(), tier.id.clone())).collect();
        Some(Self { facts: facts.finish()?, callers, targets, roles, tiers })
    }

    /// Every request about an action by callers of that kind.
    pub(crate) fn requests<'s>(
        &'s self,
        kind: PrincipalKind,
        info: &'s ActionInfo,
    ) -> impl Iterator<Item = StagedRequest<'s>> {
        let callers = self.callers.iter().filter(move |caller| caller.kind == kind);
        let targets = move || self.targets.iter().filter(|it| info.resources.contains(&it.kind));
        let given = move || {
            let none = (!info.takes_target_role).then_some(("", None));
            let roles = self.roles.iter().filter(|_| info.takes_target_role);
            none.into_iter().chain(roles.map(|(name, role)| (name.as_str(), Some(role))))
        };
        let seats = move || {
            let none = if info.takes_target_tier { ANY_TIER } else { "" };
            let tiers = self.tiers.iter().filter(|_| info.takes_target_tier);
            [(none, None)].into_iter().chain(tiers.map(|(name, tier)| (name.as_str(), Some(tier))))
        };
        let given = move || given().flat_map(move |role| seats().map(move |seat| (role, seat)));
        callers.flat_map(move |caller| {
            targets().flat_map(move |target| {
                given().map(move |((to, target_role), (tier, target_tier))| StagedRequest {
                    facts: &self.facts,
                    action: &info.name,
                    caller: &caller.name,
                    principal: &caller.fact,
                    on: &target.of,
                    resource: &target.fact,
                    to,
                    target_role,
                    tier,
                    target_tier,
                })
            })
        })
    }
}

/// The people outside any workspace, the services, and the member, each with their name.
fn principals(bundle: &Bundle, member: Option<&MemberFacts>) -> Vec<(String, Principal)> {
    let user = |name: &str, email_verified| {
        (name.to_owned(), Principal::User(UserFacts { id: person(name), email_verified }))
    };
    let outside = [(VISITOR.to_owned(), Principal::Visitor), user(USER, true), user(UNVERIFIED_USER, false)];
    let member = member
        .map(|member| (bundle.pack().role_name(&member.role).to_string(), Principal::Member(member.clone())));
    let services = bundle.pack().services.iter();
    let services = services.map(|it| (format!("{SERVICE}{}", it.id), Principal::Service(it.id.clone())));
    outside.into_iter().chain(services).chain(member).collect()
}

fn person(name: &str) -> UserId {
    UserId::of_identity("example", name)
}

fn seat(workspace: WorkspaceId, tier: &TierId, live: bool) -> SeatFacts {
    let paid_until = if live { NOW.saturating_add(DAY) } else { NOW.saturating_sub(DAY) };
    let id = SeatId(person(&tier.0).0);
    SeatFacts { workspace, id, tier: tier.clone(), live, paid_until: Some(paid_until.unwrap_or(NOW)) }
}

/// The example workspace, on the plan that workspaces start on or on another.
fn workspace(bundle: &Bundle, plan: Option<&str>) -> WorkspaceFacts {
    let plan = plan.unwrap_or(&bundle.pack().billing.plan).to_owned();
    WorkspaceFacts { id: WorkspaceId(person("workspace").0), creator: person("creator"), plan }
}

/// A member of the example workspace, or of another.
#[derive(Clone, Debug)]
pub(crate) struct ExampleCaller {
    pub(crate) role: RoleName,
    pub(crate) seat: SeatState,
    pub(crate) creator: bool,
    /// How long ago they joined; none for long ago.
    pub(crate) joined: Option<TimeAgo>,
}

/// The members and invitations of an example that things are done to.
#[derive(Clone, Debug, Default)]
pub(crate) struct ExampleTarget {
    /// The tier of their seat; none, if they have no seat.
    pub(crate) seat: Option<TierName>,
    /// How long ago the members joined; none for long ago.
    pub(crate) joined: Option<TimeAgo>,
}

impl ExampleTarget {
    /// The resource, so.
    fn applied_to(&self, pack: &Pack, resource: Resource) -> Resource {
        let tier = self.seat.as_ref().map(|tier| pack.tier_id(tier));
        let member = |plain: MemberFacts| {
            let held = |tier| SeatFacts { id: SeatId(plain.user.0), ..seat(plain.workspace, tier, true) };
            let joined_at = self.joined.as_ref().map_or(plain.joined_at, |ago| ago.before(NOW));
            MemberFacts { seat: tier.as_ref().map(held), joined_at, ..plain }
        };
        match resource {
            Resource::Member(plain) => Resource::Member(member(plain)),
            Resource::LeaveRequest(leave) => {
                Resource::LeaveRequest(LeaveFacts { requester: member(leave.requester), ..leave })
            }
            Resource::ApiKey(key) => Resource::ApiKey(ApiKeyFacts { owner: member(key.owner), ..key }),
            Resource::Invitation(plain) => {
                Resource::Invitation(InvitationFacts { tier: tier.clone(), ..plain })
            }
            other @ (Resource::Platform | Resource::Workspace | Resource::Seat(_)) => other,
        }
    }
}

/// The seat of an example caller.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum SeatState {
    None,
    Free,
    Live(TierName),
    Lapsed(TierName),
}

impl SeatState {
    /// Every state that a seat of the pack can have.
    pub(crate) fn all(bundle: &Bundle) -> Vec<Self> {
        let seats = &bundle.pack().seats;
        let free = (seats.free_slots > 0).then_some(Self::Free);
        let of_tier = |tier: &Tier| [Self::Live(tier.name.clone()), Self::Lapsed(tier.name.clone())];
        [Self::None].into_iter().chain(free).chain(seats.tiers.iter().flat_map(of_tier)).collect()
    }

    pub(crate) fn label(&self) -> String {
        match self {
            Self::None => "no seat".to_owned(),
            Self::Free => "free slot".to_owned(),
            Self::Live(tier) => format!("{tier} seat"),
            Self::Lapsed(tier) => format!("lapsed {tier} seat"),
        }
    }
}

/// The membership of an example caller: of the example workspace, unless that is foreign to them.
fn member(pack: &Pack, caller: &ExampleCaller, relation: WorkspaceRelation) -> MemberFacts {
    let home = match relation {
        WorkspaceRelation::Own => "workspace",
        WorkspaceRelation::Foreign => "another workspace",
    };
    let home = WorkspaceId(person(home).0);
    let (held, free_slot) = match &caller.seat {
        SeatState::None => (None, false),
        SeatState::Free => (None, true),
        SeatState::Live(tier) => (Some(seat(home, &pack.tier_id(tier), true)), false),
        SeatState::Lapsed(tier) => (Some(seat(home, &pack.tier_id(tier), false)), false),
    };
    let user = if caller.creator { person("creator") } else { person("caller") };
    let plain = MemberFacts::with_role(home, user, &pack.role_id(&caller.role));
    let joined_at = caller.joined.as_ref().map_or(plain.joined_at, |ago| ago.before(NOW));
    MemberFacts { seat: held, free_slot, joined_at, ..plain }
}

/// Every example request as Cedar gets it: of every possible member of the workspace, on every plan. For
/// tests of the assumptions about all requests.
pub fn visit_requests(bundle: &Bundle, mut visit: impl FnMut(&Request, &Entities)) {
    for stage in all(bundle) {
        for info in bundle.actions() {
            let requests = info.principals.iter().flat_map(|kind| stage.requests(*kind, info));
            for request in requests {
                if let Some((request, entities)) = stage.facts.to_cedar(&request.question()) {
                    visit(&request, entities);
                }
            }
        }
    }
}

/// The stages of every possible caller, with a role and a tier that the pack dropped as well.
fn all(bundle: &Bundle) -> impl Iterator<Item = ExampleStage<'_>> {
    let dropped = SeatState::Live(TierName(DROPPED.to_owned()));
    let seats: Vec<_> = SeatState::all(bundle).into_iter().chain([dropped]).collect();
    let roles = bundle.pack().roles.iter().map(|role| role.name.clone());
    let callers = roles.chain([RoleName(DROPPED.to_owned())]).flat_map(move |role| {
        let of_role = |seat: SeatState| {
            [false, true].map(|creator| {
                let (role, seat) = (role.clone(), seat.clone());
                ExampleCaller { role, seat, creator, joined: None }
            })
        };
        seats.clone().into_iter().flat_map(of_role).collect::<Vec<_>>()
    });
    callers.flat_map(move |caller| {
        let plans = bundle.pack().plans.iter();
        let own = WorkspaceRelation::Own;
        // Some have seated members to act on, some others.
        let tier = bundle.pack().seats.tiers.first().filter(|_| caller.creator);
        let on = ExampleTarget { seat: tier.map(|tier| tier.name.clone()), joined: None };
        let stages = plans.filter_map(move |plan| {
            ExampleStage::with_targets(bundle, own, Some(&plan.id), Some(&caller), &on)
        });
        stages.collect::<Vec<_>>()
    })
}

#[cfg(test)]
mod tests {
    use seatwise_policy::packs;

    use super::*;
    use crate::situation::words_of_cases;

    #[test]
    fn whoever_an_example_names_is_a_role_a_service_or_a_word_of_the_cases() {
        for name in packs::names() {
            let bundle = Bundle::compile(&packs::files(name).unwrap()).unwrap();
            let mut words = std::collections::BTreeSet::new();
            for stage in all(&bundle) {
                let callers = stage.callers.iter().map(|caller| caller.name.clone());
                words.extend(callers.chain(stage.targets.iter().map(|target| target.of.clone())));
            }
            let dropped = bundle.pack().role_name(&RoleId(DROPPED.to_owned()));
            let is_role = |word: &str| word == dropped.as_str() || bundle.pack().role_called(word).is_some();
            words.retain(|word| !(word.is_empty() || is_role(word) || word.starts_with(SERVICE)));
            let known: std::collections::BTreeSet<_> = words_of_cases().map(ToOwned::to_owned).collect();
            assert_eq!(words, known, "{name}");
        }
    }
}
