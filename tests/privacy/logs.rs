//! Logs and mails: nobody is named, nothing is markup (K27, K40).

use crate::support::logs::metrics;
use jiff::SignedDuration;
use seatwise_cli::dev::{AUDIENCE, ISSUER, MailFault};
use seatwise_functions::background;
use serde_json::{Value, json};
use tracing::level_filters::LevelFilter;

use super::{holds_no_token, tokens_in};
use crate::support::app::App;
use crate::support::catalogue::of_people;
use crate::support::client::Client as _;
use crate::support::logs::Logs;
use crate::support::person::Person;
use crate::support::reply::text;

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
    for row in of_people() {
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
    // A listener to everything hears it: so this test is not deaf, and the filter is needed.
    assert!(all.contains("tea.canary@secret.example"), "nothing foreign was heard");
    assert!(ours.lines().count() > 200 && ours.contains(r#""level":"DEBUG""#), "nothing of ours was heard");
    for row in of_people() {
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
    assert_eq!(mail.subject, "You are invited to a workspace on Seatwise");
    assert_eq!(mail.links, [text(&invitation["url"])]);
    for markup in ["<script", "<img", "onerror=alert(1)>", "evil.example\">", "</script>"] {
        assert!(!mail.html.contains(markup), "{markup} in {}", mail.html);
    }
    // As text it is there, in both parts; the link in it is broken.
    let script = seatwise_domain::without_links(script).expect("words");
    let unescaped = ["<", ">", "\"", "'", "&"].iter().zip(["&#60;", "&#62;", "&#34;", "&#39;", "&#38;"]);
    let shown = unescaped.fold(mail.html.clone(), |html, (character, code)| html.replace(code, character));
    assert!(shown.contains(&script) && shown.contains(image), "{}", mail.html);
    assert!(mail.text.contains(&script) && mail.text.contains(image), "{}", mail.text);

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
