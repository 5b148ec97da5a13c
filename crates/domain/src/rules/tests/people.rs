//! People: the owner of a verified address, an address that changes, and sign-ins that are one person.

use std::slice;

use super::{attends, keys, tallies, written};
use crate::pack::Pack;
use crate::rules::address::{self, Membership};
use crate::rules::join::PersonDeparture;
use crate::rules::member as member_rules;
use crate::rules::sign_in::{self, MERGE_ACTIONS, MergeContext, Merged};
use crate::rules::tests::fixture::*;
use crate::rules::user::{self, AddressOwners, EnterContext};
use crate::{
    AddressOwner, Change, Changes, Count, Delta, Departure, EmailSlot, Identity, JoinedWorkspace,
    LeaveRequestId, Member, Occupant, PastPersons, Record, RecordKey, Seating, Stored, Tally, User, UserId,
};

const ADDRESS: &str = "x@acme.example";

fn owner(number: u128, address: &str) -> Stored<AddressOwner> {
    stored(AddressOwner { email: email(address).key(), user: user(number) })
}

fn account(identity: &Identity) -> User {
    user::account(identity, now())
}

/// A slot of this address, with this member.
fn slot_of(address: &str, member: u128) -> Stored<EmailSlot> {
    let mut slot = slot(None, Some(member));
    slot.value.email = email(address).key();
    slot
}

#[test]
fn k45_who_becomes_a_person_owns_the_address() {
    let caller = identity(1, ADDRESS);
    let unverified = Identity { email_verified: false, ..caller.clone() };
    let key = RecordKey::AddressOwner(email(ADDRESS).key());
    let own = Change::Create(owner(1, ADDRESS).value.into());
    let stays = Change::RequireVersion(key, owner(1, ADDRESS).version);
    let member = member(1, "guest", Seating::None).value;
    let somebodys = Change::Create(Record::Member(Member { user: user(2), ..member.clone() }));
    let account = Change::Create(Record::User(account(&caller)));
    let member = Change::Create(Record::Member(member));
    let taken = owner(1, ADDRESS);
    for (caller, owner, changes, then) in [
        (&caller, None, vec![account.clone()], Some(&own)),
        (&caller, None, vec![member.clone()], Some(&own)),
        (&caller, Some(&taken), vec![member.clone()], Some(&stays)),
        // The decision itself makes the address the person's.
        (&caller, None, vec![account.clone(), own.clone()], None),
        (&caller, None, vec![somebodys], None),
        (&caller, None, vec![], None),
        (&unverified, None, vec![account, member], None),
    ] {
        assert_eq!(address::condition(caller, owner, &changes).as_ref(), then, "{changes:?}");
    }
}

#[test]
fn k45_a_sign_in_stands_for_the_owner_of_its_address() {
    let caller = identity(1, ADDRESS);
    assert_eq!(address::person(&caller, None), user(1));
    assert_eq!(address::person(&caller, Some(&owner(2, ADDRESS).value)), user(2));
    // The sign-in counts, not the person of an earlier reading.
    let linked = caller.of_person(user(2));
    assert_eq!((address::person(&linked, None), linked.is_linked()), (user(1), true));
}

/// Enters with this token; the member and the slot of the new address are these.
fn entered(
    caller: &Identity,
    account: &Stored<User>,
    member: &Stored<Member>,
    slot: Option<Stored<EmailSlot>>,
    before: Option<&Stored<AddressOwner>>,
) -> (User, Changes) {
    user::enter(EnterContext {
        caller,
        account: Some(account),
        owners: Some(AddressOwners {
            of_sign_in: None,
            of_others: before.map(slice::from_ref).unwrap_or_default(),
        }),
        joined: &[JoinedWorkspace::of(&member.value)],
        memberships: &[Membership { member: member.clone(), slot }],
        merging: &[],
        reserved: 0,
        now: now(),
    })
}

