//! Paths, methods and headers (K38, K39).

use std::collections::BTreeSet;

use http::{Method, StatusCode};
use seatwise_functions::{Row, operations};
use serde_json::{Value, json};

use super::request;
use crate::support::client::Client as _;
use crate::support::problem::check_problem;
use crate::support::stage::Stage;

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
            // A path that a client cannot even send is not sent.
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
