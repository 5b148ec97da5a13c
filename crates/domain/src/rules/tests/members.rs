//! Members: another role, another seat, and the ways out.

use std::slice;

use uuid::Uuid;

use super::{attends, keys, tallies};
use crate::pack::{CreatorDemotion, CreatorRemoval, LastAccount, LeaveBy};
use crate::rules::member::MembershipContext;
use crate::rules::tests::fixture::*;
use crate::rules::{leave, member, user};
use crate::{
    Change, Changes, Count, Delta, LeaveState, Member, MembershipCount, Occupant, RecordKey, Refusal,
    SeatChoice, SeatId, Seating, Stored,
};

fn membership_count(number: u128, workspaces: i64) -> MembershipCount {
    MembershipCount { user: user(number), workspaces, created: 0 }
}

#[test]
fn r2_the_last_governor_stays() {
    let (mut pack, workspace) = (pack(), workspace());
    pack.leave.by = LeaveBy::Direct;
    let boss = member(1, "boss", Seating::FreeSlot);
    let seats = [seat(1, "small", Occupant::Nobody)];
    let request = leave_request(1, LeaveState::Pending);
    for (governors, refused) in [(1, true), (2, false)] {
        let tally = tally(governors, 1);
        let given = context(&pack, &workspace, &tally, &seats);
        let demoted = member::change_role(given, &boss, &role("worker"), &mut moment());
        let approved = leave::approve(given, &request, Some(&boss), user(2), None, &mut moment());
        for changes in [
            demoted.map(|(_, changes)| changes),
            approved.map(|(_, changes)| changes),
            member::remove(given, &boss, &mut moment()),
            member::leave(given, &boss, &mut moment()),
        ] {
            match changes {
                Err(refusal) => assert_eq!((refusal, refused), (Refusal::LastGovernor, true)),
                // The bound holds even if another governor leaves at the same time.
                Ok(changes) => {
                    assert_eq!(
                        (tallies(&changes).delta(Count::Governors), refused),
                        (Delta::by(-1).keeping(1), false)
                    );
                }
            }
        }
    }
}

#[test]
fn r3_the_seat_follows_the_role() {
    let (pack, workspace) = (pack(), workspace());
    let free = seat(1, "small", Occupant::Nobody);
    let on_seat = || Seating::Seat(seat(2, "large", Occupant::Member(user(5))).value.hold());
    let one_free = slice::from_ref(&free);
    let slots = |by| if by == 1 { Delta::by(1).up_to(1) } else { Delta::by(by) };
    for (before, seating, after, free_slots, seats, then) in [
        ("worker", on_seat(), "guest", 1, one_free, Ok((Seating::None, slots(0)))),
        ("guest", Seating::None, "worker", 1, one_free, Ok((Seating::Seat(free.value.hold()), slots(0)))),
        ("guest", Seating::None, "worker", 1, &[], Err(Refusal::NoSeatAvailable)),
        ("guest", Seating::None, "boss", 0, &[], Ok((Seating::FreeSlot, slots(1)))),
        ("guest", Seating::None, "boss", 1, &[], Err(Refusal::NoSeatAvailable)),
        // A member with a seat keeps it.
        ("worker", on_seat(), "boss", 0, one_free, Ok((on_seat(), slots(0)))),
        ("boss", Seating::FreeSlot, "guest", 1, &[], Ok((Seating::None, slots(-1)))),
        ("boss", Seating::FreeSlot, "worker", 1, one_free, Ok((Seating::Seat(free.value.hold()), slots(-1)))),
        ("boss", Seating::FreeSlot, "king", 1, one_free, Err(Refusal::RoleUnknown)),
    ] {
        let given = member(5, before, seating);
        let tally = tally(2, free_slots);
        let context = context(&pack, &workspace, &tally, seats);
        let changed = member::change_role(context, &given, &role(after), &mut moment());
        let said = changed.map(|(member, changes)| (member.seat, tallies(&changes).delta(Count::FreeSlots)));
        assert_eq!(said, then, "{before} → {after}");
    }
}

