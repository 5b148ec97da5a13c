//! When what a workspace pays for renews.

use jiff::Timestamp;
use seatwise_domain::pack::Pack;
use seatwise_domain::rules::billing::Holdings;
use seatwise_domain::{Seat, Stored, Tally, Workspace};

/// The time at which the first of what a workspace pays for renews; `None`: nothing renews.
pub fn next_renewal(
    pack: &Pack,
    workspace: &Stored<Workspace>,
    tally: &Tally,
    seats: &[Stored<Seat>],
    now: Timestamp,
) -> Option<Timestamp> {
    if let Some(paid) = &workspace.value.paid {
        return Some(paid.end).filter(|end| paid.lapses_at.is_none() && now < *end);
    }
    let whole = Holdings { workspace, tally, seats };
    if whole.quantities(pack).is_empty() {
        return None;
    }
    let renews = |seat: &&Stored<Seat>| seat.value.term.ends.is_none();
    let seats =
        seats.iter().filter(renews).map(|seat| seat.value.term.paid_through(None, pack.billing.period, now));
    // A plan that is invoiced by other means is counted from the beginning of the workspace.
    let without_seats = Holdings { workspace, tally, seats: &[] };
    let has_plan = !without_seats.quantities(pack).is_empty();
    let plan = has_plan.then(|| pack.billing.period.around(workspace.value.created_at, now).1);
    seats.chain(plan).min()
}
