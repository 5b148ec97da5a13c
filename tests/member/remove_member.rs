//! Removing a member.

use serde_json::{Value, json};

use crate::support::client::Client as _;
use crate::support::office::{enter, me, office, settle_in};

#[tokio::test]
async fn f9_removal_is_at_once_and_from_this_workspace_only() {
    let (app, olga, acme) = office("flat-owners").await;
    let uma = app.sign_in("uma@other.example").await;
    let other = app.workspace(&uma).await;
    let tea = app.bring(&olga, &acme, "tea@acme.example", "member").await;
    let invitation = app.invite(&uma, &other, "tea@acme.example", "member").await;
    app.join(&tea, &invitation).await.expect(200);
    settle_in(&app, &tea).await;

    app.remove(&olga, &acme, &tea).await.expect(204);
    app.get(&tea, &format!("{acme}/permissions")).await.expect_problem(404, "not_found");
    app.remove(&olga, &acme, &tea).await.expect_problem(404, "not_found");
    assert_eq!(app.listed(&olga, &acme, "").await, ["olga@acme.example"]);
    // They go on in the other, with the account that they had.
    app.get(&tea, &format!("{other}/permissions")).await.expect(200);
    assert_eq!(me(&app, &tea).await["timezone"], "Europe/Riga");
    assert_eq!(app.get(&tea, "/v1/workspaces").await.expect(200)["items"].as_array().unwrap().len(), 1);
}

#[tokio::test]
async fn f9_who_is_removed_from_their_only_workspace_loses_their_account() {
    let (app, olga, workspace) = office("flat-owners").await;
    let tea = app.bring(&olga, &workspace, "tea@acme.example", "member").await;
    settle_in(&app, &tea).await;
    app.remove(&olga, &workspace, &tea).await.expect(204);
    assert_eq!(me(&app, &tea).await["timezone"], Value::Null);
    // They may begin anew, and be invited anew.
    assert_eq!(app.post(&tea, "/v1/me", json!({})).await.expect(200)["next"], "onboarding");
    app.invite(&olga, &workspace, "tea@acme.example", "member").await;
    let entered = app.post(&tea, "/v1/me", json!({})).await.expect(200);
    assert_eq!((&entered["next"], &entered["user"]["timezone"]), (&json!("invitations"), &Value::Null));
}

#[tokio::test]
async fn f9_a_workspaces_creator_keeps_their_account() {
    let (app, olga, workspace) = office("flat-owners").await;
    let pat = app.sign_in("pat@acme.example").await;
    let own = app.workspace(&pat).await;
    let invitation = app.invite(&olga, &workspace, "pat@acme.example", "member").await;
    app.join(&pat, &invitation).await.expect(200);
    settle_in(&app, &pat).await;
    app.remove(&olga, &workspace, &pat).await.expect(204);
    assert_eq!(me(&app, &pat).await["timezone"], "Europe/Riga");
    app.get(&pat, &own).await.expect(200);
}

#[tokio::test]
async fn f10_nobody_removes_themselves_or_the_creator_and_only_owners_remove() {
    let (app, olga, workspace) = office("flat-owners").await;
    let tea = app.bring(&olga, &workspace, "tea@acme.example", "member").await;
    let mel = app.bring(&olga, &workspace, "mel@acme.example", "member").await;
    for whom in [&tea, &mel, &olga] {
        let refused = app.remove(&mel, &workspace, whom).await.expect_problem(403, "forbidden");
        assert_eq!(refused["reason"], "staff_only");
    }
    app.change_role(&olga, &workspace, &tea, "owner").await.expect(200);
    for owner in [&olga, &tea] {
        app.remove(owner, &workspace, owner).await.expect_problem(403, "own_removal");
    }
    app.remove(&tea, &workspace, &olga).await.expect_problem(403, "creator_protected");
    app.remove(&tea, &workspace, &mel).await.expect(204);
    app.remove(&olga, &workspace, &tea).await.expect(204);
    assert_eq!(app.listed(&olga, &workspace, "").await, ["olga@acme.example"]);
}

#[tokio::test]
async fn r13_who_is_removed_keeps_their_account() {
    let (app, ada, workspace) = office("role-seats").await;
    let mel = app.bring(&ada, &workspace, "mel@acme.example", "member").await;
    let vic = app.bring(&ada, &workspace, "vic@acme.example", "viewer").await;
    app.call(&mel, "PATCH", "/v1/me", json!({ "timezone": "Europe/Riga" })).await.expect(200);
    for nobody in [&mel, &vic] {
        let refused = app.remove(nobody, &workspace, &vic).await.expect_problem(403, "forbidden");
        assert_eq!(refused["reason"], "staff_only");
    }
    assert_eq!(app.seats(&ada, &workspace).await, [5, 2, 3]);
    app.remove(&ada, &workspace, &mel).await.expect(204);
    app.get(&mel, &workspace).await.expect_problem(404, "not_found");
    assert_eq!(app.seats(&ada, &workspace).await, [5, 1, 4]);
    assert_eq!(app.get(&mel, "/v1/me").await.expect(200)["timezone"], "Europe/Riga");
    assert_eq!(enter(&app, &mel).await, (vec![], "onboarding".to_owned()));
    app.workspace(&mel).await;
    app.bring(&ada, &workspace, "mel@acme.example", "viewer").await;
}
