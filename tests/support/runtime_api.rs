//! Functions as Lambda runs them: the real executable as a process, fed by a Lambda Runtime API.
//! <https://docs.aws.amazon.com/lambda/latest/dg/runtimes-api.html>

use std::collections::HashMap;
use std::path::PathBuf;
use std::process::{ExitStatus, Stdio};
use std::sync::{Arc, Mutex, OnceLock};
use std::time::{Duration, Instant};

use axum::Router;
use axum::body::Bytes;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse as _, Response};
use axum::routing::{get, post};
use serde_json::Value;
use tokio::io::{AsyncRead, AsyncReadExt as _};
use tokio::net::TcpListener;
use tokio::process::{Child, Command};
use tokio::sync::{Mutex as AsyncMutex, mpsc, oneshot};
use tokio::task::JoinHandle;

/// Longest time that anything here may take; a hanging test says so.
const PATIENCE: Duration = Duration::from_mins(1);
/// The variables that Lambda sets for every function, beside the handler and the address of the runtime API.
const RESERVED: &[(&str, &str)] = &[
    ("AWS_LAMBDA_FUNCTION_NAME", "seatwise"),
    ("AWS_LAMBDA_FUNCTION_VERSION", "$LATEST"),
    ("AWS_LAMBDA_FUNCTION_MEMORY_SIZE", "256"),
    ("AWS_LAMBDA_LOG_GROUP_NAME", "/aws/lambda/seatwise"),
    ("AWS_LAMBDA_LOG_STREAM_NAME", "2026/01/05/[$LATEST]0123456789abcdef"),
    ("AWS_REGION", "eu-central-1"),
    ("AWS_ACCESS_KEY_ID", "AKIDEXAMPLE"),
    ("AWS_SECRET_ACCESS_KEY", SECRET_ACCESS_KEY),
    ("AWS_SESSION_TOKEN", SESSION_TOKEN),
    ("TZ", ":UTC"),
];
/// The secret of the function's role.
pub const SECRET_ACCESS_KEY: &str = "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY";
/// Goes with it.
pub const SESSION_TOKEN: &str = "IQoJb3JpZ2luX2VjEXAMPLETOKEN";

/// Environment variables that the operator sets.
pub type Settings = HashMap<&'static str, String>;

/// The output of a process, stdout and stderr together.
type Output = Arc<Mutex<String>>;

/// A warm function. Its process ends with it.
pub struct Function {
    api: Arc<Api>,
    child: AsyncMutex<Child>,
    process: u32,
    output: Output,
    readers: Vec<JoinHandle<()>>,
}

struct Api {
    /// Events that wait for the function.
    queue: mpsc::UnboundedSender<Invocation>,
    next: AsyncMutex<mpsc::UnboundedReceiver<Invocation>>,
    /// The callers that wait for an answer, by the invocation's id.
    waiting: Mutex<HashMap<String, oneshot::Sender<Result<Value, String>>>>,
    invoked: Mutex<u64>,
    /// When the function first asked for work: its INIT was over.
    ready: OnceLock<Instant>,
}

struct Invocation {
    id: String,
    event: String,
}

impl Function {
    /// Starts the function of that Handler setting.
    pub async fn start(handler: &str, settings: &Settings) -> Self {
        let (queue, next) = mpsc::unbounded_channel();
        let api = Arc::new(Api {
            queue,
            next: AsyncMutex::new(next),
            waiting: Mutex::default(),
            invoked: Mutex::default(),
            ready: OnceLock::new(),
        });
        let router = Router::new()
            .route("/2018-06-01/runtime/invocation/next", get(next_invocation))
            .route("/2018-06-01/runtime/invocation/{id}/response", post(response))
            .route("/2018-06-01/runtime/invocation/{id}/error", post(failure))
            .route("/2018-06-01/runtime/init/error", post(|| async { StatusCode::ACCEPTED }))
            .with_state(Arc::clone(&api));
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
        let address = listener.local_addr().expect("its address").to_string();
        tokio::spawn(async move { axum::serve(listener, router).await });

        let mut child = command(handler, settings)
            .env("AWS_LAMBDA_RUNTIME_API", address)
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .expect("a process");
        let output = Output::default();
        let readers = vec![
            tokio::spawn(collect(child.stdout.take().expect("stdout"), Arc::clone(&output))),
            tokio::spawn(collect(child.stderr.take().expect("stderr"), Arc::clone(&output))),
        ];
        let process = child.id().expect("a running process");
        Self { api, child: AsyncMutex::new(child), process, output, readers }
    }

    /// Hands over one event; what the function answers.
    pub async fn invoke(&self, event: &Value) -> Value {
        match self.try_invoke(event).await {
            Ok(answer) => answer,
            Err(message) => panic!("the function failed: {message}\n{}", self.output()),
        }
    }

    async fn try_invoke(&self, event: &Value) -> Result<Value, String> {
        let answer = self.api.begin(event);
        let ended = async { self.child.lock().await.wait().await.expect("an end") };
        let outcome = async {
            tokio::select! {
                answer = answer => answer.expect("an answer"),
                status = ended => Err(format!("it ended with {status}")),
            }
        };
        tokio::time::timeout(PATIENCE, outcome).await.map_err(|_| "it does not answer".to_owned())?
    }

