//! Contradictions in what a pack sells.

use super::packs::{PackCase, check};
use super::sold::*;
use crate::Pack;
use crate::pack::{AllowanceId, BillingProvider, Lifetime};
use crate::rules::tests::fixture::*;

/// A pack that sells for a payment online.
fn online() -> Pack {
    let mut pack = selling();
    pack.billing.provider = BillingProvider::Stripe;
    pack
}

#[test]
fn d5_a_pack_can_sell_everything() {
    let mut same = laddered();
    same.plans[1].allowances.extend(laddered().plans[0].allowances[1..].to_vec());
    // Only one of the plans sells more.
    same.plans[1].allowances[1].price = None;
    let mut managed = selling_by_role();
    managed.plans.iter_mut().for_each(|plan| plan.operator_managed = true);
    let mut free = online();
    free.seats.tiers[0].price = Some(euros(0));
    for pack in [selling(), selling_by_role(), laddered(), online(), same, managed, free] {
        assert_eq!(pack.faults(), []);
    }
}

#[test]
fn d5_a_pack_says_what_is_wrong_with_its_prices() {
    let cases: &[PackCase] = &[
        (selling, |pack| pack.seats.tiers[1].price = Some(euros(-1)), "seats.tier.1.price", "negative price"),
        (selling, |pack| pack.seats.tiers[1].price = None, "seats.tier.1.price", "give it a `price`"),
        (
            selling_by_role,
            |pack| pack.seats.tiers[0].price = Some(euros(1)),
            "seats.tier.0.price",
            "move it there",
        ),
        (
            selling,
            |pack| pack.seats.add_ons[0].price.amount = 100_000_000,
            "seats.add-on.0.price",
            "minor unit",
        ),
        (
            selling,
            |pack| pack.seats.add_ons[0].price.currency = "EURO".to_owned(),
            "seats.add-on.0.price.currency",
            "`EURO` is no currency",
        ),
        (
            selling,
            |pack| pack.billing.credit_packages[0].price.currency = "USD".to_owned(),
            "billing.credit-package.0.price",
            "use one currency",
        ),
        (
            selling_by_role,
            |pack| pack.plans[1].price = Some(euros(-5)),
            "plan.1.price",
            "`business` has a negative price",
        ),
        (
            laddered,
            |pack| pack.plans[0].allowances[1].price = Some(euros(-5)),
            "plan.0.allowance.1.price",
            "`bots` has a negative price",
        ),
        (
            selling,
            |pack| pack.seats.add_ons[0].id = add_on("large"),
            "seats.add-on.0.id",
            "id of the tier `large`",
        ),
        (
            laddered,
            |pack| pack.plans[0].allowances[1].id = AllowanceId("growth".to_owned()),
            "plan.1.id",
            "id of the allowance `growth`",
        ),
        (
            selling,
            |pack| pack.billing.credit_packages[0].id.0 = "extra".to_owned(),
            "billing.credit-package.0.id",
            "id of the add-on `extra`",
        ),
    ];
    check(cases);
}

#[test]
fn d5_a_pack_says_what_is_wrong_with_what_it_sells() {
    check(&[
        (selling, |pack| pack.seats.add_ons[0].max = 0, "seats.add-on.0.max", "at least 1 unit"),
        (
            selling_by_role,
            |pack| pack.seats.add_ons = selling().seats.add_ons,
            "seats.add-on",
            "only seats `by-tier`",
        ),
        (selling_by_role, |pack| pack.plans[1].seats = 0, "plan.1.seats", "price for each seat"),
        (
            selling_by_role,
            |pack| pack.plans[0].operator_managed = true,
            "plan.0.operator-managed",
            "start on another plan",
        ),
        (
            laddered,
            |pack| pack.plans[0].allowances[1].id = AllowanceId("Bots".to_owned()),
            "plan.0.allowance.1.id",
            "lower-case letters",
        ),
        (
            laddered,
            |pack| {
                let bots = pack.plans[0].allowances[1].clone();
                pack.plans[0].allowances.push(bots);
            },
            "plan.0.allowance.3.id",
            "there once",
        ),
        (
            laddered,
            |pack| pack.plans[0].allowances[2].limits = pack.plans[0].allowances[0].limits,
            "plan.0.allowance.2.limits",
            "limits the members twice",
        ),
        (
            laddered,
            |pack| pack.plans[0].allowances[0].included = 0,
            "plan.0.allowance.0.included",
            "for the creator",
        ),
        (
            selling,
            |pack| pack.billing.credit_packages[0].credits = 0,
            "billing.credit-package.0.credits",
            "at least 1 credit",
        ),
        (
            selling,
            |pack| {
                let package = pack.billing.credit_packages[0].clone();
                pack.billing.credit_packages.push(package);
            },
            "billing.credit-package.1.id",
            "there once",
        ),
        (
            pack_by_role,
            |pack| pack.billing.provider = BillingProvider::Stripe,
            "billing.provider",
            "nothing has a price",
        ),
        (online, |pack| pack.plans[0].price = Some(euros(100)), "billing.plan", "must be paid first"),
        (
            selling,
            |pack| pack.billing.grace = Lifetime::try_from("P32D".to_owned()).unwrap(),
            "billing.grace",
            "longer than a billing period",
        ),
    ]);
}

#[test]
fn d5_an_allowance_has_one_price() {
    let mut pack = laddered();
    pack.plans[1].allowances[0].price = Some(euros(400));
    let keys: Vec<_> = pack.faults().into_iter().map(|fault| fault.key.join(".")).collect();
    assert_eq!(keys, ["plan.0.allowance.0.price", "plan.1.allowance.0.price"]);
}
