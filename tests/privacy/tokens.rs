//! Tokens are nowhere but in links (K22–K25).

use seatwise_cli::dev::{AUDIENCE, ISSUER};
use seatwise_domain::InvitationId;
use seatwise_functions::operations;
use serde_json::{Value, json};

use super::{holds_no_token, secret_of, tokens_in};
use crate::support::catalogue::example;
use crate::support::client::Client as _;
use crate::support::person::Person;
use crate::support::reply::{text, token_of};
use crate::support::stage::Stage;

#[tokio::test]
async fn k22_the_whole_table_holds_no_token() {
    let stage = Stage::new().await;
    let app = &stage.app;
    let mut tokens = vec![stage.token.clone()];
    app.buy(&stage.owner, &stage.workspace, "pro", 10).await;
    let path = stage.path_of("invite");
    for (key, body) in [
        ("a", json!({})),
        ("b", json!({ "role": "admin" })),
        ("c", json!({ "emails": ["one@acme.example"] })),
        ("d", json!({ "emails": ["two@acme.example", "three@acme.example"], "sendEmail": false })),
    ] {
        let reply = app.call_with(&stage.owner, "POST", &path, body, &[("idempotency-key", key)]).await;
        tokens.extend(tokens_in(&reply.expect(201)));
    }
    let resent = app.post(&stage.owner, &stage.path_of("resend-invitation"), Value::Null).await.expect(200);
    tokens.extend(tokens_in(&resent));
    assert_eq!(tokens.len(), 7);
    let before = app.dump().await;
    // Used, declined and expired ones as well.
    let token = json!({ "token": tokens[1] });
    app.call_with(&stage.invited, "POST", "/v1/join", token, &[("idempotency-key", "e")]).await.expect(200);
    let after = app.dump().await;
    for dump in [before, after] {
        let text = dump.text();
        assert!(text.contains("INVITATION#") && text.contains("RECEIPT#invite#"), "{text}");
        // The only bytes are those of a picture: into others one would have to look as well.
        assert_eq!((text.matches("B(Blob").count(), dump.count("LOGO")), (1, 1));
        assert!(!text.contains("#token="));
        holds_no_token("the table", &text, &tokens);
        for bearer in [&stage.owner.token, &stage.invited.token] {
            assert!(!text.contains(bearer.rsplit('.').next().expect("a signature")));
        }
    }
    assert!(
        app.local.mailbox.sent().iter().any(|mail| tokens.contains(&token_of(&mail.links[0]).to_owned()))
    );
}

#[tokio::test]
async fn k22_the_whole_table_holds_no_token_of_a_link() {
    let stage = Stage::of_role_seats().await;
    let app = &stage.app;
    let path = stage.path_of("create-link");
    let mut tokens = vec![stage.token.clone()];
    let mut dumps = Vec::new();
    // Each generation has a token of its own, and the one before is no good.
    for _ in 0..3 {
        let made = app.call(&stage.owner, "PUT", &path, Value::Null).await.expect(200);
        tokens.extend(tokens_in(&made));
        let listed = app.get(&stage.owner, &stage.path_of("list-links")).await.expect(200);
        tokens.extend(tokens_in(&listed));
        dumps.push(app.dump().await);
    }
    tokens.sort();
    tokens.dedup();
    // One of an invitation, three of this link, and one of the other role's.
    assert_eq!(tokens.len(), 1 + 3 + 1);
    let current = tokens_in(&app.get(&stage.owner, &stage.path_of("list-links")).await.expect(200));
    for (number, token) in tokens.iter().enumerate() {
        let guest = app.sign_in(&format!("guest-{number}@other.example")).await;
        let key = [("idempotency-key", "join")];
        let reply = app.call_with(&guest, "POST", "/v1/join", json!({ "token": token }), &key).await;
        if current.contains(token) {
            reply.expect(200);
        } else if *token == stage.token {
            reply.expect_problem(403, "invitation_other_email");
        } else {
            reply.expect_problem(410, "invitation_revoked");
        }
    }
    app.call(&stage.owner, "DELETE", &path, Value::Null).await.expect(204);
    dumps.push(app.dump().await);
    for dump in dumps {
        let text = dump.text();
        assert!(text.contains("LINK#"), "{text}");
        assert!(!text.contains("#token="));
        holds_no_token("the table", &text, &tokens);
    }
}

