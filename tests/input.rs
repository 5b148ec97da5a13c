//! What comes in (K35, K38, K39, K42): nonsense of every kind is refused as a problem that says
//! which field and what to do, and never ends in a 5xx. Whoever wrote the request is the reader.

use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::panic::AssertUnwindSafe;

use axum::body::Body;
use futures::FutureExt as _;
use http::{Method, Request, StatusCode};
use rand::rngs::StdRng;
use rand::seq::IndexedRandom as _;
use rand::{RngExt as _, SeedableRng as _};
use seatwise_functions::{Row, operations};
use serde_json::{Value, json};

use crate::support::app::App;
use crate::support::catalogue::example;
use crate::support::client::{Client as _, PNG};
use crate::support::contract::takes_json;
use crate::support::deployment::Deployment;
use crate::support::person::{Person, somebody};
use crate::support::process::event;
use crate::support::reply::{Reply, text};
use crate::support::runtime_api::Function;
use crate::support::stage::{Stage, with_query};
use crate::support::{account, committed};

/// What is of the inside, and no client's business (K38).
const INSIDE: [&str; 20] = [
    "seatwise_",
    "struct ",
    "enum ",
    "variant",
    "invalid type",
    "expected ",
    "arn:",
    "panicked",
    "backtrace",
    ".rs",
    "src/",
    "dynamo",
    "batchget",
    "transact",
    "serde",
    "w#",
    "u#",
    "e#",
    "amazonaws",
    "127.0.0.1",
];

/// Every failure is a problem of one form that says nothing of the inside.
#[track_caller]
fn check_problem(reply: &Reply, what: &str) {
    let status = reply.status.as_u16();
    assert!((400..500).contains(&status), "{what}: {status} {}", reply.text);
    assert_eq!(reply.headers["content-type"], "application/problem+json", "{what}: {}", reply.text);
    let problem = &reply.json;
    assert_eq!(problem["status"], status, "{what}: {problem}");
    assert_eq!(problem["type"], format!("urn:seatwise:problem:{}", reply.code()), "{what}: {problem}");
    for member in ["title", "detail", "code", "requestId"] {
        assert!(
            problem[member].as_str().is_some_and(|text| !text.is_empty()),
            "{what}: {member} in {problem}"
        );
    }
    assert_eq!(problem["errors"].is_array(), reply.code() == "invalid_request", "{what}: {problem}");
    for error in problem["errors"].as_array().into_iter().flatten() {
        assert!(error["field"].as_str().is_some_and(|field| !field.is_empty()), "{what}: {problem}");
        assert!(error["message"].as_str().is_some_and(|text| !text.is_empty()), "{what}: {problem}");
        assert_eq!(error.as_object().map(serde_json::Map::len), Some(2), "{what}: {problem}");
    }
    // A request id is random, and may spell anything.
    let mut said = problem.clone();
    said["requestId"].take();
    let low = said.to_string().to_lowercase();
    for inside in INSIDE {
        assert!(!low.contains(inside), "{what}: {inside:?} in {problem}");
    }
    assert!(reply.text.len() < 2_000, "{what}: an answer grows with what it complains about");
}

/// The first field that is complained about, and how.
fn complaint(reply: &Reply) -> (String, String) {
    let first = &reply.json["errors"][0];
    let part = |name| first[name].as_str().unwrap_or_default().to_owned();
    (part("field"), part("message"))
}

fn request(method: &Method, path: &str, who: Option<&Person>, body: impl Into<Body>) -> Request<Body> {
    let mut request = Request::builder().method(method).uri(path).header("content-type", "application/json");
    if let Some(person) = who {
        request = request.header("authorization", format!("Bearer {}", person.token));
    }
    request.body(body.into()).expect("a request")
}

// Bodies.

#[tokio::test]
async fn k39_a_body_is_one_json_object() {
    let stage = Stage::new().await;
    let before = stage.app.dump().await;
    let deep = |open: &str, close: &str| format!("{}{}", open.repeat(6_000), close.repeat(6_000));
    let in_object = |value: &str| format!("{{\"name\":{value}}}");
    let bad: Vec<Vec<u8>> = vec![
        b"[]".to_vec(),
        b"[1]".to_vec(),
        br#"["Acme"]"#.to_vec(),
        br#"[["a@acme.example"],"member",null,null,true]"#.to_vec(),
        br#""text""#.to_vec(),
        b"1".to_vec(),
        b"null".to_vec(),
        b"true".to_vec(),
        b" ".to_vec(),
        b"{".to_vec(),
        b"}".to_vec(),
        b"{}{}".to_vec(),
        b"{},".to_vec(),
        b"{'name':'x'}".to_vec(),
        b"{name:1}".to_vec(),
        b"{\"name\":}".to_vec(),
        b"{\"name\":1e400}".to_vec(),
        b"{\"name\":01}".to_vec(),
        b"{\"name\":NaN}".to_vec(),
        b"{\"name\":\"\\ud800\"}".to_vec(),
        b"{\"name\":\"\\x41\"}".to_vec(),
        b"{\"name\":\"a\nb\"}".to_vec(),
        b"{\"name\":\"\xff\xfe\"}".to_vec(),
        b"{\"name\":\"\xed\xa0\x80\"}".to_vec(),
        b"\xef\xbb\xbf{}".to_vec(),
        b"\x00".to_vec(),
        b"\xff\xfe{\x00}\x00".to_vec(),
        b"name=Acme&role=owner".to_vec(),
        b"<name>Acme</name>".to_vec(),
        deep("[", "]").into_bytes(),
        deep("{\"name\":", "}").into_bytes(),
    ];
    for row in operations::all().iter().filter(|row| takes_json(row)) {
        for body in &bad {
            let who = Some(&stage.owner);
            let reply = stage.app.send(request(&row.method, &stage.path(row), who, body.clone())).await;
            let what = format!("{} {:?}", row.route(), String::from_utf8_lossy(&body[..body.len().min(40)]));
            check_problem(&reply, &what);
            // What is no field, or is missing, may come to light before what is no JSON.
            let is_object_at_first = body.starts_with(b"{") && reply.code() == "invalid_request";
            assert!(reply.code() == "malformed_request" || is_object_at_first, "{what}: {}", reply.text);
        }
        // A field may be as deep as it likes: it is refused before it is looked into.
        let nested = in_object(&deep("[", "]"));
        let reply = stage.app.send(request(&row.method, &stage.path(row), Some(&stage.owner), nested)).await;
        check_problem(&reply, &row.route());
        for size in [64 * 1024 + 1, (1 << 20) - 1, (1 << 20) + 1] {
            let body = format!("{{{}}}", " ".repeat(size - 2));
            let reply =
                stage.app.send(request(&row.method, &stage.path(row), Some(&stage.owner), body)).await;
            check_problem(&reply, &row.route());
            assert_eq!((reply.status.as_u16(), reply.code()), (413, "payload_too_large"), "{}", row.route());
        }
    }
    assert_eq!(stage.app.dump().await.changed_since(&before), [""; 0]);
}

#[tokio::test]
async fn k39_no_field_takes_a_value_of_another_kind() {
    let stage = Stage::new().await;
    let before = stage.app.dump().await;
    let bad = [
        json!(true),
        json!(0),
        json!(-1),
        json!(22.5),
        json!(u64::MAX),
        json!({}),
        json!({ "$ne": null }),
        json!([[]]),
        json!([null]),
        json!([{}]),
        json!("\u{202e}evil"),
        json!("nul\u{0}byte"),
        json!("x".repeat(5_000)),
        json!(["x".repeat(5_000)]),
        json!("' OR 1=1 --"),
        json!(vec!["a@acme.example"; 60]),
    ];
    let mut fields = 0;
    for row in operations::all() {
        let body = example(row);
        for field in body.as_object().into_iter().flatten().map(|(name, _)| name) {
            fields += 1;
            for value in &bad {
                let is_good_name =
                    |operation, known| row.name == operation && field == known && *value == bad[14];
                if is_good_name("create-workspace", "name")
                    || is_good_name("update-workspace", "name")
                    || is_good_name("update-me", "firstName")
                    || ["name", "phone", "notes"].iter().any(|field| is_good_name("set-coordinator", field))
                    || field == "reason" && *value == bad[14]
                {
                    continue;
                }
                let mut body = body.clone();
                body[field] = value.clone();
                let call =
                    stage.app.call(&stage.owner, row.method.as_str(), &stage.path(row), body.clone()).await;
                let what =
                    format!("{} {}", row.route(), body.to_string().chars().take(100).collect::<String>());
                check_problem(&call, &what);
                if call.code() == "invalid_request" {
                    let named = complaint(&call).0;
                    assert!(
                        named == *field || named.starts_with(&format!("{field}[")),
                        "{what}: {}",
                        call.text
                    );
                }
            }
        }
    }
    assert!(fields > 10, "{fields}");
    assert_eq!(stage.app.dump().await.changed_since(&before), [""; 0]);
}

