//! Changing a pending invitation: its seat, and the member who stands for it.

use crate::rules::change_invitation::{InvitationChange, change};
use crate::rules::tests::fixture::*;
use crate::{
    Change, Changes, Invitation, Occupant, Pack, Refusal, Seat, SeatChoice, SeatTerm, Seating, Stored,
};

/// The seat that the invitation has, with a term that is over.
fn ended(kind: &str) -> Stored<Seat> {
    let mut seat = seat(1, kind, Occupant::Invitation(invitation_id(50)));
    seat.value.term = SeatTerm { anchor: now() - days(31), ends: Some(now()) };
    seat
}

/// The seat of an invitation is free again.
fn frees(seat: &Stored<Seat>, changes: &Changes) -> bool {
    changes.iter().any(|change| {
        let Change::ChangeOccupant { seat: freed, from, to, .. } = change else { return false };
        let (own, nobody) = (Occupant::Invitation(invitation_id(50)), Occupant::Nobody);
        (*freed, *from, *to) == (seat.value.id, own, nobody)
    })
}

fn changed(
    pack: &Pack,
    own: &Stored<Seat>,
    wanted: InvitationChange<'_>,
    others: &[Stored<Seat>],
) -> Result<(Invitation, Changes), Refusal> {
    let seats = [std::slice::from_ref(own), others].concat();
    change(
        pack,
        None,
        &invitation(None, Some(own)),
        wanted,
        &member(1, "boss", Seating::None).value,
        &seats,
        &mut moment(),
    )
}

#[test]
fn s9_an_ended_seat_does_not_stay_with_an_invitation_that_needs_none() {
    let (own, free) = (ended("small"), seat(2, "small", Occupant::Nobody));
    let (guest, worker, nothing) = (role("guest"), role("worker"), InvitationChange::default());
    let to = |role| InvitationChange { role: Some(role), ..InvitationChange::default() };
    let mut reserving_none = pack();
    reserving_none.invitation.reserves_seat = false;
    for (pack, wanted) in [(pack(), to(&guest)), (reserving_none, to(&worker))] {
        let (after, changes) = changed(&pack, &own, wanted, std::slice::from_ref(&free)).unwrap();
        assert_eq!(after.seat, None, "{wanted:?}");
        assert!(frees(&own, &changes), "{changes:?}");
    }
    // A seat that is still paid stays, whatever the role needs.
    let paid = seat(1, "small", Occupant::Invitation(invitation_id(50)));
    for wanted in [to(&guest), nothing] {
        let (after, changes) = changed(&pack(), &paid, wanted, std::slice::from_ref(&free)).unwrap();
        assert_eq!(after.seat, Some(paid.value.hold()));
        assert!(!frees(&paid, &changes), "{changes:?}");
    }
}

#[test]
fn s9_an_ended_seat_is_replaced_by_one_of_its_own_tier() {
    let (small, large) = (seat(2, "small", Occupant::Nobody), seat(3, "large", Occupant::Nobody));
    let (both, large_tier) = ([small.clone(), large.clone()], tier("large"));
    let mut without_large = pack();
    without_large.seats.tiers.retain(|kind| kind.id != large_tier);
    let any = SeatChoice::default();
    let of_large = SeatChoice { tier: Some(&large_tier), ..any };
    for (pack, own, choice, others, then) in [
        (pack(), "large", any, &both[..], Ok(&large)),
        (pack(), "small", any, &both[..], Ok(&small)),
        (pack(), "small", of_large, &both[..], Ok(&large)),
        (pack(), "large", any, &both[..1], Err(Refusal::NoSeatOfTier)),
        // The pack has no such tier any more: any seat is as good.
        (without_large, "large", any, &both[..], Ok(&small)),
    ] {
        let own = ended(own);
        let wanted = InvitationChange { role: None, seat: choice };
        let done = changed(&pack, &own, wanted, others);
        let kept = done.as_ref().map(|(after, _)| after.seat.clone()).map_err(|refusal| *refusal);
        assert_eq!(kept, then.map(|seat| Some(seat.value.hold())), "{choice:?}");
        assert!(done.is_err() || frees(&own, &done.unwrap().1));
    }
}

#[test]
fn s9_the_member_who_changes_an_invitation_stands_for_it() {
    let given = invitation(Some("tea@acme.example"), None);
    let mut pack = pack();
    pack.invitation.reserves_seat = false;
    let worker = role("worker");
    // The same role, asked for or not, is no change but of the maker.
    for wanted in [None, Some(&worker)] {
        let wanted = InvitationChange { role: wanted, ..InvitationChange::default() };
        let [first, other] = [1, 2].map(|number| member(number, "boss", Seating::None).value);
        let (after, changes) = change(&pack, None, &given, wanted, &other, &[], &mut moment()).unwrap();
        assert_eq!(after, Invitation { invited_by: user(2), ..given.value.clone() });
        assert!(changes.contains(&Change::update(&given, after)));
        // Of the maker, it is none at all.
        let same = change(&pack, None, &given, wanted, &first, &[], &mut moment());
        assert_eq!(same, Ok((given.value.clone(), Changes::new())));
    }
}
