//! Putting a workspace on a plan, with its seats and extras (R7, L3).

use crate::change::{Change, Changes};
use crate::count_change::{CountChange, Delta};
use crate::model::{Count, Extras, Tally, Workspace};
use crate::pack::{OverAssignment, Pack, Plan, SeatModel};
use crate::record::Stored;
use crate::refusal::Refusal;

/// A plan with its seats and its extras.
#[derive(Clone, Debug)]
pub(crate) struct WorkspacePlan<'a> {
    /// The plan.
    pub(crate) plan: &'a Plan,
    /// The number of seats, where the role decides about the seat.
    pub(crate) seats: u32,
    /// The extras.
    pub(crate) extras: Extras,
}

/// Puts a workspace on a plan. Where more seats are taken than it has and the pack does not block it,
/// [`settle`](crate::rules::seat::settle) follows.
pub(crate) fn put_on(
    pack: &Pack,
    stored: &Stored<Workspace>,
    tally: &Tally,
    wanted: WorkspacePlan<'_>,
) -> Result<(Workspace, Changes), Refusal> {
    let counts =
        seats_then(pack, tally, wanted.seats)?.and(&members_then(pack, &stored.value, tally, &wanted)?);
    let workspace = Workspace { plan: wanted.plan.id.clone(), extras: wanted.extras, ..stored.value.clone() };
    let mut changes = Changes::new();
    if workspace != stored.value {
        changes.push(Change::update(stored, workspace.clone()));
    }
    if !counts.counts.is_empty() {
        changes.push(Change::AdjustCounts(counts));
    }
    Ok((workspace, changes))
}

/// The change to the seats of the plan.
fn seats_then(pack: &Pack, tally: &Tally, seats: u32) -> Result<CountChange, Refusal> {
    let none = CountChange::none(tally.workspace);
    let by = i64::from(seats) - tally.seats;
    if pack.seats.model != SeatModel::ByRole || by == 0 {
        return Ok(none);
    }
    let blocks = by < 0 && pack.seats.over_assignment == OverAssignment::Block;
    if blocks && tally.open_seats + by < 0 {
        return Err(Refusal::SeatsTaken);
    }
    let open_seats = if blocks { Delta::by(by).keeping(0) } else { Delta::by(by) };
    // Another request with the same number must not add the same seats again.
    let exactly = Delta::exactly(by, i64::from(seats));
    Ok(none.with(Count::Seats, exactly).with(Count::OpenSeats, open_seats))
}

/// The bound on the members, where the plan and its extras lower their limit.
fn members_then(
    pack: &Pack,
    before: &Workspace,
    tally: &Tally,
    wanted: &WorkspacePlan<'_>,
) -> Result<CountChange, Refusal> {
    let none = CountChange::none(tally.workspace);
    let Some(limit) = pack.most_members(&wanted.plan.id, &wanted.extras) else { return Ok(none) };
    if super::member_limit(pack, before).is_some_and(|before| before <= limit) {
        return Ok(none);
    }
    if tally.members > i64::from(limit) {
        return Err(Refusal::MemberLimitReached);
    }
    Ok(none.with(Count::Members, Delta::default().up_to(i64::from(limit))))
}
