//! Joining by an invitation, a link or a domain.

use std::slice;

use super::{attends, keys, tallies, written};
use crate::pack::{AfterMaker, Channel, WhenFull};
use crate::rules::join::{self, InvitationProof, JoinContext, JoinMethod, PersonDeparture};
use crate::rules::maker::MakerMembership;
use crate::rules::tests::fixture::*;
use crate::rules::tests::sold::{extras, laddered};
use jiff::Timestamp;
use uuid::Uuid;

use crate::{
    Change, Changes, Count, Delta, Departure, EmailSlot, Identity, Invitation, InvitationState, Member,
    Occupant, PastRole, Record, RecordKey, Refusal, SeatId, Seating, SettingOverrides, Tally,
};

const EVERY_WAY: [Channel; 3] = [Channel::Email, Channel::Link, Channel::Domain];
/// The ways that give the role that they were made for.
const FOR_A_ROLE: [Channel; 2] = [Channel::Email, Channel::Link];

/// Joins by this way, for this role; by a domain, for the joiner's role.
fn come(joining: JoinContext<'_>, way: Channel, name: &str) -> Result<(Member, Changes), Refusal> {
    let (mut invitation, link, verified) =
        (invitation(None, None), link(name), verified_domain("acme.example"));
    invitation.value.role = role(name);
    let way = match way {
        Channel::Email | Channel::SingleUse => {
            JoinMethod::Invitation { stored: &invitation, key: InvitationProof::Token { generation: 1 } }
        }
        Channel::Link => JoinMethod::Link { stored: &link, generation: 2 },
        Channel::Domain => JoinMethod::Domain(&verified),
    };
    join::join(joining, way, &mut moment())
}

fn tea() -> Identity {
    identity(5, "tea@acme.example")
}

#[test]
fn s7_every_failure_to_join_is_its_own() {
    let (pack, workspace, tally) = (pack(), stored(workspace()), tally(1, 1));
    let own_seat = seat(1, "small", Occupant::Invitation(invitation_id(50)));
    let bound = || invitation(Some("tea@acme.example"), Some(&own_seat));
    let with = |change: fn(&mut Invitation)| {
        let mut given = bound();
        change(&mut given.value);
        given
    };
    let tea = identity(5, "Tea@Acme.example");
    let unverified = Identity { email_verified: false, ..tea.clone() };
    let eve = identity(6, "eve@acme.example");
    let first = InvitationProof::Token { generation: 1 };
    let in_already = member(5, "guest", Seating::None);
    for (caller, key, given, member, then) in [
        (&tea, first, bound(), None, Ok(())),
        (&tea, InvitationProof::Id, bound(), None, Ok(())),
        (&tea, InvitationProof::Token { generation: 2 }, bound(), None, Err(Refusal::InvitationRevoked)),
        (&tea, first, bound(), Some(&in_already.value), Err(Refusal::AlreadyMember)),
        (&eve, first, bound(), None, Err(Refusal::InvitationOtherEmail)),
        (&unverified, first, bound(), None, Err(Refusal::EmailNotVerified)),
        // Anybody with its link can use an invitation without an address; its id alone is not enough.
        (&eve, first, with(|one| one.email = None), None, Ok(())),
        (&eve, InvitationProof::Id, with(|one| one.email = None), None, Err(Refusal::InvitationUnknown)),
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
        (&tea, first, with(|one| one.role = role("king")), None, Err(Refusal::InvitationRevoked)),
        (&tea, first, with(|one| one.seat = None), None, Err(Refusal::NoSeatAvailable)),
        (
            &tea,
            first,
            with(|one| one.seat.iter_mut().for_each(|hold| hold.term.ends = Some(now()))),
            None,
            Err(Refusal::NoSeatAvailable),
        ),
    ] {
        let joining = JoinContext { member, ..joining(&pack, &workspace, &tally, caller) };
        let joined = join::join(joining, JoinMethod::Invitation { stored: &given, key }, &mut moment());
        assert_eq!(joined.map(|_| ()), then, "{key:?} {given:?}");
    }
}

