//! How long a function takes from nothing to its first answer. Run by `infra/bench`, with the artefact.

use std::time::{Duration, Instant};

use serde_json::Value;

use crate::support::account;
use crate::support::client::Client as _;
use crate::support::deployment::Deployment;
use crate::support::person::somebody;
use crate::support::process::event;
use crate::support::runtime_api::{Function, executable};

const ROUNDS: usize = 30;

/// One start, in milliseconds.
struct Start {
    /// Until it asked for work: INIT, in Lambda's words.
    ready: f64,
    /// Until its first request was answered.
    first: f64,
    /// The time of the second request.
    second: f64,
}

fn milliseconds(time: Duration) -> f64 {
    time.as_secs_f64() * 1e3
}

/// Median, and the ninth of ten.
fn middle(starts: &[Start], of: impl Fn(&Start) -> f64) -> (f64, f64) {
    let mut all: Vec<f64> = starts.iter().map(of).collect();
    all.sort_by(f64::total_cmp);
    (all[all.len() / 2], all[all.len() * 9 / 10])
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "a measurement: run by infra/bench"]
async fn cold_start() {
    let deployment = Deployment::new().await;
    let settings = account::settings(&deployment, &account::secrets().await);
    let settings = [settings, [("SEATWISE_LOG", "info".to_owned())].into()].into_iter().flatten().collect();
    let process = deployment.process();
    process.clock.set(seatwise_cli::dev::DevClock::new().now());
    let olga = somebody("olga");
    let w = process.workspace(&olga).await;
    let mut starts = Vec::new();
    for _ in 0..ROUNDS {
        let (row, event) = event(&olga, "GET", &w, &Value::Null, process.clock.now());
        let spawned = Instant::now();
        let function = Function::start(row.name, &settings).await;
        let answer = function.invoke(&event).await;
        let first = spawned.elapsed();
        let again = Instant::now();
        function.invoke(&event).await;
        let second = again.elapsed();
        assert_eq!(answer["statusCode"], 200, "{answer}");
        let ready = function.ready().expect("it asked for work") - spawned;
        starts.push(Start {
            ready: milliseconds(ready),
            first: milliseconds(first),
            second: milliseconds(second),
        });
        function.kill().await;
    }
    let (ready, first) = (middle(&starts, |start| start.ready), middle(&starts, |start| start.first));
    let second = middle(&starts, |start| start.second);
    let size = std::fs::metadata(executable()).expect("an executable").len();
    println!("get-workspace, {ROUNDS} starts, median and ninth of ten, in milliseconds");
    println!("spawned to asking for work     {:7.1} {:7.1}", ready.0, ready.1);
    println!("spawned to the first answer    {:7.1} {:7.1}", first.0, first.1);
    println!("the second answer              {:7.1} {:7.1}", second.0, second.1);
    println!("a cold answer, in warm ones    {:7.1}", first.0 / second.0);
    #[expect(clippy::cast_precision_loss, reason = "megabytes, for people")]
    let megabytes = size as f64 / 1e6;
    println!("the executable                 {megabytes:7.1} MB");
}
