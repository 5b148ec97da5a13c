//! Buying, finding, taking and freeing seats, and plans with fewer seats than are taken.

use jiff::Timestamp;
use uuid::Uuid;

use super::tallies;
use crate::pack::{SeatModel, SeatNeed};
use crate::rules::seating::SeatPool;
use crate::rules::tests::fixture::*;
use crate::rules::{member, seat, seating};
use crate::{
    Change, Count, Delta, Member, Occupant, PaidPeriod, Record, Refusal, SeatChoice, SeatId, SeatStatus,
    SeatTerm, Seating, Stored, Tally,
};

#[test]
fn s8_a_seat_has_a_status_of_its_time() {
    let (soon, later) = (now() + days(1), now() + days(40));
    for (occupant, reserved_until, ends, at, then) in [
        (Occupant::Nobody, None, None, now(), SeatStatus::Available),
        (Occupant::Member(user(2)), None, None, later, SeatStatus::Filled),
        (Occupant::Member(user(2)), None, Some(later), later, SeatStatus::Expired),
        (Occupant::Member(user(2)), None, Some(later), now(), SeatStatus::Filled),
        (Occupant::Invitation(invitation_id(1)), Some(soon), None, now(), SeatStatus::Pending),
        // At its end an invitation no longer reserves the seat.
        (Occupant::Invitation(invitation_id(1)), Some(soon), None, soon, SeatStatus::Available),
        (Occupant::Invitation(invitation_id(1)), None, None, later, SeatStatus::Pending),
    ] {
        let mut given = seat(1, "small", occupant).value;
        given.reserved_until = reserved_until;
        given.term.ends = ends;
        assert_eq!(given.status(None, at), then, "{occupant:?} {reserved_until:?} {ends:?}");
    }
}

#[test]
fn s9_a_free_seat_is_found_as_wished() {
    let taken = Occupant::Member(user(9));
    let seats =
        [seat(1, "small", taken), seat(2, "large", Occupant::Nobody), seat(3, "small", Occupant::Nobody)];
    let id = |number| Some(SeatId(Uuid::from_u128(number)));
    let (small, large, gold) = (tier("small"), tier("large"), tier("gold"));
    for (wish, then) in [
        (SeatChoice::default(), Ok(3)),
        (SeatChoice { seat: None, tier: Some(&large) }, Ok(2)),
        (SeatChoice { seat: id(2), tier: None }, Ok(2)),
        (SeatChoice { seat: id(1), tier: None }, Err(Refusal::SeatNotAvailable)),
        (SeatChoice { seat: id(8), tier: None }, Err(Refusal::SeatNotAvailable)),
        (SeatChoice { seat: id(2), tier: Some(&small) }, Err(Refusal::SeatNotAvailable)),
        (SeatChoice { seat: None, tier: Some(&gold) }, Err(Refusal::TierUnknown)),
    ] {
        let found = seating::find_free(&pack(), None, &seats, wish, &mut moment());
        assert_eq!(found.map(|seat| seat.value.id.0.as_u128()), then, "{wish:?}");
    }
    let none = seating::find_free(&pack(), None, &seats[..1], SeatChoice::default(), &mut moment());
    assert_eq!(none.err(), Some(Refusal::NoSeatAvailable));
}

#[test]
fn s13_a_cancelled_seat_ends_with_its_period_and_its_holder_knows() {
    let held = seat(1, "small", Occupant::Member(user(5)));
    let (cancelled, changes) = seat::cancel(&pack(), None, &held, now()).unwrap();
    assert_eq!(cancelled.term.ends, Some(pack().billing.period.around(now(), now()).1));
    assert!(
        changes
            .iter()
            .any(|change| matches!(change, Change::UpdateSeatHold { hold, .. } if *hold == cancelled.hold()))
    );
    // A repeated cancellation, or a reactivation without need, writes nothing.
    let cancelled = stored(cancelled);
    assert_eq!(seat::cancel(&pack(), None, &cancelled, now()).map(|(_, changes)| changes.len()), Ok(0));
    assert_eq!(seat::reactivate(&pack(), None, &held, now()).map(|(_, changes)| changes.len()), Ok(0));
    assert_eq!(seat::reactivate(&pack(), None, &cancelled, now()).map(|(seat, _)| seat.term.ends), Ok(None));
    let after = now() + days(32);
    assert_eq!(seat::reactivate(&pack(), None, &cancelled, after).err(), Some(Refusal::SeatNotAvailable));
    assert_eq!(seat::cancel(&pack(), None, &cancelled, after).err(), Some(Refusal::SeatNotAvailable));
}

