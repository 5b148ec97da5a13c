//! The gateway's side towards functions.

use std::collections::HashMap;

use http::Request;
use jiff::Timestamp;
use seatwise_cli::dev::{self, Found};
use serde_json::json;

use super::{dev_post, fetch, memory, memory_of, post, sign_in};

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
