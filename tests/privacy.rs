//! What nobody gets to see (K22–K28, K40): tokens, secrets, addresses, who has an account; and
//! what others read of what somebody typed.

use http::Method;
use jiff::SignedDuration;
use seatwise_cli::dev::{AUDIENCE, ISSUER, MailFault};
use seatwise_domain::InvitationId;
use seatwise_functions::{background, operations};
use serde_json::{Value, json};
use tracing::level_filters::LevelFilter;

use crate::observability::metrics;
use crate::support::app::App;
use crate::support::catalogue::example;
use crate::support::client::Client as _;
use crate::support::logs::Logs;
use crate::support::person::Person;
use crate::support::reply::{Reply, text, token_of};
use crate::support::stage::Stage;

/// What of a token makes it one: all of its characters that the MAC alone decides. The rest names
/// the invitation, and is no secret.
fn secret_of(token: &str) -> &str {
    // 38 bytes are signed: 50 characters and two thirds.
    &token[51..]
}

/// Fails the test if so much of a token's secret is in the text that one could think of the rest.
#[track_caller]
fn holds_no_token(what: &str, haystack: &str, tokens: &[String]) {
    for token in tokens {
        let secret: Vec<char> = secret_of(token).chars().collect();
        assert_eq!(secret.len(), 43);
        for part in secret.windows(12) {
            let part: String = part.iter().collect();
            assert!(!haystack.contains(&part), "{what} holds {part} of a token: {haystack}");
        }
    }
}

/// The tokens of the links in an answer.
fn tokens_in(value: &Value) -> Vec<String> {
    match value {
        Value::String(text) => {
            text.split_once("#token=").map(|(_, token)| token.to_owned()).into_iter().collect()
        }
        Value::Array(items) => items.iter().flat_map(tokens_in).collect(),
        Value::Object(fields) => fields.values().flat_map(tokens_in).collect(),
        _ => Vec::new(),
    }
}

// Tokens.

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
            // A logo is for everybody who has its address.
            let is_logo = row.name == "get-logo" && reply.status.is_success();
            let cache = reply.headers["cache-control"].to_str().expect("ASCII");
            assert!(cache == "no-store" || is_logo && cache.starts_with("public, "), "{what}: {cache}");
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
        for body in [json!({ "token": stage.token }), json!({ "invitationId": stage.invitation })] {
            app.post(who, "/v1/join", body).await.expect_problem(403, code);
        }
        app.post(who, &decline, Value::Null).await.expect_problem(403, code);
        assert_eq!(app.get(who, "/v1/me/invitations").await.expect(200)["items"], json!([]), "{code}");
        app.get(who, &stage.workspace).await.expect_problem(404, "not_found");
    }
    assert_eq!(app.dump().await.changed_since(&before), [""; 0]);
    for who in [&same, &other] {
        let entered = app.post(who, "/v1/me", json!({})).await.expect(200);
        assert_eq!((&entered["invitations"], &entered["next"]), (&json!([]), &json!("onboarding")));
    }
    // Who has claimed the address without proof keeps its owner from nothing.
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

// Who has an account.

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
            for (path, body) in [
                ("/v1/join", json!({ "token": token })),
                ("/v1/join", json!({ "invitationId": id })),
                (&format!("/v1/invitations/{id}/decline"), Value::Null),
            ] {
                let reply = app.post(who, path, body).await;
                assert_eq!(reply.code(), "invitation_other_email");
                // Whose it is, is not said.
                assert!(!reply.text.contains("acme"), "{}", reply.text);
                seen.push(reply.anonymous());
            }
            let preview = app.call(None, "POST", "/v1/invitations/preview", json!({ "token": token })).await;
            assert!(!preview.text.contains('@'), "{}", preview.text);
            seen.push((preview.status, Vec::new(), preview.text));
            answers.push(seen);
        }
        assert_eq!(answers[0], answers[1]);
    }
}

// Logs.

