//! An example workspace, in which a bundle is tried out.
//!
//! The stage holds facts only. A request about it is decided by [`Bundle::explain`], the way a
//! function's request is.

use jiff::{SignedDuration, Timestamp};
use seatwise_domain::pack::Tier;
use seatwise_domain::{RoleId, SeatId, TierId, UserId, WorkspaceId};
use seatwise_policy::{
    AccessRequest, ActionInfo, Bundle, MemberFacts, Placeholder, Principal, PrincipalKind, Resource,
    ResourceKind, SeatFacts, UserFacts, Verdict, WorkspaceFacts, placeholders,
};

use crate::situation::WorkspaceState;

/// The time of the examples.
const NOW: Timestamp = Timestamp::constant(1_893_456_000, 0);
const DAY: SignedDuration = SignedDuration::from_hours(24);

/// A workspace with one of every resource, and its callers.
pub(crate) struct ExampleStage {
    workspace: WorkspaceFacts,
    /// Each with its name: a role, or what a person outside is called.
    callers: Vec<(String, Principal)>,
    targets: Vec<Placeholder>,
    roles: Vec<RoleId>,
}

/// A request on a stage.
pub(crate) struct StagedRequest<'s> {
    workspace: &'s WorkspaceFacts,
    pub(crate) action: &'s str,
    pub(crate) caller: &'s str,
    principal: &'s Principal,
    /// The member that it is done to: `self`, `creator` or a role; empty where it is done to nobody.
    pub(crate) on: &'s str,
    resource: &'s Resource,
    /// The role that it gives; empty where it gives none.
    pub(crate) to: &'s str,
    target_role: Option<&'s RoleId>,
}

impl StagedRequest<'_> {
    /// What the bundle says. Nothing, if the pack cannot express the request.
    pub(crate) fn verdict(&self, bundle: &Bundle) -> Option<Verdict> {
        bundle.explain(&self.request())
    }

    pub(crate) fn request(&self) -> AccessRequest<'_> {
        AccessRequest {
            action: self.action,
            principal: self.principal,
            workspace: Some(self.workspace),
            resource: self.resource,
            target_role: self.target_role,
            now: NOW,
        }
    }
}

impl ExampleStage {
    /// The stage with the people outside, and with `caller` as a member. Nothing, if the pack cannot
    /// express a caller or the workspace.
    pub(crate) fn new(
        bundle: &Bundle,
        state: WorkspaceState,
        plan: Option<&str>,
        caller: Option<&ExampleCaller>,
    ) -> Option<Self> {
        let pack = bundle.pack();
        let workspace = workspace(bundle, state, plan);
        let member = caller.map(|caller| member(caller, state));
        let user =
            |name: &str, email_verified| Principal::User(UserFacts { id: person(name), email_verified });
        let mut callers = vec![
            ("visitor".to_owned(), Principal::Visitor),
            ("user".to_owned(), user("user", true)),
            ("unverified user".to_owned(), user("unverified user", false)),
        ];
        callers
            .extend(member.iter().map(|member| (member.role.to_string(), Principal::Member(member.clone()))));
        let targets = ResourceKind::ALL
            .iter()
            .flat_map(|kind| placeholders(*kind, pack, &workspace, member.as_ref(), NOW));
        let stage = Self {
            targets: targets.collect(),
            roles: pack.roles.iter().map(|role| role.id.clone()).collect(),
            workspace,
            callers,
        };
        stage.is_expressible(bundle).then_some(stage)
    }

    /// Whether the pack's schema has the tiers and features of everybody and everything here.
    fn is_expressible(&self, bundle: &Bundle) -> bool {
        let targets = || self.targets.iter().map(|target| &target.resource);
        let caller = self.callers.last().map(|(_, principal)| principal);
        caller.is_some_and(|caller| bundle.can_express(caller, &self.workspace, targets()))
    }

    /// Every request about an action by callers of that kind.
    pub(crate) fn requests<'s>(
        &'s self,
        kind: PrincipalKind,
        info: &'s ActionInfo,
    ) -> impl Iterator<Item = StagedRequest<'s>> {
        let callers = self.callers.iter().filter(move |(_, caller)| caller.kind() == kind);
        let targets = move || self.targets.iter().filter(|it| info.resources.contains(&it.resource.kind()));
        let given = move || {
            let none = (!info.takes_target_role).then_some(("", None));
            let roles = self.roles.iter().filter(|_| info.takes_target_role);
            none.into_iter().chain(roles.map(|role| (role.as_str(), Some(role))))
        };
        callers.flat_map(move |(caller, principal)| {
            targets().flat_map(move |target| {
                given().map(move |(to, target_role)| StagedRequest {
                    workspace: &self.workspace,
                    action: &info.name,
                    caller,
                    principal,
                    on: &target.of,
                    resource: &target.resource,
                    to,
                    target_role,
                })
            })
        })
    }
}

