//! Examples of everything in a workspace, on which a bundle is tried out.

use cedar_policy::{Entities, EntityUid};
use jiff::{SignedDuration, Timestamp};
use seatwise_domain::{InvitationId, LeaveRequestId, RoleId, SeatId, TierId, UserId, WorkspaceId};
use serde::Serialize;

use crate::bundle::{Bundle, Verdict};
use crate::cast::Cast;
use crate::facts::{InvitationFacts, LeaveFacts, MemberFacts, SeatFacts, UserFacts, WorkspaceFacts};
use crate::vocabulary::{ActionInfo, PrincipalKind, ResourceKind};

/// When the examples play.
const NOW: Timestamp = Timestamp::constant(1_893_456_000, 0);
const DAY: SignedDuration = SignedDuration::from_hours(24);

/// A workspace with one of everything in it.
pub(crate) struct Stage {
    pub(crate) entities: Entities,
    pub(crate) now: Timestamp,
    callers: Vec<Example<PrincipalKind>>,
    resources: Vec<Example<ResourceKind>>,
    roles: Vec<(RoleId, EntityUid)>,
}

/// Something or somebody on the stage.
struct Example<K> {
    kind: K,
    /// What tells it from others of its kind.
    label: String,
    uid: EntityUid,
}

/// A request about what is on a stage.
pub(crate) struct Question<'s> {
    pub(crate) stage: &'s Stage,
    pub(crate) action: &'s str,
    pub(crate) caller: &'s str,
    pub(crate) principal: &'s EntityUid,
    pub(crate) target: &'s str,
    pub(crate) resource: &'s EntityUid,
    pub(crate) given: &'s str,
    pub(crate) target_role: Option<&'s EntityUid>,
}

impl Stage {
    /// The people outside, and with `caller` a member; nothing if the pack cannot express it.
    pub(crate) fn new(
        bundle: &Bundle,
        workspace: &WorkspaceFacts,
        caller: Option<&MemberFacts>,
        now: Timestamp,
    ) -> Option<Self> {
        let pack = bundle.pack();
        let mut cast = Cast::new(pack);
        let mut callers = vec![example(PrincipalKind::Visitor, "visitor", cast.visitor())];
        for (label, email_verified) in [("user", true), ("unverified user", false)] {
            let uid = cast.user(&UserFacts { id: person(label), email_verified })?;
            callers.push(example(PrincipalKind::User, label, uid));
        }
        if let Some(caller) = caller {
            callers.push(example(PrincipalKind::Member, caller.role.as_str(), cast.member(caller)?));
        }

        let mut resources = vec![
            example(ResourceKind::Platform, "", cast.platform()),
            example(ResourceKind::Workspace, "", cast.workspace(workspace)?),
        ];
        if let Some(tier) = pack.seats.tiers.first() {
            let seat = seat(workspace.id, &tier.id, true, now);
            resources.push(example(ResourceKind::Seat, "", cast.seat(&seat)?));
        }
        for (label, member) in members(bundle, workspace, caller) {
            resources.push(example(ResourceKind::Member, &label, cast.member(&member)?));
            let id = LeaveRequestId { user: member.user, serial: member.user.0 };
            let leave = LeaveFacts { id, workspace: workspace.id, requester: member };
            resources.push(example(ResourceKind::LeaveRequest, &label, cast.leave_request(&leave)?));
        }
        for role in &pack.roles {
            let id = InvitationId { workspace: workspace.id, serial: person(role.id.as_str()).0 };
            let invitation = InvitationFacts { id, role: role.id.clone() };
            let uid = cast.invitation(&invitation)?;
            resources.push(example(ResourceKind::Invitation, role.id.as_str(), uid));
        }
        let roles = pack.roles.iter().map(|role| Some((role.id.clone(), cast.role(&role.id)?)));
        let roles = roles.collect::<Option<Vec<_>>>()?;
        Some(Self { entities: cast.entities(bundle.vocabulary())?, now, callers, resources, roles })
    }

    /// Every way to ask about an action.
    pub(crate) fn questions<'s>(
        &'s self,
        kind: PrincipalKind,
        info: &'s ActionInfo,
    ) -> impl Iterator<Item = Question<'s>> {
        let callers = self.callers.iter().filter(move |caller| caller.kind == kind);
        let targets = move || self.resources.iter().filter(|it| info.resources.contains(&it.kind));
        let given = move || {
            let none = (!info.takes_target_role).then_some(("", None));
            let roles = self.roles.iter().filter(|_| info.takes_target_role);
            none.into_iter().chain(roles.map(|(role, uid)| (role.as_str(), Some(uid))))
        };
        callers.flat_map(move |caller| {
            targets().flat_map(move |target| {
                given().map(move |(given, target_role)| Question {
                    stage: self,
                    action: &info.name,
                    caller: &caller.label,
                    principal: &caller.uid,
                    target: &target.label,
                    resource: &target.uid,
                    given,
                    target_role,
                })
            })
        })
    }
}

