//! Races of services: a service has no membership, so its writes rest on the workspace alone.

use futures::future::BoxFuture;
use serde_json::{Value, json};

use crate::support::arena::{Arena, RACERS, at_once, rounds};
use crate::support::client::{Client as _, id_of};
use crate::support::deployment::Deployment;
use crate::support::person::Person;
use crate::support::process::Process;
use crate::support::reply::Reply;
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
