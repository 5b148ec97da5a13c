//! The rules as tables: given what was loaded, when this is asked, then that is written or refused.

use jiff::Timestamp;

use crate::change::{Change, Delta, TallyChange};
use crate::fixture::*;
use crate::id::SeatId;
use crate::invitation::{self, InvitationState, Inviting, Joining, Key, Wanted};
use crate::leave::{self, LeaveState};
use crate::member::{self, Seating};
use crate::record::{EmailSlot, PendingSlot, Record, RecordKey, Stored};
use crate::refusal::Refusal;
use crate::seat::{self, Occupant, Order, SeatStatus, Wish};
use crate::user::Identity;
use crate::workspace::{self, NewWorkspace};
use uuid::Uuid;

fn slot(pending_until: Option<Timestamp>, member: Option<u128>) -> Stored<EmailSlot> {
    let pending = pending_until.map(|end| PendingSlot {
        invitation: invitation_id(40),
        workspace_name: workspace().name,
        role: role("worker"),
        invited_at: now(),
        expires_at: Some(end),
    });
    stored(EmailSlot {
        workspace: WORKSPACE,
        email: email("a@x.example").key(),
        pending,
        member: member.map(user),
    })
}

fn tallies(changes: &[Change]) -> TallyChange {
    let tally = changes.iter().find_map(|change| match change {
        Change::Tally(tally) => Some(*tally),
        _ => None,
    });
    tally.unwrap_or(TallyChange::of(WORKSPACE))
}

#[test]
fn s1_a_creator_governs_from_the_free_slot() {
    let caller = identity(1, "olga@acme.example");
    let asked = NewWorkspace { name: workspace().name, timezone: None };
    let (made, member, changes) = workspace::create(&pack(), &caller, None, asked, &mut moment());
    assert_eq!((made.creator, member.role, member.seat), (user(1), role("boss"), Seating::FreeSlot));
    assert!(changes.iter().all(|change| matches!(change, Change::Create(_))));
}

#[test]
fn s8_a_seat_has_a_status_of_its_time() {
    let (soon, later) = (now() + days(1), now() + days(40));
    for (occupant, reserved_until, ends, at, then) in [
        (Occupant::Nobody, None, None, now(), SeatStatus::Available),
        (Occupant::Member(user(2)), None, None, later, SeatStatus::Filled),
        (Occupant::Member(user(2)), None, Some(later), later, SeatStatus::Expired),
        (Occupant::Member(user(2)), None, Some(later), now(), SeatStatus::Filled),
        (Occupant::Invitation(invitation_id(1)), Some(soon), None, now(), SeatStatus::Pending),
        // At its end an invitation has no hold any more.
        (Occupant::Invitation(invitation_id(1)), Some(soon), None, soon, SeatStatus::Available),
        (Occupant::Invitation(invitation_id(1)), None, None, later, SeatStatus::Pending),
    ] {
        let mut given = seat(1, "small", occupant).value;
        given.reserved_until = reserved_until;
        given.term.ends = ends;
        assert_eq!(given.status(at), then, "{occupant:?} {reserved_until:?} {ends:?}");
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
        (Wish::default(), Ok(3)),
        (Wish { seat: None, tier: Some(&large) }, Ok(2)),
        (Wish { seat: id(2), tier: None }, Ok(2)),
        (Wish { seat: id(1), tier: None }, Err(Refusal::SeatNotAvailable)),
        (Wish { seat: id(8), tier: None }, Err(Refusal::SeatNotAvailable)),
        (Wish { seat: id(2), tier: Some(&small) }, Err(Refusal::SeatNotAvailable)),
        (Wish { seat: None, tier: Some(&gold) }, Err(Refusal::TierUnknown)),
    ] {
        let found = seat::find_free(&pack(), &seats, wish, &mut moment());
        assert_eq!(found.map(|seat| seat.value.id.0.as_u128()), then, "{wish:?}");
    }
    let none = seat::find_free(&pack(), &seats[..1], Wish::default(), &mut moment());
    assert_eq!(none.err(), Some(Refusal::NoSeatAvailable));
}

#[test]
fn s11_buying_is_bounded_by_the_pack() {
    let (tally, gold) = (tally(1, 1), tier("gold"));
    let buy = |tier, quantity, existing: &[_]| {
        seat::buy(&pack(), WORKSPACE, Order { by: user(1), tier, quantity }, &tally, existing, &mut moment())
            .map(|(seats, changes)| (seats.len(), tallies(&changes).seats, changes.len()))
    };
    assert_eq!(buy(None, 3, &[]), Ok((3, Delta::by(3).up_to(5), 5)));
    assert_eq!(buy(None, 4, &[]), Err(Refusal::SeatLimitReached));
    assert_eq!(buy(Some(&gold), 1, &[]), Err(Refusal::TierUnknown));
    // Seats that have ended and are empty make room; those that somebody sits on do not.
    let ended = |number, occupant| {
        let mut given = seat(number, "small", occupant);
        given.value.term.ends = Some(now());
        given
    };
    assert_eq!(buy(None, 4, &[ended(1, Occupant::Nobody)]), Ok((4, Delta::by(3).up_to(5), 7)));
    assert_eq!(buy(None, 4, &[ended(1, Occupant::Member(user(5)))]), Err(Refusal::SeatLimitReached));
}