/// Bodies and queries that people get wrong, each with what is said of it: committed, so that the
/// wording is read.
#[tokio::test]
#[expect(clippy::too_many_lines, reason = "a table: a line for each mistake")]
async fn k38_problems_name_the_field_and_what_to_do() {
    let stage = Stage::new().await;
    let mut out = "What is said to who gets a request wrong. Generated: do not edit.\n".to_owned();
    let long = "x".repeat(101);
    let many = vec!["a@acme.example"; 21];
    let id = "019aa7f5-1c2d-7e3f-8a4b-5c6d7e8f9a0b";
    let bodies: Vec<(&str, Value)> = vec![
        ("create-workspace", json!({})),
        ("create-workspace", json!({ "name": null })),
        ("create-workspace", json!({ "name": 1 })),
        ("create-workspace", json!({ "name": ["Acme"] })),
        ("create-workspace", json!({ "name": "  " })),
        ("create-workspace", json!({ "name": long })),
        ("create-workspace", json!({ "name": "a\u{202e}b" })),
        ("create-workspace", json!({ "name": "a\nb" })),
        ("create-workspace", json!({ "name": "Acme", "timezone": "Berlin time" })),
        ("create-workspace", json!({ "name": "Acme", "plan": "gold" })),
        ("update-me", json!({ "currentWorkspaceId": "mine" })),
        ("update-me", json!({ "currentWorkspaceId": id })),
        ("invite", json!({ "emails": "a@acme.example" })),
        ("invite", json!({ "emails": [] })),
        ("invite", json!({ "emails": many })),
        ("invite", json!({ "emails": ["a@acme.example", "b@acme"] })),
        ("invite", json!({ "emails": ["a@acme.example", "b"] })),
        ("invite", json!({ "emails": [null] })),
        ("invite", json!({ "emails": ["b\u{43e}ss@acme.example"] })),
        ("invite", json!({ "emails": ["a\u{202e}b@acme.example"] })),
        ("invite", json!({ "emails": [format!("{}@acme.example", "x".repeat(65))] })),
        ("invite", json!({ "emails": ["a@acme.example", "b@acme.example"], "seatId": id })),
        ("invite", json!({ "seatId": "1" })),
        ("invite", json!({ "sendEmail": "yes" })),
        ("invite", json!({ "role": "emperor" })),
        ("invite", json!({ "tier": "gold" })),
        ("change-role", json!({})),
        ("change-role", json!({ "role": ["admin"] })),
        ("buy-seats", json!({ "tier": "pro" })),
        ("buy-seats", json!({ "quantity": 0 })),
        ("buy-seats", json!({ "quantity": -1 })),
        ("buy-seats", json!({ "quantity": 51 })),
        ("buy-seats", json!({ "quantity": 22.0 })),
        ("buy-seats", json!({ "quantity": 99_999_999_999_u64 })),
        ("buy-seats", json!({ "quantity": "2" })),
        ("buy-seats", json!({ "quantity": null })),
        ("join", json!({})),
        ("join", json!({ "token": null })),
        ("join", json!({ "token": "x", "invitationId": "A".repeat(43) })),
        ("join", json!({ "invitationId": "x" })),
        ("join", json!({ "token": 7 })),
        ("preview-invitation", json!({})),
        ("authorize", json!({ "actions": [] })),
        ("authorize", json!({ "actions": "invite" })),
        ("authorize", json!({ "actions": [1] })),
        ("authorize", json!({ "actions": [long] })),
        ("request-leave", json!({ "reason": "" })),
        ("request-leave", json!({ "reason": "x".repeat(1_001) })),
        ("get-workspace", json!({ "verbose": true })),
        ("update-settings", json!({ "autoAssignSeats": true })),
        ("update-settings", json!({ "autoAssignSeats": "yes" })),
        ("update-settings", json!({ "theme": "dark" })),
        ("set-coordinator", json!({ "name": "" })),
        ("set-coordinator", json!({ "email": "kim" })),
        ("set-coordinator", json!({ "phone": "1".repeat(41) })),
        ("set-coordinator", json!({ "notes": "x".repeat(2_001) })),
        ("set-coordinator", json!({ "fax": "1" })),
        ("transfer-workspace", json!({})),
        ("transfer-workspace", json!({ "userId": "me" })),
        ("transfer-workspace", json!({ "userId": id })),
        ("delete-workspace", json!({ "sure": true })),
        ("leave-workspace", json!({ "reason": "Moving on" })),
        ("assign-seats", json!({ "tier": "pro" })),
        ("create-link", json!({ "role": "member" })),
        ("link-domain", json!({ "domain": "acme.example" })),
    ];
    for (name, body) in bodies {
        let row = operations::find(name).expect("an operation");
        let reply = stage.app.call(&stage.owner, row.method.as_str(), &stage.path(row), body.clone()).await;
        check_problem(&reply, &format!("{name} {body}"));
        let shown: String = body.to_string().chars().take(90).collect();
        let _ = writeln!(out, "\n{name} {}\n  {}", ascii(&shown), said(&reply));
    }
    for (name, query) in [
        ("list-members", "limit=0"),
        ("list-members", "limit=101"),
        ("list-members", "limit=-1"),
        ("list-members", "limit=ten"),
        ("list-members", "limit="),
        ("list-members", "limit=99999999999"),
        ("list-members", "limit=1&limit=2"),
        ("list-members", "sort=age"),
        ("list-members", "seat=maybe"),
        ("list-members", "status=gone"),
        ("list-members", "cursor=x"),
        ("list-members", "page=2"),
        ("list-members", "search=%78&search=y"),
        ("list-seats", "sort=price"),
        ("list-seats", "status=free"),
        ("list-invitations", "status=open"),
        ("list-invitations", "cursor=AAAA"),
        ("get-workspace", "verbose=1"),
        ("join", "token=x"),
        ("export-members", "limit=1"),
        ("export-members", "sort=age"),
        ("get-logo", "key=x"),
        ("get-logo", "size=small"),
        ("list-links", "limit=1"),
        ("list-domains", "cursor=x"),
    ] {
        let row = operations::find(name).expect("an operation");
        let path = with_query(&stage.path(row), query);
        let reply = stage.app.call(&stage.owner, row.method.as_str(), &path, example(row)).await;
        check_problem(&reply, &format!("{name} ?{query}"));
        let _ = writeln!(out, "\n{name} ?{query}\n  {}", said(&reply));
    }
    committed::check("input.txt", &out);
}

/// What a person reads of a problem.
fn said(reply: &Reply) -> String {
    let status = reply.status.as_u16();
    match reply.code() {
        "invalid_request" => {
            let (field, message) = complaint(reply);
            format!("{status} {field}: {message}")
        }
        code => format!("{status} {code}: {}", reply.json["detail"].as_str().unwrap_or_default()),
    }
}

/// Everything but plain characters as escapes, so that a review sees what is there.
fn ascii(text: &str) -> String {
    text.chars().map(|c| if c.is_ascii() { c.to_string() } else { c.escape_unicode().to_string() }).collect()
}

#[tokio::test]
async fn k39_a_field_is_given_once() {
    let stage = Stage::new().await;
    let before = stage.app.dump().await;
    for row in operations::all() {
        let body = example(row);
        let Some((field, value)) = body.as_object().and_then(|body| body.iter().next()) else { continue };
        let twice = format!("{{\"{field}\":{value},\"{field}\":{value}}}");
        let reply = stage.app.send(request(&row.method, &stage.path(row), Some(&stage.owner), twice)).await;
        check_problem(&reply, &row.route());
        assert_eq!(complaint(&reply), (field.clone(), "must be given once".to_owned()), "{}", row.route());
    }
    assert_eq!(stage.app.dump().await.changed_since(&before), [""; 0]);
}

// Names and addresses.

