//! Sending an invitation again.

use serde_json::{Value, json};

use crate::support::client::Client as _;
use crate::support::office::office;
use crate::support::reply::text;

const DAY: i64 = 24 * 3600;

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

#[tokio::test]
async fn k49_one_person_gets_ten_mails_a_day_from_a_workspace_by_any_operation() {
    for pack in ["purchased-seats", "flat-owners", "role-seats", "role-ladder"] {
        let (app, olga, workspace) = office(pack).await;
        if pack == "purchased-seats" {
            app.buy(&olga, &workspace, "pro", 1).await;
        }
        let day = app.local.clock.now().as_second().rem_euclid(DAY);
        app.advance(DAY - day + 60).await;
        let olga = app.sign_in(&olga.email).await;
        let path = format!("{workspace}/invitations");
        let invite = async |body: Value| app.post(&olga, &path, body).await;
        let one = json!({ "emails": ["tea@acme.example"] });
        let made = invite(one.clone()).await.expect(201);
        let id = text(&made["items"][0]["invitation"]["id"]);
        for _ in 0..9 {
            app.post(&olga, &format!("{path}/{id}/resend"), json!({})).await.expect(200);
        }
        let refused = app.post(&olga, &format!("{path}/{id}/resend"), json!({})).await;
        assert!(refused.headers.contains_key("retry-after"), "{pack}");
        refused.expect_problem(429, "too_many_mails");
        app.local.settle().await;
        // Revoking and inviting anew is no way around, nor is another spelling.
        app.call(&olga, "DELETE", &format!("{path}/{id}"), Value::Null).await.expect(204);
        invite(json!({ "emails": ["Tea@Acme.EXAMPLE"] })).await.expect_problem(429, "too_many_mails");
        let quiet = json!({ "emails": ["tea@acme.example"], "sendEmail": false });
        let made = invite(quiet).await.expect(201);
        let id = text(&made["items"][0]["invitation"]["id"]);
        app.post(&olga, &format!("{path}/{id}/resend"), json!({}))
            .await
            .expect_problem(429, "too_many_mails");
        app.local.settle().await;
        assert_eq!(app.local.mailbox.sent_to("tea@acme.example").len(), 10, "{pack}");
        app.advance(DAY).await;
        let olga = app.sign_in(&olga.email).await;
        app.post(&olga, &format!("{path}/{id}/resend"), json!({})).await.expect(200);
    }
}

#[tokio::test]
async fn k49_one_new_account_does_not_mail_five_hundred_strangers() {
    let (app, ada, first) = office("role-seats").await;
    let day = app.local.clock.now().as_second().rem_euclid(DAY);
    app.advance(DAY - day + 60).await;
    let ada = app.sign_in(&ada.email).await;
    let mut workspaces = vec![first];
    loop {
        let made = app.post(&ada, "/v1/workspaces", json!({ "name": "Acme" })).await;
        if made.status != 201 {
            made.expect_problem(409, "workspace_limit_reached");
            break;
        }
        workspaces.push(format!("/v1/workspaces/{}", text(&made.json["id"])));
    }
    assert_eq!(workspaces.len(), 20);
    let mut codes = Vec::new();
    for (number, workspace) in workspaces.iter().enumerate() {
        let emails: Vec<String> = (0..20).map(|n| format!("s{number}-{n}@acme.example")).collect();
        let path = format!("{workspace}/invitations");
        let rows = app.post(&ada, &path, json!({ "emails": emails })).await.expect(201);
        codes.extend(rows["items"].as_array().unwrap().iter().map(|row| row["problem"]["code"].clone()));
    }
    assert_eq!(codes.iter().filter(|code| code.is_null()).count(), 100);
    assert!(codes[100..].iter().all(|code| code == "too_many_mails"));
    app.local.settle().await;
    assert_eq!(app.local.mailbox.sent().len(), 100);
}
