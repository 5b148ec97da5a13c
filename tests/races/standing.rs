//! Callers who lose their standing while their request runs, and storms of conflicts (K9, K12).

use std::collections::BTreeMap;

use futures::future::join_all;
use serde_json::{Value, json};

use crate::support::arena::{Arena, RACERS, at_once, outcomes, rounds};
use crate::support::client::{Client as _, id_of};
use crate::support::deployment::Deployment;
use crate::support::person::somebody;
use crate::support::process::Process;
use crate::support::proxy::{Fault, Proxy};
use crate::support::reply::text;

#[tokio::test]
async fn k9_who_is_demoted_or_removed_before_the_commit_writes_nothing() {
    let arena = Arena::on(Deployment::new().await);
    let process = arena.direct();
    for removed in [false, true] {
        let workspace = arena.workspace().await;
        let tea = process.member(&arena.olga, &workspace, "tea", "member").await;
        let leaver = process.member(&arena.olga, &workspace, "lee", "member").await;
        let asked = process.ask_to_leave(&leaver, &workspace).await;
        // Enough for all who come.
        let seat = process.buy(&arena.olga, &workspace, "basic", 20).await.remove(0);
        let invited = process.invite(&arena.olga, &workspace, &somebody("kim"), "member").await;
        let invited = format!("{workspace}/invitations/{}", text(&invited["id"]));
        let tea_path = format!("{workspace}/members/{}", tea.id());
        let acts = [
            ("PUT", format!("{tea_path}/role"), json!({ "role": "admin" })),
            ("PUT", format!("{tea_path}/seat"), json!({ "tier": "basic" })),
            ("DELETE", tea_path, Value::Null),
            ("POST", format!("{workspace}/invitations"), json!({ "emails": ["new@acme.example"] })),
            ("POST", format!("{workspace}/invitations"), json!({})),
            ("POST", format!("{invited}/resend"), Value::Null),
            ("DELETE", invited, Value::Null),
            ("POST", format!("{workspace}/seats"), json!({ "quantity": 2 })),
            ("POST", format!("{workspace}/seats/{seat}/cancel"), Value::Null),
            ("POST", format!("{asked}/approve"), Value::Null),
            ("POST", format!("{asked}/deny"), Value::Null),
            ("PATCH", workspace.clone(), json!({ "name": "Taken over" })),
        ];
        for (number, (method, path, body)) in acts.into_iter().enumerate() {
            // Not all of these are an admin's to do.
            let actor =
                process.member(&arena.olga, &workspace, &format!("actor{removed}{number}"), "owner").await;
            let slow = {
                let (actor, path) = (actor.clone(), path.clone());
                move |process: Process| async move {
                    process.call_with_key(&actor, method, &path, body, Some("a-key")).await
                }
            };
            let fast = {
                let (olga, actor, workspace) = (&arena.olga, &actor, &workspace);
                move |process: Process| async move {
                    if removed {
                        process.remove(olga, workspace, actor).await
                    } else {
                        process.change_role(olga, workspace, actor, "member").await
                    }
                }
            };
            let look = async || arena.deployment.dump().await.items;
            let ((slow, fast), before) = arena.overtake_and_look(slow, fast, look).await;
            assert!(fast.status.is_success(), "{}", fast.text);
            // Of a member, some of it is refused with a code of its own.
            assert_eq!(slow.status, if removed { 404 } else { 403 }, "{method} {path}: {}", slow.text);
            let after = arena.deployment.audit().await.items;
            assert_eq!(before, after, "{method} {path} wrote something");
        }
    }
}

