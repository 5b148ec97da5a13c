//! Pages of the local service.

use axum::body::Body;
use http::{Request, header};

use super::{fetch, memory, send};

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
async fn s16_the_page_that_stripe_leads_back_to_promises_nothing() {
    let local = memory().await;
    let page =
        fetch(&local, "/billing?workspace=01a22404-c487-764f-9073-7b77dc5f07e9", "").await.must_be(200);
    assert!(page.header(header::CONTENT_TYPE).starts_with("text/html"));
    let policy = page.header(header::CONTENT_SECURITY_POLICY);
    assert!(policy.contains("script-src 'none'") && !policy.contains("unsafe"), "{policy}");
    let text = page.text();
    assert!(text.contains("being confirmed") && text.contains("go back to the app"), "{text}");
    assert!(!text.contains("01a22404"), "{text}");
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

#[tokio::test]
async fn k52_no_page_from_elsewhere_frames_a_page_or_keeps_a_hold_of_it() {
    let local = memory().await;
    for path in [
        "/join",
        "/billing",
        "/",
        "/docs/",
        "/docs/swagger-ui.css",
        "/openapi.json",
        "/health",
        "/dev/mailbox",
        "/v1/me",
        "/x",
    ] {
        let accept = Request::get(path).header(header::ACCEPT, "text/html");
        let page = send(&local, accept.body(Body::empty()).expect("a request")).await;
        for (name, value) in [
            ("cross-origin-opener-policy", "same-origin"),
            ("x-frame-options", "DENY"),
            ("referrer-policy", "no-referrer"),
            ("x-content-type-options", "nosniff"),
        ] {
            assert_eq!(page.header(name), value, "{path}");
        }
        let policy = page.header(header::CONTENT_SECURITY_POLICY);
        assert!(policy.contains("frame-ancestors 'none'"), "{path}: {policy}");
    }
}
