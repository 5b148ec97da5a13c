//! Services: backends of the host that call with access tokens of their own (K64).

use serde_json::{Value, json};

use crate::support::app::App;
use crate::support::catalogue::{Call, of_callers};
use crate::support::client::Client as _;
use crate::support::person::Person;
use crate::support::reply::text;

const BACKEND: &str = "service:backend";
const REPORTING: &str = "service:reporting";

#[tokio::test]
async fn k64_a_service_token_is_never_a_person() {
    let app = App::new().await;
    let backend = app.sign_in(BACKEND).await;
    let before = app.dump().await;
    // Whatever people do is closed to it, before anything is read.
    for row in of_callers().filter(|row| !row.public && !row.services_only) {
        let path = row.path.replace("{workspaceId}", "0198f2c4-0000-7000-8000-000000000001");
        let path = ["{userId}", "{seatId}", "{purchaseId}"]
            .iter()
            .fold(path, |path, name| path.replace(name, "0198f2c4-0000-7000-8000-000000000002"));
        if path.contains('{') {
            continue;
        }
        let reply = app.ask(&backend, row, &path, Call::to(row).body).await;
        assert!([403, 404, 422].contains(&reply.status.as_u16()), "{}: {}", row.name, reply.text);
    }
    let entered = app.post(&backend, "/v1/me", Value::Null).await;
    assert_eq!(entered.expect_problem(403, "forbidden")["reason"], "people_only");
    // Not even with the claims of a person.
    let dressed = app.signed(&Person { email: "ada@acme.example".to_owned(), verified: true, ..backend });
    let entered = app.post(&dressed, "/v1/me", Value::Null).await;
    assert_eq!(entered.expect_problem(403, "forbidden")["reason"], "people_only");
    assert_eq!(app.dump().await.changed_since(&before), [""; 0]);
}

#[tokio::test]
async fn k64_a_persons_token_is_never_a_service() {
    let app = App::with_pack("role-seats").await;
    let olga = app.sign_in("olga@acme.example").await;
    let workspace = app.workspace(&olga).await;
    let path = workspace.replace("/v1/", "/v1/service/") + "/plan";
    let refused = app.call(&olga, "PUT", &path, json!({ "plan": "enterprise" })).await;
    assert_eq!(refused.expect_problem(403, "forbidden")["reason"], "services_only");
    // The local sign-in takes any address; no address becomes the subject of a service.
    for email in ["backend@service.example", "service-backend@acme.example"] {
        let person = app.sign_in_as(json!({ "email": email })).await;
        let refused = app.call(&person, "PUT", &path, json!({ "plan": "enterprise" })).await;
        assert_eq!(refused.expect_problem(403, "forbidden")["reason"], "services_only");
        app.get(&person, &workspace).await.expect_problem(404, "not_found");
    }
    app.call(None, "POST", "/dev/sign-in", json!({ "email": "service:backend" }))
        .await
        .expect_problem(422, "invalid_request");
}

#[tokio::test]
async fn k64_the_local_server_knows_the_services_of_the_pack() {
    let app = App::new().await;
    let refused = app.call(None, "POST", "/dev/service-token", json!({ "name": "frontend" })).await;
    let problem = refused.expect_problem(422, "invalid_request");
    assert_eq!(problem["choices"], json!(["backend", "reporting"]));
    let reply = app
        .call(None, "POST", "/dev/service-token", json!({ "name": "backend", "scopes": ["a", "b"] }))
        .await;
    assert!(!text(&reply.expect(200)["token"]).is_empty());
}

