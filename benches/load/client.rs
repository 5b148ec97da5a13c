//! A client of the local server.

use std::time::{Duration, Instant};

use http::Method;
use reqwest::header::CONTENT_TYPE;
use seatwise_benches::{Call, Pair, fresh_address};
use serde_json::{Value, json};

/// A client with connections of its own.
#[derive(Clone, Debug)]
pub struct Client {
    url: String,
    http: reqwest::Client,
}

impl Client {
    /// A client of the server at this URL.
    pub fn new(url: &str) -> Self {
        Self { url: url.to_owned(), http: reqwest::Client::new() }
    }

    /// Sends a request. Its answer, and the time until it was there.
    pub async fn send(&self, call: Call<'_>) -> (Value, Duration) {
        let Call { method, path, token, body } = call;
        let mut request = self.http.request(method.clone(), format!("{}{path}", self.url));
        if !token.is_empty() {
            request = request.bearer_auth(token);
        }
        if let Some(body) = body {
            request = request.header(CONTENT_TYPE, "application/json").body(body.to_string());
        }
        let start = Instant::now();
        let answer = request.send().await.expect("an answer");
        let status = answer.status();
        let text = answer.bytes().await.expect("a body");
        let time = start.elapsed();
        assert!(status.is_success(), "{method} {path}: {status} {}", String::from_utf8_lossy(&text));
        (serde_json::from_slice(&text).unwrap_or_default(), time)
    }

    /// The token of a person who has signed in once.
    pub async fn sign_in(&self, email: &str) -> String {
        let token = self.token("/dev/sign-in", json!({ "email": email })).await;
        let (method, path, body) = (Method::POST, "/v1/me".to_owned(), Some(json!({})));
        self.send(Call { method, path, token: &token, body }).await;
        token
    }

    /// The token of the host's backend.
    pub async fn backend(&self) -> String {
        self.token("/dev/service-token", json!({ "name": "backend" })).await
    }

    async fn token(&self, path: &str, body: Value) -> String {
        let call = Call { method: Method::POST, path: path.to_owned(), token: "", body: Some(body) };
        let (answer, _) = self.send(call).await;
        answer["token"].as_str().expect("a token").to_owned()
    }

    /// Two new people.
    pub async fn pair(&self) -> Pair {
        let (owner, email) = (fresh_address(), fresh_address());
        let (owner, joiner) = (self.sign_in(&owner).await, self.sign_in(&email).await);
        Pair { owner, joiner, email }
    }
}
