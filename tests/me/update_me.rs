//! The profile and the settings of a person.

use serde_json::{Value, json};

use crate::support::app::App;
use crate::support::client::Client as _;
use crate::support::office::office;
use crate::support::reply::text;

#[tokio::test]
async fn d6_names_follow_people_into_their_workspaces() {
    let app = App::new().await;
    let owner = app.sign_in_as(json!({ "email": "olga@acme.example", "firstName": "Olga" })).await;
    let workspace = app.workspace(&owner).await;
    let id = text(&json!(workspace.rsplit('/').next()));
    let body = json!({ "lastName": "Orlova", "timezone": "Europe/Riga", "currentWorkspaceId": id });
    let me = app.call(&owner, "PATCH", "/v1/me", body).await.expect(200);
    assert_eq!(
        (&me["lastName"], &me["timezone"], &me["currentWorkspaceId"]),
        (&json!("Orlova"), &json!("Europe/Riga"), &json!(id))
    );
    let members = app.get(&owner, &format!("{workspace}/members?search=orlo")).await.expect(200);
    assert_eq!(members["items"][0]["firstName"], "Olga");
    // An absent field stays, null clears it.
    let me = app.call(&owner, "PATCH", "/v1/me", json!({ "timezone": null })).await.expect(200);
    assert_eq!((&me["timezone"], &me["lastName"]), (&Value::Null, &json!("Orlova")));
    app.call(&owner, "PATCH", &workspace, json!({ "name": null }))
        .await
        .expect_problem(422, "invalid_request");
    let elsewhere = json!({ "currentWorkspaceId": uuid::Uuid::nil() });
    app.call(&owner, "PATCH", "/v1/me", elsewhere).await.expect_problem(422, "invalid_request");
    let entered = app.post(&owner, "/v1/me", Value::Null).await.expect(200);
    assert_eq!((&entered["next"], &entered["workspaces"][0]["role"]), (&json!("dashboard"), &json!("owner")));
}

#[tokio::test]
async fn l8_a_person_has_settings_of_their_own() {
    let (app, olga, workspace) = office("role-ladder").await;
    let tea = app.bring(&olga, &workspace, "tea@acme.example", "member").await;
    app.call(&olga, "PATCH", &workspace, json!({ "timezone": "Asia/Kolkata" })).await.expect(200);
    let set =
        app.call(&tea, "PATCH", "/v1/me", json!({ "timezone": "Europe/Riga", "firstName": "Tea" })).await;
    assert_eq!(set.expect(200)["timezone"], "Europe/Riga");
    // Hers and nobody else's: not the workspace's, not Olga's; and it outlives a sign-in.
    assert_eq!(app.get(&olga, "/v1/me").await.expect(200)["timezone"], Value::Null);
    assert_eq!(app.get(&tea, &workspace).await.expect(200)["timezone"], "Asia/Kolkata");
    let again = app.sign_in_as(json!({ "email": "tea@acme.example", "firstName": "Theodora" })).await;
    let entered = app.post(&again, "/v1/me", json!({})).await.expect(200);
    assert_eq!(
        (&entered["user"]["timezone"], &entered["user"]["firstName"]),
        (&json!("Europe/Riga"), &json!("Tea"))
    );
    for bad in ["Mars Base", "+02:00", ""] {
        app.call(&tea, "PATCH", "/v1/me", json!({ "timezone": bad }))
            .await
            .expect_problem(422, "invalid_request");
    }
    app.call(&tea, "PATCH", "/v1/me", json!({ "role": "owner" }))
        .await
        .expect_problem(422, "invalid_request");
    app.call(&tea, "PATCH", "/v1/me", json!({ "timezone": null })).await.expect(200);
    assert_eq!(app.get(&tea, "/v1/me").await.expect(200)["timezone"], Value::Null);
}
