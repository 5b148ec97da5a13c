//! Packs that sell something, and changes of what is paid for.

use uuid::Uuid;

use super::fixture::*;
use crate::pack::{
    AddOn, AddOnId, Allowance, AllowanceId, CreditPackage, ItemId, Limited, PackageId, Plan, SeatNeed,
};
use crate::{BillingChange, Extras, Pack, PaidPeriod, SeatId, Stored, Workspace};
use jiff::Timestamp;

pub(crate) fn item(name: &str) -> ItemId {
    ItemId(name.to_owned())
}

pub(crate) fn add_on(name: &str) -> AddOnId {
    AddOnId(name.to_owned())
}

pub(crate) fn extras(given: &[(&str, u32)]) -> Extras {
    given.iter().map(|(name, units)| (AllowanceId((*name).to_owned()), *units)).collect()
}

/// Seats `small` at 10 and `large` at 30, an add-on at 5, and packages of 100 credits at 9.
pub(crate) fn selling() -> Pack {
    let mut pack = pack();
    for (tier, price) in pack.seats.tiers.iter_mut().zip([1000, 3000]) {
        tier.price = Some(euros(price));
    }
    let (id, label) = (add_on("extra"), "Extra".to_owned());
    pack.seats.add_ons = vec![AddOn { id, label, max: 10, price: euros(500), included: 5 }];
    let (id, label) = (PackageId("hundred".to_owned()), "100 credits".to_owned());
    pack.billing.credit_packages = vec![CreditPackage { id, label, credits: 100, price: euros(900) }];
    pack
}

/// The plans `plan` with five seats, `business` with as many as are paid for, and `enterprise` by an operator.
pub(crate) fn selling_by_role() -> Pack {
    let mut pack = pack_by_role();
    let business = Plan { price: Some(euros(2000)), ..plan("business", 25) };
    let enterprise = Plan { operator_managed: true, ..plan("enterprise", 250) };
    pack.plans = vec![plan("plan", 5), business, enterprise];
    pack
}

/// No seats. `plan` includes three members and a bot, and sells more; `growth` has a price and includes five members.
pub(crate) fn laddered() -> Pack {
    let mut pack = pack();
    pack.roles.iter_mut().for_each(|role| role.seat = SeatNeed::None);
    pack.seats = crate::pack::SeatRules::default();
    pack.invitation.reserves_seat = false;
    let allowance = |id: &str, included, price: Option<i64>, limits| Allowance {
        id: AllowanceId(id.to_owned()),
        label: id.to_owned(),
        included,
        price: price.map(euros),
        limits,
    };
    let members = |included| allowance("members", included, Some(300), Some(Limited::Members));
    let mut standard = plan("plan", 0);
    standard.allowances =
        vec![members(3), allowance("bots", 1, Some(1000), None), allowance("users", 100, None, None)];
    let mut growth = plan("growth", 0);
    (growth.price, growth.allowances) = (Some(euros(2900)), vec![members(5)]);
    pack.plans = vec![standard, growth];
    pack
}

/// A workspace that pays online, in the middle of a period of twenty days.
pub(crate) fn paying(lapses_at: Option<Timestamp>) -> Stored<Workspace> {
    let paid = PaidPeriod { start: now() - days(10), end: now() + days(10), lapses_at };
    stored(Workspace { paid: Some(paid), ..workspace() })
}

pub(crate) fn seats_of(name: &str, quantity: u32) -> BillingChange {
    BillingChange::Seats { tier: tier(name), quantity }
}

pub(crate) fn tier_of(number: u128, name: &str) -> BillingChange {
    BillingChange::SeatTier { seat: SeatId(Uuid::from_u128(number)), tier: tier(name) }
}

pub(crate) fn units_of(number: u128, name: &str, quantity: u32) -> BillingChange {
    BillingChange::AddOn { seat: SeatId(Uuid::from_u128(number)), add_on: add_on(name), quantity }
}

pub(crate) fn units_everywhere(name: &str, quantity: u32) -> BillingChange {
    BillingChange::AddOnEverywhere { add_on: add_on(name), quantity }
}

pub(crate) fn plan_of(name: &str, seats: Option<u32>) -> BillingChange {
    BillingChange::Plan { plan: name.to_owned(), seats, extras: Extras::new() }
}

pub(crate) fn credits_of(name: &str, quantity: u32) -> BillingChange {
    BillingChange::Credits { package: PackageId(name.to_owned()), quantity }
}