#[test]
fn s7_who_is_in_already_joins_by_no_way() {
    let (pack, workspace, tally, tea) = (pack_by_role(), stored(workspace()), open_seats(3), tea());
    let own = member(5, "guest", Seating::None);
    for way in EVERY_WAY {
        let given = JoinContext { member: Some(&own.value), ..joining(&pack, &workspace, &tally, &tea) };
        assert_eq!(come(given, way, "worker").err(), Some(Refusal::AlreadyMember), "{way:?}");
    }
}

#[test]
fn s9_whichever_way_one_comes_all_that_says_so_is_written() {
    let (pack, workspace, tally, tea) = (pack_by_role(), stored(workspace()), open_seats(3), tea());
    for way in EVERY_WAY {
        let (member, changes) = come(joining(&pack, &workspace, &tally, &tea), way, "worker").unwrap();
        assert_eq!((member.user, member.workspace), (user(5), WORKSPACE));
        let (mut members, mut joined) = (0, 0);
        for record in written(&changes) {
            members += usize::from(*record == Record::Member(member.clone()));
            joined += usize::from(matches!(record, Record::JoinedWorkspace(side) if side.user == user(5)));
        }
        assert_eq!((members, joined), (1, 1), "{way:?}");
        assert_eq!(attends(&changes, user(5)), Some(Delta::by(1)));
        assert_eq!(
            (tallies(&changes).delta(Count::Members), tallies(&changes).delta(Count::Governors)),
            (Delta::by(1), Delta::default())
        );
    }
    let (_, changes) = come(joining(&pack, &workspace, &tally, &tea), Channel::Link, "boss").unwrap();
    assert_eq!(tallies(&changes).delta(Count::Governors), Delta::by(1));
}

#[test]
fn r5_who_joins_takes_a_seat_while_they_last() {
    let (workspace, tea) = (stored(workspace()), tea());
    let seated = || Ok((role("worker"), on_plan(), Delta::by(-1).keeping(0)));
    let without = || Ok((role("guest"), Seating::None, Delta::default()));
    let full = || Err(Refusal::NoSeatAvailable);
    for (preset, set, when_full, open, then) in [
        (Some(true), None, WhenFull::Seatless, 1, seated()),
        (Some(true), None, WhenFull::Seatless, 0, without()),
        (Some(true), None, WhenFull::Seatless, -1, without()),
        (Some(true), None, WhenFull::Refuse, 1, seated()),
        (Some(true), None, WhenFull::Refuse, 0, full()),
        // Off: no seat, however many there are.
        (Some(true), Some(false), WhenFull::Seatless, 1, without()),
        (Some(true), Some(false), WhenFull::Refuse, 0, without()),
        (Some(false), None, WhenFull::Refuse, 1, without()),
        // The workspace's setting overrides the pack's.
        (Some(false), Some(true), WhenFull::Refuse, 1, seated()),
        (Some(false), Some(true), WhenFull::Refuse, 0, full()),
        // If the pack has no such setting, an earlier setting of the workspace has no effect.
        (None, Some(false), WhenFull::Seatless, 1, seated()),
        (None, Some(false), WhenFull::Seatless, 0, without()),
        (None, None, WhenFull::Refuse, 0, full()),
    ] {
        let (mut pack, mut workspace, tally) = (pack_by_role(), workspace.clone(), open_seats(open));
        (pack.joining.auto_assign, pack.joining.when_full) = (preset, when_full);
        workspace.value.settings = Some(SettingOverrides { auto_assign_seats: set });
        for way in EVERY_WAY {
            let joined = come(joining(&pack, &workspace, &tally, &tea), way, "worker");
            let said = joined.map(|(member, changes)| {
                (member.role, member.seat, tallies(&changes).delta(Count::OpenSeats))
            });
            assert_eq!(said, then, "{way:?} {preset:?} {set:?} {when_full:?} {open}");
        }
    }
}

#[test]
fn r5_a_way_in_for_admins_needs_a_seat_and_one_for_those_without_none() {
    let (mut pack, tea) = (pack_by_role(), tea());
    (pack.joining.auto_assign, pack.joining.when_full) = (Some(true), WhenFull::Seatless);
    let admin = || Ok((role("boss"), on_plan()));
    let without = || Ok((role("guest"), Seating::None));
    for (name, set, open, then) in [
        ("boss", None, 1, admin()),
        ("boss", None, 0, Err(Refusal::NoSeatAvailable)),
        ("boss", Some(false), 1, admin()),
        ("boss", Some(false), 0, Err(Refusal::NoSeatAvailable)),
        ("guest", None, 1, without()),
        ("guest", None, 0, without()),
    ] {
        let (mut workspace, tally) = (stored(workspace()), open_seats(open));
        workspace.value.settings = Some(SettingOverrides { auto_assign_seats: set });
        for way in FOR_A_ROLE {
            let joined = come(joining(&pack, &workspace, &tally, &tea), way, name);
            let said = joined.map(|(member, _)| (member.role, member.seat));
            assert_eq!(said, then, "{way:?} {name} {set:?} {open}");
        }
    }
}

