//! The headers for browsers, and the protection against web pages that would misuse the browser of the
//! person who runs this server.

use std::net::IpAddr;
use std::sync::Arc;

use axum::body::Body;
use axum::extract::{Request, State};
use axum::middleware::Next;
use axum::response::{IntoResponse as _, Response};
use http::header::{
    ACCESS_CONTROL_ALLOW_HEADERS, ACCESS_CONTROL_ALLOW_METHODS, ACCESS_CONTROL_ALLOW_ORIGIN,
    ACCESS_CONTROL_EXPOSE_HEADERS, ACCESS_CONTROL_MAX_AGE, ACCESS_CONTROL_REQUEST_HEADERS,
    ACCESS_CONTROL_REQUEST_METHOD, CACHE_CONTROL, CONTENT_SECURITY_POLICY, HOST, ORIGIN, REFERRER_POLICY,
    VARY, X_CONTENT_TYPE_OPTIONS, X_FRAME_OPTIONS,
};
use http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode, Uri};
use reqwest::Url;
use seatwise_functions::problem::{Code, Problem};

use super::reply::Failed;

const METHODS: HeaderValue = HeaderValue::from_static("GET, POST, PUT, PATCH, DELETE");
const EXPOSED: HeaderValue = HeaderValue::from_static(
    "apigw-requestid, content-disposition, etag, location, ratelimit, ratelimit-policy, retry-after, \
     seatwise-next-after, www-authenticate",
);
const FETCH_MODE: HeaderName = HeaderName::from_static("sec-fetch-mode");
const FETCH_SITE: HeaderName = HeaderName::from_static("sec-fetch-site");
const OPENER_POLICY: HeaderName = HeaderName::from_static("cross-origin-opener-policy");
const AN_HOUR: HeaderValue = HeaderValue::from_static("3600");

/// Adds to every reply the headers that make browsers careful, and those that let pages of this machine read it.
pub(super) async fn add_headers(State(app): State<AppOrigin>, request: Request, next: Next) -> Response {
    let origin = request.headers().get(ORIGIN).filter(|origin| app.is_trusted(origin)).cloned();
    let is_private = ["/v1/", "/dev/"].iter().any(|path| request.uri().path().starts_with(path));
    let mut reply = next.run(request).await;
    let headers = reply.headers_mut();
    headers.entry(X_CONTENT_TYPE_OPTIONS).or_insert(HeaderValue::from_static("nosniff"));
    headers.entry(REFERRER_POLICY).or_insert(HeaderValue::from_static("no-referrer"));
    // No page from elsewhere shows a page of ours in a frame, or keeps a hold of a window that shows one (K52).
    headers.entry(X_FRAME_OPTIONS).or_insert(HeaderValue::from_static("DENY"));
    headers.entry(CONTENT_SECURITY_POLICY).or_insert(HeaderValue::from_static("frame-ancestors 'none'"));
    headers.entry(OPENER_POLICY).or_insert(HeaderValue::from_static("same-origin"));
    if is_private {
        headers.entry(CACHE_CONTROL).or_insert(HeaderValue::from_static("no-store"));
    }
    if let Some(origin) = origin {
        headers.insert(ACCESS_CONTROL_ALLOW_ORIGIN, origin);
        headers.insert(ACCESS_CONTROL_EXPOSE_HEADERS, EXPOSED);
    }
    headers.append(VARY, HeaderValue::from_static("origin"));
    reply
}

/// Lets requests of this machine through.
pub(super) async fn guard(State(app): State<AppOrigin>, request: Request, next: Next) -> Response {
    let headers = request.headers();
    if headers.get_all(HOST).iter().count() > 1 {
        return Failed(Problem::malformed("The request has more than one Host header.")).into_response();
    }
    if !is_for_this_machine(headers, request.uri()) {
        return refusal("This server answers on localhost only.");
    }
    // `/dev/sign-in` is for everybody who can reach it, so no page from elsewhere may.
    if is_own(request.uri().path()) && app.is_from_elsewhere(request.method(), headers) {
        return refusal("Pages from elsewhere may not use what only the local server has.");
    }
    if is_preflight(&request) { preflight(headers) } else { next.run(request).await }
}

