//! Leaving a workspace without asking.

use serde_json::{Value, json};

use crate::support::client::Client as _;
use crate::support::office::{office, switcher};

#[tokio::test]
async fn l6_who_is_not_the_owner_leaves() {
    let (app, olga, workspace) = office("role-ladder").await;
    let tea = app.bring(&olga, &workspace, "tea@acme.example", "member").await;
    let adam = app.bring(&olga, &workspace, "adam@acme.example", "admin").await;
    let leave = format!("{workspace}/leave");
    let id = json!(workspace.rsplit('/').next());
    app.call(&tea, "PATCH", "/v1/me", json!({ "currentWorkspaceId": id, "timezone": "Europe/Riga" }))
        .await
        .expect(200);
    app.post(&olga, &leave, Value::Null).await.expect_problem(403, "leave_not_offered");
    app.remove(&olga, &workspace, &olga).await.expect_problem(403, "own_removal");
    for who in [&tea, &adam] {
        app.post(who, &leave, Value::Null).await.expect(204);
        app.post(who, &leave, Value::Null).await.expect_problem(404, "not_found");
        app.get(who, &workspace).await.expect_problem(404, "not_found");
        assert_eq!(switcher(&app, who).await, []);
    }
    assert_eq!(app.listed(&olga, &workspace, "").await, ["olga@acme.example"]);
    assert_eq!(app.get(&olga, &workspace).await.expect(200)["members"], 1);
    // Their account stays; the workspace is not where they are any more; they may be invited again.
    let entered = app.post(&tea, "/v1/me", json!({})).await.expect(200);
    assert_eq!(
        (&entered["user"]["timezone"], &entered["next"]),
        (&json!("Europe/Riga"), &json!("onboarding"))
    );
    assert_eq!(entered["user"]["currentWorkspaceId"], Value::Null);
    app.bring(&olga, &workspace, "tea@acme.example", "admin").await;

    // An owner among others does not leave either; as anything else she does, creator or not.
    let eve = app.bring(&olga, &workspace, "eve@acme.example", "owner").await;
    app.post(&eve, &leave, Value::Null).await.expect_problem(403, "leave_not_offered");
    app.change_role(&eve, &workspace, &olga, "admin").await.expect(200);
    app.post(&olga, &leave, Value::Null).await.expect(204);
    assert_eq!(app.listed(&eve, &workspace, "").await.len(), 2);
}

#[tokio::test]
async fn f12_nobody_leaves_on_their_own() {
    let (app, olga, workspace) = office("flat-owners").await;
    let tea = app.bring(&olga, &workspace, "tea@acme.example", "member").await;
    let requests = format!("{workspace}/leave-requests");
    for who in [&olga, &tea] {
        app.post(who, &format!("{workspace}/leave"), Value::Null)
            .await
            .expect_problem(403, "leave_not_offered");
        app.post(who, &requests, json!({})).await.expect_problem(403, "leave_not_offered");
        app.get(who, &requests).await.expect_problem(403, "leave_not_offered");
    }
    assert_eq!(app.listed(&olga, &workspace, "").await.len(), 2);
}
