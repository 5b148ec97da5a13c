//! A database that misbehaves when told to: it stands before an engine and passes on what it is
//! not told to spoil.

use std::collections::VecDeque;
use std::ops::Range;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use aws_sdk_dynamodb::Client;
use axum::Router;
use axum::body::Bytes;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse as _, Response};
use serde_json::{Value, json};
use tokio::net::TcpListener;
use tokio::sync::Semaphore;

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

/// Which tries of a call go wrong: the SDK makes up to three.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Tries {
    /// The first: the SDK's next one mends it.
    First,
    /// Every one: the call fails.
    All,
}

/// A call waits here until it is let through.
#[derive(Clone, Debug)]
pub struct Gate(Arc<Waiting>);

/// The place of a gate.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum GatePlace {
    BeforeEngine,
    AfterEngine,
}

#[derive(Debug)]
struct Waiting {
    reached: Semaphore,
    opened: Semaphore,
    through: Semaphore,
}

impl Gate {
    /// Waits until the call is at the gate.
    pub async fn reached(&self) {
        let reached = tokio::time::timeout(Duration::from_secs(30), self.0.reached.acquire());
        reached.await.expect("a call reaches the gate").expect("a gate").forget();
    }

    /// Lets the call through.
    pub fn open(&self) {
        self.0.opened.add_permits(1);
    }

    /// Waits until the call has been answered, whether or not anybody waits for the answer.
    pub async fn through(&self) {
        self.0.through.acquire().await.expect("a gate").forget();
    }

    async fn pass(&self) {
        self.0.reached.add_permits(1);
        self.0.opened.acquire().await.expect("a gate").forget();
    }
}

/// A running proxy. It ends with the test's runtime.
pub struct Proxy {
    client: Client,
    plan: Arc<Plan>,
}

/// Calls of one kind, some of which go wrong.
type Chosen = (String, Range<usize>, Fault, Tries);

struct Plan {
    engine: String,
    http: reqwest::Client,
    faults: Mutex<VecDeque<(&'static str, Fault)>>,
    calls: Mutex<Vec<String>>,
    gates: Mutex<Vec<(&'static str, GatePlace, Gate)>>,
    storm: Mutex<Option<(&'static str, Fault)>>,
    chosen: Mutex<Option<Chosen>>,
    /// The calls by the id that the SDK gives them, which all tries of a call share.
    known: Mutex<Vec<(String, String)>>,
}

impl Proxy {
    /// A proxy before this engine.
    pub async fn before(engine: &Engine) -> Self {
        let plan = Arc::new(Plan {
            engine: engine.endpoint().to_owned(),
            http: reqwest::Client::new(),
            faults: Mutex::default(),
            calls: Mutex::default(),
            gates: Mutex::default(),
            storm: Mutex::default(),
            chosen: Mutex::default(),
            known: Mutex::default(),
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

    /// The next call of this action waits at the gate before it goes on to the engine.
    pub fn hold(&self, action: &'static str) -> Gate {
        self.hold_at(action, GatePlace::BeforeEngine)
    }

    /// The answer to the next call of this action waits at the gate on its way back from the engine.
    pub fn hold_answer(&self, action: &'static str) -> Gate {
        self.hold_at(action, GatePlace::AfterEngine)
    }

    fn hold_at(&self, action: &'static str, place: GatePlace) -> Gate {
        let closed = || Semaphore::new(0);
        let gate = Gate(Arc::new(Waiting { reached: closed(), opened: closed(), through: closed() }));
        self.plan.gates.lock().expect("gates").push((action, place, gate.clone()));
        gate
    }

    /// Every call of this action goes wrong so, until `calm`.
    pub fn storm(&self, action: &'static str, fault: Fault) {
        *self.plan.storm.lock().expect("a storm") = Some((action, fault));
    }

    /// Whatever was to go wrong goes well again.
    pub fn calm(&self) {
        *self.plan.storm.lock().expect("a storm") = None;
        *self.plan.chosen.lock().expect("a choice") = None;
        self.plan.faults.lock().expect("faults").clear();
    }

    /// Counting from now, the calls of these numbers of this action go wrong so. All tries of the SDK
    /// are one call.
    pub fn spoil_some(&self, action: &str, numbers: Range<usize>, fault: Fault, tries: Tries) {
        self.plan.known.lock().expect("calls").clear();
        *self.plan.chosen.lock().expect("a choice") = Some((action.to_owned(), numbers, fault, tries));
    }

    /// The calls since the last `spoil_some`, by their actions; all tries of the SDK are one call.
    pub fn actions(&self) -> Vec<String> {
        self.plan.known.lock().expect("calls").iter().map(|(_, action)| action.clone()).collect()
    }

    /// How many calls of this action came by, retries of the SDK included.
    pub fn calls(&self, action: &str) -> usize {
        self.plan.calls.lock().expect("calls").iter().filter(|call| *call == action).count()
    }
}

impl Plan {
    fn next(&self, action: &str, call: &str) -> Option<Fault> {
        self.calls.lock().expect("calls").push(action.to_owned());
        if let Some(fault) = self.chosen_fault(action, call) {
            return Some(fault);
        }
        if let Some((wanted, fault)) = &*self.storm.lock().expect("a storm")
            && *wanted == action
        {
            return Some(fault.clone());
        }
        let mut faults = self.faults.lock().expect("faults");
        let index = faults.iter().position(|(wanted, _)| *wanted == action)?;
        faults.remove(index).map(|(_, fault)| fault)
    }

    fn chosen_fault(&self, action: &str, call: &str) -> Option<Fault> {
        let mut known = self.known.lock().expect("calls");
        let is_first_try = !known.iter().any(|(id, _)| id == call);
        if is_first_try {
            known.push((call.to_owned(), action.to_owned()));
        }
        let chosen = self.chosen.lock().expect("a choice");
        let (wanted, numbers, fault, tries) = chosen.as_ref().filter(|(wanted, ..)| wanted == action)?;
        let place = known.iter().filter(|(_, action)| action == wanted).position(|(id, _)| id == call);
        let is_meant =
            place.is_some_and(|place| numbers.contains(&place)) && (is_first_try || *tries == Tries::All);
        is_meant.then(|| fault.clone())
    }

    fn gate(&self, action: &str) -> Option<(GatePlace, Gate)> {
        let mut gates = self.gates.lock().expect("gates");
        let index = gates.iter().position(|(wanted, ..)| *wanted == action)?;
        let (_, place, gate) = gates.remove(index);
        Some((place, gate))
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
    let Some((place, gate)) = plan.gate(action(&headers)) else { return serve(plan, headers, body).await };
    // A task of its own: what waits here goes on also when who sent it is gone.
    let waiting = tokio::spawn(async move {
        if place == GatePlace::BeforeEngine {
            gate.pass().await;
        }
        let reply = serve(plan, headers, body).await;
        if place == GatePlace::AfterEngine {
            gate.pass().await;
        }
        gate.0.through.add_permits(1);
        reply
    });
    waiting.await.expect("no panic")
}

fn text<'a>(headers: &'a HeaderMap, name: &str) -> &'a str {
    headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or_default()
}

fn action(headers: &HeaderMap) -> &str {
    text(headers, "x-amz-target").rsplit('.').next().unwrap_or_default()
}

async fn serve(plan: Arc<Plan>, headers: HeaderMap, body: Bytes) -> Response {
    match plan.next(action(&headers), text(&headers, "amz-sdk-invocation-id")) {
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
