//! Facts for resources that are not there, made from the pack alone.
//!
//! Two questions need them. An operation whose target is missing still asks the policies, so that a
//! caller who may not do it is refused and does not learn what exists. And a client asks what a member
//! may attempt on members, seats and so on without naming one.

use jiff::{SignedDuration, Timestamp};
use seatwise_domain::pack::Tier;
use seatwise_domain::{
    ApiKeyId, InvitationId, LeaveRequestId, Pack, RoleId, SeatId, TierId, UserId, WorkspaceId,
};

use crate::facts::{
    ApiKeyFacts, InvitationFacts, LeaveFacts, MemberFacts, Resource, ResourceKind, SeatFacts, WorkspaceFacts,
};

const DAY: SignedDuration = SignedDuration::from_hours(24);

impl MemberFacts {
    /// A member with the role that a joiner gets.
    pub fn placeholder(pack: &Pack, workspace: WorkspaceId, user: UserId) -> Self {
        Self::with_role(workspace, user, &pack.roles_given.joiner)
    }

    /// A member with that role and no seat.
    pub fn with_role(workspace: WorkspaceId, user: UserId, role: &RoleId) -> Self {
        Self { workspace, user, role: role.clone(), seat: None, free_slot: false }
    }
}

impl InvitationFacts {
    /// An invitation for the role that a joiner gets.
    pub fn placeholder(pack: &Pack, id: InvitationId) -> Self {
        Self { id, role: pack.roles_given.joiner.clone() }
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
        let id = SeatId(nobody(tier.as_str()).0);
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
    let alone = |resource| vec![Placeholder { of: String::new(), resource }];
    let of_members = |resource: fn(MemberFacts) -> Resource| {
        let members = members(pack, workspace, caller).into_iter();
        members.map(|(of, member)| Placeholder { of, resource: resource(member) }).collect()
    };
    match kind {
        ResourceKind::Platform => alone(Resource::Platform),
        ResourceKind::Workspace => alone(Resource::Workspace),
        ResourceKind::Member => of_members(Resource::Member),
        ResourceKind::LeaveRequest => of_members(|member| Resource::LeaveRequest(leave_request(member))),
        ResourceKind::ApiKey => of_members(|member| Resource::ApiKey(api_key(member))),
        ResourceKind::Seat => pack.seats.tiers.first().map_or_else(Vec::new, |Tier { id, .. }| {
            let id = SeatId(nobody(id.as_str()).0);
            alone(Resource::Seat(SeatFacts::placeholder(pack, workspace.id, id, now)))
        }),
        ResourceKind::Invitation => {
            let of_role = |role: &RoleId| {
                let id = InvitationId { workspace: workspace.id, serial: nobody(role.as_str()).0 };
                let resource = Resource::Invitation(InvitationFacts { id, role: role.clone() });
                Placeholder { of: role.to_string(), resource }
            };
            pack.roles.iter().map(|role| of_role(&role.id)).collect()
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
    let mut members: Vec<_> = own.map(|own| ("self".to_owned(), own.clone())).into_iter().collect();
    for role in &pack.roles {
        let member = MemberFacts::with_role(workspace.id, nobody(role.id.as_str()), &role.id);
        members.push((role.id.to_string(), member));
    }
    if own.is_none_or(|own| own.user != workspace.creator) {
        let creator = MemberFacts::with_role(workspace.id, workspace.creator, &pack.roles_given.creator);
        members.push(("creator".to_owned(), creator));
    }
    members
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
