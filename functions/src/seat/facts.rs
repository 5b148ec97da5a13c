//! A seat, as the policies see it.

use jiff::Timestamp;
use seatwise_domain::pack::Pack;
use seatwise_domain::{PaidPeriod, SeatHold, WorkspaceId};
use seatwise_policy::SeatFacts;

/// The facts of a seat, from what its holder knows of it.
pub fn seat_facts(
    pack: &Pack,
    paid: Option<&PaidPeriod>,
    workspace: WorkspaceId,
    hold: &SeatHold,
    now: Timestamp,
) -> SeatFacts {
    SeatFacts {
        workspace,
        id: hold.seat,
        tier: hold.tier.clone(),
        live: !hold.term.is_over(paid, now),
        paid_until: Some(hold.term.paid_through(paid, pack.billing.period, now)),
    }
}
