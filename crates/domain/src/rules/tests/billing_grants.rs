//! Grants: the changes that give what was bought.

use std::collections::BTreeMap;

use super::sold::*;
use super::tallies;
use crate::pack::OverAssignment;
use crate::rules::billing::{GRANTED_AT_ONCE, Granted, Holdings, Spender, grant, order, spend};
use crate::rules::tests::fixture::*;
use crate::{
    BillingChange, Change, Count, CreditEntry, Credits, Delta, Occupant, Pack, Purchase, PurchaseState,
    Record, RecordKey, Refusal, Seat, Stored, Tally, Workspace,
};

/// The purchase of a change that was possible before.
fn purchase(pack: &Pack, change: BillingChange) -> Purchase {
    let (workspace, tally) = (stored(workspace()), open_seats(3));
    let seats = [seat(1, "small", Occupant::Nobody), seat(2, "large", Occupant::Nobody)];
    let holdings = Holdings { workspace: &workspace, tally: &Tally { seats: 0, ..tally }, seats: &seats };
    let found = order(pack, &holdings, change, now()).unwrap();
    found.purchase(WORKSPACE, user(1), PurchaseState::Paid, None, &mut moment())
}

fn granted(
    pack: &Pack,
    (workspace, tally, seats): (&Stored<Workspace>, &Tally, &[Stored<Seat>]),
    change: BillingChange,
) -> Result<Granted, Refusal> {
    grant(pack, &Holdings { workspace, tally, seats }, &purchase(pack, change), &mut moment())
}

/// The seats that are written.
fn seats_written(changes: &[Change]) -> Vec<Seat> {
    let seat = |record: &Record| match record {
        Record::Seat(seat) => Some(seat.clone()),
        _ => None,
    };
    super::written(changes).filter_map(seat).collect()
}

#[test]
fn s11_bought_seats_are_free_and_counted() {
    let (pack, workspace, tally) = (selling(), stored(workspace()), tally(1, 1));
    let Granted { changes, seats, done } =
        granted(&pack, (&workspace, &tally, &[]), seats_of("large", 3)).unwrap();
    assert!(done);
    assert_eq!(seats_written(&changes), seats);
    assert_eq!(tallies(&changes).delta(Count::Seats), Delta::by(3).up_to(5));
    for seat in &seats {
        assert_eq!(
            (seat.tier.0.as_str(), seat.occupant, &seat.price),
            ("large", Occupant::Nobody, &euros(3000))
        );
        assert_eq!((seat.term.anchor, seat.term.ends), (now(), None));
    }
    let ids: std::collections::BTreeSet<_> = seats.iter().map(|seat| seat.id).collect();
    assert_eq!(ids.len(), 3);
}

#[test]
fn s11_ended_seats_make_room_and_a_full_workspace_gets_none() {
    let (pack, workspace, tally) = (selling(), stored(workspace()), tally(1, 1));
    let mut ended = seat(1, "small", Occupant::Nobody);
    ended.value.term.ends = Some(now());
    let key = RecordKey::Seat(WORKSPACE, ended.value.id);
    let given = granted(&pack, (&workspace, &tally, &[ended]), seats_of("small", 4)).unwrap();
    assert!(given.changes.contains(&Change::Delete(key, stored(()).version)));
    assert_eq!(tallies(&given.changes).delta(Count::Seats), Delta::by(3).up_to(5));
    let full = granted(&pack, (&workspace, &tally, &[]), seats_of("small", 4));
    assert_eq!(full.err(), Some(Refusal::SeatLimitReached));
}

#[test]
fn s11_what_was_agreed_to_is_granted_whatever_the_pack_says_by_then() {
    let (pack, workspace, tally) = (selling(), stored(workspace()), tally(1, 1));
    let (seats, credits) = (purchase(&pack, seats_of("large", 1)), purchase(&pack, credits_of("hundred", 2)));
    let mut later = pack;
    later.seats.tiers.truncate(1);
    later.billing.credit_packages.clear();
    let holdings = Holdings { workspace: &workspace, tally: &tally, seats: &[] };
    let given = grant(&later, &holdings, &seats, &mut moment()).unwrap();
    assert_eq!((given.seats[0].tier.0.as_str(), &given.seats[0].price), ("large", &euros(3000)));
    let given = grant(&later, &holdings, &credits, &mut moment()).unwrap();
    assert_eq!(given.changes[0], Change::AddCredits { workspace: WORKSPACE, by: Delta::by(200) });
}

