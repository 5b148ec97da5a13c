//! What an operation knows when it asks: facts that it loaded, none that a policy could invent.

use jiff::Timestamp;
use seatwise_domain::{InvitationId, LeaveRequestId, RoleId, SeatId, TierId, UserId, WorkspaceId};

/// May `principal` do `action` to `resource`, now?
#[derive(Clone, Copy, Debug)]
pub struct AccessRequest<'a> {
    /// The operation in camelCase, a finer question of it, or an action of the product.
    pub action: &'a str,
    /// Who asks.
    pub principal: Principal<'a>,
    /// The workspace it is about, for whatever lies inside one.
    pub workspace: Option<&'a WorkspaceFacts>,
    /// What it would be done to.
    pub resource: Resource<'a>,
    /// The role that would be given, for the actions that give one.
    pub target_role: Option<&'a RoleId>,
    /// The time.
    pub now: Timestamp,
}

/// Who asks.
#[derive(Clone, Copy, Debug)]
pub enum Principal<'a> {
    /// Somebody who has not signed in.
    Visitor,
    /// Somebody signed in, outside any workspace.
    User(&'a UserFacts),
    /// Somebody in a workspace.
    Member(&'a MemberFacts),
}

/// What it would be done to.
#[derive(Clone, Copy, Debug)]
pub enum Resource<'a> {
    /// What belongs to no workspace.
    Platform,
    /// The workspace of the request.
    Workspace,
    /// A membership, the caller's own included.
    Member(&'a MemberFacts),
    /// A purchased seat.
    Seat(&'a SeatFacts),
    /// An invitation.
    Invitation(&'a InvitationFacts),
    /// A leave request.
    LeaveRequest(&'a LeaveFacts),
}

/// A workspace.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WorkspaceFacts {
    /// Which one.
    pub id: WorkspaceId,
    /// Who has the creator's standing.
    pub creator: UserId,
    /// Whether it is not suspended.
    pub active: bool,
    /// The plan it is on; what the plan carries is in the pack.
    pub plan: String,
}

/// A signed-in person.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UserFacts {
    /// Who.
    pub id: UserId,
    /// Whether the identity provider vouches for the address.
    pub email_verified: bool,
}

/// A membership.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MemberFacts {
    /// Of which workspace.
    pub workspace: WorkspaceId,
    /// Whose.
    pub user: UserId,
    /// With which role; one that the pack does not know may nothing.
    pub role: RoleId,
    /// The seat that the member fills.
    pub seat: Option<SeatFacts>,
    /// Whether the role came with a free slot (S2).
    pub free_slot: bool,
}

/// A seat: one that was bought, or one of the plan's.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SeatFacts {
    /// Of which workspace.
    pub workspace: WorkspaceId,
    /// Which one.
    pub id: SeatId,
    /// Its tier; what the tier carries is in the pack.
    pub tier: TierId,
    /// Whether it can be used now.
    pub live: bool,
    /// Until when it is paid, if it was bought.
    pub paid_until: Option<Timestamp>,
}

/// An invitation; its workspace is in the id.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct InvitationFacts {
    /// Which one.
    pub id: InvitationId,
    /// For which role.
    pub role: RoleId,
}

/// A leave request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LeaveFacts {
    /// Which one.
    pub id: LeaveRequestId,
    /// Of which workspace.
    pub workspace: WorkspaceId,
    /// Who wants to leave.
    pub requester: MemberFacts,
}
