//! What no request waits for: mail leaves, and deleted workspaces go, after every change, after the
//! clock was moved, at start, and now and then. On AWS the table's stream and schedules do this.

use std::sync::Arc;
use std::time::Duration;

use seatwise_functions::{Service, background};
use tokio::sync::watch;
use tokio::task::AbortHandle;

/// What was missed is found after this time.
const SWEEP_INTERVAL: Duration = Duration::from_secs(5);
/// A sweep takes what it can in one go; more sweeps follow while there is more, up to so many.
const MAX_SWEEPS: u32 = 100;

/// The way to the one who delivers.
#[derive(Clone, Debug)]
pub struct Outbox {
    /// How many nudges there were.
    asked: Arc<watch::Sender<u64>>,
    /// How many of them were worked off.
    done: watch::Receiver<u64>,
}

impl Outbox {
    /// Starts delivering, with a first look at what was left behind.
    pub(super) fn start(service: Arc<Service>) -> (Self, AbortHandle) {
        let (asked, nudges) = watch::channel(1);
        let (worked_off, done) = watch::channel(0);
        let working = tokio::spawn(deliver(service, nudges, worked_off));
        (Self { asked: Arc::new(asked), done }, working.abort_handle())
    }

    /// There may be something to deliver.
    pub fn nudge(&self) {
        self.asked.send_modify(|count| *count += 1);
    }

    /// Waits until the nudges so far were worked off.
    pub async fn settle(&self) {
        let asked = *self.asked.borrow();
        // Fails if the deliverer is gone: then there is nothing to wait for.
        let _ = self.done.clone().wait_for(|done| *done >= asked).await;
    }
}

async fn deliver(service: Arc<Service>, mut nudges: watch::Receiver<u64>, done: watch::Sender<u64>) {
    loop {
        let asked = *nudges.borrow_and_update();
        for _ in 0..MAX_SWEEPS {
            if sweep(&service).await == 0 {
                break;
            }
        }
        done.send_replace(asked);
        tokio::select! {
            changed = nudges.changed() => if changed.is_err() { return },
            () = tokio::time::sleep(SWEEP_INTERVAL) => {}
        }
    }
}

/// A task of its own, so that a panic is the end of one sweep and not of all mail.
async fn sweep(service: &Arc<Service>) -> usize {
    let service = Arc::clone(service);
    let sweeping = tokio::spawn(async move {
        // On AWS each has a schedule of its own.
        background::sweep_outbox(&service).await + background::delete_workspaces(&service).await
    });
    sweeping.await.unwrap_or_else(|_| {
        tracing::error!("a sweep of the outbox panicked");
        0
    })
}
