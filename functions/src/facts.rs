//! Records, as the policies see them.

use jiff::Timestamp;
use seatwise_domain::invitation::Invitation;
use seatwise_domain::link::{self, Link};
use seatwise_domain::member::{Member, Seating};
use seatwise_domain::seat::Hold;
use seatwise_domain::user::Identity;
use seatwise_domain::workspace::Workspace;
use seatwise_domain::{InvitationId, Pack, SeatId, WorkspaceId};
use seatwise_policy::{InvitationFacts, MemberFacts, SeatFacts, UserFacts, WorkspaceFacts};

/// A signed-in person.
pub fn user(identity: &Identity) -> UserFacts {
    UserFacts { id: identity.user, email_verified: identity.email_verified }
}

/// A workspace.
pub fn workspace(workspace: &Workspace) -> WorkspaceFacts {
    WorkspaceFacts {
        id: workspace.id,
        creator: workspace.creator,
        // Billing will set it: a workspace whose plan stays unpaid beyond the grace period is suspended.
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
pub fn seat(pack: &Pack, workspace: &WorkspaceId, hold: &Hold, now: Timestamp) -> SeatFacts {
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
pub fn link(link: &Link) -> InvitationFacts {
    let id = InvitationId { workspace: link.workspace, serial: link::serial(&link.role) };
    InvitationFacts { id, role: link.role.clone() }
}
