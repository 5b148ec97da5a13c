//! Races for the limits of mails and of workspaces (K49).

use serde_json::{Value, json};

use crate::support::arena::{Arena, RACERS, at_once, outcomes, people, rounds};
use crate::support::client::Client as _;
use crate::support::deployment::Deployment;
use crate::support::packs;
use crate::support::person::somebody;
use crate::support::reply::{Reply, text};

/// All of them succeeded or found the limit, and these succeeded.
fn succeeded(replies: &[Reply], done: u16, refused: (u16, &str)) -> usize {
    let outcomes = outcomes(replies);
    let known = [(done, ""), refused, (503, "conflict_busy")];
    assert!(outcomes.keys().all(|outcome| known.contains(outcome)), "{outcomes:?}");
    outcomes.get(&(done, "")).copied().unwrap_or_default()
}

#[tokio::test]
async fn k49_a_resend_that_is_overtaken_finds_the_limit() {
    let limit = ("[leave]", "[mail]\nworkspace-to-address = 2\n\n[leave]");
    let arena = Arena::on(Deployment::under(packs::DEFAULT, &[limit]).await);
    let workspace = arena.workspace().await;
    arena.direct().buy(&arena.olga, &workspace, "pro", 1).await;
    let invitation = arena.direct().invite(&arena.olga, &workspace, &somebody("tea"), "member").await;
    let path = format!("{workspace}/invitations/{}/resend", text(&invitation["id"]));
    let resend = || {
        let (olga, path) = (arena.olga.clone(), path.clone());
        move |process: crate::support::process::Process| async move {
            process.post(&olga, &path, Value::Null).await
        }
    };
    let (slow, fast) = arena.overtake(resend(), resend()).await;
    fast.expect(200);
    slow.expect_problem(429, "too_many_mails");
    assert_eq!(arena.deployment.dump().await.mails.len(), 2);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn k49_of_many_resends_ten_mails_go_out() {
    rounds(Deployment::new, async |arena| {
        let workspace = arena.workspace().await;
        arena.direct().buy(&arena.olga, &workspace, "pro", 1).await;
        let before = arena.deployment.dump().await.mails.len();
        let tea = people("tea", 1).remove(0);
        let quiet = json!({ "emails": [format!("{before}-{}", tea.email)], "sendEmail": false });
        let path = format!("{workspace}/invitations");
        let made = arena.direct().post(&arena.olga, &path, quiet).await.expect(201);
        let path = format!("{path}/{}/resend", text(&made["items"][0]["invitation"]["id"]));
        // Who meets the others too often is told to try again.
        let mut sent = 0;
        while sent < 10 {
            let racers = (0..RACERS).map(|number| {
                let (process, olga, path) = (arena.process(number), arena.olga.clone(), path.clone());
                async move { process.post(&olga, &path, Value::Null).await }
            });
            sent += succeeded(&at_once(racers).await, 200, (429, "too_many_mails"));
        }
        assert_eq!(sent, 10);
        arena.direct().post(&arena.olga, &path, Value::Null).await.expect_problem(429, "too_many_mails");
        assert_eq!(arena.deployment.dump().await.mails.len() - before, 10);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn k49_a_sender_is_limited_in_all_workspaces_together() {
    let limit = ("[leave]", "[mail]\nsender = 7\n\n[leave]");
    let deployment = async || Deployment::under("role-ladder", &[limit]).await;
    rounds(deployment, async |arena| {
        let olga = people("sender", arena.deployment.dump().await.workspaces.len() + 1).pop().expect("one");
        let mut workspaces = Vec::new();
        for _ in 0..5 {
            workspaces.push(arena.direct().workspace(&olga).await);
        }
        let before = arena.deployment.dump().await.mails.len();
        let mut sent = 0;
        for attempt in 0..20 {
            let racers = (0..RACERS).map(|number| {
                let (process, olga) = (arena.process(number), olga.clone());
                let path = format!("{}/invitations", workspaces[number % workspaces.len()]);
                let body = json!({ "emails": [format!("to{attempt}-{number}@acme.example")] });
                async move { process.post(&olga, &path, body).await }
            });
            sent += succeeded(&at_once(racers).await, 201, (429, "too_many_mails"));
            if sent >= 7 {
                break;
            }
        }
        assert_eq!((sent, arena.deployment.dump().await.mails.len() - before), (7, 7));
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn k49_nobody_creates_more_workspaces_than_the_pack_allows() {
    let limit = ("[leave]", "[workspaces]\ncreated-per-person = 3\n\n[leave]");
    let deployment = async || Deployment::under("role-ladder", &[limit]).await;
    rounds(deployment, async |arena| {
        let before = arena.deployment.dump().await.workspaces.len();
        let maker = people("maker", before + 1).pop().expect("one");
        let mut made = 0;
        while made < 3 {
            let racers = (0..RACERS).map(|number| {
                let (process, maker) = (arena.process(number), maker.clone());
                async move { process.post(&maker, "/v1/workspaces", json!({ "name": "Acme" })).await }
            });
            made += succeeded(&at_once(racers).await, 201, (409, "workspace_limit_reached"));
        }
        let dump = arena.deployment.dump().await;
        assert_eq!((made, dump.workspaces.len() - before), (3, 3));
        assert_eq!(dump.membership_counts[&maker.id()], 3);
    })
    .await;
}
