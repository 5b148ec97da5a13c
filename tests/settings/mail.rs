//! The settings `[mail]` and `[workspaces]`.

use serde_json::{Value, json};

use super::{DATA, DAY, office};
use crate::support::app::App;
use crate::support::client::Client as _;
use crate::support::person::Person;
use crate::support::reply::{Reply, text};

/// role-ladder with these settings of mails.
async fn with_mail(settings: &str) -> App {
    let settings = format!("[mail]\n{settings}\n\n[leave]");
    let app = App::with_edited_pack("role-ladder", &[(DATA, "[leave]", &settings)]).await;
    // To the beginning of a day, so that none ends while a test runs.
    let day = app.local.clock.now().as_second().rem_euclid(DAY);
    app.advance(DAY - day + 60).await;
    app
}

async fn invite(app: &App, by: &Person, workspace: &str, email: &str) -> Reply {
    app.post(by, &format!("{workspace}/invitations"), json!({ "emails": [email] })).await
}

/// Sends an invitation again.
async fn resend(app: &App, by: &Person, workspace: &str, invitation: &Value) -> Reply {
    let path = format!("{workspace}/invitations/{}/resend", text(&invitation["id"]));
    app.post(by, &path, json!({})).await
}

/// The seconds to wait that a refusal names.
fn retry_after(reply: &Reply) -> i64 {
    reply.headers["retry-after"].to_str().expect("text").parse().expect("seconds")
}

#[tokio::test]
async fn mail_workspace_to_address() {
    let app = with_mail("workspace-to-address = 2").await;
    let (olga, workspace) = office(&app).await;
    let pat = app.bring(&olga, &workspace, "pat@acme.example", "owner").await;
    let invitation = app.invite(&olga, &workspace, "tea@acme.example", "member").await;
    resend(&app, &pat, &workspace, &invitation).await.expect(200);
    // Whoever of the workspace sends it.
    for sender in [&olga, &pat] {
        let refused = resend(&app, sender, &workspace, &invitation).await;
        assert!((DAY - 3600..DAY).contains(&retry_after(&refused)), "{:?}", refused.headers);
        let problem = refused.expect_problem(429, "too_many_mails");
        assert!(text(&problem["detail"]).contains("from this workspace"), "{problem}");
    }
    // Other addresses and other workspaces are not affected, and the next day nobody is.
    invite(&app, &olga, &workspace, "lee@acme.example").await.expect(201);
    let other = app.workspace(&olga).await;
    invite(&app, &olga, &other, "tea@acme.example").await.expect(201);
    app.advance(DAY).await;
    let olga = app.sign_in(&olga.email).await;
    resend(&app, &olga, &workspace, &invitation).await.expect(200);
}

#[tokio::test]
async fn mail_sender_to_address() {
    let app = with_mail("sender-to-address = 2").await;
    let (olga, workspace) = office(&app).await;
    let (second, third) = (app.workspace(&olga).await, app.workspace(&olga).await);
    for workspace in [&workspace, &second] {
        invite(&app, &olga, workspace, "tea@acme.example").await.expect(201);
    }
    let refused = invite(&app, &olga, &third, "tea@acme.example").await;
    let problem = refused.expect_problem(429, "too_many_mails");
    assert!(text(&problem["detail"]).contains("from you"), "{problem}");
    invite(&app, &olga, &third, "lee@acme.example").await.expect(201);
}

#[tokio::test]
async fn mail_workspace() {
    let app = with_mail("workspace = 2").await;
    let (olga, workspace) = office(&app).await;
    invite(&app, &olga, &workspace, "one@acme.example").await.expect(201);
    // In one request, too: what fits goes out.
    let emails = json!({ "emails": ["two@acme.example", "three@acme.example"] });
    let rows = app.post(&olga, &format!("{workspace}/invitations"), emails).await.expect(201);
    assert_eq!(rows["items"][0]["problem"], Value::Null);
    assert_eq!(rows["items"][1]["problem"]["code"], "too_many_mails");
    let refused = invite(&app, &olga, &workspace, "four@acme.example").await;
    let problem = refused.expect_problem(429, "too_many_mails");
    assert!(text(&problem["detail"]).starts_with("The workspace has sent"), "{problem}");
    invite(&app, &olga, &app.workspace(&olga).await, "four@acme.example").await.expect(201);
}