#[test]
fn r3_a_seat_of_the_plan_follows_the_role() {
    let (pack, workspace) = (pack_by_role(), workspace());
    let waits = || Seating::Suspended { since: now() - days(9) };
    let sits = || Seating::Plan { since: now() - days(9) };
    let (taken, kept, freed) = (Delta::by(-1).keeping(0), Delta::default(), Delta::by(1));
    for (before, seating, after, open, then) in [
        ("guest", Seating::None, "worker", 1, Ok((on_plan(), taken))),
        ("guest", Seating::None, "worker", 0, Err(Refusal::NoSeatAvailable)),
        ("guest", Seating::None, "boss", -1, Err(Refusal::NoSeatAvailable)),
        ("worker", sits(), "guest", 0, Ok((Seating::None, freed))),
        // The member keeps the seat and its date: the date decides which members a smaller plan suspends.
        ("worker", sits(), "boss", 0, Ok((sits(), kept))),
        ("boss", sits(), "worker", 0, Ok((sits(), kept))),
        // A member who waits for a seat keeps waiting, and gives none back.
        ("worker", waits(), "boss", 3, Ok((waits(), kept))),
        ("worker", waits(), "guest", -1, Ok((Seating::None, kept))),
    ] {
        let (given, tally) = (member(5, before, seating), open_seats(open));
        let context = context(&pack, &workspace, &tally, &[]);
        let changed = member::change_role(context, &given, &role(after), &mut moment());
        let said = changed.map(|(member, changes)| (member.seat, tallies(&changes).delta(Count::OpenSeats)));
        assert_eq!(said, then, "{before} → {after}");
    }
}

#[test]
fn r3_the_same_role_again_changes_nothing() {
    let given = member(5, "guest", Seating::None);
    let (pack, workspace, tally) = (pack(), workspace(), tally(1, 1));
    let context = context(&pack, &workspace, &tally, &[]);
    let changed = member::change_role(context, &given, &role("guest"), &mut moment());
    assert_eq!(changed.map(|(_, changes)| changes.len()), Ok(0));
}

#[test]
fn r3_who_gives_a_seat_back_has_the_role_of_those_without() {
    let (pack, workspace) = (pack_by_role(), workspace());
    let waits = || Seating::Suspended { since: now() };
    let guest = |by| Ok((role("guest"), Seating::None, Delta::by(by)));
    for (before, seating, governors, then) in [
        ("worker", on_plan(), 1, guest(1)),
        ("worker", waits(), 1, guest(0)),
        ("guest", Seating::None, 1, guest(0)),
        ("boss", on_plan(), 2, guest(1)),
        ("boss", on_plan(), 1, Err(Refusal::LastGovernor)),
    ] {
        let (given, tally) = (member(5, before, seating), tally(governors, 0));
        let context = context(&pack, &workspace, &tally, &[]);
        let released = member::release_seat(context, &given, &mut moment());
        let said = released
            .map(|(after, changes)| (after.role, after.seat, tallies(&changes).delta(Count::OpenSeats)));
        assert_eq!(said, then, "{before} {governors}");
    }
}

#[test]
fn r6_who_is_given_a_seat_becomes_a_joiner() {
    let (pack, workspace) = (pack_by_role(), workspace());
    let sits = || Seating::Plan { since: now() - days(9) };
    let waits = || Seating::Suspended { since: now() - days(9) };
    let (taken, kept) = (Delta::by(-1).keeping(0), Delta::default());
    for (before, seating, open, then) in [
        ("guest", Seating::None, 1, Ok(("worker", on_plan(), taken))),
        ("guest", Seating::None, 0, Err(Refusal::NoSeatAvailable)),
        // A member with another role keeps it.
        ("boss", waits(), 1, Ok(("boss", on_plan(), taken))),
        ("worker", waits(), 0, Err(Refusal::NoSeatAvailable)),
        ("worker", sits(), 0, Ok(("worker", sits(), kept))),
    ] {
        let (given, tally) = (member(5, before, seating), open_seats(open));
        let context = context(&pack, &workspace, &tally, &[]);
        let assigned = member::assign_seat(context, &given, SeatChoice::default(), &mut moment());
        let said = assigned
            .map(|(after, changes)| (after.role, after.seat, tallies(&changes).delta(Count::OpenSeats)));
        assert_eq!(said, then.map(|(name, seat, by)| (role(name), seat, by)), "{before} {open}");
    }
}

