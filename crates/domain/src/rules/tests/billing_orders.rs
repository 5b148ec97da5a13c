//! Orders: what a change adds, what must be paid first, and what is refused.

use std::collections::BTreeMap;

use super::sold::*;
use crate::pack::{OverAssignment, SeatModel};
use crate::rules::billing::{self, Holdings, MAX_PER_PURCHASE, order};
use crate::rules::tests::fixture::*;
use crate::{BillingChange, Occupant, Pack, Refusal, Seat, Stored, Tally, Workspace};

/// The difference, the credits, and whether the order must be paid first.
type Said = Result<(Vec<(&'static str, i64)>, u32, bool), Refusal>;

fn said(
    pack: &Pack,
    (workspace, tally, seats): (&Stored<Workspace>, &Tally, &[Stored<Seat>]),
    change: &BillingChange,
    then: &Said,
) {
    let holdings = Holdings { workspace, tally, seats };
    let found = order(pack, &holdings, change.clone(), now());
    let found = found.map(|order| (order.difference, order.credits, order.rises));
    let then = then.clone().map(|(difference, credits, rises)| {
        let difference = difference.into_iter().map(|(name, units)| (item(name), units));
        (difference.collect::<BTreeMap<_, _>>(), credits, rises)
    });
    assert_eq!(found, then, "{change:?}");
}

#[test]
fn s11_seats_are_bought_in_a_tier_that_is_sold_and_within_the_pack() {
    let (pack, workspace, tally) = (pack(), stored(workspace()), tally(1, 1));
    let mut priceless = pack.clone();
    priceless.seats.tiers[1].price = None;
    let ended = |occupant| {
        let mut given = seat(1, "small", occupant);
        given.value.term.ends = Some(now());
        given
    };
    let (left, held) = ([ended(Occupant::Nobody)], [ended(Occupant::Member(user(5)))]);
    let too_many = Err(Refusal::SeatLimitReached);
    for (pack, seats, change, then) in [
        (&pack, &[][..], seats_of("small", 3), Ok((vec![("small", 3)], 0, true))),
        (&pack, &[], seats_of("small", 4), too_many.clone()),
        (&pack, &[], seats_of("small", MAX_PER_PURCHASE + 1), Err(Refusal::TooManyUnits)),
        (&pack, &[], seats_of("gold", 1), Err(Refusal::TierUnknown)),
        (&priceless, &[], seats_of("large", 1), Err(Refusal::NotOffered)),
        // Seats of a plan are not bought one by one.
        (&pack_by_role(), &[], seats_of("small", 1), Err(Refusal::NotOffered)),
        // Ended seats that nobody occupies make room; occupied ones do not.
        (&pack, &left, seats_of("small", 4), Ok((vec![("small", 4)], 0, true))),
        (&pack, &held, seats_of("small", 4), too_many),
    ] {
        said(pack, (&workspace, &tally, seats), &change, &then);
    }
}

#[test]
fn s11_another_tier_must_be_paid_first_if_it_costs_more() {
    let (mut pack, workspace, tally) = (selling(), stored(workspace()), tally(1, 1));
    let dropped = seat(4, "gold", Occupant::Nobody);
    let mut cancelled = seat(3, "small", Occupant::Nobody);
    cancelled.value.term.ends = Some(now() + days(2));
    let mut ended = seat(5, "small", Occupant::Nobody);
    ended.value.term.ends = Some(now());
    let seats =
        [seat(1, "small", Occupant::Nobody), seat(2, "large", Occupant::Nobody), cancelled, dropped, ended];
    for (number, tier, then) in [
        (1, "large", Ok((vec![("large", 1), ("small", -1)], 0, true))),
        (2, "small", Ok((vec![("large", -1), ("small", 1)], 0, false))),
        (1, "small", Ok((vec![], 0, false))),
        // A tier that the pack dropped costs nothing any more.
        (4, "small", Ok((vec![("small", 1)], 0, true))),
        (1, "gold", Err(Refusal::TierUnknown)),
        (3, "large", Err(Refusal::SeatNotAvailable)),
        (5, "large", Err(Refusal::SeatNotAvailable)),
        (9, "large", Err(Refusal::NotFound)),
    ] {
        said(&pack, (&workspace, &tally, &seats), &tier_of(number, tier), &then);
    }
    // What costs the same is not paid.
    pack.seats.tiers[1].price = Some(euros(1000));
    let same = Ok((vec![("large", 1), ("small", -1)], 0, false));
    said(&pack, (&workspace, &tally, &seats), &tier_of(1, "large"), &same);
}

#[test]
fn s12_add_ons_are_bought_for_a_seat_or_for_all_that_renew() {
    let (pack, workspace, tally) = (selling(), stored(workspace()), tally(1, 1));
    let with = |number, units, ends| {
        let mut given = seat(number, "small", Occupant::Nobody);
        given.value.add_ons = BTreeMap::from([(add_on("extra"), units)]);
        given.value.term.ends = ends;
        given
    };
    let end = Some(now() + days(2));
    let seats = [seat(1, "small", Occupant::Nobody), with(2, 3, None), with(3, 9, end)];
    for (change, then) in [
        (units_of(1, "extra", 2), Ok((vec![("extra", 2)], 0, true))),
        (units_of(2, "extra", 5), Ok((vec![("extra", 2)], 0, true))),
        (units_of(2, "extra", 3), Ok((vec![], 0, false))),
        (units_of(2, "extra", 0), Ok((vec![("extra", -3)], 0, false))),
        (units_of(1, "extra", 11), Err(Refusal::TooManyUnits)),
        (units_of(1, "other", 1), Err(Refusal::AddOnUnknown)),
        (units_of(3, "extra", 1), Err(Refusal::SeatNotAvailable)),
        (units_of(9, "extra", 1), Err(Refusal::NotFound)),
        (units_everywhere("extra", 4), Ok((vec![("extra", 5)], 0, true))),
        (units_everywhere("extra", 1), Ok((vec![("extra", -1)], 0, false))),
        (units_everywhere("extra", 11), Err(Refusal::TooManyUnits)),
        (units_everywhere("other", 1), Err(Refusal::AddOnUnknown)),
    ] {
        said(&pack, (&workspace, &tally, &seats), &change, &then);
    }
    said(
        &pack_by_role(),
        (&workspace, &tally, &[]),
        &units_everywhere("extra", 1),
        &Err(Refusal::NotOffered),
    );
}

#[test]
fn s11_seats_of_a_workspace_that_pays_no_more_are_not_changed() {
    let (pack, tally) = (selling(), tally(1, 1));
    let workspace = paying(Some(now()));
    let seats = [seat(1, "small", Occupant::Nobody)];
    let holdings = (&workspace, &tally, &seats[..]);
    said(&pack, holdings, &tier_of(1, "large"), &Err(Refusal::SeatNotAvailable));
    said(&pack, holdings, &units_of(1, "extra", 1), &Err(Refusal::SeatNotAvailable));
    said(&pack, holdings, &units_everywhere("extra", 1), &Ok((vec![], 0, false)));
}

#[test]
fn r7_a_plan_by_the_seat_must_be_paid_first_if_it_costs_more() {
    let mut pack = selling_by_role();
    let on = |plan: &str| {
        let mut workspace = workspace();
        plan.clone_into(&mut workspace.plan);
        stored(workspace)
    };
    let (small, taken) = (open_seats(3), open_seats(0));
    for (from, tally, change, then) in [
        ("plan", &small, plan_of("business", None), Ok((vec![("business", 25)], 0, true))),
        ("plan", &small, plan_of("business", Some(7)), Ok((vec![("business", 7)], 0, true))),
        ("business", &small, plan_of("business", Some(9)), Ok((vec![("business", 4)], 0, true))),
        ("business", &small, plan_of("business", Some(5)), Ok((vec![], 0, false))),
        ("business", &small, plan_of("business", Some(4)), Ok((vec![("business", -1)], 0, false))),
        ("business", &small, plan_of("plan", None), Ok((vec![("business", -5)], 0, false))),
        ("business", &taken, plan_of("business", Some(4)), Err(Refusal::SeatsTaken)),
        // The number of seats of a plan that costs nothing is the plan's.
        ("business", &small, plan_of("plan", Some(9)), Err(Refusal::NotOffered)),
        ("business", &small, plan_of("business", Some(0)), Err(Refusal::NotOffered)),
        ("plan", &small, plan_of("business", Some(9_999)), Err(Refusal::SeatLimitReached)),
        ("plan", &small, plan_of("gold", None), Err(Refusal::PlanUnknown)),
        // An operator changes these.
        ("plan", &small, plan_of("enterprise", None), Err(Refusal::PlanManaged)),
        ("enterprise", &small, plan_of("business", None), Err(Refusal::PlanManaged)),
    ] {
        said(&pack, (&on(from), tally, &[]), &change, &then);
    }
    pack.seats.over_assignment = OverAssignment::SuspendLast;
    let fewer = Ok((vec![("business", -1)], 0, false));
    said(&pack, (&on("business"), &taken, &[]), &plan_of("business", Some(4)), &fewer);
    pack.seats.model = SeatModel::None;
    said(&pack, (&on("plan"), &small, &[]), &plan_of("business", Some(4)), &Err(Refusal::NotOffered));
}

#[test]
fn l3_extras_are_bought_of_what_the_plan_sells_more_of() {
    let (pack, tally) = (laddered(), tally(1, 0));
    let with = |plan: &str, given: &[(&str, u32)]| {
        let mut workspace = workspace();
        plan.clone_into(&mut workspace.plan);
        workspace.extras = extras(given);
        stored(workspace)
    };
    let wanted = |plan: &str, given: &[(&str, u32)]| BillingChange::Plan {
        plan: plan.to_owned(),
        seats: None,
        extras: extras(given),
    };
    let (none, two) = (with("plan", &[]), with("plan", &[("members", 2)]));
    for (workspace, change, then) in [
        (&none, wanted("plan", &[("members", 2)]), Ok((vec![("members", 2)], 0, true))),
        (&two, wanted("plan", &[("members", 1)]), Ok((vec![("members", -1)], 0, false))),
        (
            &two,
            wanted("plan", &[("members", 1), ("bots", 1)]),
            Ok((vec![("bots", 1), ("members", -1)], 0, true)),
        ),
        (&two, wanted("plan", &[("members", 2)]), Ok((vec![], 0, false))),
        (&two, wanted("plan", &[("members", 2), ("bots", 0)]), Ok((vec![], 0, false))),
        (&two, wanted("growth", &[]), Ok((vec![("growth", 1), ("members", -2)], 0, true))),
        // No more of it is sold, or the plan lacks it.
        (&none, wanted("plan", &[("users", 1)]), Err(Refusal::AllowanceUnknown)),
        (&none, wanted("growth", &[("bots", 1)]), Err(Refusal::AllowanceUnknown)),
        (&none, wanted("plan", &[("members", u32::MAX)]), Err(Refusal::TooManyUnits)),
    ] {
        said(&pack, (workspace, &tally, &[]), &change, &then);
    }
    // Four members: three are included.
    let four = Tally { members: 4, ..tally };
    for (workspace, change, then) in [
        (&two, wanted("plan", &[("members", 1)]), Ok((vec![("members", -1)], 0, false))),
        (&two, wanted("plan", &[]), Err(Refusal::MemberLimitReached)),
        (&two, wanted("growth", &[]), Ok((vec![("growth", 1), ("members", -2)], 0, true))),
    ] {
        said(&pack, (workspace, &four, &[]), &change, &then);
    }
}

#[test]
fn f13_credits_are_bought_in_packages() {
    let (pack, workspace, tally) = (selling(), stored(workspace()), tally(1, 0));
    for (pack, change, then) in [
        (&pack, credits_of("hundred", 1), Ok((vec![], 100, true))),
        (&pack, credits_of("hundred", 3), Ok((vec![], 300, true))),
        (&pack, credits_of("hundred", MAX_PER_PURCHASE + 1), Err(Refusal::TooManyUnits)),
        (&pack, credits_of("million", 1), Err(Refusal::PackageUnknown)),
        (&crate::rules::tests::fixture::pack(), credits_of("hundred", 1), Err(Refusal::NotOffered)),
    ] {
        said(pack, (&workspace, &tally, &[]), &change, &then);
    }
}

#[test]
fn s15_an_order_for_what_is_there_is_nothing() {
    let (pack, workspace, tally) = (selling(), stored(workspace()), tally(1, 0));
    let seats = [seat(1, "small", Occupant::Nobody), seat(2, "large", Occupant::Nobody)];
    let holdings = Holdings { workspace: &workspace, tally: &tally, seats: &seats };
    for (change, then) in [
        (tier_of(1, "small"), true),
        (tier_of(1, "large"), false),
        (units_of(1, "extra", 0), true),
        (units_of(1, "extra", 1), false),
        (units_everywhere("extra", 0), true),
        (plan_of("plan", None), true),
        (plan_of("enterprise", None), false),
        (seats_of("small", 1), false),
        (credits_of("hundred", 1), false),
    ] {
        let Ok(found) = order(&pack, &holdings, change.clone(), now()) else {
            assert!(!then, "{change:?}");
            continue;
        };
        assert_eq!(found.is_nothing(&pack, &holdings), then, "{change:?}");
    }
}

#[test]
fn s15_the_bill_says_what_renews() {
    let (pack, workspace, tally) = (selling(), stored(workspace()), tally(1, 0));
    let mut cancelled = seat(3, "small", Occupant::Nobody);
    cancelled.value.term.ends = Some(now() + days(2));
    let mut extended = seat(1, "small", Occupant::Nobody);
    extended.value.add_ons = BTreeMap::from([(add_on("extra"), 2)]);
    let seats = [extended, seat(2, "large", Occupant::Nobody), cancelled];
    let quantities = Holdings { workspace: &workspace, tally: &tally, seats: &seats }.quantities(&pack);
    let lines = billing::lines(&pack, &quantities).into_iter();
    let lines: Vec<_> = lines.map(|line| (line.item.0, line.quantity, line.unit_price.amount)).collect();
    let then = [("small", 1, 1000), ("large", 1, 3000), ("extra", 2, 500)];
    assert_eq!(lines, then.map(|(item, units, price)| (item.to_owned(), units, price)));
    assert_eq!(billing::total(&pack, &quantities), euros(5000));
}
