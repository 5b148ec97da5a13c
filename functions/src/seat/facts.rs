//! A seat, as the policies see it.

use jiff::Timestamp;
use seatwise_domain::pack::Pack;
use seatwise_domain::{SeatHold, WorkspaceId};
use seatwise_policy::SeatFacts;

/// The facts of a seat, from what its holder knows of it.
pub fn seat_facts(pack: &Pack, workspace: WorkspaceId, hold: &SeatHold, now: Timestamp) -> SeatFacts {
    SeatFacts {
        workspace,
        id: hold.seat,
        tier: hold.tier.clone(),
        live: !hold.term.is_over(now),
        paid_until: Some(hold.term.paid_through(pack.billing.period, now)),
    }
}