    /// Hands over one event and waits for no answer.
    pub fn invoke_unanswered(&self, event: &Value) {
        drop(self.api.begin(event));
    }

    /// The CPU time that the process has used (Linux: `man 5 proc_pid_stat`, in ticks of 10 ms).
    pub fn cpu_time(&self) -> Duration {
        let stat = std::fs::read_to_string(format!("/proc/{}/stat", self.process)).expect("a process");
        let (_, fields) = stat.rsplit_once(')').expect("a name");
        let ticks =
            fields.split_whitespace().skip(11).take(2).map(|ticks| ticks.parse::<u64>().expect("ticks"));
        Duration::from_millis(10 * ticks.sum::<u64>())
    }

    /// When it first asked for work, if it did.
    pub fn ready(&self) -> Option<Instant> {
        self.api.ready.get().copied()
    }

    /// The output so far.
    pub fn output(&self) -> String {
        self.output.lock().expect("output").clone()
    }

    /// Ends the process at once, as if its machine had gone; all that it wrote.
    pub async fn kill(self) -> String {
        self.child.lock().await.kill().await.expect("killed");
        for reader in self.readers {
            reader.await.expect("all of it");
        }
        self.output.lock().expect("output").clone()
    }
}

impl Api {
    fn begin(&self, event: &Value) -> oneshot::Receiver<Result<Value, String>> {
        let mut invoked = self.invoked.lock().expect("a count");
        *invoked += 1;
        let id = format!("8476a536-e9f4-11e8-9739-{:012}", *invoked);
        let (sender, receiver) = oneshot::channel();
        self.waiting.lock().expect("who waits").insert(id.clone(), sender);
        self.queue.send(Invocation { id, event: event.to_string() }).expect("a queue");
        receiver
    }

    fn answer(&self, id: &str, answer: Result<Value, String>) -> StatusCode {
        let Some(waiting) = self.waiting.lock().expect("who waits").remove(id) else {
            return StatusCode::BAD_REQUEST;
        };
        // A caller that gave up waiting does not want the answer.
        let _ = waiting.send(answer);
        StatusCode::ACCEPTED
    }
}

async fn next_invocation(State(api): State<Arc<Api>>) -> Response {
    api.ready.get_or_init(Instant::now);
    let Some(Invocation { id, event }) = api.next.lock().await.recv().await else {
        return StatusCode::GONE.into_response();
    };
    let deadline = seatwise_cli::dev::DevClock::new().now().as_millisecond() + 10_000;
    let headers = [
        ("Lambda-Runtime-Aws-Request-Id", id),
        ("Lambda-Runtime-Deadline-Ms", deadline.to_string()),
        (
            "Lambda-Runtime-Invoked-Function-Arn",
            "arn:aws:lambda:eu-central-1:123456789012:function:seatwise".to_owned(),
        ),
        (
            "Lambda-Runtime-Trace-Id",
            "Root=1-5bef4de7-ad49b0e87f6ef6c87fc2e700;Parent=9a9197af755a6419;Sampled=0".to_owned(),
        ),
        ("Content-Type", "application/json".to_owned()),
    ];
    (axum::response::AppendHeaders(headers), event).into_response()
}

async fn response(State(api): State<Arc<Api>>, Path(id): Path<String>, body: Bytes) -> StatusCode {
    let answer = serde_json::from_slice(&body).map_err(|error| format!("no JSON: {error}"));
    api.answer(&id, answer)
}

async fn failure(State(api): State<Arc<Api>>, Path(id): Path<String>, body: Bytes) -> StatusCode {
    api.answer(&id, Err(String::from_utf8_lossy(&body).into_owned()))
}

/// The one that was built for the tests, or the one that `SEATWISE_BOOTSTRAP` names.
pub fn executable() -> PathBuf {
    let named = std::env::var_os("SEATWISE_BOOTSTRAP").map(PathBuf::from);
    named.unwrap_or_else(|| env!("CARGO_BIN_EXE_test-bootstrap").into())
}

/// The executable, in the environment that Lambda gives it and in no other.
fn command(handler: &str, settings: &Settings) -> Command {
    let mut command = Command::new(executable());
    command.env_clear().envs(RESERVED.iter().copied()).envs(settings).env("_HANDLER", handler);
    command.stdin(Stdio::null()).kill_on_drop(true);
    command
}

/// Runs the executable to its end: how it ended, and what it wrote on stdout and on stderr.
pub async fn run_to_end(handler: &str, settings: &Settings) -> (ExitStatus, String, String) {
    let mut command = command(handler, settings);
    // Nothing listens there: who gets so far ends all the same.
    command.env("AWS_LAMBDA_RUNTIME_API", "127.0.0.1:9");
    let output = tokio::time::timeout(PATIENCE, command.output()).await.expect("an end").expect("a process");
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    (output.status, text(&output.stdout), text(&output.stderr))
}

async fn collect(mut from: impl AsyncRead + Unpin, to: Output) {
    let mut buffer = [0; 4096];
    while let Ok(count @ 1..) = from.read(&mut buffer).await {
        to.lock().expect("output").push_str(&String::from_utf8_lossy(&buffer[..count]));
    }
}
