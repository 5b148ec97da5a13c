//! The workspaces that a person is in.

use serde_json::json;

use crate::support::client::Client as _;
use crate::support::office::{office, sorted, switcher};
use crate::support::reply::text;

#[tokio::test]
async fn l1_a_person_has_a_role_of_their_own_in_each_workspace() {
    let (app, olga, acme) = office("role-ladder").await;
    let uma = app.sign_in("uma@other.example").await;
    let other = app.workspace(&uma).await;
    let tea = app.bring(&olga, &acme, "tea@acme.example", "admin").await;
    app.bring(&olga, &acme, "mel@acme.example", "member").await;
    app.bring(&uma, &other, "tea@acme.example", "member").await;
    let own = app.workspace(&tea).await;
    let expected = sorted(vec![(&acme, "admin"), (&other, "member"), (&own, "owner")]);
    assert_eq!(switcher(&app, &tea).await, expected);
    // The role allows in one workspace an action that it does not allow in another.
    for (workspace, may) in
        [(&acme, vec!["manageChannels"]), (&other, vec![]), (&own, vec!["manageChannels"])]
    {
        assert_eq!(app.allowed(&tea, workspace, &["manageChannels"]).await, may);
    }
    app.get(&tea, &format!("{own}/members")).await.expect(200);
    app.get(&tea, &format!("{acme}/members")).await.expect_problem(403, "forbidden");
    // A change in one leaves the others alone, and many are in one.
    app.change_role(&olga, &acme, &tea, "owner").await.expect(200);
    let expected = sorted(vec![(&acme, "owner"), (&other, "member"), (&own, "owner")]);
    assert_eq!(switcher(&app, &tea).await, expected);
    assert_eq!(app.listed(&tea, &acme, "").await.len(), 3);
    assert_eq!(app.get(&uma, &other).await.expect(200)["members"], 2);
    app.get(&olga, &other).await.expect_problem(404, "not_found");
}

#[tokio::test]
async fn l6_people_see_their_workspaces_create_one_and_switch() {
    let (app, olga, acme) = office("role-ladder").await;
    let tea = app.bring(&olga, &acme, "tea@acme.example", "member").await;
    let made = app.post(&tea, "/v1/workspaces", json!({ "name": "Tea's" })).await.expect(201);
    let own = format!("/v1/workspaces/{}", text(&made["id"]));
    assert_eq!(made["role"], "owner");
    assert_eq!(switcher(&app, &tea).await, sorted(vec![(&acme, "member"), (&own, "owner")]));
    for workspace in [&own, &acme] {
        let id = workspace.rsplit('/').next();
        let switched =
            app.call(&tea, "PATCH", "/v1/me", json!({ "currentWorkspaceId": id })).await.expect(200);
        assert_eq!(switched["currentWorkspaceId"], json!(id));
        assert_eq!(app.get(&tea, "/v1/me").await.expect(200)["currentWorkspaceId"], json!(id));
    }
    // Only to one that they are in.
    let elsewhere = app.workspace(&olga).await;
    let elsewhere = json!({ "currentWorkspaceId": elsewhere.rsplit('/').next() });
    app.call(&tea, "PATCH", "/v1/me", elsewhere).await.expect_problem(422, "invalid_request");
}
