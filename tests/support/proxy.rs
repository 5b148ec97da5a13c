//! A database that misbehaves when told to: it stands before an engine and passes on what it is
//! not told to spoil.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex};

use aws_sdk_dynamodb::Client;
use axum::Router;
use axum::body::Bytes;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse as _, Response};
use serde_json::{Value, json};
use tokio::net::TcpListener;

use super::engine::{self, Engine};

/// How one call goes wrong.
#[derive(Clone, Debug)]
pub enum Fault {
    /// It takes effect, and the answer is an internal error.
    LoseReply,
    /// It takes effect, and no answer comes.
    Stall,
    /// Of a `BatchGetItem`, all keys but the first are left unprocessed.
    LeaveKeys,
    /// It does not take effect; this error answers.
    Refuse(u16, &'static str),
    /// It does not take effect; the transaction is cancelled for these reasons.
    Cancel(&'static [&'static str]),
}

/// A running proxy. It ends with the test's runtime.
pub struct Proxy {
    client: Client,
    plan: Arc<Plan>,
}

struct Plan {
    engine: String,
    http: reqwest::Client,
    faults: Mutex<VecDeque<(&'static str, Fault)>>,
    calls: Mutex<Vec<String>>,
}

impl Proxy {
    /// A proxy before this engine.
    pub async fn before(engine: &Engine) -> Self {
        let plan = Arc::new(Plan {
            engine: engine.endpoint().to_owned(),
            http: reqwest::Client::new(),
            faults: Mutex::default(),
            calls: Mutex::default(),
        });
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
        let endpoint = format!("http://{}", listener.local_addr().expect("its address"));
        let app = Router::new().fallback(answer).with_state(Arc::clone(&plan));
        tokio::spawn(async { axum::serve(listener, app).await });
        Self { client: engine::client(&endpoint), plan }
    }

    /// A client that goes through the proxy.
    pub fn client(&self) -> Client {
        self.client.clone()
    }

    /// The next call of this action goes wrong so. Several are taken one after the other.
    pub fn spoil(&self, action: &'static str, fault: Fault) {
        self.plan.faults.lock().expect("faults").push_back((action, fault));
    }

    /// How many calls of this action came by, retries of the SDK included.
    pub fn calls(&self, action: &str) -> usize {
        self.plan.calls.lock().expect("calls").iter().filter(|call| *call == action).count()
    }
}

impl Plan {
    fn next(&self, action: &str) -> Option<Fault> {
        self.calls.lock().expect("calls").push(action.to_owned());
        let mut faults = self.faults.lock().expect("faults");
        let index = faults.iter().position(|(wanted, _)| *wanted == action)?;
        faults.remove(index).map(|(_, fault)| fault)
    }

    async fn pass_on(&self, headers: &HeaderMap, body: Bytes) -> (StatusCode, Bytes) {
        let mut headers = headers.clone();
        headers.remove(header::HOST);
        headers.remove(header::CONTENT_LENGTH);
        let sent = self.http.post(&self.engine).headers(headers).body(body).send().await;
        let reply = sent.expect("an answer of the engine");
        (reply.status(), reply.bytes().await.expect("its body"))
    }
}

async fn answer(State(plan): State<Arc<Plan>>, headers: HeaderMap, body: Bytes) -> Response {
    let target = headers.get("x-amz-target").and_then(|target| target.to_str().ok()).unwrap_or_default();
    let action = target.rsplit('.').next().unwrap_or_default();
    match plan.next(action) {
        None => reply(plan.pass_on(&headers, body).await),
        Some(Fault::LoseReply) => {
            plan.pass_on(&headers, body).await;
            reply(error(500, "InternalServerError", &[]))
        }
        Some(Fault::Stall) => {
            plan.pass_on(&headers, body).await;
            std::future::pending().await
        }
        Some(Fault::LeaveKeys) => reply(leave_keys(&plan, &headers, &body).await),
        Some(Fault::Refuse(status, code)) => reply(error(status, code, &[])),
        Some(Fault::Cancel(reasons)) => reply(error(400, "TransactionCanceledException", reasons)),
    }
}

fn reply((status, body): (StatusCode, Bytes)) -> Response {
    (status, [(header::CONTENT_TYPE, "application/x-amz-json-1.0")], body).into_response()
}

fn error(status: u16, code: &str, reasons: &[&str]) -> (StatusCode, Bytes) {
    let reasons: Vec<_> = reasons.iter().map(|code| json!({ "Code": code })).collect();
    let body = json!({
        "__type": format!("com.amazonaws.dynamodb.v20120810#{code}"),
        "message": "made up, about W#1 in table t-secret",
        "Message": "made up, about W#1 in table t-secret",
        "CancellationReasons": reasons,
    });
    (StatusCode::from_u16(status).expect("a status"), Bytes::from(body.to_string()))
}

async fn leave_keys(plan: &Plan, headers: &HeaderMap, body: &Bytes) -> (StatusCode, Bytes) {
    let mut request: Value = serde_json::from_slice(body).expect("a request");
    let tables = request["RequestItems"].as_object_mut().expect("its tables");
    let mut left = tables.clone();
    for (table, wanted) in tables.iter_mut() {
        let keys = wanted["Keys"].as_array_mut().expect("its keys");
        left[table]["Keys"] = keys.split_off(1).into();
    }
    left.retain(|_, wanted| wanted["Keys"].as_array().is_some_and(|keys| !keys.is_empty()));
    let (status, body) = plan.pass_on(headers, Bytes::from(request.to_string())).await;
    let mut reply: Value = serde_json::from_slice(&body).expect("an answer");
    reply["UnprocessedKeys"] = left.into();
    (status, Bytes::from(reply.to_string()))
}