#[test]
fn r5_bought_seats_run_out_as_well() {
    let (mut pack, workspace, tally, tea) = (pack(), stored(workspace()), tally(1, 1), tea());
    pack.roles_given.seatless = Some(role("guest"));
    let free = seat(1, "small", Occupant::Nobody);
    let on_seat = || (role("worker"), Seating::Seat(free.value.hold()));
    let without = || (role("guest"), Seating::None);
    for (when_full, seats, then) in [
        (WhenFull::Seatless, slice::from_ref(&free), Ok(on_seat())),
        (WhenFull::Seatless, &[], Ok(without())),
        (WhenFull::Refuse, &[], Err(Refusal::NoSeatAvailable)),
    ] {
        pack.joining.when_full = when_full;
        for way in EVERY_WAY {
            let given = JoinContext { seats, ..joining(&pack, &workspace, &tally, &tea) };
            let said = come(given, way, "worker").map(|(member, _)| (member.role, member.seat));
            assert_eq!(said, then, "{way:?} {when_full:?}");
        }
    }
}

#[test]
fn f4_a_full_workspace_takes_nobody_in() {
    let (workspace, tea) = (stored(workspace()), tea());
    for (max, members, then) in [
        // The bound holds even if another person joins at the same time.
        (Some(5), 4, Ok(Delta::by(1).up_to(5))),
        (Some(5), 5, Err(Refusal::MemberLimitReached)),
        (Some(5), 6, Err(Refusal::MemberLimitReached)),
        (None, 5_000, Ok(Delta::by(1))),
    ] {
        let (mut pack, mut tally) = (pack_by_role(), open_seats(3));
        (pack.members.max, tally.members) = (max, members);
        for way in EVERY_WAY {
            let joined = come(joining(&pack, &workspace, &tally, &tea), way, "worker");
            let said = joined.map(|(_, changes)| tallies(&changes).delta(Count::Members));
            assert_eq!(said, then, "{way:?} {max:?} {members}");
        }
    }
}

#[test]
fn l3_as_many_come_in_as_the_plan_and_its_extras_allow() {
    let (mut pack, tea) = (laddered(), tea());
    for (extra, max, members, then) in [
        (0, None, 2, Ok(Delta::by(1).up_to(3))),
        (0, None, 3, Err(Refusal::MemberLimitReached)),
        (2, None, 4, Ok(Delta::by(1).up_to(5))),
        (2, None, 5, Err(Refusal::MemberLimitReached)),
        // The pack's own limit holds, too.
        (2, Some(4), 3, Ok(Delta::by(1).up_to(4))),
        (2, Some(4), 4, Err(Refusal::MemberLimitReached)),
    ] {
        pack.members.max = max;
        let mut workspace = stored(workspace());
        workspace.value.extras = extras(&[("members", extra)]);
        let tally = Tally { members, ..tally(2, 0) };
        // Nobody may lower the extras at the same time.
        let unchanged = Change::RequireVersion(RecordKey::Workspace(WORKSPACE), workspace.version);
        for way in EVERY_WAY {
            let joined = come(joining(&pack, &workspace, &tally, &tea), way, "worker");
            let said = joined.map(|(_, changes)| {
                assert!(changes.contains(&unchanged), "{way:?}");
                tallies(&changes).delta(Count::Members)
            });
            assert_eq!(said, then, "{way:?} {extra} {max:?} {members}");
        }
    }
}

/// The conditions on the membership of the maker.
fn vouched(changes: &[Change]) -> Vec<Change> {
    let maker = RecordKey::Member(WORKSPACE, user(1));
    let is_check =
        |change: &&Change| change.key() == maker && !matches!(change, Change::Create(_) | Change::Update(_));
    changes.iter().filter(is_check).cloned().collect()
}