#[test]
fn k3_an_address_is_invited_once_at_a_time() {
    let soon = now() + days(1);
    let (pack, workspace, wanted) = (pack(), workspace(), Wanted::default());
    let inviting = Inviting { pack: &pack, workspace: &workspace, inviter: user(1), wanted: &wanted };
    for (slot, then) in [
        (None, Ok(())),
        (Some(slot(Some(soon), None)), Err(Refusal::InvitationPending)),
        (Some(slot(None, Some(5))), Err(Refusal::AlreadyMember)),
        // What has expired, this very moment included, makes way.
        (Some(slot(Some(now()), None)), Ok(())),
        (Some(slot(None, None)), Ok(())),
    ] {
        let mut seats = vec![seat(1, "small", Occupant::Nobody)];
        let invited = invitation::invite(
            inviting,
            Some(&email("a@x.example")),
            slot.as_ref(),
            &mut seats,
            &mut moment(),
        );
        assert_eq!(invited.as_ref().map(|_| ()).map_err(|refusal| *refusal), then, "{slot:?}");
        // The seat is kept for the invited, and gone for the next of the same request.
        assert_eq!(seats.is_empty(), invited.is_ok());
    }
}

#[test]
fn s3_what_an_invitation_may_be_for() {
    let mut fixed = pack();
    fixed.invitation.role = crate::pack::InvitedRole::Fixed;
    fixed.invitation.shareable = false;
    assert_eq!(invitation::invited_role(&pack(), None), Ok(role("worker")));
    assert_eq!(invitation::invited_role(&pack(), Some(&role("boss"))), Ok(role("boss")));
    assert_eq!(invitation::invited_role(&pack(), Some(&role("king"))), Err(Refusal::RoleUnknown));
    assert_eq!(invitation::invited_role(&fixed, Some(&role("boss"))), Err(Refusal::RoleUnknown));
    let (workspace, wanted) = (workspace(), Wanted::default());
    let inviting = Inviting { pack: &fixed, workspace: &workspace, inviter: user(1), wanted: &wanted };
    let link = invitation::invite(inviting, None, None, &mut Vec::new(), &mut moment());
    assert_eq!(link.err(), Some(Refusal::EmailRequired));
}

#[test]
fn s7_every_failure_to_join_is_its_own() {
    let pack = pack();
    let own_seat = seat(1, "small", Occupant::Invitation(invitation_id(50)));
    let bound = || invitation(Some("tea@acme.example"), Some(&own_seat));
    let with = |change: fn(&mut invitation::Invitation)| {
        let mut given = bound();
        change(&mut given.value);
        given
    };
    let tea = identity(5, "Tea@Acme.example");
    let unverified = Identity { email_verified: false, ..tea.clone() };
    let eve = identity(6, "eve@acme.example");
    let first = Key::Token { generation: 1 };
    let in_already = member(5, "guest", Seating::None);
    for (caller, key, given, member, then) in [
        (&tea, first, bound(), None, Ok(())),
        (&tea, Key::Id, bound(), None, Ok(())),
        (&tea, Key::Token { generation: 2 }, bound(), None, Err(Refusal::InvitationRevoked)),
        (&tea, first, bound(), Some(&in_already.value), Err(Refusal::AlreadyMember)),
        (&eve, first, bound(), None, Err(Refusal::InvitationOtherEmail)),
        (&unverified, first, bound(), None, Err(Refusal::EmailNotVerified)),
        // A link to share is for whoever has it, and for nobody who only knows its id.
        (&eve, first, with(|one| one.email = None), None, Ok(())),
        (&eve, Key::Id, with(|one| one.email = None), None, Err(Refusal::InvitationUnknown)),
        (&tea, first, with(|one| one.expires_at = Some(now())), None, Err(Refusal::InvitationExpired)),
        (&tea, first, with(|one| one.expires_at = None), None, Ok(())),
        (
            &tea,
            first,
            with(|one| one.state = InvitationState::Revoked { at: now() }),
            None,
            Err(Refusal::InvitationRevoked),
        ),
        (
            &tea,
            first,
            with(|one| one.state = InvitationState::Declined { at: now() }),
            None,
            Err(Refusal::InvitationRevoked),
        ),
        (
            &tea,
            first,
            with(|one| one.state = InvitationState::Accepted { by: user(7), at: now() }),
            None,
            Err(Refusal::InvitationUsed),
        ),
        (&tea, first, with(|one| one.role = role("king")), None, Err(Refusal::RoleUnknown)),
        (&tea, first, with(|one| one.seat = None), None, Err(Refusal::NoSeatAvailable)),
        (
            &tea,
            first,
            with(|one| one.seat.iter_mut().for_each(|hold| hold.term.ends = Some(now()))),
            None,
            Err(Refusal::NoSeatAvailable),
        ),
    ] {
        let tally = tally(1, 1);
        let joining = Joining {
            pack: &pack,
            caller,
            account: None,
            key,
            invitation: &given,
            member,
            slot: None,
            tally: Some(&tally),
            seats: &[],
        };
        let joined = invitation::join(joining, &mut moment());
        assert_eq!(joined.map(|_| ()), then, "{key:?} {given:?}");
    }
}