fn example<K>(kind: K, label: &str, uid: EntityUid) -> Example<K> {
    Example { kind, label: label.to_owned(), uid }
}

/// Members by what they are to the caller: themselves, one of each role, the creator.
fn members(
    bundle: &Bundle,
    workspace: &WorkspaceFacts,
    caller: Option<&MemberFacts>,
) -> Vec<(String, MemberFacts)> {
    let pack = bundle.pack();
    let other = |user, role: &RoleId| MemberFacts {
        workspace: workspace.id,
        user,
        role: role.clone(),
        seat: None,
        free_slot: false,
    };
    let own = caller.filter(|caller| caller.workspace == workspace.id);
    let mut members: Vec<_> = own.map(|own| ("self".to_owned(), own.clone())).into_iter().collect();
    for role in &pack.roles {
        members.push((role.id.to_string(), other(person(role.id.as_str()), &role.id)));
    }
    if own.is_none_or(|own| own.user != workspace.creator) {
        members.push(("creator".to_owned(), other(workspace.creator, &pack.roles_given.creator)));
    }
    members
}

fn person(name: &str) -> UserId {
    UserId::of_identity("example", name)
}

fn seat(workspace: WorkspaceId, tier: &TierId, live: bool, now: Timestamp) -> SeatFacts {
    let paid_until = if live { now.saturating_add(DAY) } else { now.saturating_sub(DAY) };
    let id = SeatId(person(tier.as_str()).0);
    SeatFacts { workspace, id, tier: tier.clone(), live, paid_until: Some(paid_until.unwrap_or(now)) }
}

/// Where somebody asks.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "camelCase")]
pub enum Place {
    /// In their workspace, or in none.
    Active,
    /// In their workspace, which is suspended.
    Suspended,
    /// A workspace that the caller is no member of, being a member of another.
    Foreign,
}

/// The example workspace, on the plan that workspaces start on or on another.
pub(crate) fn workspace(bundle: &Bundle, active: bool, plan: Option<&str>) -> WorkspaceFacts {
    let plan = plan.unwrap_or(&bundle.pack().billing.plan).to_owned();
    WorkspaceFacts { id: home(), creator: person("creator"), active, plan }
}

fn home() -> WorkspaceId {
    WorkspaceId(person("workspace").0)
}

/// Plans that differ in what a workspace on them may use: of each such group the first, and what to
/// call them. Nothing to call them where all are alike.
pub(crate) fn plans(bundle: &Bundle) -> Vec<(&str, String)> {
    grouped(bundle.pack().plans.iter().map(|plan| (plan.id.as_str(), plan.features.as_slice())))
}

/// As [`plans`], of plans with whatever tells them apart.
pub(crate) fn grouped<'b, F: PartialEq>(plans: impl Iterator<Item = (&'b str, F)>) -> Vec<(&'b str, String)> {
    let mut groups: Vec<(F, Vec<&str>)> = Vec::new();
    for (id, features) in plans {
        match groups.iter_mut().find(|(known, _)| *known == features) {
            Some((_, ids)) => ids.push(id),
            None => groups.push((features, vec![id])),
        }
    }
    let differ = groups.len() > 1;
    let label = |ids: &[&str]| if differ { format!("{} plan", ids.join("/")) } else { String::new() };
    groups.iter().map(|(_, ids)| (ids[0], label(ids))).collect()
}

/// Who asks, in the example workspace or as a member of another.
#[derive(Clone, Debug)]
pub(crate) struct Caller {
    pub(crate) role: RoleId,
    pub(crate) seat: SeatState,
    pub(crate) creator: bool,
}

/// What the caller sits on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum SeatState {
    None,
    Free,
    Live(TierId),
    Lapsed(TierId),
}