#[test]
fn s13_a_seat_that_is_paid_online_ends_with_the_period_that_is_paid() {
    let held = seat(1, "small", Occupant::Member(user(5)));
    let (start, end) = (now() - days(1), now() + days(9));
    let paid = PaidPeriod { start, end, lapses_at: None };
    let (cancelled, _) = seat::cancel(&pack(), Some(&paid), &held, now()).unwrap();
    assert_eq!(cancelled.term.ends, Some(end));
    let again =
        seat::reactivate(&pack(), Some(&paid), &stored(cancelled), now()).map(|(seat, _)| seat.term.ends);
    assert_eq!(again, Ok(None));
    // A seat of a workspace that pays no more has ended, and nothing can be done with it.
    let lapsed = PaidPeriod { lapses_at: Some(now()), ..paid };
    assert_eq!(held.value.status(Some(&lapsed), now()), SeatStatus::Expired);
    assert_eq!(seat::cancel(&pack(), Some(&lapsed), &held, now()).err(), Some(Refusal::SeatNotAvailable));
    let soon = PaidPeriod { lapses_at: Some(now() + days(2)), ..paid };
    for (paid, ends, through) in [
        (None, None, pack().billing.period.around(now(), now()).1),
        (None, Some(end), end),
        (Some(paid), None, end),
        (Some(paid), Some(now() + days(3)), now() + days(3)),
        (Some(soon), None, now() + days(2)),
        (Some(soon), Some(now() + days(1)), now() + days(1)),
    ] {
        let term = SeatTerm { anchor: now(), ends };
        assert_eq!(
            term.paid_through(paid.as_ref(), pack().billing.period, now()),
            through,
            "{paid:?} {ends:?}"
        );
        assert!(
            !term.is_over(paid.as_ref(), through - days(1))
                && term.is_over(Some(&lapsed_at(through)), through)
        );
    }
}

fn lapsed_at(end: Timestamp) -> PaidPeriod {
    PaidPeriod { start: end, end, lapses_at: Some(end) }
}

#[test]
fn s2_a_seat_is_given_back_where_the_role_allows() {
    let (pack, workspace) = (pack(), workspace());
    let on_seat = || Seating::Seat(seat(2, "large", Occupant::Nobody).value.hold());
    for (role, free_slots, then) in [
        ("boss", 0, Ok(Seating::FreeSlot)),
        ("boss", 1, Err(Refusal::SeatRequired)),
        ("worker", 0, Err(Refusal::SeatRequired)),
        ("guest", 0, Ok(Seating::None)),
    ] {
        let tally = tally(1, free_slots);
        let seats = SeatPool { pack: &pack, workspace: &workspace, tally: &tally, bought: &[] };
        let released = seating::release(seats, &member(5, role, on_seat()), &mut moment());
        assert_eq!(released.map(|(member, _)| member.seat), then, "{role}");
    }
}

#[test]
fn r4_seats_of_a_plan_are_alike() {
    let (small, gold) = (tier("small"), tier("gold"));
    let named = Some(SeatId(Uuid::from_u128(1)));
    let (taken, workspace) = (Delta::by(-1).keeping(0), workspace());
    for (model, open, wish, then) in [
        (SeatModel::ByRole, 1, SeatChoice::default(), Ok((on_plan(), taken))),
        (SeatModel::ByRole, 1, SeatChoice { seat: None, tier: Some(&small) }, Ok((on_plan(), taken))),
        (SeatModel::ByRole, 0, SeatChoice::default(), Err(Refusal::NoSeatAvailable)),
        // A plan with fewer seats than are taken has no free seat.
        (SeatModel::ByRole, -2, SeatChoice::default(), Err(Refusal::NoSeatAvailable)),
        (SeatModel::ByRole, 1, SeatChoice { seat: named, tier: None }, Err(Refusal::SeatNotAvailable)),
        (SeatModel::ByRole, 1, SeatChoice { seat: None, tier: Some(&gold) }, Err(Refusal::TierUnknown)),
        (SeatModel::None, 1, SeatChoice::default(), Err(Refusal::NotOffered)),
    ] {
        let (mut pack, tally) = (pack_by_role(), open_seats(open));
        pack.seats.model = model;
        let seats = SeatPool { pack: &pack, workspace: &workspace, tally: &tally, bought: &[] };
        let assigned = seating::assign(seats, &member(5, "worker", Seating::None), wish, &mut moment());
        let said = assigned.map(|(member, changes)| (member.seat, tallies(&changes).delta(Count::OpenSeats)));
        assert_eq!(said, then, "{model:?} {open} {wish:?}");
    }
}