#[test]
fn r2_the_last_governor_stays() {
    let pack = pack();
    let boss = member(1, "boss", Seating::FreeSlot);
    let seats = [seat(1, "small", Occupant::Nobody)];
    for (governors, refused) in [(1, true), (2, false)] {
        let tally = tally(governors, 1);
        let demoted = member::change_role(&pack, &boss, &role("worker"), &tally, &seats, &mut moment());
        let removed = member::remove(&pack, &boss, &tally, now());
        assert_eq!(demoted.is_err(), refused);
        for changes in [demoted.map(|(_, changes)| changes), removed] {
            match changes {
                Err(refusal) => assert_eq!((refusal, refused), (Refusal::LastGovernor, true)),
                // The bound holds it against whoever goes at the same time.
                Ok(changes) => assert_eq!(tallies(&changes).governors, Delta::by(-1).keeping(1)),
            }
        }
    }
}

#[test]
fn r3_the_seat_follows_the_role() {
    let pack = pack();
    let free = seat(1, "small", Occupant::Nobody);
    let on_seat = || Seating::Seat(seat(2, "large", Occupant::Member(user(5))).value.hold());
    let one_free = std::slice::from_ref(&free);
    let slots = |by| tallies_of_slots(by);
    for (before, seating, after, free_slots, seats, then) in [
        ("worker", on_seat(), "guest", 1, one_free, Ok((Seating::None, slots(0)))),
        ("guest", Seating::None, "worker", 1, one_free, Ok((Seating::Seat(free.value.hold()), slots(0)))),
        ("guest", Seating::None, "worker", 1, &[], Err(Refusal::NoSeatAvailable)),
        ("guest", Seating::None, "boss", 0, &[], Ok((Seating::FreeSlot, slots(1)))),
        ("guest", Seating::None, "boss", 1, &[], Err(Refusal::NoSeatAvailable)),
        // Who has a seat keeps it.
        ("worker", on_seat(), "boss", 0, one_free, Ok((on_seat(), slots(0)))),
        ("boss", Seating::FreeSlot, "guest", 1, &[], Ok((Seating::None, slots(-1)))),
        ("boss", Seating::FreeSlot, "worker", 1, one_free, Ok((Seating::Seat(free.value.hold()), slots(-1)))),
        ("boss", Seating::FreeSlot, "king", 1, one_free, Err(Refusal::RoleUnknown)),
    ] {
        let given = member(5, before, seating);
        let tally = tally(2, free_slots);
        let changed = member::change_role(&pack, &given, &role(after), &tally, seats, &mut moment());
        let said = changed.map(|(member, changes)| (member.seat, tallies(&changes).free_slots));
        assert_eq!(said, then, "{before} → {after}");
    }
}

fn tallies_of_slots(by: i64) -> Delta {
    match by {
        0 => Delta::default(),
        1 => Delta::by(1).up_to(1),
        by => Delta::by(by),
    }
}

#[test]
fn r3_the_same_role_again_changes_nothing() {
    let given = member(5, "guest", Seating::None);
    let changed = member::change_role(&pack(), &given, &role("guest"), &tally(1, 1), &[], &mut moment());
    assert_eq!(changed.map(|(_, changes)| changes.len()), Ok(0));
}

