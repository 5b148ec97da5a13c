//! Races of services: a service has no membership, so its writes rest on the workspace alone.

use futures::future::BoxFuture;
use seatwise_cli::dev::ISSUER;
use serde_json::{Value, json};

use crate::support::arena::{Arena, RACERS, at_once, people, rounds};
use crate::support::client::{Client as _, id_of};
use crate::support::deployment::Deployment;
use crate::support::person::{Person, somebody};
use crate::support::process::Process;
use crate::support::reply::{Reply, text};
use crate::support::stream::delete_workspaces;

async fn flat_owners() -> Deployment {
    Deployment::under("flat-owners", &[]).await
}

fn backend() -> Person {
    Person::service("service:backend")
}

fn request(
    who: &Person,
    method: &'static str,
    path: String,
    body: Value,
) -> impl FnOnce(Process) -> BoxFuture<'static, Reply> + use<> {
    let who = who.clone();
    move |process| Box::pin(async move { process.call(&who, method, &path, body).await })
}

/// A workspace of Olga's with 100 credits.
async fn workspace(arena: &Arena) -> String {
    let workspace = arena.workspace().await;
    let buy = json!({ "quantity": 1 });
    arena.direct().post(&arena.olga, &format!("{workspace}/credits"), buy).await.expect(201);
    workspace
}

fn spend(
    who: &Person,
    workspace: &str,
    amount: u32,
) -> impl FnOnce(Process) -> BoxFuture<'static, Reply> + use<> {
    let body = json!({ "amount": amount, "reason": "A call" });
    request(who, "POST", format!("{workspace}/credits/spend"), body)
}

/// Checks that nothing of a deleted workspace was written anew.
async fn assert_gone(arena: &Arena, workspace: &str) {
    while delete_workspaces(arena.direct()).await > 0 {}
    let dump = arena.deployment.audit().await;
    assert!(!dump.workspaces.contains_key(&id_of(workspace)));
    assert!(!dump.ledger.iter().any(|entry| entry.workspace == id_of(workspace)));
    assert!(!dump.credits.contains_key(&id_of(workspace)));
}

#[tokio::test]
async fn k64_an_overtaken_service_writes_nothing_into_a_deleted_workspace() {
    let arena = Arena::on(flat_owners().await);
    let workspace = workspace(&arena).await;
    let delete = request(&arena.olga, "DELETE", workspace.clone(), Value::Null);
    let (slow, fast) = arena.overtake(spend(&backend(), &workspace, 10), delete).await;
    fast.expect(204);
    slow.expect_problem(404, "not_found");
    assert_gone(&arena, &workspace).await;
}

#[tokio::test]
async fn k64_an_overtaken_service_sets_no_plan_of_a_deleted_workspace() {
    let arena = Arena::on(Deployment::under("role-seats", &[]).await);
    let workspace = arena.workspace().await;
    let path = workspace.replace("/v1/", "/v1/service/") + "/plan";
    let set = request(&backend(), "PUT", path, json!({ "plan": "enterprise" }));
    let delete = request(&arena.olga, "DELETE", workspace.clone(), Value::Null);
    let (slow, fast) = arena.overtake(set, delete).await;
    fast.expect(204);
    slow.expect_problem(404, "not_found");
    assert_gone(&arena, &workspace).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn k64_services_that_spend_while_the_workspace_is_deleted_leave_nothing() {
    rounds(flat_owners, async |arena| {
        let workspace = workspace(arena).await;
        let racers = (0..RACERS).map(|number| {
            let delete = request(&arena.olga, "DELETE", workspace.clone(), Value::Null);
            let spend = spend(&backend(), &workspace, 1);
            let process = arena.process(number);
            async move { if number == RACERS / 2 { delete(process).await } else { spend(process).await } }
        });
        let replies = at_once(racers).await;
        for reply in &replies {
            let is_known =
                matches!(reply.status.as_u16(), 200 | 204 | 404) || reply.code() == "conflict_busy";
            assert!(is_known, "{}", reply.text);
        }
        let dump = arena.deployment.dump().await;
        let is_deleted = !dump.workspaces.contains_key(&id_of(&workspace));
        assert_eq!(is_deleted, replies.iter().any(|reply| reply.status == 204));
        if is_deleted {
            assert_gone(arena, &workspace).await;
        }
    })
    .await;
}

/// A service and a person spend from one balance, and each sees only their own receipts.
#[tokio::test]
async fn k64_a_service_and_a_person_with_the_same_key_both_spend() {
    let arena = Arena::on(flat_owners().await);
    let workspace = workspace(&arena).await;
    let path = format!("{workspace}/credits/spend");
    let body = |amount: u32| json!({ "amount": amount, "reason": "A call" });
    let call = async |who: &Person, amount| {
        arena.direct().call_with_key(who, "POST", &path, body(amount), Some("one-key")).await
    };
    assert_eq!(call(&backend(), 10).await.expect(200)["balance"], 90);
    assert_eq!(call(&arena.olga, 20).await.expect(200)["balance"], 70);
    // A person whose issuer calls them by the name of the service is another caller.
    let namesake = arena.olga.by("backend");
    assert_ne!(call(&namesake, 10).await.status, 200);
    assert_eq!(call(&backend(), 10).await.expect(200)["balance"], 90);
    assert_eq!(call(&arena.olga, 20).await.expect(200)["balance"], 70);
    call(&backend(), 30).await.expect_problem(422, "idempotency_mismatch");
    let (slow, fast) =
        arena.overtake(spend(&backend(), &workspace, 60), spend(&arena.olga, &workspace, 50)).await;
    fast.expect(200);
    slow.expect_problem(409, "credits_insufficient");
    arena.deployment.audit().await;
}

fn add(
    workspace: &str,
    who: &Person,
    role: &str,
) -> impl FnOnce(Process) -> BoxFuture<'static, Reply> + use<> {
    let body = json!({ "issuer": ISSUER, "subject": who.subject(), "email": who.email, "role": role });
    request(&backend(), "POST", format!("{workspace}/members"), body)
}

