//! Requests that come again (K13–K17): one effect, and the first answer.

use std::sync::Arc;

use futures::future::join_all;
use http::StatusCode;
use jiff::SignedDuration;
use seatwise_functions::Row;
use seatwise_functions::operations;
use serde_json::{Value, json};

use crate::support::app::{App, Person, Reply, text, token_of};
use crate::support::stage::Stage;
use crate::support::table::Dump;

const KEY: &str = "idempotency-key";

/// A request that does something, once.
struct Case {
    who: Person,
    path: String,
    body: Value,
    /// Another that the operation would take as well.
    other: String,
}

/// How a row is called so that it does something; one that this does not know fails the test.
async fn case(stage: &Stage, row: &Row) -> Case {
    let (owner, member, invited) = (&stage.owner, &stage.member, &stage.invited);
    let nothing = || (Value::Null, "{}".to_owned());
    let reason = || (json!({ "reason": "As agreed" }), r#"{"reason":"Otherwise"}"#.to_owned());
    let (who, (body, other)) = match row.name {
        "create-workspace" => (member, (json!({ "name": "New" }), r#"{"name":"Other"}"#.to_owned())),
        // A shareable link: the answer has a token in it.
        "invite" => (owner, (json!({ "role": "member" }), r#"{"role":"admin"}"#.to_owned())),
        "resend-invitation" | "cancel-seat" | "reactivate-seat" | "assign-seats" => (owner, nothing()),
        "join" => {
            let by_id = json!({ "invitationId": stage.invitation }).to_string();
            (invited, (json!({ "token": stage.token }), by_id))
        }
        "decline-invitation" => (invited, nothing()),
        "buy-seats" => (owner, (json!({ "quantity": 1 }), r#"{"quantity":2}"#.to_owned())),
        // The member has asked already; the owner made a member may ask.
        "request-leave" => (invited, reason()),
        "approve-leave" | "deny-leave" => (owner, reason()),
        "transfer-workspace" => {
            let to = |id: &str| json!({ "userId": id });
            (owner, (to(&stage.member_id), to(&stage.app.id_of(owner).await).to_string()))
        }
        name => panic!("teach this test to call {name}"),
    };
    Case { who: who.clone(), path: stage.path(row), body, other }
}

/// Makes the stage one on which the row's request does something.
async fn prepare(stage: &Stage, row: &Row) {
    match row.name {
        "request-leave" => {
            let token = json!({ "token": stage.token });
            stage.app.post(&stage.invited, "/v1/join", token).await.expect(200);
        }
        "reactivate-seat" => {
            stage.app.post(&stage.owner, &stage.path_of("cancel-seat"), Value::Null).await.expect(200);
        }
        "transfer-workspace" => {
            let path = format!("{}/members/{}/role", stage.workspace, stage.member_id);
            let body = json!({ "role": "owner" });
            stage.app.call(&stage.owner, "PUT", &path, body).await.expect(200);
        }
        _ => {}
    }
    stage.app.local.settle().await;
}

/// The stage of a product that offers what the row does.
async fn stage_of(row: &Row) -> Stage {
    if row.name == "assign-seats" { Stage::of_role_seats().await } else { Stage::new().await }
}

fn rows() -> impl Iterator<Item = &'static Row> {
    operations::all().iter().filter(|row| row.idempotent)
}

/// The whole of an answer but what is of one request alone.
fn seen(reply: &Reply) -> (StatusCode, &str, Option<&[u8]>) {
    (reply.status, &reply.text, reply.headers.get("content-type").map(http::HeaderValue::as_bytes))
}

async fn send(app: &App, case: &Case, who: &Person, key: &str) -> Reply {
    app.call_with(who, "POST", &case.path, case.body.clone(), &[(KEY, key)]).await
}

async fn send_text(app: &App, case: &Case, body: &str, key: &str) -> Reply {
    let request = http::Request::post(&case.path)
        .header("authorization", format!("Bearer {}", case.who.token))
        .header("content-type", "application/json")
        .header(KEY, key)
        .body(axum::body::Body::from(body.to_owned()));
    app.send(request.expect("a request")).await
}

#[test]
fn k13_every_post_that_creates_takes_a_key() {
    // `POST`s that do nothing that a repetition could double: who has left is not there to leave again.
    let harmless = ["enter", "leave-workspace", "preview-invitation", "authorize"];
    for row in operations::all() {
        let expected = row.method == "POST" && !harmless.contains(&row.name);
        assert_eq!(row.idempotent, expected, "{}", row.name);
    }
}

#[tokio::test]
async fn k13_a_repetition_gets_the_first_answer_for_a_day() {
    for row in rows() {
        let stage = stage_of(row).await;
        prepare(&stage, row).await;
        let app = &stage.app;
        let case = case(&stage, row).await;
        let first = send(app, &case, &case.who, "key-1").await;
        assert_eq!(first.status, row.status, "{}: {}", row.name, first.text);
        let after = Dump::of(app).await;

        assert_eq!(seen(&send(app, &case, &case.who, "key-1").await), seen(&first), "{}", row.name);
        // From another device, and so with another token, within the day.
        app.local.clock.advance(SignedDuration::from_hours(23)).expect("moved");
        let later = app.sign_in(&case.who.email).await;
        assert_eq!(seen(&send(app, &case, &later, "key-1").await), seen(&first), "{}", row.name);
        assert_eq!(Dump::of(app).await.changed_since(&after), [""; 0], "{}", row.name);

        // After it the key is as good as new: it does something again, or is refused for what is
        // so now, and the old answer is not given.
        app.local.clock.advance(SignedDuration::from_hours(3)).expect("moved");
        let next_day = app.sign_in(&case.who.email).await;
        let again = send(app, &case, &next_day, "key-1").await;
        if again.status.is_success() {
            let changed = Dump::of(app).await.changed_since(&after);
            assert!(
                changed.iter().any(|key| key.contains(&format!("RECEIPT#{}#", row.name))),
                "{}",
                row.name
            );
            let repeated = send(app, &case, &next_day, "key-1").await;
            assert_eq!(seen(&repeated), seen(&again), "{}", row.name);
        } else {
            assert!(again.status.is_client_error(), "{}: {}", row.name, again.text);
            assert_ne!(again.code(), "idempotency_mismatch", "{}", row.name);
        }
    }
}

#[tokio::test]
async fn k13_without_a_key_each_request_counts() {
    let stage = Stage::new().await;
    for body in [json!({ "quantity": 1 }), json!({ "quantity": 1 })] {
        stage.app.post(&stage.owner, &stage.path_of("buy-seats"), body).await.expect(201);
    }
    let seats = Dump::of(&stage.app).await.count("SEAT#");
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
    let dump = Dump::of(app).await;
    assert_eq!(dump.count("RECEIPT#"), 4);
    for token in &tokens {
        assert!(!dump.text().contains(&token[50..]), "a token is kept");
    }
    // The links that were handed out work.
    let guest = app.sign_in("guest@other.example").await;
    app.join(&guest, &format!("#token={}", tokens[1])).await.expect(200);
}

#[tokio::test]
async fn k14_another_body_with_the_same_key_is_refused() {
    for row in rows() {
        let stage = stage_of(row).await;
        let app = &stage.app;
        prepare(&stage, row).await;
        let case = case(&stage, row).await;
        let first = send(app, &case, &case.who, "key-1").await;
        assert_eq!(first.status, row.status, "{}: {}", row.name, first.text);
        let after = Dump::of(app).await;
        let other = send_text(app, &case, &case.other, "key-1").await;
        other.expect_problem(422, "idempotency_mismatch");
        assert_eq!(Dump::of(app).await.changed_since(&after), [""; 0], "{}", row.name);
        // The first still holds.
        assert_eq!(seen(&send(app, &case, &case.who, "key-1").await), seen(&first), "{}", row.name);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn k15_the_same_key_many_times_at_once_is_one_effect() {
    for row in rows() {
        let stage = stage_of(row).await;
        let app = &stage.app;
        prepare(&stage, row).await;
        let case = Arc::new(case(&stage, row).await);
        let before = Dump::of(app).await;
        // What one request changes.
        send(app, &case, &case.who, "key-0").await;
        let once = Dump::of(app).await.changed_since(&before).len();
        assert!(once > 0, "{}", row.name);
        before.put_back(app).await;

        let at_once = (0..24).map(|_| {
            let (app, case) = (app.clone(), Arc::clone(&case));
            tokio::spawn(async move { send(&app, &case, &case.who, "key-1").await })
        });
        let replies: Vec<Reply> =
            join_all(at_once).await.into_iter().map(|reply| reply.expect("an answer")).collect();
        let first = replies.iter().find(|reply| reply.status.is_success());
        let first = first.unwrap_or_else(|| panic!("{}: {}", row.name, replies[0].text));
        for reply in &replies {
            let is_in_flight = (reply.status.as_u16(), reply.code()) == (409, "idempotency_in_flight");
            assert!(is_in_flight || seen(reply) == seen(first), "{}: {}", row.name, reply.text);
        }
        assert_eq!(Dump::of(app).await.changed_since(&before).len(), once, "{}", row.name);
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
    let before = Dump::of(&app).await;
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
    assert_eq!(Dump::of(&app).await.changed_since(&before), [""; 0], "a refusal is stored");

    // The same keys, with what is right or once it is possible.
    keyed(&owner, &seats, json!({ "quantity": 1 })).await.expect(201);
    let invited = keyed(&owner, &invitations, json!({})).await.expect(201);
    let url = text(&invited["items"][0]["invitation"]["url"]);
    keyed(&owner, "/v1/join", json!({ "token": token_of(&url) })).await.expect_problem(409, "already_member");
    let path = format!("{workspace}/members/{}/role", app.id_of(&member).await);
    app.call(&owner, "PUT", &path, json!({ "role": "owner" })).await.expect(200);
    keyed(&member, &seats, json!({ "quantity": 1 })).await.expect(201);
}

#[tokio::test]
async fn k17_a_key_that_is_none_is_named() {
    let stage = Stage::new().await;
    let app = &stage.app;
    let before = Dump::of(app).await;
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
    for key in bad {
        for row in rows() {
            let case = case(&stage, row).await;
            let request = http::Request::post(&case.path)
                .header("authorization", format!("Bearer {}", case.who.token))
                .header("content-type", "application/json")
                .header(KEY, http::HeaderValue::from_bytes(key).expect("bytes"))
                .body(axum::body::Body::from(case.body.to_string()));
            let reply = app.send(request.expect("a request")).await;
            let problem = reply.expect_problem(422, "invalid_request");
            let error = &problem["errors"][0];
            assert_eq!(error["field"], "Idempotency-Key", "{key:?}: {problem}");
            assert!(text(&error["message"]).contains("1 to 255 printable ASCII"), "{problem}");
        }
    }
    assert_eq!(Dump::of(app).await.changed_since(&before), [""; 0]);
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
    let row = operations::find("transfer-workspace").expect("an operation");
    let stage = Stage::new().await;
    prepare(&stage, row).await;
    let case = case(&stage, row).await;
    let app = &stage.app;
    let first = send(app, &case, &case.who, "key-1").await;
    assert_eq!(seen(&send(app, &case, &case.who, "key-1").await), seen(&first));
    first.expect(200);
    // With another key it is another request, and so it is of who has no right to it.
    for (who, key) in [(&case.who, "key-2"), (&stage.invited, "key-1")] {
        let reply = send(app, &case, who, key).await;
        assert!(matches!(reply.code(), "forbidden" | "not_found"), "{}", reply.text);
    }
    // Nor is it answered to who is no member any more.
    let path = format!("{}/members/{}", stage.workspace, app.id_of(&stage.owner).await);
    app.call(&stage.member, "DELETE", &path, Value::Null).await.expect(204);
    send(app, &case, &case.who, "key-1").await.expect_problem(404, "not_found");
}

#[tokio::test]
async fn k31_a_repetition_needs_the_permission_still() {
    let app = App::new().await;
    let owner = app.sign_in("olga@acme.example").await;
    let workspace = app.workspace(&owner).await;
    let admin = app.member(&owner, &workspace, "adam@acme.example", "admin").await;
    let member = format!("{workspace}/members/{}", app.id_of(&admin).await);
    app.buy(&owner, &workspace, "pro", 1).await;
    let invitations = format!("{workspace}/invitations");
    let invite = async || app.call_with(&admin, "POST", &invitations, json!({}), &[(KEY, "key-1")]).await;
    let invited = invite().await;
    assert_eq!(seen(&invite().await), seen(&invited));
    invited.expect(201);
    let before = Dump::of(&app).await;
    app.call(&owner, "PUT", &format!("{member}/role"), json!({ "role": "member" })).await.expect(200);
    // Else whoever was demoted could have the link shown again.
    let refused = invite().await.expect_problem(403, "forbidden");
    assert!(!refused.to_string().contains("#token="));
    app.call(&owner, "DELETE", &member, Value::Null).await.expect(204);
    invite().await.expect_problem(404, "not_found");
    assert_eq!(Dump::of(&app).await.count("INVITATION#"), before.count("INVITATION#"));
}
