//! Deleting a workspace with everything in it.

use serde_json::{Value, json};

use super::{picture, upload};
use crate::support::client::{Client as _, PNG};
use crate::support::office::{enter, office, sorted, switcher};
use crate::support::reply::{text, token_of};

#[tokio::test]
async fn l6_a_deleted_workspace_is_gone_at_once_and_then_wholly() {
    let (app, olga, workspace) = office("role-ladder").await;
    let id = json!(workspace.rsplit('/').next());
    let tea = app.bring(&olga, &workspace, "tea@acme.example", "member").await;
    let adam = app.bring(&olga, &workspace, "adam@acme.example", "admin").await;
    let pending = app.invite(&olga, &workspace, "pat@acme.example", "member").await;
    let logo = text(&upload(&app, &olga, &workspace, "image/png", PNG).await.expect(200)["logoUrl"]);
    let kept = app.workspace(&tea).await;
    app.call(&tea, "PATCH", "/v1/me", json!({ "currentWorkspaceId": id, "timezone": "Europe/Riga" }))
        .await
        .expect(200);
    for nobody in [&tea, &adam] {
        app.call(nobody, "DELETE", &workspace, Value::Null).await.expect_problem(403, "forbidden");
    }

    app.call(&olga, "DELETE", &workspace, Value::Null).await.expect(204);
    // Nobody has access, by no way, whether the rest has been removed already or not.
    let pat = app.sign_in("pat@acme.example").await;
    let is_gone = async || {
        for who in [&olga, &adam, &tea] {
            for path in ["", "/members", "/permissions", "/invitations"] {
                app.get(who, &format!("{workspace}{path}")).await.expect_problem(404, "not_found");
            }
            app.call(who, "PATCH", &workspace, json!({ "name": "Back" }))
                .await
                .expect_problem(404, "not_found");
        }
        app.post(&olga, &format!("{workspace}/invitations"), json!({ "emails": ["x@acme.example"] }))
            .await
            .expect_problem(404, "not_found");
        app.call(&olga, "DELETE", &workspace, Value::Null).await.expect_problem(404, "not_found");
        app.join(&pat, &pending).await.expect_problem(404, "invitation_unknown");
        let token = json!({ "token": token_of(&text(&pending["url"])) });
        app.call(None, "POST", "/v1/invitations/preview", token)
            .await
            .expect_problem(404, "invitation_unknown");
        picture(&app, &logo).await.expect_problem(404, "not_found");
        assert_eq!(switcher(&app, &olga).await, []);
        assert_eq!(switcher(&app, &tea).await, sorted(vec![(&kept, "owner")]));
    };
    is_gone().await;
    app.local.settle().await;
    is_gone().await;

    // Nothing is left of it with the people who were in it, or were invited.
    let mine = app.get(&pat, "/v1/me/invitations").await.expect(200);
    assert_eq!(mine["items"], json!([]));
    assert_eq!(app.post(&pat, "/v1/me", json!({})).await.expect(200)["next"], "onboarding");
    let entered = app.post(&tea, "/v1/me", json!({})).await.expect(200);
    assert_eq!(entered["user"]["currentWorkspaceId"], Value::Null);
    assert_eq!(
        (&entered["user"]["timezone"], &entered["next"]),
        (&json!("Europe/Riga"), &json!("dashboard"))
    );
    assert_eq!(app.post(&adam, "/v1/me", json!({})).await.expect(200)["next"], "onboarding");
    // A person who comes again finds nothing in their way.
    let anew = app.workspace(&olga).await;
    app.bring(&olga, &anew, "pat@acme.example", "member").await;
    app.bring(&olga, &anew, "tea@acme.example", "admin").await;
    assert!(!app.dump().await.text_beside_events().contains(id.as_str().unwrap()));
}

#[tokio::test]
async fn l6_a_large_workspace_goes_in_steps_and_wholly() {
    let (app, olga, workspace) = office("role-ladder").await;
    app.buy_places(&olga, &workspace, 21).await;
    let mut people = Vec::new();
    for number in 0..30 {
        people.push(app.bring(&olga, &workspace, &format!("p{number}@acme.example"), "member").await);
    }
    for number in 0..30 {
        app.invite(&olga, &workspace, &format!("q{number}@acme.example"), "member").await;
    }
    app.call(&olga, "DELETE", &workspace, Value::Null).await.expect(204);
    app.local.settle().await;
    for person in &people {
        assert_eq!(switcher(&app, person).await, []);
    }
    let invited = app.sign_in("q29@acme.example").await;
    assert_eq!(app.get(&invited, "/v1/me/invitations").await.expect(200)["items"], json!([]));
    assert!(!app.dump().await.text_beside_events().contains(workspace.rsplit('/').next().unwrap()));
}

#[tokio::test]
async fn l6_links_and_domains_go_with_their_workspace() {
    let (app, ada, workspace) = office("role-seats").await;
    app.put_on_plan(&workspace, "enterprise").await.expect(204);
    app.own_domain(&ada, &workspace, "acme.example").await;
    let url = app.role_link(&ada, &workspace, "member").await;
    let mel = app.sign_in("mel@acme.example").await;
    app.call(&ada, "DELETE", &workspace, Value::Null).await.expect(204);
    // At once, and when everything is gone.
    for _ in 0..2 {
        app.join_by(&mel, &url).await.expect_problem(404, "invitation_unknown");
        assert_eq!(enter(&app, &mel).await, (vec![], "onboarding".to_owned()));
        app.local.settle().await;
    }
    app.put_on_plan(&workspace, "trial").await.expect_problem(404, "not_found");
    let domain = json!({ "domain": "acme.example" });
    app.call(None, "POST", "/dev/verify-domain", domain).await.expect_problem(404, "not_found");
    assert!(!app.dump().await.text_beside_events().contains(workspace.rsplit('/').next().unwrap()));
}
