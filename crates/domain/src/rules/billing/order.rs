//! Orders: what a change adds to what a workspace pays for, and whether it must be paid first.

use std::collections::BTreeMap;
use std::iter;

use jiff::Timestamp;

use super::plan::{WorkspacePlan, put_on};
use super::{Holdings, quantities};
use crate::model::{
    BillingChange, Extras, Purchase, PurchaseId, PurchaseLine, PurchaseState, Seat, SeatId, Tally, UserId,
    WorkspaceId,
};
use crate::moment::Moment;
use crate::pack::{AddOn, AddOnId, ItemId, Money, Pack, PackageId, SEATS_MAX, SeatModel, TierId};
use crate::record::Stored;
use crate::refusal::Refusal;

/// The most seats, or packages of credits, of one purchase: a transaction holds 100 actions (AWS limit).
pub const MAX_PER_PURCHASE: u32 = 50;

/// The most extras of one allowance. With it, no sum of prices is too large for an amount.
const MAX_EXTRAS: u32 = 1_000_000;

/// A change of what a workspace pays for, which was found possible.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Order {
    /// The change.
    pub change: BillingChange,
    /// The lines of what is bought.
    pub lines: Vec<PurchaseLine>,
    /// What the change adds to the number of units of each item that renews; negative: takes away.
    pub difference: BTreeMap<ItemId, i64>,
    /// The credits that are bought.
    pub credits: u32,
    /// Whether the change must be paid first.
    pub rises: bool,
}

impl Order {
    /// Whether the workspace has all of it already.
    pub fn is_nothing(&self, pack: &Pack, holdings: &Holdings<'_>) -> bool {
        let has_plan = || match &self.change {
            BillingChange::Plan { plan, seats, extras } => wanted_plan(pack, plan, *seats, extras)
                .and_then(|wanted| put_on(pack, holdings.workspace, holdings.tally, wanted))
                .is_ok_and(|(_, changes)| changes.is_empty()),
            // The seat can have a tier without a price, or one that the pack dropped.
            BillingChange::SeatTier { seat, tier } => {
                holdings.seats.iter().any(|known| known.value.id == *seat && known.value.tier == *tier)
            }
            BillingChange::AddOnEverywhere { add_on, quantity } => {
                let has = |seat: &Stored<Seat>| units(&seat.value, add_on) == *quantity;
                holdings.seats.iter().filter(|seat| seat.value.term.ends.is_none()).all(has)
            }
            BillingChange::Seats { .. } | BillingChange::AddOn { .. } | BillingChange::Credits { .. } => true,
        };
        self.difference.is_empty() && self.credits == 0 && has_plan()
    }

    /// The record of the purchase.
    pub fn purchase(
        &self,
        workspace: WorkspaceId,
        by: UserId,
        state: PurchaseState,
        due: Option<Money>,
        moment: &mut Moment,
    ) -> Purchase {
        Purchase {
            workspace,
            id: PurchaseId(moment.fresh_id()),
            by,
            at: moment.now,
            change: Some(self.change.clone()),
            lines: self.lines.clone(),
            difference: self.difference.clone(),
            credits: self.credits,
            due,
            state,
            payment: None,
        }
    }
}

