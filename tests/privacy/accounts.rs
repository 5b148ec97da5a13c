//! Nobody learns who has an account (K26).

use serde_json::{Value, json};
use tracing::level_filters::LevelFilter;

use super::tokens_in;
use crate::support::client::Client as _;
use crate::support::logs::Logs;
use crate::support::reply::{Reply, text};
use crate::support::stage::Stage;

/// An answer without ids, times and the address that was asked about.
fn masked(reply: &Reply, email: &str) -> String {
    fn mask(value: &mut Value) {
        match value {
            Value::Object(fields) => {
                for (name, value) in fields {
                    match name.as_str() {
                        "id" | "url" | "seatId" | "expiresAt" | "invitedAt" | "at" => *value = json!("*"),
                        _ => mask(value),
                    }
                }
            }
            Value::Array(items) => items.iter_mut().for_each(mask),
            _ => {}
        }
    }
    let mut json = reply.json.clone();
    mask(&mut json);
    format!("{} {}", reply.status, json.to_string().replace(email, "*"))
}

#[tokio::test]
async fn k26_inviting_does_not_tell_who_has_an_account() {
    let logs = Logs::begin(LevelFilter::INFO);
    let stage = Stage::new().await;
    let app = &stage.app;
    app.buy(&stage.owner, &stage.workspace, "pro", 10).await;
    // Somebody who has an account, a workspace, and invitations from elsewhere; and nobody.
    let known = app.sign_in_as(json!({ "email": "known@acme.example", "firstName": "Known" })).await;
    app.post(&known, "/v1/me", json!({})).await.expect(200);
    app.workspace(&known).await;
    let elsewhere = app.workspace(&stage.member).await;
    app.buy(&stage.member, &elsewhere, "pro", 2).await;
    app.invite(&stage.member, &elsewhere, "known@acme.example", "member").await;
    let unverified = json!({ "email": "claim@acme.example", "emailVerified": false });
    app.post(&app.sign_in_as(unverified).await, "/v1/me", json!({})).await.expect(200);
    app.local.settle().await;
    let path = stage.path_of("invite");
    let mut answers = Vec::new();
    let mut costs = Vec::new();
    for email in ["known@acme.example", "fresh@acme.example", "claim@acme.example"] {
        // Invited, invited again, seen in the lists, sent again, taken back.
        let mut seen = Vec::new();
        let before = logs.all.requests("invite").len();
        let invited = app.post(&stage.owner, &path, json!({ "emails": [email] })).await;
        let cost = logs.all.requests("invite").remove(before);
        costs.push(["rounds", "read_units", "write_units"].map(|name| cost[name].clone()));
        seen.push(masked(&invited, email));
        seen.push(app.post(&stage.owner, &path, json!({ "emails": [email] })).await.code().to_owned());
        app.local.settle().await;
        let listed = app.get(&stage.owner, &format!("{}/invitations?limit=1", stage.workspace)).await;
        seen.push(masked(&listed, email).split("\"nextCursor\"").next().expect("a list").to_owned());
        let search = format!("{}/members?status=all&search={}", stage.workspace, &email[..5]);
        let found = app.get(&stage.owner, &search).await.expect(200)["items"][0].clone();
        seen.push(
            [&found["firstName"], &found["lastName"], &found["userId"]].map(ToString::to_string).join(" "),
        );
        let id = text(&invited.json["items"][0]["invitation"]["id"]);
        let one = format!("{}/invitations/{id}", stage.workspace);
        seen.push(masked(&app.post(&stage.owner, &format!("{one}/resend"), Value::Null).await, email));
        let stranger = app.sign_in("stranger@other.example").await;
        let taken = app.post(&stranger, "/v1/join", json!({ "invitationId": id })).await;
        seen.push(taken.anonymous().2);
        seen.push(app.call(&stage.owner, "DELETE", &one, Value::Null).await.status.to_string());
        assert_eq!(app.local.mailbox.sent_to(email).len(), if email.starts_with("known") { 2 } else { 1 });
        answers.push(seen);
    }
    for other in &answers[1..] {
        assert_eq!(*other, answers[0]);
    }
    // Nor does what it costs, and with it how long it takes.
    assert!(costs[0].iter().all(|cost| cost.as_f64().is_some_and(|cost| cost > 0.0)), "{costs:?}");
    assert!(costs.iter().all(|cost| *cost == costs[0]), "{costs:?}");
}

#[tokio::test]
async fn k26_somebody_else_s_invitation_tells_a_stranger_nothing() {
    let stage = Stage::new().await;
    let app = &stage.app;
    app.post(&stage.invited, "/v1/me", json!({})).await.expect(200);
    app.buy(&stage.owner, &stage.workspace, "pro", 1).await;
    // One invitation is for somebody with an account, the other for somebody without.
    let nobody = app.invite(&stage.owner, &stage.workspace, "nobody@acme.example", "member").await;
    let stranger = app.sign_in("stranger@other.example").await;
    let entered = app.sign_in("entered@other.example").await;
    app.post(&entered, "/v1/me", json!({})).await.expect(200);
    for who in [&stranger, &entered] {
        let mut answers = Vec::new();
        for (id, token) in [
            (stage.invitation.clone(), stage.token.clone()),
            (text(&nobody["id"]), tokens_in(&nobody).remove(0)),
        ] {
            let mut seen = Vec::new();
            for (path, body, code) in [
                ("/v1/join", json!({ "token": token }), "invitation_other_email"),
                ("/v1/join", json!({ "invitationId": id }), "invitation_unknown"),
                (&format!("/v1/invitations/{id}/decline"), Value::Null, "invitation_unknown"),
            ] {
                let reply = app.post(who, path, body).await;
                assert_eq!(reply.code(), code);
                // The answer does not say whose it is.
                assert!(!reply.text.contains("acme"), "{}", reply.text);
                seen.push(reply.anonymous());
            }
            let preview = app.call(None, "POST", "/v1/invitations/preview", json!({ "token": token })).await;
            assert!(!preview.text.contains('@'), "{}", preview.text);
            // Each invitation has its own id.
            seen.push((preview.status, Vec::new(), preview.text.replace(&id, "")));
            answers.push(seen);
        }
        assert_eq!(answers[0], answers[1]);
    }
}