#[tokio::test]
async fn k39_names_of_every_script_come_back_as_they_went_in() {
    let app = App::new().await;
    let owner = app.sign_in("olga@acme.example").await;
    let workspace = app.workspace(&owner).await;
    let longest = "🦀".repeat(100);
    for name in [
        "🚀 Launch 👩‍👩‍👧‍👦 🇺🇦",
        "مساحة العمل",
        "סביבת עבודה",
        "שלום (Acme) 123",
        "東京オフィス",
        "नमस्ते कार्यक्षेत्र",
        "Zalgo h̷̢͈e̷͝",
        "O'Neill & Söhne \"GmbH\" <b>",
        "{{7*7}} ${7*7} %s %n",
        "=cmd|'/C calc'!A0",
        "'; DROP TABLE x; --",
        "null",
        "\u{200e}left to right mark",
        &longest,
    ] {
        let renamed = app.call(&owner, "PATCH", &workspace, json!({ "name": name })).await.expect(200);
        assert_eq!(renamed["name"], name);
        assert_eq!(app.get(&owner, &workspace).await.expect(200)["name"], name);
        let body = json!({ "firstName": name, "lastName": name });
        let me = app.call(&owner, "PATCH", "/v1/me", body).await.expect(200);
        assert_eq!((&me["firstName"], &me["lastName"]), (&json!(name), &json!(name)));
        let members = app.get(&owner, &format!("{workspace}/members")).await.expect(200);
        assert_eq!(members["items"][0]["firstName"], name);
    }
    let trimmed = app.call(&owner, "PATCH", &workspace, json!({ "name": " \u{a0}Acme\u{3000} " })).await;
    assert_eq!(trimmed.expect(200)["name"], "Acme");
    // What would reorder, hide or break a line is refused, wherever people type.
    let too_long = format!("{longest}!");
    let bad = ["\u{202a}", "\u{202e}", "\u{2066}", "\u{2069}", "\u{2028}", "\u{2029}", "\u{feff}", "\u{85}"];
    let bad = bad.iter().copied().chain(["\0", "\r\n", "\n", "\u{1b}[31m", "\u{7f}", "\t"]);
    for name in bad.map(|bad| format!("a{bad}b")).chain([String::new(), "\u{3000}".to_owned(), too_long]) {
        let reply = app.call(&owner, "PATCH", &workspace, json!({ "name": name })).await;
        check_problem(&reply, &format!("{name:?}"));
        assert_eq!(complaint(&reply).0, "name", "{name:?}: {}", reply.text);
        let reply = app.call(&owner, "PATCH", "/v1/me", json!({ "lastName": name })).await;
        assert_eq!(complaint(&reply).0, "lastName", "{name:?}: {}", reply.text);
    }
}

#[tokio::test]
async fn k35_spellings_of_one_address_are_one_invitation() {
    let app = App::new().await;
    let owner = app.sign_in("olga@acme.example").await;
    let workspace = app.workspace(&owner).await;
    app.buy(&owner, &workspace, "basic", 20).await;
    let invitations = format!("{workspace}/invitations");
    let invite = async |email: &str| app.post(&owner, &invitations, json!({ "emails": [email] })).await;
    let first = invite("Tea.Mate@Bücher.example").await.expect(201);
    // Shown as it was typed.
    assert_eq!(first["items"][0]["email"], "Tea.Mate@Bücher.example");
    for same in [
        "tea.mate@bücher.example",
        "TEA.MATE@BÜCHER.EXAMPLE",
        "tea.mate@xn--bcher-kva.example",
        "TEA.mate@XN--BCHER-KVA.example",
        "tea.mate@bu\u{308}cher.example",
        " ｔｅａ．ｍａｔｅ@bücher．example ",
        "ⓣea.mate@bücher。example",
        "tea.mate@bü\u{ad}cher.example",
    ] {
        invite(same).await.expect_problem(409, "invitation_pending");
    }
    // Of several at once, too.
    let body = json!({ "emails": ["new@acme.example", "NEW@acme.example", "ｎew@acme.example"] });
    let rows = app.post(&owner, &invitations, body).await.expect(201);
    let codes: Vec<&str> = rows["items"]
        .as_array()
        .expect("rows")
        .iter()
        .map(|row| row["problem"]["code"].as_str().unwrap_or_default())
        .collect();
    assert_eq!(codes, ["", "invitation_pending", "invitation_pending"]);
    // Whoever signs in with another spelling of it is whom it is for.
    let tea = app.sign_in("TEA.MATE@xn--bcher-kva.example").await;
    assert_eq!(
        app.get(&tea, "/v1/me/invitations").await.expect(200)["items"].as_array().map(Vec::len),
        Some(1)
    );
    app.join(&tea, &first["items"][0]["invitation"]).await.expect(200);
    invite("tea.mate@bücher.example").await.expect_problem(409, "already_member");
    // These are other people's.
    for other in [
        "tea.mate+1@bücher.example",
        "teamate@bücher.example",
        "tea.mate@bucher.example",
        "tea.mate@bücher.example.example",
        "чай@пример.example",
        "tea-mate@bücher.example",
    ] {
        invite(other).await.expect(201);
    }
    let pending = app.get(&owner, &format!("{invitations}?status=pending")).await.expect(200);
    assert_eq!(pending["items"].as_array().map(Vec::len), Some(7));
}

#[tokio::test]
async fn k35_addresses_that_look_like_others_are_refused() {
    let app = App::new().await;
    let owner = app.sign_in("olga@acme.example").await;
    let workspace = app.workspace(&owner).await;
    app.buy(&owner, &workspace, "basic", 5).await;
    for bad in [
        // Letters of several scripts, in the name and in the domain.
        "b\u{43e}ss@acme.example",
        "boss@p\u{430}ypal.example",
        "boss@xn--pypal-4ve.example",
        "\u{3b1}dmin@acme.example",
        // What cannot be seen, or turns around what follows.
        "bo\u{200b}ss@acme.example",
        "bo\u{200d}ss@acme.example",
        "bo\u{2060}ss@acme.example",
        "bo\u{ad}ss@acme.example",
        "bo\u{202e}ss@acme.example",
        "bo\u{2066}ss@acme.example",
        "bo\u{200f}ss@acme.example",
        "bo\u{fe0f}ss@acme.example",
        "bo\u{feff}ss@acme.example",
        "bo\u{e0061}ss@acme.example",
        "bo\u{2028}ss@acme.example",
        "boss@ac\u{202e}me.example",
        // What mail systems read as more than an address.
        "boss@acme.example\r\nBcc: all@acme.example",
        "boss@acme.example, all@acme.example",
        "boss@acme.example;all@acme.example",
        "Boss <boss@acme.example>",
        "\"boss\"@acme.example",
        "boss@acme.example@evil.example",
        "boss@[127.0.0.1]",
        "boss%evil.example@acme",
        "boss@acme.example.",
        "boss@.acme.example",
        "boss\u{0}@acme.example",
        "bo ss@acme.example",
        "boss@acme_corp.example",
        "@acme.example",
        "boss@",
        "boss",
        "",
    ] {
        let reply = app.post(&owner, &format!("{workspace}/invitations"), json!({ "emails": [bad] })).await;
        check_problem(&reply, &format!("{bad:?}"));
        assert_eq!(reply.status, StatusCode::UNPROCESSABLE_ENTITY, "{bad:?}: {}", reply.text);
        assert_eq!(complaint(&reply).0, "emails[0]", "{bad:?}: {}", reply.text);
        let reply = app.call(None, "POST", "/dev/sign-in", json!({ "email": bad })).await;
        assert_eq!(complaint(&reply).0, "email", "{bad:?}: {}", reply.text);
    }
}

// Lists.

/// Lists that are short by what is in them, and come whole: a link for each role, a few domains.
const WHOLE: [&str; 2] = ["list-domains", "list-links"];

/// Rows that answer lists, with a path each.
async fn lists(stage: &Stage) -> Vec<(&'static Row, String)> {
    let mut lists = Vec::new();
    let reads = operations::all().iter().filter(|row| row.method == Method::GET);
    for row in reads.filter(|row| !WHOLE.contains(&row.name)) {
        let path = stage.path(row);
        let whole = stage.app.get(&stage.owner, &path).await;
        assert_eq!(whole.status, row.status, "{}: {}", row.route(), whole.text);
        // An answer that has a list at its top is a list, and pages.
        if whole.json["items"].is_array() {
            assert!(whole.json.get("nextCursor").is_some(), "{} does not page", row.route());
            lists.push((row, path));
        }
    }
    assert!(lists.len() >= 6, "{}", lists.len());
    lists
}

#[tokio::test]
async fn k42_lists_that_come_whole_are_short() {
    let stage = Stage::of_role_seats().await;
    let (app, owner, w) = (&stage.app, &stage.owner, &stage.workspace);
    let put = async |path: String| app.call(owner, "PUT", &format!("{w}/{path}"), Value::Null).await;
    for role in ["admin", "member", "viewer", "member"] {
        put(format!("links/{role}")).await.expect(200);
    }
    for number in 1..50 {
        put(format!("domains/d{number:02}.example")).await.expect(200);
    }
    for _ in 0..2 {
        put("domains/more.example".to_owned()).await.expect_problem(409, "domain_limit_reached");
        // What is there may be claimed again.
        put("domains/d01.example".to_owned()).await.expect(200);
    }
    for (name, most) in [("list-links", 3), ("list-domains", 50)] {
        let row = operations::find(name).expect("an operation");
        let whole = app.get(owner, &stage.path(row)).await.expect(200);
        assert_eq!(whole["items"].as_array().map(Vec::len), Some(most), "{name}");
        assert_eq!(whole["nextCursor"], Value::Null, "{name}");
        for query in ["limit=1", "cursor=x"] {
            let reply = app.get(owner, &with_query(&stage.path(row), query)).await;
            reply.expect_problem(422, "invalid_request");
        }
    }
    // One that is unlinked makes room.
    app.call(owner, "DELETE", &format!("{w}/domains/d01.example"), Value::Null).await.expect(204);
    put("domains/more.example".to_owned()).await.expect(200);
}

