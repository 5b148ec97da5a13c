//! The price of an order, before anybody agrees to it. With Stripe, its own preview says what is due.

use std::collections::BTreeMap;

use jiff::{SignedDuration, Timestamp};

use super::order::units;
use super::{Holdings, Order, total};
use crate::model::{BillingChange, Quantities, Seat};
use crate::pack::{ItemId, Money, Pack};
use crate::record::Stored;

/// The time for which a preview holds: the amount for a part of a period changes with the time.
pub const HOLDS_FOR: SignedDuration = SignedDuration::from_mins(15);

/// What an order costs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Preview {
    /// The amount that is due at once.
    pub due_now: Money,
    /// The price of a billing period from then on.
    pub next_invoice: Money,
    /// The lines of the amount that is due at once.
    pub lines: Vec<PreviewLine>,
    /// The time until which the preview holds.
    pub expires_at: Timestamp,
}

/// A line of a preview.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PreviewLine {
    /// The item.
    pub item: ItemId,
    /// The name that people read.
    pub label: String,
    /// The number of units.
    pub quantity: u32,
    /// The price of one unit: for a billing period, or once.
    pub unit_price: Money,
    /// The amount of the line; negative for what is taken in exchange.
    pub amount: Money,
    /// Whether the line is for the rest of a billing period.
    pub proration: bool,
}

/// What an order costs: new things for their whole first period, and changes of a seat for the rest of the period that
/// it is paid for. What costs less costs nothing, and nothing is paid back.
pub fn preview(pack: &Pack, holdings: &Holdings<'_>, order: &Order, now: Timestamp) -> Preview {
    let lines = if order.rises { lines(pack, holdings, order, now) } else { Vec::new() };
    let due = lines.iter().map(|line| line.amount.amount).fold(0, i64::saturating_add);
    Preview {
        due_now: pack.money(due.max(0)),
        next_invoice: total(pack, &quantities_then(pack, holdings, order)),
        lines,
        expires_at: now.saturating_add(HOLDS_FOR).unwrap_or(Timestamp::MAX),
    }
}

/// The number of units of each item that renews from then on.
fn quantities_then(pack: &Pack, holdings: &Holdings<'_>, order: &Order) -> Quantities {
    let mut quantities = holdings.quantities(pack);
    for (item, difference) in &order.difference {
        let units = quantities.entry(item.clone()).or_default();
        let sum = i64::from(*units).saturating_add(*difference).max(0);
        *units = u32::try_from(sum).unwrap_or(u32::MAX);
    }
    quantities
}

fn lines(pack: &Pack, holdings: &Holdings<'_>, order: &Order, now: Timestamp) -> Vec<PreviewLine> {
    let parts = |seat: &Stored<Seat>, units: &dyn Fn(&ItemId) -> i64| {
        let rest = rest_of_period(pack, holdings, &seat.value, now);
        let prorated = |item: &ItemId| (item.clone(), prorated(pack, item, units(item), rest));
        order.difference.keys().map(prorated).collect::<Vec<_>>()
    };
    let amounts = match &order.change {
        BillingChange::SeatTier { seat, .. } | BillingChange::AddOn { seat, .. } => {
            let units = |item: &ItemId| order.difference.get(item).copied().unwrap_or_default();
            let seat = holdings.seats.iter().find(|known| known.value.id == *seat);
            seat.map(|seat| parts(seat, &units)).unwrap_or_default()
        }
        BillingChange::AddOnEverywhere { add_on, quantity } => holdings
            .renewing_seats(now)
            .flat_map(|seat| {
                let more = i64::from(*quantity) - i64::from(units(&seat.value, add_on));
                parts(seat, &|_| more)
            })
            .collect(),
        BillingChange::Seats { .. } | BillingChange::Plan { .. } | BillingChange::Credits { .. } => {
            return order.lines.iter().filter_map(|line| whole(pack, &line.item, line.quantity)).collect();
        }
    };
    let mut sums = BTreeMap::<ItemId, i64>::new();
    for (item, amount) in amounts {
        let sum = sums.entry(item).or_default();
        *sum = sum.saturating_add(amount);
    }
    let line = |(item, amount): (ItemId, i64)| {
        let units = order.difference.get(&item)?.unsigned_abs();
        let whole = whole(pack, &item, u32::try_from(units).unwrap_or(u32::MAX))?;
        Some(PreviewLine { amount: pack.money(amount), proration: true, ..whole })
    };
    sums.into_iter().filter_map(line).collect()
}

/// A line for the whole price.
fn whole(pack: &Pack, item: &ItemId, quantity: u32) -> Option<PreviewLine> {
    let known = pack.item(item)?;
    Some(PreviewLine {
        item: item.clone(),
        label: known.label.to_owned(),
        quantity,
        unit_price: known.price.clone(),
        amount: pack.money(known.price.amount.saturating_mul(i64::from(quantity))),
        proration: false,
    })
}

/// The rest of the period that the seat is paid for, and the whole of it, in seconds.
fn rest_of_period(pack: &Pack, holdings: &Holdings<'_>, seat: &Seat, now: Timestamp) -> (i64, i64) {
    let own = || pack.billing.period.around(seat.term.anchor, now);
    let (start, end) = holdings.paid().map_or_else(own, |paid| (paid.start, paid.end));
    let whole = (end.as_second() - start.as_second()).max(1);
    ((end.as_second() - now.as_second()).clamp(0, whole), whole)
}

/// The price of these units for the rest of a period, rounded half up.
fn prorated(pack: &Pack, item: &ItemId, units: i64, (rest, whole): (i64, i64)) -> i64 {
    let price = pack.item(item).map_or(0, |item| item.price.amount);
    let (rest, whole) = (i128::from(rest), i128::from(whole));
    let share = 2 * i128::from(price) * i128::from(units) * rest + whole;
    i64::try_from(share.div_euclid(2 * whole)).unwrap_or(i64::MAX)
}
