//! Seats that are bought, cancelled and reactivated (S11, S13), and seats of a plan that are suspended
//! (R7).

use std::collections::BTreeMap;

use jiff::Timestamp;

use crate::change::{Change, Changes, CountChange, Delta};
use crate::model::{
    BillingChange, Count, Member, Occupant, Purchase, PurchaseId, PurchaseLine, PurchaseState, Seat, SeatId,
    SeatOrder, SeatTerm, Seating, Tally, WorkspaceId,
};
use crate::moment::Moment;
use crate::pack::{ItemId, Pack, SeatModel};
use crate::record::{Record, RecordKey, Stored};
use crate::refusal::Refusal;

/// The most seats of one purchase: a transaction holds 100 actions (AWS limit).
pub const MAX_PER_PURCHASE: u32 = 50;

/// The most ended seats that one purchase clears away, so that its transaction stays within 100 actions.
const CLEARED_AT_ONCE: usize = 40;

/// Grants purchased seats and records the purchase (S11). If the pack allows no more seats, ended seats that
/// nobody occupies make room.
pub fn buy(
    pack: &Pack,
    workspace: WorkspaceId,
    order: SeatOrder<'_>,
    tally: &Tally,
    existing: &[Stored<Seat>],
    moment: &mut Moment,
) -> Result<(Vec<Seat>, Changes), Refusal> {
    let SeatOrder { by: buyer, tier, quantity } = order;
    // Seats of a plan are not bought one by one.
    if pack.seats.model != SeatModel::ByTier {
        return Err(Refusal::NotOffered);
    }
    let tier = match tier {
        Some(id) => pack.tier(id),
        None => pack.seats.tiers.first(),
    }
    .ok_or(Refusal::TierUnknown)?;
    let price = tier.price.clone().ok_or(Refusal::NotOffered)?;
    let max = i64::from(pack.seats.max);
    let excess = tally.seats + i64::from(quantity) - max;
    let cleared = cleared(existing, usize::try_from(excess).unwrap_or(0), moment.now);
    let by = i64::from(quantity) - i64::try_from(cleared.len()).unwrap_or(0);
    if tally.seats + by > max {
        return Err(Refusal::SeatLimitReached);
    }
    let seats: Vec<Seat> = (0..quantity)
        .map(|_| Seat {
            workspace,
            id: SeatId(moment.fresh_id()),
            tier: tier.id.clone(),
            occupant: Occupant::Nobody,
            reserved_until: None,
            term: SeatTerm { anchor: moment.now, ends: None },
            price: price.clone(),
            add_ons: BTreeMap::new(),
            bought_at: moment.now,
        })
        .collect();
    let purchase = Purchase {
        workspace,
        id: PurchaseId(moment.fresh_id()),
        by: buyer,
        at: moment.now,
        change: Some(BillingChange::Seats { tier: tier.id.clone(), quantity }),
        lines: vec![PurchaseLine { item: ItemId(tier.id.0.clone()), quantity, unit_price: price }],
        difference: BTreeMap::from([(ItemId(tier.id.0.clone()), i64::from(quantity))]),
        due: None,
        state: PurchaseState::Paid,
        payment: None,
    };
    let mut changes: Changes = seats.iter().cloned().map(|seat| Change::Create(Record::Seat(seat))).collect();
    changes.push(Change::Create(Record::Purchase(purchase)));
    changes.extend(cleared);
    changes.push(Change::AdjustCounts(CountChange::one(workspace, Count::Seats, Delta::by(by).up_to(max))));
    Ok((seats, changes))
}

/// Deletes up to `count` ended seats that nobody occupies.
fn cleared(seats: &[Stored<Seat>], count: usize, now: Timestamp) -> Changes {
    let is_done = |seat: &Seat| seat.term.is_over(now) && seat.occupant == Occupant::Nobody;
    seats
        .iter()
        .filter(|seat| is_done(&seat.value))
        .take(count.min(CLEARED_AT_ONCE))
        .map(|seat| Change::Delete(RecordKey::Seat(seat.value.workspace, seat.value.id), seat.version))
        .collect()
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

/// Cancels a seat at the end of the paid period (S13). A repeated cancellation changes nothing.
pub fn cancel(pack: &Pack, seat: &Stored<Seat>, now: Timestamp) -> Result<(Seat, Changes), Refusal> {
    set_end(seat, now, |term| term.ends.or_else(|| Some(term.paid_through(pack.billing.period, now))))
}

/// Undoes a cancellation, until the seat has ended (S13). A tier that the pack dropped is not sold any more, so
/// a cancelled seat of it stays cancelled (K48).
pub fn reactivate(pack: &Pack, seat: &Stored<Seat>, now: Timestamp) -> Result<(Seat, Changes), Refusal> {
    let Seat { term, tier, .. } = &seat.value;
    if term.ends.is_some() && !term.is_over(now) && pack.tier(tier).is_none() {
        return Err(Refusal::TierUnknown);
    }
    set_end(seat, now, |_| None)
}

fn set_end(
    stored: &Stored<Seat>,
    now: Timestamp,
    ends: impl FnOnce(SeatTerm) -> Option<Timestamp>,
) -> Result<(Seat, Changes), Refusal> {
    let seat = &stored.value;
    if seat.term.is_over(now) {
        return Err(Refusal::SeatNotAvailable);
    }
    let term = SeatTerm { ends: ends(seat.term), ..seat.term };
    let seat_then = Seat { term, ..seat.clone() };
    if seat_then == *seat {
        return Ok((seat_then, Vec::new()));
    }
    let mut changes = vec![Change::update(stored, seat_then.clone())];
    changes.extend(seat.holder().map(|holder| Change::UpdateSeatTerm {
        workspace: seat.workspace,
        holder,
        seat: seat.id,
        term,
    }));
    Ok((seat_then, changes))
}
