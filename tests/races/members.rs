//! Races of roles, removals and leave requests (K4, K6, K7).

use futures::future::join_all;
use jiff::SignedDuration;
use serde_json::Value;

use super::{is_member, seatless_admins};
use crate::support::arena::{Arena, RACERS, assert_one_wins, at_once, outcome, outcomes, rounds};
use crate::support::client::{Client as _, id_of};
use crate::support::deployment::Deployment;
use crate::support::person::Person;
use crate::support::process::Process;

#[tokio::test]
async fn k4_of_two_owners_who_demote_or_remove_each_other_one_stays() {
    let arena = Arena::on(Deployment::new().await);
    for (slow_removes, fast_removes) in [(false, false), (false, true), (true, false), (true, true)] {
        let workspace = arena.workspace().await;
        let anna = arena.direct().member(&arena.olga, &workspace, "anna", "owner").await;
        arena.direct().buy(&arena.olga, &workspace, "pro", 1).await;
        let act = |who: &Person, whom: &Person, removes: bool| {
            let (who, whom, workspace) = (who.clone(), whom.clone(), workspace.clone());
            move |process: Process| async move {
                if removes {
                    process.remove(&who, &workspace, &whom).await
                } else {
                    process.change_role(&who, &workspace, &whom, "member").await
                }
            }
        };
        let (slow, fast) = arena
            .overtake(act(&arena.olga, &anna, slow_removes), act(&anna, &arena.olga, fast_removes))
            .await;
        fast.expect(if fast_removes { 204 } else { 200 });
        // A demoted member may not, and a removed one sees nothing.
        if fast_removes {
            slow.expect_problem(404, "not_found");
        } else {
            slow.expect_problem(403, "forbidden");
        }
        let dump = arena.deployment.audit().await;
        assert_eq!(dump.tallies[&id_of(&workspace)].governors, 1);
        assert_eq!(dump.members[&(id_of(&workspace), anna.id())].role.0, "owner");
    }
}

