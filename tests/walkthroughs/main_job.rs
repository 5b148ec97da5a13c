//! The main job from end to end.

use serde_json::json;

use crate::support::app::App;
use crate::support::client::Client as _;
use crate::support::reply::text;

#[tokio::test]
async fn the_main_job() {
    let app = App::new().await;
    let owner = app.sign_in_as(json!({ "email": "olga@acme.example", "firstName": "Olga" })).await;
    let entered = app.post(&owner, "/v1/me", json!({})).await.expect(200);
    assert_eq!(entered["next"], "onboarding");
    let workspace = app.workspace(&owner).await;
    app.buy(&owner, &workspace, "pro", 2).await;

    // A teammate is invited by mail, opens the link and joins that seat.
    let invitation = app.invite(&owner, &workspace, "tea@acme.example", "member").await;
    app.local.settle().await;
    let mails = app.local.mailbox.sent_to("tea@acme.example");
    assert_eq!(mails.len(), 1);
    assert_eq!(mails[0].links, [text(&invitation["url"])]);
    assert!(mails[0].text.contains("Olga") && mails[0].text.contains("Acme"));
    let tea =
        app.sign_in_as(json!({ "email": "tea@acme.example", "firstName": "Tea", "lastName": "Mate" })).await;
    let entered = app.post(&tea, "/v1/me", json!({})).await.expect(200);
    assert_eq!(entered["next"], "invitations");
    assert_eq!(entered["invitations"][0]["workspace"]["name"], "Acme");
    let joined = app.join_by(&tea, &mails[0].links[0]).await.expect(200);
    assert_eq!(joined["member"]["seat"]["id"], invitation["seatId"]);
    assert_eq!(joined["next"], "onboarding");

    // The teammate is made admin.
    let tea_id = tea.id().to_string();
    let changed = app
        .call(&owner, "PUT", &format!("{workspace}/members/{tea_id}/role"), json!({ "role": "admin" }))
        .await
        .expect(200);
    assert_eq!(changed["badge"]["label"], "Admin");

    // Another asks to leave and is let go.
    let lee = app.member(&owner, &workspace, "lee@acme.example", "member").await;
    let asked = app
        .post(&lee, &format!("{workspace}/leave-requests"), json!({ "reason": "Moving on" }))
        .await
        .expect(201);
    let path = format!("{workspace}/leave-requests/{}/approve", text(&asked["id"]));
    assert_eq!(app.post(&tea, &path, json!({})).await.expect(200)["status"], "approved");
    app.get(&lee, &workspace).await.expect_problem(404, "not_found");
    let details = app.get(&owner, &workspace).await.expect(200);
    assert_eq!(details["members"], 2);
    assert_eq!(
        details["seats"],
        json!({ "total": 3, "filled": 1, "pending": 0, "available": 2, "expired": 0 })
    );
}