#[tokio::test]
#[expect(clippy::too_many_lines, reason = "everything that has something in it to tell, one after the other")]
async fn k27_no_log_line_names_anybody() {
    let logs = Logs::begin(LevelFilter::TRACE);
    let app = App::new().await;
    let person =
        |name: &str| json!({ "email": format!("{name}.canary@secret.example"), "firstName": "Zipporah" });
    let owner = app.sign_in_as(person("owner")).await;
    let mut tokens = Vec::new();
    app.post(&owner, "/v1/me", json!({})).await.expect(200);
    let workspace = app.workspace(&owner).await;
    app.call(&owner, "PATCH", &workspace, json!({ "name": "Canary Wharf" })).await.expect(200);
    app.buy(&owner, &workspace, "pro", 8).await;
    let invitations = format!("{workspace}/invitations");
    let key = [("idempotency-key", "canary-key-0123456789")];
    for who in ["tea", "lee", "bad", "late"] {
        let email = format!("{who}.canary@secret.example");
        let body = json!({ "emails": [email], "role": "member" });
        // Mails that fail for a while, and for good.
        app.local.mailbox.fail_next(1, if who == "bad" { MailFault::Rejected } else { MailFault::Internal });
        let reply = app.call_with(&owner, "POST", &invitations, body, &key).await;
        if reply.status.is_success() {
            tokens.extend(tokens_in(&reply.json));
        }
        let more = app.post(&owner, &invitations, json!({ "emails": [email] })).await;
        tokens.extend(tokens_in(&more.json));
        app.local.settle().await;
        app.local.clock.advance(SignedDuration::from_secs(45)).expect("moved");
        app.local.scheduler.nudge();
        app.local.settle().await;
    }
    let tea = app.sign_in_as(person("tea")).await;
    let lee = app.sign_in_as(person("lee")).await;
    app.post(&tea, "/v1/me", json!({})).await.expect(200);
    app.call(None, "POST", "/v1/invitations/preview", json!({ "token": tokens[0] })).await.expect(200);
    app.call_with(&tea, "POST", "/v1/join", json!({ "token": tokens[0] }), &key).await.expect(200);
    app.join_by(&lee, &format!("#token={}", tokens[1])).await.expect(200);
    let requests = format!("{workspace}/leave-requests");
    let reason = json!({ "reason": "Canary reasons of tea.canary@secret.example" });
    let asked = app.post(&lee, &requests, reason).await.expect(201);
    app.post(&owner, &format!("{requests}/{}/approve", text(&asked["id"])), json!({})).await.expect(200);
    app.get(&owner, &format!("{workspace}/members?search=tea.canary@secret.example")).await.expect(200);
    app.get(&owner, &format!("{workspace}/members/export?search=tea.canary@secret.example")).await;
    let coordinator = json!({
        "name": "Zipporah Canary", "email": "kim.canary@secret.example", "phone": "+49 30 901820 Canary",
        "notes": "Ask tea.canary@secret.example",
    });
    app.call(&owner, "PUT", &format!("{workspace}/coordinator"), coordinator).await.expect(200);
    let picture = app.logo(&owner, &workspace).await;
    app.call(None, "GET", &picture, Value::Null).await;
    // Links and domains, of a product that has them.
    let seats = App::with_pack("role-seats").await;
    let (maker, guest) = (seats.sign_in_as(person("maker")).await, seats.sign_in_as(person("guest")).await);
    let w = seats.workspace(&maker).await;
    seats.set_plan(&w, "enterprise").await;
    for _ in 0..2 {
        let made = seats.call(&maker, "PUT", &format!("{w}/links/member"), Value::Null).await.expect(200);
        tokens.extend(tokens_in(&made));
        seats.call(&maker, "PUT", &format!("{w}/domains/secret.example"), Value::Null).await.expect(200);
    }
    let by_link = json!({ "token": tokens.last() });
    seats.call(None, "POST", "/v1/invitations/preview", by_link.clone()).await.expect(200);
    seats.call_with(&guest, "POST", "/v1/join", by_link.clone(), &key).await.expect(200);
    seats.call(&maker, "DELETE", &format!("{w}/links/member"), Value::Null).await.expect(204);
    seats.post(&tea, "/v1/join", by_link).await;
    background::verify_domains(&seats.local.service).await;
    let verify = json!({ "domain": "secret.example" });
    seats.call(None, "POST", "/dev/verify-domain", verify).await.expect(200);
    let dom = seats.sign_in_as(person("dom")).await;
    assert_eq!(seats.post(&dom, "/v1/me", json!({})).await.expect(200)["next"], "dashboard");
    seats.call(&maker, "DELETE", &w, Value::Null).await.expect(204);
    seats.local.settle().await;
    drop(seats);
    // Everything that is refused, with something in it that must not be told.
    for row in operations::all() {
        let path = row.path.replace("{workspaceId}", &workspace.replace("/v1/workspaces/", ""));
        let path = path.replace(['{', '}'], "");
        for body in [
            json!({ "tea.canary@secret.example": tokens[2] }),
            json!({ "name": { "email": "tea.canary@secret.example" }, "token": 1 }),
            json!({ "emails": ["tea.canary@secret.example\u{0}", tokens[2]], "token": format!("{}!", tokens[2]) }),
            json!("tea.canary@secret.example"),
        ] {
            app.call_with(&owner, row.method.as_str(), &path, body, &key).await;
        }
        let query = format!("{path}?email=tea.canary%40secret.example&token={}", tokens[2]);
        app.call(&tea, row.method.as_str(), &query, Value::Null).await;
        app.call(None, row.method.as_str(), &path, Value::Null).await;
    }
    for (name, value) in [
        ("authorization", format!("Bearer {}x", owner.token)),
        ("authorization", "Basic Y2FuYXJ5OnNlY3JldA==".to_owned()),
        ("x-email", "tea.canary@secret.example".to_owned()),
        ("idempotency-key", "tea.canary@secret.example é".to_owned()),
    ] {
        app.call_with(None, "POST", "/v1/workspaces", json!({}), &[(name, &value)]).await;
        app.call_with(&owner, "POST", "/v1/workspaces", json!({ "name": "A" }), &[(name, &value)]).await;
    }
    app.local.settle().await;
    drop(app);

    let mut canaries: Vec<String> = [
        "secret.example",
        "secret%40",
        "%40secret",
        "canary",
        "Canary",
        "Zipporah",
        "Y2FuYXJ5OnNlY3JldA",
        "Bearer",
        "authorization",
        "901820",
        picture.split(['=', '&']).nth(1).expect("a key"),
    ]
    .map(ToOwned::to_owned)
    .to_vec();
    for person in [&owner, &tea, &lee, &maker, &guest, &dom] {
        canaries.extend(person.token.split('.').map(ToOwned::to_owned));
    }
    let (all, ours) = (logs.all.text(), logs.ours.text());
    // Whoever listens to everything hears it: so this test is not deaf, and the filter is needed.
    assert!(all.contains("tea.canary@secret.example"), "nothing foreign was heard");
    assert!(ours.lines().count() > 200 && ours.contains(r#""level":"DEBUG""#), "nothing of ours was heard");
    for row in operations::all() {
        assert!(!logs.ours.requests(row.name).is_empty(), "{} was not heard", row.name);
    }
    assert!(ours.contains("mail not sent"), "no failure was heard");
    for canary in &canaries {
        let line = ours.lines().find(|line| line.contains(canary.as_str()));
        assert_eq!(line, None, "{canary}");
    }
    assert!(tokens.len() >= 6, "{}", tokens.len());
    for line in ours.lines() {
        // Metrics are paid for by their dimensions, and kept for months: no tenant is one.
        let parsed = serde_json::from_str(line).expect("JSON");
        for (name, dimensions) in metrics(&parsed) {
            assert!(dimensions.iter().all(|one| one == "stack" || one == "code"), "{name}: {dimensions:?}");
        }
        holds_no_token("the log", line, &tokens);
    }
}

// Lists.

#[tokio::test]
async fn k28_lists_show_links_only_to_who_may_share_them() {
    let stage = Stage::new().await;
    let app = &stage.app;
    let admin = app.member(&stage.owner, &stage.workspace, "adam@acme.example", "admin").await;
    app.buy(&stage.owner, &stage.workspace, "pro", 5).await;
    let path = stage.path_of("invite");
    let mut tokens = vec![stage.token.clone()];
    let mut owners = Vec::new();
    for body in [
        json!({ "role": "owner" }),
        json!({ "emails": ["otto@acme.example"], "role": "owner" }),
        json!({ "role": "admin" }),
        json!({ "emails": ["max@acme.example"], "role": "member" }),
    ] {
        let made = app.post(&stage.owner, &path, body.clone()).await.expect(201);
        tokens.extend(tokens_in(&made));
        if body["role"] == "owner" {
            owners.extend(tokens_in(&made));
        }
    }
    // And one that is over.
    let over = app.invite(&stage.owner, &stage.workspace, "over@acme.example", "member").await;
    tokens.extend(tokens_in(&over));
    let one = format!("{}/invitations/{}", stage.workspace, text(&over["id"]));
    app.call(&stage.owner, "DELETE", &one, Value::Null).await.expect(204);
    app.local.settle().await;
    let lists: Vec<String> = operations::all()
        .iter()
        .filter(|row| row.method == Method::GET)
        .map(|row| stage.path(row))
        .chain([format!("{}/members?status=all", stage.workspace)])
        .collect();
    assert!(lists.len() > 8);
    for (role, who) in
        [("owner", &stage.owner), ("admin", &admin), ("member", &stage.member), ("invited", &stage.invited)]
    {
        for path in &lists {
            let reply = app.get(who, path).await;
            let may_share = path.ends_with("/invitations") && path != "/v1/me/invitations";
            let links = tokens_in(&reply.json);
            let mut shown = reply.text.clone();
            if may_share {
                for item in reply.json["items"].as_array().into_iter().flatten() {
                    let url = item["url"].as_str();
                    assert_eq!(
                        url.is_some(),
                        item["status"] == "pending" && (role == "owner" || item["role"] != "owner")
                    );
                    shown = shown.replace(url.unwrap_or("nothing"), "");
                }
            }
            assert!(!shown.contains("token"), "{role} {path}: {shown}");
            holds_no_token(path, &shown, &tokens);
            match (may_share, role) {
                (true, "owner") => assert_eq!(links.len(), 5, "{}", reply.text),
                (true, "admin") => {
                    assert_eq!(links.len(), 3, "{}", reply.text);
                    holds_no_token(path, &reply.text, &owners);
                }
                _ => assert_eq!(links, [""; 0], "{role} {path}"),
            }
        }
    }
}

#[tokio::test]
async fn k28_a_link_is_shown_to_who_may_share_it_and_to_nobody_else() {
    let stage = Stage::of_role_seats().await;
    let app = &stage.app;
    let links = stage.path_of("list-links");
    let made = app.get(&stage.owner, &links).await.expect(200);
    let mut tokens = tokens_in(&made);
    assert_eq!(tokens.len(), 2);
    tokens.push(stage.token.clone());
    let plain = app.sign_in("plain@acme.example").await;
    app.post(&plain, "/v1/join", json!({ "token": tokens[0] })).await.expect(200);
    let stranger = app.sign_in("stranger@other.example").await;
    for who in [&stage.owner, &stage.member, &plain, &stage.invited, &stranger] {
        for row in operations::all().iter().filter(|row| row.method == Method::GET) {
            let reply = app.get(who, &stage.path(row)).await;
            let is_shared =
                who.email == stage.owner.email && ["list-links", "list-invitations"].contains(&row.name);
            if is_shared {
                assert!(!tokens_in(&reply.json).is_empty(), "{}", reply.text);
            } else {
                let what = format!("{} to {}", row.name, who.email);
                assert_eq!(tokens_in(&reply.json), [""; 0], "{what}");
                holds_no_token(&what, &reply.text, &tokens);
            }
        }
    }
    // One that was taken back is not in the list, nor is the one before the one that there is.
    let listed = async || tokens_in(&app.get(&stage.owner, &links).await.expect(200));
    app.call(&stage.owner, "DELETE", &stage.path_of("revoke-link"), Value::Null).await.expect(204);
    assert_eq!(listed().await, [tokens[1].clone()]);
    let again = app.call(&stage.owner, "PUT", &stage.path_of("create-link"), Value::Null).await.expect(200);
    let again = tokens_in(&again).remove(0);
    assert!(!tokens.contains(&again));
    assert_eq!(listed().await, [again, tokens[1].clone()]);
}

// Mail.

#[tokio::test]
async fn k40_what_people_type_is_no_markup_and_no_header() {
    let app = App::new().await;
    let script = r#""><script>alert('x')</script><a href="https://evil.example">&amp;"#;
    let image = "<img src=x onerror=alert(1)> {{7*7}} =?utf-8?q?x?=";
    let owner = app.sign_in_as(json!({ "email": "olga@acme.example", "firstName": image })).await;
    let made = app.post(&owner, "/v1/workspaces", json!({ "name": script })).await.expect(201);
    let workspace = format!("/v1/workspaces/{}", text(&made["id"]));
    app.buy(&owner, &workspace, "pro", 3).await;
    let invitation = app.invite(&owner, &workspace, "tea@acme.example", "member").await;
    app.local.settle().await;
    let mail = app.local.mailbox.sent_to("tea@acme.example").remove(0);
    assert_eq!(mail.subject, format!("{image} invited you to {script}"));
    assert_eq!(mail.links, [text(&invitation["url"])]);
    for markup in ["<script", "<img", "onerror=alert(1)>", "evil.example\">", "</script>"] {
        assert!(!mail.html.contains(markup), "{markup} in {}", mail.html);
    }
    // As text it is there, in both parts.
    let unescaped = ["<", ">", "\"", "'", "&"].iter().zip(["&#60;", "&#62;", "&#34;", "&#39;", "&#38;"]);
    let shown = unescaped.fold(mail.html.clone(), |html, (character, code)| html.replace(code, character));
    assert!(shown.contains(script) && shown.contains(image), "{}", mail.html);
    assert!(mail.text.contains(script) && mail.text.contains(image), "{}", mail.text);

    // No line can be added to a header: not by a client, and not by an identity provider.
    for name in
        ["Acme\r\nBcc: all@evil.example", "Acme\nBcc: x", "Acme\rBcc: x", "Acme\u{85}x", "Acme\u{2028}x"]
    {
        let reply = app.call(&owner, "PATCH", &workspace, json!({ "name": name })).await;
        reply.expect_problem(422, "invalid_request");
        let reply = app.call(&owner, "PATCH", "/v1/me", json!({ "firstName": name })).await;
        reply.expect_problem(422, "invalid_request");
        let now = app.local.clock.now().as_second();
        let claims = json!({
            "iss": ISSUER, "aud": AUDIENCE, "sub": name, "iat": now, "exp": now + 600, "email": "ivy@acme.example",
            "email_verified": true, "given_name": name, "family_name": name,
        });
        let token = app.local.issuer.sign(&app.local.issuer.header(), &claims).expect("a token");
        let ivy = Person { token, ..Person::new("ivy@acme.example") };
        let entered = app.post(&ivy, "/v1/me", json!({})).await.expect(200);
        assert_eq!(
            (&entered["user"]["firstName"], &entered["user"]["lastName"]),
            (&Value::Null, &Value::Null)
        );
        let made = app.post(&ivy, "/v1/workspaces", json!({ "name": "Ivy" })).await.expect(201);
        let own = format!("/v1/workspaces/{}", text(&made["id"]));
        app.buy(&ivy, &own, "pro", 1).await;
        app.invite(&ivy, &own, "pat@acme.example", "member").await;
    }
    app.local.settle().await;
    let sent = app.local.mailbox.sent();
    assert_eq!(sent.len(), 1 + 5);
    for mail in sent {
        assert!(!mail.subject.contains(char::is_control), "{:?}", mail.subject);
        assert_eq!(mail.to.matches('@').count(), 1, "{}", mail.to);
        assert!(!mail.text.contains("Bcc") && !mail.html.contains("Bcc"));
    }
}
