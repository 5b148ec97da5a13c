//! Random requests and odd events never end in a 5xx (K39).

use std::collections::BTreeSet;
use std::panic::AssertUnwindSafe;

use axum::body::Body;
use futures::FutureExt as _;
use http::Request;
use rand::rngs::StdRng;
use rand::seq::IndexedRandom as _;
use rand::{RngExt as _, SeedableRng as _};
use seatwise_functions::Row;
use serde_json::{Value, json};

use crate::support::account;
use crate::support::catalogue::{self, example};
use crate::support::client::{Client as _, PNG};
use crate::support::contract::takes_json;
use crate::support::deployment::Deployment;
use crate::support::person::somebody;
use crate::support::problem::check_problem;
use crate::support::process::event;
use crate::support::runtime_api::Function;
use crate::support::stage::{Stage, with_query};

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
    let rows: Vec<&Row> = catalogue::of_people().collect();
    while sent < REQUESTS {
        let which = random.random_range(0..stages.len());
        let stage = &stages[which];
        let row = rows.choose(&mut random).expect("operations");
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
    assert!(reached.len() > rows.len() / 2, "only {reached:?} were reached");
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

#[tokio::test]
async fn k39_odd_events_do_not_break_a_function() {
    let deployment = Deployment::new().await;
    let olga = somebody("olga");
    let function =
        Function::start("create-workspace", &account::settings(&deployment, &account::secrets().await)).await;
    let now = deployment.clock.now();
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
