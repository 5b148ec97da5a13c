//! The API: what comes in is refused as a problem that names the field and says what to do, and never ends
//! in a 5xx; what goes out is as described.

mod answers;
mod bodies;
mod catalogue;
mod fuzz;
mod lists;
mod names;
mod openapi;
mod requests;
mod table;

use axum::body::Body;
use http::{Method, Request};

use crate::support::person::Person;

fn request(method: &Method, path: &str, who: Option<&Person>, body: impl Into<Body>) -> Request<Body> {
    let mut request = Request::builder().method(method).uri(path).header("content-type", "application/json");
    if let Some(person) = who {
        request = request.header("authorization", format!("Bearer {}", person.token));
    }
    request.body(body.into()).expect("a request")
}

/// The codes that no operation answers: those of the gateway.
const NEVER_ANSWERED: [&str; 1] = ["method_not_allowed"];
