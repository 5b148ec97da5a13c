//! Quantities at rest (K59). Stripe follows what the workspace has. Seats of a plan can also be changed at Stripe:
//! then the workspace follows (R7).

use std::collections::BTreeMap;

use super::known::Here;
use super::reading::{ItemReading, SubscriptionReading};
use super::step::{ItemLine, SyncFault, SyncStep};
use crate::change::{Change, Changes};
use crate::count_change::{CountChange, Delta};
use crate::model::{Cancellation, Count, Quantities, Subscription};
use crate::moment::Moment;
use crate::pack::{ItemId, ItemKind, Pack, SeatModel};
use crate::rules::seat::settlement;

/// The first item for each thing that is sold.
pub(super) fn main_items(own: &SubscriptionReading) -> BTreeMap<ItemId, String> {
    let mut items = BTreeMap::new();
    for item in &own.items {
        if let Some(sold) = &item.sold {
            items.entry(sold.clone()).or_insert_with(|| item.id.clone());
        }
    }
    items
}

/// Brings the quantities at Stripe to what the workspace has. The account says so first: then a run that was
/// overtaken cannot fix a charge for what was there before.
pub(super) fn level(here: &Here<'_>, own: &SubscriptionReading) -> Option<SyncStep> {
    let wanted = here.quantities();
    let step = quantities(own, &wanted)?;
    if here.account().level.as_ref() == Some(&wanted) {
        return Some(step);
    }
    Some(SyncStep::Commit(vec![here.update_account(|account| account.level = Some(wanted))]))
}

/// Brings the quantities at Stripe to these. A second item for the same thing, at an earlier price, goes to zero;
/// what is not the pack's stays.
fn quantities(own: &SubscriptionReading, wanted: &Quantities) -> Option<SyncStep> {
    let main = main_items(own);
    let quantity = |item: &ItemReading, sold: &ItemId| {
        let is_main = main.get(sold) == Some(&item.id);
        if is_main { wanted.get(sold).copied().unwrap_or(0) } else { 0 }
    };
    let present = own.items.iter().filter_map(|item| {
        let sold = item.sold.as_ref()?;
        let line =
            ItemLine { item: Some(item.id.clone()), sold: sold.clone(), quantity: quantity(item, sold) };
        (line.quantity != item.quantity).then_some(line)
    });
    let missing = wanted.iter().filter(|(sold, units)| **units > 0 && !main.contains_key(*sold));
    let missing = missing.map(|(sold, units)| ItemLine { item: None, sold: sold.clone(), quantity: *units });
    let items: Vec<ItemLine> = present.chain(missing).collect();
    (!items.is_empty()).then(|| SyncStep::Level { subscription: own.id.clone(), items })
}

/// A subscription without units ends with its period, and continues as soon as something renews. A cancellation
/// that a person has made stays.
pub(super) fn cancellation(here: &Here<'_>, own: &SubscriptionReading) -> Option<SyncStep> {
    let (ends, is_empty) = (own.cancels_at().is_some(), here.quantities().is_empty());
    let set = |ends| SyncStep::SetCancellation { subscription: own.id.clone(), ends };
    let note = |reason| SyncStep::Commit(vec![here.update_account(|account| account.cancellation = reason)]);
    match (here.account().cancellation, ends, is_empty) {
        (Some(Cancellation::Asked), false, _) | (Some(Cancellation::WhileEmpty), false, true) => {
            Some(set(true))
        }
        // From now on it is as if the person had made it at Stripe, where they can also take it back.
        (Some(Cancellation::Asked), true, _) | (Some(Cancellation::WhileEmpty), false, false) => {
            Some(note(None))
        }
        (None, false, true) => Some(note(Some(Cancellation::WhileEmpty))),
        (Some(Cancellation::WhileEmpty), true, false) => Some(set(false)),
        (Some(Cancellation::WhileEmpty), true, true) | (None, true, _) | (None, false, false) => None,
    }
}

/// The plan, and the number of its seats, if they were changed at Stripe since the last reading.
pub(super) fn plan_at_stripe(
    pack: &Pack,
    before: Option<&Subscription>,
    now: &Subscription,
) -> Result<Option<(String, u32)>, SyncFault> {
    let plans = plans(pack, &now.quantities);
    let is_same = before.is_some_and(|before| self::plans(pack, &before.quantities) == plans);
    if pack.seats.model != SeatModel::ByRole || is_same {
        return Ok(None);
    }
    match plans.as_slice() {
        [] => Ok(None),
        [(plan, seats)] => Ok(Some((plan.0.clone(), *seats))),
        _ => Err(SyncFault::TwoPlans(now.id.clone())),
    }
}

fn plans<'a>(pack: &Pack, quantities: &'a Quantities) -> Vec<(&'a ItemId, u32)> {
    let is_plan = |sold: &ItemId| pack.item(sold).is_some_and(|item| item.kind == ItemKind::Plan);
    let sold = quantities.iter().filter(|(sold, units)| **units > 0 && is_plan(sold));
    sold.map(|(sold, units)| (sold, *units)).collect()
}

/// Sets the number of the plan's seats, if it is still what was read. More may be taken than there are then: that is
/// settled afterwards.
pub(super) fn set_seats(here: &Here<'_>, seats: u32, moment: &mut Moment) -> Changes {
    let (seats, workspace) = (i64::from(seats), here.workspace.value.id);
    let by = seats - here.known.tally.seats;
    if by == 0 {
        return Changes::new();
    }
    let counts = CountChange::one(workspace, Count::Seats, Delta::exactly(by, seats));
    let added = Change::AdjustCounts(counts.with(Count::OpenSeats, Delta::by(by)));
    [added].into_iter().chain(settlement(here.pack(), workspace, moment)).collect()
}
