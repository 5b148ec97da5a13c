//! Records, as the policies see them.

use jiff::Timestamp;
use seatwise_domain::{
    Identity, Invitation, InvitationId, LeaveRequestId, Member, Pack, RoleId, RoleLink, SeatHold, SeatId,
    Seating, TierId, UserId, Workspace, WorkspaceId,
};
use seatwise_policy::{
    InvitationFacts, LeaveFacts, MemberFacts, Resource, SeatFacts, UserFacts, WorkspaceFacts,
};
use uuid::Uuid;

/// A signed-in person.
pub fn user(identity: &Identity) -> UserFacts {
    UserFacts { id: identity.user, email_verified: identity.email_verified }
}

/// A workspace.
pub fn workspace(workspace: &Workspace) -> WorkspaceFacts {
    WorkspaceFacts {
        id: workspace.id,
        creator: workspace.creator,
        active: true,
        plan: workspace.plan.clone(),
    }
}

/// A member and the seat they hold.
pub fn member(pack: &Pack, member: &Member, now: Timestamp) -> MemberFacts {
    MemberFacts {
        workspace: member.workspace,
        user: member.user,
        role: member.role.clone(),
        seat: seat_of(pack, member, now),
        free_slot: member.seat == Seating::FreeSlot,
    }
}

/// Where a member sits: on a seat that was bought, or on one of the plan's, which has no id but that
/// it is theirs.
fn seat_of(pack: &Pack, member: &Member, now: Timestamp) -> Option<SeatFacts> {
    let of_plan = |live| {
        let tier = pack.plan_tier()?.id.clone();
        Some(SeatFacts {
            workspace: member.workspace,
            id: SeatId(member.user.0),
            tier,
            live,
            paid_until: None,
        })
    };
    match &member.seat {
        Seating::None | Seating::FreeSlot => None,
        Seating::Seat(hold) => Some(seat(pack, &member.workspace, hold, now)),
        Seating::Plan { .. } => of_plan(true),
        Seating::Suspended { .. } => of_plan(false),
    }
}

/// A seat.
pub fn seat(pack: &Pack, workspace: &WorkspaceId, hold: &SeatHold, now: Timestamp) -> SeatFacts {
    SeatFacts {
        workspace: *workspace,
        id: hold.seat,
        tier: hold.tier.clone(),
        live: !hold.term.is_over(now),
        paid_until: Some(hold.term.paid_through(pack.billing.period, now)),
    }
}

/// An invitation.
pub fn invitation(invitation: &Invitation) -> InvitationFacts {
    InvitationFacts { id: invitation.id, role: invitation.role.clone() }
}

/// A link: an invitation for whoever has it.
pub fn link(link: &RoleLink) -> InvitationFacts {
    let id = InvitationId { workspace: link.workspace, serial: link.serial() };
    InvitationFacts { id, role: link.role.clone() }
}

/// Stands in for what is not there, so that the policies can be asked whether the caller might do
/// it at all.
pub struct StandIn<'a> {
    /// The rules.
    pub pack: &'a Pack,
    /// Where it would be.
    pub workspace: Option<WorkspaceId>,
    /// The time.
    pub now: Timestamp,
}

impl StandIn<'_> {
    fn workspace(&self) -> WorkspaceId {
        self.workspace.unwrap_or(WorkspaceId(Uuid::nil()))
    }

    /// A member with the role that a joiner gets.
    pub fn member(&self, user: UserId) -> MemberFacts {
        MemberFacts { workspace: self.workspace(), user, role: self.role(), seat: None, free_slot: false }
    }

    /// A seat of the first tier.
    pub fn seat(&self, id: SeatId) -> SeatFacts {
        let tier =
            self.pack.seats.tiers.first().map_or_else(|| TierId(String::new()), |tier| tier.id.clone());
        SeatFacts { workspace: self.workspace(), id, tier, live: false, paid_until: None }
    }

    /// An invitation for the role that a joiner gets; here, whatever its id says.
    pub fn invitation(&self, id: InvitationId) -> InvitationFacts {
        let workspace = self.workspace.unwrap_or(id.workspace);
        InvitationFacts { id: InvitationId { workspace, ..id }, role: self.role() }
    }

    /// A leave request of somebody.
    pub fn leave(&self, id: LeaveRequestId, requester: MemberFacts) -> LeaveFacts {
        LeaveFacts { id, workspace: self.workspace(), requester }
    }

    fn role(&self) -> RoleId {
        self.pack.roles_given.joiner.clone()
    }
}

/// What an operation acts on, as the policies see it.
pub enum Owned {
    /// None of any workspace.
    Platform,
    /// The workspace of the request.
    Workspace,
    /// A member.
    Member(MemberFacts),
    /// A seat.
    Seat(SeatFacts),
    /// An invitation.
    Invitation(InvitationFacts),
    /// A leave request.
    LeaveRequest(LeaveFacts),
}

impl Owned {
    /// For asking.
    pub fn borrow(&self) -> Resource<'_> {
        match self {
            Self::Platform => Resource::Platform,
            Self::Workspace => Resource::Workspace,
            Self::Member(facts) => Resource::Member(facts),
            Self::Seat(facts) => Resource::Seat(facts),
            Self::Invitation(facts) => Resource::Invitation(facts),
            Self::LeaveRequest(facts) => Resource::LeaveRequest(facts),
        }
    }
}
