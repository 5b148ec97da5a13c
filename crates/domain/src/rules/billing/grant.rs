//! Granting what was bought. Who paid gets it: a grant asks less than an order does.

use std::collections::BTreeMap;

use jiff::Timestamp;

use super::order::{require_own_plan, wanted_plan};
use super::plan::put_on;
use super::{Holdings, credits};
use crate::change::{Change, Changes};
use crate::count_change::{CountChange, Delta};
use crate::model::{BillingChange, Count, Occupant, Purchase, Seat, SeatId, SeatTerm};
use crate::moment::Moment;
use crate::pack::{AddOnId, Money, Pack, TierId};
use crate::record::{Record, RecordKey, Stored};
use crate::refusal::Refusal;
use crate::rules::seat::settlement;

/// The most seats that one transaction of a grant changes: a transaction holds 100 actions (AWS limit).
pub const GRANTED_AT_ONCE: usize = 90;

/// The most ended seats that one purchase clears away, so that its transaction stays within 100 actions.
const CLEARED_AT_ONCE: usize = 40;

/// A grant, or a step of it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Granted {
    /// The changes to write, without the record of the purchase.
    pub changes: Changes,
    /// The seats that are new or changed.
    pub seats: Vec<Seat>,
    /// Whether this was all; otherwise another step follows.
    pub done: bool,
}

/// Grants a purchase. Whoever writes the changes writes the purchase's state with them: a second grant of seats or
/// credits would add them again.
pub fn grant(
    pack: &Pack,
    holdings: &Holdings<'_>,
    purchase: &Purchase,
    moment: &mut Moment,
) -> Result<Granted, Refusal> {
    let whole = |changes| Granted { changes, seats: Vec::new(), done: true };
    match &purchase.change {
        // An earlier release granted what it recorded.
        None => Ok(whole(Changes::new())),
        Some(BillingChange::Seats { tier, quantity }) => {
            new_seats(pack, holdings, purchase, (tier, *quantity), moment)
        }
        Some(BillingChange::SeatTier { seat, tier }) => {
            let seat = holdings.live_seat(*seat, moment.now)?;
            let price = price_of(pack, purchase, tier).unwrap_or_else(|| seat.value.price.clone());
            Ok(changed(
                &[seat],
                |seat| Seat { tier: tier.clone(), price: price.clone(), ..seat.clone() },
                true,
            ))
        }
        Some(BillingChange::AddOn { seat, add_on, quantity }) => {
            let seat = holdings.live_seat(*seat, moment.now)?;
            Ok(changed(&[seat], |seat| with_units(seat, add_on, *quantity), true))
        }
        Some(BillingChange::AddOnEverywhere { add_on, quantity }) => {
            let mut seats: Vec<_> = holdings.seats_without(add_on, *quantity, moment.now).collect();
            let done = seats.len() <= GRANTED_AT_ONCE;
            seats.truncate(GRANTED_AT_ONCE);
            Ok(changed(&seats, |seat| with_units(seat, add_on, *quantity), done))
        }
        Some(BillingChange::Plan { plan, seats, extras }) => {
            require_own_plan(pack, holdings)?;
            let wanted = wanted_plan(pack, plan, *seats, extras)?;
            let (workspace, mut changes) = put_on(pack, holdings.workspace, holdings.tally, wanted)?;
            if changes.iter().any(|change| matches!(change, Change::AdjustCounts(_))) {
                changes.extend(settlement(pack, workspace.id, moment));
            }
            Ok(whole(changes))
        }
        Some(BillingChange::Credits { .. }) => Ok(whole(credits::add(purchase, moment))),
    }
}

/// The price of a tier that was agreed to; otherwise, where the change costs less, the price that it has now.
fn price_of(pack: &Pack, purchase: &Purchase, tier: &TierId) -> Option<Money> {
    let agreed = purchase.lines.iter().find(|line| line.item.0 == tier.0).map(|line| line.unit_price.clone());
    agreed.or_else(|| pack.tier(tier)?.price.clone())
}

/// New seats. If the pack allows no more seats, ended seats that nobody occupies make room.
fn new_seats(
    pack: &Pack,
    holdings: &Holdings<'_>,
    purchase: &Purchase,
    (tier, quantity): (&TierId, u32),
    moment: &mut Moment,
) -> Result<Granted, Refusal> {
    let price = price_of(pack, purchase, tier).ok_or(Refusal::TierUnknown)?;
    let room = room_for(pack, holdings, quantity, moment.now)?;
    let workspace = holdings.workspace.value.id;
    let seats: Vec<Seat> = (0..quantity)
        .map(|_| Seat {
            workspace,
            id: SeatId(moment.fresh_id()),
            tier: tier.clone(),
            occupant: Occupant::Nobody,
            reserved_until: None,
            term: SeatTerm { anchor: moment.now, ends: None },
            price: price.clone(),
            add_ons: BTreeMap::new(),
            purchase: Some(purchase.id),
            bought_at: moment.now,
        })
        .collect();
    let created = seats.iter().cloned().map(|seat| Change::Create(Record::Seat(seat)));
    Ok(Granted { changes: created.chain(room).collect(), seats, done: true })
}

/// The changes that make room for more seats, if the pack allows as many.
pub(super) fn room_for(
    pack: &Pack,
    holdings: &Holdings<'_>,
    quantity: u32,
    now: Timestamp,
) -> Result<Changes, Refusal> {
    let (tally, max) = (holdings.tally, i64::from(pack.seats.max));
    let excess = tally.seats + i64::from(quantity) - max;
    let mut changes = cleared(holdings, usize::try_from(excess).unwrap_or(0), now);
    let by = i64::from(quantity) - i64::try_from(changes.len()).unwrap_or(0);
    if tally.seats + by > max {
        return Err(Refusal::SeatLimitReached);
    }
    let counted = CountChange::one(tally.workspace, Count::Seats, Delta::by(by).up_to(max));
    changes.push(Change::AdjustCounts(counted));
    Ok(changes)
}

/// Deletes up to `count` ended seats that nobody occupies.
fn cleared(holdings: &Holdings<'_>, count: usize, now: Timestamp) -> Changes {
    let paid = holdings.paid();
    let is_done = |seat: &Seat| seat.term.is_over(paid, now) && seat.occupant == Occupant::Nobody;
    holdings
        .seats
        .iter()
        .filter(|seat| is_done(&seat.value))
        .take(count.min(CLEARED_AT_ONCE))
        .map(|seat| Change::Delete(RecordKey::Seat(seat.value.workspace, seat.value.id), seat.version))
        .collect()
}

fn with_units(seat: &Seat, add_on: &AddOnId, quantity: u32) -> Seat {
    let mut seat = seat.clone();
    if quantity == 0 {
        seat.add_ons.remove(add_on);
    } else {
        seat.add_ons.insert(add_on.clone(), quantity);
    }
    seat
}

/// Changes seats, and the copies that their holders have.
fn changed(seats: &[&Stored<Seat>], then: impl Fn(&Seat) -> Seat, done: bool) -> Granted {
    let mut granted = Granted { done, ..Granted::default() };
    for stored in seats {
        let (before, after) = (&stored.value, then(&stored.value));
        if *before != after {
            granted.changes.push(Change::update(stored, after.clone()));
        }
        let holder = after.holder().filter(|_| before.hold() != after.hold());
        granted.changes.extend(holder.map(|holder| Change::UpdateSeatHold {
            workspace: after.workspace,
            holder,
            hold: after.hold(),
        }));
        granted.seats.push(after);
    }
    granted
}