/// All members but 8 wait for a seat: 7 had one before, the others never had one.
fn crowd() -> [Stored<Member>; 5] {
    let joined = |number, role, seat, day| {
        let mut member = member(number, role, seat);
        member.value.joined_at = now() + days(day);
        member
    };
    [
        joined(9, "guest", Seating::None, 1),
        joined(5, "guest", Seating::None, 3),
        joined(6, "guest", Seating::None, 1),
        joined(7, "boss", Seating::Suspended { since: now() }, 2),
        joined(8, "worker", on_plan(), 0),
    ]
}

#[test]
fn r6_seats_go_to_who_came_first_until_there_are_none() {
    let (pack, workspace, members) = (pack_by_role(), workspace(), crowd());
    let order = [6, 9, 7, 5].map(user);
    for open in 0..6_u8 {
        let tally = open_seats(open.into());
        let given = context(&pack, &workspace, &tally, &[]);
        let (assigned, waiting, changes) = member::assign_seats(given, &members, &mut moment());
        let count = usize::from(open).min(order.len());
        assert_eq!((&assigned[..], &waiting[..]), order.split_at(count), "{open}");
        // A member with the seatless role gets the joiner's role; a member with another role keeps it.
        let after: Vec<_> = changes.iter().filter_map(member_of).collect();
        assert_eq!(after.iter().map(|member| member.user).collect::<Vec<_>>(), assigned);
        for member in after {
            let then = if member.user == user(7) { "boss" } else { "worker" };
            assert_eq!((&member.role, &member.seat), (&role(then), &on_plan()));
        }
        let taken = Delta::by(-i64::try_from(count).unwrap());
        let taken = if count == 0 { Delta::default() } else { taken.keeping(0) };
        assert_eq!(tallies(&changes).delta(Count::OpenSeats), taken);
    }
}

fn member_of(change: &Change) -> Option<&Member> {
    match change {
        Change::Update(update) => match &update.after {
            Record::Member(member) => Some(member),
            _ => None,
        },
        _ => None,
    }
}

#[test]
fn r6_each_bought_seat_goes_to_one() {
    let (mut pack, workspace, tally) = (pack(), workspace(), tally(1, 1));
    pack.roles_given.seatless = Some(role("guest"));
    let free = |number, kind| seat(number, kind, Occupant::Nobody);
    let bought = [free(1, "large"), free(2, "small"), seat(3, "small", Occupant::Member(user(8)))];
    let given = context(&pack, &workspace, &tally, &bought);
    let waiting = [5, 6, 7].map(|number| member(number, "guest", Seating::None));
    let (assigned, still, changes) = member::assign_seats(given, &waiting, &mut moment());
    assert_eq!((assigned, still), (vec![user(5), user(6)], vec![user(7)]));
    let holds = changes.iter().filter_map(member_of).filter_map(|member| member.seat.hold());
    let seats: Vec<_> = holds.map(|hold| hold.seat.0.as_u128()).collect();
    assert_eq!(seats, [2, 1]);
    assert_eq!(tallies(&changes).delta(Count::OpenSeats), Delta::default());
}

#[test]
fn r6_the_first_may_sit_in_a_free_slot() {
    let (mut pack, workspace) = (pack_by_role(), workspace());
    pack.seats.free_slots = 1;
    pack.roles
        .iter_mut()
        .filter(|role| role.id.0 == "worker")
        .for_each(|role| role.seat = SeatNeed::FreeSlot);
    let tally = open_seats(1);
    let given = context(&pack, &workspace, &tally, &[]);
    let waiting = [5, 6, 7].map(|number| member(number, "guest", Seating::None));
    let (assigned, still, changes) = member::assign_seats(given, &waiting, &mut moment());
    assert_eq!((assigned, still), (vec![user(5), user(6)], vec![user(7)]));
    let seats: Vec<_> = changes.iter().filter_map(member_of).map(|member| member.seat.clone()).collect();
    assert_eq!(seats, [Seating::FreeSlot, on_plan()]);
}

#[test]
fn r6_a_crowd_is_seated_in_transactions_that_fit() {
    let (pack, workspace, tally) = (pack_by_role(), workspace(), open_seats(200));
    let given = context(&pack, &workspace, &tally, &[]);
    let waiting: Vec<_> = (100..200).map(|number| member(number, "guest", Seating::None)).collect();
    let (assigned, still, changes) = member::assign_seats(given, &waiting, &mut moment());
    assert_eq!((assigned.len() + still.len(), still.is_empty()), (100, false));
    assert!(changes.iter().filter(|change| !matches!(change, Change::AdjustCounts(_))).count() < 100);
}

fn since(day: i64) -> Timestamp {
    now() + days(day)
}

