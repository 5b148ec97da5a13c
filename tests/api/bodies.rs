//! Bodies: a body is one JSON object, and every field has its kind (K38, K39).

use std::fmt::Write as _;

use seatwise_functions::operations;
use serde_json::{Value, json};

use super::request;
use crate::support::catalogue::{example, of_people};
use crate::support::client::Client as _;
use crate::support::committed;
use crate::support::contract::takes_json;
use crate::support::problem::{check_problem, complaint};
use crate::support::reply::Reply;
use crate::support::stage::{Stage, with_query};

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
    for row in of_people().filter(|row| takes_json(row)) {
        for body in &bad {
            let who = Some(&stage.owner);
            let reply = stage.app.send(request(&row.method, &stage.path(row), who, body.clone())).await;
            let what = format!("{} {:?}", row.route(), String::from_utf8_lossy(&body[..body.len().min(40)]));
            check_problem(&reply, &what);
            // An unknown or missing field may come to light before the fault of the JSON.
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
    for row in of_people() {
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
                    // No unit of an add-on.
                    || row.name.starts_with("set-add-on") && *value == 0
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
                        named == *field
                            || named.starts_with(&format!("{field}["))
                            || named.starts_with(&format!("{field}.")),
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
        ("buy-seats", json!({ "quantity": 22.5 })),
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

/// The texts of a problem that a person reads.
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
    for row in of_people() {
        let body = example(row);
        let Some((field, value)) = body.as_object().and_then(|body| body.iter().next()) else { continue };
        let twice = format!("{{\"{field}\":{value},\"{field}\":{value}}}");
        let reply = stage.app.send(request(&row.method, &stage.path(row), Some(&stage.owner), twice)).await;
        check_problem(&reply, &row.route());
        assert_eq!(complaint(&reply), (field.clone(), "must be given once".to_owned()), "{}", row.route());
    }
    assert_eq!(stage.app.dump().await.changed_since(&before), [""; 0]);
}

/// The fields that a problem names, in their order.
fn named(reply: &Reply) -> Vec<&str> {
    let errors = reply.json["errors"].as_array().into_iter().flatten();
    errors.filter_map(|error| error["field"].as_str()).collect()
}

#[tokio::test]
async fn k56_an_invalid_request_names_every_field_that_is_wrong() {
    let stage = Stage::new().await;
    let before = stage.app.dump().await;
    let wide: serde_json::Map<String, Value> = (0..60).map(|n| (format!("x{n}"), json!(1))).collect();
    for (name, query, body, expected) in [
        ("create-workspace", "", json!({ "name": " ", "timezone": "Mars" }), vec!["name", "timezone"]),
        ("create-workspace", "x=1&y=2", json!({ "plan": "gold" }), vec!["name", "plan", "x", "y"]),
        (
            "update-workspace",
            "",
            json!({ "name": null, "timezone": 1, "z": 2 }),
            vec!["name", "timezone", "z"],
        ),
        (
            "invite",
            "",
            json!({ "emails": ["a", "b@acme.example", "c@acme.example", "d", 5], "sendEmail": "yes", "seatId": "1" }),
            vec!["emails[0]", "emails[3]", "emails[4]", "seatId", "sendEmail"],
        ),
        (
            "update-me",
            "",
            json!({ "firstName": "", "lastName": 1, "timezone": "", "currentWorkspaceId": "x" }),
            vec!["currentWorkspaceId", "firstName", "lastName", "timezone"],
        ),
        (
            "set-coordinator",
            "",
            json!({ "email": "kim", "phone": "1".repeat(41), "fax": 1 }),
            vec!["email", "fax", "phone"],
        ),
        ("buy-seats", "", json!({ "quantity": 0, "tier": 1 }), vec!["quantity", "tier"]),
        ("invite", "", json!({ "role": 1, "tier": "Gold!" }), vec!["role", "tier"]),
        (
            "list-members",
            "limit=0&cursor=%25&sort=age&page=2&seat=x",
            Value::Null,
            vec!["cursor", "limit", "page", "seat", "sort"],
        ),
        ("join", "a=1", json!({ "token": 7, "invitationId": "x" }), vec!["a", "invitationId", "token"]),
    ] {
        let row = operations::find(name).expect("an operation");
        let path = if query.is_empty() { stage.path(row) } else { with_query(&stage.path(row), query) };
        let reply = stage.app.call(&stage.owner, row.method.as_str(), &path, body.clone()).await;
        check_problem(&reply, name);
        let mut fields = named(&reply);
        fields.sort_unstable();
        assert_eq!(fields, expected, "{name}: {}", reply.text);
    }
    // Many errors make no large answer.
    for body in [Value::Object(wide), json!({ "emails": vec!["no address"; 60] })] {
        let row = operations::find("invite").expect("an operation");
        let reply = stage.app.call(&stage.owner, "POST", &stage.path(row), body).await;
        check_problem(&reply, "invite");
        assert!((15..=20).contains(&named(&reply).len()), "{}", reply.text);
    }
    assert_eq!(stage.app.dump().await.changed_since(&before), [""; 0]);
}

#[tokio::test]
async fn k39_a_whole_number_is_an_integer_however_it_is_written() {
    let stage = Stage::new().await;
    let row = operations::find("buy-seats").expect("an operation");
    for (number, bought) in [("2.0", 2), ("1e0", 1), ("10e-1", 1)] {
        let body = format!("{{\"quantity\":{number}}}");
        let reply = stage.app.send(request(&row.method, &stage.path(row), Some(&stage.owner), body)).await;
        assert_eq!(reply.expect(201)["items"].as_array().map(Vec::len), Some(bought), "{number}");
    }
}