fn past(name: &str, until: Timestamp) -> PastRole {
    PastRole { role: role(name), until }
}

#[test]
fn k47_what_a_member_made_works_while_they_could_still_make_it() {
    let (pack, workspace, tally, tea) = (pack_by_role(), stored(workspace()), open_seats(3), tea());
    let (before, after) = (now() - days(1), now() + days(1));
    let maker = |name: &str, joined_at, past_roles| {
        let member = member(1, name, Seating::None).value;
        stored(Member { joined_at, past_roles, ..member })
    };
    for (name, maker, then) in [
        ("boss", Some(maker("boss", now(), vec![])), true),
        ("worker", Some(maker("worker", now(), vec![])), true),
        // The maker was removed, has a lower role, or a role that the pack no longer has.
        ("worker", None, false),
        ("boss", Some(maker("worker", now(), vec![])), false),
        ("worker", Some(maker("guest", now(), vec![])), false),
        ("worker", Some(maker("king", now(), vec![])), false),
        // A role that permits less, at a time after the making: the promotion revives nothing.
        ("worker", Some(maker("boss", now(), vec![past("guest", after)])), false),
        ("worker", Some(maker("boss", now(), vec![past("worker", after)])), true),
        ("worker", Some(maker("boss", before, vec![past("guest", now())])), true),
        // The maker left and was invited again.
        ("worker", Some(maker("boss", after, vec![])), false),
        ("king", Some(maker("boss", now(), vec![])), false),
    ] {
        for way in FOR_A_ROLE {
            let membership = MakerMembership::Read(maker.as_ref());
            let given = JoinContext { maker: membership, ..joining(&pack, &workspace, &tally, &tea) };
            let joined = come(given, way, name).map(|(_, changes)| vouched(&changes));
            let condition = maker
                .as_ref()
                .map(|maker| Change::RequireVersion(RecordKey::Member(WORKSPACE, user(1)), maker.version));
            let said =
                if then { Ok(condition.into_iter().collect()) } else { Err(Refusal::InvitationRevoked) };
            assert_eq!(joined, said, "{way:?} {name} {maker:?}");
        }
    }
}

#[test]
fn k47_the_standing_of_a_maker_who_was_not_read_is_a_condition() {
    let (pack, workspace, tally, tea) = (pack_by_role(), stored(workspace()), open_seats(3), tea());
    for way in FOR_A_ROLE {
        let (_, changes) = come(joining(&pack, &workspace, &tally, &tea), way, "worker").unwrap();
        let condition = Change::RequireMaker { workspace: WORKSPACE, user: user(1), stamp: boss_stamp() };
        assert_eq!(vouched(&changes), [condition], "{way:?}");
    }
    // An earlier release has written no standing.
    let mut old = invitation(None, None);
    old.value.maker = None;
    let way = JoinMethod::Invitation { stored: &old, key: InvitationProof::Token { generation: 1 } };
    let (_, changes) = join::join(joining(&pack, &workspace, &tally, &tea), way, &mut moment()).unwrap();
    let roles = vec![role("boss"), role("worker")];
    assert_eq!(vouched(&changes), [Change::RequireRole { workspace: WORKSPACE, user: user(1), roles }]);
}

#[test]
fn r9_nobody_comes_back_by_what_they_made() {
    let (pack, workspace, tally) = (pack_by_role(), stored(workspace()), open_seats(3));
    let maker = identity(1, "olga@acme.example");
    for way in FOR_A_ROLE {
        for known in [MakerMembership::Unread, MakerMembership::Read(None)] {
            let given = JoinContext { maker: known, ..joining(&pack, &workspace, &tally, &maker) };
            assert_eq!(
                come(given, way, "guest").err(),
                Some(Refusal::InvitationRevoked),
                "{way:?} {known:?}"
            );
        }
    }
}

