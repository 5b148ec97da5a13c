//! A function process without a gateway before it. Requests are real API Gateway events that go through
//! `lambda_http`'s own conversion.

use std::collections::HashMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use http::{Method, Request};
use jiff::Timestamp;
use seatwise_cli::dev::roles::run_as;
use seatwise_cli::dev::{self, Found};
use seatwise_functions::service_clients::BUILT_IN_PREFIX;
use seatwise_functions::{Row, Service, handle, operations};
use seatwise_store::Store;
use serde_json::Value;

use super::client::Client;
use super::deployment::SetClock;
use super::person::Person;
use super::reply::Reply;

/// A process that serves every operation.
#[derive(Clone)]
pub struct Process {
    /// The functions.
    pub service: Arc<Service>,
    /// The time.
    pub clock: SetClock,
}

impl Client for Process {
    async fn send_as(&self, who: Option<&Person>, request: Request<Vec<u8>>) -> Reply {
        let (row, event) = event_of(who, request, self.clock.now());
        let request = lambda_http::request::from_str(&event.to_string()).expect("a request");
        let (parts, body) = run_as(row.name, handle(&self.service, row, request)).await.into_parts();
        Reply::of(parts, &body)
    }

    /// No gateway asks for a token.
    async fn sign_in(&self, email: &str) -> Person {
        if email.starts_with(BUILT_IN_PREFIX) { Person::service(email) } else { Person::new(email) }
    }

    fn store(&self) -> Store {
        self.service.store().clone()
    }

    fn now(&self) -> Timestamp {
        self.clock.now()
    }
}

/// The operation that a request with a JSON body (unless it is null) leads to, and the event that API
/// Gateway makes of the request.
pub fn event(who: &Person, method: &str, path: &str, body: &Value, now: Timestamp) -> (&'static Row, Value) {
    let body = if body.is_null() { Vec::new() } else { body.to_string().into_bytes() };
    let request = Request::builder().method(method).uri(path).header("content-type", "application/json");
    event_of(Some(who), request.body(body).expect("a request"), now)
}

/// The operation that a request leads to, and the event that API Gateway makes of the request.
pub fn event_of(who: Option<&Person>, request: Request<Vec<u8>>, now: Timestamp) -> (&'static Row, Value) {
    let (parts, body) = request.into_parts();
    let (row, path_parameters) = route(&parts.method, parts.uri.path());
    let claims = who.filter(|_| !row.public).map(Person::claims);
    let found = Found {
        request_id: &request_id(),
        at: now,
        route: row.path,
        path_parameters,
        claims: claims.as_ref(),
    };
    let event = dev::event(&parts, &body, &found);
    (row, serde_json::to_value(event).expect("an event"))
}

/// A number for a request, as API Gateway gives them: no two are the same.
fn request_id() -> String {
    static COUNT: AtomicU64 = AtomicU64::new(0);
    format!("request-{}", COUNT.fetch_add(1, Ordering::Relaxed))
}

/// The operation of a path, and the values of its parameters. No path that tests use is percent-encoded.
pub fn route(method: &Method, path: &str) -> (&'static Row, HashMap<String, String>) {
    let parameters = |row: &Row| {
        let (wanted, given): (Vec<_>, Vec<_>) = (row.path.split('/').collect(), path.split('/').collect());
        let mut values = HashMap::new();
        let fits = wanted.len() == given.len()
            && wanted.iter().zip(given).all(|(wanted, given)| {
                match wanted.strip_prefix('{').and_then(|name| name.strip_suffix('}')) {
                    Some(name) => values.insert(name.to_owned(), given.to_owned()).is_none(),
                    None => *wanted == given,
                }
            });
        fits.then_some(values)
    };
    operations::all()
        .iter()
        .filter(|row| row.method == *method)
        .find_map(|row| Some((row, parameters(row)?)))
        .unwrap_or_else(|| panic!("no operation is at {method} {path}"))
}