#[tokio::test]
async fn k9_who_is_raised_above_the_caller_meanwhile_is_out_of_reach() {
    let arena = Arena::on(Deployment::new().await);
    let workspace = arena.workspace().await;
    let process = arena.direct();
    let admin = process.member(&arena.olga, &workspace, "ada", "admin").await;
    for (number, act) in ["remove", "demote", "approve"].into_iter().enumerate() {
        let tea = process.member(&arena.olga, &workspace, &format!("tea{number}"), "member").await;
        let asked = process.ask_to_leave(&tea, &workspace).await;
        let slow = {
            let (admin, tea, workspace) = (admin.clone(), tea.clone(), workspace.clone());
            move |process: Process| async move {
                match act {
                    "remove" => process.remove(&admin, &workspace, &tea).await,
                    "demote" => process.change_role(&admin, &workspace, &tea, "admin").await,
                    _ => process.post(&admin, &format!("{asked}/approve"), Value::Null).await,
                }
            }
        };
        let raise = {
            let (olga, tea, workspace) = (&arena.olga, &tea, &workspace);
            move |process: Process| async move { process.change_role(olga, workspace, tea, "owner").await }
        };
        let (slow, fast) = arena.overtake(slow, raise).await;
        fast.expect(200);
        slow.expect_problem(403, "forbidden");
        let dump = arena.deployment.audit().await;
        assert_eq!(dump.members[&(id_of(&workspace), tea.id())].role.0, "owner", "{act}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn k9_what_a_demoted_admin_was_told_is_what_was_written() {
    rounds(Deployment::new, async |arena| {
        let workspace = arena.workspace().await;
        let admin = arena.direct().member(&arena.olga, &workspace, "ada", "admin").await;
        arena.direct().buy(&arena.olga, &workspace, "pro", RACERS).await;
        let racers = (0..RACERS).map(|number| {
            let (process, workspace) = (arena.process(number), workspace.clone());
            let (olga, admin) = (arena.olga.clone(), admin.clone());
            async move {
                if number == RACERS / 2 {
                    process.change_role(&olga, &workspace, &admin, "member").await
                } else {
                    let body = json!({ "emails": [somebody(&format!("new{number}")).email] });
                    process.post(&admin, &format!("{workspace}/invitations"), body).await
                }
            }
        });
        let replies = at_once(racers).await;
        let outcomes = outcomes(&replies);
        assert_eq!(outcomes[&(200, "")], 1, "{outcomes:?}");
        let made = outcomes.get(&(201, "")).copied().unwrap_or_default();
        let refused = outcomes.get(&(403, "forbidden")).copied().unwrap_or_default();
        assert_eq!(made + refused, RACERS - 1, "{outcomes:?}");
        let dump = arena.deployment.dump().await;
        let pending = dump.seat_counts(id_of(&workspace), arena.deployment.clock.now())[1];
        assert_eq!(pending, made);
    })
    .await;
}

/// The fault that the database answers, and the number of calls that a request makes of it before it gives up.
const STORMS: [(&str, Fault, usize); 6] = [
    // The runner decides again, a bounded number of times.
    ("TransactWriteItems", Fault::Cancel(&["None", "TransactionConflict"]), 10),
    ("TransactWriteItems", Fault::Cancel(&["ConditionalCheckFailed"]), 10),
    // Throttled: the SDK repeats by itself, or nobody does.
    ("TransactWriteItems", Fault::Refuse(400, "ThrottlingException"), 3),
    ("TransactWriteItems", Fault::Cancel(&["ThrottlingError"]), 1),
    ("BatchGetItem", Fault::Refuse(400, "ProvisionedThroughputExceededException"), 3),
    ("BatchGetItem", Fault::LeaveKeys, 5),
];

#[tokio::test]
async fn k12_in_a_storm_a_request_ends_and_after_it_the_same_one_works() {
    let arena = Arena::on(Deployment::new().await);
    let workspace = arena.workspace().await;
    arena.direct().buy(&arena.olga, &workspace, "pro", 3 * STORMS.len()).await;
    let path = format!("{workspace}/invitations");
    for (number, (action, fault, tries)) in STORMS.into_iter().enumerate() {
        let proxy = Proxy::before(&arena.deployment.engine).await;
        let process = arena.deployment.process_behind(&proxy);
        process.service.warm_up(true).await;
        // Three at once, so that a batch that answers one key a time does not come to its end.
        let emails = ["ann", "ben", "cem"].map(|name| somebody(&format!("{name}{number}")).email);
        let body = json!({ "emails": emails });
        let key = format!("key-{number}");
        let invite =
            async || process.call_with_key(&arena.olga, "POST", &path, body.clone(), Some(&key)).await;
        let before = arena.deployment.dump().await.items;
        let calls = proxy.calls(action);
        proxy.storm(action, fault.clone());
        let reply = invite().await;
        assert_eq!(proxy.calls(action) - calls, tries, "{fault:?}");
        let headers = reply.headers.clone();
        reply.expect_problem(503, "conflict_busy");
        assert_eq!(headers["retry-after"], "1");
        assert_eq!(arena.deployment.audit().await.items, before, "{fault:?} left something behind");
        proxy.calm();
        let made = invite().await.expect(201);
        assert_eq!(invite().await.expect(201), made);
    }
    let dump = arena.deployment.audit().await;
    assert_eq!(dump.invitations.len(), 3 * STORMS.len());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn k12_in_a_storm_all_requests_end_and_after_it_all_work() {
    rounds(Deployment::new, async |arena| {
        let workspace = arena.workspace().await;
        arena.direct().buy(&arena.olga, &workspace, "pro", RACERS).await;
        let proxy = Proxy::before(&arena.deployment.engine).await;
        let processes = [arena.deployment.process_behind(&proxy), arena.deployment.process_behind(&proxy)];
        join_all(processes.iter().map(|process| process.service.warm_up(true))).await;
        let racers = || {
            (0..RACERS).map(|number| {
                let (process, olga) = (processes[number % 2].clone(), arena.olga.clone());
                let path = format!("{workspace}/invitations");
                let body = json!({ "emails": [somebody(&format!("tea{number}")).email] });
                let key = format!("key-{number}");
                async move { process.call_with_key(&olga, "POST", &path, body, Some(&key)).await }
            })
        };
        proxy.storm("TransactWriteItems", Fault::Cancel(&["TransactionConflict"]));
        let replies = at_once(racers()).await;
        assert_eq!(outcomes(&replies), BTreeMap::from([((503, "conflict_busy"), RACERS)]));
        assert_eq!(proxy.calls("TransactWriteItems"), 10 * RACERS, "bounded");
        proxy.calm();
        let replies = at_once(racers()).await;
        assert_eq!(outcomes(&replies), BTreeMap::from([((201, ""), RACERS)]));
        let dump = arena.deployment.dump().await;
        assert_eq!(dump.seat_counts(id_of(&workspace), arena.deployment.clock.now()), [0, RACERS, 0, 0]);
    })
    .await;
}
