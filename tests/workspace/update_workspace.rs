//! The name of a workspace.

use serde_json::{Value, json};

use crate::support::app::App;
use crate::support::client::Client as _;
use crate::support::office::office;
use crate::support::reply::text;

#[tokio::test]
async fn s4_the_name_is_editable_and_the_id_stays() {
    let app = App::new().await;
    let owner = app.sign_in("olga@acme.example").await;
    let workspace = app.workspace(&owner).await;
    let body = json!({ "name": "Acme Europe", "timezone": "Europe/Berlin", "defaultFlowTheme": "dark" });
    let renamed = app.call(&owner, "PATCH", &workspace, body).await.expect(200);
    assert_eq!(renamed["name"], "Acme Europe");
    assert!(workspace.ends_with(&text(&renamed["id"])));
    assert_eq!(app.get(&owner, &workspace).await.expect(200)["timezone"], "Europe/Berlin");
    app.call(&owner, "PATCH", &workspace, json!({ "id": "x" })).await.expect_problem(422, "invalid_request");
    let tea = app.member(&owner, &workspace, "tea@acme.example", "member").await;
    app.call(&tea, "PATCH", &workspace, json!({ "name": "Mine" })).await.expect_problem(403, "forbidden");
}

#[tokio::test]
async fn l2_owners_edit_the_workspaces_profile() {
    let (app, olga, workspace) = office("role-ladder").await;
    let admin = app.bring(&olga, &workspace, "adam@acme.example", "admin").await;
    let profile = json!({ "name": "Acme Bots", "timezone": "Asia/Kolkata", "defaultFlowTheme": "midnight" });
    app.call(&admin, "PATCH", &workspace, profile.clone()).await.expect_problem(403, "forbidden");
    let changed = app.call(&olga, "PATCH", &workspace, profile.clone()).await.expect(200);
    let seen = app.get(&admin, &workspace).await.expect(200);
    for (field, value) in profile.as_object().unwrap() {
        assert_eq!((&changed[field], &seen[field]), (value, value));
    }
    assert!(workspace.ends_with(seen["id"].as_str().unwrap()));
    // An absent field stays, null clears it; the name is always there.
    app.call(&olga, "PATCH", &workspace, json!({ "timezone": null })).await.expect(200);
    let seen = app.get(&admin, &workspace).await.expect(200);
    assert_eq!((&seen["timezone"], &seen["defaultFlowTheme"]), (&Value::Null, &json!("midnight")));
    for bad in [json!({ "name": null }), json!({ "name": " " }), json!({ "timezone": "Mars Base" })] {
        app.call(&olga, "PATCH", &workspace, bad).await.expect_problem(422, "invalid_request");
    }
    assert_eq!(app.get(&admin, "/v1/workspaces").await.expect(200)["items"][0]["name"], "Acme Bots");
}

#[tokio::test]
async fn k56_a_time_zone_is_one_of_the_iana_database_in_its_spelling() {
    let (app, olga, workspace) = office("role-ladder").await;
    for (given, kept) in [
        ("europe/berlin", "Europe/Berlin"),
        ("AMERICA/ARGENTINA/BUENOS_AIRES", "America/Argentina/Buenos_Aires"),
        ("Asia/Calcutta", "Asia/Calcutta"),
        ("utc", "UTC"),
    ] {
        let zone = json!({ "timezone": given });
        assert_eq!(app.call(&olga, "PATCH", &workspace, zone.clone()).await.expect(200)["timezone"], kept);
        assert_eq!(app.get(&olga, &workspace).await.expect(200)["timezone"], kept);
        assert_eq!(app.call(&olga, "PATCH", "/v1/me", zone).await.expect(200)["timezone"], kept);
        let body = json!({ "name": "Acme", "timezone": given });
        assert_eq!(app.post(&olga, "/v1/workspaces", body).await.expect(201)["timezone"], kept);
    }
    for bad in ["Europe/Atlantis", "Berlin", "CEST", "Europe/Berlin ", "+02:00"] {
        let zone = json!({ "name": "Acme", "timezone": bad });
        for (method, path) in [("PATCH", workspace.as_str()), ("POST", "/v1/workspaces")] {
            let refused =
                app.call(&olga, method, path, zone.clone()).await.expect_problem(422, "invalid_request");
            let expected = json!([{
                "field": "timezone",
                "message": "must be the name of a time zone in the IANA database, such as Europe/Berlin",
            }]);
            assert_eq!(refused["errors"], expected, "{bad}");
        }
    }
}
