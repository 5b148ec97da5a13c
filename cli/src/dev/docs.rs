//! The API reference, and pages that lie in files.

use aws_lc_rs::digest::{SHA256, digest};
use axum::Router;
use axum::response::{Html, IntoResponse as _, Response};
use axum::routing::get;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use http::HeaderValue;
use http::header::CONTENT_SECURITY_POLICY;
use utoipa_swagger_ui::{Config, SwaggerUi};

/// Where mailed links lead.
const JOIN_PAGE: &str = include_str!("../../../console/join.html");

/// Where Stripe leads back to.
const BILLING_PAGE: &str = include_str!("../../../console/billing.html");

/// `/openapi.json`, and `/docs` to read it.
pub(super) fn reference() -> Router {
    let config = Config::default().persist_authorization(true).try_it_out_enabled(true);
    SwaggerUi::new("/docs")
        .url("/openapi.json", seatwise_functions::openapi::document())
        .config(config)
        .into()
}

/// `/join` and `/billing`.
pub(super) fn pages() -> Router {
    let served = |html: &'static str| {
        let policy = policy(html);
        get(move || async move { page(html, policy) })
    };
    Router::new().route("/join", served(JOIN_PAGE)).route("/billing", served(BILLING_PAGE))
}

/// The policy that allows a page what is in its file, and the API.
fn policy(html: &str) -> HeaderValue {
    let policy = format!(
        "default-src 'none'; script-src {}; style-src {}; connect-src 'self'; img-src 'self' https: data:; \
         form-action 'none'; base-uri 'none'; frame-ancestors 'none'",
        sources(html, "script"),
        sources(html, "style"),
    );
    // Base64 and the text above are ASCII.
    HeaderValue::from_str(&policy).unwrap_or(HeaderValue::from_static("default-src 'none'"))
}

/// A page with its content security policy.
pub(super) fn page(html: impl Into<String>, policy: HeaderValue) -> Response {
    ([(CONTENT_SECURITY_POLICY, policy)], Html(html.into())).into_response()
}

/// The hashes of the inline elements of that name, which are all that may run or style (CSP level 3,
/// section 2.3.1).
fn sources(html: &str, element: &str) -> String {
    let (open, close) = (format!("<{element}>"), format!("</{element}>"));
    let contents = html.split(&open).skip(1).filter_map(|rest| rest.split(&close).next());
    let hashes: Vec<String> = contents
        .map(|content| format!("'sha256-{}'", STANDARD.encode(digest(&SHA256, content.as_bytes()))))
        .collect();
    if hashes.is_empty() { "'none'".to_owned() } else { hashes.join(" ") }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_pages_have_one_style_and_load_nothing() {
        for (page, scripts) in [(JOIN_PAGE, 1), (BILLING_PAGE, 0)] {
            for (element, times) in [("script", scripts), ("style", 1)] {
                assert_eq!(sources(page, element).matches("sha256").count(), times, "{element}");
                assert_eq!(page.matches(&format!("<{element}")).count(), times, "{element}");
            }
            for outside in ["src=", "http://", "https://", "style=", "onclick"] {
                assert!(!page.contains(outside), "{outside}");
            }
        }
    }

    #[test]
    fn a_hash_is_of_what_is_between() {
        // `printf hello | openssl dgst -sha256 -binary | base64`
        let hello = "'sha256-LPJNul+wow4m6DsqxbninhsWHlwfp0JecwQzYpOLmCQ='";
        assert_eq!(sources("<style>hello</style>", "style"), hello);
        assert_eq!(sources("<style>hello</style>", "script"), "'none'");
    }
}
