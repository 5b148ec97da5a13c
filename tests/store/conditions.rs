//! Changes rest on versions, bounds and conditions.

use std::sync::Arc;

use crate::support::reading::{Load, ReadByKey as _};
use seatwise_domain::{
    Change, Count, CountChange, DeclineMark, Delta, DomainCheck, EmailSlot, Invitation, InvitationState,
    JoinedWorkspace, LeaveRequest, LeaveRequestId, LeaveState, Member, MembershipCount, Occupant,
    PendingInvitation, QuotaUse, QuotaWindow, Record, RecordKey, RoleId, Seat, SeatHold, SeatHolder, SeatId,
    Seating, Stored, Tally, UserId, Version, Workspace, rules,
};
use seatwise_store::{CommitError, RangeQuery};

use super::{
    INVITATION, LEAVE, OTHER_INVITATION, OTHER_SEAT, OTHER_USER, OTHER_WORKSPACE, SEAT, USER, WORKSPACE,
    address, assert_conflict, at, count, create, domain, get, hold, invitation, leave_request, member,
    pending, read_back, seat, slot, stamp, stored, tally, text, use_quota, uuid, value, workspace,
};
use crate::support::engine::Engine;

#[tokio::test]
async fn a_record_is_created_once() {
    let store = Engine::memory().await.store().await;
    create(&store, [Record::Seat(seat(SEAT))]).await;
    let again = Record::Seat(Seat { occupant: Occupant::Member(USER), ..seat(SEAT) });
    assert_conflict(&store.commit_without_events(&[Change::Create(again)]).await);
    assert_eq!(value::<Seat>(&store, &RecordKey::Seat(WORKSPACE, SEAT)).await, seat(SEAT));
}

#[tokio::test]
async fn updates_deletes_and_checks_rest_on_the_version() {
    let store = Engine::memory().await.store().await;
    let key = RecordKey::Workspace(WORKSPACE);
    let renamed = Workspace { name: text("Renamed"), ..workspace() };
    let rename = [Change::update(&stored(workspace(), 1), renamed.clone())];
    let renamed = Record::Workspace(renamed);
    assert_conflict(&store.commit_without_events(&rename).await);
    create(&store, [Record::Workspace(workspace())]).await;

    store.commit_without_events(&rename).await.expect("version 1");
    assert_eq!(read_back(&store, &renamed).await, Some((renamed, Version(2))));
    assert_conflict(&store.commit_without_events(&rename).await);
    assert_conflict(&store.commit_without_events(&[Change::RequireVersion(key.clone(), Version(1))]).await);
    assert_conflict(&store.commit_without_events(&[Change::Delete(key.clone(), Version(1))]).await);

    store.commit_without_events(&[Change::RequireVersion(key.clone(), Version(2))]).await.expect("version 2");
    assert_eq!(get::<Workspace>(&store, &key).await.expect("there").version, Version(2));
    store.commit_without_events(&[Change::Delete(key.clone(), Version(2))]).await.expect("version 2");
    assert_eq!(get::<Workspace>(&store, &key).await, None);
    assert_conflict(&store.commit_without_events(&[Change::RequireVersion(key.clone(), Version(2))]).await);
    assert_conflict(&store.commit_without_events(&[Change::Delete(key.clone(), Version(2))]).await);
    store.commit_without_events(&[Change::DeleteUnconditionally(key)]).await.expect("gone or not");
}

#[tokio::test]
async fn k9_a_check_that_fails_stops_every_write() {
    let store = Engine::memory().await.store().await;
    create(&store, [Record::Member(member(USER))]).await;
    let caller = RecordKey::Member(WORKSPACE, USER);
    let demoted = Member { role: RoleId("guest".to_owned()), ..member(USER) };
    store.commit_without_events(&[Change::update(&stored(member(USER), 1), demoted)]).await.expect("demoted");
    let changes = [Change::Create(Record::Seat(seat(SEAT))), Change::RequireVersion(caller, Version(1))];
    assert_conflict(&store.commit_without_events(&changes).await);
    assert_eq!(get::<Seat>(&store, &RecordKey::Seat(WORKSPACE, SEAT)).await, None);
}

