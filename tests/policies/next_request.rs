//! Publishing while functions run: the next request obeys.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use std::time::Instant;

use seatwise_policy::packs;
use serde_json::{Value, json};
use tracing::level_filters::LevelFilter;

use super::{put, with_rule};
use crate::support::account::Account;
use crate::support::client::Client as _;
use crate::support::deployment::Deployment;
use crate::support::logs::Logs;
use crate::support::person::somebody;
use crate::support::process::event;
use crate::support::proxy::Proxy;
use crate::support::runtime_api::Function;

/// A request that one of many sent: from when to when, and what came back.
struct AnsweredQuestion {
    begun: Instant,
    ended: Instant,
    /// The reason of a refusal, or nothing.
    answer: Option<String>,
}

/// When somebody published: from when to when, and what holds from then on.
struct Turn {
    begun: Instant,
    ended: Instant,
    answer: Option<String>,
}

/// Processes of functions that are asked all the time, one request after the other.
struct Crowd {
    stop: Arc<AtomicBool>,
    answered: Vec<Arc<AtomicU32>>,
    askers: Vec<tokio::task::JoinHandle<(Function, Vec<AnsweredQuestion>)>>,
}

impl Crowd {
    fn begin(functions: Vec<Function>, ask: &Value) -> Self {
        let stop = Arc::new(AtomicBool::new(false));
        let (mut answered, mut askers) = (Vec::new(), Vec::new());
        for function in functions {
            let (stop, count, ask) = (Arc::clone(&stop), Arc::new(AtomicU32::new(0)), ask.clone());
            answered.push(Arc::clone(&count));
            askers.push(tokio::spawn(async move {
                let mut sent = Vec::new();
                while !stop.load(Ordering::SeqCst) {
                    let begun = Instant::now();
                    let answer = function.invoke(&ask).await;
                    let ended = Instant::now();
                    let body: Value =
                        serde_json::from_str(answer["body"].as_str().expect("a body")).expect("JSON");
                    let answer = match answer["statusCode"].as_u64() {
                        Some(200) => None,
                        Some(403) => Some(body["reason"].as_str().unwrap_or("none").to_owned()),
                        _ => panic!("{answer}"),
                    };
                    sent.push(AnsweredQuestion { begun, ended, answer });
                    count.fetch_add(1, Ordering::SeqCst);
                }
                (function, sent)
            }));
        }
        Self { stop, answered, askers }
    }

    /// Waits until each has been answered that often again.
    async fn more(&self, times: u32) {
        let counts = || self.answered.iter().map(|count| count.load(Ordering::SeqCst));
        let goal: Vec<u32> = counts().map(|count| count + times).collect();
        while counts().zip(&goal).any(|(count, goal)| count < *goal) {
            assert!(!self.askers.iter().any(tokio::task::JoinHandle::is_finished), "one of them has failed");
            tokio::task::yield_now().await;
        }
    }

    async fn end(self) -> Vec<(Function, Vec<AnsweredQuestion>)> {
        self.stop.store(true, Ordering::SeqCst);
        let ended = futures::future::join_all(self.askers).await;
        ended.into_iter().map(|asker| asker.expect("no panic")).collect()
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn k31_no_request_that_starts_after_a_publish_is_decided_by_the_version_before() {
    const PROCESSES: usize = 4;
    let account = Account::over(Deployment::new().await).await;
    let deployment = account.deployment.clone();
    let process = account.deployment.process();
    let (olga, tea) = (somebody("olga"), somebody("tea"));
    let workspace = process.workspace(&olga).await;
    process.member(&olga, &workspace, "tea", "member").await;
    // A question that nobody conflicts about.
    let seats = format!("{workspace}/seats");
    let (row, ask) = event(&tea, "GET", &seats, &Value::Null, deployment.clock.now());
    let permit =
        r#"@id("edit") permit (principal in Role::"member", action == Action::"listSeats", resource);"#;
    let mut functions = Vec::new();
    for _ in 0..PROCESSES {
        functions.push(account.start(row.name).await);
    }
    let crowd = Crowd::begin(functions, &ask);
    crowd.more(2).await;

    // Each version is told apart by its answer; the last but one is the first again.
    let start = Instant::now();
    let mut turns = vec![Turn { begun: start, ended: start, answer: Some("not_permitted".to_owned()) }];
    let forbid = |reason: &str| permit.replace("permit", &format!("@reason(\"{reason}\") forbid"));
    let edits = [
        (with_rule(permit), None),
        (with_rule(&forbid("frozen")), Some("frozen")),
        (with_rule(permit), None),
        (with_rule(&forbid("closed")), Some("closed")),
        (packs::files("purchased-seats").expect("built in"), Some("not_permitted")),
        (with_rule(permit), None),
    ];
    for (files, answer) in edits {
        let begun = Instant::now();
        put(&deployment, files).await;
        turns.push(Turn { begun, ended: Instant::now(), answer: answer.map(ToOwned::to_owned) });
        crowd.more(3).await;
    }
    for (function, sent) in crowd.end().await {
        // None of them was started anew.
        let starts = function.output().matches("\"cold_start\":true").count();
        assert_eq!(starts, 1, "{}", function.output());
        assert!(sent.len() > 12);
        for request in sent.iter().filter(|request| request.begun >= start) {
            let held = turns.iter().rfind(|turn| turn.ended <= request.begun).expect("the first");
            // A request that was under way while somebody published may go by either version; no other request.
            let mut new =
                turns.iter().filter(|turn| turn.ended > request.begun && turn.begun < request.ended);
            let is_right = request.answer == held.answer || new.any(|turn| turn.answer == request.answer);
            assert!(is_right, "{:?} where {:?} holds", request.answer, held.answer);
        }
    }
    deployment.audit().await;
}

#[tokio::test]
async fn k31_a_pointer_that_was_read_before_a_publication_is_not_taken_for_a_forged_one() {
    let logs = Logs::begin(LevelFilter::INFO);
    let deployment = Deployment::new().await;
    let proxy = Proxy::before(&deployment.engine).await;
    let (process, olga) = (deployment.process_behind(&proxy), somebody("olga"));
    let w = process.workspace(&olga).await;
    let buy = async || process.post(&olga, &format!("{w}/seats"), json!({ "quantity": 1 })).await;
    put(&deployment, with_rule("// One.")).await;
    // A request reads the pointer to the first version. Before it goes on, another loads the second.
    let reading = proxy.hold_answer("BatchGetItem");
    let (slow, ()) = futures::join!(buy(), async {
        reading.reached().await;
        put(&deployment, with_rule("// Two.")).await;
        buy().await.expect(201);
        reading.open();
    });
    slow.expect(201);
    buy().await.expect(201);
    assert!(!logs.ours.text().contains("policy_load_failures"), "{}", logs.ours.text());
}