#[test]
fn r6_the_tier_of_a_plan_is_no_wish() {
    let (pack, workspace, tally) = (pack_by_role(), workspace(), open_seats(1));
    let context = context(&pack, &workspace, &tally, &[]);
    let guest = member(5, "guest", Seating::None);
    for (named, then) in [("small", Ok(role("worker"))), ("gold", Err(Refusal::TierUnknown))] {
        let wished = tier(named);
        let wish = SeatChoice { seat: None, tier: Some(&wished) };
        let assigned = member::assign_seat(context, &guest, wish, &mut moment());
        assert_eq!(assigned.map(|(after, _)| after.role), then, "{named}");
    }
}

#[test]
fn s9_removal_leaves_nothing_behind() {
    let mut given = member(5, "worker", Seating::Seat(seat(1, "small", Occupant::Nobody).value.hold()));
    let request = leave_request(5, LeaveState::Pending).value.id;
    given.value.pending_leave = Some(request);
    let (pack, workspace, tally) = (pack(), workspace(), tally(1, 1));
    let changes = member::remove(context(&pack, &workspace, &tally, &[]), &given, &mut moment()).unwrap();
    let keys = keys(&changes);
    for key in [
        RecordKey::Member(WORKSPACE, user(5)),
        RecordKey::JoinedWorkspace(user(5), WORKSPACE),
        RecordKey::Tally(WORKSPACE),
        RecordKey::MembershipCount(user(5)),
        RecordKey::Seat(WORKSPACE, SeatId(Uuid::from_u128(1))),
        RecordKey::EmailSlot(email("x@acme.example").key(), WORKSPACE),
        RecordKey::LeaveRequest(WORKSPACE, request),
    ] {
        assert!(keys.contains(&key), "{key:?}");
    }
    assert_eq!(tallies(&changes).delta(Count::Members), Delta::by(-1));
}

#[test]
fn r7_who_is_removed_gives_back_the_seat_they_had() {
    let (pack, workspace, tally) = (pack_by_role(), workspace(), open_seats(0));
    for (seating, then) in [
        (on_plan(), Delta::by(1)),
        (Seating::Suspended { since: now() }, Delta::default()),
        (Seating::None, Delta::default()),
    ] {
        let given = context(&pack, &workspace, &tally, &[]);
        let changes = member::remove(given, &member(5, "worker", seating.clone()), &mut moment()).unwrap();
        assert_eq!(tallies(&changes).delta(Count::OpenSeats), then, "{seating:?}");
    }
}

#[test]
fn f9_the_account_goes_with_the_last_workspace_where_the_pack_says_so() {
    let (workspace, tally) = (workspace(), tally(2, 1));
    let one_less = Delta::by(-1);
    for (rule, number, workspaces, deletes, then) in [
        (LastAccount::Keep, 5, Some(1), false, one_less),
        // The bounds hold even if the member joins or leaves another workspace at the same time.
        (LastAccount::Delete, 5, Some(1), true, one_less.up_to(0)),
        (LastAccount::Delete, 5, Some(2), false, one_less.keeping(1)),
        (LastAccount::Delete, 5, Some(7), false, one_less.keeping(1)),
        // The creator's account stays, whatever other workspaces they are in.
        (LastAccount::Delete, 1, Some(1), false, one_less),
        (LastAccount::Delete, 1, Some(2), false, one_less),
    ] {
        let mut pack = pack();
        (pack.removal.last_account, pack.leave.by) = (rule, LeaveBy::Direct);
        let membership_count = workspaces.map(|count| membership_count(number, count));
        let account = stored(user::account(&identity(number, "x@acme.example"), now()));
        let given = MembershipContext {
            membership_count: membership_count.as_ref(),
            account: Some(&account),
            ..context(&pack, &workspace, &tally, &[])
        };
        let gone = member(number, "boss", Seating::FreeSlot);
        let changes = member::remove(given, &gone, &mut moment()).unwrap();
        let deleted = changes.contains(&Change::DeleteUnconditionally(RecordKey::User(user(number))));
        assert_eq!(deleted, deletes, "{rule:?} {number} {workspaces:?}");
        assert_eq!(attends(&changes, user(number)), Some(then), "{rule:?} {number} {workspaces:?}");
        // Without an account there is nothing to delete, and that is no obstacle.
        let without =
            member::remove(MembershipContext { account: None, ..given }, &gone, &mut moment()).unwrap();
        assert!(!keys(&without).contains(&RecordKey::User(user(number))));
        // A member who leaves by themselves keeps the account.
        let left = member::leave(given, &gone, &mut moment()).unwrap();
        assert!(!keys(&left).contains(&RecordKey::User(user(number))));
    }
}