#[test]
fn s11_another_tier_reaches_the_holder_of_the_seat() {
    let (pack, workspace, tally) = (selling(), stored(workspace()), tally(1, 1));
    for (occupant, copies) in
        [(Occupant::Nobody, 0), (Occupant::Member(user(5)), 1), (Occupant::Invitation(invitation_id(1)), 1)]
    {
        let seats = [seat(1, "small", occupant)];
        let given = granted(&pack, (&workspace, &tally, &seats), tier_of(1, "large")).unwrap();
        let after = &given.seats[0];
        assert_eq!((after.tier.0.as_str(), &after.price, after.occupant), ("large", &euros(3000), occupant));
        let holds = given.changes.iter().filter_map(|change| match change {
            Change::UpdateSeatHold { hold, .. } => Some(hold.clone()),
            _ => None,
        });
        assert_eq!(holds.collect::<Vec<_>>(), vec![after.hold(); copies]);
        // A second grant changes nothing.
        let again = [stored(after.clone())];
        let again = granted(&pack, (&workspace, &tally, &again), tier_of(1, "large")).unwrap();
        assert_eq!((again.changes, again.done), (Vec::new(), true));
    }
}

#[test]
fn s12_an_add_on_is_granted_to_a_seat_that_was_cancelled_meanwhile_but_not_to_one_that_ended() {
    let (pack, workspace, tally) = (selling(), stored(workspace()), tally(1, 1));
    for (ends, then) in [
        (None, Ok(Some(2))),
        (Some(now() + days(1)), Ok(Some(2))),
        (Some(now()), Err(Refusal::SeatNotAvailable)),
    ] {
        let mut given = seat(1, "small", Occupant::Nobody);
        given.value.term.ends = ends;
        let granted = granted(&pack, (&workspace, &tally, &[given]), units_of(1, "extra", 2));
        let units = granted.map(|granted| granted.seats[0].add_ons.get(&add_on("extra")).copied());
        assert_eq!(units, then, "{ends:?}");
    }
    let gone = granted(&pack, (&workspace, &tally, &[]), units_of(1, "extra", 2));
    assert_eq!(gone.err(), Some(Refusal::NotFound));
    // No units are no add-on.
    let mut given = seat(1, "small", Occupant::Nobody);
    given.value.add_ons = BTreeMap::from([(add_on("extra"), 4)]);
    let granted = granted(&pack, (&workspace, &tally, &[given]), units_of(1, "extra", 0)).unwrap();
    assert_eq!(granted.seats[0].add_ons, BTreeMap::new());
}

#[test]
fn s12_an_add_on_everywhere_takes_as_many_transactions_as_it_needs() {
    let (pack, workspace, tally) = (selling(), stored(workspace()), tally(1, 1));
    let mut seats: Vec<_> = (1..=200).map(|number| seat(number, "small", Occupant::Nobody)).collect();
    seats[7].value.term.ends = Some(now() + days(1));
    seats[8].value.add_ons = BTreeMap::from([(add_on("extra"), 2)]);
    let mut steps = Vec::new();
    loop {
        let given = granted(&pack, (&workspace, &tally, &seats), units_everywhere("extra", 2)).unwrap();
        steps.push(given.changes.len());
        for after in &given.seats {
            seats.iter_mut().find(|seat| seat.value.id == after.id).unwrap().value = after.clone();
        }
        if given.done {
            break;
        }
    }
    assert_eq!(steps, [GRANTED_AT_ONCE, GRANTED_AT_ONCE, 198 - 2 * GRANTED_AT_ONCE]);
    let without = seats.iter().filter(|seat| seat.value.add_ons.is_empty());
    assert_eq!(without.map(|seat| seat.value.term.ends.is_some()).collect::<Vec<_>>(), [true]);
}

