//! Requests that come again (K13–K17): one effect, and the first answer.

use std::sync::Arc;

use futures::future::join_all;
use http::StatusCode;
use jiff::SignedDuration;
use serde_json::{Value, json};

use crate::support::app::App;
use crate::support::catalogue::{self, Entry};
use crate::support::client::Client as _;
use crate::support::person::Person;
use crate::support::reply::{Reply, text, token_of};
use crate::support::scene::{Scene, Sent};
use crate::support::stage::Stage;

const KEY: &str = "idempotency-key";

/// A request that does something, once, and where it can be sent.
struct RepetitionCase {
    app: App,
    request: Sent,
    /// Another body that the operation would take as well.
    other: String,
}

impl RepetitionCase {
    /// A request of the catalogue, in a scene of its own.
    async fn of(entry: &Entry) -> Self {
        let app = App::with_pack(entry.product.pack).await;
        let (scene, request) = Scene::before(app.clone(), entry, "").await;
        let other = match entry.row.name {
            "create-api-key" | "create-workspace" => r#"{"name":"Other"}"#.to_owned(),
            "invite" => r#"{"role":"admin"}"#.to_owned(),
            "join" => json!({ "invitationId": scene.value("invitationId") }).to_string(),
            "buy-seats" | "buy-credits" => r#"{"quantity":2}"#.to_owned(),
            "spend-credits" => r#"{"amount":2,"reason":"Otherwise"}"#.to_owned(),
            "request-leave" | "approve-leave" | "deny-leave" => r#"{"reason":"Otherwise"}"#.to_owned(),
            // The other of the two who govern.
            "transfer-workspace" => {
                let [olga, anna] = ["olga", "anna"].map(|name| scene.value(name));
                let other = if request.body["userId"] == olga { anna } else { olga };
                json!({ "userId": other }).to_string()
            }
            "rotate-api-key" => r#"{"overlapSeconds":60}"#.to_owned(),
            "add-resource" => r#"{"kind":"bot","externalId":"other"}"#.to_owned(),
            "add-member" => r#"{"subject":"other","email":"other@acme.example","role":"member"}"#.to_owned(),
            // These take no field: an empty object is another body than none.
            "resend-invitation" | "cancel-seat" | "reactivate-seat" | "assign-seats"
            | "decline-invitation" | "revoke-api-key" => "{}".to_owned(),
            name => panic!("tests/idempotency has no second body for {name}"),
        };
        app.local.settle().await;
        Self { app, request, other }
    }

    async fn send(&self, key: &str) -> Reply {
        self.request.send(&self.app, Some(key)).await
    }

    /// The same request of somebody else, or with another token.
    async fn send_as(&self, who: &Person, key: &str) -> Reply {
        Sent { who: Some(who.clone()), ..self.request.clone() }.send(&self.app, Some(key)).await
    }

    /// Another request with this body.
    async fn send_text(&self, body: &str, key: &[u8]) -> Reply {
        let request = http::Request::post(&self.request.path)
            .header("authorization", format!("Bearer {}", self.who().token))
            .header("content-type", "application/json")
            .header(KEY, http::HeaderValue::from_bytes(key).expect("bytes"))
            .body(axum::body::Body::from(body.to_owned()));
        self.app.send(request.expect("a request")).await
    }

    fn who(&self) -> &Person {
        self.request.who.as_ref().expect("somebody who is signed in")
    }

    /// The same caller with another token: a person by their address, a service by its name.
    async fn sign_in_again(&self) -> Person {
        let who = self.who();
        self.app.sign_in(who.subject.as_deref().unwrap_or(&who.email)).await
    }
}

/// The requests of the catalogue that take an `Idempotency-Key`.
fn entries() -> impl Iterator<Item = Entry> {
    catalogue::first().into_iter().filter(|entry| entry.row.idempotent)
}

/// The whole of an answer but what is of one request alone, and a secret, which only the first answer has (K67).
fn seen(reply: &Reply) -> (StatusCode, String, Option<&[u8]>) {
    let secret = reply.json.get("key").and_then(Value::as_str).map(|key| format!("\"{key}\""));
    let text = secret.map_or_else(|| reply.text.clone(), |secret| reply.text.replace(&secret, "null"));
    (reply.status, text, reply.headers.get("content-type").map(http::HeaderValue::as_bytes))
}

