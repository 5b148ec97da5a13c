//! The replies of the local server itself, and the id that every request has.

use std::sync::Arc;

use axum::body::Body;
use axum::extract::Request;
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD_NO_PAD;
use http::header::{CONTENT_TYPE, WWW_AUTHENTICATE};
use http::{HeaderName, HeaderValue};
use seatwise_functions::problem::{Code, Problem};
use seatwise_store::StoreError;

/// The header in which HTTP APIs send the request's id.
const REQUEST_ID: HeaderName = HeaderName::from_static("apigw-requestid");

/// The id of a request. Its reply, its problem and its lines in the log name it.
#[derive(Clone)]
pub(super) struct RequestId(pub(super) Arc<str>);

/// A failure that is not a function's, in the form of the functions' own (RFC 9457).
pub(super) struct Failed(pub(super) Problem);

/// A problem that [`identify`] writes into the body, because it knows the request's id.
#[derive(Clone)]
struct Unwritten(Problem);

impl From<Problem> for Failed {
    fn from(problem: Problem) -> Self {
        Self(problem)
    }
}

impl From<StoreError> for Failed {
    fn from(error: StoreError) -> Self {
        Self(Problem::internal("the store failed", &error))
    }
}

impl IntoResponse for Failed {
    fn into_response(self) -> Response {
        let mut reply = Response::new(Body::empty());
        *reply.status_mut() = self.0.status();
        if self.0.code == Code::Unauthenticated {
            reply.headers_mut().insert(WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"));
        }
        reply.extensions_mut().insert(Unwritten(self.0));
        reply
    }
}

/// Gives every request an id, and every reply the id of its request.
pub(super) async fn identify(mut request: Request, next: Next) -> Response {
    let id = RequestId(STANDARD_NO_PAD.encode(rand::random::<[u8; 12]>()).into());
    request.extensions_mut().insert(id.clone());
    let mut reply = next.run(request).await;
    if let Some(Unwritten(problem)) = reply.extensions_mut().remove() {
        *reply.body_mut() = Body::from(problem.to_json(Some(&id.0)).to_string());
        reply.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static("application/problem+json"));
    }
    if let Ok(id) = id.0.parse() {
        reply.headers_mut().insert(REQUEST_ID, id);
    }
    reply
}