#[tokio::test]
async fn k4_counts_stay_within_their_bounds() {
    let store = Engine::memory().await.store().await;
    let key = RecordKey::Tally(WORKSPACE);
    assert_conflict(&store.commit_without_events(&[count(Delta::by(1))]).await);
    assert_eq!(get::<Tally>(&store, &key).await, None, "no workspace comes to be by counting");
    create(&store, [tally(3)]).await;

    store.commit_without_events(&[count(Delta::by(-1).keeping(2))]).await.expect("2 are kept");
    assert_conflict(&store.commit_without_events(&[count(Delta::by(-1).keeping(2))]).await);
    store.commit_without_events(&[count(Delta::by(2).up_to(4))]).await.expect("4 are allowed");
    assert_conflict(&store.commit_without_events(&[count(Delta::by(1).up_to(4))]).await);
    assert_conflict(&store.commit_without_events(&[count(Delta::default().keeping(5))]).await);
    store
        .commit_without_events(&[Change::AdjustCounts(CountChange::none(WORKSPACE))])
        .await
        .expect("the workspace is there");

    let all = CountChange::one(WORKSPACE, Count::Members, Delta::by(1))
        .with(Count::Governors, Delta::by(-1).keeping(0))
        .with(Count::FreeSlots, Delta::by(1).up_to(1))
        .with(Count::Seats, Delta::by(-5));
    store.commit_without_events(&[Change::AdjustCounts(all.clone())]).await.expect("all at once");
    let then = Tally { members: 5, free_slots: 1, ..Tally::empty(WORKSPACE) };
    assert_eq!(get(&store, &key).await, Some(Stored { value: then, version: Version(5) }));
    assert_conflict(&store.commit_without_events(&[Change::AdjustCounts(all.clone())]).await);
}

#[tokio::test]
async fn a_seat_changes_hands_only_from_whose_it_is() {
    let store = Engine::memory().await.store().await;
    let key = RecordKey::Seat(WORKSPACE, SEAT);
    let occupy = |from, to, until: Option<i64>| {
        [Change::ChangeOccupant { workspace: WORKSPACE, seat: SEAT, from, to, until: until.map(at) }]
    };
    let (nobody, invited, seated) =
        (Occupant::Nobody, Occupant::Invitation(INVITATION), Occupant::Member(USER));
    assert_conflict(&store.commit_without_events(&occupy(nobody, invited, Some(5))).await);
    create(&store, [Record::Seat(seat(SEAT))]).await;

    store.commit_without_events(&occupy(nobody, invited, Some(5))).await.expect("it was nobody's");
    assert_conflict(&store.commit_without_events(&occupy(nobody, seated, None)).await);
    let reserved = Seat { occupant: invited, reserved_until: Some(at(5)), ..seat(SEAT) };
    assert_eq!(get(&store, &key).await, Some(Stored { value: reserved, version: Version(2) }));
    store.commit_without_events(&occupy(invited, invited, Some(6))).await.expect("it keeps it for longer");
    store.commit_without_events(&occupy(invited, seated, None)).await.expect("it was the invitation's");
    let filled = Seat { occupant: seated, ..seat(SEAT) };
    assert_eq!(get(&store, &key).await, Some(Stored { value: filled, version: Version(4) }));
}

