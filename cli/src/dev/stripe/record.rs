//! A record of what is said to and by the built-in Stripe, for judges who know how Stripe itself speaks.

use std::fs::{File, OpenOptions};
use std::io::{self, Write as _};
use std::sync::{Arc, Mutex, PoisonError};

use axum::Router;
use axum::body::{Body, Bytes, to_bytes};
use axum::extract::Request;
use axum::middleware::{self, Next};
use axum::response::{IntoResponse as _, Response};
use http::{HeaderMap, StatusCode};
use seatwise_stripe_stub::WebhookDelivery;
use serde_json::{Value, json};

/// Names the file; without it there is no record.
const FILE: &str = "SEATWISE_STRIPE_TRAFFIC";

/// The file, a JSON value a line. Clones write to the same one.
#[derive(Clone)]
pub(super) struct Record(Option<Arc<Mutex<File>>>);

impl Record {
    /// The record that the environment asks for.
    pub(super) fn from_environment() -> io::Result<Self> {
        let path = std::env::var_os(FILE);
        let file = path.map(|path| OpenOptions::new().create(true).append(true).open(path)).transpose()?;
        Ok(Self(file.map(|file| Arc::new(Mutex::new(file)))))
    }

    /// The same API, whose requests and answers are recorded.
    pub(super) fn of_api(&self, api: Router) -> Router {
        if self.0.is_none() {
            return api;
        }
        let record = self.clone();
        api.layer(middleware::from_fn(move |request, next| {
            let record = record.clone();
            async move { record.pass(request, next).await.unwrap_or_else(broken) }
        }))
    }

    /// A webhook is sent.
    pub(super) fn webhook(&self, delivery: &WebhookDelivery) {
        self.write(|| json!({ "signature": delivery.signature, "webhook": delivery.body }));
    }

    async fn pass(&self, request: Request, next: Next) -> Result<Response, axum::Error> {
        let (parts, body) = request.into_parts();
        let form = to_bytes(body, usize::MAX).await?;
        let said = json!({
            "method": parts.method.as_str(),
            "path": parts.uri.path(),
            "query": parts.uri.query(),
            "form": text(&form),
            "version": header(&parts.headers, "stripe-version"),
            "key": header(&parts.headers, "idempotency-key"),
        });
        let (parts, body) = next.run(Request::from_parts(parts, Body::from(form))).await.into_parts();
        let answer = to_bytes(body, usize::MAX).await?;
        let answered = json!({ "status": parts.status.as_u16(), "body": text(&answer) });
        self.write(|| json!({ "request": said, "answer": answered }));
        Ok(Response::from_parts(parts, Body::from(answer)))
    }

    fn write(&self, line: impl FnOnce() -> Value) {
        let Some(file) = &self.0 else { return };
        let written = writeln!(file.lock().unwrap_or_else(PoisonError::into_inner), "{}", line());
        if let Err(error) = written {
            tracing::error!(%error, "the record of the built-in Stripe could not be written");
        }
    }
}

#[expect(clippy::needless_pass_by_value, reason = "unwrap_or_else gives it")]
fn broken(error: axum::Error) -> Response {
    tracing::error!(%error, "an exchange with the built-in Stripe broke off");
    StatusCode::BAD_GATEWAY.into_response()
}

fn text(bytes: &Bytes) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

fn header(headers: &HeaderMap, name: &str) -> Option<String> {
    headers.get(name).and_then(|value| value.to_str().ok()).map(str::to_owned)
}
