//! Workspaces: creation, transfer, change of plan, logo, coordinator and deletion.

use std::slice;

use super::{attends, keys, tallies};
use crate::pack::{OverAssignment, SeatModel};
use crate::rules::billing::{Holdings, order};
use crate::rules::tests::fixture::*;
use crate::rules::tests::sold::{extras, laddered, seats_of, selling};
use crate::rules::{coordinator, logo, workspace, workspace_deletion};
use crate::{
    BillingAccount, Change, Coordinator, Count, Delta, DomainClaim, ImageKind, Moment, NewWorkspace,
    Occupant, PurchaseId, PurchaseState, Record, RecordKey, Refusal, Seating, SettingOverrides, Stored,
    Tally, Workspace, WorkspaceDeletion, WorkspaceProfile,
};

#[test]
fn s1_a_creator_governs_from_the_free_slot() {
    let caller = identity(1, "olga@acme.example");
    let asked = NewWorkspace { name: workspace().name, timezone: None };
    let (made, member, changes) =
        workspace::create(&pack(), &caller, (None, None), asked, &mut moment()).unwrap();
    assert_eq!((made.creator, member.role, member.seat), (user(1), role("boss"), Seating::FreeSlot));
    // All records are new, and the membership is counted.
    assert_eq!(attends(&changes, user(1)), Some(Delta::by(1)));
    assert!(
        changes
            .iter()
            .all(|change| matches!(change, Change::Create(_) | Change::CountCreatedWorkspace { .. })),
        "{changes:?}"
    );
}

#[test]
fn r4_a_new_workspace_has_the_seats_of_its_plan() {
    let mut seatless = pack_by_role();
    seatless.roles.iter_mut().for_each(|role| role.seat = crate::pack::SeatNeed::None);
    for (pack, then, counts) in [
        (pack_by_role(), on_plan(), (5, 4)),
        (seatless, Seating::None, (5, 5)),
        (pack(), Seating::FreeSlot, (0, 0)),
    ] {
        let caller = identity(1, "olga@acme.example");
        let asked = NewWorkspace { name: workspace().name, timezone: None };
        let (made, member, changes) =
            workspace::create(&pack, &caller, (None, None), asked, &mut moment()).unwrap();
        let tally = changes.iter().find_map(|change| match change {
            Change::Create(Record::Tally(tally)) if tally.workspace == made.id => Some(tally),
            _ => None,
        });
        let tally = tally.unwrap();
        assert_eq!((member.seat, (tally.seats, tally.open_seats)), (then, counts));
        assert_eq!((tally.members, tally.governors), (1, 1));
    }
}

#[test]
fn r7_fewer_seats_than_are_taken_are_blocked_or_some_wait() {
    // Another request with the same number changes nothing more.
    let exactly = |by, seats| Delta::by(by).keeping(seats).up_to(seats);
    let down = |open: Delta| Ok(("small".to_owned(), exactly(-3, 2), open));
    let up = |by| Ok(("big".to_owned(), exactly(by, 9), Delta::by(by)));
    let taken = || Err(Refusal::SeatsTaken);
    // From five seats to two, or to nine.
    for (rule, open, plan, then) in [
        // The bound holds even if a member takes a seat at the same time.
        (OverAssignment::Block, 3, "small", down(Delta::by(-3).keeping(0))),
        (OverAssignment::Block, 2, "small", taken()),
        (OverAssignment::Block, 0, "small", taken()),
        (OverAssignment::SuspendLast, 3, "small", down(Delta::by(-3))),
        (OverAssignment::SuspendLast, 0, "small", down(Delta::by(-3))),
        (OverAssignment::Block, 0, "big", up(4)),
        // More seats, though still fewer than are taken.
        (OverAssignment::Block, -7, "big", up(4)),
        (OverAssignment::SuspendLast, -7, "big", up(4)),
        (OverAssignment::Block, 5, "gone", Err(Refusal::PlanUnknown)),
    ] {
        let (mut pack, tally) = (pack_by_role(), open_seats(open));
        pack.seats.over_assignment = rule;
        pack.plans.push(super::fixture::plan("big", 9));
        let changed = workspace::change_plan(&pack, &stored(workspace()), &tally, plan);
        let said = changed.map(|(workspace, changes)| {
            assert_eq!(changes[0], Change::update(&stored(self::workspace()), workspace.clone()));
            (workspace.plan, tallies(&changes).delta(Count::Seats), tallies(&changes).delta(Count::OpenSeats))
        });
        assert_eq!(said, then, "{rule:?} {open} {plan}");
    }
}