#[tokio::test]
async fn a_term_follows_only_onto_who_holds_the_seat() {
    let store = Engine::memory().await.store().await;
    let reterm = |holder, seat| {
        let hold = SeatHold { seat, ..hold(Some(9)) };
        [Change::UpdateSeatHold { workspace: WORKSPACE, holder, hold }]
    };
    let (of_member, of_invitation) = (SeatHolder::Member(USER), SeatHolder::Invitation(INVITATION));
    assert_conflict(&store.commit_without_events(&reterm(of_member, SEAT)).await);
    let seated = Member { seat: Seating::Seat(hold(None)), ..member(USER) };
    let keeping = Invitation { seat: Some(hold(None)), ..invitation(INVITATION) };
    let standing = Member { seat: Seating::FreeSlot, ..member(OTHER_USER) };
    create(
        &store,
        [
            Record::Member(seated.clone()),
            Record::Member(standing),
            Record::Invitation(keeping.clone()),
            Record::Invitation(invitation(OTHER_INVITATION)),
        ],
    )
    .await;

    assert_conflict(&store.commit_without_events(&reterm(of_member, OTHER_SEAT)).await);
    assert_conflict(&store.commit_without_events(&reterm(SeatHolder::Member(OTHER_USER), SEAT)).await);
    assert_conflict(
        &store.commit_without_events(&reterm(SeatHolder::Invitation(OTHER_INVITATION), SEAT)).await,
    );
    store.commit_without_events(&reterm(of_member, SEAT)).await.expect("the member holds it");
    store.commit_without_events(&reterm(of_invitation, SEAT)).await.expect("the invitation keeps it");
    let then = Member { seat: Seating::Seat(hold(Some(9))), ..seated };
    assert_eq!(value::<Member>(&store, &RecordKey::Member(WORKSPACE, USER)).await, then);
    let then = Invitation { seat: Some(hold(Some(9))), ..keeping };
    assert_eq!(value::<Invitation>(&store, &RecordKey::Invitation(INVITATION)).await, then);
}

#[tokio::test]
async fn k3_a_slot_closes_and_lasts_only_for_its_invitation() {
    let store = Engine::memory().await.store().await;
    let taken = EmailSlot { pending: Some(pending(INVITATION, Some(5))), member: Some(USER), ..slot() };
    let key = Record::EmailSlot(slot()).key();
    let email = address().key();
    let close = |invitation| [Change::ClearPendingInvitation { email: email.clone(), invitation }];
    let changed = |id, end: Option<i64>| Invitation {
        role: RoleId("admin".to_owned()),
        seat: end.map(|_| hold(None)),
        expires_at: end.map(at),
        maker: end.map(|end| stamp(Some(end))),
        ..invitation(id)
    };
    let extend = |id, end| {
        let invitation = Box::new(changed(id, end));
        [Change::UpdatePendingInvitation { email: email.clone(), invitation, mailed: end == Some(6) }]
    };
    assert_conflict(&store.commit_without_events(&close(INVITATION)).await);
    assert_conflict(&store.commit_without_events(&extend(INVITATION, Some(6))).await);
    create(&store, [Record::EmailSlot(taken.clone())]).await;

    assert_conflict(&store.commit_without_events(&close(OTHER_INVITATION)).await);
    assert_conflict(&store.commit_without_events(&extend(OTHER_INVITATION, Some(6))).await);
    for end in [Some(6), None, Some(7)] {
        store.commit_without_events(&extend(INVITATION, end)).await.expect("it is the pending one");
        let copy = PendingInvitation::of(&changed(INVITATION, end), text("Acme"), None);
        let then = EmailSlot { pending: Some(copy), ..taken.clone() };
        assert_eq!(value::<EmailSlot>(&store, &key).await, then);
    }
    // A mail goes out only under the mark that was read.
    let mark = DeclineMark { at: at(2), not_again: false };
    let decline = Change::MarkDeclined { email: email.clone(), workspace: WORKSPACE, mark: mark.clone() };
    store.commit_without_events(&[decline]).await.expect("marked");
    assert_conflict(&store.commit_without_events(&extend(INVITATION, Some(6))).await);
    let marked = Box::new(Invitation { declined: Some(mark.clone()), ..changed(INVITATION, Some(6)) });
    let send = Change::UpdatePendingInvitation { email: email.clone(), invitation: marked, mailed: true };
    store.commit_without_events(&[send]).await.expect("it has the mark");
    store.commit_without_events(&close(INVITATION)).await.expect("it is the pending one");
    let then = EmailSlot { member: Some(USER), declined: Some(mark), ..slot() };
    assert_eq!(get(&store, &key).await, Some(Stored { value: then, version: Version(7) }));
    assert_conflict(&store.commit_without_events(&close(INVITATION)).await);
    assert_conflict(&store.commit_without_events(&extend(INVITATION, Some(8))).await);
}

