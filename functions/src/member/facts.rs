//! A member, as the policies see them.

use jiff::Timestamp;
use seatwise_domain::pack::Pack;
use seatwise_domain::{Member, PaidPeriod, SeatId, Seating};
use seatwise_policy::{MemberFacts, SeatFacts};

use crate::seat::facts::seat_facts;

/// The facts of a member and of the seat they hold. `paid` is what the workspace pays online.
pub fn member_facts(pack: &Pack, paid: Option<&PaidPeriod>, member: &Member, now: Timestamp) -> MemberFacts {
    MemberFacts {
        workspace: member.workspace,
        user: member.user,
        role: member.role.clone(),
        seat: held_seat(pack, paid, member, now),
        free_slot: member.seat == Seating::FreeSlot,
        joined_at: member.joined_at,
    }
}

/// The seat that a member holds: one that was bought, or one of the plan's. A seat of the plan has no
/// id but its holder's.
fn held_seat(pack: &Pack, paid: Option<&PaidPeriod>, member: &Member, now: Timestamp) -> Option<SeatFacts> {
    let of_plan = |live| {
        let tier = pack.plan_tier()?.id.clone();
        let id = SeatId(member.user.0);
        Some(SeatFacts { workspace: member.workspace, id, tier, live, paid_until: None })
    };
    match &member.seat {
        Seating::None | Seating::FreeSlot => None,
        Seating::Seat(hold) => Some(seat_facts(pack, paid, member.workspace, hold, now)),
        Seating::Plan { .. } => of_plan(true),
        Seating::Suspended { .. } => of_plan(false),
    }
}
