//! The local server: what API Gateway would do before and after a function, sign-in, mailbox, and
//! the process itself.

use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::Duration;

use aws_lc_rs::encoding::AsDer as _;
use aws_lc_rs::rsa::{KeyPair, KeySize};
use axum::body::Body;
use axum::response::IntoResponse as _;
use axum::routing::get;
use axum::{Json, Router};
use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use futures::future::join_all;
use http::{Method, Request, Response, StatusCode, header};
use http_body_util::BodyExt as _;
use jiff::{SignedDuration, Timestamp};
use jsonwebtoken::jwk::Jwk;
use jsonwebtoken::{Algorithm, EncodingKey, Header};
use seatwise_cli::dev::{self, AUDIENCE, Data, Found, ISSUER, Local, MailFault, Oidc, Options, StartError};
use serde_json::{Value, json};
use tempfile::TempDir;
use tokio::io::{AsyncBufReadExt as _, AsyncReadExt as _, BufReader};
use tokio::net::TcpListener;
use tokio::process::{Child, Command};
use tower::ServiceExt as _;

use crate::support::cli::seatwise;

const APP: &str = "http://127.0.0.1:8787";

fn options(data: Data) -> Options {
    Options { data, pack: None, oidc: None, app_url: APP.to_owned() }
}

async fn memory() -> Local {
    memory_of(dev::DEFAULT_PACK).await
}

async fn memory_of(pack: &str) -> Local {
    let options = Options { pack: Some(pack.to_owned()), ..options(Data::Memory) };
    dev::start(options).await.expect("a local service")
}

/// A reply that was read to its end.
struct Reply {
    status: StatusCode,
    headers: http::HeaderMap,
    body: Vec<u8>,
}

impl Reply {
    async fn read(reply: Response<Body>) -> Self {
        let (parts, body) = reply.into_parts();
        let body = body.collect().await.expect("a body").to_bytes().to_vec();
        Self { status: parts.status, headers: parts.headers, body }
    }

    fn header(&self, name: impl header::AsHeaderName) -> &str {
        self.headers.get(name).map_or("", |value| value.to_str().expect("ASCII"))
    }

    fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap_or_else(|_| panic!("no JSON: {}", self.text()))
    }

    fn text(&self) -> String {
        String::from_utf8_lossy(&self.body).into_owned()
    }

    #[track_caller]
    fn must_be(self, status: u16) -> Self {
        assert_eq!(self.status, status, "{}", self.text());
        self
    }

    /// A failure in the form that all failures have (K38).
    #[track_caller]
    fn must_fail(self, status: u16, code: &str) -> Self {
        let reply = self.must_be(status);
        assert_eq!(reply.header(header::CONTENT_TYPE), "application/problem+json");
        let problem = reply.json();
        assert_eq!((&problem["code"], &problem["status"]), (&json!(code), &json!(status)), "{problem}");
        reply
    }
}

async fn send(local: &Local, request: Request<Body>) -> Reply {
    Reply::read(local.router.clone().oneshot(request).await.expect("a reply")).await
}

fn request(method: Method, path: &str, token: Option<&str>, body: Option<&Value>) -> Request<Body> {
    let mut request = Request::builder().method(method).uri(path);
    if let Some(token) = token {
        request = request.header(header::AUTHORIZATION, format!("Bearer {token}"));
    }
    match body {
        Some(body) => request
            .header(header::CONTENT_TYPE, "application/json")
            .body(Body::from(body.to_string()))
            .expect("a request"),
        None => request.body(Body::empty()).expect("a request"),
    }
}

async fn fetch(local: &Local, path: &str, token: &str) -> Reply {
    send(local, request(Method::GET, path, Some(token), None)).await
}

async fn post(local: &Local, path: &str, token: &str, body: Value) -> Reply {
    send(local, request(Method::POST, path, Some(token), Some(&body))).await
}

async fn dev_post(local: &Local, path: &str, body: Value) -> Reply {
    send(local, request(Method::POST, path, None, Some(&body))).await
}

async fn sign_in(local: &Local, email: &str) -> String {
    let reply = dev_post(local, "/dev/sign-in", json!({ "email": email })).await.must_be(200);
    reply.json()["token"].as_str().expect("a token").to_owned()
}

fn claims_of(token: &str) -> Value {
    let payload = token.split('.').nth(1).expect("a payload");
    serde_json::from_slice(&URL_SAFE_NO_PAD.decode(payload).expect("base64")).expect("JSON")
}

/// Claims that are good, until one is changed.
fn claims(local: &Local) -> Value {
    let now = local.clock.now().as_second();
    json!({
        "iss": ISSUER, "aud": AUDIENCE, "sub": "someone", "iat": now, "exp": now + 600,
        "email": "someone@x.example", "email_verified": true,
    })
}

fn with(mut claims: Value, name: &str, value: Value) -> Value {
    claims[name] = value;
    claims
}

fn without(mut claims: Value, name: &str) -> Value {
    claims.as_object_mut().expect("claims").remove(name);
    claims
}

fn rsa_key() -> EncodingKey {
    let key = KeyPair::generate(KeySize::Rsa2048).expect("a key");
    let der = STANDARD.encode(key.as_der().expect("its text").as_ref());
    let pem = format!("-----BEGIN PRIVATE KEY-----\n{der}\n-----END PRIVATE KEY-----\n");
    EncodingKey::from_rsa_pem(pem.as_bytes()).expect("a key in PEM")
}

// The gateway's side towards clients.