#[tokio::test]
async fn leaving_a_slot_never_fails_and_takes_nothing_else() {
    let store = Engine::memory().await.store().await;
    let key = Record::EmailSlot(slot()).key();
    let vacate = [Change::VacateEmailSlot {
        email: address().key(),
        workspace: WORKSPACE,
        user: USER,
        left_at: Some(at(4)),
    }];
    let waiting = EmailSlot { pending: Some(pending(INVITATION, None)), ..slot() };
    let left = |slot: &EmailSlot| EmailSlot { left: true, left_at: Some(at(4)), ..slot.clone() };
    for (before, after) in [
        (EmailSlot { member: Some(USER), ..waiting.clone() }, left(&waiting)),
        (EmailSlot { member: Some(USER), ..slot() }, left(&slot())),
        (waiting.clone(), left(&waiting)),
        (
            EmailSlot { member: Some(OTHER_USER), ..waiting.clone() },
            EmailSlot { member: Some(OTHER_USER), ..left(&waiting) },
        ),
    ] {
        create(&store, [Record::EmailSlot(before)]).await;
        store.commit_without_events(&vacate).await.expect("left, or not in it");
        assert_eq!(get(&store, &key).await, Some(Stored { value: after, version: Version(2) }));
        store.commit_without_events(&[Change::DeleteUnconditionally(key.clone())]).await.expect("gone");
    }
    // A member who only has another address leaves no trace of a departure.
    let moved =
        Change::VacateEmailSlot { email: address().key(), workspace: WORKSPACE, user: USER, left_at: None };
    create(&store, [Record::EmailSlot(EmailSlot { member: Some(USER), ..waiting.clone() })]).await;
    store.commit_without_events(&[moved]).await.expect("moved");
    assert_eq!(get(&store, &key).await, Some(Stored { value: waiting, version: Version(2) }));
    store.commit_without_events(&[Change::DeleteUnconditionally(key.clone())]).await.expect("gone");
    store.commit_without_events(&vacate).await.expect("no slot to leave");
    assert_eq!(get(&store, &key).await, Some(Stored { value: left(&slot()), version: Version(1) }));
    let taken = EmailSlot { member: Some(OTHER_USER), ..left(&slot()) };
    let take = Change::update(&stored(left(&slot()), 1), taken.clone());
    store.commit_without_events(&[take]).await.expect("an empty slot is a slot");
    let taken = Record::EmailSlot(taken);
    assert_eq!(read_back(&store, &taken).await, Some((taken, Version(2))));
}

#[tokio::test]
async fn f9_a_persons_workspaces_are_counted_within_bounds() {
    let store = Engine::memory().await.store().await;
    let key = RecordKey::MembershipCount(USER);
    let attend = |workspaces| [Change::AdjustWorkspaceCount { user: USER, workspaces }];
    // Nobody has to have come before.
    assert_conflict(&store.commit_without_events(&attend(Delta::by(0).keeping(1))).await);
    store.commit_without_events(&attend(Delta::by(1))).await.expect("the first");
    store.commit_without_events(&attend(Delta::by(0).keeping(1))).await.expect("it is there");
    store.commit_without_events(&attend(Delta::by(1))).await.expect("the second");
    assert_conflict(&store.commit_without_events(&attend(Delta::by(-1).up_to(0))).await);
    store.commit_without_events(&attend(Delta::by(-1).keeping(1))).await.expect("one is left");
    assert_conflict(&store.commit_without_events(&attend(Delta::by(-1).keeping(1))).await);
    // Two in one transaction are one.
    let both = [attend(Delta::by(1)), attend(Delta::by(1))].concat();
    store.commit_without_events(&both).await.expect("both");
    assert_eq!(value::<MembershipCount>(&store, &key).await.workspaces, 3);
}

