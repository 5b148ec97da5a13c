//! The products of the histories.

use std::collections::BTreeMap;

use crate::Pack;
use crate::pack::{
    AddOn, AddOnId, Allowance, AllowanceId, CreditPackage, ItemId, Lifetime, OverAssignment, PackageId, Plan,
};
use crate::rules::tests::fixture::{euros, pack, pack_by_role, plan};

/// A grace shorter than the time for which Stripe tries to charge.
fn with_grace(mut pack: Pack) -> Pack {
    pack.billing.grace = Lifetime::try_from("PT24H".to_owned()).unwrap();
    pack
}

/// Seats of two tiers with an add-on, and credits.
pub fn by_tier() -> Pack {
    let mut pack = with_grace(pack());
    pack.seats.max = 12;
    pack.seats.tiers[1].price = Some(euros(300));
    pack.seats.add_ons = vec![AddOn {
        id: AddOnId("extra".to_owned()),
        label: "Extra".to_owned(),
        max: 9,
        price: euros(50),
        included: 0,
    }];
    pack.billing.credit_packages = vec![CreditPackage {
        id: PackageId("hundred".to_owned()),
        label: "Hundred".to_owned(),
        credits: 100,
        price: euros(900),
    }];
    pack
}

/// A free plan, and two plans with a price for each seat.
pub fn by_role() -> Pack {
    let mut pack = with_grace(pack_by_role());
    pack.seats.over_assignment = OverAssignment::SuspendLast;
    let priced = |id, price| Plan { price: Some(euros(price)), ..plan(id, 4) };
    pack.plans = vec![plan("plan", 2), priced("business", 200), priced("grand", 500)];
    pack
}

/// A free plan, and one with a price and extras.
pub fn with_extras() -> Pack {
    let mut pack = with_grace(pack());
    pack.seats.tiers.clear();
    let bots = Allowance {
        id: AllowanceId("bots".to_owned()),
        label: "Bots".to_owned(),
        included: 1,
        price: Some(euros(70)),
        limits: None,
    };
    let with = |id, price| Plan { price, allowances: vec![bots.clone()], ..plan(id, 0) };
    pack.plans = vec![with("plan", None), with("growth", Some(euros(500)))];
    pack
}

/// The prices at Stripe.
pub fn prices(pack: &Pack) -> BTreeMap<ItemId, i64> {
    pack.items().into_iter().map(|item| (item.id(), item.price.amount)).collect()
}