#[test]
fn k46_an_address_moves_with_its_person() {
    let (before, after) = (identity(1, ADDRESS), identity(1, "new@acme.example"));
    let (account, member) = (stored(account(&before)), member(1, "guest", Seating::None));
    let theirs = owner(1, ADDRESS);
    let (user, changes) = entered(&after, &account, &member, None, Some(&theirs));
    assert_eq!(user.verified_email(), Some(&email("new@acme.example")));
    let (old, new) = (email(ADDRESS).key(), email("new@acme.example").key());
    let moved =
        Member { slot: Some(new.clone()), email: Some(email("new@acme.example")), ..member.value.clone() };
    let slot = EmailSlot::of_member(WORKSPACE, new, user.id);
    for change in [
        Change::update(&account, user),
        Change::Create(owner(1, "new@acme.example").value.into()),
        Change::Delete(RecordKey::AddressOwner(old.clone()), theirs.version),
        Change::Create(Record::EmailSlot(slot)),
        Change::VacateEmailSlot { email: old.clone(), workspace: WORKSPACE, user: moved.user, left_at: None },
        Change::update(&member, moved),
    ] {
        assert!(changes.contains(&change), "{change:?} is not in {changes:?}");
    }
    assert!(keys(&changes).contains(&RecordKey::FormerAddress(WORKSPACE, old)));
    assert_eq!(changes.len(), 7);
    // An address that is another person's by now is left alone.
    let (_, changes) = entered(&after, &account, &member, None, Some(&owner(2, ADDRESS)));
    assert_eq!(changes.len(), 6);
}

#[test]
fn k46_an_address_of_another_member_is_left_alone() {
    let (before, after) = (identity(1, ADDRESS), identity(1, "new@acme.example"));
    let (account, member) = (stored(account(&before)), member(1, "guest", Seating::None));
    let others = slot_of("new@acme.example", 2);
    let (_, changes) = entered(&after, &account, &member, Some(others.clone()), None);
    let key = Record::EmailSlot(others.value).key();
    assert!(!keys(&changes).contains(&key));
    let members = written(&changes).filter_map(|record| match record {
        Record::Member(member) => Some(member.slot.clone()),
        _ => None,
    });
    assert_eq!(members.collect::<Vec<_>>(), [None]);
}

#[test]
fn k51_an_unverified_address_replaces_no_verified_one() {
    let verified = identity(1, ADDRESS);
    let other = Identity { email_verified: false, ..identity(1, "boss@acme.example") };
    let same = Identity { email_verified: false, ..verified.clone() };
    let earlier = User { email_verified: None, ..account(&verified) };
    let unverified = account(&same);
    for (before, claim, then, is_verified) in [
        (account(&verified), &other, ADDRESS, Some(true)),
        (account(&verified), &same, ADDRESS, Some(true)),
        (earlier.clone(), &other, ADDRESS, None),
        (earlier, &verified, ADDRESS, Some(true)),
        (unverified.clone(), &other, "boss@acme.example", Some(false)),
        (unverified, &verified, ADDRESS, Some(true)),
    ] {
        let member = member(1, "guest", Seating::None);
        let (user, _) = entered(claim, &stored(before), &member, Some(slot_of(ADDRESS, 1)), None);
        assert_eq!((user.email, user.email_verified), (Some(email(then)), is_verified));
    }
    // A membership that is made with an unverified claim shows the verified address of the account.
    let account = account(&verified);
    let joined = Member::new(WORKSPACE, &other, Some(&account), role("guest"), Seating::None, now());
    assert_eq!((joined.verified_email(), joined.slot.as_ref()), (Some(&email(ADDRESS)), None));
    let joined = Member::new(WORKSPACE, &other, None, role("guest"), Seating::None, now());
    assert_eq!((joined.email.as_ref(), joined.verified_email()), (other.email.as_ref(), None));
}

/// The sign-in 2 is the person 1: the membership that remains, and the changes.
fn merged(
    pack: &Pack,
    tally: &Tally,
    own: &Stored<Member>,
    persons: Option<&Stored<Member>>,
    creator: UserId,
) -> (Member, Changes) {
    match merged_after(None, (pack, tally), own, persons, creator) {
        (Merged::Joint(member), changes) => (*member, changes),
        (Merged::Ended, _) => panic!("the membership has ended"),
    }
}

/// The same, after the person has left.
fn merged_after(
    departure: Option<Stored<Departure>>,
    (pack, tally): (&Pack, &Tally),
    own: &Stored<Member>,
    persons: Option<&Stored<Member>>,
    creator: UserId,
) -> (Merged, Changes) {
    let caller = identity(2, ADDRESS).of_person(user(1));
    let account = account(&caller);
    let mut workspace = workspace();
    workspace.creator = creator;
    let own = Membership { member: own.clone(), slot: Some(slot_of(ADDRESS, 2)) };
    let merging = MergeContext {
        pack,
        caller: &caller,
        account: &account,
        workspace: &workspace,
        tally,
        own: &own,
        persons,
        departure: &PersonDeparture { user: user(1), stored: departure },
        makers: makers(pack),
        now: now(),
    };
    sign_in::merge(merging, &mut moment()).expect("a verified sign-in")
}