/// Finds out what a change adds, if it is possible.
pub fn order(
    pack: &Pack,
    holdings: &Holdings<'_>,
    change: BillingChange,
    now: Timestamp,
) -> Result<Order, Refusal> {
    if let BillingChange::Credits { package, quantity } = &change {
        let (lines, credits) = credits(pack, package, *quantity)?;
        return Ok(Order { change, lines, difference: BTreeMap::new(), credits, rises: true });
    }
    let is_plan = matches!(change, BillingChange::Plan { .. });
    if !is_plan {
        require_own_plan(pack, holdings)?;
    }
    let mut difference = match &change {
        BillingChange::Seats { tier, quantity } => seats(pack, holdings, tier, *quantity, now)?,
        BillingChange::SeatTier { seat, tier } => seat_tier(pack, holdings, *seat, tier, now)?,
        BillingChange::AddOn { seat, add_on, quantity } => {
            let add_on = known_add_on(pack, add_on, *quantity)?;
            let seat = holdings.renewing_seat(*seat, now)?;
            add_on_units(iter::once(seat), add_on, *quantity)
        }
        BillingChange::AddOnEverywhere { add_on, quantity } => {
            let add_on = known_add_on(pack, add_on, *quantity)?;
            add_on_units(holdings.renewing_seats(now), add_on, *quantity)
        }
        BillingChange::Plan { plan, seats, extras } => plan_difference(pack, holdings, plan, *seats, extras)?,
        BillingChange::Credits { .. } => BTreeMap::new(),
    };
    difference.retain(|_, units| *units != 0);
    let (lines, rises) = (bought(pack, &difference), rises(pack, &difference));
    Ok(Order { change, lines, difference, credits: 0, rises })
}

fn require_by_tier(pack: &Pack) -> Result<(), Refusal> {
    if pack.seats.model == SeatModel::ByTier { Ok(()) } else { Err(Refusal::NotOffered) }
}

/// A tier that is sold.
fn sold_tier(pack: &Pack, tier: &TierId) -> Result<ItemId, Refusal> {
    require_by_tier(pack)?;
    let tier = pack.tier(tier).ok_or(Refusal::TierUnknown)?;
    tier.price.as_ref().map(|_| ItemId(tier.id.0.clone())).ok_or(Refusal::NotOffered)
}

fn seats(
    pack: &Pack,
    holdings: &Holdings<'_>,
    tier: &TierId,
    quantity: u32,
    now: Timestamp,
) -> Result<BTreeMap<ItemId, i64>, Refusal> {
    let tier = sold_tier(pack, tier)?;
    if quantity > MAX_PER_PURCHASE {
        return Err(Refusal::TooManyUnits);
    }
    super::grant::room_for(pack, holdings, quantity, now)?;
    Ok(BTreeMap::from([(tier, i64::from(quantity))]))
}

fn seat_tier(
    pack: &Pack,
    holdings: &Holdings<'_>,
    seat: SeatId,
    tier: &TierId,
    now: Timestamp,
) -> Result<BTreeMap<ItemId, i64>, Refusal> {
    let tier = sold_tier(pack, tier)?;
    let before = &holdings.renewing_seat(seat, now)?.value.tier;
    let mut difference = BTreeMap::from([(tier, 1)]);
    // A tier that the pack dropped costs nothing any more.
    if sold_tier(pack, before).is_ok() {
        *difference.entry(ItemId(before.0.clone())).or_default() -= 1;
    }
    Ok(difference)
}

fn known_add_on<'a>(pack: &'a Pack, add_on: &AddOnId, quantity: u32) -> Result<&'a AddOn, Refusal> {
    require_by_tier(pack)?;
    let add_on = pack.add_on(add_on).ok_or(Refusal::AddOnUnknown)?;
    if quantity > add_on.max { Err(Refusal::TooManyUnits) } else { Ok(add_on) }
}

/// The paid units of an add-on.
pub(super) fn units(seat: &Seat, add_on: &AddOnId) -> u32 {
    seat.add_ons.get(add_on).copied().unwrap_or_default()
}

fn add_on_units<'a>(
    seats: impl Iterator<Item = &'a Stored<Seat>>,
    add_on: &AddOn,
    quantity: u32,
) -> BTreeMap<ItemId, i64> {
    let more = seats.map(|seat| i64::from(quantity) - i64::from(units(&seat.value, &add_on.id)));
    BTreeMap::from([(ItemId(add_on.id.0.clone()), more.sum())])
}

