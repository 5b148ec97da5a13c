//! Runs the background functions on one machine: after every change, after the clock was moved, at
//! start, and every few seconds. On AWS the table's stream and schedules start them.

use std::sync::Arc;
use std::time::Duration;

use seatwise_functions::Service;
use seatwise_functions::background::{self, BackgroundFunction, Trigger};
use serde_json::Value;
use tokio::sync::watch;
use tokio::task::AbortHandle;

use super::roles::run_as;

/// The wait before a round that nobody asked for.
const INTERVAL: Duration = Duration::from_secs(5);
/// A run handles what it can; while runs find work, more of them follow, up to this many.
const MAX_RUNS: u32 = 100;

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
    pub(super) fn start(service: Arc<Service>) -> (Self, AbortHandle) {
        let (asked, requests) = watch::channel(1);
        let (finished, done) = watch::channel(0);
        let working = tokio::spawn(work(service, requests, finished));
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

async fn work(service: Arc<Service>, mut requests: watch::Receiver<u64>, done: watch::Sender<u64>) {
    loop {
        let asked = *requests.borrow_and_update();
        for _ in 0..MAX_RUNS {
            if round(&service).await == 0 {
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

/// Runs every scheduled function once; returns the number of things that they handled. There is no
/// stream here: the sweep runs every task.
async fn round(service: &Arc<Service>) -> u64 {
    let mut handled = 0;
    for function in background::all() {
        if let Trigger::Schedule { .. } = function.trigger {
            handled += run(service, function).await;
        }
    }
    handled
}

/// Each run is a Tokio task of its own, so that a panic ends one run and not the scheduler.
async fn run(service: &Arc<Service>, function: &'static BackgroundFunction) -> u64 {
    let running = tokio::spawn(run_as(function.name, function.run(Arc::clone(service), Value::Null)));
    match running.await {
        Ok(answer) => answer.as_u64().unwrap_or_default(),
        Err(error) => {
            let error = &error as &dyn std::error::Error;
            tracing::error!(function = function.name, error, "a background function panicked");
            0
        }
    }
}