#[test]
fn r9_where_the_pack_says_so_a_link_outlasts_its_maker() {
    let (mut pack, workspace, tally) = (pack_by_role(), stored(workspace()), open_seats(3));
    pack.invitation.after_maker = AfterMaker::Stays;
    let guest = member(1, "guest", Seating::None);
    for maker in [MakerMembership::Unread, MakerMembership::Read(None), MakerMembership::Read(Some(&guest))] {
        for (way, caller) in FOR_A_ROLE.into_iter().zip([tea(), identity(1, "olga@acme.example")]) {
            let given = JoinContext { maker, ..joining(&pack, &workspace, &tally, &caller) };
            let (member, changes) = come(given, way, "boss").unwrap();
            assert_eq!((member.role, vouched(&changes)), (role("boss"), vec![]), "{way:?} {maker:?}");
        }
    }
}

#[test]
fn r9_a_link_lets_in_while_it_is_the_one_that_is_open() {
    let (workspace, tally, tea) = (stored(workspace()), open_seats(3), tea());
    let revoked = || Err(Refusal::InvitationRevoked);
    // The current link is the second one.
    for (generation, open, offered, then) in [
        (2, true, true, Ok(())),
        (1, true, true, revoked()),
        (3, true, true, revoked()),
        (2, false, true, revoked()),
        (2, true, false, revoked()),
    ] {
        let (mut pack, mut link) = (pack_by_role(), link("worker"));
        link.value.open = open;
        pack.invitation.channels.retain(|channel| offered || *channel != Channel::Link);
        let given = joining(&pack, &workspace, &tally, &tea);
        let joined = join::join(given, JoinMethod::Link { stored: &link, generation }, &mut moment());
        if let Ok((_, changes)) = &joined {
            // The link stays valid for the next person, and is valid for nobody once it is revoked.
            let key = Record::RoleLink(link.value.clone()).key();
            let own: Vec<_> = changes.iter().filter(|change| change.key() == key).collect();
            assert_eq!(own, [&Change::RequireVersion(key.clone(), link.version)]);
        }
        assert_eq!(joined.map(|_| ()), then, "{generation} {open} {offered}");
    }
}

#[test]
fn r10_who_has_an_address_of_the_domain_joins() {
    let (workspace, tally) = (stored(workspace()), open_seats(3));
    let unknown = || Err(Refusal::InvitationUnknown);
    let verified = |address| identity(5, address);
    let unverified = Identity { email_verified: false, ..tea() };
    let nameless = Identity { email: None, ..tea() };
    for (caller, left, offered, then) in [
        (verified("tea@acme.example"), false, true, Ok(())),
        (verified("Tea@ACME.example"), false, true, Ok(())),
        (verified("tea@other.example"), false, true, unknown()),
        // Neither a subdomain nor a domain with a similar name.
        (verified("tea@mail.acme.example"), false, true, unknown()),
        (verified("tea@notacme.example"), false, true, unknown()),
        (verified("tea@acme.example.net"), false, true, unknown()),
        (unverified, false, true, unknown()),
        (nameless, false, true, unknown()),
        // A former member does not join by the domain again.
        (verified("tea@acme.example"), true, true, Err(Refusal::PersonalInvitationRequired)),
        (verified("tea@acme.example"), false, false, unknown()),
    ] {
        let (mut pack, mut slot, verified) =
            (pack_by_role(), slot(None, None), verified_domain("acme.example"));
        slot.value.left = left;
        pack.invitation.channels.retain(|channel| offered || *channel != Channel::Domain);
        let given = JoinContext { slot: Some(&slot), ..joining(&pack, &workspace, &tally, &caller) };
        let joined = join::join(given, JoinMethod::Domain(&verified), &mut moment());
        if let Ok((member, changes)) = &joined {
            assert_eq!(member.role, role("worker"));
            // Nobody joins by a domain that is given up meanwhile; a domain has no maker who must vouch.
            assert!(changes.contains(&Change::RequireVersion(
                Record::VerifiedDomain(verified.value.clone()).key(),
                verified.version
            )));
            assert_eq!(vouched(changes), []);
        }
        assert_eq!(joined.map(|_| ()), then, "{caller:?} {left} {offered}");
    }
}

/// The relation of the address to the workspace after joining; `None` if it is not written.
fn slot_after(changes: &[Change]) -> Option<EmailSlot> {
    written(changes).find_map(|record| match record {
        Record::EmailSlot(slot) => Some(slot.clone()),
        _ => None,
    })
}