#[tokio::test]
async fn r11_a_quota_is_used_up_and_no_further() {
    let store = Engine::memory().await.store().await;
    let window = |name: &str, ends| QuotaWindow { name: name.to_owned(), ends };
    for window in [window("lifetime", None), window("2026-11-22", Some(at(9)))] {
        let key = rules::quota::key(WORKSPACE, &window).into();
        let spend = |by| [use_quota(WORKSPACE, &window, by)];
        store.commit_without_events(&spend(3)).await.expect("of five");
        assert_conflict(&store.commit_without_events(&spend(3)).await);
        store.commit_without_events(&spend(2)).await.expect("the rest");
        assert_conflict(&store.commit_without_events(&spend(1)).await);
        let used = value::<QuotaUse>(&store, &key).await;
        assert_eq!((used.used, used.ends), (5, window.ends));
    }
    let first = [use_quota(OTHER_WORKSPACE, &window("lifetime", None), 5)];
    store.commit_without_events(&first).await.expect("all at once");
}

#[tokio::test]
async fn k30_only_a_member_of_these_roles_vouches() {
    let store = Engine::memory().await.store().await;
    let roles = |names: &[&str]| names.iter().map(|name| RoleId((*name).to_owned())).collect();
    let vouch =
        |names: &[&str]| [Change::RequireRole { workspace: WORKSPACE, user: USER, roles: roles(names) }];
    assert_conflict(&store.commit_without_events(&vouch(&["owner"])).await);
    create(&store, [Record::Member(member(USER))]).await;
    store.commit_without_events(&vouch(&["admin", "owner"])).await.expect("an owner");
    assert_conflict(&store.commit_without_events(&vouch(&["admin"])).await);
    assert_conflict(&store.commit_without_events(&vouch(&[])).await);
    assert_eq!(
        get::<Member>(&store, &RecordKey::Member(WORKSPACE, USER)).await.map(|it| it.version),
        Some(Version(1))
    );
}

#[tokio::test]
async fn what_replaces_needs_nothing_to_replace() {
    let store = Engine::memory().await.store().await;
    let key = RecordKey::DomainCheck(domain(), WORKSPACE);
    for until in [at(1), at(2)] {
        let check = DomainCheck { domain: domain(), workspace: WORKSPACE, until, due: None };
        store
            .commit_without_events(&[Change::Replace(Record::DomainCheck(check.clone()), None)])
            .await
            .expect("written");
        assert_eq!(value::<DomainCheck>(&store, &key).await, check);
    }
}

#[tokio::test]
async fn k54_a_leave_request_is_withdrawn_whoever_was_first() {
    let store = Engine::memory().await.store().await;
    let key = RecordKey::LeaveRequest(WORKSPACE, LEAVE);
    let withdraw =
        |time| [Change::WithdrawLeaveRequest { workspace: WORKSPACE, request: LEAVE, at: at(time) }];
    assert_conflict(&store.commit_without_events(&withdraw(1)).await);
    create(&store, [Record::LeaveRequest(leave_request(LeaveState::Pending))]).await;
    for time in [1, 2] {
        store.commit_without_events(&withdraw(time)).await.expect("pending, or withdrawn by the member");
        let then = leave_request(LeaveState::Withdrawn { at: at(time) });
        assert_eq!(value::<LeaveRequest>(&store, &key).await, then);
    }
    let denied = LeaveState::Denied { by: OTHER_USER, at: at(1), reason: None };
    store
        .commit_without_events(&[Change::Replace(Record::LeaveRequest(leave_request(denied)), None)])
        .await
        .expect("denied");
    assert_conflict(&store.commit_without_events(&withdraw(3)).await);
}