/// Whoever is added takes a seat that is there, and nobody a second one.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn k1_many_who_are_added_take_the_seats_that_are_there() {
    rounds(Deployment::new, async |arena| {
        let workspace = arena.workspace().await;
        arena.direct().buy(&arena.olga, &workspace, "pro", 3).await;
        let before = arena.deployment.dump().await.members.len();
        let newcomers = people("new", RACERS);
        let racers = newcomers.iter().enumerate().map(|(number, who)| {
            let (add, process) = (add(&workspace, who, "member"), arena.process(number));
            async move { add(process).await }
        });
        let replies = at_once(racers).await;
        let added = replies.iter().filter(|reply| reply.status == 201).count();
        assert!(added <= 3, "{added}");
        assert_eq!(arena.deployment.dump().await.members.len(), before + added);
        for reply in replies.iter().filter(|reply| reply.status != 201) {
            assert!(["no_seat_available", "conflict_busy"].contains(&reply.code()), "{}", reply.text);
        }
    })
    .await;
}

/// One person is added once, however many add them.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn k2_a_person_is_added_once() {
    rounds(
        async || Deployment::under("role-ladder", &[]).await,
        async |arena| {
            let workspace = arena.workspace().await;
            let tea = somebody("tea");
            let racers = (0..RACERS).map(|number| {
                let (add, process) = (add(&workspace, &tea, "member"), arena.process(number));
                async move { add(process).await }
            });
            let replies = at_once(racers).await;
            assert_eq!(replies.iter().filter(|reply| reply.status == 201).count(), 1);
            let dump = arena.deployment.dump().await;
            assert!(dump.members.contains_key(&(id_of(&workspace), tea.id())));
        },
    )
    .await;
}

/// K44: who leaves while a backend adds them again stays away.
#[tokio::test]
async fn k44_nobody_who_leaves_meanwhile_is_added() {
    let arena = Arena::on(Deployment::under("role-ladder", &[]).await);
    let workspace = arena.workspace().await;
    let tea = somebody("tea");
    let join = arena.direct().invite(&arena.olga, &workspace, "tea", "member").await;
    // The backend has read that Tea is no member yet; she joins and is removed before it writes.
    let (olga, there, person) = (arena.olga.clone(), workspace.clone(), tea.clone());
    let in_and_out = |process: Process| async move {
        process.join(&person, &join).await.expect(200);
        process.remove(&olga, &there, &person).await
    };
    let (slow, fast) = arena.overtake(add(&workspace, &tea, "member"), in_and_out).await;
    fast.expect(204);
    slow.expect_problem(403, "personal_invitation_required");
    let dump = arena.deployment.audit().await;
    assert!(!dump.members.contains_key(&(id_of(&workspace), tea.id())));
}

/// A key is not made for a member who is removed meanwhile, and nothing is left of one that is deleted.
#[tokio::test]
async fn k66_no_key_outlives_a_race() {
    let arena = Arena::on(flat_owners().await);
    let workspace = arena.workspace().await;
    let tea = somebody("tea");
    let invitation = arena.direct().invite(&arena.olga, &workspace, "tea", "member").await;
    arena.direct().join(&tea, &invitation).await.expect(200);
    let keys = format!("{workspace}/api-keys");
    let make = |who: &Person| request(who, "POST", keys.clone(), json!({ "name": "Import" }));
    let remove = request(&arena.olga, "DELETE", format!("{workspace}/members/{}", tea.id()), Value::Null);
    let (slow, fast) = arena.overtake(make(&tea), remove).await;
    fast.expect(204);
    slow.expect_problem(404, "not_found");
    assert_eq!(arena.deployment.audit().await.api_keys.len(), 0);
    // A rotation that a revocation overtakes gives no secret.
    let own = make(&arena.olga)(arena.direct().clone()).await.expect(201);
    let key = format!("{keys}/{}", text(&own["id"]));
    let rotate = request(&arena.olga, "POST", format!("{key}/rotate"), json!({}));
    let revoke = request(&arena.olga, "POST", format!("{key}/revoke"), Value::Null);
    let (slow, fast) = arena.overtake(rotate, revoke).await;
    fast.expect(200);
    slow.expect_problem(409, "api_key_revoked");
    arena.deployment.audit().await;
}