#[tokio::test]
async fn k13_a_repetition_gets_the_first_answer_for_a_day() {
    for entry in entries() {
        let case = RepetitionCase::of(&entry).await;
        let app = &case.app;
        let first = case.send("key-1").await;
        assert_eq!(first.status.as_u16(), case.request.call.status, "{}: {}", entry.row.name, first.text);
        let after = app.dump().await;

        assert_eq!(seen(&case.send("key-1").await), seen(&first), "{}", entry.row.name);
        // From another device, and so with another token, within the day.
        app.local.clock.advance(SignedDuration::from_hours(23)).expect("moved");
        let later = case.sign_in_again().await;
        assert_eq!(seen(&case.send_as(&later, "key-1").await), seen(&first), "{}", entry.row.name);
        assert_eq!(app.dump().await.changed_by_requests_since(&after), [""; 0], "{}", entry.row.name);

        // After it the key is as good as new: it does something again, or is refused for what is
        // so now, and the old answer is not given.
        app.local.clock.advance(SignedDuration::from_hours(3)).expect("moved");
        let next_day = case.sign_in_again().await;
        let again = case.send_as(&next_day, "key-1").await;
        if again.status.is_success() {
            let changed = app.dump().await.changed_since(&after);
            assert!(
                changed.iter().any(|key| key.contains(&format!("RECEIPT#{}#", entry.row.name))),
                "{}",
                entry.row.name
            );
            let repeated = case.send_as(&next_day, "key-1").await;
            assert_eq!(seen(&repeated), seen(&again), "{}", entry.row.name);
        } else {
            assert!(again.status.is_client_error(), "{}: {}", entry.row.name, again.text);
            assert_ne!(again.code(), "idempotency_mismatch", "{}", entry.row.name);
        }
    }
}

#[tokio::test]
async fn k13_without_a_key_each_request_counts() {
    let stage = Stage::new().await;
    for body in [json!({ "quantity": 1 }), json!({ "quantity": 1 })] {
        stage.app.post(&stage.owner, &stage.path_of("buy-seats"), body).await.expect(201);
    }
    let seats = stage.app.dump().await.count("SEAT#");
    assert_eq!(seats, 3 + 2);
}

#[tokio::test]
async fn k13_links_in_answers_are_derived_again_and_not_kept() {
    let stage = Stage::new().await;
    let app = &stage.app;
    let path = stage.path_of("invite");
    let mut tokens = vec![stage.token.clone()];
    for (key, body) in [("a", json!({})), ("b", json!({ "emails": ["x@acme.example"] }))] {
        app.buy(&stage.owner, &stage.workspace, "pro", 1).await;
        let first = app.call_with(&stage.owner, "POST", &path, body.clone(), &[(KEY, key)]).await;
        let again = app.call_with(&stage.owner, "POST", &path, body, &[(KEY, key)]).await;
        assert_eq!(seen(&again), seen(&first));
        let url = text(&again.expect(201)["items"][0]["invitation"]["url"]);
        tokens.push(token_of(&url).to_owned());
    }
    let resend = stage.path_of("resend-invitation");
    let first = app.call_with(&stage.owner, "POST", &resend, Value::Null, &[(KEY, "c")]).await;
    assert_eq!(token_of(&text(&first.expect(200)["url"])), stage.token);
    let by_token = json!({ "token": stage.token });
    let joined = app.call_with(&stage.invited, "POST", "/v1/join", by_token.clone(), &[(KEY, "d")]).await;
    joined.expect(200);
    // The receipts are there, and hold no token, nor the key it was sent with.
    let dump = app.dump().await;
    assert_eq!(dump.count("RECEIPT#"), 4);
    for token in &tokens {
        assert!(!dump.text().contains(&token[50..]), "a token is kept");
    }
    // The links that were handed out work.
    let guest = app.sign_in("guest@other.example").await;
    app.join_by(&guest, &format!("#token={}", tokens[1])).await.expect(200);
}