#[test]
fn r7_a_plan_counts_no_seats_that_are_bought() {
    let mut pack = pack();
    pack.plans.push(plan("big", 0));
    for model in [SeatModel::ByTier, SeatModel::None] {
        pack.seats.model = model;
        // The number of seats that were bought.
        let tally = Tally { seats: 7, ..tally(1, 1) };
        let (_, changes) = workspace::change_plan(&pack, &stored(workspace()), &tally, "big").unwrap();
        assert_eq!(keys(&changes), [RecordKey::Workspace(WORKSPACE)], "{model:?}");
    }
}

#[test]
fn l3_another_plan_drops_the_extras_that_it_lacks_and_needs_room_for_the_members() {
    let pack = laddered();
    let mut before = stored(workspace());
    before.value.extras = extras(&[("members", 3), ("bots", 2)]);
    for (members, plan, then) in [
        (6, "growth", Ok(extras(&[("members", 3)]))),
        (6, "plan", Ok(extras(&[("members", 3), ("bots", 2)]))),
        (6, "gone", Err(Refusal::PlanUnknown)),
    ] {
        let tally = Tally { members, ..tally(1, 0) };
        let changed = workspace::change_plan(&pack, &before, &tally, plan);
        assert_eq!(changed.map(|(workspace, _)| workspace.extras), then, "{plan}");
    }
    let mut small = pack;
    small.plans[1].allowances[0].price = None;
    for (members, then) in [(5, Ok(Delta::default().up_to(5))), (6, Err(Refusal::MemberLimitReached))] {
        let tally = Tally { members, ..tally(1, 0) };
        let changed = workspace::change_plan(&small, &before, &tally, "growth");
        assert_eq!(changed.map(|(_, changes)| tallies(&changes).delta(Count::Members)), then);
    }
}

#[test]
fn k63_what_the_payment_provider_still_bills_is_left_to_its_synchronisation() {
    let account = |customer: Option<&str>, open_purchase| {
        let account = BillingAccount {
            customer: customer.map(ToOwned::to_owned),
            open_purchase,
            ..BillingAccount::new(WORKSPACE)
        };
        kept(stored(account), Record::BillingAccount)
    };
    let purchase = |state| {
        let (holdings_of, tally) = (stored(workspace()), tally(1, 1));
        let holdings = Holdings { workspace: &holdings_of, tally: &tally, seats: &[] };
        let order = order(&selling(), &holdings, seats_of("small", 1), now()).unwrap();
        let bought = order.purchase(WORKSPACE, user(1), state, None, &mut moment());
        kept(stored(bought), Record::Purchase)
    };
    let open = Some(PurchaseId(uuid::Uuid::from_u128(1)));
    let request = Change::RequestBillingSync { workspace: WORKSPACE, at: now() };
    for (record, is_left) in [
        (account(None, None), false),
        (account(Some("cus_1"), None), true),
        (account(None, open), true),
        (purchase(PurchaseState::Paid), false),
        (purchase(PurchaseState::Charging), true),
    ] {
        assert_eq!(workspace_deletion::waits(&record.value), is_left, "{record:?}");
        let asks = matches!(record.value, Record::BillingAccount(_)) && is_left;
        let changes = workspace_deletion::step(slice::from_ref(&record), now());
        let deleted = Change::Delete(record.value.key(), record.version);
        let then = if is_left { vec![request.clone(); usize::from(asks)] } else { vec![deleted] };
        assert_eq!(changes, then);
    }
}

#[test]
fn r5_what_a_workspace_sets_goes_before_what_the_pack_says() {
    for (preset, set, then) in [
        (Some(true), None, Some(true)),
        (Some(true), Some(false), Some(false)),
        (Some(false), Some(true), Some(true)),
        (None, Some(true), None),
    ] {
        let mut pack = pack_by_role();
        pack.joining.auto_assign = preset;
        let before = stored(workspace());
        let (after, changes) = workspace::set(&before, SettingOverrides { auto_assign_seats: set });
        assert_eq!(after.auto_assigns(&pack), then, "{preset:?} {set:?}");
        assert_eq!(changes.len(), usize::from(set.is_some()));
        // The same again: nothing to write.
        let (_, again) = workspace::set(&stored(after), SettingOverrides { auto_assign_seats: set });
        assert!(again.is_empty());
    }
}