#[tokio::test]
async fn k33_what_is_no_good_token_is_401() {
    let local = memory().await;
    let good = claims(&local);
    let header = local.issuer.header();
    let sign = |header: &Header, claims: &Value| local.issuer.sign(header, claims).expect("a token");
    let plain = sign(&header, &good);
    fetch(&local, "/v1/workspaces", &plain).await.must_be(200);

    let now = local.clock.now().as_second();
    let jwks = local.issuer.jwks();
    let public: Jwk = serde_json::from_value(jwks["keys"][0].clone()).expect("a key");
    let modulus = jwks["keys"][0]["n"].as_str().expect("n");
    let hmac = |secret: &[u8]| {
        let header = Header { alg: Algorithm::HS256, ..header.clone() };
        jsonwebtoken::encode(&header, &good, &EncodingKey::from_secret(secret)).expect("a token")
    };
    let part = |value: &Value| URL_SAFE_NO_PAD.encode(value.to_string());
    let none = |alg: &str, signature: &str| {
        let header = json!({"alg": alg, "typ": "JWT", "kid": header.kid});
        format!("{}.{}.{signature}", part(&header), part(&good))
    };
    let (head, rest) = plain.split_once('.').expect("a header");
    let (payload, signature) = rest.split_once('.').expect("a payload");
    let altered = with(good.clone(), "sub", json!("somebody-else"));
    let of = |change: fn(&mut Header)| {
        let mut header = header.clone();
        change(&mut header);
        sign(&header, &good)
    };
    let embedded = Header { jwk: Some(public), ..header.clone() };
    let long = with(good.clone(), "padding", json!("x".repeat(9_000)));

    let bad = [
        ("nothing", String::new()),
        ("no JWT", "abc".to_owned()),
        ("two parts", format!("{head}.{payload}")),
        ("five parts", format!("{plain}.a.b")),
        ("alg none", none("none", "")),
        ("alg None, signed", none("None", signature)),
        ("HS256 by the public modulus", hmac(modulus.as_bytes())),
        ("HS256 by the public modulus, raw", hmac(&URL_SAFE_NO_PAD.decode(modulus).expect("n"))),
        ("HS256 by nothing", hmac(b"")),
        ("RS512", of(|header| header.alg = Algorithm::RS512)),
        ("PS256", of(|header| header.alg = Algorithm::PS256)),
        ("no kid", of(|header| header.kid = None)),
        ("unknown kid", of(|header| header.kid = Some("other".to_owned()))),
        ("jku", of(|header| header.jku = Some("https://evil.example/jwks.json".to_owned()))),
        ("x5u", of(|header| header.x5u = Some("https://evil.example/x5u".to_owned()))),
        ("x5c", of(|header| header.x5c = Some(vec!["AQAB".to_owned()]))),
        ("crit", of(|header| header.crit = Some(vec!["exp".to_owned()]))),
        ("embedded jwk", sign(&embedded, &good)),
        ("another key of that name", jsonwebtoken::encode(&header, &good, &rsa_key()).expect("a token")),
        ("altered claims", format!("{head}.{}.{signature}", part(&altered))),
        ("cut signature", plain[..plain.len() - 4].to_owned()),
        ("no signature", format!("{head}.{payload}.")),
        ("wrong iss", sign(&header, &with(good.clone(), "iss", json!("https://evil.example")))),
        ("iss as a list", sign(&header, &with(good.clone(), "iss", json!([ISSUER])))),
        ("no iss", sign(&header, &without(good.clone(), "iss"))),
        ("wrong aud", sign(&header, &with(good.clone(), "aud", json!("other")))),
        ("no aud", sign(&header, &without(good.clone(), "aud"))),
        ("over", sign(&header, &with(good.clone(), "exp", json!(now - 1)))),
        ("exp as text", sign(&header, &with(good.clone(), "exp", json!((now + 600).to_string())))),
        ("no exp", sign(&header, &without(good.clone(), "exp"))),
        ("not yet", sign(&header, &with(good.clone(), "nbf", json!(now + 60)))),
        ("from the future", sign(&header, &with(good.clone(), "iat", json!(now + 60)))),
        ("too long", sign(&header, &long)),
    ];
    for (what, token) in bad {
        let reply = fetch(&local, "/v1/workspaces", &token).await;
        assert_eq!(reply.status, StatusCode::UNAUTHORIZED, "{what}");
        let reply = reply.must_fail(401, "unauthenticated");
        assert_eq!(reply.header(header::WWW_AUTHENTICATE), "Bearer", "{what}");
    }
    let twice = Request::get("/v1/workspaces")
        .header(header::AUTHORIZATION, format!("Bearer {plain}"))
        .header(header::AUTHORIZATION, format!("Bearer {plain}"));
    send(&local, twice.body(Body::empty()).expect("a request")).await.must_fail(401, "unauthenticated");
    let none = request(Method::GET, "/v1/workspaces", None, None);
    send(&local, none).await.must_fail(401, "unauthenticated");
}

#[tokio::test]
async fn tokens_age_with_the_service() {
    let local = memory().await;
    let token = sign_in(&local, "ada@x.example").await;
    dev_post(&local, "/dev/clock", json!({"advanceSeconds": 3_500})).await.must_be(200);
    fetch(&local, "/v1/workspaces", &token).await.must_be(200);
    let before = local.clock.now();
    let moved = dev_post(&local, "/dev/clock", json!({"advanceSeconds": 100})).await.must_be(200);
    let now: Timestamp = serde_json::from_value(moved.json()["now"].clone()).expect("a time");
    assert!(now.duration_since(before) >= SignedDuration::from_secs(100));
    fetch(&local, "/v1/workspaces", &token).await.must_fail(401, "unauthenticated");
    let token = sign_in(&local, "ada@x.example").await;
    fetch(&local, "/v1/workspaces", &token).await.must_be(200);
}

#[tokio::test]
async fn the_clock_goes_forward_only() {
    let local = memory().await;
    for bad in [json!(-1), json!(1.5), json!("1"), json!(400_000_000), json!(null)] {
        let reply = dev_post(&local, "/dev/clock", json!({"advanceSeconds": bad})).await;
        assert_eq!(reply.must_fail(422, "invalid_request").json()["errors"][0]["field"], "advanceSeconds");
    }
    for _ in 0..10 {
        dev_post(&local, "/dev/clock", json!({"advanceSeconds": 10 * 365 * 86_400})).await.must_be(200);
    }
    dev_post(&local, "/dev/clock", json!({"advanceSeconds": 316_224_000}))
        .await
        .must_fail(422, "invalid_request");
    // Far in the future everything still works.
    let token = sign_in(&local, "ada@x.example").await;
    fetch(&local, "/v1/workspaces", &token).await.must_be(200);
}

#[tokio::test]
async fn the_gateway_says_what_is_wrong_with_a_request() {
    let local = memory().await;
    let token = sign_in(&local, "ada@x.example").await;
    for unknown in ["/v1", "/v1/", "/v1/nothing", "/v1/workspaces/", "/nothing", "/dev/nothing"] {
        fetch(&local, unknown, &token).await.must_fail(404, "not_found");
    }
    let reply = send(&local, request(Method::DELETE, "/v1/workspaces", Some(&token), None)).await;
    let reply = reply.must_fail(405, "method_not_allowed");
    let mut allowed: Vec<&str> = reply.header(header::ALLOW).split(", ").collect();
    allowed.sort_unstable();
    assert_eq!(allowed, ["GET", "POST"]);
    send(&local, request(Method::GET, "/dev/clock", None, None)).await.must_fail(405, "method_not_allowed");
    fetch(&local, "/v1/workspaces/%FF", &token).await.must_fail(400, "malformed_request");
    fetch(&local, "/v1/workspaces/%zz", &token).await.must_fail(400, "malformed_request");
    fetch(&local, "/v1/workspaces/a%2Fb%00", &token).await.must_fail(404, "not_found");
}