#[tokio::test]
async fn k14_another_body_with_the_same_key_is_refused() {
    for entry in entries() {
        let case = RepetitionCase::of(&entry).await;
        let app = &case.app;
        let first = case.send("key-1").await;
        assert_eq!(first.status.as_u16(), case.request.call.status, "{}: {}", entry.row.name, first.text);
        let after = app.dump().await;
        let other = case.send_text(&case.other, b"key-1").await;
        other.expect_problem(422, "idempotency_mismatch");
        assert_eq!(app.dump().await.changed_since(&after), [""; 0], "{}", entry.row.name);
        // The first still holds.
        assert_eq!(seen(&case.send("key-1").await), seen(&first), "{}", entry.row.name);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn k15_the_same_key_many_times_at_once_is_one_effect() {
    for entry in entries() {
        let case = Arc::new(RepetitionCase::of(&entry).await);
        let app = &case.app;
        let before = app.dump().await;
        // The changes of one request.
        case.send("key-0").await;
        let once = app.dump().await.changed_since(&before).len();
        assert!(once > 0, "{}", entry.row.name);
        app.put_back(&before).await;

        let at_once = (0..24).map(|_| {
            let case = Arc::clone(&case);
            tokio::spawn(async move { case.send("key-1").await })
        });
        let replies: Vec<Reply> =
            join_all(at_once).await.into_iter().map(|reply| reply.expect("an answer")).collect();
        let first = replies.iter().find(|reply| reply.status.is_success());
        let first = first.unwrap_or_else(|| panic!("{}: {}", entry.row.name, replies[0].text));
        for reply in &replies {
            let is_in_flight = (reply.status.as_u16(), reply.code()) == (409, "idempotency_in_flight");
            assert!(is_in_flight || seen(reply) == seen(first), "{}: {}", entry.row.name, reply.text);
        }
        assert_eq!(app.dump().await.changed_since(&before).len(), once, "{}", entry.row.name);
    }
}

#[tokio::test]
async fn k16_a_key_belongs_to_caller_operation_and_path() {
    let stage = Stage::new().await;
    let app = &stage.app;
    let body = json!({ "name": "Same" });
    let keyed = |who: Person, path: String, body: Value| async move {
        app.call_with(&who, "POST", &path, body, &[(KEY, "shared")]).await
    };
    // Two callers.
    let mine = keyed(stage.owner.clone(), "/v1/workspaces".to_owned(), body.clone()).await.expect(201);
    let theirs = keyed(stage.member.clone(), "/v1/workspaces".to_owned(), body.clone()).await.expect(201);
    assert_ne!(mine["id"], theirs["id"]);
    assert_ne!(mine["creatorId"], theirs["creatorId"]);
    // Two paths of one operation, with the same body.
    let own = format!("/v1/workspaces/{}", text(&mine["id"]));
    let quantity = json!({ "quantity": 1 });
    let here = keyed(stage.owner.clone(), stage.path_of("buy-seats"), quantity.clone()).await.expect(201);
    let there = keyed(stage.owner.clone(), format!("{own}/seats"), quantity).await.expect(201);
    assert_ne!(here["items"][0]["id"], there["items"][0]["id"]);
    // Two operations, with the same body and nearly the same path.
    let cancelled = keyed(stage.owner.clone(), stage.path_of("cancel-seat"), Value::Null).await.expect(200);
    let reactivated =
        keyed(stage.owner.clone(), stage.path_of("reactivate-seat"), Value::Null).await.expect(200);
    assert!(cancelled["cancelsAt"].is_string() && reactivated["cancelsAt"].is_null());
    // Another person with the same address is another caller.
    let again = app.sign_in(&stage.owner.email).await;
    assert_eq!(keyed(again, "/v1/workspaces".to_owned(), body).await.expect(201), mine);
}

#[tokio::test]
async fn k17_a_refusal_does_not_bind_the_key() {
    let app = App::new().await;
    let owner = app.sign_in("olga@acme.example").await;
    let workspace = app.workspace(&owner).await;
    let member = app.member(&owner, &workspace, "mia@acme.example", "member").await;
    let (seats, invitations) = (format!("{workspace}/seats"), format!("{workspace}/invitations"));
    let before = app.dump().await;
    let keyed = async |who: &Person, path: &str, body: Value| {
        app.call_with(who, "POST", path, body, &[(KEY, "key-1")]).await
    };
    // Of every kind: malformed, invalid, refused by a rule, refused by a policy, not there.
    let request = http::Request::post(&seats)
        .header("authorization", format!("Bearer {}", owner.token))
        .header(KEY, "key-1")
        .body(axum::body::Body::from("{"));
    app.send(request.expect("a request")).await.expect_problem(400, "malformed_request");
    keyed(&owner, &seats, json!({ "quantity": 0 })).await.expect_problem(422, "invalid_request");
    keyed(&owner, &seats, json!({ "quantity": 1, "x": 1 })).await.expect_problem(422, "invalid_request");
    keyed(&owner, &seats, json!({ "tier": "gold", "quantity": 1 })).await.expect_problem(422, "tier_unknown");
    keyed(&owner, &invitations, json!({})).await.expect_problem(409, "no_seat_available");
    keyed(&member, &seats, json!({ "quantity": 1 })).await.expect_problem(403, "forbidden");
    keyed(&owner, "/v1/join", json!({ "token": "x" })).await.expect_problem(404, "invitation_unknown");
    assert_eq!(app.dump().await.changed_since(&before), [""; 0], "a refusal is stored");

    // The same keys, with what is right or once it is possible.
    keyed(&owner, &seats, json!({ "quantity": 1 })).await.expect(201);
    let invited = keyed(&owner, &invitations, json!({})).await.expect(201);
    let url = text(&invited["items"][0]["invitation"]["url"]);
    keyed(&owner, "/v1/join", json!({ "token": token_of(&url) })).await.expect_problem(409, "already_member");
    let path = format!("{workspace}/members/{}/role", member.id());
    app.call(&owner, "PUT", &path, json!({ "role": "owner" })).await.expect(200);
    keyed(&member, &seats, json!({ "quantity": 1 })).await.expect(201);
}

#[tokio::test]
async fn k17_a_key_that_is_none_is_named() {
    let long = "k".repeat(256);
    let bad: [&[u8]; 10] = [
        b"",
        b" ",
        b"a b",
        b"a\tb",
        b"\t",
        long.as_bytes(),
        "ключ".as_bytes(),
        "k\u{e9}y".as_bytes(),
        "🔑".as_bytes(),
        b"\xff\xfe",
    ];
    for entry in entries() {
        let case = RepetitionCase::of(&entry).await;
        let before = case.app.dump().await;
        for key in bad {
            let reply = case.send_text(&case.request.body.to_string(), key).await;
            let problem = reply.expect_problem(422, "invalid_request");
            let error = &problem["errors"][0];
            assert_eq!(error["field"], "Idempotency-Key", "{key:?}: {problem}");
            assert!(text(&error["message"]).contains("1 to 255 printable ASCII"), "{problem}");
        }
        assert_eq!(case.app.dump().await.changed_since(&before), [""; 0]);
    }
    let stage = Stage::new().await;
    let app = &stage.app;
    let longest = "~".repeat(255);
    app.call_with(&stage.owner, "POST", "/v1/workspaces", json!({ "name": "A" }), &[(KEY, &longest)])
        .await
        .expect(201);
    // Where a repetition does no harm, the header is as good as not there.
    app.call_with(&stage.owner, "GET", "/v1/me", Value::Null, &[(KEY, "a b")]).await.expect(200);
}

/// Who has handed the creator's standing on has lost the right to: that is no reason to tell them
/// that they could not.
#[tokio::test]
async fn k13_what_takes_the_right_away_is_answered_again_to_who_did_it() {
    let entry = entries().find(|entry| entry.name() == "transfer-workspace").expect("an entry");
    let case = RepetitionCase::of(&entry).await;
    let app = &case.app;
    let first = case.send("key-1").await;
    assert_eq!(seen(&case.send("key-1").await), seen(&first));
    first.expect(200);
    // With another key it is another request, and the caller has no right to it; nor has a stranger.
    let stranger = app.sign_in("ivo@acme.example").await;
    for (who, key) in [(case.who(), "key-2"), (&stranger, "key-1")] {
        let reply = case.send_as(who, key).await;
        assert!(matches!(reply.code(), "forbidden" | "not_found"), "{}", reply.text);
    }
    // A caller who is no member any more does not get the first answer either.
    let workspace = case.request.path.trim_end_matches("/transfer");
    let anna = app.sign_in("anna@acme.example").await;
    app.remove(&anna, workspace, case.who()).await.expect(204);
    case.send("key-1").await.expect_problem(404, "not_found");
}

#[tokio::test]
async fn k31_a_repetition_needs_the_permission_still() {
    let app = App::new().await;
    let owner = app.sign_in("olga@acme.example").await;
    let workspace = app.workspace(&owner).await;
    let admin = app.member(&owner, &workspace, "adam@acme.example", "admin").await;
    let member = format!("{workspace}/members/{}", admin.id());
    app.buy(&owner, &workspace, "pro", 1).await;
    let invitations = format!("{workspace}/invitations");
    let invite = async || app.call_with(&admin, "POST", &invitations, json!({}), &[(KEY, "key-1")]).await;
    let invited = invite().await;
    assert_eq!(seen(&invite().await), seen(&invited));
    invited.expect(201);
    let before = app.dump().await;
    app.call(&owner, "PUT", &format!("{member}/role"), json!({ "role": "member" })).await.expect(200);
    // Else whoever was demoted could have the link shown again.
    let refused = invite().await.expect_problem(403, "forbidden");
    assert!(!refused.to_string().contains("#token="));
    app.call(&owner, "DELETE", &member, Value::Null).await.expect(204);
    invite().await.expect_problem(404, "not_found");
    assert_eq!(app.dump().await.count("INVITATION#"), before.count("INVITATION#"));
}
