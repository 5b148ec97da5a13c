//! Runs the background functions on one machine: after a request that left work for them, after the clock was moved, at
//! start, and every few seconds; those that run every hour or less often, at start and when their time has come. On
//! AWS the table's stream and schedules start them.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use seatwise_functions::Service;
use seatwise_functions::background::{self, BackgroundFunction, StreamKeys, Trigger};
use serde_json::Value;
use tokio::sync::watch;
use tokio::task::AbortHandle;

use super::clock::DevClock;
use super::roles::run_as;
use super::stream::LocalStream;

/// The wait before a round that nobody asked for.
const INTERVAL: Duration = Duration::from_secs(5);
/// A run handles what it can; while runs find work, more of them follow, up to this many.
const MAX_RUNS: u32 = 100;
/// A function with at least this time between two runs keeps to it: its work can wait.
const KEEPS_TIME_FROM: u32 = 60;

/// Asks for rounds of the background functions.
#[derive(Clone, Debug)]
pub struct Scheduler {
    /// The rounds that were asked for.
    asked: Arc<watch::Sender<u64>>,
    /// The rounds that have ended.
    done: watch::Receiver<u64>,
}

impl Scheduler {
    /// Starts with a first round, which finds what an earlier process left behind.
    pub(super) fn start(service: Arc<Service>, clock: DevClock, stream: LocalStream) -> (Self, AbortHandle) {
        let (asked, requests) = watch::channel(1);
        let (finished, done) = watch::channel(0);
        let rounds = Rounds { service, clock, stream, last_runs: BTreeMap::new() };
        let working = tokio::spawn(rounds.work(requests, finished));
        (Self { asked: Arc::new(asked), done }, working.abort_handle())
    }

    /// Asks for a round: there may be something to do.
    pub fn nudge(&self) {
        self.asked.send_modify(|count| *count += 1);
    }

    /// Waits until the rounds that were asked for so far have ended.
    pub async fn settle(&self) {
        let asked = *self.asked.borrow();
        // Fails if the scheduler has ended: then there is nothing to wait for.
        let _ = self.done.clone().wait_for(|done| *done >= asked).await;
    }
}

/// Runs rounds.
struct Rounds {
    service: Arc<Service>,
    clock: DevClock,
    stream: LocalStream,
    /// The last runs of the functions that keep to their time.
    last_runs: BTreeMap<&'static str, Timestamp>,
}

impl Rounds {
    async fn work(mut self, mut requests: watch::Receiver<u64>, done: watch::Sender<u64>) {
        loop {
            let asked = *requests.borrow_and_update();
            for _ in 0..MAX_RUNS {
                if self.round().await == 0 {
                    break;
                }
            }
            done.send_replace(asked);
            tokio::select! {
                changed = requests.changed() => if changed.is_err() { return },
                () = tokio::time::sleep(INTERVAL) => {}
            }
        }
    }

    /// Runs every scheduled function that is due; returns the number of things that they handled. The sweep runs
    /// every task, so no stream brings tasks.
    async fn round(&mut self) -> u64 {
        let mut handled = 0;
        for function in background::all() {
            let Trigger::Schedule { rate_minutes } = function.trigger else { continue };
            if rate_minutes >= KEEPS_TIME_FROM && !self.comes_round(function.name, rate_minutes).await {
                continue;
            }
            handled += run(&self.service, function, Value::Null).await;
        }
        handled
    }

    /// Whether a function that keeps to its time is due. If so, the functions on the stream first get the keys that were
    /// written since its last run. The run at the start finds the marks that an earlier process has written.
    async fn comes_round(&mut self, name: &'static str, rate_minutes: u32) -> bool {
        let now = self.clock.now();
        if let Some(last) = self.last_runs.get(name) {
            if now.duration_since(*last) < SignedDuration::from_mins(rate_minutes.into()) {
                return false;
            }
            self.bring_stream().await;
        }
        self.last_runs.insert(name, now);
        true
    }

    /// Brings what was written to the functions on the stream that are started by sort keys.
    async fn bring_stream(&self) {
        let Some(event) = self.stream.take() else { return };
        for function in background::all() {
            if let Trigger::Stream { keys: StreamKeys::Sort(_), .. } = function.trigger {
                run(&self.service, function, event.clone()).await;
            }
        }
    }
}

/// Each run is a Tokio task of its own, so that a panic ends one run and not the scheduler.
async fn run(service: &Arc<Service>, function: &'static BackgroundFunction, event: Value) -> u64 {
    let running = tokio::spawn(run_as(function.name, function.run(Arc::clone(service), event)));
    match running.await {
        Ok(answer) => answer.as_u64().unwrap_or_default(),
        Err(error) => {
            let error = &error as &dyn std::error::Error;
            tracing::error!(function = function.name, error, "a background function panicked");
            0
        }
    }
}
