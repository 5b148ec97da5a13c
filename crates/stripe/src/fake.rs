//! A server that answers as it is told and remembers what it was asked.

use std::collections::VecDeque;
use std::future::pending;
use std::sync::{Arc, Mutex};

use axum::Router;
use axum::body::{Body, to_bytes};
use axum::extract::{Request, State};
use axum::http::{HeaderMap, Response};
use serde_json::{Value, json};

use crate::{Client, ClientConfig, SecretKey};

/// What the server does with one request.
pub(crate) enum Reply {
    /// It answers.
    Answer { status: u16, advice: Option<&'static str>, body: String },
    /// It never answers.
    Silence,
}

impl Reply {
    pub(crate) fn ok(body: &Value) -> Self {
        Self::Answer { status: 200, advice: None, body: body.to_string() }
    }

    pub(crate) fn error(status: u16) -> Self {
        Self::Answer { status, advice: None, body: json!({"error": {}}).to_string() }
    }

    pub(crate) fn coded(status: u16, code: &str) -> Self {
        Self::Answer { status, advice: None, body: json!({"error": {"code": code}}).to_string() }
    }

    pub(crate) fn advised(status: u16, advice: &'static str) -> Self {
        Self::Answer { status, advice: Some(advice), body: String::new() }
    }
}

/// A request that arrived.
#[derive(Clone, Debug)]
pub(crate) struct Asked {
    /// Such as `POST /v1/customers name=Ann`: method, path, and the decoded parameters.
    pub(crate) line: String,
    pub(crate) headers: HeaderMap,
}

impl Asked {
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name)?.to_str().ok()
    }
}

#[derive(Clone)]
pub(crate) struct Fake {
    pub(crate) url: String,
    replies: Arc<Mutex<VecDeque<Reply>>>,
    asked: Arc<Mutex<Vec<Asked>>>,
}

impl Fake {
    /// A server with those replies; after the last of them it fails.
    pub(crate) async fn replying(replies: impl IntoIterator<Item = Reply>) -> Self {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let replies = Arc::new(Mutex::new(replies.into_iter().collect()));
        let fake = Self { url, replies, asked: Arc::default() };
        let router = Router::new().fallback(answer).with_state(fake.clone());
        tokio::spawn(async move { axum::serve(listener, router).await });
        fake
    }

    pub(crate) fn client(&self) -> Client {
        client(&self.url, &["sk_test_1"])
    }

    /// What was asked since the last time.
    pub(crate) fn asked(&self) -> Vec<Asked> {
        std::mem::take(&mut *self.asked.lock().unwrap())
    }

    pub(crate) fn lines(&self) -> Vec<String> {
        self.asked().into_iter().map(|asked| asked.line).collect()
    }
}

pub(crate) fn client(url: &str, keys: &[&str]) -> Client {
    let keys = keys.iter().map(|key| SecretKey::new(*key)).collect();
    // The machine's root certificates take long to read, and nothing here is encrypted.
    let http = reqwest::Client::builder().tls_certs_only([]);
    Client::new(ClientConfig { base_url: url.to_owned(), http, ..ClientConfig::new(keys) }).unwrap()
}

async fn answer(State(fake): State<Fake>, request: Request) -> Response<Body> {
    let (head, body) = request.into_parts();
    let body = to_bytes(body, 1 << 20).await.unwrap();
    let form = [head.uri.query().unwrap_or_default().as_bytes(), &body].concat();
    let pairs = form_urlencoded::parse(&form).map(|(name, value)| format!(" {name}={value}"));
    let line = format!("{} {}{}", head.method, head.uri.path(), pairs.collect::<String>());
    fake.asked.lock().unwrap().push(Asked { line, headers: head.headers });
    let reply = fake.replies.lock().unwrap().pop_front().unwrap_or_else(|| Reply::error(418));
    match reply {
        Reply::Silence => pending().await,
        Reply::Answer { status, advice, body } => {
            let mut response = Response::builder().status(status).header("request-id", "req_1");
            if let Some(advice) = advice {
                response = response.header("stripe-should-retry", advice);
            }
            response.body(Body::from(body)).unwrap()
        }
    }
}
