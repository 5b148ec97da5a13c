//! Facts for resources that are not there, made from the pack alone.
//!
//! Two questions need them. An operation whose target is missing still asks the policies, so that a
//! caller who may not do it is refused and does not learn what exists. And a client asks what a member
//! may attempt on members, seats and so on without naming one.

use jiff::{SignedDuration, Timestamp};
use seatwise_domain::pack::{Role, Tier};
use seatwise_domain::{
    ApiKeyId, InvitationId, LeaveRequestId, Pack, RoleId, SeatId, TierId, UserId, WorkspaceId,
};

use crate::facts::{
    ApiKeyFacts, InvitationFacts, LeaveFacts, MemberFacts, Resource, ResourceKind, SeatFacts, WorkspaceFacts,
};

/// The name of the caller among the members that an action is done to.
pub const TARGET_SELF: &str = "self";
/// The name of the workspace's creator among them.
pub const TARGET_CREATOR: &str = "creator";

const DAY: SignedDuration = SignedDuration::from_hours(24);

impl MemberFacts {
    /// A member with the role that a joiner gets.
    pub fn placeholder(pack: &Pack, workspace: WorkspaceId, user: UserId) -> Self {
        Self::with_role(workspace, user, &pack.roles_given.joiner)
    }

    /// A member with that role and no seat, who joined long ago.
    pub fn with_role(workspace: WorkspaceId, user: UserId, role: &RoleId) -> Self {
        let joined_at = Timestamp::UNIX_EPOCH;
        Self { workspace, user, role: role.clone(), seat: None, free_slot: false, joined_at }
    }
}

impl InvitationFacts {
    /// An invitation for the role that a joiner gets.
    pub fn placeholder(pack: &Pack, id: InvitationId) -> Self {
        Self { id, role: pack.roles_given.joiner.clone(), tier: None }
    }
}

impl SeatFacts {
    /// A seat of the pack's first tier that can be used.
    pub fn placeholder(pack: &Pack, workspace: WorkspaceId, id: SeatId, now: Timestamp) -> Self {
        let tier = pack.seats.tiers.first().map_or_else(|| TierId(String::new()), |tier| tier.id.clone());
        Self { workspace, id, tier, live: true, paid_until: Some(now.saturating_add(DAY).unwrap_or(now)) }
    }

    /// A seat that stands for those of a tier.
    pub fn of_tier(pack: &Pack, workspace: WorkspaceId, tier: &TierId, now: Timestamp) -> Self {
        let id = SeatId(nobody(&tier.0).0);
        Self { tier: tier.clone(), ..Self::placeholder(pack, workspace, id, now) }
    }
}

/// A resource that stands for others like it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Placeholder {
    /// The member that it is about: `self`, `creator` or a role; empty where it is about nobody.
    pub of: String,
    /// The resource.
    pub resource: Resource,
    /// Whether it differs from another placeholder only in its seat, its tier or the time of joining.
    pub(crate) is_variant: bool,
}

/// What placeholders are varied in, beside what the pack's data tell apart.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Varied {
    /// The time of joining: long ago, and now.
    pub(crate) times: bool,
    /// The tier, and the seat of a member: none, and one of each tier.
    pub(crate) tiers: bool,
}

/// The placeholders of a kind of resource in a workspace: whatever a policy may tell apart by the pack's
/// data. Of members (and of what belongs to a member) the caller, one of each role, and the creator; of
/// invitations one for each role.
pub fn placeholders(
    kind: ResourceKind,
    pack: &Pack,
    workspace: &WorkspaceFacts,
    caller: Option<&MemberFacts>,
    now: Timestamp,
) -> Vec<Placeholder> {
    varied_placeholders(kind, pack, workspace, caller, now, Varied::default())
}