/// Lets through what no page has sent: browsers name the origin of each request that is not a plain GET (Fetch
/// standard section 3.2).
pub(super) async fn refuse_browsers(request: Request, next: Next) -> Response {
    let headers = request.headers();
    if headers.contains_key(ORIGIN) || !is_for_this_machine(headers, request.uri()) {
        return (StatusCode::FORBIDDEN, "This endpoint is for programs.\n").into_response();
    }
    next.run(request).await
}

fn refusal(detail: &str) -> Response {
    let (detail, reason) = (Some(detail.into()), Some("origin_not_allowed".into()));
    Failed(Problem { detail, reason, ..Code::Forbidden.into() }).into_response()
}

/// Whether only the local server has the path: what lies there does not ask who calls.
fn is_own(path: &str) -> bool {
    let mut segments = path.split('/').skip(1);
    matches!(segments.next(), Some("dev" | "stripe"))
}

/// The origin of the client app, whose pages are trusted beside those of this machine.
#[derive(Clone)]
pub(super) struct AppOrigin(Arc<str>);

impl AppOrigin {
    /// The origin of a URL (RFC 6454 section 4).
    pub(super) fn of(url: &str) -> Self {
        Self(Url::parse(url).map(|url| url.origin().ascii_serialization()).unwrap_or_default().into())
    }

    fn is_trusted(&self, origin: &HeaderValue) -> bool {
        is_local_origin(origin) || (!self.0.is_empty() && origin == &*self.0)
    }

    /// Whether a page of another site has made the request. It may lead a person here, but read or change nothing. A
    /// request without an origin says whether a page of another site made it (Fetch Metadata).
    fn is_from_elsewhere(&self, method: &Method, headers: &HeaderMap) -> bool {
        let says = |name: &HeaderName, value: &str| headers.get(name).is_some_and(|header| header == value);
        match headers.get(ORIGIN) {
            // A form of our own has no origin to name, because our pages send no referrer.
            Some(_) if says(&FETCH_SITE, "same-origin") => false,
            Some(origin) => !self.is_trusted(origin),
            None => {
                let leads_here = method == Method::GET && says(&FETCH_MODE, "navigate");
                says(&FETCH_SITE, "cross-site") && !leads_here
            }
        }
    }
}

/// Whether the request names this machine as its host. A web page can get around the same-origin policy
/// with a name that somebody else's DNS points to this machine (DNS rebinding).
fn is_for_this_machine(headers: &HeaderMap, uri: &Uri) -> bool {
    match headers.get(HOST) {
        None => uri.host().is_none_or(is_local_host),
        Some(host) => host.to_str().is_ok_and(|host| is_local_host(without_port(host))),
    }
}

fn without_port(host: &str) -> &str {
    match host.rsplit_once(':') {
        Some((name, port)) if port.bytes().all(|byte| byte.is_ascii_digit()) => name,
        _ => host,
    }
}

fn is_local_host(host: &str) -> bool {
    let address = host.strip_prefix('[').and_then(|host| host.strip_suffix(']')).unwrap_or(host);
    let host = host.to_ascii_lowercase();
    host == "localhost"
        || host.ends_with(".localhost")
        || address.parse::<IpAddr>().is_ok_and(|address| address.is_loopback())
}

fn is_local_origin(origin: &HeaderValue) -> bool {
    let Ok(origin) = origin.to_str() else { return false };
    let host = origin.strip_prefix("http://").or_else(|| origin.strip_prefix("https://"));
    host.is_some_and(|host| is_local_host(without_port(host)))
}

