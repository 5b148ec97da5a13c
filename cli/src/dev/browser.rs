//! The headers for browsers, and the protection against web pages that would misuse the browser of the
//! person who runs this server.

use std::net::IpAddr;

use axum::body::Body;
use axum::extract::Request;
use axum::middleware::Next;
use axum::response::Response;
use http::header::{
    ACCESS_CONTROL_ALLOW_HEADERS, ACCESS_CONTROL_ALLOW_METHODS, ACCESS_CONTROL_ALLOW_ORIGIN,
    ACCESS_CONTROL_EXPOSE_HEADERS, ACCESS_CONTROL_MAX_AGE, ACCESS_CONTROL_REQUEST_HEADERS,
    ACCESS_CONTROL_REQUEST_METHOD, CACHE_CONTROL, CONTENT_SECURITY_POLICY, HOST, ORIGIN, REFERRER_POLICY,
    VARY, X_CONTENT_TYPE_OPTIONS, X_FRAME_OPTIONS,
};
use http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode, Uri};
use seatwise_functions::problem::{Code, Problem};

use super::gateway::problem_reply;

const METHODS: HeaderValue = HeaderValue::from_static("GET, POST, PUT, PATCH, DELETE");
const EXPOSED: HeaderValue = HeaderValue::from_static(
    "apigw-requestid, content-disposition, etag, location, ratelimit, ratelimit-policy, retry-after, \
     seatwise-next-after, www-authenticate",
);
const OPENER_POLICY: HeaderName = HeaderName::from_static("cross-origin-opener-policy");
const AN_HOUR: HeaderValue = HeaderValue::from_static("3600");

/// Lets requests of this machine's pages through, and adds to every reply the headers that make
/// browsers careful.
pub(super) async fn guard(request: Request, next: Next) -> Response {
    let origin = request.headers().get(ORIGIN).cloned();
    let is_local_origin = origin.as_ref().is_none_or(is_local_origin);
    let is_api = request.uri().path().starts_with("/v1/");
    let is_dev = request.uri().path().starts_with("/dev/");
    let mut reply = match () {
        () if !is_for_this_machine(request.headers(), request.uri()) => {
            refusal("This server answers on localhost only.")
        }
        // `/dev/sign-in` is for everybody who can reach it, so no page from elsewhere may.
        () if is_dev && !is_local_origin => refusal("Pages from elsewhere may not use /dev."),
        () if is_preflight(&request) => preflight(request.headers()),
        () => next.run(request).await,
    };
    let headers = reply.headers_mut();
    headers.entry(X_CONTENT_TYPE_OPTIONS).or_insert(HeaderValue::from_static("nosniff"));
    headers.entry(REFERRER_POLICY).or_insert(HeaderValue::from_static("no-referrer"));
    // No page from elsewhere shows a page of ours in a frame, or keeps a hold of a window that shows one (K52).
    headers.entry(X_FRAME_OPTIONS).or_insert(HeaderValue::from_static("DENY"));
    headers.entry(CONTENT_SECURITY_POLICY).or_insert(HeaderValue::from_static("frame-ancestors 'none'"));
    headers.entry(OPENER_POLICY).or_insert(HeaderValue::from_static("same-origin"));
    if is_api || is_dev {
        headers.entry(CACHE_CONTROL).or_insert(HeaderValue::from_static("no-store"));
    }
    if let Some(origin) = origin.filter(|_| is_local_origin) {
        headers.insert(ACCESS_CONTROL_ALLOW_ORIGIN, origin);
        headers.insert(ACCESS_CONTROL_EXPOSE_HEADERS, EXPOSED);
    }
    headers.append(VARY, HeaderValue::from_static("origin"));
    reply
}

fn refusal(detail: &str) -> Response {
    let (detail, reason) = (Some(detail.into()), Some("origin_not_allowed".into()));
    let problem = Problem { detail, reason, ..Code::Forbidden.into() };
    problem_reply(&problem, "")
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
    fn a_port_is_no_part_of_a_name() {
        assert_eq!(without_port("localhost:8787"), "localhost");
        assert_eq!(without_port("[::1]:8787"), "[::1]");
        assert_eq!(without_port("[::1]"), "[::1]");
    }
}