#[tokio::test]
async fn k54_a_pending_leave_request_does_not_change_the_version_of_the_membership() {
    let store = Engine::memory().await.store().await;
    let key = RecordKey::Member(WORKSPACE, USER);
    let update = |from, to| [Change::UpdatePendingLeave { workspace: WORKSPACE, user: USER, from, to }];
    assert_conflict(&store.commit_without_events(&update(None, Some(LEAVE))).await);
    create(&store, [Record::Member(member(USER))]).await;
    store.commit_without_events(&update(None, Some(LEAVE))).await.expect("none is pending");
    assert_conflict(&store.commit_without_events(&update(None, Some(LEAVE))).await);
    let waiting = Member { pending_leave: Some(LEAVE), ..member(USER) };
    assert_eq!(get(&store, &key).await, Some(Stored { value: waiting, version: Version(1) }));
    let other = LeaveRequestId { user: USER, serial: uuid(99) };
    assert_conflict(&store.commit_without_events(&update(Some(other), None)).await);
    store.commit_without_events(&update(Some(LEAVE), None)).await.expect("it is the pending one");
    assert_eq!(get(&store, &key).await, Some(Stored { value: member(USER), version: Version(1) }));
}

#[tokio::test]
async fn k47_only_a_maker_with_the_same_standing_vouches() {
    let store = Engine::memory().await.store().await;
    let vouch = |since| [Change::RequireMaker { workspace: WORKSPACE, user: USER, stamp: stamp(since) }];
    assert_conflict(&store.commit_without_events(&vouch(None)).await);
    create(&store, [Record::Member(member(USER))]).await;
    // An earlier release has written no time.
    store.commit_without_events(&vouch(None)).await.expect("the same role, of an unknown time");
    assert_conflict(&store.commit_without_events(&vouch(Some(1))).await);
    let promoted = member(USER).with_role(RoleId("owner".to_owned()), at(1));
    store
        .commit_without_events(&[Change::update(&stored(member(USER), 1), promoted.clone())])
        .await
        .expect("written");
    store.commit_without_events(&vouch(Some(1))).await.expect("the same role, since the same time");
    for since in [None, Some(2)] {
        assert_conflict(&store.commit_without_events(&vouch(since)).await);
    }
    let demoted = promoted.with_role(RoleId("member".to_owned()), at(1));
    store.commit_without_events(&[Change::update(&stored(promoted, 2), demoted)]).await.expect("written");
    assert_conflict(&store.commit_without_events(&vouch(Some(1))).await);
}

#[tokio::test]
async fn k43_an_invitation_ends_once() {
    let store = Engine::memory().await.store().await;
    let key = RecordKey::Invitation(INVITATION);
    let state = InvitationState::Revoked { at: at(1) };
    let end = [Change::EndInvitation { invitation: INVITATION, state: state.clone() }];
    assert_conflict(&store.commit_without_events(&end).await);
    create(&store, [Record::Invitation(invitation(INVITATION))]).await;
    store.commit_without_events(&end).await.expect("pending");
    let then = Invitation { state, ..invitation(INVITATION) };
    assert_eq!(get(&store, &key).await, Some(Stored { value: then, version: Version(2) }));
    assert_conflict(&store.commit_without_events(&end).await);
}

#[tokio::test]
async fn f10_the_standing_of_a_creator_passes_on_once() {
    let store = Engine::memory().await.store().await;
    let key = RecordKey::Workspace(WORKSPACE);
    let require = |creator| [Change::RequireCreator { workspace: WORKSPACE, creator }];
    let change = |from, to| [Change::ChangeCreator { workspace: WORKSPACE, from, to }];
    let (first, second) = (workspace().creator, OTHER_USER);
    assert_conflict(&store.commit_without_events(&require(first)).await);
    assert_conflict(&store.commit_without_events(&change(first, second)).await);
    create(&store, [Record::Workspace(workspace())]).await;
    store.commit_without_events(&require(first)).await.expect("the creator");
    store.commit_without_events(&change(first, second)).await.expect("the creator");
    assert_conflict(&store.commit_without_events(&require(first)).await);
    assert_conflict(&store.commit_without_events(&change(first, second)).await);
    let then = Workspace { creator: second, ..workspace() };
    assert_eq!(get(&store, &key).await, Some(Stored { value: then, version: Version(2) }));
}

