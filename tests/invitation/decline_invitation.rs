//! Declining, and what the workspace can do after it.

use serde_json::{Value, json};

use crate::support::app::App;
use crate::support::client::Client as _;
use crate::support::office::office;
use crate::support::person::Person;
use crate::support::reply::text;

const PACKS: [&str; 4] = ["purchased-seats", "flat-owners", "role-seats", "role-ladder"];

/// Somebody is invited and declines.
async fn declined(app: &App, by: &Person, workspace: &str, body: Value) -> Person {
    let invited = json!({ "emails": ["tea@acme.example"] });
    let rows = app.post(by, &format!("{workspace}/invitations"), invited).await.expect(201);
    let tea = app.sign_in("tea@acme.example").await;
    let path = format!("/v1/invitations/{}/decline", text(&rows["items"][0]["invitation"]["id"]));
    app.post(&tea, &path, body).await.expect(204);
    tea
}

#[tokio::test]
async fn k49_who_declined_gets_no_mail_for_a_while() {
    for pack in PACKS {
        let (app, olga, workspace) = office(pack).await;
        if pack == "purchased-seats" {
            app.buy(&olga, &workspace, "pro", 2).await;
        }
        // The body can be left out.
        let tea = declined(&app, &olga, &workspace, Value::Null).await;
        app.local.settle().await;
        let mails = app.local.mailbox.sent_to("tea@acme.example").len();
        let path = format!("{workspace}/invitations");
        let again = json!({ "emails": ["Tea@ACME.example"] });
        let refused = app.post(&olga, &path, again.clone()).await;
        assert!(refused.headers.contains_key("retry-after"), "{pack}");
        refused.expect_problem(429, "too_many_mails");
        // A link that the inviter shares is possible; sending it by mail is not.
        let quiet = json!({ "emails": ["tea@acme.example"], "sendEmail": false });
        let rows = app.post(&olga, &path, quiet).await.expect(201);
        let invitation = &rows["items"][0]["invitation"];
        let resend = format!("{path}/{}/resend", text(&invitation["id"]));
        app.post(&olga, &resend, json!({})).await.expect_problem(429, "too_many_mails");
        app.local.settle().await;
        assert_eq!(app.local.mailbox.sent_to("tea@acme.example").len(), mails, "{pack}");
        // Another workspace is not meant.
        let other = app.workspace(&olga).await;
        if pack == "purchased-seats" {
            app.buy(&olga, &other, "pro", 1).await;
        }
        app.post(&olga, &format!("{other}/invitations"), again.clone()).await.expect(201);
        // Who joins after all can be mailed again when they are out.
        app.join(&tea, invitation).await.expect(200);
        app.remove(&olga, &workspace, &tea).await.expect(204);
        app.post(&olga, &path, again).await.expect(201);
    }
}

#[tokio::test]
async fn k49_who_asks_not_to_be_invited_again_is_not() {
    for pack in PACKS {
        let (app, olga, workspace) = office(pack).await;
        if pack == "purchased-seats" {
            app.buy(&olga, &workspace, "pro", 2).await;
        }
        declined(&app, &olga, &workspace, json!({ "notAgain": true })).await;
        app.advance(400 * 24 * 3600).await;
        let olga = app.sign_in(&olga.email).await;
        let path = format!("{workspace}/invitations");
        for send_email in [true, false] {
            let one = json!({ "emails": ["tea@acme.example"], "sendEmail": send_email });
            app.post(&olga, &path, one).await.expect_problem(403, "invitation_declined");
        }
        // In a row of several, too; the others are invited.
        if pack != "purchased-seats" {
            let two = json!({ "emails": ["tea@acme.example", "lee@acme.example"] });
            let rows = app.post(&olga, &path, two).await.expect(201);
            assert_eq!(rows["items"][0]["problem"]["code"], "invitation_declined", "{pack}");
            assert_eq!(rows["items"][1]["problem"], Value::Null, "{pack}");
        }
    }
}

#[tokio::test]
async fn k49_joining_otherwise_ends_the_wish() {
    let (app, ada, workspace) = office("role-seats").await;
    let tea = declined(&app, &ada, &workspace, json!({ "notAgain": true })).await;
    let url = app.role_link(&ada, &workspace, "member").await;
    app.join_by(&tea, &url).await.expect(200);
    app.remove(&ada, &workspace, &tea).await.expect(204);
    let one = json!({ "emails": ["tea@acme.example"] });
    app.post(&ada, &format!("{workspace}/invitations"), one).await.expect(201);
}

/// The person declines an invitation that has expired, while another one waits.
#[tokio::test]
async fn k49_who_declines_an_expired_invitation_gets_no_mail_of_a_later_one() {
    for (not_again, problem) in [(false, (429, "too_many_mails")), (true, (403, "invitation_declined"))] {
        let (app, olga, workspace) = office("role-seats").await;
        let first = app.invite(&olga, &workspace, "tea@acme.example", "member").await;
        app.advance(60 * 86_400).await;
        let olga = app.signed(&olga);
        let second = app.invite(&olga, &workspace, "tea@acme.example", "member").await;
        let tea = app.sign_in("tea@acme.example").await;
        let decline = format!("/v1/invitations/{}/decline", text(&first["id"]));
        app.post(&tea, &decline, json!({ "notAgain": not_again })).await.expect(204);
        app.local.settle().await;
        let mails = app.local.mailbox.sent_to("tea@acme.example").len();
        let resend = format!("{workspace}/invitations/{}/resend", text(&second["id"]));
        app.post(&olga, &resend, json!({})).await.expect_problem(problem.0, problem.1);
        app.local.settle().await;
        assert_eq!(app.local.mailbox.sent_to("tea@acme.example").len(), mails);
        // The later invitation is still theirs to accept.
        app.join(&tea, &second).await.expect(200);
    }
}
