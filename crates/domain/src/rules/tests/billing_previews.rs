//! Previews: what is due at once, and what a period costs from then on.

use jiff::Timestamp;

use super::sold::*;
use crate::rules::billing::{Holdings, order, preview};
use crate::rules::tests::fixture::*;
use crate::{BillingChange, Occupant, Pack, Seat, Stored, Tally, Workspace};

/// The amount that is due, the price of a period, and the lines by item, quantity and amount.
type Said = (i64, i64, Vec<(&'static str, u32, i64)>);

fn said(
    pack: &Pack,
    (workspace, tally, seats): (&Stored<Workspace>, &Tally, &[Stored<Seat>]),
    change: &BillingChange,
    at: Timestamp,
) -> (i64, i64, Vec<(String, u32, i64)>) {
    let holdings = Holdings { workspace, tally, seats };
    let found = preview(pack, &holdings, &order(pack, &holdings, change.clone(), at).unwrap(), at);
    assert!(found.expires_at > at);
    let lines = found.lines.into_iter().map(|line| (line.item.0, line.quantity, line.amount.amount));
    (found.due_now.amount, found.next_invoice.amount, lines.collect())
}

fn check(
    pack: &Pack,
    holdings: (&Stored<Workspace>, &Tally, &[Stored<Seat>]),
    cases: Vec<(BillingChange, Timestamp, Said)>,
) {
    for (change, at, (due, next, lines)) in cases {
        let lines = lines.into_iter().map(|(item, units, amount)| (item.to_owned(), units, amount)).collect();
        assert_eq!(said(pack, holdings, &change, at), (due, next, lines), "{change:?} {at}");
    }
}

#[test]
fn s11_new_seats_cost_their_whole_first_period_and_a_change_the_rest_of_it() {
    let (pack, workspace, tally) = (selling(), stored(workspace()), tally(1, 1));
    let seats = [seat(1, "small", Occupant::Nobody), seat(2, "large", Occupant::Nobody)];
    // The period has 31 days: it begins on 4 October.
    let (start, last) = (now(), now() + days(30));
    let end = pack.billing.period.around(start, start).1;
    assert_eq!(end, now() + days(31));
    check(
        &pack,
        (&workspace, &tally, &seats),
        vec![
            (seats_of("small", 2), last, (2000, 6000, vec![("small", 2, 2000)])),
            (tier_of(1, "large"), start, (2000, 6000, vec![("large", 1, 3000), ("small", 1, -1000)])),
            // One of 31 days: 96.77 and 32.26.
            (tier_of(1, "large"), last, (65, 6000, vec![("large", 1, 97), ("small", 1, -32)])),
            // Nothing is paid back, and the next invoice is lower.
            (tier_of(2, "small"), start, (0, 2000, vec![])),
            (units_of(1, "extra", 3), start, (1500, 5500, vec![("extra", 3, 1500)])),
            // 16.13 for each unit, rounded for the line.
            (units_of(1, "extra", 3), last, (48, 5500, vec![("extra", 3, 48)])),
            (units_everywhere("extra", 1), last, (32, 5000, vec![("extra", 2, 32)])),
            (credits_of("hundred", 2), start, (1800, 4000, vec![("hundred", 2, 1800)])),
        ],
    );
}

#[test]
fn s11_a_change_of_a_seat_that_is_paid_online_counts_the_period_that_is_paid() {
    let (pack, workspace, tally) = (selling(), paying(None), tally(1, 1));
    let seats = [seat(1, "small", Occupant::Nobody)];
    check(
        &pack,
        (&workspace, &tally, &seats),
        vec![(units_of(1, "extra", 1), now(), (250, 1500, vec![("extra", 1, 250)]))],
    );
}

#[test]
fn r7_a_plan_costs_each_of_its_new_seats() {
    let (pack, workspace, tally) = (selling_by_role(), stored(workspace()), open_seats(3));
    let mut business = workspace.clone();
    "business".clone_into(&mut business.value.plan);
    let change = plan_of("business", Some(7));
    check(
        &pack,
        (&workspace, &tally, &[]),
        vec![(change.clone(), now(), (14_000, 14_000, vec![("business", 7, 14_000)]))],
    );
    check(
        &pack,
        (&business, &tally, &[]),
        vec![
            (change, now(), (4000, 14_000, vec![("business", 2, 4000)])),
            (plan_of("business", Some(4)), now(), (0, 8000, vec![])),
            (plan_of("plan", None), now(), (0, 0, vec![])),
        ],
    );
}

#[test]
fn l3_extras_cost_for_each_one_more() {
    let (pack, tally) = (laddered(), tally(1, 0));
    let mut workspace = stored(workspace());
    workspace.value.extras = extras(&[("members", 2)]);
    let wanted = |plan: &str, given: &[(&str, u32)]| BillingChange::Plan {
        plan: plan.to_owned(),
        seats: None,
        extras: extras(given),
    };
    check(
        &pack,
        (&workspace, &tally, &[]),
        vec![
            (wanted("plan", &[("members", 5)]), now(), (900, 1500, vec![("members", 3, 900)])),
            (wanted("plan", &[]), now(), (0, 0, vec![])),
            (wanted("growth", &[]), now(), (2900, 2900, vec![("growth", 1, 2900)])),
        ],
    );
}