/// Every way out of a workspace that lets people go by themselves.
pub(super) fn ways_out(
    given: MembershipContext<'_>,
    member: &Stored<Member>,
) -> [Result<Changes, Refusal>; 3] {
    let request = leave_request(member.value.user.0.as_u128(), LeaveState::Pending);
    let approved = leave::approve(given, &request, Some(member), user(2), None, &mut moment());
    [
        member::remove(given, member, &mut moment()),
        member::leave(given, member, &mut moment()),
        approved.map(|(_, changes)| changes),
    ]
}

#[test]
fn f10_the_creator_cannot_be_removed_where_the_pack_says_so() {
    let (workspace, tally) = (workspace(), tally(2, 1));
    for (rule, number, then) in [
        (CreatorRemoval::Refused, 1, Err(Refusal::CreatorProtected)),
        (CreatorRemoval::Refused, 2, Ok(())),
        (CreatorRemoval::Allowed, 1, Ok(())),
    ] {
        let mut pack = pack();
        pack.leave.by = LeaveBy::Direct;
        pack.creator.removal = rule;
        let given = context(&pack, &workspace, &tally, &[]);
        for gone in ways_out(given, &member(number, "boss", Seating::FreeSlot)) {
            assert_eq!(gone.map(|_| ()), then, "{rule:?} {number}");
        }
    }
}

#[test]
fn f10_the_creator_is_not_demoted_where_the_pack_says_so() {
    use CreatorDemotion::{Allowed, Refused, RefusedInOnlyWorkspace as InOnly};
    let (workspace, tally) = (workspace(), open_seats(1));
    let protected = || Err(Refusal::CreatorProtected);
    // The bound holds even if the creator leaves another workspace at the same time.
    let while_elsewhere = Some(Delta::default().keeping(2));
    for (rule, number, before, after, workspaces, then) in [
        (Allowed, 1, "boss", "worker", Some(1), Ok(None)),
        (Refused, 1, "boss", "worker", Some(7), protected()),
        (Refused, 1, "boss", "guest", Some(7), protected()),
        (Refused, 2, "boss", "worker", Some(1), Ok(None)),
        // A higher role, or the same role, is no demotion.
        (Refused, 1, "worker", "boss", Some(1), Ok(None)),
        (Refused, 1, "boss", "boss", Some(1), Ok(None)),
        (InOnly, 1, "boss", "worker", Some(1), protected()),
        (InOnly, 1, "boss", "worker", None, protected()),
        (InOnly, 1, "boss", "worker", Some(2), Ok(while_elsewhere)),
        (InOnly, 1, "boss", "worker", Some(3), Ok(while_elsewhere)),
        (InOnly, 1, "worker", "boss", Some(1), Ok(None)),
        (InOnly, 2, "boss", "worker", Some(1), Ok(None)),
    ] {
        let mut pack = pack_by_role();
        pack.creator.demotion = rule;
        let membership_count = workspaces.map(|count| membership_count(number, count));
        let given = MembershipContext {
            membership_count: membership_count.as_ref(),
            ..context(&pack, &workspace, &tally, &[])
        };
        let changed =
            member::change_role(given, &member(number, before, on_plan()), &role(after), &mut moment());
        let said = changed.map(|(_, changes)| attends(&changes, user(number)));
        assert_eq!(said, then, "{rule:?} {number} {before} → {after} {workspaces:?}");
    }
}

#[test]
fn f10_taking_the_creators_seat_is_a_demotion_too() {
    let (mut pack, workspace, tally) = (pack_by_role(), workspace(), open_seats(1));
    pack.creator.demotion = CreatorDemotion::Refused;
    for (number, then) in [(1, Err(Refusal::CreatorProtected)), (2, Ok(role("guest")))] {
        let given = context(&pack, &workspace, &tally, &[]);
        let released = member::release_seat(given, &member(number, "boss", on_plan()), &mut moment());
        assert_eq!(released.map(|(member, _)| member.role), then);
    }
}

