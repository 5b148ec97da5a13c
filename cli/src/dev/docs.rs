//! The API reference, with a sign-in that fills in the access token.

use axum::Router;
use axum::response::{Html, IntoResponse as _, Redirect, Response};
use axum::routing::get;
use http::HeaderValue;
use http::header::{CONTENT_SECURITY_POLICY, CONTENT_TYPE};
use utoipa_swagger_ui::SwaggerUi;

const PAGE: &str = include_str!("../../pages/docs.html");
const SCRIPT: &str = include_str!("../../pages/docs.js");
const STYLE: &str = include_str!("../../pages/docs.css");

/// Swagger UI sets styles on elements, and has pictures in its style sheet.
const POLICY: HeaderValue = HeaderValue::from_static(
    "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; \
     connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'",
);

/// `/openapi.json`, and `/docs` to read it.
pub(super) fn reference() -> Router {
    let ui: Router =
        SwaggerUi::new("/docs/ui").url("/openapi.json", seatwise_functions::openapi::document()).into();
    let text = |kind: &'static str, content: &'static str| {
        get(move || async move { ([(CONTENT_TYPE, kind)], content) })
    };
    ui.route("/docs", get(|| async { Redirect::permanent("/docs/") }))
        .route("/docs/", get(|| async { page(PAGE, POLICY) }))
        .route("/docs/docs.js", text("text/javascript; charset=utf-8", SCRIPT))
        .route("/docs/docs.css", text("text/css; charset=utf-8", STYLE))
}

/// A page with its content security policy.
pub(super) fn page(html: impl Into<String>, policy: HeaderValue) -> Response {
    ([(CONTENT_SECURITY_POLICY, policy)], Html(html.into())).into_response()
}