#[test]
fn k43_coming_in_by_any_way_ends_what_was_pending() {
    let (pack, workspace, tally, tea) = (pack_by_role(), stored(workspace()), open_seats(3), tea());
    let pending = |number, end| {
        let mut slot = slot(Some(end), None);
        slot.value.pending.iter_mut().for_each(|pending| {
            pending.invitation = invitation_id(number);
            pending.seat = Some(SeatId(Uuid::from_u128(9)));
            // Its maker could no longer make it, so it stands in nobody's way.
            pending.maker_role = Some(role("guest"));
        });
        slot
    };
    let soon = now() + days(1);
    for (way, before, ended) in [
        (Channel::Email, None, None),
        // The invitation that is accepted is not ended beside.
        (Channel::Email, Some(pending(50, soon)), None),
        (Channel::Email, Some(pending(40, soon)), Some(40)),
        (Channel::Link, Some(pending(50, soon)), Some(50)),
        (Channel::Domain, Some(pending(50, soon)), Some(50)),
        // An expired invitation is over, and its seat can be somebody else's by now.
        (Channel::Link, Some(pending(50, now())), None),
    ] {
        let given = JoinContext { slot: before.as_ref(), ..joining(&pack, &workspace, &tally, &tea) };
        let (_, changes) = come(given, way, "worker").unwrap();
        let after = slot_after(&changes).unwrap();
        assert_eq!((after.member, &after.pending), (Some(user(5)), &None), "{way:?}");
        let end = |number| Change::EndInvitation {
            invitation: invitation_id(number),
            state: InvitationState::Revoked { at: now() },
        };
        let free = |number| Change::ChangeOccupant {
            workspace: WORKSPACE,
            seat: SeatId(Uuid::from_u128(9)),
            from: Occupant::Invitation(invitation_id(number)),
            to: Occupant::Nobody,
            until: None,
        };
        for number in [40, 50] {
            let is_ended = ended == Some(number);
            assert_eq!(changes.contains(&end(number)), is_ended, "{way:?} {number}");
            assert_eq!(changes.contains(&free(number)), is_ended, "{way:?} {number}");
        }
        // If there was no slot, there must still be none.
        let creates = changes.contains(&Change::Create(Record::EmailSlot(after)));
        assert_eq!(creates, before.is_none(), "{way:?}");
    }
}

#[test]
fn k43_the_last_seat_is_the_one_that_was_kept_for_the_person() {
    let (pack, workspace, tally, tea) = (pack(), stored(workspace()), tally(1, 1), tea());
    let kept = seat(9, "small", Occupant::Invitation(invitation_id(40)));
    let mut before = slot(Some(now() + days(1)), None);
    before.value.pending.iter_mut().for_each(|pending| pending.seat = Some(kept.value.id));
    let seats = [kept];
    let given =
        JoinContext { slot: Some(&before), seats: &seats, ..joining(&pack, &workspace, &tally, &tea) };
    let (member, changes) = come(given, Channel::Link, "worker").unwrap();
    assert_eq!(member.seat.hold().map(|hold| hold.seat), Some(seats[0].value.id));
    let keys = keys(&changes);
    let seat = RecordKey::Seat(WORKSPACE, seats[0].value.id);
    assert_eq!(keys.iter().filter(|key| **key == seat).count(), 1);
    assert!(keys.contains(&RecordKey::Invitation(invitation_id(40))));
}

#[test]
fn r10_an_invitation_goes_before_the_domain() {
    let (pack, workspace, tally, tea) = (pack_by_role(), stored(workspace()), open_seats(3), tea());
    for (until, then) in [(now() + days(1), Err(Refusal::InvitationPending)), (now(), Ok(()))] {
        let before = slot(Some(until), None);
        let given = JoinContext { slot: Some(&before), ..joining(&pack, &workspace, &tally, &tea) };
        assert_eq!(come(given, Channel::Domain, "worker").map(|_| ()), then, "{until}");
    }
}

/// Of these persons, one has left.
fn departures_of<const N: usize>(
    persons: [u128; N],
    left: u128,
    at: Option<Timestamp>,
) -> [PersonDeparture; N] {
    persons.map(|number| {
        let (user, email) = (user(number), None);
        let departure = stored(Departure { workspace: WORKSPACE, user, email, at });
        PersonDeparture { user, stored: (number == left).then_some(departure) }
    })
}