#[test]
fn l2_a_profile_is_written_only_if_it_changes() {
    let before = stored(workspace());
    let (after, changes) = workspace::update(&before, WorkspaceProfile::default());
    assert_eq!((&after, changes), (&before.value, Vec::new()));
    let same = WorkspaceProfile { name: Some(after.name), ..WorkspaceProfile::default() };
    assert_eq!(workspace::update(&before, same), (before.value.clone(), Vec::new()));
    let name = "Other".to_owned().try_into().ok();
    let (after, changes) =
        workspace::update(&before, WorkspaceProfile { name, ..WorkspaceProfile::default() });
    assert_eq!(changes, [Change::update(&before, after.clone())]);
    assert_eq!(after, Workspace { name: "Other".to_owned().try_into().unwrap(), ..before.value });
}

#[test]
fn f10_the_creators_standing_goes_to_somebody_who_governs() {
    let given = stored(workspace());
    let creator = member(1, "boss", on_plan());
    let [second, worker] = [(2, "boss"), (3, "worker")].map(|(number, role)| member(number, role, on_plan()));
    let member = |number| RecordKey::Member(WORKSPACE, user(number));
    let own = RecordKey::Workspace(WORKSPACE);
    for (to, then) in [
        // Decisions about the creator depend on the workspace's version; the new creator must still govern.
        (&second, Ok((2, vec![own, member(2)]))),
        (&worker, Err(Refusal::GovernorRequired)),
        (&creator, Ok((1, Vec::new()))),
    ] {
        let handed = workspace::transfer(&pack_by_role(), &given, to);
        let said = handed.map(|(after, changes)| (after.creator, keys(&changes)));
        assert_eq!(said, then.map(|(number, keys)| (user(number), keys)));
    }
}

#[test]
fn s4_a_logo_has_another_version_with_every_picture() {
    let upload = |before: &Stored<Workspace>, seed| {
        let mut moment = Moment::new(now(), [seed; 32]);
        let (after, changes) = logo::upload(before, ImageKind::Png, vec![seed], &mut moment);
        let image = changes.iter().find_map(|change| match change {
            Change::Replace(Record::LogoImage(image), None) => Some((image.version, image.bytes.clone())),
            _ => None,
        });
        // The version keeps concurrent uploads apart.
        assert!(changes.contains(&Change::update(before, after.clone())));
        (stored(after), image.unwrap())
    };
    let logo = |workspace: &Stored<Workspace>| workspace.value.logo.unwrap();
    let none = stored(workspace());
    let (first, image) = upload(&none, 1);
    assert_eq!((logo(&first).version, image), (1, (1, vec![1])));
    // The address stays, so that older invitations show the new picture.
    let (second, image) = upload(&first, 2);
    assert_eq!((logo(&second).version, image), (2, (2, vec![2])));
    assert_eq!(logo(&second).key, logo(&first).key);
    // A removed logo's address is not used again, or it would show cached copies of the old picture.
    let changes = logo::remove(&second);
    assert_eq!(
        changes,
        [
            Change::update(&second, none.value.clone()),
            Change::DeleteUnconditionally(RecordKey::LogoImage(WORKSPACE, logo(&second).key)),
        ]
    );
    assert!(logo::remove(&none).is_empty());
    let (third, _) = upload(&none, 3);
    assert_ne!(logo(&third).key, logo(&first).key);
}

#[test]
fn r16_a_coordinator_is_named_and_taken_away() {
    let nobody = Coordinator::nobody(WORKSPACE);
    let named =
        |name: &str| Coordinator { name: Some(name.to_owned().try_into().unwrap()), ..nobody.clone() };
    // One field is enough to name a coordinator.
    let to_call = Coordinator { phone: Some("+49 30 1".to_owned().try_into().unwrap()), ..nobody.clone() };
    let (tea, lee) = (named("Tea"), named("Lee"));
    let (key, record) = (RecordKey::Coordinator(WORKSPACE), |coordinator: &Coordinator| {
        Record::Coordinator(coordinator.clone())
    });
    let before = stored(tea.clone());
    for (before, after, then) in [
        (None, &tea, Some(Change::Create(record(&tea)))),
        (None, &to_call, Some(Change::Create(record(&to_call)))),
        (None, &nobody, None),
        (Some(&before), &lee, Some(Change::update(&before, lee.clone()))),
        (Some(&before), &nobody, Some(Change::Delete(key, before.version))),
    ] {
        assert_eq!(coordinator::set(before, after), Vec::from_iter(then));
    }
}

