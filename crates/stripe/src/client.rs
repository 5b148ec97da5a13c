//! One request to Stripe: keys, attempts and deadlines.

use std::sync::Arc;
use std::time::Duration;

use reqwest::header::{AUTHORIZATION, CONTENT_TYPE, HeaderMap, HeaderName, HeaderValue};
use reqwest::{Method, Url, redirect};
use serde::de::DeserializeOwned;
use serde_json::Value;
use tokio::time::Instant;

use crate::config::{ClientConfig, ConfigError, Timeouts, are_live, safe_url};
use crate::retry::{Failure, MAX_RETRIES, pause};
use crate::{API_VERSION, IdempotencyKey, StripeError, answer, form};

const VERSION: HeaderName = HeaderName::from_static("stripe-version");
const IDEMPOTENCY: HeaderName = HeaderName::from_static("idempotency-key");
const REPLAYED: &str = "idempotent-replayed";
const SHOULD_RETRY: &str = "stripe-should-retry";
const REQUEST_ID: &str = "request-id";

/// A client of Stripe. A clone is cheap and shares the connections.
#[derive(Clone)]
pub struct Client {
    shared: Arc<Shared>,
    deadline: Option<Instant>,
}

struct Shared {
    http: reqwest::Client,
    base: Url,
    keys: Vec<HeaderValue>,
    live: bool,
    timeouts: Timeouts,
}

/// A request that is ready to be sent, as often as need be.
struct Request {
    method: Method,
    url: Url,
    headers: HeaderMap,
    body: Option<String>,
}

impl Client {
    /// A client with those settings; nothing is sent yet.
    pub fn new(config: ClientConfig) -> Result<Self, ConfigError> {
        let ClientConfig { base_url, keys, timeouts, http } = config;
        let live = are_live(&keys)?;
        let keys = keys.iter().map(crate::SecretKey::bearer).collect::<Result<_, _>>()?;
        let base = safe_url(&base_url)?;
        let mut http = http.redirect(redirect::Policy::none()).connect_timeout(timeouts.connect);
        if base.scheme() == "http" {
            http = http.no_proxy();
        }
        let http = http.build().map_err(|_| ConfigError::NoTls)?;
        Ok(Self { shared: Arc::new(Shared { http, base, keys, live, timeouts }), deadline: None })
    }

    /// Its keys move real money.
    pub fn is_live(&self) -> bool {
        self.shared.live
    }

    /// The same client, all of whose calls end by that moment.
    #[must_use]
    pub fn until(&self, deadline: Instant) -> Self {
        Self { shared: self.shared.clone(), deadline: Some(deadline) }
    }

    /// The same client, all of whose calls end within that time from now.
    #[must_use]
    pub fn within(&self, time: Duration) -> Self {
        self.until(Instant::now() + time)
    }

    pub(crate) async fn get<T: DeserializeOwned>(
        &self,
        path: &[&str],
        query: &Value,
    ) -> Result<T, StripeError> {
        let mut url = self.url(path)?;
        let query = form::encode(query);
        url.set_query(Some(query.as_str()).filter(|query| !query.is_empty()));
        self.call(Request { method: Method::GET, url, headers: HeaderMap::new(), body: None }).await
    }

    /// The key makes it safe to send the request again.
    pub(crate) async fn post<T: DeserializeOwned>(
        &self,
        path: &[&str],
        parameters: &Value,
        key: &IdempotencyKey,
    ) -> Result<T, StripeError> {
        let key = HeaderValue::from_str(key.as_str()).map_err(|_| StripeError::Idempotency)?;
        let headers = HeaderMap::from_iter([(IDEMPOTENCY, key)]);
        let body = Some(form::encode(parameters));
        self.call(Request { method: Method::POST, url: self.url(path)?, headers, body }).await
    }

    /// For a POST that changes nothing: a key would bring back a stale answer.
    pub(crate) async fn ask<T: DeserializeOwned>(
        &self,
        path: &[&str],
        parameters: &Value,
    ) -> Result<T, StripeError> {
        let (url, body) = (self.url(path)?, Some(form::encode(parameters)));
        self.call(Request { method: Method::POST, url, headers: HeaderMap::new(), body }).await
    }

    /// Stripe takes no keys here: to delete twice is to delete once.
    pub(crate) async fn delete<T: DeserializeOwned>(
        &self,
        path: &[&str],
        parameters: &Value,
    ) -> Result<T, StripeError> {
        let (url, body) = (self.url(path)?, Some(form::encode(parameters)));
        self.call(Request { method: Method::DELETE, url, headers: HeaderMap::new(), body }).await
    }