/// Everything that a list has, in pages of that size.
async fn in_pages(app: &App, who: &Person, path: &str, limit: usize) -> Vec<Value> {
    let (mut items, mut cursor) = (Vec::new(), None::<String>);
    for _ in 0..200 {
        let joint = if path.contains('?') { '&' } else { '?' };
        let after = cursor.as_ref().map(|cursor| format!("&cursor={cursor}")).unwrap_or_default();
        let page = app.get(who, &format!("{path}{joint}limit={limit}{after}")).await.expect(200);
        let found = page["items"].as_array().expect("items");
        assert!(found.len() <= limit, "{path} answers {} of {limit}", found.len());
        items.extend(found.iter().cloned());
        cursor = page["nextCursor"].as_str().map(ToOwned::to_owned);
        if cursor.is_none() {
            return items;
        }
    }
    panic!("{path} has no end");
}

#[tokio::test]
async fn k42_pages_make_the_whole_of_every_list() {
    let stage = Stage::new().await;
    let app = &stage.app;
    let second = || app.local.clock.advance(jiff::SignedDuration::from_secs(1)).expect("moved");
    // Five or so of everything.
    let mut asked = vec![stage.request.clone()];
    let mut invited = vec![stage.invitation.clone()];
    for index in 0..4 {
        second();
        let person =
            app.member(&stage.owner, &stage.workspace, &format!("m{index}@acme.example"), "member").await;
        let requests = format!("{}/leave-requests", stage.workspace);
        asked.push(text(&app.post(&person, &requests, json!({})).await.expect(201)["id"]));
        second();
        app.buy(&stage.owner, &stage.workspace, "basic", 1).await;
        let email = format!("p{index}@acme.example");
        invited.push(text(&app.invite(&stage.owner, &stage.workspace, &email, "member").await["id"]));
        // And the owner is in workspaces, and invited to others.
        app.workspace(&stage.owner).await;
        let other = app.sign_in(&format!("o{index}@other.example")).await;
        let workspace = app.workspace(&other).await;
        app.buy(&other, &workspace, "pro", 1).await;
        app.invite(&other, &workspace, &stage.owner.email, "member").await;
    }
    for (row, path) in lists(&stage).await {
        let whole = app.get(&stage.owner, &path).await.expect(200);
        let items = whole["items"].as_array().expect("items").clone();
        assert!(items.len() >= 4, "{}: {whole}", row.route());
        assert_eq!(whole["nextCursor"], Value::Null, "{}", row.route());
        for limit in [1, 2, 3, items.len(), 100] {
            assert_eq!(in_pages(app, &stage.owner, &path, limit).await, items, "{} by {limit}", row.route());
        }
    }
    let newest_first = async |path: String, mut oldest_first: Vec<String>, is_there: fn(&Value) -> bool| {
        let items = in_pages(app, &stage.owner, &path, 2).await;
        let ids: Vec<String> =
            items.iter().filter(|item| is_there(item)).map(|item| text(&item["id"])).collect();
        oldest_first.reverse();
        assert_eq!(ids, oldest_first, "{path}");
    };
    newest_first(format!("{}/leave-requests", stage.workspace), asked, |_| true).await;
    newest_first(format!("{}/invitations", stage.workspace), invited, |it| it["status"] == "pending").await;
    // Filters and orders page as well, though a page of a filtered list may be short.
    for (path, wanted) in [
        ("members?status=all&sort=-name", 6 + 5),
        ("members?status=pending", 5),
        ("members?seat=with&sort=name", 5),
        ("invitations?status=pending", 5),
        ("seats?status=filled&sort=-boughtAt", 5),
        ("seats?sort=tier", 11),
        ("seats?sort=-status", 11),
        ("seats?sort=paidThrough", 11),
    ] {
        let path = format!("{}/{path}", stage.workspace);
        let items = in_pages(app, &stage.owner, &path, 2).await;
        let different: BTreeSet<String> = items.iter().map(ToString::to_string).collect();
        assert_eq!((items.len(), different.len()), (wanted, wanted), "{path}");
        assert_eq!(in_pages(app, &stage.owner, &path, 100).await, items, "{path}");
    }
    // A list that only shows one's own is paged by what is there, and ends.
    let own = in_pages(app, &stage.member, &format!("{}/leave-requests", stage.workspace), 1).await;
    let own: Vec<String> = own.iter().map(|one| text(&one["id"])).collect();
    assert_eq!(own, [stage.request.as_str()]);
}

#[tokio::test]
async fn k42_lists_are_bounded_and_take_no_other_cursor() {
    let stage = Stage::new().await;
    let app = &stage.app;
    let owner = &stage.owner;
    // Two of everything, so that every list has a next page.
    app.member(owner, &stage.workspace, "max@acme.example", "member").await;
    app.post(owner, &format!("{}/seats", stage.workspace), json!({ "quantity": 2 })).await.expect(201);
    app.invite(owner, &stage.workspace, "pat@acme.example", "member").await;
    let again = app.sign_in("max@acme.example").await;
    app.post(&again, &format!("{}/leave-requests", stage.workspace), json!({})).await.expect(201);
    for name in ["one", "two"] {
        app.post(owner, "/v1/workspaces", json!({ "name": name })).await.expect(201);
        let other = app.sign_in(&format!("{name}@other.example")).await;
        let workspace = app.workspace(&other).await;
        app.buy(&other, &workspace, "pro", 1).await;
        app.invite(&other, &workspace, &owner.email, "member").await;
    }
    let unverified = app.sign_in_as(json!({ "email": "none@acme.example", "emailVerified": false })).await;
    let mut cursors = Vec::new();
    let lists = lists(&stage).await;
    for (row, path) in &lists {
        let page = app.get(owner, &format!("{path}?limit=1")).await.expect(200);
        cursors.push((row.name, text(&page["nextCursor"])));
    }
    let seats = format!("{}/seats", stage.workspace);
    for sort in ["tier", "status", "paidThrough", "-boughtAt"] {
        let page = app.get(owner, &format!("{seats}?limit=1&sort={sort}")).await.expect(200);
        cursors.push((sort, text(&page["nextCursor"])));
    }
    let known = cursors.iter().map(|(_, cursor)| cursor).collect::<BTreeSet<_>>();
    assert_eq!(known.len(), cursors.len(), "two lists have the same cursor");
    for (row, path) in &lists {
        for limit in ["0", "101", "-1", "1.5", "abc", "", "1e2", "99999999999999999999", "null", "1,2"] {
            let reply = app.get(owner, &format!("{path}?limit={limit}")).await;
            check_problem(&reply, &format!("{path}?limit={limit}"));
            assert_eq!(complaint(&reply).0, "limit", "{path}?limit={limit}: {}", reply.text);
        }
        let long = "A".repeat(4_000);
        let bad = ["", "%25", "x", "AAAA", "null", "_w", "..%2F..%2Fetc%2Fpasswd", "TUVNQkVSIw", &long];
        let foreign = cursors.iter().filter(|(name, _)| *name != row.name).map(|(_, cursor)| cursor.as_str());
        for cursor in bad.into_iter().chain(foreign) {
            let path = format!("{path}?limit=1&cursor={cursor}");
            let reply = app.get(owner, &path).await;
            check_problem(&reply, &path);
            assert_eq!((reply.status.as_u16(), complaint(&reply).0.as_str()), (422, "cursor"), "{path}");
        }
        // Cut and lengthened, one's own leads nowhere else either.
        let own = &cursors.iter().find(|(name, _)| *name == row.name).expect("a cursor").1;
        for forged in [&own[..own.len() - 3], &own[3..], &format!("{own}AAAA"), &own.to_uppercase()] {
            let reply = app.get(owner, &format!("{path}?limit=1&cursor={forged}")).await;
            assert!(matches!(reply.status.as_u16(), 200 | 422), "{path}: {}", reply.text);
        }
        for query in
            ["page=2", "limit=1&limit=2", "cursor=&cursor=", "Limit=1", "limit%5B%5D=1", "%F0%9F%98%80=1"]
        {
            let reply = app.get(owner, &format!("{path}?{query}")).await;
            check_problem(&reply, &format!("{path}?{query}"));
            assert_eq!(reply.code(), "invalid_request", "{path}?{query}");
        }
    }
    // Where there is nothing to list, too.
    let reply = app.get(&unverified, "/v1/me/invitations?cursor=x").await;
    assert_eq!(complaint(&reply).0, "cursor", "{}", reply.text);
}