#[tokio::test]
async fn k39_bodies_have_a_limit() {
    let local = memory().await;
    let token = sign_in(&local, "ada@x.example").await;
    let big = || vec![b' '; (1 << 20) + 1];
    let declared = Request::post("/v1/workspaces")
        .header(header::AUTHORIZATION, format!("Bearer {token}"))
        .header(header::CONTENT_LENGTH, (1 << 20) + 1)
        .body(Body::empty());
    send(&local, declared.expect("a request")).await.must_fail(413, "payload_too_large");
    let chunks = futures::stream::iter(
        big().chunks(4096).map(|chunk| Ok::<_, std::io::Error>(chunk.to_vec())).collect::<Vec<_>>(),
    );
    let streamed = Request::post("/v1/workspaces")
        .header(header::AUTHORIZATION, format!("Bearer {token}"))
        .body(Body::from_stream(chunks));
    send(&local, streamed.expect("a request")).await.must_fail(413, "payload_too_large");
    // The function's own limit is lower, and its answer comes through.
    let reply = post(&local, "/v1/workspaces", &token, json!({"name": "x".repeat(200_000)})).await;
    reply.must_fail(413, "payload_too_large");
    let padded = Request::post("/dev/sign-in").body(Body::from(vec![b' '; 20_000])).expect("a request");
    send(&local, padded).await.must_fail(413, "payload_too_large");
}

