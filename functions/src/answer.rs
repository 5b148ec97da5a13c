//! The answer to a request, and how it becomes an HTTP response.

use http::{HeaderName, HeaderValue, Response, StatusCode};
use lambda_http::Body;
use serde_json::Value;

use crate::problem::{Code, Problem};

/// The character by which spreadsheets know UTF-8.
pub const BYTE_ORDER_MARK: char = '\u{FEFF}';

/// The content of an answer.
pub enum Content {
    /// No content.
    Empty,
    /// JSON; the text of links is put in when the answer leaves.
    Json(Value),
    /// A file.
    File(File),
}

/// A file, as it goes to the client.
pub struct File {
    /// Its media type.
    pub media_type: &'static str,
    /// Its content.
    pub bytes: Vec<u8>,
    /// Headers of its own. They replace those that every answer has.
    pub headers: Vec<(HeaderName, String)>,
}

/// An answer: its status and its content.
pub struct Answer {
    /// The HTTP status.
    pub status: StatusCode,
    /// The content.
    pub content: Content,
}

impl Answer {
    /// The content, if it is JSON.
    pub fn json(&self) -> Option<&Value> {
        match &self.content {
            Content::Json(value) => Some(value),
            Content::Empty | Content::File(_) => None,
        }
    }

    /// As an HTTP response.
    pub fn into_response(self) -> Response<Body> {
        use http::header::{CACHE_CONTROL, CONTENT_TYPE, REFERRER_POLICY, X_CONTENT_TYPE_OPTIONS};
        let (body, media_type, own) = match self.content {
            Content::Empty => (Body::Empty, None, Vec::new()),
            Content::Json(value) => (Body::Text(value.to_string()), Some("application/json"), Vec::new()),
            Content::File(file) => {
                let File { media_type, bytes, headers } = file;
                (body_of(media_type, bytes), Some(media_type), headers)
            }
        };
        let mut response = Response::new(body);
        *response.status_mut() = self.status;
        let headers = response.headers_mut();
        for (name, value) in [
            (CACHE_CONTROL, "no-store"),
            (REFERRER_POLICY, "no-referrer"),
            (X_CONTENT_TYPE_OPTIONS, "nosniff"),
        ] {
            headers.insert(name, HeaderValue::from_static(value));
        }
        if let Some(media_type) = media_type {
            headers.insert(CONTENT_TYPE, HeaderValue::from_static(media_type));
        }
        for (name, value) in own {
            if let Ok(value) = HeaderValue::try_from(value) {
                headers.insert(name, value);
            }
        }
        response
    }
}

/// API Gateway passes text on as it is, and everything else in base64.
fn body_of(media_type: &str, bytes: Vec<u8>) -> Body {
    match String::from_utf8(bytes) {
        // `lambda_http` decodes texts, which takes one byte order mark away.
        Ok(text) if media_type.starts_with("text/") && text.starts_with(BYTE_ORDER_MARK) => {
            Body::Text(format!("{BYTE_ORDER_MARK}{text}"))
        }
        Ok(text) if media_type.starts_with("text/") => Body::Text(text),
        Ok(text) => Body::Binary(text.into_bytes()),
        Err(error) => Body::Binary(error.into_bytes()),
    }
}

/// A problem as an HTTP response.
pub fn respond_problem(problem: &Problem, request_id: &str) -> Response<Body> {
    let content = Content::Json(problem.to_json(Some(request_id)));
    let mut response = Answer { status: problem.status(), content }.into_response();
    let headers = response.headers_mut();
    headers.insert(http::header::CONTENT_TYPE, HeaderValue::from_static("application/problem+json"));
    for (name, value) in problem.quota.iter().flat_map(|quota| quota.headers()) {
        if let Ok(value) = HeaderValue::try_from(value) {
            headers.insert(name, value);
        }
    }
    if let Some(seconds) = problem.quota.as_ref().and_then(|quota| quota.resets_in) {
        headers.insert(http::header::RETRY_AFTER, seconds.max(1).into());
    }
    if let Some(seconds) = problem.retry_after {
        headers.insert(http::header::RETRY_AFTER, seconds.max(1).into());
    }
    match problem.code {
        Code::ConflictBusy => {
            headers.insert(http::header::RETRY_AFTER, HeaderValue::from_static("1"));
        }
        Code::Unauthenticated => {
            headers.insert(http::header::WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"));
        }
        _ => {}
    }
    response
}