    /// An id with a dot or nothing in it would lead to another resource.
    fn url(&self, path: &[&str]) -> Result<Url, StripeError> {
        if path.iter().any(|part| matches!(*part, "" | "." | "..")) {
            return Err(StripeError::NotFound);
        }
        let mut url = self.shared.base.clone();
        let Ok(mut parts) = url.path_segments_mut() else { return Err(StripeError::NotFound) };
        parts.pop_if_empty().push("v1").extend(path);
        drop(parts);
        Ok(url)
    }

    async fn call<T: DeserializeOwned>(&self, mut request: Request) -> Result<T, StripeError> {
        request.headers.insert(VERSION, HeaderValue::from_static(API_VERSION));
        if request.body.is_some() {
            let form = HeaderValue::from_static("application/x-www-form-urlencoded");
            request.headers.insert(CONTENT_TYPE, form);
        }
        answer::read(&self.persist(&request).await?)
    }

    async fn persist(&self, request: &Request) -> Result<Vec<u8>, StripeError> {
        let (mut retries, mut unsure) = (0, None);
        loop {
            let failure = match self.with_any_key(request).await {
                Ok(body) => return Ok(body),
                Err(failure) => failure,
            };
            let pause = pause(retries, rand::random());
            let in_time = self.deadline.is_none_or(|deadline| Instant::now() + pause < deadline);
            if retries == MAX_RETRIES || !in_time || !failure.is_worth_a_retry() {
                // The last attempt may have been turned away while an earlier one took effect.
                let silent = failure.error.is_silent_about_earlier_attempts();
                return Err(unsure.filter(|_| silent).unwrap_or(failure.error));
            }
            if failure.error.may_have_happened() {
                unsure = Some(failure.error);
            }
            tokio::time::sleep(pause).await;
            retries += 1;
        }
    }

    async fn with_any_key(&self, request: &Request) -> Result<Vec<u8>, Failure> {
        let mut refused = Failure::from(StripeError::Authentication);
        for key in &self.shared.keys {
            match self.attempt(request, key).await {
                Err(failure) if failure.error == StripeError::Authentication => refused = failure,
                outcome => return outcome,
            }
        }
        Err(refused)
    }

    async fn attempt(&self, request: &Request, key: &HeaderValue) -> Result<Vec<u8>, Failure> {
        let now = Instant::now();
        if self.deadline.is_some_and(|deadline| deadline <= now) {
            return Err(StripeError::TimedOut { sent: false }.into());
        }
        let end = now + self.shared.timeouts.attempt;
        let end = self.deadline.map_or(end, |deadline| deadline.min(end));
        let outcome = tokio::time::timeout_at(end, self.exchange(request, key)).await;
        let outcome = outcome.unwrap_or_else(|_| Err(StripeError::TimedOut { sent: true }.into()));
        outcome.inspect_err(|failure| {
            let (method, path) = (&request.method, request.url.path());
            tracing::info!(%method, path, error = %failure.error, "a request to Stripe failed");
        })
    }

    async fn exchange(&self, request: &Request, key: &HeaderValue) -> Result<Vec<u8>, Failure> {
        let mut call = self.shared.http.request(request.method.clone(), request.url.clone());
        call = call.headers(request.headers.clone()).header(AUTHORIZATION, key);
        if let Some(body) = &request.body {
            call = call.body(body.clone());
        }
        let reply = call.send().await.map_err(|error| StripeError::of_transport(&error))?;
        let (status, headers) = (reply.status(), reply.headers().clone());
        let body = reply.bytes().await.map_err(|_| StripeError::Network { sent: true })?;
        if status.is_success() {
            return Ok(body.into());
        }
        let request = headers.get(REQUEST_ID).and_then(|id| id.to_str().ok());
        tracing::info!(status = status.as_u16(), request, "Stripe answered with an error");
        let error = if status.is_server_error() && headers.get(REPLAYED).is_some_and(|value| value == "true")
        {
            StripeError::Replayed { status: status.as_u16() }
        } else {
            StripeError::of_answer(status, &body)
        };
        Err(Failure { error, advice: advice(&headers) })
    }
}

fn advice(headers: &HeaderMap) -> Option<bool> {
    match headers.get(SHOULD_RETRY)?.as_bytes() {
        b"true" => Some(true),
        b"false" => Some(false),
        _ => None,
    }
}
