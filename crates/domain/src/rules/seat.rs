//! Seats that are cancelled and reactivated (S13), and seats of a plan that are suspended (R7).

use jiff::Timestamp;

use crate::change::{Change, Changes};
use crate::count_change::{CountChange, Delta};
use crate::model::{
    Count, Member, PaidPeriod, Seat, SeatSettlement, SeatTerm, Seating, Tally, Task, TaskId, TaskKind,
    WorkspaceId,
};
use crate::moment::Moment;
use crate::pack::{Pack, SeatModel};
use crate::record::{Record, Stored};
use crate::refusal::Refusal;

/// The task that settles the seats of a plan after their number has changed. Where the pack blocks fewer seats than are
/// taken, a request is refused; what was changed at Stripe cannot be refused, and nobody keeps a seat that is not paid.
pub fn settlement(pack: &Pack, workspace: WorkspaceId, moment: &mut Moment) -> Option<Change> {
    (pack.seats.model == SeatModel::ByRole).then(|| {
        let kind = TaskKind::SeatSettlement(SeatSettlement { workspace });
        Change::Create(Record::Task(Task::new(TaskId(moment.fresh_id()), kind, moment.now)))
    })
}

/// The most members of one step of [`settle`]: a transaction holds 100 actions (AWS limit).
const SETTLED_AT_ONCE: usize = 90;

/// While a plan has fewer seats than are taken, suspends the members who took one last; they get a seat again
/// when there are enough (R7). Makes one step; `None` if there is nothing to do.
pub fn settle(workspace: WorkspaceId, tally: &Tally, members: &[Stored<Member>]) -> Option<Changes> {
    let since = |member: &Stored<Member>| match member.value.seat {
        Seating::Plan { since } => Some((since, true)),
        Seating::Suspended { since } => Some((since, false)),
        _ => None,
    };
    let suspends = tally.open_seats < 0;
    let mut concerned: Vec<_> = members
        .iter()
        .filter_map(|member| since(member).map(|(since, sits)| (since, sits, member)))
        .filter(|(_, sits, _)| *sits == suspends)
        .collect();
    concerned.sort_by_key(|(since, _, member)| (*since, member.value.user));
    if suspends {
        concerned.reverse();
    }
    let count = usize::try_from(tally.open_seats.unsigned_abs()).unwrap_or(usize::MAX);
    concerned.truncate(count.min(SETTLED_AT_ONCE));
    let moved = i64::try_from(concerned.len()).unwrap_or(0);
    if moved == 0 {
        return None;
    }
    let mut changes: Changes = concerned
        .into_iter()
        .map(|(since, sits, member)| {
            let seat = if sits { Seating::Suspended { since } } else { Seating::Plan { since } };
            let after = Member { seat, ..member.value.clone() };
            Change::update(member, after)
        })
        .collect();
    // Members get back only seats that are free, even if others take one at the same time.
    let open_seats = if suspends { Delta::by(moved) } else { Delta::by(-moved).keeping(0) };
    changes.push(Change::AdjustCounts(CountChange::one(workspace, Count::OpenSeats, open_seats)));
    Some(changes)
}

/// Cancels a seat at the end of the paid period (S13). A repeated cancellation changes nothing. `paid` is what the
/// workspace pays online.
pub fn cancel(
    pack: &Pack,
    paid: Option<&PaidPeriod>,
    seat: &Stored<Seat>,
    now: Timestamp,
) -> Result<(Seat, Changes), Refusal> {
    // An overdue payment can still come: then the seat ends with the period.
    let through = |term: SeatTerm| term.renews_at(paid, pack.billing.period, now);
    set_end(seat, paid, now, |term| term.ends.or_else(|| Some(through(term))))
}

/// Undoes a cancellation, until the seat has ended (S13). A tier that the pack dropped is not sold any more, so
/// a cancelled seat of it stays cancelled (K48).
pub fn reactivate(
    pack: &Pack,
    paid: Option<&PaidPeriod>,
    seat: &Stored<Seat>,
    now: Timestamp,
) -> Result<(Seat, Changes), Refusal> {
    let Seat { term, tier, .. } = &seat.value;
    if term.ends.is_some() && !term.is_over(paid, now) && pack.tier(tier).is_none() {
        return Err(Refusal::TierUnknown);
    }
    set_end(seat, paid, now, |_| None)
}

fn set_end(
    stored: &Stored<Seat>,
    paid: Option<&PaidPeriod>,
    now: Timestamp,
    ends: impl FnOnce(SeatTerm) -> Option<Timestamp>,
) -> Result<(Seat, Changes), Refusal> {
    let seat = &stored.value;
    if seat.term.is_over(paid, now) {
        return Err(Refusal::SeatNotAvailable);
    }
    let seat_then = Seat { term: SeatTerm { ends: ends(seat.term), ..seat.term }, ..seat.clone() };
    if seat_then == *seat {
        return Ok((seat_then, Vec::new()));
    }
    let mut changes = vec![Change::update(stored, seat_then.clone())];
    changes.extend(seat.holder().map(|holder| Change::UpdateSeatHold {
        workspace: seat.workspace,
        holder,
        hold: seat_then.hold(),
    }));
    Ok((seat_then, changes))
}