/// The same token with one character changed.
fn changed(token: &str, at: usize) -> String {
    let mut bytes = token.as_bytes().to_vec();
    bytes[at] = if bytes[at] == b'A' { b'B' } else { b'A' };
    String::from_utf8(bytes).expect("ASCII")
}

#[tokio::test]
async fn k23_unknown_and_wrong_tokens_are_answered_alike() {
    let stage = Stage::new().await;
    let app = &stage.app;
    // One whose invitation, and one whose workspace, is not there any more.
    app.buy(&stage.owner, &stage.workspace, "pro", 1).await;
    let invited = app.post(&stage.owner, &stage.path_of("invite"), json!({})).await.expect(201);
    let without_invitation = tokens_in(&invited).remove(0);
    let id: InvitationId = text(&invited["items"][0]["invitation"]["id"]).parse().expect("an id");
    app.remove_item(&format!("W#{}", id.workspace), &format!("INVITATION#{}", id.serial)).await;
    let other = app.workspace(&stage.member).await;
    app.buy(&stage.member, &other, "pro", 1).await;
    let invited = app.post(&stage.member, &format!("{other}/invitations"), json!({})).await.expect(201);
    let without_workspace = tokens_in(&invited).remove(0);
    app.remove_item(&other.replace("/v1/workspaces/", "W#"), "WORKSPACE").await;

    let good = &stage.token;
    let long = good.repeat(10);
    let mut wrong = vec![without_invitation, without_workspace];
    wrong.extend([0, 1, 2, 10, 30, 48, 50, 51, 70, 93].map(|at| changed(good, at)));
    wrong.extend(
        ["", "x", " ", "null", "A", "é", "ＡＡＡＡ", "../..", "'\"<>", &good[1..], &good[..93], &long]
            .map(ToOwned::to_owned),
    );
    wrong.extend(["A".repeat(94), "_".repeat(94), "é".repeat(47), format!("{good}="), format!(" {good}")]);
    wrong.push(good.to_lowercase());
    // The workspace's id and the invitation's are no secrets; nothing signed with another key.
    wrong.push(format!("{}{}", &good[..51], secret_of(&wrong[0])));
    for (who, path) in [
        (None, "/v1/invitations/preview"),
        (Some(&stage.owner), "/v1/invitations/preview"),
        (Some(&stage.invited), "/v1/join"),
        (Some(&stage.owner), "/v1/join"),
    ] {
        let mut answers = Vec::new();
        for token in &wrong {
            let reply = app.call(who, "POST", path, json!({ "token": token })).await;
            answers.push(reply.anonymous());
            reply.expect_problem(404, "invitation_unknown");
        }
        answers.dedup();
        assert_eq!(answers.len(), 1, "{path}: {answers:?}");
    }
    // The one that they were made from is good.
    let preview =
        app.call(None, "POST", "/v1/invitations/preview", json!({ "token": good })).await.expect(200);
    assert_eq!(preview["status"], "pending");
}

#[tokio::test]
async fn k24_looking_is_not_accepting() {
    let stage = Stage::new().await;
    let app = &stage.app;
    let before = app.dump().await;
    let token = &stage.token;
    for method in ["GET", "HEAD", "PUT", "DELETE", "PATCH"] {
        for path in ["/v1/join", "/v1/invitations/preview"] {
            for path in [path.to_owned(), format!("{path}?token={token}")] {
                let reply = app.call(&stage.invited, method, &path, json!({ "token": token })).await;
                assert_eq!(reply.status.as_u16(), 405, "{method} {path}");
            }
        }
    }
    // A page that a mail scanner opens, with and without what browsers keep to themselves.
    for path in ["/join".to_owned(), format!("/join?token={token}")] {
        let page = app.call(None, "GET", &path, Value::Null).await;
        assert!(page.status.is_success() || page.status.is_redirection(), "{path}: {}", page.status);
        assert_eq!(page.headers["referrer-policy"], "no-referrer");
        assert!(!page.text.contains(token));
    }
    // Servers log addresses: a token there is refused, not used.
    for path in ["/v1/join", "/v1/invitations/preview"] {
        let reply = app.call(&stage.invited, "POST", &format!("{path}?token={token}"), json!({})).await;
        let problem = reply.expect_problem(422, "invalid_request");
        assert_eq!(problem["errors"][0]["field"], "token");
        assert!(!problem.to_string().contains(token.as_str()));
    }
    let preview = json!({ "token": token });
    app.call(None, "POST", "/v1/invitations/preview", preview).await.expect(200);
    assert_eq!(app.dump().await.changed_since(&before), [""; 0]);

    // A link's token is in its fragment, and nowhere else.
    let resent = app.post(&stage.owner, &stage.path_of("resend-invitation"), Value::Null).await.expect(200);
    assert_eq!(resent["url"], format!("https://app.example.com/join#token={token}"));
    // And no answer of any kind tells the next site where one came from, or is kept on the way.
    for row in operations::all() {
        for who in [Some(&stage.owner), Some(&stage.invited), None] {
            let before = app.dump().await;
            let reply = app.ask(who, row, &stage.path(row), example(row)).await;
            let what = format!("{} {}", row.route(), reply.status);
            assert_eq!(reply.headers["referrer-policy"], "no-referrer", "{what}");
            // A logo is for everybody who has its address, and the product is no secret.
            let is_for_all = ["get-logo", "get-product"].contains(&row.name) && reply.status.is_success();
            let cache = reply.headers["cache-control"].to_str().expect("ASCII");
            assert!(cache == "no-store" || is_for_all && cache.starts_with("public, "), "{what}: {cache}");
            assert_eq!(reply.headers["x-content-type-options"], "nosniff", "{what}");
            if row.name == "delete-workspace" {
                app.put_back(&before).await;
            }
        }
    }
}

