//! Every call between the functions, the table and Stripe stops twice at a turnstile: on its way there, and on its
//! way back. The history decides who goes on, and what is lost.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};

use axum::Router;
use axum::body::Body;
use axum::extract::{Request, State};
use axum::http::StatusCode;
use axum::middleware::{self, Next};
use axum::response::{IntoResponse as _, Response};
use http_body_util::{BodyExt as _, Collected};
use tokio::sync::oneshot;

/// What becomes of a call that waits.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// It goes on.
    Passes,
    /// It is answered with an error: before its effect, or after it.
    Fails,
}

/// A turnstile. Clones are the same one.
#[derive(Clone, Default)]
pub struct Turnstile(Arc<Mutex<Waiting>>);

#[derive(Default)]
struct Waiting {
    is_closed: bool,
    next: u64,
    calls: BTreeMap<u64, (String, oneshot::Sender<Verdict>)>,
}

impl Turnstile {
    /// From now on, calls stop.
    pub fn close(&self) {
        self.0.lock().expect("a turnstile").is_closed = true;
    }

    /// All go on, and nobody stops any more.
    pub fn open(&self) {
        let mut waiting = self.0.lock().expect("a turnstile");
        waiting.is_closed = false;
        for (_, (_, call)) in std::mem::take(&mut waiting.calls) {
            let _ = call.send(Verdict::Passes);
        }
    }

    /// The calls that wait, by number.
    pub fn waiting(&self) -> Vec<(u64, String)> {
        let mut waiting = self.0.lock().expect("a turnstile");
        // A caller that has died does not wait.
        waiting.calls.retain(|_, (_, call)| !call.is_closed());
        waiting.calls.iter().map(|(number, (name, _))| (*number, name.clone())).collect()
    }

    /// Decides about a call.
    pub fn decide(&self, number: u64, verdict: Verdict) {
        let call = self.0.lock().expect("a turnstile").calls.remove(&number);
        if let Some((_, call)) = call {
            let _ = call.send(verdict);
        }
    }

    async fn pass(&self, name: String) -> Verdict {
        let verdict = {
            let mut waiting = self.0.lock().expect("a turnstile");
            if !waiting.is_closed {
                return Verdict::Passes;
            }
            let (decide, verdict) = oneshot::channel();
            waiting.next += 1;
            let number = waiting.next;
            waiting.calls.insert(number, (name, decide));
            verdict
        };
        verdict.await.unwrap_or(Verdict::Passes)
    }

    /// The router, behind the turnstile.
    pub fn before(&self, router: Router) -> Router {
        router.layer(middleware::from_fn_with_state(self.clone(), stop_twice))
    }
}

async fn stop_twice(State(turnstile): State<Turnstile>, request: Request, next: Next) -> Response {
    let target = request.headers().get("x-amz-target").and_then(|target| target.to_str().ok());
    let call = target.map_or_else(|| format!("{} {}", request.method(), request.uri().path()), str::to_owned);
    if turnstile.pass(format!("→ {call}")).await == Verdict::Fails {
        return StatusCode::INTERNAL_SERVER_ERROR.into_response();
    }
    // The effect happens also when the caller dies meanwhile.
    let answer =
        tokio::spawn(next.run(request)).await.unwrap_or_else(|_| StatusCode::BAD_GATEWAY.into_response());
    if turnstile.pass(format!("← {call}")).await == Verdict::Fails {
        return StatusCode::INTERNAL_SERVER_ERROR.into_response();
    }
    answer
}

/// A router that passes everything on to this address.
pub fn forward(to: String) -> Router {
    let http = reqwest::Client::new();
    Router::new().fallback(move |request: Request| {
        let (to, http) = (to.clone(), http.clone());
        async move {
            let (parts, body) = request.into_parts();
            let body = body.collect().await.map(Collected::to_bytes).unwrap_or_default();
            let url = format!("{to}{}", parts.uri.path());
            let mut headers = parts.headers;
            headers.remove("host");
            match http.request(parts.method, url).headers(headers).body(body).send().await {
                Ok(answer) => {
                    let mut reply = Response::builder().status(answer.status());
                    for (name, value) in answer.headers() {
                        reply = reply.header(name, value);
                    }
                    reply.body(Body::from(answer.bytes().await.unwrap_or_default())).expect("a reply")
                }
                Err(_) => StatusCode::BAD_GATEWAY.into_response(),
            }
        }
    })
}
