//! Sending an invitation again.

use serde_json::json;

use crate::support::client::Client as _;
use crate::support::office::office;
use crate::support::reply::text;

#[tokio::test]
async fn f7_a_resent_invitation_comes_with_the_link_that_is_right() {
    let (app, olga, workspace) = office("flat-owners").await;
    let invitation = app.invite(&olga, &workspace, "tea@acme.example", "member").await;
    let path = format!("{workspace}/invitations/{}", text(&invitation["id"]));
    let resent = app.post(&olga, &format!("{path}/resend"), json!({})).await.expect(200);
    app.local.settle().await;
    let mails = app.local.mailbox.sent_to("tea@acme.example");
    assert_eq!(mails.len(), 2);
    assert_eq!(mails[1].links, [text(&resent["url"])]);
    let tea = app.sign_in("tea@acme.example").await;
    app.join_by(&tea, &mails[1].links[0]).await.expect(200);
    app.post(&olga, &format!("{path}/resend"), json!({})).await.expect_problem(410, "invitation_used");
}