#[tokio::test]
async fn a_service_reads_every_workspace_and_the_policies_say_what_else() {
    let app = App::with_pack("flat-owners").await;
    let olga = app.sign_in("olga@acme.example").await;
    let workspace = app.workspace(&olga).await;
    app.post(&olga, &format!("{workspace}/credits"), json!({ "quantity": 1 })).await.expect(201);
    let (backend, reporting) = (app.sign_in(BACKEND).await, app.sign_in(REPORTING).await);
    for service in [&backend, &reporting] {
        let read = app.get(service, &workspace).await.expect(200);
        assert_eq!((&read["role"], &read["creatorId"]), (&Value::Null, &json!(olga.id())));
        let members = app.get(service, &format!("{workspace}/members")).await.expect(200);
        assert_eq!(members["items"][0]["userId"], json!(olga.id()));
    }
    let spend = json!({ "amount": 40, "reason": "a campaign" });
    let path = format!("{workspace}/credits/spend");
    let refused = app.post(&reporting, &path, spend.clone()).await.expect_problem(403, "forbidden").clone();
    assert_eq!(refused["reason"], "not_permitted");
    // A repetition with the same key spends once.
    for _ in 0..2 {
        let reply = app.call_with_key(&backend, "POST", &path, spend.clone(), Some("k")).await;
        assert_eq!(reply.expect(200)["balance"], 60);
    }
    app.post(&backend, &path, json!({ "amount": 61, "reason": "x" }))
        .await
        .expect_problem(409, "credits_insufficient");
    let dump = app.dump().await;
    let line = dump.ledger.iter().find(|entry| entry.amount < 0).expect("a line");
    assert_eq!(line.by_service.as_ref().map(ToString::to_string).as_deref(), Some("backend"));
    let event = dump.events.iter().find(|event| event.event_type == "credits.spent").expect("an event");
    assert_eq!((event.actor.id.as_str(), event.actor.name.as_deref()), ("backend", Some("Backend")));
    assert!(dump.users.is_empty() || dump.users.keys().all(|user| *user == olga.id()));
}

/// A service without the permission does not learn which workspaces exist, and writes nothing into a deleted one.
#[tokio::test]
async fn a_service_learns_nothing_of_workspaces_that_do_not_exist() {
    let app = App::with_pack("role-seats").await;
    let olga = app.sign_in("olga@acme.example").await;
    let workspace = app.workspace(&olga).await;
    let (backend, reporting) = (app.sign_in(BACKEND).await, app.sign_in(REPORTING).await);
    let plan = |workspace: &str| workspace.replace("/v1/", "/v1/service/") + "/plan";
    let body = json!({ "plan": "enterprise" });
    app.call(&olga, "DELETE", &workspace, Value::Null).await.expect(204);
    let other = app.workspace(&olga).await;
    let mut answers = Vec::new();
    for workspace in [&workspace, &other] {
        let reply = app.call(&reporting, "PUT", &plan(workspace), body.clone()).await;
        answers.push(reply.anonymous());
        reply.expect_problem(403, "forbidden");
    }
    assert_eq!(answers[0], answers[1]);
    app.call(&backend, "PUT", &plan(&workspace), body.clone()).await.expect_problem(404, "not_found");
    app.get(&backend, &workspace).await.expect_problem(404, "not_found");
    app.call(&backend, "PUT", &plan(&other), body).await.expect(200);
}

/// R7: what the account manager agreed on is set by the backend, without a payment.
#[tokio::test]
async fn r7_a_service_sets_a_plan_that_the_operator_manages() {
    let app = App::with_pack("role-seats").await;
    let olga = app.sign_in("olga@acme.example").await;
    let workspace = app.workspace(&olga).await;
    let backend = app.sign_in(BACKEND).await;
    let path = workspace.replace("/v1/", "/v1/service/") + "/plan";
    let set = |plan: &str| app.call(&backend, "PUT", &path, json!({ "plan": plan }));
    assert_eq!(set("enterprise").await.expect(200)["plan"], "enterprise");
    assert_eq!(app.get(&olga, &workspace).await.expect(200)["plan"], "enterprise");
    // From a managed plan to any other; from there, members buy.
    assert_eq!(set("trial").await.expect(200)["plan"], "trial");
    let refused = set("business").await.expect_problem(422, "invalid_request").clone();
    assert!(text(&refused["errors"][0]["message"]).contains("enterprise"), "{refused}");
    let unknown = set("gold").await.expect_problem(422, "plan_unknown").clone();
    assert!(unknown["choices"].is_array(), "{unknown}");
}