/// The members with a seat and the suspended members, by number and day.
fn seated(sitting: &[(u128, i64)], suspended: &[(u128, i64)]) -> Vec<Stored<Member>> {
    let on = |(number, day)| member(number, "worker", Seating::Plan { since: since(day) });
    let off = |(number, day)| member(number, "worker", Seating::Suspended { since: since(day) });
    sitting.iter().copied().map(on).chain(suspended.iter().copied().map(off)).collect()
}

/// Writes as the store does: the versions must match, and the bounds must hold.
fn write(tally: &mut Tally, members: &mut [Stored<Member>], changes: &[Change]) {
    for change in changes {
        match change {
            Change::Update(update) => {
                let after = member_of(change).unwrap();
                let found = members.iter_mut().find(|known| known.value.user == after.user).unwrap();
                assert_eq!(found.version, update.version);
                found.value = after.clone();
            }
            Change::AdjustCounts(more) => {
                let open_seats = more.delta(Count::OpenSeats);
                tally.open_seats += open_seats.by;
                assert!(open_seats.min.is_none_or(|min| min <= tally.open_seats), "{more:?}");
            }
            other => panic!("{other:?}"),
        }
    }
}

#[test]
fn r7_who_took_a_seat_last_loses_it_first_and_who_had_it_first_gets_it_back_first() {
    type Days<'a> = &'a [(u128, i64)];
    let cases: &[(i64, Days, Days, Days, Days)] = &[
        // Nothing to do: all fits, or nobody waits, or nobody is left to suspend.
        (0, &[(2, 1)], &[(3, 2)], &[(2, 1)], &[(3, 2)]),
        (2, &[(2, 1)], &[], &[(2, 1)], &[]),
        (-2, &[], &[(3, 2)], &[], &[(3, 2)]),
        // Fewer seats.
        (-1, &[(2, 3), (3, 9), (4, 1)], &[], &[(2, 3), (4, 1)], &[(3, 9)]),
        (-2, &[(2, 3), (3, 9), (4, 1)], &[], &[(4, 1)], &[(2, 3), (3, 9)]),
        (-2, &[(2, 3), (3, 9)], &[(4, 1)], &[], &[(2, 3), (3, 9), (4, 1)]),
        (-5, &[(2, 3)], &[], &[], &[(2, 3)]),
        // Of two members with the same date, always the same one.
        (-1, &[(2, 3), (3, 3)], &[], &[(2, 3)], &[(3, 3)]),
        // Enough seats again.
        (1, &[], &[(2, 9), (3, 1)], &[(3, 1)], &[(2, 9)]),
        (2, &[(4, 5)], &[(2, 9), (3, 1), (5, 3)], &[(4, 5), (3, 1), (5, 3)], &[(2, 9)]),
        (9, &[], &[(2, 9), (3, 1)], &[(2, 9), (3, 1)], &[]),
    ];
    for (open, sitting, suspended, then_sitting, then_suspended) in cases {
        let (mut tally, mut members) = (open_seats(*open), seated(sitting, suspended));
        // Nobody else's membership is touched.
        members.push(member(1, "guest", Seating::None));
        let count = |members: &[Stored<Member>]| {
            i64::try_from(members.iter().filter(|member| member.value.seat.is_seat()).count()).unwrap()
        };
        let seats = tally.open_seats + count(&members);
        let changes = seat::settle(WORKSPACE, &tally, &members).unwrap_or_default();
        write(&mut tally, &mut members, &changes);
        // A member who takes a seat at the same time is not left without one.
        let is_bounded = tallies(&changes).delta(Count::OpenSeats).min == Some(0);
        assert_eq!(is_bounded, *open > 0 && !suspended.is_empty());
        let mut then = seated(then_sitting, then_suspended);
        then.push(member(1, "guest", Seating::None));
        then.sort_by_key(|member| member.value.user);
        members.sort_by_key(|member| member.value.user);
        assert_eq!(members, then, "{open} {sitting:?} {suspended:?}");
        assert_eq!(tally.open_seats + count(&members), seats);
        assert!(seat::settle(WORKSPACE, &tally, &members).is_none());
    }
}

#[test]
fn r7_settling_takes_as_many_steps_as_it_needs() {
    let sitting: Vec<_> = (100..300).map(|number| (number, 1)).collect();
    for (open, is_up) in [(-200, false), (200, true)] {
        let mut tally = open_seats(open);
        let mut members = if is_up { seated(&[], &sitting) } else { seated(&sitting, &[]) };
        let mut steps = 0;
        while let Some(changes) = seat::settle(WORKSPACE, &tally, &members) {
            assert!(changes.len() <= 100);
            write(&mut tally, &mut members, &changes);
            steps += 1;
        }
        assert!(steps > 1);
        assert!(members.iter().all(|member| member.value.seat.is_seat() == is_up));
        assert_eq!(tally.open_seats, 0);
    }
}