#[tokio::test]
async fn a_new_name_reaches_only_a_membership_that_is_there() {
    let store = Engine::memory().await.store().await;
    let key = RecordKey::Member(WORKSPACE, USER);
    let introduce = |email, first_name, last_name| {
        let (workspace, user, email_verified) = (WORKSPACE, USER, true);
        [Change::UpdateMemberProfile { workspace, user, email, email_verified, first_name, last_name }]
    };
    assert_conflict(&store.commit_without_events(&introduce(None, None, None)).await);
    assert_eq!(get::<Member>(&store, &key).await, None);
    create(&store, [Record::Member(member(USER))]).await;
    for (email, first_name, last_name) in
        [(Some(address()), Some(text("Ada")), None), (None, None, Some(text("Lovelace"))), (None, None, None)]
    {
        let change = introduce(email.clone(), first_name.clone(), last_name.clone());
        store.commit_without_events(&change).await.expect("there");
        let then = Member { email, email_verified: true, first_name, last_name, ..member(USER) };
        // The same version: a change that rests on what was read before holds all the same (K54).
        assert_eq!(get(&store, &key).await, Some(Stored { value: then, version: Version(1) }));
    }
}

#[tokio::test]
async fn k54_a_change_of_a_membership_keeps_a_name_that_was_changed_meanwhile() {
    let store = Engine::memory().await.store().await;
    let key = RecordKey::Member(WORKSPACE, USER);
    create(&store, [Record::Member(member(USER))]).await;
    let (email, first_name, last_name) = (Some(address()), Some(text("Ada")), Some(text("Lovelace")));
    let rename = Change::UpdateMemberProfile {
        workspace: WORKSPACE,
        user: USER,
        email: email.clone(),
        email_verified: true,
        first_name: first_name.clone(),
        last_name: last_name.clone(),
    };
    store.commit_without_events(&[rename]).await.expect("there");
    let promoted = Member { role: RoleId("admin".to_owned()), ..member(USER) };
    store
        .commit_without_events(&[Change::update(&stored(member(USER), 1), promoted.clone())])
        .await
        .expect("version 1");
    let then = Member { email, email_verified: true, first_name, last_name, ..promoted };
    assert_eq!(get(&store, &key).await, Some(Stored { value: then, version: Version(2) }));
}

#[tokio::test]
async fn a_deleted_workspace_is_marked_only_for_people_who_are_in_it() {
    let store = Engine::memory().await.store().await;
    let mark = [Change::MarkWorkspaceDeleted { user: USER, workspace: WORKSPACE }];
    assert_conflict(&store.commit_without_events(&mark).await);
    let joined = JoinedWorkspace::of(&member(USER));
    create(&store, [Record::JoinedWorkspace(joined.clone())]).await;
    store.commit_without_events(&mark).await.expect("there");
    let key = RecordKey::JoinedWorkspace(USER, WORKSPACE);
    assert_eq!(value::<JoinedWorkspace>(&store, &key).await, JoinedWorkspace { deleted: true, ..joined });
}

#[tokio::test]
async fn k9_a_check_joins_the_condition_of_another_change() {
    let store = Engine::memory().await.store().await;
    let seated = Member { seat: Seating::Seat(hold(None)), ..member(USER) };
    create(&store, [Record::Member(seated.clone())]).await;
    let key = RecordKey::Member(WORKSPACE, USER);
    let reterm = Change::UpdateSeatHold {
        workspace: WORKSPACE,
        holder: SeatHolder::Member(USER),
        hold: hold(Some(9)),
    };
    let check = |version| Change::RequireVersion(key.clone(), Version(version));

    // A part of the record fits, but not the version.
    assert_conflict(&store.commit_without_events(&[reterm.clone(), check(2)]).await);
    assert_conflict(&store.commit_without_events(&[check(2), reterm.clone()]).await);
    store.commit_without_events(&[check(1), reterm, check(1)]).await.expect("version 1");
    let update = Change::update(&stored(seated.clone(), 2), seated);
    assert_conflict(&store.commit_without_events(&[update.clone(), check(1)]).await);
    store.commit_without_events(&[update, check(2)]).await.expect("version 2");
    assert_conflict(&store.commit_without_events(&[check(3), check(2)]).await);
    assert_conflict(
        &store.commit_without_events(&[Change::DeleteUnconditionally(key.clone()), check(2)]).await,
    );
    store
        .commit_without_events(&[Change::Delete(key.clone(), Version(3)), check(3)])
        .await
        .expect("version 3");
}

