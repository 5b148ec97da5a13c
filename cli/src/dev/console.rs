//! The console and the pages beside it, as a static host serves them.

use axum::extract::Path;
use axum::response::{IntoResponse as _, Redirect, Response};
use axum::routing::get;
use axum::{Router, body};
use http::header::{CACHE_CONTROL, CONTENT_SECURITY_POLICY, CONTENT_TYPE, ETAG, IF_NONE_MATCH};
use http::{HeaderMap, HeaderValue, StatusCode};
use rust_embed::{EmbeddedFile, RustEmbed};

/// The files that browsers load. A release contains them; a debug build reads them from the folder, so that an edit
/// shows with the next reload.
#[derive(RustEmbed)]
#[folder = "../console"]
#[include = "*.html"]
#[include = "*.js"]
#[include = "*.css"]
#[include = "config.json"]
#[exclude = "hosts/*"]
struct Files;

/// Nothing is inline and nothing comes from elsewhere but logos.
const POLICY: HeaderValue = HeaderValue::from_static(
    "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; \
     img-src 'self' blob: data: http: https:; form-action 'self'; base-uri 'none'; frame-ancestors 'none'",
);

/// `/`, `/join`, `/billing` and everything under `/console/`.
pub(super) fn pages() -> Router {
    let page = |name: &'static str| get(move |headers: HeaderMap| async move { file(name, &headers) });
    Router::new()
        .route("/", page("landing.html"))
        .route("/join", page("join.html"))
        .route("/billing", page("billing.html"))
        .route("/console", get(|| async { Redirect::permanent("/console/") }))
        .route("/console/", page("index.html"))
        .route(
            "/console/{*path}",
            get(|Path(path): Path<String>, headers: HeaderMap| async move { file(&path, &headers) }),
        )
}

/// A file, or 304 if the browser has it already.
fn file(path: &str, asked: &HeaderMap) -> Response {
    let Some(file) = Files::get(path) else {
        return (StatusCode::NOT_FOUND, "There is no such file.\n").into_response();
    };
    let tag = tag(&file);
    let mut reply = if asked.get(IF_NONE_MATCH).is_some_and(|known| known.as_bytes() == tag.as_bytes()) {
        StatusCode::NOT_MODIFIED.into_response()
    } else {
        let kind = content_type(path);
        ([(CONTENT_TYPE, HeaderValue::from_static(kind))], body::Bytes::from(file.data.into_owned()))
            .into_response()
    };
    let headers = reply.headers_mut();
    headers.insert(CONTENT_SECURITY_POLICY, POLICY);
    headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-cache"));
    if let Ok(tag) = HeaderValue::from_str(&tag) {
        headers.insert(ETAG, tag);
    }
    reply
}

/// The hash of the content, in quotes (RFC 9110, section 8.8.3).
fn tag(file: &EmbeddedFile) -> String {
    format!("\"{}\"", hex::encode(file.metadata.sha256_hash()))
}

/// [`Files`] has no other kinds.
fn content_type(path: &str) -> &'static str {
    match path.rsplit_once('.').map(|(_, extension)| extension) {
        Some("html") => "text/html; charset=utf-8",
        Some("js") => "text/javascript; charset=utf-8",
        Some("css") => "text/css; charset=utf-8",
        _ => "application/json",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(path: &str) -> String {
        let file = Files::get(path).unwrap_or_else(|| panic!("{path} is served"));
        String::from_utf8(file.data.into_owned()).unwrap()
    }

    #[test]
    fn every_page_is_served_and_has_nothing_inline() {
        for page in ["index.html", "landing.html", "join.html", "billing.html"] {
            let html = text(page);
            for inline in ["<style", "style=", " onclick", " onload", "javascript:"] {
                assert!(!html.contains(inline), "{page}: {inline}");
            }
            let scripts = html.matches("<script").count();
            assert_eq!(scripts, html.matches("<script type=\"module\" src=\"").count(), "{page}");
            for outside in ["src=\"http", "href=\"http"] {
                assert!(!html.contains(outside), "{page}: {outside}");
            }
        }
    }

    #[test]
    fn only_what_browsers_load_is_served() {
        for path in [
            "README.md",
            "jsconfig.json",
            "custom-elements.json",
            "vendor/make",
            "hosts/plain.html",
            "../Cargo.toml",
        ] {
            assert!(Files::get(path).is_none(), "{path}");
        }
    }

    #[test]
    fn a_browser_that_has_the_file_gets_no_content() {
        let first = file("index.html", &HeaderMap::new());
        assert_eq!(first.status(), StatusCode::OK);
        let known = HeaderMap::from_iter([(IF_NONE_MATCH, first.headers()[ETAG].clone())]);
        assert_eq!(file("index.html", &known).status(), StatusCode::NOT_MODIFIED);
        assert_eq!(file("nothing.js", &known).status(), StatusCode::NOT_FOUND);
    }
}