#[tokio::test]
async fn k4_the_last_governor_stays_whoever_lets_them_go() {
    let arena = Arena::on(Deployment::new().await);
    let (workspace, process) = (arena.workspace().await, arena.direct());
    // Anna asked to leave before she became an owner: the one way in which an owner may be let go
    // by approval.
    let anna = process.member(&arena.olga, &workspace, "anna", "member").await;
    let asked = process.ask_to_leave(&anna, &workspace).await;
    process.change_role(&arena.olga, &workspace, &anna, "owner").await.expect(200);
    process.buy(&arena.olga, &workspace, "pro", 1).await;
    let approve = {
        let (olga, path) = (arena.olga.clone(), format!("{asked}/approve"));
        move |process: Process| async move { process.post(&olga, &path, Value::Null).await }
    };
    let demote = {
        let (anna, olga, workspace) = (anna.clone(), arena.olga.clone(), workspace.clone());
        move |process: Process| async move { process.change_role(&anna, &workspace, &olga, "admin").await }
    };
    let (slow, fast) = arena.overtake(approve, demote).await;
    fast.expect(200);
    // An admin does not let an owner go.
    slow.expect_problem(403, "forbidden");
    let dump = arena.deployment.audit().await;
    assert_eq!(dump.tallies[&id_of(&workspace)].governors, 1);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn k4_of_many_owners_who_demote_or_remove_each_other_one_stays() {
    rounds(Deployment::new, async |arena| {
        let workspace = arena.workspace().await;
        // A seat for each of them, and one for Olga, who leaves the free slot when demoted.
        arena.direct().buy(&arena.olga, &workspace, "pro", RACERS).await;
        let mut owners = arena.crowd(&workspace, "owner", RACERS - 1).await;
        owners.push(arena.olga.clone());
        let racers = (0..owners.len()).map(|number| {
            let (who, whom) = (owners[number].clone(), owners[(number + 1) % owners.len()].clone());
            let (process, workspace) = (arena.process(number), workspace.clone());
            async move {
                if number % 2 == 0 {
                    process.remove(&who, &workspace, &whom).await
                } else {
                    process.change_role(&who, &workspace, &whom, "member").await
                }
            }
        });
        let replies = at_once(racers).await;
        let done = replies.iter().filter(|reply| reply.status.is_success()).count();
        let known = [(200, ""), (204, ""), (403, "forbidden"), (404, "not_found"), (409, "last_governor")];
        let outcomes = outcomes(&replies);
        assert!(outcomes.keys().all(|outcome| known.contains(outcome)), "{outcomes:?}");
        let governors = arena.deployment.dump().await.tallies[&id_of(&workspace)].governors;
        assert!(governors >= 1);
        assert_eq!(usize::try_from(governors).expect("few"), RACERS - done, "{outcomes:?}");
    })
    .await;
}

#[tokio::test]
async fn k6_nobody_comes_back_by_a_change_of_role() {
    let arena = Arena::on(seatless_admins().await);
    let workspace = arena.workspace().await;
    let process = arena.direct();
    for (name, role, new_role) in [("tea", "member", "admin"), ("lee", "admin", "member")] {
        let whom = process.member(&arena.olga, &workspace, name, role).await;
        let act = |removes: bool| {
            let (olga, whom, workspace) = (arena.olga.clone(), whom.clone(), workspace.clone());
            move |process: Process| async move {
                if removes {
                    process.remove(&olga, &workspace, &whom).await
                } else {
                    process.change_role(&olga, &workspace, &whom, new_role).await
                }
            }
        };
        let (slow, fast) = arena.overtake(act(false), act(true)).await;
        fast.expect(204);
        slow.expect_problem(404, "not_found");
        let dump = arena.deployment.audit().await;
        assert!(!is_member(&dump, &workspace, whom.id()));

        arena.deployment.clock.advance(SignedDuration::from_secs(1));
        let again = process.invite(&arena.olga, &workspace, &whom, role).await;
        process.join(&whom, &again).await.expect(200);
        let (slow, fast) = arena.overtake(act(true), act(false)).await;
        fast.expect(200);
        slow.expect(204);
        let dump = arena.deployment.audit().await;
        assert!(!is_member(&dump, &workspace, whom.id()));
        assert_eq!(
            dump.seat_counts(id_of(&workspace), arena.deployment.clock.now())[0],
            0,
            "no seat is left filled"
        );
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn k6_of_many_who_are_removed_and_promoted_none_stays() {
    rounds(seatless_admins, async |arena| {
        let workspace = arena.workspace().await;
        arena.direct().buy(&arena.olga, &workspace, "pro", RACERS / 2).await;
        let mut crowd = arena.crowd(&workspace, "member", RACERS / 4).await;
        crowd.extend(arena.crowd(&workspace, "admin", RACERS / 2 - crowd.len()).await);
        let racers = (0..RACERS).map(|number| {
            let (process, workspace, olga) =
                (arena.process(number / 2), workspace.clone(), arena.olga.clone());
            let whom = crowd[number / 2].clone();
            let new_role = if whom.email.starts_with("admin") { "member" } else { "admin" };
            let removes = (number % 2 == 0) == (number % 4 < 2);
            async move {
                if removes {
                    process.remove(&olga, &workspace, &whom).await
                } else {
                    process.change_role(&olga, &workspace, &whom, new_role).await
                }
            }
        });
        let outcomes_of = at_once(racers).await;
        let outcomes = outcomes(&outcomes_of);
        assert_eq!(outcomes[&(204, "")], RACERS / 2, "{outcomes:?}");
        let changed = outcomes.get(&(200, "")).copied().unwrap_or_default();
        let missed = outcomes.get(&(404, "not_found")).copied().unwrap_or_default();
        assert_eq!(changed + missed, RACERS / 2, "{outcomes:?}");
        let dump = arena.deployment.dump().await;
        assert_eq!(dump.members_of(id_of(&workspace)).len(), 1, "only Olga is left");
        assert_eq!(dump.seat_counts(id_of(&workspace), arena.deployment.clock.now()), [0, 0, RACERS / 2, 0]);
    })
    .await;
}

#[tokio::test]
async fn k7_a_decision_that_is_overtaken_comes_too_late() {
    let arena = Arena::on(Deployment::new().await);
    let workspace = arena.workspace().await;
    let process = arena.direct();
    let asks = async |name: &str| {
        let who = process.member(&arena.olga, &workspace, name, "member").await;
        let path = process.ask_to_leave(&who, &workspace).await;
        (who, path)
    };
    let decide = |path: &str, how: &str| {
        let (olga, path) = (arena.olga.clone(), format!("{path}/{how}"));
        move |process: Process| async move { process.post(&olga, &path, Value::Null).await }
    };
    let withdraw = |who: &Person, path: &str| {
        let (who, path) = (who.clone(), path.to_owned());
        move |process: Process| async move { process.call(&who, "DELETE", &path, Value::Null).await }
    };
    let counts =
        async || arena.deployment.audit().await.seat_counts(id_of(&workspace), arena.deployment.clock.now());

    let (_, path) = asks("approved-twice").await;
    let (slow, fast) = arena.overtake(decide(&path, "approve"), decide(&path, "approve")).await;
    fast.expect(200);
    slow.expect_problem(409, "leave_decided");
    assert_eq!(counts().await, [0, 0, 1, 0], "one seat is freed");
    decide(&path, "approve")(process.clone()).await.expect_problem(409, "leave_decided");

    let (who, path) = asks("withdrawn-first").await;
    let (slow, fast) = arena.overtake(decide(&path, "approve"), withdraw(&who, &path)).await;
    fast.expect(204);
    slow.expect_problem(409, "leave_decided");
    assert_eq!(counts().await, [1, 0, 1, 0], "they stay");

    let (who, path) = asks("approved-first").await;
    let (slow, fast) = arena.overtake(withdraw(&who, &path), decide(&path, "approve")).await;
    fast.expect(200);
    slow.expect_problem(404, "not_found");
    assert_eq!(counts().await, [1, 0, 2, 0], "they are gone");

    let (_, path) = asks("denied-first").await;
    let (slow, fast) = arena.overtake(decide(&path, "approve"), decide(&path, "deny")).await;
    fast.expect(200);
    slow.expect_problem(409, "leave_decided");
    assert_eq!(counts().await, [2, 0, 2, 0], "they stay");

    // Asked anew, the old request is as decided as before.
    let (who, path) = asks("removed-first").await;
    let remove = {
        let (olga, who, workspace) = (arena.olga.clone(), who.clone(), workspace.clone());
        move |process: Process| async move { process.remove(&olga, &workspace, &who).await }
    };
    let (slow, fast) = arena.overtake(decide(&path, "approve"), remove).await;
    fast.expect(204);
    slow.expect_problem(409, "leave_decided");
    assert_eq!(counts().await, [2, 0, 3, 0], "one seat is freed");
}

#[tokio::test]
async fn k7_of_two_requests_to_leave_one_is_made() {
    let arena = Arena::on(Deployment::new().await);
    let workspace = arena.workspace().await;
    let who = arena.direct().member(&arena.olga, &workspace, "tea", "member").await;
    let ask = || {
        let (who, path) = (who.clone(), format!("{workspace}/leave-requests"));
        move |process: Process| async move { process.post(&who, &path, Value::Null).await }
    };
    let (slow, fast) = arena.overtake(ask(), ask()).await;
    fast.expect(201);
    slow.expect_problem(409, "leave_pending");
    assert_eq!(arena.deployment.audit().await.leaves.len(), 1);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn k7_many_approvals_free_one_seat() {
    rounds(Deployment::new, async |arena| {
        let workspace = arena.workspace().await;
        let who = arena.direct().member(&arena.olga, &workspace, "tea", "member").await;
        let path = arena.direct().ask_to_leave(&who, &workspace).await;
        let racers = (0..RACERS).map(|number| {
            let (process, olga) = (arena.process(number), arena.olga.clone());
            let path = format!("{path}/approve");
            async move { process.post(&olga, &path, Value::Null).await }
        });
        assert_one_wins(&at_once(racers).await, 200, (409, "leave_decided"));
        let dump = arena.deployment.dump().await;
        assert_eq!(dump.tallies[&id_of(&workspace)].members, 1);
        assert_eq!(dump.seat_counts(id_of(&workspace), arena.deployment.clock.now()), [0, 0, 1, 0]);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn k7_who_withdraws_while_approved_stays_or_goes_as_told() {
    rounds(Deployment::new, async |arena| {
        let workspace = arena.workspace().await;
        arena.direct().buy(&arena.olga, &workspace, "pro", RACERS / 2).await;
        let crowd = arena.crowd(&workspace, "member", RACERS / 2).await;
        let asked = join_all(crowd.iter().map(|who| arena.direct().ask_to_leave(who, &workspace))).await;
        let racers = (0..RACERS).map(|number| {
            let (process, olga) = (arena.process(number / 2), arena.olga.clone());
            let (who, path) = (crowd[number / 2].clone(), asked[number / 2].clone());
            let withdraws = (number % 2 == 0) == (number % 4 < 2);
            async move {
                if withdraws {
                    process.call(&who, "DELETE", &path, Value::Null).await
                } else {
                    process.post(&olga, &format!("{path}/approve"), Value::Null).await
                }
            }
        });
        let replies = at_once(racers).await;
        let dump = arena.deployment.dump().await;
        for (pair, who) in replies.chunks(2).zip(&crowd) {
            let pair = [outcome(&pair[0]), outcome(&pair[1])];
            let is_gone = !is_member(&dump, &workspace, who.id());
            // A removed member sees nothing; one who was read before that learns that it is decided.
            let expected: &[(u16, &str)] =
                if is_gone { &[(200, ""), (404, "not_found")] } else { &[(204, ""), (409, "leave_decided")] };
            assert!(expected.iter().all(|outcome| pair.contains(outcome)), "{pair:?}, gone: {is_gone}");
        }
    })
    .await;
}
