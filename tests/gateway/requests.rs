//! The gateway's side towards clients: tokens, bodies, browsers.

use axum::body::Body;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use http::{Method, Request, StatusCode, header};
use jiff::{SignedDuration, Timestamp};
use jsonwebtoken::jwk::Jwk;
use jsonwebtoken::{Algorithm, EncodingKey, Header};
use seatwise_cli::dev::{self, Data, ISSUER, Options};
use serde_json::{Value, json};

use super::{
    APP, claims, dev_post, fetch, memory, options, post, request, rsa_key, send, sign_in, with, without,
    workspace,
};

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
    // Every reply has an id, and every problem names it.
    for path in ["/v1/nothing", "/dev/mailbox?of=ada", "/v1/workspaces/x"] {
        let problem = fetch(&local, path, "").await;
        assert_eq!(problem.json()["requestId"], problem.header("apigw-requestid"), "{path}");
    }
    for path in ["/", "/console/", "/console/nothing.js", "/docs/", "/health", "/dev/people"] {
        assert!(!fetch(&local, path, "").await.header("apigw-requestid").is_empty(), "{path}");
    }
}

#[tokio::test]
async fn a_client_app_of_its_own_gets_the_links_and_may_call() {
    let app = "https://app.acme.example";
    let options = Options { app_url: app.to_owned(), ..options(Data::Memory) };
    let local = dev::start(options).await.expect("a local service");
    let (path, token) = workspace(&local, "Acme").await;
    let invited = post(&local, &format!("{path}/invitations"), &token, json!({})).await.must_be(201).json();
    let link = invited["items"][0]["invitation"]["url"].as_str().expect("a link").to_owned();
    assert!(link.starts_with(&format!("{app}/join#token=")), "{link}");
    // What is the server's own stays at its own address.
    let discovery = fetch(&local, "/.well-known/openid-configuration", "").await.must_be(200).json();
    assert_eq!(discovery["jwks_uri"], format!("{APP}/.well-known/jwks.json"));
    for (origin, allowed) in [(app, app), ("https://other.acme.example", "")] {
        let request = Request::get("/v1/product").header(header::ORIGIN, origin).body(Body::empty());
        let reply = send(&local, request.expect("a request")).await.must_be(200);
        assert_eq!(reply.header(header::ACCESS_CONTROL_ALLOW_ORIGIN), allowed, "{origin}");
    }
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