#[test]
fn l6_one_goes_where_the_pack_lets_people_go() {
    let (workspace, tally) = (workspace(), tally(2, 1));
    for (by, then) in [
        (LeaveBy::Direct, Ok(())),
        (LeaveBy::Request, Err(Refusal::LeaveNotOffered)),
        (LeaveBy::None, Err(Refusal::LeaveNotOffered)),
    ] {
        let mut pack = pack();
        pack.leave.by = by;
        let left = member::leave(
            context(&pack, &workspace, &tally, &[]),
            &member(5, "guest", Seating::None),
            &mut moment(),
        );
        assert_eq!(left.map(|_| ()), then, "{by:?}");
    }
}

#[test]
fn l6_who_goes_leaves_what_who_is_removed_leaves() {
    let (mut pack, workspace, tally) = (pack_by_role(), workspace(), open_seats(0));
    pack.leave.by = LeaveBy::Direct;
    let mut given = member(5, "worker", on_plan());
    // The request is from a time when the pack had leave requests.
    given.value.pending_leave = Some(leave_request(5, LeaveState::Pending).value.id);
    let context = context(&pack, &workspace, &tally, &[]);
    assert_eq!(member::leave(context, &given, &mut moment()), member::remove(context, &given, &mut moment()));
}

#[test]
fn s10_a_leave_request_is_decided_once() {
    let (pack, workspace, tally) = (pack(), workspace(), tally(1, 1));
    let asker = member(5, "guest", Seating::None);
    let by = user(1);
    let withdrawn = LeaveState::Withdrawn { at: now() };
    for (state, asker, then) in [
        (LeaveState::Pending, Some(&asker), Ok(())),
        (LeaveState::Pending, None, Err(Refusal::LeaveDecided)),
        (withdrawn, Some(&asker), Err(Refusal::LeaveDecided)),
        (LeaveState::Approved { by, at: now(), reason: None }, Some(&asker), Err(Refusal::LeaveDecided)),
        (LeaveState::Denied { by, at: now(), reason: None }, Some(&asker), Err(Refusal::LeaveDecided)),
    ] {
        let request = leave_request(5, state);
        let context = context(&pack, &workspace, &tally, &[]);
        let approved = leave::approve(context, &request, asker, by, None, &mut moment());
        assert_eq!(approved.map(|_| ()), then);
        assert_eq!(leave::deny(&request, asker, by, None, now()).map(|_| ()), then);
    }
}

#[test]
fn s10_one_asks_once_and_only_where_it_is_offered() {
    let mut waiting = member(5, "guest", Seating::None);
    for (by, then) in [
        (LeaveBy::Request, Ok(LeaveState::Pending)),
        (LeaveBy::Direct, Err(Refusal::LeaveNotOffered)),
        (LeaveBy::None, Err(Refusal::LeaveNotOffered)),
    ] {
        let mut pack = pack();
        pack.leave.by = by;
        let asked = leave::request(&pack, &waiting, None, &mut moment());
        assert_eq!(asked.map(|(request, _)| request.state), then, "{by:?}");
    }
    waiting.value.pending_leave = Some(leave_request(5, LeaveState::Pending).value.id);
    assert_eq!(leave::request(&pack(), &waiting, None, &mut moment()).err(), Some(Refusal::LeavePending));
}

#[test]
fn f10_a_creator_who_leaves_hands_the_standing_on() {
    let (mut pack, workspace, tally) = (pack_by_role(), workspace(), open_seats(0));
    pack.leave.by = LeaveBy::Direct;
    let joined = |number, name: &str, day: i64| {
        let mut member = member(number, name, Seating::None);
        member.value.joined_at = now() + days(day);
        member
    };
    let creator = joined(1, "boss", 0);
    let members = [joined(4, "boss", 3), creator.clone(), joined(3, "guest", 1), joined(2, "boss", 2)];
    let given = MembershipContext { heirs: &members, ..context(&pack, &workspace, &tally, &[]) };
    let heir = Change::RequireVersion(RecordKey::Member(WORKSPACE, user(2)), members[3].version);
    let hands_on = Change::ChangeCreator { workspace: WORKSPACE, from: user(1), to: user(2) };
    let stays = Change::RequireCreator { workspace: WORKSPACE, creator: user(1) };
    for changes in ways_out(given, &creator) {
        let changes = changes.unwrap();
        assert!(changes.contains(&hands_on) && changes.contains(&heir), "{changes:?}");
    }
    for changes in ways_out(given, &members[0]) {
        let changes = changes.unwrap();
        assert!(changes.contains(&stays) && !changes.contains(&hands_on), "{changes:?}");
    }
}
