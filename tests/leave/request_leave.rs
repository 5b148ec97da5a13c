//! Asking to leave, and the decision.

use serde_json::{Value, json};

use crate::support::app::App;
use crate::support::client::Client as _;
use crate::support::reply::text;

#[tokio::test]
async fn s10_a_member_asks_to_leave_and_owners_and_admins_decide() {
    let app = App::new().await;
    let owner = app.sign_in("olga@acme.example").await;
    let workspace = app.workspace(&owner).await;
    let admin = app.member(&owner, &workspace, "adam@acme.example", "admin").await;
    let tea = app.member(&owner, &workspace, "tea@acme.example", "member").await;
    let requests = format!("{workspace}/leave-requests");
    app.post(&owner, &requests, json!({})).await.expect_problem(403, "leave_not_offered");

    let asked = app.post(&tea, &requests, Value::Null).await.expect(201);
    assert_eq!((&asked["status"], &asked["reason"]), (&json!("pending"), &Value::Null));
    app.post(&tea, &requests, json!({ "reason": "again" })).await.expect_problem(409, "leave_pending");
    let one = format!("{requests}/{}", text(&asked["id"]));
    app.post(&tea, &format!("{one}/approve"), json!({})).await.expect_problem(403, "own_removal");
    // Taken back before a decision; and no decision after that.
    app.call(&admin, "DELETE", &one, Value::Null).await.expect_problem(403, "forbidden");
    app.call(&tea, "DELETE", &one, Value::Null).await.expect(204);
    app.post(&admin, &format!("{one}/approve"), json!({})).await.expect_problem(409, "leave_decided");

    let asked = app.post(&tea, &requests, json!({ "reason": "Moving on" })).await.expect(201);
    let one = format!("{requests}/{}", text(&asked["id"]));
    let denied =
        app.post(&admin, &format!("{one}/deny"), json!({ "reason": "Hand over first" })).await.expect(200);
    assert_eq!((&denied["status"], &denied["decisionReason"]), (&json!("denied"), &json!("Hand over first")));
    // The log says whose request it was.
    let events = app.get(&owner, &format!("{workspace}/events?type=leave_request.denied")).await.expect(200);
    let joined = app.get(&owner, &format!("{workspace}/events?type=member.joined&target={}", tea.id())).await;
    let name = &joined.expect(200)["items"][0]["targets"][0]["name"];
    assert!(name.is_string() && events["items"][0]["targets"][0]["name"] == *name, "{events}");
    app.get(&tea, &workspace).await.expect(200);

    let asked = app.post(&tea, &requests, json!({})).await.expect(201);
    app.post(&admin, &requests, json!({})).await.expect(201);
    // Deciders see all, others their own.
    assert_eq!(app.get(&owner, &requests).await.expect(200)["items"].as_array().unwrap().len(), 4);
    assert_eq!(app.get(&tea, &requests).await.expect(200)["items"].as_array().unwrap().len(), 3);
    let one = format!("{requests}/{}", text(&asked["id"]));
    app.post(&owner, &format!("{one}/approve"), json!({})).await.expect(200);
    app.post(&owner, &format!("{one}/approve"), json!({})).await.expect_problem(409, "leave_decided");
    app.get(&tea, &workspace).await.expect_problem(404, "not_found");
}

#[tokio::test]
async fn s10_removal_closes_a_leave_request() {
    let app = App::new().await;
    let owner = app.sign_in("olga@acme.example").await;
    let workspace = app.workspace(&owner).await;
    let tea = app.member(&owner, &workspace, "tea@acme.example", "member").await;
    let requests = format!("{workspace}/leave-requests");
    app.post(&tea, &requests, json!({})).await.expect(201);
    app.call(&owner, "DELETE", &format!("{workspace}/members/{}", tea.id()), Value::Null).await.expect(204);
    let listed = app.get(&owner, &requests).await.expect(200);
    assert_eq!(listed["items"][0]["status"], "withdrawn");
}