#[test]
fn k44_a_person_who_has_left_does_not_come_back_by_another_sign_in() {
    let pack = pack();
    let left = || {
        let (user, email, at) = (user(1), None, Some(now()));
        Some(stored(Departure { workspace: WORKSPACE, user, email, at }))
    };
    let place = seat(7, "small", Occupant::Member(user(2)));
    let own = member(2, "worker", Seating::Seat(place.value.hold()));
    let (outcome, changes) = merged_after(left(), (&pack, &tally(1, 0)), &own, None, user(9));
    assert_eq!(outcome, Merged::Ended);
    let (workspace, seat) = (WORKSPACE, place.value.id);
    let (from, to) = (Occupant::Member(user(2)), Occupant::Nobody);
    for change in
        [member_rules::deletion(&own), Change::ChangeOccupant { workspace, seat, from, to, until: None }]
    {
        assert!(changes.contains(&change), "{change:?} is not in {changes:?}");
    }
    assert_eq!(tallies(&changes).delta(Count::Members), Delta::by(-1));
    assert!(changes.len() < MERGE_ACTIONS);
    // The workspace needs its last governor and its creator.
    let boss = member(2, "boss", Seating::FreeSlot);
    for (own, creator) in [(&boss, user(9)), (&own, user(2))] {
        let (outcome, changes) = merged_after(left(), (&pack, &tally(1, 0)), own, None, creator);
        assert!(matches!(outcome, Merged::Joint(member) if member.user == user(1)));
        let departure = RecordKey::Departure(WORKSPACE, user(1));
        assert!(changes.contains(&Change::RequireVersion(departure, left().unwrap().version)));
        assert!(changes.len() < MERGE_ACTIONS, "{}", changes.len());
    }
    // A person who is a member has come back since.
    let persons = member(1, "guest", Seating::None);
    let (outcome, _) = merged_after(left(), (&pack, &tally(1, 0)), &own, Some(&persons), user(9));
    assert!(matches!(outcome, Merged::Joint(_)));
}

#[test]
fn k44_a_sign_in_remembers_the_last_persons_that_it_stood_for() {
    let alone = identity(2, ADDRESS);
    assert_eq!(sign_in::remember(&alone, None), None);
    assert_eq!(sign_in::persons(&alone, None), [user(2)]);
    let mut past = PastPersons { sign_in: user(2), persons: Vec::new() };
    for number in 10..30 {
        let linked = alone.of_person(user(number));
        let before = (!past.persons.is_empty()).then(|| stored(past.clone()));
        let change = sign_in::remember(&linked, before.as_ref()).expect("a new person");
        past = match change {
            Change::Create(Record::PastPersons(past)) => past,
            Change::Update(update) => match update.after {
                Record::PastPersons(past) => past,
                other => panic!("{other:?}"),
            },
            other => panic!("{other:?}"),
        };
        assert_eq!(sign_in::remember(&linked, Some(&stored(past.clone()))), None);
        assert_eq!(past.persons.last(), Some(&user(number)));
    }
    assert_eq!(past.persons.len(), sign_in::PAST_PERSONS);
    let persons = sign_in::persons(&alone.of_person(user(29)), Some(&past));
    assert_eq!(persons[..2], [user(29), user(2)]);
    assert_eq!(persons.len(), sign_in::PAST_PERSONS + 1);
}

#[test]
fn k45_a_membership_becomes_the_persons() {
    let pack = pack();
    let place = seat(7, "small", Occupant::Member(user(2)));
    let mut own = member(2, "worker", Seating::Seat(place.value.hold()));
    let request = LeaveRequestId { user: user(2), serial: uuid::Uuid::from_u128(90) };
    own.value.pending_leave = Some(request);
    own.value.slot = Some(email("old@acme.example").key());
    let (member, changes) = merged(&pack, &tally(1, 0), &own, None, user(2));
    assert_eq!((member.user, &member.role, &member.seat), (user(1), &own.value.role, &own.value.seat));
    assert_eq!((member.slot.as_ref(), member.pending_leave), (Some(&email(ADDRESS).key()), None));
    assert_eq!(tallies(&changes).counts.len(), 0);
    assert_eq!(attends(&changes, user(1)), Some(Delta::by(1)));
    assert_eq!(attends(&changes, user(2)), Some(Delta::by(-1)));
    let (workspace, seat) = (WORKSPACE, place.value.id);
    let (from, to) = (Occupant::Member(user(2)), Occupant::Member(user(1)));
    for change in [
        Change::ChangeOccupant { workspace, seat, from, to, until: None },
        Change::WithdrawLeaveRequest { workspace, request, at: now() },
        Change::ChangeCreator { workspace, from: user(2), to: user(1) },
        member_rules::deletion(&own),
        Change::Create(Record::JoinedWorkspace(JoinedWorkspace::of(&member))),
    ] {
        assert!(changes.contains(&change), "{change:?} is not in {changes:?}");
    }
    assert!(changes.len() < MERGE_ACTIONS);
}