#[tokio::test]
async fn k39_odd_requests_are_no_accident() {
    let local = memory().await;
    let token = sign_in(&local, "ada@x.example").await;
    let odd: [(&str, &[u8]); 8] = [
        ("x-forwarded-proto", b"\\ nonsense"),
        ("x-forwarded-port", b"99999999"),
        ("x-amzn-trace-id", b"Root=1"),
        ("user-agent", "\u{e9}\u{1f600}".as_bytes()),
        ("x-odd", b"\xff\xfe"),
        ("cookie", "a=\u{e9}; b=2".as_bytes()),
        ("content-type", b";;;"),
        ("content-encoding", b"gzip"),
    ];
    for (name, value) in odd {
        let request = Request::post("/v1/workspaces?x=%zz&%ff&a=1&a=2")
            .header(header::AUTHORIZATION, format!("Bearer {token}"))
            .header(name, value)
            .body(Body::from(r#"{"name":"Acme"}"#))
            .expect("a request");
        let reply = send(&local, request).await;
        assert!(!reply.status.is_server_error(), "{name}: {}", reply.text());
    }
}

#[tokio::test]
async fn every_reply_tells_browsers_to_be_careful() {
    let local = memory().await;
    let token = sign_in(&local, "ada@x.example").await;
    for path in ["/v1/workspaces", "/v1/nothing", "/dev/mailbox", "/docs/", "/join", "/health"] {
        let reply = fetch(&local, path, &token).await;
        assert_eq!(reply.header(header::X_CONTENT_TYPE_OPTIONS), "nosniff", "{path}");
        assert_eq!(reply.header(header::REFERRER_POLICY), "no-referrer", "{path}");
        if path.starts_with("/v1") || path.starts_with("/dev") {
            assert_eq!(reply.header(header::CACHE_CONTROL), "no-store", "{path}");
        }
    }
    let reply = fetch(&local, "/v1/workspaces", &token).await;
    assert!(!reply.header("apigw-requestid").is_empty());
    let problem = fetch(&local, "/v1/nothing", &token).await;
    assert_eq!(problem.json()["requestId"], problem.header("apigw-requestid"));
}

#[tokio::test]
async fn only_pages_of_this_machine_may_use_it() {
    let local = memory().await;
    let ask = |method: Method, path: &'static str, headers: &[(&str, &str)]| {
        let mut request = Request::builder().method(method).uri(path);
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        request.body(Body::from(r#"{"email":"a@x.example"}"#)).expect("a request")
    };
    let here = "http://localhost:5173";
    let preflight = [
        ("origin", here),
        ("access-control-request-method", "PUT"),
        ("access-control-request-headers", "authorization, idempotency-key"),
    ];
    let reply = send(&local, ask(Method::OPTIONS, "/v1/workspaces", &preflight)).await.must_be(204);
    assert_eq!(reply.header(header::ACCESS_CONTROL_ALLOW_ORIGIN), here);
    assert!(reply.header(header::ACCESS_CONTROL_ALLOW_METHODS).contains("PUT"));
    assert_eq!(reply.header(header::ACCESS_CONTROL_ALLOW_HEADERS), "authorization, idempotency-key");
    let reply = send(&local, ask(Method::POST, "/dev/sign-in", &[("origin", here)])).await.must_be(200);
    assert_eq!(reply.header(header::ACCESS_CONTROL_ALLOW_ORIGIN), here);

    for evil in ["https://evil.example", "http://localhost.evil.example", "null"] {
        let reply = send(&local, ask(Method::POST, "/dev/sign-in", &[("origin", evil)])).await;
        let reply = reply.must_fail(403, "forbidden");
        assert_eq!(reply.header(header::ACCESS_CONTROL_ALLOW_ORIGIN), "");
        let reply = send(&local, ask(Method::GET, "/v1/workspaces", &[("origin", evil)])).await;
        assert_eq!(reply.must_be(401).header(header::ACCESS_CONTROL_ALLOW_ORIGIN), "");
    }
    // A name of somebody else's that leads here.
    send(&local, ask(Method::POST, "/dev/sign-in", &[("host", "evil.example:8787")]))
        .await
        .must_fail(403, "forbidden");
    send(&local, ask(Method::POST, "/dev/sign-in", &[("host", "localhost:8787")])).await.must_be(200);
}

// The gateway's side towards functions.

#[test]
fn a_function_gets_the_event_that_api_gateway_makes() {
    let (parts, ()) = Request::post("/v1/workspaces/a%20b/x?q=1&q=2%2C3&r=%C3%A9")
        .header("Content-Type", "application/json")
        .header("User-Agent", "test")
        .header("X-Two", "a")
        .header("X-Two", "b")
        .header("X-Forwarded-For", "6.6.6.6")
        .header("Cookie", "one=1; two=2")
        .body(())
        .expect("a request")
        .into_parts();
    let claims = json!({
        "sub": "s", "email_verified": true, "exp": 1_800_000_000, "groups": ["a", "b"], "x": {"y": 1.5},
    });
    let found = Found {
        request_id: "id=",
        at: Timestamp::from_second(1_583_348_638).expect("a time"),
        route: "/v1/workspaces/{workspaceId}/x",
        path_parameters: HashMap::from([("workspaceId".to_owned(), "a b".to_owned())]),
        claims: claims.as_object(),
    };
    let event = serde_json::to_value(dev::event(&parts, br#"{"a":1}"#, &found)).expect("JSON");

    // Field by field as in AWS's documentation of payload format version 2.0.
    for (pointer, expected) in [
        ("/version", json!("2.0")),
        ("/routeKey", json!("POST /v1/workspaces/{workspaceId}/x")),
        ("/rawPath", json!("/v1/workspaces/a%20b/x")),
        ("/rawQueryString", json!("q=1&q=2%2C3&r=%C3%A9")),
        ("/cookies", json!(["one=1", "two=2"])),
        ("/headers/x-two", json!("a,b")),
        ("/headers/content-type", json!("application/json")),
        ("/headers/x-forwarded-for", json!("127.0.0.1")),
        ("/queryStringParameters", json!({"q": "1,2,3", "r": "é"})),
        ("/pathParameters", json!({"workspaceId": "a b"})),
        ("/body", json!(r#"{"a":1}"#)),
        ("/isBase64Encoded", json!(false)),
        ("/requestContext/routeKey", json!("POST /v1/workspaces/{workspaceId}/x")),
        ("/requestContext/stage", json!("$default")),
        ("/requestContext/requestId", json!("id=")),
        ("/requestContext/time", json!("04/Mar/2020:19:03:58 +0000")),
        ("/requestContext/timeEpoch", json!(1_583_348_638_000_i64)),
        ("/requestContext/http/method", json!("POST")),
        ("/requestContext/http/path", json!("/v1/workspaces/a%20b/x")),
        ("/requestContext/http/protocol", json!("HTTP/1.1")),
        ("/requestContext/http/sourceIp", json!("127.0.0.1")),
        ("/requestContext/http/userAgent", json!("test")),
        (
            "/requestContext/authorizer/jwt/claims",
            json!({
                "sub": "s", "email_verified": "true", "exp": "1800000000", "groups": "[a b]", "x": "map[y:1.5]",
            }),
        ),
    ] {
        assert_eq!(event.pointer(pointer), Some(&expected), "{pointer}");
    }
    assert_eq!(event.pointer("/headers/cookie"), None);

    let open = Found { claims: None, ..found };
    let event = serde_json::to_value(dev::event(&parts, b"\xff", &open)).expect("JSON");
    assert_eq!(event.pointer("/requestContext/authorizer"), None);
    assert_eq!((&event["body"], &event["isBase64Encoded"]), (&json!("/w=="), &json!(true)));
}

#[tokio::test]
async fn a_function_does_its_work_behind_the_gateway() {
    let local = memory().await;
    let token = sign_in(&local, "ada@x.example").await;
    let made = post(&local, "/v1/workspaces", &token, json!({"name": "Acme"})).await.must_be(201).json();
    let path = format!("/v1/workspaces/{}", made["id"].as_str().expect("an id"));
    assert_eq!(fetch(&local, &path, &token).await.must_be(200).json()["name"], "Acme");
    let stranger = sign_in(&local, "bob@x.example").await;
    fetch(&local, &path, &stranger).await.must_fail(404, "not_found");
}

#[tokio::test]
async fn a_plan_of_the_product_can_be_set() {
    let local = memory_of("role-seats").await;
    let token = sign_in(&local, "ada@x.example").await;
    let made = post(&local, "/v1/workspaces", &token, json!({"name": "Acme"})).await.must_be(201).json();
    let plan = |plan: &str| json!({"workspaceId": made["id"], "plan": plan});
    dev_post(&local, "/dev/plan", plan("business")).await.must_be(204);
    let path = format!("/v1/workspaces/{}", made["id"].as_str().expect("an id"));
    let workspace = fetch(&local, &path, &token).await.must_be(200).json();
    assert_eq!((&workspace["plan"], &workspace["seats"]["total"]), (&json!("business"), &json!(25)));
    // One that the product does not have is told of those that it has.
    let reply = dev_post(&local, "/dev/plan", plan("gold")).await.must_fail(422, "invalid_request");
    let error = &reply.json()["errors"][0];
    assert_eq!(error["field"], "plan");
    assert_eq!(error["message"], "must be one of: trial, business, pilot, enterprise");
    let nobody = json!({"workspaceId": "00000000-0000-7000-8000-000000000000", "plan": "business"});
    dev_post(&local, "/dev/plan", nobody).await.must_fail(404, "not_found");
    dev_post(&local, "/dev/plan", json!({"plan": "business"})).await.must_fail(422, "invalid_request");
}

// Sign-in.

#[tokio::test]
async fn the_same_email_is_the_same_person() {
    let local = memory().await;
    let one = claims_of(&sign_in(&local, "Tea.Mate@Bücher.example").await);
    for spelling in
        ["tea.mate@bücher.example", "TEA.MATE@xn--bcher-kva.example", " tea.mate@bu\u{308}cher.example"]
    {
        let other = claims_of(&sign_in(&local, spelling).await);
        assert_eq!(one["sub"], other["sub"], "{spelling}");
    }
    assert_ne!(one["sub"], claims_of(&sign_in(&local, "tea+mate@bücher.example").await)["sub"]);
    assert_eq!(
        (&one["iss"], &one["aud"], &one["email_verified"]),
        (&json!(ISSUER), &json!(AUDIENCE), &json!(true))
    );

    let named =
        json!({"email": "a@x.example", "firstName": "Ada", "lastName": "Lovelace", "emailVerified": false});
    let reply = dev_post(&local, "/dev/sign-in", named).await.must_be(200);
    let claims = claims_of(reply.json()["token"].as_str().expect("a token"));
    assert_eq!((&claims["given_name"], &claims["family_name"]), (&json!("Ada"), &json!("Lovelace")));
    assert_eq!(claims["email_verified"], false);
}

#[tokio::test]
async fn a_sign_in_that_cannot_be_is_refused() {
    let local = memory().await;
    for (body, field) in [
        (json!({}), "email"),
        (json!({"email": "nobody"}), "email"),
        (json!({"email": 7}), "email"),
        (json!({"email": "a@x.example", "admin": true}), "admin"),
        (json!({"email": "a@x.example", "emailVerified": "yes"}), "emailVerified"),
        (json!({"email": "a@x.example", "firstName": "a\nb"}), "firstName"),
    ] {
        let reply = dev_post(&local, "/dev/sign-in", body).await.must_fail(422, "invalid_request");
        assert_eq!(reply.json()["errors"][0]["field"], field);
    }
    for body in ["", "{", "[]", "null"] {
        let request = Request::post("/dev/sign-in").body(Body::from(body)).expect("a request");
        send(&local, request).await.must_fail(400, "malformed_request");
    }
}

#[tokio::test]
async fn the_built_in_issuer_publishes_its_key() {
    let local = memory().await;
    let discovery = fetch(&local, "/.well-known/openid-configuration", "").await.must_be(200).json();
    assert_eq!(discovery["issuer"], ISSUER);
    assert_eq!(discovery["jwks_uri"], format!("{APP}/.well-known/jwks.json"));
    let keys = fetch(&local, "/.well-known/jwks.json", "").await.must_be(200).json();
    let token = sign_in(&local, "ada@x.example").await;
    let header = jsonwebtoken::decode_header(&token).expect("a header");
    assert_eq!(keys["keys"][0]["kid"], json!(header.kid));
    assert_eq!(keys["keys"][0].get("d"), None);
}

/// An issuer of somebody else's, which counts what it is asked.
struct Issuer {
    url: String,
    key: EncodingKey,
    discoveries: Arc<AtomicUsize>,
    fetches: Arc<AtomicUsize>,
    down: Arc<AtomicBool>,
}

impl Issuer {
    async fn start() -> Self {
        let key = rsa_key();
        let mut jwk = Jwk::from_encoding_key(&key, Algorithm::RS256).expect("a public key");
        jwk.common.key_id = Some("theirs".to_owned());
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
        let url = format!("http://{}", listener.local_addr().expect("its address"));
        let (discoveries, fetches) = (Arc::<AtomicUsize>::default(), Arc::<AtomicUsize>::default());
        let down = Arc::<AtomicBool>::default();
        let discovery = json!({"issuer": url, "jwks_uri": format!("{url}/keys")});
        // Beside a good key, ones that must not matter.
        let keys = json!({"keys": [{"kty": "odd"}, {"kty": "EC", "crv": "x"}, jwk]});
        let counted = |count: &Arc<AtomicUsize>, answer: Value| {
            let (count, down) = (Arc::clone(count), Arc::clone(&down));
            get(move || async move {
                count.fetch_add(1, Ordering::SeqCst);
                if down.load(Ordering::SeqCst) {
                    return StatusCode::SERVICE_UNAVAILABLE.into_response();
                }
                Json(answer).into_response()
            })
        };
        let router = Router::new()
            .route("/.well-known/openid-configuration", counted(&discoveries, discovery))
            .route("/keys", counted(&fetches, keys));
        tokio::spawn(async move { axum::serve(listener, router).await });
        Self { url, key, discoveries, fetches, down }
    }

    fn token(&self, local: &Local, kid: &str) -> String {
        let header = Header { kid: Some(kid.to_owned()), ..Header::new(Algorithm::RS256) };
        let claims = with(claims(local), "iss", json!(self.url));
        jsonwebtoken::encode(&header, &claims, &self.key).expect("a token")
    }

    fn asked(&self) -> (usize, usize) {
        (self.discoveries.load(Ordering::SeqCst), self.fetches.load(Ordering::SeqCst))
    }
}

async fn trusting(issuer: &Issuer) -> Local {
    let oidc = Oidc { issuer: issuer.url.clone(), audience: AUDIENCE.to_owned() };
    dev::start(Options { oidc: Some(oidc), ..options(Data::Memory) }).await.expect("a local service")
}

#[tokio::test]
async fn an_outside_issuer_is_trusted_beside_the_own() {
    let issuer = Issuer::start().await;
    let local = trusting(&issuer).await;
    assert_eq!(issuer.asked(), (0, 0), "nobody is asked before there is a token");
    fetch(&local, "/v1/workspaces", &issuer.token(&local, "theirs")).await.must_be(200);
    let own = sign_in(&local, "ada@x.example").await;
    fetch(&local, "/v1/workspaces", &own).await.must_be(200);
    let other = with(with(claims(&local), "iss", json!(issuer.url)), "aud", json!("other"));
    let header = Header { kid: Some("theirs".to_owned()), ..Header::new(Algorithm::RS256) };
    let other = jsonwebtoken::encode(&header, &other, &issuer.key).expect("a token");
    fetch(&local, "/v1/workspaces", &other).await.must_fail(401, "unauthenticated");
    // Theirs is not ours: their key does not speak for our issuer.
    let forged = jsonwebtoken::encode(&header, &claims(&local), &issuer.key).expect("a token");
    fetch(&local, "/v1/workspaces", &forged).await.must_fail(401, "unauthenticated");
    assert_eq!(issuer.asked(), (1, 1));
}

#[tokio::test]
async fn k34_a_flood_of_unknown_keys_asks_once() {
    let issuer = Issuer::start().await;
    let local = trusting(&issuer).await;
    let flood = || async {
        let tokens: Vec<String> = (0..50).map(|n| issuer.token(&local, &format!("unknown-{n}"))).collect();
        let replies = join_all(tokens.iter().map(|token| fetch(&local, "/v1/workspaces", token))).await;
        for reply in replies {
            reply.must_fail(401, "unauthenticated");
        }
    };
    flood().await;
    assert_eq!(issuer.asked(), (1, 1));
    fetch(&local, "/v1/workspaces", &issuer.token(&local, "theirs")).await.must_be(200);
    flood().await;
    assert_eq!(issuer.asked(), (1, 1), "within the interval");
    local.clock.advance(SignedDuration::from_secs(31)).expect("a later time");
    flood().await;
    assert_eq!(issuer.asked(), (1, 2), "once an interval");
}

#[tokio::test]
async fn k34_known_keys_stay_while_the_issuer_is_down() {
    let issuer = Issuer::start().await;
    let local = trusting(&issuer).await;
    issuer.down.store(true, Ordering::SeqCst);
    fetch(&local, "/v1/workspaces", &issuer.token(&local, "theirs")).await.must_fail(401, "unauthenticated");
    assert_eq!(issuer.asked(), (1, 0));
    issuer.down.store(false, Ordering::SeqCst);
    local.clock.advance(SignedDuration::from_secs(31)).expect("a later time");
    fetch(&local, "/v1/workspaces", &issuer.token(&local, "theirs")).await.must_be(200);
    assert_eq!(issuer.asked(), (2, 1));

    issuer.down.store(true, Ordering::SeqCst);
    // Long after: asked again, in vain.
    local.clock.advance(SignedDuration::from_hours(48)).expect("a later time");
    fetch(&local, "/v1/workspaces", &issuer.token(&local, "theirs")).await.must_be(200);
    fetch(&local, "/v1/workspaces", &issuer.token(&local, "theirs")).await.must_be(200);
    assert_eq!(issuer.asked(), (2, 2));
}

#[tokio::test]
async fn an_issuer_over_an_open_line_is_refused() {
    for issuer in ["http://id.example", "id.example", ""] {
        let oidc = Oidc { issuer: issuer.to_owned(), audience: AUDIENCE.to_owned() };
        let started = dev::start(Options { oidc: Some(oidc), ..options(Data::Memory) }).await;
        assert!(matches!(started, Err(StartError::Issuer(_))), "{issuer}");
    }
}

// Mail.

/// A workspace with a free seat: its path, and the token of who owns it.
async fn workspace(local: &Local, name: &str) -> (String, String) {
    let token = sign_in(local, "owner@x.example").await;
    let made = post(local, "/v1/workspaces", &token, json!({ "name": name })).await.must_be(201).json();
    let path = format!("/v1/workspaces/{}", made["id"].as_str().expect("an id"));
    post(local, &format!("{path}/seats"), &token, json!({"tier": "basic", "quantity": 3})).await.must_be(201);
    (path, token)
}

async fn invite(local: &Local, path: &str, token: &str, email: &str) {
    let body = json!({"emails": [email], "role": "member"});
    post(local, &format!("{path}/invitations"), token, body).await.must_be(201);
}

async fn mailbox(local: &Local, query: &str) -> Vec<Value> {
    let reply = fetch(local, &format!("/dev/mailbox{query}"), "").await.must_be(200);
    reply.json()["items"].as_array().expect("mails").clone()
}

#[tokio::test]
async fn what_is_mailed_is_in_the_mailbox() {
    let local = memory().await;
    let (path, token) = workspace(&local, "Acme").await;
    invite(&local, &path, &token, "one@x.example").await;
    local.settle().await;
    invite(&local, &path, &token, "two@x.example").await;
    local.settle().await;
    let mails = mailbox(&local, "").await;
    assert_eq!(mails.iter().map(|mail| &mail["to"]).collect::<Vec<_>>(), ["two@x.example", "one@x.example"]);
    let mails = mailbox(&local, "?to=ONE@x.example").await;
    assert_eq!(mails.len(), 1);
    let links = mails[0]["links"].as_array().expect("links");
    let link = links[0].as_str().expect("a link");
    assert!(link.starts_with(&format!("{APP}/join#token=")), "{link}");
    assert!(mails[0]["text"].as_str().expect("a text").contains(link));
    assert!(mailbox(&local, "?to=nobody@x.example").await.is_empty());
    fetch(&local, "/dev/mailbox?from=x", "").await.must_fail(422, "invalid_request");
}

#[tokio::test]
async fn k40_the_mailbox_page_shows_mails_and_runs_nothing() {
    let local = memory().await;
    let (path, token) = workspace(&local, "<script>alert(1)</script>\"'&").await;
    invite(&local, &path, &token, "one@x.example").await;
    local.settle().await;
    let page = Request::get("/dev/mailbox?to=%22%3E%3Cscript%3E")
        .header(header::ACCEPT, "text/html,application/xhtml+xml,*/*;q=0.8");
    let empty = send(&local, page.body(Body::empty()).expect("a request")).await.must_be(200);
    assert!(empty.text().contains("No mails to this address"));
    let page = Request::get("/dev/mailbox").header(header::ACCEPT, "text/html");
    let full = send(&local, page.body(Body::empty()).expect("a request")).await.must_be(200);
    for page in [empty, full] {
        assert!(page.header(header::CONTENT_TYPE).starts_with("text/html"));
        assert!(page.header(header::CONTENT_SECURITY_POLICY).starts_with("default-src 'none'"));
        let html = page.text();
        assert!(!html.contains("<script"), "{html}");
        // Each frame may do nothing, and its content stays inside its quotes.
        for frame in html.split("<iframe").skip(1) {
            let tag = &frame[..frame.find('>').expect("an end")];
            assert!(tag.contains("sandbox=\"\""), "{tag}");
            assert!(!tag.contains('<'), "{tag}");
        }
    }
}

#[tokio::test]
async fn k19_mail_that_fails_goes_out_later() {
    let local = memory().await;
    let (path, token) = workspace(&local, "Acme").await;
    for fault in [MailFault::Throttle, MailFault::Internal] {
        let before = local.mailbox.sent().len();
        let to = format!("{fault:?}@x.example");
        local.mailbox.fail_next(1, fault);
        invite(&local, &path, &token, &to).await;
        local.settle().await;
        assert_eq!(local.mailbox.sent().len(), before, "{fault:?}");
        dev_post(&local, "/dev/clock", json!({"advanceSeconds": 600})).await.must_be(200);
        local.settle().await;
        assert_eq!(local.mailbox.sent_to(&to).len(), 1, "{fault:?}");
    }
}

#[tokio::test]
async fn k19_a_lost_answer_is_at_least_one_mail() {
    let local = memory().await;
    let (path, token) = workspace(&local, "Acme").await;
    local.mailbox.lose_reply_next(1);
    invite(&local, &path, &token, "one@x.example").await;
    local.settle().await;
    dev_post(&local, "/dev/clock", json!({"advanceSeconds": 600})).await.must_be(200);
    local.settle().await;
    let mails = local.mailbox.sent_to("one@x.example");
    assert!(!mails.is_empty());
    assert!(mails.iter().all(|mail| mail.links == mails[0].links), "the same link each time");
}

// Pages.

#[tokio::test]
async fn k24_the_page_that_links_lead_to_gives_nothing_away() {
    let local = memory().await;
    let page = fetch(&local, "/join", "").await.must_be(200);
    assert!(page.header(header::CONTENT_TYPE).starts_with("text/html"));
    assert_eq!(page.header(header::REFERRER_POLICY), "no-referrer");
    let policy = page.header(header::CONTENT_SECURITY_POLICY);
    assert!(policy.contains("default-src 'none'") && policy.contains("script-src 'sha256-"), "{policy}");
    assert!(!policy.contains("unsafe"), "{policy}");
    assert!(page.text().contains("history.replaceState"));
}

#[tokio::test]
async fn the_reference_is_there() {
    let local = memory().await;
    let home = fetch(&local, "/", "").await;
    assert!(home.status.is_redirection());
    assert!(home.header(header::LOCATION).starts_with("/docs"));
    assert!(fetch(&local, "/docs/", "").await.must_be(200).text().contains("swagger"));
    let document = fetch(&local, "/openapi.json", "").await.must_be(200).json();
    assert!(document["paths"]["/v1/workspaces"]["post"].is_object());
    assert_eq!(fetch(&local, "/health", "").await.must_be(200).json()["status"], "ok");
}

// State.

#[tokio::test]
async fn state_keys_and_mails_survive_a_restart() {
    let folder = TempDir::new().expect("a folder");
    let file = folder.path().join("new/folder/state.db");
    let local = dev::start(options(Data::File(file.clone()))).await.expect("a local service");
    let (path, token) = workspace(&local, "Acme").await;
    invite(&local, &path, &token, "one@x.example").await;
    local.settle().await;
    let sent = local.mailbox.sent();
    assert!(matches!(dev::start(options(Data::File(file.clone()))).await, Err(StartError::Locked { .. })));
    drop(local);

    let local = dev::start(options(Data::File(file.clone()))).await.expect("the same service");
    assert_eq!(fetch(&local, &path, &token).await.must_be(200).json()["name"], "Acme");
    assert_eq!(local.mailbox.sent(), sent);
    let link = sent[0].links[0].split_once("#token=").expect("a token").1;
    let preview = json!({ "token": link });
    let preview = dev_post(&local, "/v1/invitations/preview", preview).await.must_be(200).json();
    assert_eq!(preview["workspace"]["name"], "Acme");
    #[cfg(unix)]
    for secret in ["state.db.keys.json", "state.db.mailbox.jsonl"] {
        use std::os::unix::fs::PermissionsExt as _;
        let mode = std::fs::metadata(file.with_file_name(secret)).expect(secret).permissions().mode();
        assert_eq!(mode & 0o777, 0o600, "{secret}");
    }
}

#[tokio::test]
async fn a_data_file_stays_with_its_pack() {
    let folder = TempDir::new().expect("a folder");
    let file = Data::File(folder.path().join("state.db"));
    drop(dev::start(options(file.clone())).await.expect("a local service"));
    let pack = pack_like_default(folder.path(), "other");
    let other = Options { pack: Some(pack.clone()), ..options(file.clone()) };
    assert!(
        matches!(dev::start(other).await, Err(StartError::OtherPack { has }) if has == dev::DEFAULT_PACK)
    );
    // A new version of the same pack is taken over.
    let same = pack_like_default(folder.path(), dev::DEFAULT_PACK);
    std::fs::write(format!("{same}/more.cedar"), "// Nothing yet.\n").expect("a file");
    drop(dev::start(Options { pack: Some(same), ..options(file) }).await.expect("the same service"));
    dev::start(Options { pack: Some(pack), ..options(Data::Memory) }).await.expect("a pack in a folder");
}

/// The default pack under another name, in a folder.
fn pack_like_default(parent: &Path, name: &str) -> String {
    let folder = parent.join(name);
    for (path, text) in seatwise_policy::packs::files(dev::DEFAULT_PACK).expect("the default pack") {
        let file = folder.join(&path);
        std::fs::create_dir_all(file.parent().expect("a parent")).expect("a folder");
        let named = format!("name = \"{}\"", dev::DEFAULT_PACK);
        std::fs::write(file, text.replace(&named, &format!("name = \"{name}\""))).expect("a file");
    }
    folder.to_str().expect("UTF-8").to_owned()
}

// The process.

/// A running server, and where it is.
async fn serve(command: &mut Command) -> (Child, String) {
    let mut child = command.spawn().expect("a process");
    let mut lines = BufReader::new(child.stdout.take().expect("its output")).lines();
    let first = lines.next_line().await.expect("output");
    let Some(first) = first else {
        let mut error = String::new();
        child.stderr.take().expect("stderr").read_to_string(&mut error).await.expect("text");
        panic!("it did not start: {error}");
    };
    let url = first.strip_prefix("Seatwise is up at ").expect("a URL").to_owned();
    // The rest is read, so that nothing waits for us.
    tokio::spawn(async move { while let Ok(Some(_)) = lines.next_line().await {} });
    (child, url)
}

async fn remote_sign_in(url: &str) -> String {
    let body = json!({"email": "ada@x.example"});
    let reply = reqwest::Client::new().post(format!("{url}/dev/sign-in")).json(&body).send().await;
    let token: Value = reply.expect("a reply").json().await.expect("JSON");
    token["token"].as_str().expect("a token").to_owned()
}

/// Refused with exit code 2 and one line on stderr, which is returned.
async fn refused(arguments: &[&str]) -> String {
    let output = tokio::time::timeout(Duration::from_mins(1), seatwise(arguments).output());
    let output = output.await.expect("an end").expect("a process");
    let error = String::from_utf8(output.stderr).expect("text");
    assert_eq!(output.status.code(), Some(2), "{arguments:?}: {error}");
    assert_eq!(error.trim_end().lines().count(), 1, "{arguments:?}: {error}");
    assert!(error.starts_with("seatwise: "), "{error}");
    error
}

#[tokio::test]
async fn what_cannot_be_started_is_said_in_one_line() {
    let folder = TempDir::new().expect("a folder");
    let path = |name: &str| folder.path().join(name).to_str().expect("UTF-8").to_owned();
    std::fs::write(path("file"), "x").expect("a file");
    std::fs::write(path("corrupt.db"), "this is no database, ".repeat(500)).expect("a file");
    std::fs::create_dir(path("folder")).expect("a folder");
    let bad_pack = pack_like_default(folder.path(), "bad-pack");
    std::fs::write(format!("{bad_pack}/bad.cedar"), "permit (principal is Nobody, action, resource);")
        .expect("a file");
    let taken = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let port = taken.local_addr().expect("its address").port().to_string();

    let cases: [(&[&str], &str); 14] = [
        (&["--memory", "--port", &port], "in use"),
        (&["--memory", "--port", "99999"], "99999"),
        (&["--port", "0", "--data", &path("file/state.db")], "cannot use"),
        (&["--port", "0", "--data", &path("folder")], "folder"),
        (&["--port", "0", "--data", &path("corrupt.db")], "no data file"),
        (&["--port", "0", "--data", "/proc/nowhere/state.db"], "cannot use"),
        (&["--port", "0", "--memory", "--pack", "nothing"], "purchased-seats"),
        (&["--port", "0", "--memory", "--pack", "./nowhere"], "./nowhere"),
        (&["--port", "0", "--memory", "--pack", &bad_pack], "bad.cedar:1"),
        (&["--port", "0", "--memory", "--oidc-issuer", "http://id.example"], "https"),
        (&["--memory", "--data", "x"], "--data"),
        (&["--unknown"], "--unknown"),
        (&["nonsense"], "nonsense"),
        (&["policies", "check"], "<DIR>"),
    ];
    for (arguments, said) in cases {
        let error = refused(arguments).await;
        assert!(error.contains(said), "{arguments:?}: {error}");
    }
}

#[tokio::test]
async fn k11_state_survives_a_kill() {
    let folder = TempDir::new().expect("a folder");
    let file = folder.path().join("state.db").to_str().expect("UTF-8").to_owned();
    let start = || async { serve(&mut seatwise(&["--port", "0", "--data", &file])).await };
    let http = reqwest::Client::new();
    let (mut child, url) = start().await;
    let token = remote_sign_in(&url).await;
    for n in 0..5 {
        let made = http.post(format!("{url}/v1/workspaces")).bearer_auth(&token);
        let made = made.json(&json!({"name": format!("Acme {n}")})).send().await.expect("a reply");
        assert_eq!(made.status(), 201);
    }
    let error = refused(&["--port", "0", "--data", &file]).await;
    assert!(error.contains("in use by another"), "{error}");
    child.kill().await.expect("its end");

    let (_child, url) = start().await;
    let list = http.get(format!("{url}/v1/workspaces")).bearer_auth(&token).send().await.expect("a reply");
    assert_eq!(list.status(), 200, "a sign-in outlives the server");
    let list: Value = list.json().await.expect("JSON");
    assert_eq!(list["items"].as_array().expect("workspaces").len(), 5);
}

#[cfg(unix)]
#[tokio::test]
async fn a_server_that_is_told_to_stop_stops_well() {
    let folder = TempDir::new().expect("a folder");
    for signal in ["-INT", "-TERM"] {
        let mut command = seatwise(&["dev", "--port", "0"]);
        command.env("XDG_DATA_HOME", folder.path()).env("HOME", folder.path());
        let (mut child, url) = serve(&mut command).await;
        let reply = reqwest::get(format!("{url}/health")).await.expect("a reply");
        assert_eq!(reply.status(), 200);
        let id = child.id().expect("an id").to_string();
        let told = Command::new("kill").args([signal, &id]).status().await.expect("kill");
        assert!(told.success());
        let ended = tokio::time::timeout(Duration::from_secs(20), child.wait()).await.expect("an end");
        assert_eq!(ended.expect("a status").code(), Some(0), "{signal}");
    }
    let default: PathBuf = folder.path().join("seatwise/seatwise.db");
    assert!(default.exists(), "the state is in the data folder");
}

#[tokio::test]
async fn k27_logs_hold_no_token_and_no_address_at_any_level() {
    let folder = TempDir::new().expect("a folder");
    let log = folder.path().join("log");
    let mut command = seatwise(&["--memory", "--port", "0"]);
    command.env("RUST_LOG", "trace").stderr(std::fs::File::create(&log).expect("a file"));
    let (mut child, url) = serve(&mut command).await;
    let http = reqwest::Client::new();
    let token = remote_sign_in(&url).await;
    let post = async |path: &str, body: Value| -> Value {
        let reply = http.post(format!("{url}{path}")).bearer_auth(&token).json(&body).send().await;
        reply.expect("a reply").json().await.expect("JSON")
    };
    let made = post("/v1/workspaces", json!({"name": "Acme"})).await;
    let path = format!("/v1/workspaces/{}", made["id"].as_str().expect("an id"));
    post(&format!("{path}/seats"), json!({"tier": "basic", "quantity": 1})).await;
    let invited = json!({"emails": ["invited@x.example"], "role": "member"});
    let invited = post(&format!("{path}/invitations"), invited).await;
    let link = invited["items"][0]["invitation"]["url"].as_str().expect("a link");
    let secret = link.split_once("#token=").expect("a token").1;
    post("/v1/invitations/preview", json!({ "token": secret })).await;
    let mails = http.get(format!("{url}/dev/mailbox")).send().await.expect("a reply");
    assert_eq!(mails.status(), 200);
    http.get(format!("{url}/v1/workspaces")).bearer_auth(format!("{token}x")).send().await.expect("a reply");
    child.kill().await.expect("its end");

    let log = std::fs::read_to_string(&log).expect("a log");
    assert!(log.contains("token refused"), "the log is not empty: {log}");
    let signature = token.rsplit('.').next().expect("a signature");
    for told in [signature, secret, "ada@x.example", "invited@x.example", "Bearer"] {
        assert!(!log.contains(told), "{told}");
    }
}

#[tokio::test]
async fn the_other_commands_print() {
    let output = seatwise(&["openapi"]).output().await.expect("a process");
    assert!(output.status.success());
    let document: Value = serde_json::from_slice(&output.stdout).expect("JSON");
    assert!(document["openapi"].as_str().expect("a version").starts_with("3.1"));

    let folder = TempDir::new().expect("a folder");
    let pack = pack_like_default(folder.path(), dev::DEFAULT_PACK);
    let output = seatwise(&["policies", "check", &pack]).output().await.expect("a process");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stdout));
    let output = seatwise(&["policies", "matrix", &pack]).output().await.expect("a process");
    assert!(output.status.success() && output.stdout.len() > 100);
    std::fs::write(format!("{pack}/bad.cedar"), "permit (").expect("a file");
    let output = seatwise(&["policies", "check", &pack]).output().await.expect("a process");
    assert_eq!(output.status.code(), Some(1));
    let found = String::from_utf8_lossy(&output.stdout).into_owned();
    assert!(found.contains("bad.cedar:1:9") && found.ends_with("\n1 finding in bad.cedar\n"), "{found}");
    let output = seatwise(&["policies", "format", &pack]).output().await.expect("a process");
    assert_eq!(output.status.code(), Some(1), "what does not parse is left");
    std::fs::remove_file(format!("{pack}/bad.cedar")).expect("a file");
    let output = seatwise(&["policies", "format", &pack, "--check"]).output().await.expect("a process");
    assert!(output.status.success() && output.stdout.is_empty());
    let asked = ["policies", "test", "--dir", &pack, "createWorkspace", "--as", "user"];
    let output = seatwise(&asked).output().await.expect("a process");
    assert!(output.status.success() && output.stdout.starts_with(b"user createWorkspace: allowed"));
    let help = seatwise(&["--help"]).output().await.expect("a process");
    assert!(help.status.success() && help.stderr.is_empty());
}
