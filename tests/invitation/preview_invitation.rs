//! The preview of an invitation that a visitor sees.

use serde_json::json;

use crate::support::app::App;
use crate::support::client::Client as _;
use crate::support::reply::{text, token_of};

#[tokio::test]
async fn s5_a_visitor_sees_what_a_link_leads_to_and_joins_after_sign_in() {
    let app = App::new().await;
    let owner = app.sign_in("olga@acme.example").await;
    let workspace = app.workspace(&owner).await;
    app.buy(&owner, &workspace, "pro", 1).await;
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
            "workspace": { "name": "Acme", "logoUrl": null },
            "role": "member", "roleLabel": "Member", "boundToEmail": true, "status": "pending",
        })
    );
    app.call(None, "POST", "/v1/join", json!({ "token": token_of(&url) }))
        .await
        .expect_problem(401, "unauthenticated");
    let tea = app.sign_in("tea@acme.example").await;
    app.join_by(&tea, &url).await.expect(200);
}