#[tokio::test]
async fn counts_of_one_workspace_add_up() {
    let store = Engine::memory().await.store().await;
    create(&store, [tally(3)]).await;
    let seats = Change::AdjustCounts(CountChange::one(WORKSPACE, Count::Seats, Delta::by(2)));
    let changes = [count(Delta::by(1).up_to(9)), seats, count(Delta::by(1).up_to(5))];
    store.commit_without_events(&changes).await.expect("up to 5");
    assert_conflict(&store.commit_without_events(&changes).await);
    let then = Tally { members: 5, governors: 1, seats: 7, ..Tally::empty(WORKSPACE) };
    let key = RecordKey::Tally(WORKSPACE);
    assert_eq!(get(&store, &key).await, Some(Stored { value: then, version: Version(2) }));
    let changes = [count(Delta::by(-1).keeping(1)), count(Delta::by(-1).keeping(4))];
    assert_conflict(&store.commit_without_events(&changes).await);
}

#[tokio::test]
async fn what_cannot_be_one_transaction_is_refused() {
    let store = Engine::memory().await.store().await;
    let (store, meter) = store.metered();
    store.commit_without_events(&[]).await.expect("nothing to write");
    let many: Vec<_> = (0..101)
        .map(|number| Change::DeleteUnconditionally(RecordKey::Seat(WORKSPACE, SeatId(uuid(number)))))
        .collect();
    assert!(matches!(store.commit_without_events(&many).await, Err(CommitError::Failed(_))));
    assert_eq!(meter.calls(), 0);
    store.commit_without_events(&many[..100]).await.expect("100 fit");

    // A mistake of the caller's: loud while developing, an error in service.
    let twice = [Change::Create(Record::Seat(seat(SEAT))), Change::Create(Record::Seat(seat(SEAT)))];
    let result = tokio::spawn(async move { store.commit_without_events(&twice).await }).await;
    if cfg!(debug_assertions) {
        assert!(result.is_err_and(|error| error.is_panic()));
    } else {
        assert!(matches!(result, Ok(Err(CommitError::Failed(_)))));
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn k1_one_of_many_gets_the_seat() {
    const RACERS: u64 = 50;
    let engine = Engine::memory().await;
    let store = Arc::new(engine.store().await);
    create(&store, [Record::Seat(seat(SEAT)), tally(0)]).await;
    let key = RecordKey::Seat(WORKSPACE, SEAT);
    let free = get::<Seat>(&store, &key).await.expect("a seat");
    let races = (0..RACERS).map(|number| {
        let (store, free) = (Arc::clone(&store), free.clone());
        tokio::spawn(async move {
            let user = UserId(uuid(1000 + number));
            let taken = Seat { occupant: Occupant::Member(user), ..free.value.clone() };
            let changes = [
                Change::update(&free, taken),
                Change::Create(Record::Member(member(user))),
                count(Delta::by(1)),
            ];
            (user, store.commit_without_events(&changes).await)
        })
    });
    let mut winners = Vec::new();
    for race in futures::future::join_all(races).await {
        let (user, result) = race.expect("no panic");
        match result {
            Ok(()) => winners.push(user),
            // An engine may be too busy to say who was first; then it was nobody.
            Err(CommitError::Conflict | CommitError::Busy) => {}
            Err(error) => panic!("{error:?}"),
        }
    }
    assert_eq!(winners.len(), 1);
    assert_eq!(value::<Seat>(&store, &key).await.occupant, Occupant::Member(winners[0]));
    assert_eq!(value::<Tally>(&store, &RecordKey::Tally(WORKSPACE)).await.members, 1);
    let members = RangeQuery::Members(WORKSPACE);
    let loaded = store.load(&Load::new().query(members.clone())).await.expect("loaded");
    assert_eq!(loaded.list::<Member>(&members).len(), 1);
}
