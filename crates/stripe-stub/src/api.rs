//! The API as HTTP: keys, idempotency, faults, answers.

use axum::Router;
use axum::body::{Body, Bytes};
use axum::extract::{Path, RawQuery, State};
use axum::response::{IntoResponse as _, Response};
use axum::routing::any;
use http::header::{AUTHORIZATION, CONTENT_TYPE};
use http::{HeaderMap, HeaderName, Method, StatusCode};

use crate::error::ApiError;
use crate::faults::Fault;
use crate::idempotency::{StoredReply, fingerprint};
use crate::routes;
use crate::state::{API_VERSION, EventRequest};
use crate::stub::Stub;
use crate::world::World;

/// A request that came to the API.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SeenRequest {
    /// The method.
    pub method: Method,
    /// The path, with `/v1`.
    pub path: String,
    /// The parameters, from the query and the body.
    pub form: Vec<(String, String)>,
    /// The header `Idempotency-Key`.
    pub idempotency_key: Option<String>,
    /// The header `Stripe-Version`.
    pub version: Option<String>,
    /// The status of the answer; `None` if it got lost.
    pub status: Option<u16>,
}

struct Call {
    id: String,
    method: Method,
    /// What follows `/v1/`.
    path: String,
    form: Vec<u8>,
    key: Option<String>,
}

struct Reply {
    status: StatusCode,
    body: String,
    is_replayed: bool,
}

pub(crate) fn router(stub: Stub) -> Router {
    Router::new().route("/v1/{*path}", any(handle)).with_state(stub)
}

async fn handle(
    State(stub): State<Stub>,
    method: Method,
    Path(path): Path<String>,
    RawQuery(query): RawQuery,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    let query = query.unwrap_or_default();
    let form = [query.as_bytes(), &body].join(&b'&');
    let id = stub.look(None, |world| world.id("req_"));
    let call = Call { id, key: text(&headers, "idempotency-key"), method, path, form };
    let fault = stub.faults().take(&call.method, &format!("/v1/{}", call.path));
    if let Some(Fault::HoldBefore(notify)) = &fault {
        notify.notified().await;
    }
    let reply = reply(&stub, &call, &headers, fault.as_ref());
    if let Some(Fault::HoldAfter(notify)) = &fault {
        notify.notified().await;
    }
    let is_lost = matches!(fault, Some(Fault::LostReply));
    stub.see(SeenRequest {
        method: call.method,
        path: format!("/v1/{}", call.path),
        form: form_urlencoded::parse(&call.form).into_owned().collect(),
        idempotency_key: call.key.clone(),
        version: text(&headers, "stripe-version"),
        status: (!is_lost).then_some(reply.status.as_u16()),
    });
    response(reply, call.key.as_deref(), &call.id, is_lost)
}

fn text(headers: &HeaderMap, name: &str) -> Option<String> {
    headers.get(name).and_then(|value| value.to_str().ok()).map(str::to_owned)
}

fn response(reply: Reply, key: Option<&str>, id: &str, is_lost: bool) -> Response {
    let body = if is_lost {
        let broken = std::io::Error::other("the connection breaks on purpose");
        Body::from_stream(futures::stream::iter([Err::<Bytes, _>(broken)]))
    } else {
        Body::from(reply.body)
    };
    let fixed =
        [(CONTENT_TYPE.as_str(), "application/json"), ("request-id", id), ("stripe-version", API_VERSION)];
    let key = key.map(|key| ("idempotency-key", key));
    let replayed = reply.is_replayed.then_some(("idempotent-replayed", "true"));
    let mut response = (reply.status, body).into_response();
    for (name, value) in fixed.into_iter().chain(key).chain(replayed) {
        if let (Ok(name), Ok(value)) = (name.parse::<HeaderName>(), value.parse()) {
            response.headers_mut().insert(name, value);
        }
    }
    response
}

fn reply(stub: &Stub, call: &Call, headers: &HeaderMap, fault: Option<&Fault>) -> Reply {
    if let Err(error) = authorize(stub, headers) {
        return Reply::of(Err(error));
    }
    match fault {
        Some(Fault::RateLimited) => return Reply::of(Err(ApiError::rate_limited())),
        Some(Fault::LockTimeout) => return Reply::of(Err(ApiError::locked())),
        _ => {}
    }
    if call.method == Method::GET {
        return stub.look(None, |world| carry_out(world, call, fault));
    }
    let request = EventRequest { id: call.id.clone(), idempotency_key: call.key.clone() };
    stub.change(Some(request), |world| once(world, call, fault))
}

fn authorize(stub: &Stub, headers: &HeaderMap) -> Result<(), ApiError> {
    let header = text(headers, AUTHORIZATION.as_str());
    let key = header.as_deref().and_then(|header| header.strip_prefix("Bearer "));
    let key = key.ok_or_else(|| ApiError::unauthorized("You did not provide an API key."))?;
    let keys = &stub.config().secret_keys;
    let is_test = key.starts_with("sk_test_") || key.starts_with("rk_test_");
    if if keys.is_empty() { is_test } else { keys.iter().any(|known| known == key) } {
        return Ok(());
    }
    Err(ApiError::unauthorized("Invalid API Key provided."))
}

/// Carries a request out, but not again under the same key. Only POST has keys.
fn once(world: &mut World<'_>, call: &Call, fault: Option<&Fault>) -> Reply {
    let Some(key) = call.key.as_deref().filter(|_| call.method == Method::POST) else {
        return carry_out(world, call, fault);
    };
    let fingerprint = fingerprint(&call.path, &call.form);
    match world.account.replay(key, &fingerprint, world.now) {
        Err(error) => return Reply::of(Err(error)),
        Ok(Some(stored)) => return Reply::again(stored),
        Ok(None) => {}
    }
    let reply = carry_out(world, call, fault);
    if reply.is_kept() {
        let stored = StoredReply::new(fingerprint, world.now, reply.status.as_u16(), reply.body.clone());
        world.account.replies.insert(key.to_owned(), stored);
    }
    reply
}

fn carry_out(world: &mut World<'_>, call: &Call, fault: Option<&Fault>) -> Reply {
    if let Some(Fault::ErrorBefore) = fault {
        return Reply::of(Err(ApiError::internal()));
    }
    let answer = routes::answer(world, &call.method, &call.path, &call.form);
    match fault {
        Some(Fault::ErrorAfter) => Reply::of(Err(ApiError::internal())),
        _ => Reply::of(answer),
    }
}

impl Reply {
    fn of(answer: Result<serde_json::Value, ApiError>) -> Self {
        let (status, value) = match answer {
            Ok(value) => (StatusCode::OK, value),
            Err(error) => (error.status, error.json()),
        };
        Self { status, body: format!("{value:#}"), is_replayed: false }
    }

    fn again(stored: &StoredReply) -> Self {
        let status = StatusCode::from_u16(stored.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        Self { status, body: stored.body.clone(), is_replayed: true }
    }

    /// Stripe keeps the answers of requests that it began to carry out, and it begins with none that
    /// is not valid.
    fn is_kept(&self) -> bool {
        self.status.is_success()
            || self.status.is_server_error()
            || self.status == StatusCode::PAYMENT_REQUIRED
    }
}