#[test]
fn s9_removal_leaves_nothing_behind() {
    let mut given = member(5, "worker", Seating::Seat(seat(1, "small", Occupant::Nobody).value.hold()));
    let request = leave_request(5, LeaveState::Pending).value.id;
    given.value.pending_leave = Some(request);
    let changes = member::remove(&pack(), &given, &tally(1, 1), now()).unwrap();
    let keys: Vec<RecordKey> = changes.iter().map(Change::key).collect();
    for key in [
        RecordKey::Member(WORKSPACE, user(5)),
        RecordKey::Joined(user(5), WORKSPACE),
        RecordKey::Tally(WORKSPACE),
        RecordKey::Seat(WORKSPACE, SeatId(Uuid::from_u128(1))),
        RecordKey::EmailSlot(email("x@acme.example").key(), WORKSPACE),
        RecordKey::LeaveRequest(WORKSPACE, request),
    ] {
        assert!(keys.contains(&key), "{key:?}");
    }
}

#[test]
fn s10_a_leave_request_is_decided_once() {
    let pack = pack();
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
        let approved = leave::approve(&pack, &request, asker, &tally(1, 1), by, None, now());
        assert_eq!(approved.map(|_| ()), then);
        assert_eq!(leave::deny(&request, asker, by, None, now()).map(|_| ()), then);
    }
}

#[test]
fn s10_one_asks_once_and_only_where_it_is_offered() {
    let mut direct = pack();
    direct.leave.by = crate::pack::LeaveBy::None;
    let mut waiting = member(5, "guest", Seating::None);
    let asked = leave::request(&pack(), &waiting, None, &mut moment()).map(|(request, _)| request.state);
    assert_eq!(asked, Ok(LeaveState::Pending));
    assert_eq!(leave::request(&direct, &waiting, None, &mut moment()).err(), Some(Refusal::LeaveNotOffered));
    waiting.value.pending_leave = Some(leave_request(5, LeaveState::Pending).value.id);
    assert_eq!(leave::request(&pack(), &waiting, None, &mut moment()).err(), Some(Refusal::LeavePending));
}

#[test]
fn s13_a_cancelled_seat_ends_with_its_period_and_its_holder_knows() {
    let held = seat(1, "small", Occupant::Member(user(5)));
    let (cancelled, changes) = seat::cancel(&pack(), &held, now()).unwrap();
    assert_eq!(cancelled.term.ends, Some(pack().billing.period.end(now(), now())));
    assert!(
        changes.iter().any(|change| matches!(change, Change::Reterm { term, .. } if *term == cancelled.term))
    );
    // Cancelled again, or reactivated without need: nothing to write.
    let cancelled = stored(cancelled);
    assert_eq!(seat::cancel(&pack(), &cancelled, now()).map(|(_, changes)| changes.len()), Ok(0));
    assert_eq!(seat::reactivate(&held, now()).map(|(_, changes)| changes.len()), Ok(0));
    assert_eq!(seat::reactivate(&cancelled, now()).map(|(seat, _)| seat.term.ends), Ok(None));
    let after = now() + days(32);
    assert_eq!(seat::reactivate(&cancelled, after).err(), Some(Refusal::SeatNotAvailable));
    assert_eq!(seat::cancel(&pack(), &cancelled, after).err(), Some(Refusal::SeatNotAvailable));
}

#[test]
fn s2_a_seat_is_given_back_where_the_role_allows() {
    let on_seat = || Seating::Seat(seat(2, "large", Occupant::Nobody).value.hold());
    for (role, free_slots, then) in [
        ("boss", 0, Ok(Seating::FreeSlot)),
        ("boss", 1, Err(Refusal::SeatRequired)),
        ("worker", 0, Err(Refusal::SeatRequired)),
        ("guest", 0, Ok(Seating::None)),
    ] {
        let released = seat::release(&pack(), &member(5, role, on_seat()), &tally(1, free_slots));
        assert_eq!(released.map(|(member, _)| member.seat), then, "{role}");
    }
}

#[test]
fn f7_a_resent_invitation_lasts_anew_and_keeps_its_seat() {
    let own_seat = seat(1, "small", Occupant::Invitation(invitation_id(50)));
    let given = invitation(Some("tea@acme.example"), Some(&own_seat));
    let mut later = crate::moment::Moment::new(now() + days(3), [1; 32]);
    let (resent, changes) = invitation::resend(&pack(), &given, &mut later).unwrap();
    assert_eq!((resent.expires_at, resent.generation), (Some(now() + days(10)), 1));
    let until = changes.iter().find_map(|change| match change {
        Change::Occupy { until, .. } => *until,
        _ => None,
    });
    assert_eq!(until, resent.expires_at);
    assert!(changes.iter().any(|change| matches!(change, Change::Create(Record::Mail(_)))));
}

#[test]
fn a_moment_is_as_fresh_as_its_seed() {
    let (mut one, mut same) = (moment(), moment());
    assert_eq!(one.fresh_id(), same.fresh_id());
    assert_ne!(one.fresh_id(), one.fresh_id());
    assert_eq!(one.pick::<u8>(&[]), None);
    assert_eq!(one.fresh_id().get_version_num(), 7);
}
