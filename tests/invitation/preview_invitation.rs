//! The preview of an invitation that a visitor sees.

use serde_json::json;

use crate::support::app::App;
use crate::support::client::Client as _;
use crate::support::reply::{text, token_of};

#[tokio::test]
async fn s5_a_visitor_sees_what_a_link_leads_to_and_joins_after_sign_in() {
    let app = App::new().await;
    let owner = app
        .sign_in_as(json!({ "email": "olga@acme.example", "firstName": "Olga", "lastName": "Lind" }))
        .await;
    let workspace = app.workspace(&owner).await;
    app.buy(&owner, &workspace, "pro", 2).await;
    let invitation = app.invite(&owner, &workspace, "tea@acme.example", "member").await;
    let url = text(&invitation["url"]);
    assert!(url.starts_with("https://app.example.com/join#token="), "{url}");
    let preview = app
        .call(None, "POST", "/v1/invitations/preview", json!({ "token": token_of(&url) }))
        .await
        .expect(200);
    assert_eq!(
        preview,
        json!({
            "invitationId": invitation["id"], "workspace": { "name": "Acme", "logoUrl": null },
            "role": "member", "roleLabel": "Member", "invitedByName": "Olga Lind",
            "boundToEmail": true, "status": "pending",
        })
    );
    app.call(None, "POST", "/v1/join", json!({ "token": token_of(&url) }))
        .await
        .expect_problem(401, "unauthenticated");
    let tea = app.sign_in("tea@acme.example").await;
    let mine = app.get(&tea, "/v1/me/invitations").await.expect(200);
    assert_eq!(mine["items"][0]["invitedByName"], "Olga Lind");
    // Whoever sends it again stands for it from then on.
    let other = app.sign_in_as(json!({ "email": "ola@acme.example", "firstName": "Ola" })).await;
    let invited = app.invite(&owner, &workspace, "ola@acme.example", "admin").await;
    app.join(&other, &invited).await.expect(200);
    let resend = format!("{workspace}/invitations/{}/resend", text(&invitation["id"]));
    app.post(&other, &resend, json!({})).await.expect(200);
    let preview = app
        .call(None, "POST", "/v1/invitations/preview", json!({ "token": token_of(&url) }))
        .await
        .expect(200);
    assert_eq!(preview["invitedByName"], "Ola");
    let mine = app.get(&tea, "/v1/me/invitations").await.expect(200);
    assert_eq!(mine["items"][0]["invitedByName"], "Ola");
    app.join_by(&tea, &url).await.expect(200);
}
