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
    assert!(policy.contains("default-src 'none'") && policy.contains("script-src 'self'"), "{policy}");
    assert!(!policy.contains("unsafe"), "{policy}");
}

#[tokio::test]
async fn s16_the_page_that_stripe_leads_back_to_promises_nothing() {
    let local = memory().await;
    let page =
        fetch(&local, "/billing?workspace=01a22404-c487-764f-9073-7b77dc5f07e9", "").await.must_be(200);
    assert!(page.header(header::CONTENT_TYPE).starts_with("text/html"));
    let policy = page.header(header::CONTENT_SECURITY_POLICY);
    assert!(policy.contains("script-src 'self'") && !policy.contains("unsafe"), "{policy}");
    let text = page.text();
    assert!(text.contains("being confirmed") && text.contains("go back to the app"), "{text}");
    assert!(!text.contains("01a22404"), "{text}");
}

#[tokio::test]
async fn the_start_page_says_what_is_where_and_the_console_is_served() {
    let local = memory().await;
    let start = fetch(&local, "/", "").await.must_be(200).text();
    for place in ["/console/", "/docs", "/dev/mailbox"] {
        assert!(start.contains(&format!("href=\"{place}")), "{place}");
    }
    let bare = fetch(&local, "/console", "").await;
    assert_eq!(bare.header(header::LOCATION), "/console/");
    assert!(fetch(&local, "/console/", "").await.must_be(200).text().contains("<seatwise-console>"));
    let script = fetch(&local, "/console/page.js", "").await.must_be(200);
    assert!(script.header(header::CONTENT_TYPE).starts_with("text/javascript"));
    assert_eq!(
        fetch(&local, "/console/config.json", "").await.must_be(200).json()["signIn"]["kind"],
        "local"
    );
    fetch(&local, "/console/README.md", "").await.must_be(404);
    let nobody = fetch(&local, "/dev/people", "").await.must_be(200).json();
    assert_eq!(nobody["items"], serde_json::json!([]));
}

#[tokio::test]
async fn the_reference_is_there() {
    let local = memory().await;
    assert!(fetch(&local, "/docs/", "").await.must_be(200).text().contains("swagger"));
    for file in
        ["/docs/docs.js", "/docs/docs.css", "/docs/ui/swagger-ui.css", "/docs/ui/swagger-ui-bundle.js"]
    {
        fetch(&local, file, "").await.must_be(200);
    }
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
        "/docs/ui/swagger-ui.css",
        "/console/",
        "/console/page.js",
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