#[tokio::test]
async fn mail_sender_and_mail_new_account() {
    let app = with_mail("sender = 3\nnew-account = 2\nnew-account-age = \"P2D\"").await;
    let (olga, workspace) = office(&app).await;
    app.post(&olga, "/v1/me", json!({})).await.expect(200);
    // In all workspaces together.
    let all = [workspace, app.workspace(&olga).await, app.workspace(&olga).await, app.workspace(&olga).await];
    let sent = async |olga: &Person, day: usize| {
        let mut refusal = String::new();
        let mut sent = 0;
        for (number, workspace) in all.iter().enumerate() {
            let reply = invite(&app, olga, workspace, &format!("day{day}-{number}@acme.example")).await;
            if reply.status == 201 {
                sent += 1;
            } else {
                refusal = text(&reply.expect_problem(429, "too_many_mails")["detail"]);
            }
        }
        (sent, refusal)
    };
    let (first, refusal) = sent(&olga, 1).await;
    assert!(first == 2 && refusal.contains("Your account is new"), "{first} {refusal}");
    app.advance(2 * DAY).await;
    let olga = app.sign_in(&olga.email).await;
    let (then, refusal) = sent(&olga, 2).await;
    assert!(then == 3 && refusal.starts_with("You have sent"), "{then} {refusal}");
    // Without a mail nothing is limited.
    let quiet = json!({ "emails": ["quiet@acme.example"], "sendEmail": false });
    app.post(&olga, &format!("{}/invitations", all[0]), quiet).await.expect(201);
}

#[tokio::test]
async fn mail_after_decline() {
    let app = with_mail("after-decline = \"P3D\"").await;
    let (olga, workspace) = office(&app).await;
    let tea = app.sign_in("tea@acme.example").await;
    let invitation = app.invite(&olga, &workspace, &tea, "member").await;
    let path = format!("/v1/invitations/{}/decline", text(&invitation["id"]));
    app.post(&tea, &path, Value::Null).await.expect(204);
    app.advance(DAY).await;
    let olga = app.sign_in(&olga.email).await;
    let refused = invite(&app, &olga, &workspace, "tea@acme.example").await;
    assert!((2 * DAY - 600..=2 * DAY).contains(&retry_after(&refused)), "{:?}", refused.headers);
    refused.expect_problem(429, "too_many_mails");
    app.advance(2 * DAY).await;
    let olga = app.sign_in(&olga.email).await;
    invite(&app, &olga, &workspace, "tea@acme.example").await.expect(201);
}

#[tokio::test]
async fn workspaces_created_per_person() {
    let limit = "[workspaces]\ncreated-per-person = 2\n\n[leave]";
    let app = App::with_edited_pack("role-ladder", &[(DATA, "[leave]", limit)]).await;
    let (olga, workspace) = office(&app).await;
    app.workspace(&olga).await;
    let named = json!({ "name": "Third" });
    app.post(&olga, "/v1/workspaces", named.clone()).await.expect_problem(409, "workspace_limit_reached");
    // Handing one over does not make room, and joining others takes none.
    let tea = app.bring(&olga, &workspace, "tea@acme.example", "owner").await;
    let to_tea = json!({ "userId": tea.id() });
    app.post(&olga, &format!("{workspace}/transfer"), to_tea).await.expect(200);
    app.post(&olga, "/v1/workspaces", named.clone()).await.expect_problem(409, "workspace_limit_reached");
    let others = app.workspace(&tea).await;
    app.bring(&tea, &others, &olga.email, "member").await;
    // Deleting one makes room, whoever deletes it.
    app.call(&tea, "DELETE", &workspace, Value::Null).await.expect(204);
    app.post(&olga, "/v1/workspaces", named.clone()).await.expect(201);
    app.post(&olga, "/v1/workspaces", named).await.expect_problem(409, "workspace_limit_reached");
}