/// Fetch standard section 4.8.
fn is_preflight(request: &Request) -> bool {
    let headers = request.headers();
    request.method() == Method::OPTIONS
        && headers.contains_key(ORIGIN)
        && headers.contains_key(ACCESS_CONTROL_REQUEST_METHOD)
}

fn preflight(asked: &HeaderMap) -> Response {
    let mut reply = Response::new(Body::empty());
    *reply.status_mut() = StatusCode::NO_CONTENT;
    let headers = reply.headers_mut();
    headers.insert(ACCESS_CONTROL_ALLOW_METHODS, METHODS);
    headers.insert(ACCESS_CONTROL_MAX_AGE, AN_HOUR);
    if let Some(names) = asked.get(ACCESS_CONTROL_REQUEST_HEADERS) {
        headers.insert(ACCESS_CONTROL_ALLOW_HEADERS, names.clone());
    }
    reply
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_this_machine_is_local() {
        for good in ["localhost", "LOCALHOST", "app.localhost", "127.0.0.1", "127.1.2.3", "[::1]"] {
            assert!(is_local_host(good), "{good}");
        }
        for bad in ["", "evil.example", "localhost.evil.example", "127.0.0.1.evil.example", "10.0.0.1"] {
            assert!(!is_local_host(bad), "{bad}");
        }
        for (origin, local) in [
            ("http://localhost:3000", true),
            ("http://127.0.0.1", true),
            ("https://localhost", true),
            ("http://[::1]:5173", true),
            ("null", false),
            ("https://evil.example", false),
            ("http://localhost@evil.example", false),
            ("file://localhost", false),
        ] {
            assert_eq!(is_local_origin(&HeaderValue::from_str(origin).unwrap()), local, "{origin}");
        }
    }

    #[test]
    fn pages_from_elsewhere_lead_people_here_and_no_more() {
        let is_from_elsewhere = |method: Method, pairs: &[(&'static str, &'static str)]| {
            let header = |(name, value): &(&'static str, &'static str)| {
                (HeaderName::from_static(name), HeaderValue::from_static(value))
            };
            AppOrigin::of("https://app.example/w")
                .is_from_elsewhere(&method, &pairs.iter().map(header).collect())
        };
        let cross_site = ("sec-fetch-site", "cross-site");
        assert!(!is_from_elsewhere(Method::POST, &[]));
        assert!(!is_from_elsewhere(Method::GET, &[cross_site, ("sec-fetch-mode", "navigate")]));
        assert!(!is_from_elsewhere(Method::POST, &[cross_site, ("origin", "http://localhost:3000")]));
        assert!(!is_from_elsewhere(Method::GET, &[("sec-fetch-site", "same-origin")]));
        assert!(is_from_elsewhere(Method::GET, &[cross_site, ("sec-fetch-mode", "no-cors")]));
        assert!(is_from_elsewhere(Method::POST, &[cross_site, ("sec-fetch-mode", "navigate")]));
        assert!(!is_from_elsewhere(Method::POST, &[("origin", "https://app.example")]));
        assert!(is_from_elsewhere(Method::POST, &[("origin", "http://app.example")]));
        let of_own_form = [("sec-fetch-site", "same-origin"), ("origin", "null")];
        assert!(!is_from_elsewhere(Method::POST, &of_own_form));
        assert!(is_from_elsewhere(Method::POST, &[cross_site, ("origin", "null")]));
        assert!(is_from_elsewhere(Method::GET, &[("origin", "null")]));
        assert!(is_from_elsewhere(Method::GET, &[("origin", "https://evil.example")]));
        assert!(
            is_own("/dev/people") && is_own("/stripe/checkout") && !is_own("/devices") && !is_own("/v1/dev")
        );
    }

    #[test]
    fn a_port_is_no_part_of_a_name() {
        assert_eq!(without_port("localhost:8787"), "localhost");
        assert_eq!(without_port("[::1]:8787"), "[::1]");
        assert_eq!(without_port("[::1]"), "[::1]");
    }
}
