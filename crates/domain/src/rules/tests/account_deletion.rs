//! Deleting the own account.

use super::{attends, keys};
use crate::pack::{CreatorRemoval, LeaveBy};
use crate::rules::account_deletion::{self, ENDED_AT_ONCE, EndingMembership};
use crate::rules::tests::fixture::*;
use crate::rules::{member, user};
use crate::{Change, Delta, LeaveState, Record, RecordKey, Refusal, Seating, TaskKind};

#[test]
fn a_deleted_account_leaves_as_a_member_does_however_the_pack_lets_members_leave() {
    let (workspace, tally) = (workspace(), tally(2, 1));
    let account = user::account(&identity(5, "x@acme.example"), now());
    let mut leaver = member(5, "worker", on_plan());
    leaver.value.pending_leave = Some(leave_request(5, LeaveState::Pending).value.id);
    let mut pack = pack_by_role();
    pack.leave.by = LeaveBy::Direct;
    let by_leaving = member::leave(context(&pack, &workspace, &tally, &[]), &leaver, &mut moment()).unwrap();
    for by in [LeaveBy::Direct, LeaveBy::Request, LeaveBy::None] {
        pack.leave.by = by;
        let ending = EndingMembership { context: context(&pack, &workspace, &tally, &[]), member: &leaver };
        let changes =
            account_deletion::delete(user(5), Some(&account), &[], &[ending], 1, &mut moment()).unwrap();
        assert!(by_leaving.iter().all(|change| changes.contains(change)), "{by:?}: {changes:?}");
        assert!(keys(&changes).contains(&RecordKey::User(user(5))));
        // A workspace that the person joins meanwhile stops the deletion.
        assert_eq!(attends(&changes, user(5)), Some(Delta::by(-1).up_to(0)));
    }
}

#[test]
fn k4_an_account_stays_while_workspaces_need_it() {
    let account = user::account(&identity(1, "x@acme.example"), now());
    let (workspace, sole, two) = (workspace(), tally(1, 1), tally(2, 1));
    let governor = member(1, "boss", Seating::FreeSlot);
    for (removal, tally, then) in [
        (CreatorRemoval::Allowed, &sole, Some(Refusal::LastGovernor)),
        (CreatorRemoval::Refused, &two, Some(Refusal::CreatorProtected)),
        (CreatorRemoval::Allowed, &two, None),
    ] {
        let mut pack = pack();
        pack.creator.removal = removal;
        let ending = EndingMembership { context: context(&pack, &workspace, tally, &[]), member: &governor };
        let deleted = account_deletion::delete(user(1), Some(&account), &[], &[ending; 2], 2, &mut moment());
        let refused: Vec<_> = deleted.err().into_iter().flatten().map(|needed| needed.refusal).collect();
        assert_eq!(refused, then.map_or_else(Vec::new, |refusal| vec![refusal; 2]));
    }
}

#[test]
fn an_account_in_many_workspaces_is_deleted_at_once_and_leaves_in_steps() {
    let (pack, workspace, tally) = (pack(), workspace(), tally(2, 1));
    let worker = member(5, "worker", Seating::None);
    let ending = EndingMembership { context: context(&pack, &workspace, &tally, &[]), member: &worker };
    let account = user::account(&identity(5, "x@acme.example"), now());
    let many = vec![ending; ENDED_AT_ONCE + 1];
    let changes =
        account_deletion::delete(user(5), Some(&account), &[], &many, many.len(), &mut moment()).unwrap();
    assert_eq!(changes[0].key(), RecordKey::User(user(5)));
    let Change::Create(Record::Task(task)) = &changes[1] else { panic!("{changes:?}") };
    let TaskKind::EndMemberships(ended) = &task.kind else { panic!("{task:?}") };
    assert_eq!((ended.user, ended.until, task.due_at), (user(5), now(), now()));
    assert_eq!(attends(&changes, user(5)), Some(Delta::by(0).up_to(8)));
    assert_eq!(changes.len(), 3);
    // Each step fits a transaction, beside the account and its other records.
    let (step, needed_in) = account_deletion::end(&many[..ENDED_AT_ONCE], &mut moment());
    assert!(needed_in.is_empty() && step.len() <= 90, "{}", step.len());
    // The other workspaces were deleted, and a job has not removed the memberships yet: their heirs were not read.
    let few = &many[..2];
    let changes =
        account_deletion::delete(user(5), Some(&account), &[], few, many.len(), &mut moment()).unwrap();
    assert!(matches!(&changes[1], Change::Create(Record::Task(_))), "{changes:?}");
    // A repetition has nothing to do.
    assert!(account_deletion::delete(user(5), None, &[], &[], 0, &mut moment()).unwrap().is_empty());
}
