//! Revoking an invitation.

use serde_json::{Value, json};

use crate::support::client::Client as _;
use crate::support::office::{accept, office};
use crate::support::reply::text;

#[tokio::test]
async fn f7_a_deleted_invitation_is_no_good_from_that_moment_on() {
    let (app, olga, workspace) = office("flat-owners").await;
    let invitation = app.invite(&olga, &workspace, "tea@acme.example", "member").await;
    let path = format!("{workspace}/invitations/{}", text(&invitation["id"]));
    let mel = app.bring(&olga, &workspace, "mel@acme.example", "member").await;
    app.call(&mel, "DELETE", &path, Value::Null).await.expect_problem(403, "forbidden");
    app.post(&mel, &format!("{path}/resend"), json!({})).await.expect_problem(403, "forbidden");
    let tea = app.sign_in("tea@acme.example").await;
    assert_eq!(app.listed(&olga, &workspace, "?status=pending").await, ["tea@acme.example"]);

    app.call(&olga, "DELETE", &path, Value::Null).await.expect(204);
    app.join(&tea, &invitation).await.expect_problem(410, "invitation_revoked");
    accept(&app, &tea, &invitation).await.expect_problem(410, "invitation_revoked");
    assert_eq!(app.get(&tea, "/v1/me/invitations").await.expect(200)["items"], json!([]));
    assert!(app.listed(&olga, &workspace, "?status=pending").await.is_empty());
    app.post(&olga, &format!("{path}/resend"), json!({})).await.expect_problem(410, "invitation_revoked");
    app.call(&olga, "DELETE", &path, Value::Null).await.expect_problem(410, "invitation_revoked");
    // A new one has another link: the old one stays dead.
    let anew = app.invite(&olga, &workspace, "tea@acme.example", "member").await;
    assert_ne!(anew["url"], invitation["url"]);
    app.join(&tea, &invitation).await.expect_problem(410, "invitation_revoked");
    app.join(&tea, &anew).await.expect(200);
}