/// The plan that a request asks for. A number of seats can be chosen where each seat has a price.
pub(super) fn wanted_plan<'a>(
    pack: &'a Pack,
    plan: &str,
    seats: Option<u32>,
    extras: &Extras,
) -> Result<WorkspacePlan<'a>, Refusal> {
    let plan = pack.plans.iter().find(|known| known.id == plan).ok_or(Refusal::PlanUnknown)?;
    let is_chosen = seats.is_some_and(|seats| seats != plan.seats);
    if is_chosen && (pack.seats.model != SeatModel::ByRole || plan.price.is_none() || seats == Some(0)) {
        return Err(Refusal::NotOffered);
    }
    let seats = seats.unwrap_or(plan.seats);
    if seats > SEATS_MAX {
        return Err(Refusal::SeatLimitReached);
    }
    for (allowance, units) in extras {
        let price = plan.allowance(allowance).and_then(|allowance| allowance.price.as_ref());
        if *units > 0 && price.is_none() {
            return Err(Refusal::AllowanceUnknown);
        }
        if *units > MAX_EXTRAS {
            return Err(Refusal::TooManyUnits);
        }
    }
    let extras = extras.iter().filter(|(_, units)| **units > 0);
    let extras = extras.map(|(allowance, units)| (allowance.clone(), *units)).collect();
    Ok(WorkspacePlan { plan, seats, extras })
}

/// Refuses a workspace whose plan only an operator changes.
pub(super) fn require_own_plan(pack: &Pack, holdings: &Holdings<'_>) -> Result<(), Refusal> {
    let plan = pack.plan(&holdings.workspace.value.plan);
    if plan.is_some_and(|plan| plan.operator_managed) { Err(Refusal::PlanManaged) } else { Ok(()) }
}

fn plan_difference(
    pack: &Pack,
    holdings: &Holdings<'_>,
    plan: &str,
    seats: Option<u32>,
    extras: &Extras,
) -> Result<BTreeMap<ItemId, i64>, Refusal> {
    let wanted = wanted_plan(pack, plan, seats, extras)?;
    let workspace = &holdings.workspace.value;
    require_own_plan(pack, holdings)?;
    if wanted.plan.operator_managed {
        return Err(Refusal::PlanManaged);
    }
    let tally_then = Tally { seats: i64::from(wanted.seats), ..holdings.tally.clone() };
    let (workspace_then, _) = put_on(pack, holdings.workspace, holdings.tally, wanted)?;
    let mut difference = BTreeMap::<ItemId, i64>::new();
    for (item, units) in quantities(pack, &workspace_then, &tally_then, iter::empty()) {
        *difference.entry(item).or_default() += i64::from(units);
    }
    for (item, units) in quantities(pack, workspace, holdings.tally, iter::empty()) {
        *difference.entry(item).or_default() -= i64::from(units);
    }
    Ok(difference)
}

fn credits(pack: &Pack, package: &PackageId, quantity: u32) -> Result<(Vec<PurchaseLine>, u32), Refusal> {
    if pack.billing.credit_packages.is_empty() {
        return Err(Refusal::NotOffered);
    }
    let package = pack.credit_package(package).ok_or(Refusal::PackageUnknown)?;
    let credits = package.credits.checked_mul(quantity).filter(|_| quantity <= MAX_PER_PURCHASE);
    let credits = credits.ok_or(Refusal::TooManyUnits)?;
    let item = ItemId(package.id.0.clone());
    Ok((vec![PurchaseLine { item, quantity, unit_price: package.price.clone() }], credits))
}

/// The lines of what the difference adds, in the order of the pack.
fn bought(pack: &Pack, difference: &BTreeMap<ItemId, i64>) -> Vec<PurchaseLine> {
    let added = difference.iter().filter_map(|(item, units)| {
        Some((item.clone(), u32::try_from(*units).ok().filter(|units| *units > 0)?))
    });
    super::lines(pack, &added.collect())
}

/// Whether the difference must be paid first. What takes one thing for another must be paid if it costs more.
fn rises(pack: &Pack, difference: &BTreeMap<ItemId, i64>) -> bool {
    if difference.values().all(|units| *units > 0) {
        return !difference.is_empty();
    }
    let price = |item: &ItemId| pack.item(item).map_or(0, |item| item.price.amount);
    let more = difference.iter().map(|(item, units)| price(item).saturating_mul(*units));
    more.fold(0, i64::saturating_add) > 0
}