#[test]
fn l6_a_deleted_workspace_is_gone_at_once() {
    let given = stored(workspace());
    let deletion = WorkspaceDeletion { workspace: WORKSPACE, since: now() };
    assert_eq!(
        workspace_deletion::begin(&given, &[user(5)], now()),
        [
            Change::Delete(RecordKey::Workspace(WORKSPACE), given.version),
            // Nobody joins without the counts.
            Change::DeleteUnconditionally(RecordKey::WorkspaceEntry(WORKSPACE)),
            Change::DeleteUnconditionally(RecordKey::Tally(WORKSPACE)),
            Change::Create(Record::WorkspaceDeletion(deletion.clone())),
            // It is nobody's current workspace any more.
            Change::MarkWorkspaceDeleted { user: user(5), workspace: WORKSPACE },
            // The creator can create another one.
            Change::ForgetCreatedWorkspace { user: user(1) },
        ]
    );
    let last = stored(deletion);
    assert_eq!(
        workspace_deletion::end(&last),
        [Change::Delete(RecordKey::WorkspaceDeletion(WORKSPACE), last.version)]
    );
}

fn kept<T>(stored: Stored<T>, record: fn(T) -> Record) -> Stored<Record> {
    Stored { value: record(stored.value), version: stored.version }
}

#[test]
fn l6_with_a_record_goes_what_stands_for_it_elsewhere() {
    let mut unnamed = member(6, "worker", Seating::None);
    unnamed.value.slot = None;
    let [mut to_share, mut to_lee] = [None, Some("lee@acme.example")].map(|email| invitation(email, None));
    (to_share.value.id, to_lee.value.id) = (invitation_id(51), invitation_id(52));
    let records = [
        kept(member(5, "worker", on_plan()), Record::Member),
        kept(unnamed, Record::Member),
        // Member 5 was invited by the same address, in another spelling.
        kept(invitation(Some("X@Acme.example"), None), Record::Invitation),
        kept(to_share, Record::Invitation),
        kept(to_lee, Record::Invitation),
        kept(link("worker"), Record::RoleLink),
        kept(seat(1, "small", Occupant::Nobody), Record::Seat),
    ];
    let changes = workspace_deletion::step(&records, now());
    let (taken, others): (Vec<_>, Vec<_>) =
        changes.into_iter().partition(|change| matches!(change, Change::Delete(..)));
    let own = records.iter().map(|record| Change::Delete(record.value.key(), record.version));
    assert_eq!(taken, own.collect::<Vec<_>>());
    let mut then = vec![
        RecordKey::JoinedWorkspace(user(5), WORKSPACE),
        RecordKey::MembershipCount(user(5)),
        RecordKey::JoinedWorkspace(user(6), WORKSPACE),
        RecordKey::MembershipCount(user(6)),
    ];
    // Two records speak of one address: a record is changed once.
    let mut slots = ["x@acme.example", "lee@acme.example"].map(|address| email(address).key());
    slots.sort();
    then.extend(slots.map(|slot| RecordKey::EmailSlot(slot, WORKSPACE)));
    assert_eq!(keys(&others), then);
    for number in [5, 6] {
        assert_eq!(attends(&others, user(number)), Some(Delta::by(-1)));
    }
}

#[test]
fn l6_a_step_of_a_deletion_fits_a_transaction() {
    let records: Vec<_> = (0..u128::from(workspace_deletion::STEP))
        .map(|number| {
            let mut member = member(number, "worker", on_plan());
            member.value.slot = Some(email(&format!("{number}@acme.example")).key());
            kept(member, Record::Member)
        })
        .collect();
    let changes = workspace_deletion::step(&records, now());
    assert!(changes.len() <= 100, "{}", changes.len());
    // Each address is given up, so that its next invitations do not lead here.
    let slots = keys(&changes).into_iter().filter(|key| matches!(key, RecordKey::EmailSlot(..)));
    assert_eq!(slots.count(), records.len());
}

#[test]
fn l6_a_domain_of_a_deleted_workspace_leads_nowhere() {
    let domain = "acme.example".parse().unwrap();
    let claim = DomainClaim::new(WORKSPACE, domain, "once".to_owned(), user(1), now());
    let (domain, own) = (claim.domain.clone(), RecordKey::DomainClaim(WORKSPACE, claim.domain.clone()));
    let changes = workspace_deletion::step(&[kept(stored(claim), Record::DomainClaim)], now());
    assert_eq!(
        changes,
        [
            Change::Delete(own, stored(()).version),
            Change::DeleteUnconditionally(RecordKey::VerifiedDomain(domain.clone(), WORKSPACE)),
            Change::DeleteUnconditionally(RecordKey::DomainCheck(domain, WORKSPACE)),
        ]
    );
}