#[test]
fn k44_only_a_later_personal_invitation_brings_a_former_member_back() {
    let (pack, workspace, tally, tea) = (pack_by_role(), stored(workspace()), open_seats(3), tea());
    let personal = invitation(Some("tea@acme.example"), None);
    let shared = invitation(None, None);
    let (link, verified) = (link("worker"), verified_domain("acme.example"));
    let key = InvitationProof::Token { generation: 1 };
    let (before, after) = (now() - days(1), now() + days(1));
    let needs_invitation = Err(Refusal::PersonalInvitationRequired);
    let ways = [
        // The invitations were made at `now`.
        (JoinMethod::Invitation { stored: &personal, key }, before, Ok(())),
        (JoinMethod::Invitation { stored: &personal, key }, now(), Err(Refusal::InvitationRevoked)),
        (JoinMethod::Invitation { stored: &personal, key }, after, Err(Refusal::InvitationRevoked)),
        (JoinMethod::Invitation { stored: &shared, key }, before, needs_invitation),
        (JoinMethod::Link { stored: &link, generation: 2 }, before, needs_invitation),
        (JoinMethod::Domain(&verified), before, needs_invitation),
    ];
    for (way, at, then) in ways {
        // They have left themselves, or the person has whom their sign-in stood for before.
        let [own, past] = [5, 6].map(|left| departures_of([5, 6], left, Some(at)));
        let mut address = slot(None, None);
        (address.value.left, address.value.left_at) = (true, Some(at));
        let given = joining(&pack, &workspace, &tally, &tea);
        let [departed, was_departed] =
            [&own, &past].map(|left| JoinContext { departures: left.as_slice(), ..given });
        // Another account with the same address has left.
        let nobody = departures_of([5, 6], 0, None);
        let same_address = JoinContext { slot: Some(&address), departures: &nobody, ..given };
        for given in [departed, was_departed, same_address] {
            let joined = join::join(given, way, &mut moment());
            assert_eq!(joined.as_ref().map(|_| ()).map_err(|refusal| *refusal), then, "{way:?} {at}");
            let Ok((_, changes)) = joined else { continue };
            for person in given.departures {
                let departure = RecordKey::Departure(WORKSPACE, person.user);
                let condition = match &person.stored {
                    Some(departed) => Change::RequireVersion(departure, departed.version),
                    None => Change::RequireAbsent(departure),
                };
                assert!(changes.contains(&condition));
            }
            assert_eq!(slot_after(&changes).map(|slot| (slot.left, slot.left_at)), Some((false, None)));
        }
    }
}

#[test]
fn k44_a_departure_of_an_earlier_release_has_no_time() {
    let (pack, workspace, tally, tea) = (pack_by_role(), stored(workspace()), open_seats(3), tea());
    let left = departures_of([5], 5, None);
    let given = JoinContext { departures: &left, ..joining(&pack, &workspace, &tally, &tea) };
    let personal = invitation(Some("tea@acme.example"), None);
    let way = JoinMethod::Invitation { stored: &personal, key: InvitationProof::Id };
    assert!(join::join(given, way, &mut moment()).is_ok());
    assert_eq!(come(given, Channel::Link, "worker").err(), Some(Refusal::PersonalInvitationRequired));
}

#[test]
fn k25_an_address_that_nobody_vouches_for_is_nobodys() {
    let (pack, workspace, tally) = (pack_by_role(), stored(workspace()), open_seats(3));
    let unverified = Identity { email_verified: false, ..tea() };
    for way in FOR_A_ROLE {
        let (member, changes) = come(joining(&pack, &workspace, &tally, &unverified), way, "worker").unwrap();
        assert_eq!((member.slot, slot_after(&changes)), (None, None), "{way:?}");
    }
}

#[test]
fn no_two_changes_of_a_decision_are_of_one_record() {
    let (pack, workspace, tally, tea) = (pack_by_role(), stored(workspace()), open_seats(3), tea());
    for way in EVERY_WAY {
        let (_, changes) = come(joining(&pack, &workspace, &tally, &tea), way, "worker").unwrap();
        // Counts add up.
        let others = changes.iter().filter(|change| !matches!(change, Change::AdjustCounts(_)));
        let all = keys(&others.cloned().collect::<Vec<_>>());
        assert!(all.iter().enumerate().all(|(index, key)| !all[..index].contains(key)), "{way:?} {all:?}");
    }
}