#[tokio::test]
async fn k25_a_bound_invitation_needs_the_verified_address() {
    let stage = Stage::new().await;
    let app = &stage.app;
    let before = app.dump().await;
    let unverified = |email: &str| json!({ "email": email, "emailVerified": false });
    let same = app.sign_in_as(unverified(&stage.invited.email)).await;
    let other = app.sign_in_as(unverified("eve@acme.example")).await;
    let verified_other = app.sign_in("mallory@acme.example").await;
    let claims = app.local.clock.now().as_second();
    let claims =
        json!({ "iss": ISSUER, "aud": AUDIENCE, "sub": "no-address", "iat": claims, "exp": claims + 600 });
    let nameless = app.local.issuer.sign(&app.local.issuer.header(), &claims).expect("a token");
    let nameless = Person { token: nameless, ..Person::new("") };
    let decline = stage.path_of("decline-invitation");
    for (who, code) in [
        (&same, "email_not_verified"),
        (&other, "invitation_other_email"),
        (&verified_other, "invitation_other_email"),
        (&nameless, "invitation_other_email"),
    ] {
        app.post(who, "/v1/join", json!({ "token": stage.token })).await.expect_problem(403, code);
        // By its id, the invitation of somebody else is like one that never was.
        let by_id = if code == "invitation_other_email" { (404, "invitation_unknown") } else { (403, code) };
        let body = json!({ "invitationId": stage.invitation });
        app.post(who, "/v1/join", body).await.expect_problem(by_id.0, by_id.1);
        app.post(who, &decline, Value::Null).await.expect_problem(by_id.0, by_id.1);
        assert_eq!(app.get(who, "/v1/me/invitations").await.expect(200)["items"], json!([]), "{code}");
        app.get(who, &stage.workspace).await.expect_problem(404, "not_found");
    }
    assert_eq!(app.dump().await.changed_since(&before), [""; 0]);
    for who in [&same, &other] {
        let entered = app.post(who, "/v1/me", json!({})).await.expect(200);
        assert_eq!((&entered["invitations"], &entered["next"]), (&json!([]), &json!("onboarding")));
    }
    // A person who has claimed the address without proof keeps its owner from nothing.
    let own = app.workspace(&same).await;
    app.get(&same, &own).await.expect(200);
    let entered = app.post(&stage.invited, "/v1/me", json!({})).await.expect(200);
    assert_eq!(entered["next"], "invitations");
    app.post(&stage.invited, "/v1/join", json!({ "token": stage.token })).await.expect(200);
    // An id, which is in lists, is no token: it opens only what is bound to the caller.
    app.buy(&stage.owner, &stage.workspace, "pro", 1).await;
    let shared = app.post(&stage.owner, &stage.path_of("invite"), json!({})).await.expect(201);
    let id = shared["items"][0]["invitation"]["id"].clone();
    app.post(&verified_other, "/v1/join", json!({ "invitationId": id }))
        .await
        .expect_problem(404, "invitation_unknown");
}