#[tokio::test]
async fn k42_a_hundred_is_the_most() {
    let app = App::new().await;
    let owner = app.sign_in("olga@acme.example").await;
    let workspace = app.workspace(&owner).await;
    for _ in 0..3 {
        app.buy(&owner, &workspace, "basic", 50).await;
    }
    let seats = format!("{workspace}/seats");
    let page = app.get(&owner, &format!("{seats}?limit=100")).await.expect(200);
    assert_eq!(page["items"].as_array().map(Vec::len), Some(100));
    assert!(page["nextCursor"].is_string());
    assert_eq!(app.get(&owner, &seats).await.expect(200)["items"].as_array().map(Vec::len), Some(50));
    let ids: BTreeSet<String> =
        in_pages(&app, &owner, &seats, 100).await.iter().map(|seat| text(&seat["id"])).collect();
    assert_eq!(ids.len(), 150);
}

// Paths, methods, headers.

#[tokio::test]
async fn k39_paths_that_lead_nowhere() {
    let stage = Stage::new().await;
    let id = stage.workspace.rsplit('/').next().expect("an id");
    let upper = id.to_uppercase();
    let plain = id.replace('-', "");
    for bad in [
        "x",
        "0",
        "null",
        "undefined",
        "..",
        "%2e%2e",
        "%2F",
        "%00",
        "%20",
        "*",
        "😀",
        "%F0%9F%98%80",
        "{workspaceId}",
        "%7BworkspaceId%7D",
        "W%23",
        "00000000-0000-0000-0000-000000000000",
        &upper,
        &plain,
        &format!("{id}%0A"),
        &format!("{{{id}}}"),
        &format!("urn:uuid:{id}"),
        &"a".repeat(5_000),
    ] {
        for (method, path) in [
            (Method::GET, format!("/v1/workspaces/{bad}")),
            (Method::GET, format!("/v1/workspaces/{bad}/members")),
            (Method::DELETE, format!("{}/members/{bad}", stage.workspace)),
            (Method::POST, format!("{}/seats/{bad}/cancel", stage.workspace)),
            (Method::POST, format!("{}/invitations/{bad}/resend", stage.workspace)),
            (Method::DELETE, format!("{}/leave-requests/{bad}", stage.workspace)),
            (Method::GET, format!("/v1/workspaces/{bad}/logo?key={}", "0".repeat(32))),
            (Method::PUT, format!("/v1/workspaces/{bad}/domains/acme.example")),
            (Method::PUT, format!("/v1/workspaces/{bad}/links/member")),
            (Method::PUT, format!("{}/members/{bad}/seat", stage.workspace)),
            (Method::POST, format!("/v1/invitations/{bad}/decline")),
        ] {
            // What a client cannot even send is not sent.
            if path.parse::<http::Uri>().is_err() {
                continue;
            }
            let reply = stage.app.send(request(&method, &path, Some(&stage.owner), "{}")).await;
            check_problem(&reply, &format!("{method} {path}"));
            assert!(matches!(reply.status.as_u16(), 403 | 404), "{method} {path}: {}", reply.text);
        }
    }
    for bad in ["%", "%2", "%zz", "%FF", "%C3%28", "%ED%A0%80"] {
        let path = format!("/v1/workspaces/{bad}");
        let reply = stage.app.send(request(&Method::GET, &path, Some(&stage.owner), "")).await;
        check_problem(&reply, &path);
        assert_eq!(reply.code(), "malformed_request", "{path}");
    }
    for unknown in [
        "/v1",
        "/v1/",
        "/v1/me/",
        "//v1/me",
        "/v1//me",
        "/V1/me",
        "/v2/me",
        "/v1/me/../me",
        "/v1/workspaces/",
        "/v1/join/x",
        "/v1/internal",
        "/.env",
        "/admin",
    ] {
        let reply = stage.app.send(request(&Method::GET, unknown, Some(&stage.owner), "")).await;
        check_problem(&reply, unknown);
        assert_eq!(reply.code(), "not_found", "{unknown}");
    }
}

#[tokio::test]
async fn k38_methods_that_a_path_does_not_take() {
    let stage = Stage::new().await;
    let before = stage.app.dump().await;
    let paths: BTreeSet<String> = operations::all().iter().map(|row| row.path.to_owned()).collect();
    for path in paths {
        let rows: Vec<&Row> = operations::all().iter().filter(|row| row.path == path).collect();
        let mut taken: Vec<&str> = rows.iter().map(|row| row.method.as_str()).collect();
        taken.sort_unstable();
        for method in [
            "GET", "HEAD", "OPTIONS", "POST", "PUT", "PATCH", "DELETE", "TRACE", "CONNECT", "PROPFIND", "get",
        ] {
            if taken.contains(&method) {
                continue;
            }
            let method: Method = method.parse().expect("a method");
            let reply =
                stage.app.send(request(&method, &stage.path(rows[0]), Some(&stage.owner), "{}")).await;
            assert_eq!(reply.status, StatusCode::METHOD_NOT_ALLOWED, "{method} {path}");
            // An answer to HEAD has no body.
            if method != Method::HEAD {
                check_problem(&reply, &format!("{method} {path}"));
                assert_eq!(reply.code(), "method_not_allowed", "{method} {path}");
            }
            let allow = reply.headers["allow"].to_str().expect("ASCII");
            let mut allowed: Vec<&str> = allow.split(", ").collect();
            allowed.sort_unstable();
            assert_eq!(allowed, taken, "{method} {path}");
        }
    }
    // Nothing makes one method of another.
    for header in ["x-http-method-override", "x-method-override", "x-http-method"] {
        let reply = stage
            .app
            .call_with(&stage.owner, "POST", &stage.workspace, json!({}), &[(header, "PATCH")])
            .await;
        reply.expect_problem(405, "method_not_allowed");
    }
    assert_eq!(stage.app.dump().await.changed_since(&before), [""; 0]);
}