/// As [`placeholders`], and variants of them.
pub(crate) fn varied_placeholders(
    kind: ResourceKind,
    pack: &Pack,
    workspace: &WorkspaceFacts,
    caller: Option<&MemberFacts>,
    now: Timestamp,
    varied: Varied,
) -> Vec<Placeholder> {
    let alone = |resource| vec![Placeholder { of: String::new(), resource, is_variant: false }];
    let of_members = |resource: fn(MemberFacts) -> Resource| {
        let of_member = |(of, member, is_variant)| Placeholder { of, resource: resource(member), is_variant };
        let base = members(pack, workspace, caller).into_iter().map(|(of, member)| (of, member, false));
        let variants = member_variants(pack, workspace, now, varied).into_iter();
        base.chain(variants.map(|(of, member)| (of, member, true))).map(of_member).collect()
    };
    match kind {
        ResourceKind::Platform => alone(Resource::Platform),
        ResourceKind::Workspace => alone(Resource::Workspace),
        ResourceKind::Member => of_members(Resource::Member),
        ResourceKind::LeaveRequest => of_members(|member| Resource::LeaveRequest(leave_request(member))),
        ResourceKind::ApiKey => of_members(|member| Resource::ApiKey(api_key(member))),
        ResourceKind::Seat => {
            let of_tier = |(place, tier): (usize, &Tier)| {
                let resource = Resource::Seat(SeatFacts::of_tier(pack, workspace.id, &tier.id, now));
                Placeholder { of: String::new(), resource, is_variant: place > 0 }
            };
            let shown = if varied.tiers { usize::MAX } else { 1 };
            pack.seats.tiers.iter().enumerate().take(shown).map(of_tier).collect()
        }
        ResourceKind::Invitation => {
            let of_role = |role: &Role, tier: Option<&TierId>| {
                let name = tier.map_or_else(|| role.id.0.clone(), |tier| format!("{} {}", role.id.0, tier.0));
                let id = InvitationId { workspace: workspace.id, serial: nobody(&name).0 };
                let facts = InvitationFacts { id, role: role.id.clone(), tier: tier.cloned() };
                let (resource, is_variant) = (Resource::Invitation(facts), tier.is_some());
                Placeholder { of: role.name.to_string(), resource, is_variant }
            };
            let tiers = pack.seats.tiers.iter().filter(|_| varied.tiers).map(|tier| Some(&tier.id));
            let tiers = [None].into_iter().chain(tiers);
            let of_roles = pack.roles.iter().flat_map(|role| tiers.clone().map(|tier| of_role(role, tier)));
            of_roles.collect()
        }
    }
}

/// Members by their relation to the caller: the caller, one of each role, the creator.
fn members(
    pack: &Pack,
    workspace: &WorkspaceFacts,
    caller: Option<&MemberFacts>,
) -> Vec<(String, MemberFacts)> {
    let own = caller.filter(|caller| caller.workspace == workspace.id);
    let mut members: Vec<_> = own.map(|own| (TARGET_SELF.to_owned(), own.clone())).into_iter().collect();
    for role in &pack.roles {
        let member = MemberFacts::with_role(workspace.id, nobody(&role.id.0), &role.id);
        members.push((role.name.to_string(), member));
    }
    if own.is_none_or(|own| own.user != workspace.creator) {
        let creator = MemberFacts::with_role(workspace.id, workspace.creator, &pack.roles_given.creator);
        members.push((TARGET_CREATOR.to_owned(), creator));
    }
    members
}

/// Members of each role with other seats and times of joining than the placeholders have.
fn member_variants(
    pack: &Pack,
    workspace: &WorkspaceFacts,
    now: Timestamp,
    varied: Varied,
) -> Vec<(String, MemberFacts)> {
    let tiers = pack.seats.tiers.iter().filter(|_| varied.tiers).map(|tier| Some(&tier.id));
    let seats: Vec<Option<&TierId>> = [None].into_iter().chain(tiers).collect();
    let times: Vec<Option<Timestamp>> = [None].into_iter().chain(varied.times.then_some(Some(now))).collect();
    let mut variants = Vec::new();
    for role in &pack.roles {
        let all = seats.iter().flat_map(|seat| times.iter().map(move |joined| (*seat, *joined)));
        for (number, (tier, joined)) in all.enumerate().skip(1) {
            let plain =
                MemberFacts::with_role(workspace.id, nobody(&format!("{} {number}", role.id.0)), &role.id);
            let seat = tier.map(|tier| SeatFacts {
                id: SeatId(plain.user.0),
                ..SeatFacts::of_tier(pack, workspace.id, tier, now)
            });
            let joined_at = joined.unwrap_or(plain.joined_at);
            variants.push((role.name.to_string(), MemberFacts { seat, joined_at, ..plain }));
        }
    }
    variants
}

fn leave_request(requester: MemberFacts) -> LeaveFacts {
    let id = LeaveRequestId { user: requester.user, serial: requester.user.0 };
    LeaveFacts { id, workspace: requester.workspace, requester }
}

fn api_key(owner: MemberFacts) -> ApiKeyFacts {
    let id = ApiKeyId { user: owner.user, serial: owner.user.0 };
    ApiKeyFacts { id, workspace: owner.workspace, owner, flow: false }
}

/// The id of a person who does not exist.
pub(crate) fn nobody(name: &str) -> UserId {
    UserId::of_identity("placeholder", name)
}