fn person(name: &str) -> UserId {
    UserId::of_identity("example", name)
}

fn seat(workspace: WorkspaceId, tier: &TierId, live: bool) -> SeatFacts {
    let paid_until = if live { NOW.saturating_add(DAY) } else { NOW.saturating_sub(DAY) };
    let id = SeatId(person(tier.as_str()).0);
    SeatFacts { workspace, id, tier: tier.clone(), live, paid_until: Some(paid_until.unwrap_or(NOW)) }
}

/// The example workspace, on the plan that workspaces start on or on another.
fn workspace(bundle: &Bundle, state: WorkspaceState, plan: Option<&str>) -> WorkspaceFacts {
    let plan = plan.unwrap_or(&bundle.pack().billing.plan).to_owned();
    WorkspaceFacts {
        id: WorkspaceId(person("workspace").0),
        creator: person("creator"),
        active: state != WorkspaceState::Suspended,
        plan,
    }
}

/// A member of the example workspace, or of another.
#[derive(Clone, Debug)]
pub(crate) struct ExampleCaller {
    pub(crate) role: RoleId,
    pub(crate) seat: SeatState,
    pub(crate) creator: bool,
}

/// The seat of an example caller.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum SeatState {
    None,
    Free,
    Live(TierId),
    Lapsed(TierId),
}

impl SeatState {
    /// Every state that a seat of the pack can have.
    pub(crate) fn all(bundle: &Bundle) -> Vec<Self> {
        let seats = &bundle.pack().seats;
        let free = (seats.free_slots > 0).then_some(Self::Free);
        let of_tier = |tier: &Tier| [Self::Live(tier.id.clone()), Self::Lapsed(tier.id.clone())];
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
fn member(caller: &ExampleCaller, state: WorkspaceState) -> MemberFacts {
    let home = match state {
        WorkspaceState::Active | WorkspaceState::Suspended => "workspace",
        WorkspaceState::Foreign => "another workspace",
    };
    let home = WorkspaceId(person(home).0);
    let (held, free_slot) = match &caller.seat {
        SeatState::None => (None, false),
        SeatState::Free => (None, true),
        SeatState::Live(tier) => (Some(seat(home, tier, true)), false),
        SeatState::Lapsed(tier) => (Some(seat(home, tier, false)), false),
    };
    let user = if caller.creator { person("creator") } else { person("caller") };
    MemberFacts { seat: held, free_slot, ..MemberFacts::with_role(home, user, &caller.role) }
}

/// Every example request as Cedar gets it: of every possible member, on every plan, in a workspace in
/// use and in a suspended one. For tests of what is assumed of all requests.
pub fn visit_requests(
    bundle: &Bundle,
    mut visit: impl FnMut(&cedar_policy::Request, &cedar_policy::Entities),
) {
    for stage in all(bundle) {
        for info in bundle.actions() {
            let requests = info.principals.iter().flat_map(|kind| stage.requests(*kind, info));
            for (request, entities) in requests.filter_map(|request| bundle.to_cedar(&request.request())) {
                visit(&request, &entities);
            }
        }
    }
}

fn all(bundle: &Bundle) -> impl Iterator<Item = ExampleStage> {
    let seats = SeatState::all(bundle);
    let callers = bundle.pack().roles.iter().flat_map(move |role| {
        let of_role = |seat: SeatState| {
            [false, true].map(|creator| ExampleCaller { role: role.id.clone(), seat: seat.clone(), creator })
        };
        seats.clone().into_iter().flat_map(of_role).collect::<Vec<_>>()
    });
    let places = |caller: ExampleCaller| {
        [WorkspaceState::Active, WorkspaceState::Suspended].map(|state| (caller.clone(), state))
    };
    callers.flat_map(places).flat_map(move |(caller, state)| {
        let plans = bundle.pack().plans.iter();
        let stages =
            plans.filter_map(move |plan| ExampleStage::new(bundle, state, Some(&plan.id), Some(&caller)));
        stages.collect::<Vec<_>>()
    })
}
