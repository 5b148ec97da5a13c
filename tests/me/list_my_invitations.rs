//! The invitations that a person sees without a link.

use serde_json::json;

use crate::support::app::App;
use crate::support::client::Client as _;
use crate::support::reply::text;

#[tokio::test]
async fn s7_the_invited_accept_or_decline_from_their_list() {
    let app = App::new().await;
    let owner = app.sign_in("olga@acme.example").await;
    let workspace = app.workspace(&owner).await;
    app.buy(&owner, &workspace, "pro", 2).await;
    app.invite(&owner, &workspace, "tea@acme.example", "member").await;
    let tea = app.sign_in("tea@acme.example").await;
    let mine = app.get(&tea, "/v1/me/invitations").await.expect(200);
    let id = text(&mine["items"][0]["id"]);
    let stranger = app.sign_in("eve@acme.example").await;
    assert_eq!(app.get(&stranger, "/v1/me/invitations").await.expect(200)["items"], json!([]));
    app.post(&stranger, &format!("/v1/invitations/{id}/decline"), json!({}))
        .await
        .expect_problem(403, "invitation_other_email");
    app.post(&tea, &format!("/v1/invitations/{id}/decline"), json!({})).await.expect(204);
    app.post(&tea, "/v1/join", json!({ "invitationId": id })).await.expect_problem(410, "invitation_revoked");
    assert_eq!(app.get(&tea, "/v1/me/invitations").await.expect(200)["items"], json!([]));
    app.invite(&owner, &workspace, "tea@acme.example", "admin").await;
    let mine = app.get(&tea, "/v1/me/invitations").await.expect(200);
    let joined =
        app.post(&tea, "/v1/join", json!({ "invitationId": mine["items"][0]["id"] })).await.expect(200);
    assert_eq!(joined["member"]["role"], "admin");
}