#[test]
fn k45_of_two_memberships_one_remains_with_its_seat() {
    let on =
        |number, holder| Seating::Seat(seat(number, "small", Occupant::Member(user(holder))).value.hold());
    let none = || Seating::None;
    let slots = |by| Delta::by(by);
    for (own, persons, then, freed, governors, free_slots) in [
        // The higher role keeps its seat, and the other seat becomes free.
        (("worker", on(2, 2)), ("guest", none()), ("worker", on(2, 2)), vec![], 0, 0),
        (("guest", none()), ("worker", on(1, 1)), ("worker", on(1, 1)), vec![], 0, 0),
        (("worker", on(2, 2)), ("worker", on(1, 1)), ("worker", on(1, 1)), vec![(2, 2)], 0, 0),
        (("boss", Seating::FreeSlot), ("worker", on(1, 1)), ("boss", Seating::FreeSlot), vec![(1, 1)], 0, 0),
        (("boss", on(2, 2)), ("boss", Seating::FreeSlot), ("boss", Seating::FreeSlot), vec![(2, 2)], -1, 0),
        (("boss", Seating::FreeSlot), ("boss", on(1, 1)), ("boss", on(1, 1)), vec![], -1, -1),
        // A role that the pack dropped ranks below all others.
        (("king", none()), ("guest", none()), ("guest", none()), vec![], 0, 0),
    ] {
        let (pack, tally) = (pack(), tally(2, 1));
        let (own, persons) = (member(2, own.0, own.1), member(1, persons.0, persons.1));
        let (member, changes) = merged(&pack, &tally, &own, Some(&persons), user(9));
        assert_eq!((member.user, member.role.clone(), member.seat.clone()), (user(1), role(then.0), then.1));
        let sum = tallies(&changes);
        assert_eq!(sum.delta(Count::Members), Delta::by(-1));
        assert_eq!(
            (sum.delta(Count::Governors).by, sum.delta(Count::FreeSlots)),
            (governors, slots(free_slots))
        );
        let gone = changes.iter().filter_map(|change| match change {
            Change::ChangeOccupant { seat, from: Occupant::Member(user), to: Occupant::Nobody, .. } => {
                Some((seat.0.as_u128(), user.0.as_u128()))
            }
            _ => None,
        });
        assert_eq!(gone.collect::<Vec<_>>(), freed, "{own:?} {persons:?}");
        assert_eq!(attends(&changes, user(1)), None);
        assert!(changes.len() < MERGE_ACTIONS, "{}", changes.len());
    }
}

#[test]
fn k45_of_two_seats_of_the_plan_one_remains() {
    let suspended = Seating::Suspended { since: now() };
    for (own, persons, then, open) in [
        (("worker", on_plan()), ("worker", on_plan()), ("worker", on_plan()), 1),
        (("worker", on_plan()), ("guest", Seating::None), ("worker", on_plan()), 0),
        (("guest", Seating::None), ("boss", on_plan()), ("boss", on_plan()), 0),
        // The seat of the lower role is better than a suspended one.
        (("worker", on_plan()), ("boss", suspended.clone()), ("boss", on_plan()), 0),
        (("worker", suspended.clone()), ("worker", suspended.clone()), ("worker", suspended), 0),
    ] {
        let (own, persons) = (member(2, own.0, own.1), member(1, persons.0, persons.1));
        let (member, changes) = merged(&pack_by_role(), &open_seats(1), &own, Some(&persons), user(1));
        assert_eq!((member.role, member.seat), (role(then.0), then.1));
        assert_eq!(tallies(&changes).delta(Count::OpenSeats), Delta::by(open));
    }
}