#[tokio::test]
async fn k39_headers_are_no_way_in() {
    let stage = Stage::new().await;
    let path = "/v1/workspaces";
    let huge = "x".repeat(200_000);
    for (name, value) in [
        ("x-huge", huge.as_str()),
        ("cookie", huge.as_str()),
        ("user-agent", huge.as_str()),
        ("accept", "text/html"),
        ("accept-encoding", "nonsense"),
        ("content-type", "text/plain"),
        ("content-type", "application/x-www-form-urlencoded"),
        ("content-type", "multipart/form-data"),
        ("content-type", "application/json; charset=utf-16"),
        ("content-type", ";;;"),
        ("content-encoding", "gzip"),
        ("transfer-encoding", "chunked"),
        ("expect", "100-continue"),
        ("if-match", "*"),
        ("range", "bytes=0-1"),
        ("x-forwarded-host", "evil.example"),
        ("x-amzn-request-context", "{}"),
        ("x-amzn-lambda-context", "{}"),
    ] {
        let reply =
            stage.app.call_with(&stage.owner, "POST", path, json!({ "name": 1 }), &[(name, value)]).await;
        let shown = &value[..value.len().min(40)];
        check_problem(&reply, &format!("{name}: {shown}"));
        // Whatever it says of itself, a body is read as JSON, or refused.
        assert!(matches!(reply.status.as_u16(), 400 | 422), "{name}: {shown}: {}", reply.text);
    }
    for (name, value) in
        [("authorization", huge.as_str()), ("authorization", "Bearer"), ("authorization", "")]
    {
        let reply = stage.app.call_with(None, "GET", path, Value::Null, &[(name, value)]).await;
        check_problem(&reply, name);
        assert_eq!(reply.code(), "unauthenticated");
    }
    // Nobody is somebody because a header says so.
    for name in ["x-user-id", "x-forwarded-user", "x-amzn-oidc-identity", "x-seatwise-user", "x-amzn-claims"]
    {
        let reply = stage.app.call_with(None, "GET", path, Value::Null, &[(name, &stage.member_id)]).await;
        reply.expect_problem(401, "unauthenticated");
    }
    // Beyond ASCII, too.
    for name in ["x-city", "user-agent", "cookie", "idempotency-key"] {
        let mut odd = request(&Method::POST, path, Some(&stage.owner), r#"{"name":1}"#);
        let value = http::HeaderValue::from_bytes("Córdoba 😀".as_bytes()).expect("bytes");
        odd.headers_mut().insert(name, value);
        let reply = stage.app.send(odd).await;
        check_problem(&reply, name);
        assert_eq!(reply.code(), "invalid_request", "{name}");
    }
}

// Files, domains, roles.

/// The header of a JPEG of that size.
fn jpeg(width: u16, height: u16) -> Vec<u8> {
    let mut bytes = vec![0xFF, 0xD8, 0xFF, 0xE0, 0x00, 0x10];
    bytes.extend(b"JFIF\0\x01\x01\0\0\x01\0\x01\0\0");
    bytes.extend([0xFF, 0xC0, 0x00, 0x11, 0x08]);
    bytes.extend(height.to_be_bytes());
    bytes.extend(width.to_be_bytes());
    bytes.extend([0x03, 0x01, 0x22, 0x00, 0x02, 0x11, 0x01, 0x03, 0x11, 0x01, 0xFF, 0xD9]);
    bytes
}

/// The header of a WebP of that size.
fn webp(width: u32, height: u32) -> Vec<u8> {
    let mut bytes = b"RIFF\x16\0\0\0WEBPVP8X\x0A\0\0\0\0\0\0\0".to_vec();
    bytes.extend(&(width - 1).to_le_bytes()[..3]);
    bytes.extend(&(height - 1).to_le_bytes()[..3]);
    bytes
}

/// The picture, said to be of that size.
fn png(width: u32, height: u32) -> Vec<u8> {
    let mut bytes = PNG.to_vec();
    bytes[16..20].copy_from_slice(&width.to_be_bytes());
    bytes[20..24].copy_from_slice(&height.to_be_bytes());
    bytes
}

#[tokio::test]
async fn k41_a_logo_is_what_its_content_is() {
    let stage = Stage::new().await;
    let app = &stage.app;
    let path = format!("{}/logo", stage.workspace);
    let put = async |kind: &str, body: &[u8]| app.call_raw(&stage.owner, "PUT", &path, kind, body).await;
    let before = app.dump().await;
    let svg =
        br#"<?xml version="1.0"?><svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>"#;
    let bad: Vec<(&str, Vec<u8>)> = vec![
        ("an SVG", svg.to_vec()),
        ("an SVG after a BOM", [b"\xef\xbb\xbf".as_slice(), svg].concat()),
        ("HTML", b"<!doctype html><script>alert(1)</script>".to_vec()),
        ("a GIF", b"GIF89a\x01\0\x01\0\x80\0\0\0\0\0\xff\xff\xff;".to_vec()),
        ("a BMP", b"BM\x3e\0\0\0\0\0\0\0\x3e\0\0\0\x28\0\0\0\x01\0\0\0\x01\0\0\0".to_vec()),
        ("an icon", b"\0\0\x01\0\x01\0\x01\x01\0\0\x01\0".to_vec()),
        ("a TIFF", b"II*\0\x08\0\0\0\0\0".to_vec()),
        ("an AVIF", b"\0\0\0\x1cftypavif\0\0\0\0avifmif1".to_vec()),
        ("a PDF", b"%PDF-1.7\n".to_vec()),
        ("an archive", b"PK\x03\x04".to_vec()),
        ("a script before a picture", [b"<script>".as_slice(), PNG].concat()),
        ("a picture as a text", b"iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJ".to_vec()),
        ("JSON", br#"{"logo":"x"}"#.to_vec()),
        ("nothing", Vec::new()),
        ("a byte", vec![0x89]),
        ("zeros", vec![0; 1_000]),
        ("a PNG's first bytes", PNG[..8].to_vec()),
        ("a PNG without its size", PNG[..18].to_vec()),
        ("half of a PNG's size", PNG[..22].to_vec()),
        ("a JPEG's first bytes", jpeg(1, 1)[..4].to_vec()),
        ("a JPEG without its size", jpeg(1, 1)[..24].to_vec()),
        ("a WebP's first bytes", webp(1, 1)[..12].to_vec()),
        ("a WebP without its size", webp(1, 1)[..22].to_vec()),
        ("no pixel", png(0, 0)),
        ("no height", png(1, 0)),
        ("a PNG that is too wide", png(4_097, 1)),
        ("a PNG that is too high", png(1, u32::MAX)),
        ("a JPEG that is too wide", jpeg(4_097, 1)),
        ("a WebP that is too high", webp(1, 4_097)),
    ];
    for (what, body) in bad {
        for kind in ["image/png", "image/svg+xml", "image/gif", "text/html", "application/json", ""] {
            let reply = put(kind, &body).await;
            check_problem(&reply, what);
            assert_eq!(
                (reply.status.as_u16(), complaint(&reply).0.as_str()),
                (422, "body"),
                "{what}: {}",
                reply.text
            );
        }
    }
    let large = |size: usize| [PNG, &vec![0; size - PNG.len()]].concat();
    for size in [256 * 1024 + 1, 1 << 20, (1 << 20) + 1, 5 << 20] {
        put("image/png", &large(size)).await.expect_problem(413, "payload_too_large");
    }
    assert_eq!(app.dump().await.changed_since(&before), [""; 0]);

    // Whatever it is called, it is shown as what it is; and to a browser that opens it, as no more.
    for (what, body) in [
        ("image/png", PNG.to_vec()),
        ("image/png", large(256 * 1024)),
        ("image/png", png(4_096, 4_096)),
        ("image/jpeg", jpeg(16, 16)),
        ("image/webp", webp(16, 16)),
    ] {
        for kind in ["image/png", "image/svg+xml", "text/html", ""] {
            let url = text(&put(kind, &body).await.expect(200)["logoUrl"]);
            let shown = app.call(None, "GET", &url[url.find("/v1/").expect("a path")..], Value::Null).await;
            assert_eq!(shown.text, String::from_utf8_lossy(&body), "{what} as {kind}");
            let header = |name: &str| shown.headers[name].to_str().expect("ASCII").to_owned();
            assert_eq!(header("content-type"), what, "as {kind}");
            assert_eq!(header("x-content-type-options"), "nosniff");
            assert_eq!(header("content-security-policy"), "default-src 'none'; sandbox");
            assert_eq!(header("cache-control"), "public, max-age=31536000, immutable");
            // Each upload has an address of its own; the one before is not kept for ever.
            let again = url.replace("&version=", "&version=9");
            let again =
                app.call(None, "GET", &again[again.find("/v1/").expect("a path")..], Value::Null).await;
            assert_eq!(again.headers["cache-control"], "public, max-age=60");
        }
    }
}

/// The cells of a table as RFC 4180 has it.
fn cells(csv: &str) -> Vec<Vec<String>> {
    let (mut rows, mut row, mut cell, mut quoted) = (Vec::new(), Vec::new(), String::new(), false);
    let mut characters = csv.chars().peekable();
    while let Some(character) = characters.next() {
        match character {
            '"' if quoted && characters.peek() == Some(&'"') => cell.extend(characters.next()),
            '"' => quoted = !quoted,
            ',' if !quoted => row.push(std::mem::take(&mut cell)),
            '\r' if !quoted && characters.peek() == Some(&'\n') => {
                characters.next();
                row.push(std::mem::take(&mut cell));
                rows.push(std::mem::take(&mut row));
            }
            other => cell.push(other),
        }
    }
    assert!(cell.is_empty() && row.is_empty() && !quoted, "{csv}");
    rows
}

#[tokio::test]
async fn k36_no_cell_of_an_export_is_a_formula() {
    let stage = Stage::of_role_seats().await;
    let app = &stage.app;
    let names = [
        "=1+1",
        "+1",
        "-1",
        "@SUM(A1)",
        "=HYPERLINK(\"https://evil.example\",\"x\")",
        "=cmd|' /C calc'!A0",
        "＝1+1",
        "＋1",
        "－1",
        "＠SUM(A1)",
        "a,b",
        "a\"b",
        "\"=1+1",
        ";=1+1",
        "Zoë",
    ];
    for (number, name) in names.iter().enumerate() {
        let email = format!("{}{number}@acme.example", ["x", "+", "-", "="][number % 4]);
        let invited = json!({ "emails": [email], "role": "viewer", "sendEmail": false });
        let made =
            app.post(&stage.owner, &format!("{}/invitations", stage.workspace), invited).await.expect(201);
        let person = app.sign_in(&email).await;
        app.join(&person, &made["items"][0]["invitation"]).await.expect(200);
        let profile = json!({ "firstName": name, "lastName": name });
        app.call(&person, "PATCH", "/v1/me", profile).await.expect(200);
    }
    let export = format!("{}/members/export", stage.workspace);
    let csv = app.get(&stage.owner, &export).await;
    assert_eq!(csv.headers["content-type"], "text/csv; charset=utf-8; header=present");
    assert_eq!(csv.headers["content-disposition"], "attachment; filename=\"members.csv\"");
    let rows = cells(&csv.text);
    assert_eq!(rows[0], ["id", "email", "firstName", "lastName", "isAdmin", "hasSeat"]);
    assert_eq!(rows.len(), 1 + 2 + names.len());
    let formula = ['=', '+', '-', '@', '\t', '\r', '\n', '＝', '＋', '－', '＠'];
    for row in &rows {
        assert_eq!(row.len(), 6, "{row:?}");
        assert!(row.iter().all(|cell| !cell.starts_with(formula)), "{row:?}");
    }
    // Nothing else is changed, and nothing is left out.
    for name in names {
        // Some programs split at semicolons as well.
        let harmless =
            |part: &str| if part.starts_with(formula) { format!("'{part}") } else { part.to_owned() };
        let shown = name.split(';').map(harmless).collect::<Vec<_>>().join(";");
        assert!(rows.iter().any(|row| row[2] == shown && row[3] == shown), "{shown}: {}", csv.text);
    }
    // As the list filters, so does the export.
    for query in ["search=zo%C3%AB", "role=viewer", "seat=with", "seat=without&sort=-name", "search=nobody"] {
        let csv = app.get(&stage.owner, &format!("{export}?{query}")).await;
        let ids: Vec<String> = cells(&csv.text).into_iter().skip(1).map(|mut row| row.remove(0)).collect();
        let listed = format!("{}/members?limit=100&{query}", stage.workspace);
        let listed = app.get(&stage.owner, &listed).await.expect(200);
        let listed: Vec<String> =
            listed["items"].as_array().expect("members").iter().map(|one| text(&one["userId"])).collect();
        assert_eq!(ids, listed, "{query}");
    }
}

#[tokio::test]
async fn k35_spellings_of_one_domain_are_one_claim_and_nonsense_is_none() {
    let stage = Stage::of_role_seats().await;
    let app = &stage.app;
    let domains = format!("{}/domains", stage.workspace);
    let put =
        async |domain: &str| app.call(&stage.owner, "PUT", &format!("{domains}/{domain}"), Value::Null).await;
    let before = app.dump().await;
    let long = format!("{}.example", "a".repeat(64));
    let longer = format!("{}example", "a.".repeat(125));
    for bad in [
        "x",
        "acme",
        "localhost",
        "%00",
        "%20",
        "a%20b.example",
        "a%00.example",
        "..",
        "%2e%2e",
        ".example",
        "acme..example",
        "-acme.example",
        "acme-.example",
        "acme_corp.example",
        "*.example",
        "127.0.0.1",
        "%5B%3A%3A1%5D",
        "0x7f.1",
        "acme.example%3A443",
        "acme.example%2Fx",
        "https%3A%2F%2Facme.example",
        "olga%40acme.example",
        "acme.example%0D%0ABcc",
        "acme.example%23",
        "p%D0%B0ypal.example",
        "xn--pypal-4ve.example",
        "xn--.example",
        "xn--a.example",
        "ac%E2%80%AEme.example",
        "%27%20OR%201%3D1.example",
        "W%23.example",
        &long,
        &longer,
        &"a".repeat(3_000),
    ] {
        if format!("{domains}/{bad}").parse::<http::Uri>().is_err() {
            continue;
        }
        let reply = put(bad).await;
        check_problem(&reply, bad);
        assert_eq!((reply.status.as_u16(), reply.code()), (422, "domain_invalid"), "{bad}: {}", reply.text);
        let gone = app.call(&stage.owner, "DELETE", &format!("{domains}/{bad}"), Value::Null).await;
        check_problem(&gone, bad);
        assert_eq!(gone.code(), "not_found", "{bad}");
    }
    for public in
        ["gmail.com", "GMAIL.com", "gmail.com.", "%40gmail.com", "ｇｍａｉｌ.com", "outlook.com", "qq.com"]
    {
        if format!("{domains}/{public}").parse::<http::Uri>().is_ok() {
            put(public).await.expect_problem(422, "domain_public");
        }
    }
    assert_eq!(app.dump().await.changed_since(&before), [""; 0]);
    let first = put("b%C3%BCcher.example").await.expect(200);
    assert_eq!(first["domain"], "xn--bcher-kva.example");
    for same in
        ["B%C3%9CCHER.Example", "xn--bcher-kva.example", "XN--BCHER-KVA.example.", "bu%CC%88cher.example"]
    {
        assert_eq!(put(same).await.expect(200)["record"], first["record"], "{same}");
    }
    let listed = app.get(&stage.owner, &domains).await.expect(200);
    let listed: Vec<_> =
        listed["items"].as_array().expect("domains").iter().map(|one| text(&one["domain"])).collect();
    assert_eq!(listed, ["acme.example", "xn--bcher-kva.example"]);
}

#[tokio::test]
async fn k39_a_link_is_for_a_role_of_the_product() {
    let stage = Stage::of_role_seats().await;
    let app = &stage.app;
    let before = app.dump().await;
    for bad in [
        "emperor",
        "Member",
        "MEMBER",
        "%00",
        "%20",
        "owner",
        "%F0%9F%98%80",
        "member%20",
        "a",
        &"m".repeat(2_000),
    ] {
        let path = format!("{}/links/{bad}", stage.workspace);
        let reply = app.call(&stage.owner, "PUT", &path, Value::Null).await;
        check_problem(&reply, bad);
        assert_eq!((reply.status.as_u16(), reply.code()), (422, "role_unknown"), "{bad}: {}", reply.text);
        // There is no such link: no change.
        app.call(&stage.owner, "DELETE", &path, Value::Null).await.expect(204);
        // Who may make none is not told of the product's roles.
        let known = app.call(&stage.member, "PUT", &stage.path_of("create-link"), Value::Null).await;
        let unknown = app.call(&stage.member, "PUT", &path, Value::Null).await;
        assert_eq!(known.status, StatusCode::FORBIDDEN, "{bad}: {}", known.text);
        assert_eq!((unknown.status, unknown.code()), (known.status, known.code()), "{bad}");
    }
    assert_eq!(app.dump().await.changed_since(&before), [""; 0]);
}

// Anything at all.

/// Where the random requests begin; `SEATWISE_TEST_SEED` names another place.
const SEED: u64 = 20_260_101;
const REQUESTS: usize = 2_400;

#[tokio::test]
async fn k39_no_random_request_ends_in_a_5xx() {
    let seed = std::env::var("SEATWISE_TEST_SEED").ok().and_then(|seed| seed.parse().ok()).unwrap_or(SEED);
    // Of a product where seats are bought, and one where the plan has them.
    let stages = [Stage::new().await, Stage::of_role_seats().await];
    let fresh = [stages[0].app.dump().await, stages[1].app.dump().await];
    let mut random = StdRng::seed_from_u64(seed);
    let (mut sent, mut done, mut refused) = (0, 0, 0);
    let mut reached = BTreeSet::new();
    while sent < REQUESTS {
        let which = random.random_range(0..stages.len());
        let stage = &stages[which];
        let row = operations::all().choose(&mut random).expect("operations");
        let Some(fuzz) = Fuzz::new(stage, row, &mut random) else { continue };
        let what = format!("seed {seed}, request {sent}: {}", fuzz.shown);
        let reply = stage.app.send(fuzz.request).await;
        sent += 1;
        if reply.status.is_success() {
            done += 1;
            reached.insert(row.name);
            if row.name == "delete-workspace" {
                stage.app.put_back(&fresh[which]).await;
            }
        } else {
            refused += 1;
            check_problem(&reply, &what);
        }
    }
    // Else it would be no test of what comes after parsing.
    assert!(done > REQUESTS / 20 && refused > REQUESTS / 4, "{done} done, {refused} refused");
    assert!(reached.len() > operations::all().len() / 2, "only {reached:?} were reached");
    for stage in &stages {
        stage.app.get(&stage.invited, "/v1/me").await.expect(200);
    }
}

/// A request of which something is off.
struct Fuzz {
    request: Request<Body>,
    shown: String,
}

impl Fuzz {
    /// None where no client could send it.
    fn new(stage: &Stage, row: &'static Row, random: &mut StdRng) -> Option<Self> {
        let mut path = stage.path(row);
        if random.random_ratio(1, 8) {
            let segments: Vec<&str> = path.split('/').collect();
            let place = random.random_range(2..segments.len());
            let with = segment(stage, random);
            path = segments
                .iter()
                .enumerate()
                .map(|(index, part)| if index == place { with.as_str() } else { part })
                .collect::<Vec<_>>()
                .join("/");
        }
        if random.random_ratio(1, 6) {
            path = with_query(&path, &query(random));
        }
        let mut body = body(stage, row, random);
        let damage = if random.random_ratio(1, 6) { random.random_range(1..5) } else { 0 };
        for _ in 0..damage {
            spoil(&mut body, random);
        }
        let who = *[Some(&stage.owner), Some(&stage.owner), Some(&stage.member), Some(&stage.invited), None]
            .choose(random)?;
        let mut request = Request::builder().method(&row.method).uri(&path);
        if let Some(person) = who {
            request = request.header("authorization", format!("Bearer {}", person.token));
        }
        let good = if takes_json(row) { "application/json" } else { "image/png" };
        let kinds = [good, "text/plain", "application/octet-stream", "image/svg+xml", "", "a/b;c=\"d"];
        request = request.header(
            "content-type",
            if random.random_ratio(1, 6) { *kinds.choose(random)? } else { kinds[0] },
        );
        if random.random_ratio(1, 4) {
            let keys = ["k1", "k2", "", " ", "a b", "kkkkkkkkkkkkkkkk", "\t"];
            request = request.header("idempotency-key", *keys.choose(random)?);
        }
        let email = who.map_or("nobody", |who| &who.email);
        let shown = format!("{} {path} as {email}: {}", row.method, String::from_utf8_lossy(&body));
        Some(Self { request: request.body(Body::from(body)).ok()?, shown })
    }
}

/// A part of a path that is not the one meant.
fn segment(stage: &Stage, random: &mut StdRng) -> String {
    let pool = [
        &stage.member_id,
        &stage.seat,
        &stage.invitation,
        &stage.request,
        &stage.token,
        "me",
        "-",
        "%00",
        "%F0%9F%98%80",
        "%ff",
        "..",
        "019aa7f5-1c2d-7e3f-8a4b-5c6d7e8f9a0b",
        "members",
        "role",
        "acme.example",
        "b%C3%BCcher.example",
        "gmail.com",
        "viewer",
        "emperor",
    ];
    pool.choose(random).copied().unwrap_or_default().to_owned()
}

fn query(random: &mut StdRng) -> String {
    let names =
        ["limit", "cursor", "status", "sort", "seat", "role", "search", "x", "limit", "", "%00", "limit[]"];
    let values = [
        "1",
        "2",
        "100",
        "0",
        "-1",
        "abc",
        "",
        "pending",
        "all",
        "name",
        "-name",
        "with",
        "owner",
        "%F0%9F%98%80",
        "%ff",
        "TUVNQkVSIw",
        "SU5WSVRBVElPTiM",
        "a%0Ab",
        "x=y",
        "%",
    ];
    let pairs = (0..random.random_range(1..4)).map(|_| {
        let (name, value) = (names.choose(random), values.choose(random));
        format!("{}={}", name.copied().unwrap_or_default(), value.copied().unwrap_or_default())
    });
    pairs.collect::<Vec<_>>().join("&")
}

/// The example, or what is good in its place, with some of it changed.
fn body(stage: &Stage, row: &Row, random: &mut StdRng) -> Vec<u8> {
    if !takes_json(row) {
        return PNG.to_vec();
    }
    let mut body = example(row);
    if body.is_null() {
        body = json!({});
    }
    if row.name == "preview-invitation" || row.name == "join" && random.random_bool(0.5) {
        body = json!({ "token": stage.token });
    }
    if row.name == "invite" {
        body["emails"] = json!([format!("f{}@acme.example", random.random_range(0..2_000))]);
    }
    for _ in 0..[0, 0, 1, 1, 2].choose(random).copied().unwrap_or(0) {
        mutate(&mut body, 0, random);
    }
    body.to_string().into_bytes()
}

/// Changes something somewhere in it.
fn mutate(value: &mut Value, depth: u32, random: &mut StdRng) {
    let go_on = depth < 4 && random.random_ratio(3, 4);
    match value {
        Value::Object(fields) if go_on => {
            let name = fields.keys().nth(random.random_range(0..=fields.len())).cloned();
            match (name, random.random_range(0..6)) {
                (Some(name), 0) => {
                    fields.remove(&name);
                }
                (Some(name), 1) => {
                    let moved = fields.remove(&name).unwrap_or_default();
                    fields.insert(format!("{name} "), moved);
                }
                (Some(name), _) => mutate(&mut fields[&name], depth + 1, random),
                (None, _) => {
                    let names =
                        ["role", "tier", "seatId", "sendEmail", "emails", "reason", "timezone", "x", ""];
                    let name = names.choose(random).copied().unwrap_or_default();
                    fields.insert(name.to_owned(), anything(random));
                }
            }
        }
        Value::Array(items) if go_on && !items.is_empty() => {
            let index = random.random_range(0..items.len());
            match random.random_range(0..4) {
                0 => items.push(anything(random)),
                1 => items.extend(items.clone()),
                _ => mutate(&mut items[index], depth + 1, random),
            }
        }
        other => *other = anything(random),
    }
}

fn anything(random: &mut StdRng) -> Value {
    let pool = [
        json!(null),
        json!(true),
        json!(0),
        json!(-1),
        json!(1),
        json!(50),
        json!(1_000_001),
        json!(u64::MAX),
        json!(i64::MIN),
        json!(1.5),
        json!(1e308),
        json!(""),
        json!(" "),
        json!("a"),
        json!("member"),
        json!("admin"),
        json!("owner"),
        json!("pro"),
        json!("basic"),
        json!("Europe/Berlin"),
        json!("\u{0}"),
        json!("\u{202e}\u{feff}"),
        json!("😀"),
        json!("ﷺ".repeat(30)),
        json!("a@acme.example"),
        json!("a@\u{fdfa}.example"),
        json!("@"),
        json!("x".repeat(300)),
        json!("e\u{301}".repeat(2_000)),
        json!("019aa7f5-1c2d-7e3f-8a4b-5c6d7e8f9a0b"),
        json!("A".repeat(43)),
        json!("A".repeat(94)),
        json!("$invitation"),
        json!([]),
        json!(["a@acme.example", "b@acme.example"]),
        json!(["invite", "fly"]),
        json!({}),
        json!({ "$invitation": "x", "generation": 1 }),
        json!({ "S": "x" }),
        json!([[[[[[[[[]]]]]]]]]),
    ];
    pool.choose(random).cloned().unwrap_or_default()
}

/// Changes bytes.
fn spoil(body: &mut Vec<u8>, random: &mut StdRng) {
    let at = random.random_range(0..=body.len());
    match random.random_range(0..5) {
        0 => body.truncate(at),
        1 => body.insert(at, random.random()),
        2 => {
            if let Some(byte) = body.get_mut(at) {
                *byte ^= 1 << random.random_range(0..8);
            }
        }
        3 => {
            let copy = body[at..].to_vec();
            body.extend(copy);
        }
        _ => {
            if at < body.len() {
                body.remove(at);
            }
        }
    }
}

// What API Gateway hands over.

#[tokio::test]
async fn k39_odd_events_do_not_break_a_function() {
    let post = Deployment::new().await;
    let olga = somebody("olga");
    let function =
        Function::start("create-workspace", &account::settings(&post, &account::secrets().await)).await;
    let now = post.clock.now();
    let (_, good) = event(&olga, "POST", "/v1/workspaces", &json!({ "name": "Acme" }), now);
    let odd: Vec<(&str, &str, Value)> = vec![
        ("a header beyond ASCII", "/headers/x-city", json!("Córdoba 😀")),
        ("a header of Latin-1", "/headers/x-city", json!("C\u{f3}rdoba")),
        ("an empty header", "/headers/x-city", json!("")),
        ("a header with a tab", "/headers/x-city", json!("a\tb")),
        ("a cookie beyond ASCII", "/cookies", json!(["a=é"])),
        ("a query that is not encoded", "/rawQueryString", json!("a=<b>&c=\"d\"|{e}\\^`")),
        ("a query with a blank", "/rawQueryString", json!("a=b c")),
        ("a query beyond ASCII", "/rawQueryString", json!("a=é😀")),
        ("a query with a fragment", "/rawQueryString", json!("a=b#c")),
        ("a lone percent sign", "/rawQueryString", json!("%&%zz=%")),
        ("a long query", "/rawQueryString", json!("a".repeat(9_000))),
        ("a path that is decoded", "/rawPath", json!("/v1/work spaces/é<>\"{}|\\^`")),
        ("an odd host", "/headers/host", json!("a b<>")),
        ("an odd scheme", "/headers/x-forwarded-proto", json!("\\ nonsense")),
        ("an odd port", "/headers/x-forwarded-port", json!("99999999")),
        ("a header of control characters", "/headers/x-city", json!("a\u{0}\r\nb\u{7f}\u{85}c")),
        ("a name with a control character", "/pathParameters", json!({ "workspaceId": "a\u{0}b" })),
        ("an odd user agent", "/requestContext/http/userAgent", json!("é\u{1f600}")),
    ];
    for (what, place, value) in odd {
        let mut event = good.clone();
        let (parent, name) = place.rsplit_once('/').expect("a place");
        event.pointer_mut(parent).expect("a place")[name] = value;
        let answer = function.invoke(&event).await;
        let status = answer["statusCode"].as_u64().expect("a status");
        assert!(status < 500, "{what}: {answer}");
    } // What is no event at all is an error, and the log does not quote it (K27).
    let mut broken = good;
    broken["requestContext"]["http"]["method"] = json!("no method of canary@secret.example");
    let failed = AssertUnwindSafe(function.invoke(&broken)).catch_unwind().await;
    assert!(failed.is_err(), "an event without a method is answered");
    let output = function.kill().await;
    assert!(output.contains("is no event of an HTTP API"), "{output}");
    assert!(!output.contains("secret.example"), "{output}");
}