impl SeatState {
    /// All there are in a pack.
    pub(crate) fn all(bundle: &Bundle) -> Vec<Self> {
        let seats = &bundle.pack().seats;
        let free = (seats.free_slots > 0).then_some(Self::Free);
        let of_tier =
            |tier: &seatwise_domain::pack::Tier| [Self::Live(tier.id.clone()), Self::Lapsed(tier.id.clone())];
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

/// The caller's membership; of the example workspace, unless foreign.
pub(crate) fn member(caller: &Caller, place: Place) -> MemberFacts {
    let home = match place {
        Place::Active | Place::Suspended => home(),
        Place::Foreign => WorkspaceId(person("another workspace").0),
    };
    let (held, free_slot) = match &caller.seat {
        SeatState::None => (None, false),
        SeatState::Free => (None, true),
        SeatState::Live(tier) => (Some(seat(home, tier, true, NOW)), false),
        SeatState::Lapsed(tier) => (Some(seat(home, tier, false, NOW)), false),
    };
    let user = if caller.creator { person("creator") } else { person("caller") };
    MemberFacts { workspace: home, user, role: caller.role.clone(), seat: held, free_slot }
}

/// A stage of the example workspace.
pub(crate) fn set(
    bundle: &Bundle,
    place: Place,
    plan: Option<&str>,
    caller: Option<&Caller>,
) -> Option<Stage> {
    let caller = caller.map(|caller| member(caller, place));
    Stage::new(bundle, &workspace(bundle, place != Place::Suspended, plan), caller.as_ref(), NOW)
}

/// The stages of everybody who can be a member, on every plan, in a workspace that they are in.
pub(crate) fn all(bundle: &Bundle) -> impl Iterator<Item = Stage> {
    let seats = SeatState::all(bundle);
    let callers = bundle.pack().roles.iter().flat_map(move |role| {
        let of_role = |seat: SeatState| {
            [false, true].map(|creator| Caller { role: role.id.clone(), seat: seat.clone(), creator })
        };
        seats.clone().into_iter().flat_map(of_role).collect::<Vec<_>>()
    });
    let places = |caller: Caller| [Place::Active, Place::Suspended].map(|place| (caller.clone(), place));
    callers.flat_map(places).flat_map(move |(caller, place)| {
        let plans = bundle.pack().plans.iter();
        plans.filter_map(move |plan| set(bundle, place, Some(&plan.id), Some(&caller))).collect::<Vec<_>>()
    })
}

/// One answer in the great table of who may do what.
pub(crate) struct Probe<'b> {
    pub(crate) info: &'b ActionInfo,
    pub(crate) place: Place,
    /// A role, or who else asks.
    pub(crate) caller: String,
    /// The workspace's plan, the caller's seat, the target, the role given: empty where that plays no
    /// part.
    pub(crate) situation: [String; 4],
    pub(crate) verdict: Verdict,
}

/// Asks everything that can be asked.
pub(crate) fn probes(bundle: &Bundle) -> Vec<Probe<'_>> {
    // Elsewhere the seat cannot matter more than here.
    let seat_matters = |place| place == Place::Active;
    probes_in(bundle, &plans(bundle), &SeatState::all(bundle), seat_matters)
}

/// Asks everything that can be asked, on these plans and, where the seat matters, from these seats.
pub(crate) fn probes_in<'b>(
    bundle: &'b Bundle,
    plans: &[(&str, String)],
    seats: &[SeatState],
    seat_matters: impl Fn(Place) -> bool,
) -> Vec<Probe<'b>> {
    let mut probes = Vec::new();
    for (plan, plan_label) in plans {
        for kind in [PrincipalKind::Visitor, PrincipalKind::User] {
            let stage = set(bundle, Place::Active, Some(plan), None);
            ask_all(bundle, &mut probes, stage.as_ref(), kind, Place::Active, [plan_label, ""]);
        }
        for role in &bundle.pack().roles {
            for seat in seats {
                let labels = [plan_label.clone(), seat.label()];
                let caller = Caller { role: role.id.clone(), seat: seat.clone(), creator: false };
                for place in [Place::Active, Place::Suspended, Place::Foreign] {
                    if seat_matters(place) || caller.seat == SeatState::None {
                        let stage = set(bundle, place, Some(plan), Some(&caller));
                        let labels = [labels[0].as_str(), labels[1].as_str()];
                        ask_all(bundle, &mut probes, stage.as_ref(), PrincipalKind::Member, place, labels);
                    }
                }
            }
        }
    }
    probes
}

fn ask_all<'b>(
    bundle: &'b Bundle,
    probes: &mut Vec<Probe<'b>>,
    stage: Option<&Stage>,
    kind: PrincipalKind,
    place: Place,
    [plan, seat]: [&str; 2],
) {
    for info in bundle.actions().iter().filter(|info| info.principals.contains(&kind)) {
        for question in stage.into_iter().flat_map(|stage| stage.questions(kind, info)) {
            let situation = [plan, seat, question.target, question.given].map(ToOwned::to_owned);
            let caller = question.caller.to_owned();
            probes.extend(bundle.ask(&question).map(|verdict| Probe {
                info,
                place,
                caller,
                situation,
                verdict,
            }));
        }
    }
}