#[test]
fn r7_a_plan_brings_its_seats_and_never_fewer_than_are_taken() {
    let mut pack = selling_by_role();
    let mut business = stored(workspace());
    "business".clone_into(&mut business.value.plan);
    for (open, seats, then) in
        [(3, 9, Ok(Delta::by(4))), (3, 2, Ok(Delta::by(-3).keeping(0))), (2, 2, Err(Refusal::SeatsTaken))]
    {
        let change = plan_of("business", Some(seats));
        let given = granted(&pack, (&business, &open_seats(open), &[]), change);
        let delta = given.map(|given| tallies(&given.changes).delta(Count::OpenSeats));
        assert_eq!(delta, then, "{open} {seats}");
    }
    pack.seats.over_assignment = OverAssignment::SuspendLast;
    let given = granted(&pack, (&business, &open_seats(2), &[]), plan_of("business", Some(2))).unwrap();
    assert_eq!(tallies(&given.changes).delta(Count::OpenSeats), Delta::by(-3));
}

#[test]
fn l3_fewer_extras_never_fall_below_the_members() {
    let (pack, tally) = (laddered(), Tally { members: 4, ..tally(1, 0) });
    let mut workspace = stored(workspace());
    workspace.value.extras = extras(&[("members", 4)]);
    let wanted = |units| BillingChange::Plan {
        plan: "plan".to_owned(),
        seats: None,
        extras: extras(&[("members", units)]),
    };
    for (units, then) in [
        (1, Ok(Delta::default().up_to(4))),
        (3, Ok(Delta::default().up_to(6))),
        (0, Err(Refusal::MemberLimitReached)),
        // More need no bound.
        (9, Ok(Delta::default())),
    ] {
        let given = granted(&pack, (&workspace, &tally, &[]), wanted(units));
        let delta = given.as_ref().map(|given| tallies(&given.changes).delta(Count::Members));
        assert_eq!(delta, then.as_ref().map(|delta| *delta), "{units}");
        let written = given.ok().and_then(|given| {
            super::written(&given.changes).find_map(|record| match record {
                Record::Workspace(workspace) => Some(workspace.extras.clone()),
                _ => None,
            })
        });
        assert_eq!(written, then.ok().map(|_| extras(&[("members", units)])));
    }
}

#[test]
fn f13_each_change_of_the_balance_has_its_line_in_the_ledger() {
    let (pack, workspace, tally) = (selling(), stored(workspace()), tally(1, 0));
    let given = granted(&pack, (&workspace, &tally, &[]), credits_of("hundred", 3)).unwrap();
    assert_eq!(given.changes[0], Change::AddCredits { workspace: WORKSPACE, by: Delta::by(300) });
    let entry = entry(&given.changes);
    assert_eq!((entry.amount, entry.by, entry.reason.is_none()), (300, user(1), true));
    assert!(entry.purchase.is_some());
    let reason = || "Render".to_owned().try_into().unwrap();
    for (balance, amount, then) in [
        (Some(10), 10, Ok(0)),
        (Some(10), 3, Ok(7)),
        (Some(10), 11, Err(Refusal::CreditsInsufficient)),
        (None, 1, Err(Refusal::CreditsInsufficient)),
    ] {
        let credits = balance.map(|balance| Credits { workspace: WORKSPACE, balance });
        let by = Spender::Member(user(2));
        let spent = spend(WORKSPACE, credits.as_ref(), amount, reason(), &by, &mut moment());
        assert_eq!(spent.as_ref().map(|(balance, _)| *balance).map_err(|refusal| *refusal), then);
        let Ok((_, changes)) = spent else { continue };
        let by = Delta::by(-i64::from(amount)).keeping(0);
        assert_eq!(changes[0], Change::AddCredits { workspace: WORKSPACE, by });
        let entry = self::entry(&changes);
        assert_eq!((entry.amount, entry.by, entry.purchase), (by.by, user(2), None));
    }
}

fn entry(changes: &[Change]) -> CreditEntry {
    let entries = super::written(changes).filter_map(|record| match record {
        Record::CreditEntry(entry) => Some(entry.clone()),
        _ => None,
    });
    let [entry] = &entries.collect::<Vec<_>>()[..] else { panic!("{changes:?}") };
    entry.clone()
}
