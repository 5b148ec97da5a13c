//! Quantities at rest (K59): purchased seats, add-ons and extras are ours, and Stripe follows. Seats of a plan are
//! Stripe's, and the workspace follows (R7).

use std::collections::BTreeMap;

use super::known::Here;
use super::reading::{ItemReading, SubscriptionReading};
use super::step::{ItemLine, SyncFault, SyncStep};
use crate::change::{Change, CountChange, Delta};
use crate::model::{Cancellation, Count, Quantities, Workspace};
use crate::pack::{ItemId, ItemKind, Pack, SeatModel};

/// What the quantities of the subscription are to be.
pub(super) fn wanted(here: &Here<'_>, own: &SubscriptionReading) -> Quantities {
    let mut wanted = here.holdings().quantities(here.pack());
    if is_stripes(here.pack()) {
        wanted.retain(|sold, _| !is_plan(here.pack(), sold));
        for item in plans(here.pack(), own) {
            let sum: &mut u32 = wanted.entry(item.0.clone()).or_default();
            *sum = sum.saturating_add(item.1);
        }
    }
    wanted
}

/// Whether the number of a plan's seats is decided at Stripe.
fn is_stripes(pack: &Pack) -> bool {
    pack.seats.model == SeatModel::ByRole
}

fn is_plan(pack: &Pack, sold: &ItemId) -> bool {
    pack.item(sold.as_str()).is_some_and(|item| item.kind == ItemKind::Plan)
}

fn plans<'a>(pack: &Pack, own: &'a SubscriptionReading) -> impl Iterator<Item = (&'a ItemId, u32)> {
    let sold = own.items.iter().filter(|item| item.quantity > 0);
    sold.filter_map(|item| Some((item.sold.as_ref()?, item.quantity))).filter(|(sold, _)| is_plan(pack, sold))
}

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

/// Brings the quantities at Stripe to these. A second item for the same thing, at an earlier price, goes to zero;
/// what is not the pack's stays.
pub(super) fn quantities(own: &SubscriptionReading, wanted: &Quantities) -> Option<SyncStep> {
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
pub(super) fn cancellation(
    here: &Here<'_>,
    own: &SubscriptionReading,
    wanted: &Quantities,
) -> Option<SyncStep> {
    let (ends, is_empty) = (own.cancels_at().is_some(), wanted.values().all(|units| *units == 0));
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

/// Puts the workspace on the plan, and on the number of its seats, that Stripe says.
pub(super) fn follow(here: &Here<'_>, own: &SubscriptionReading) -> Result<Option<SyncStep>, SyncFault> {
    if !is_stripes(here.pack()) {
        return Ok(None);
    }
    let mut plans = plans(here.pack(), own);
    let Some((plan, seats)) = plans.next() else { return Ok(None) };
    if plans.next().is_some() {
        return Err(SyncFault::TwoPlans(own.id.clone()));
    }
    let workspace = &here.workspace.value;
    let by = i64::from(seats) - here.known.tally.seats;
    if workspace.plan == plan.as_str() && by == 0 {
        return Ok(None);
    }
    let plan = plan.as_str().to_owned();
    // The version of the workspace may stay, so the account's keeps a second run from adding the same seats.
    let mut changes = vec![here.update_account(|account| account.synced_at = Some(here.now))];
    if workspace.plan != plan {
        changes.push(Change::update(here.workspace, Workspace { plan, ..workspace.clone() }));
    }
    changes.extend(add_seats(here, by));
    Ok(Some(SyncStep::Commit(changes)))
}

/// Adds seats of the plan. More may be taken than there are then: [`crate::rules::seat::settle`] follows.
pub(super) fn add_seats(here: &Here<'_>, by: i64) -> Option<Change> {
    let counts = CountChange::one(here.workspace.value.id, Count::Seats, Delta::by(by));
    (by != 0).then(|| Change::AdjustCounts(counts.with(Count::OpenSeats, Delta::by(by))))
}
