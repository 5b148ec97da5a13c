//! The requests that an endpoint is answering: a test counts them, slows them down and holds them up.

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::watch;

/// The requests under way. Clones are about the same requests.
#[derive(Clone, Debug, Default)]
pub struct Traffic {
    state: Arc<watch::Sender<TrafficState>>,
}

#[derive(Clone, Copy, Debug, Default)]
struct TrafficState {
    under_way: usize,
    most: usize,
    is_held: bool,
    delay: Duration,
}

impl Traffic {
    /// From now on every request takes this long.
    pub fn delay(&self, delay: Duration) {
        self.state.send_modify(|state| state.delay = delay);
    }

    /// From now on requests wait, until they are released.
    pub fn hold(&self) {
        self.state.send_modify(|state| state.is_held = true);
    }

    /// Requests go on.
    pub fn release(&self) {
        self.state.send_modify(|state| state.is_held = false);
    }

    /// Waits until so many requests are under way.
    pub async fn reaches(&self, count: usize) {
        // Fails if the sender is gone, which this holds.
        let _ = self.state.subscribe().wait_for(|state| state.under_way >= count).await;
    }

    /// Waits until no request is under way.
    pub async fn empties(&self) {
        let _ = self.state.subscribe().wait_for(|state| state.under_way == 0).await;
    }

    /// The most requests that were under way at the same time.
    pub fn most(&self) -> usize {
        self.state.borrow().most
    }

    /// A request begins, and takes its time; it ends with the guard.
    pub(super) async fn pass(&self) -> UnderWay {
        self.state.send_modify(|state| {
            state.under_way += 1;
            state.most = state.most.max(state.under_way);
        });
        let guard = UnderWay(self.clone());
        let delay = self.state.borrow().delay;
        if !delay.is_zero() {
            tokio::time::sleep(delay).await;
        }
        let _ = self.state.subscribe().wait_for(|state| !state.is_held).await;
        guard
    }
}

/// A request that is under way.
pub(super) struct UnderWay(Traffic);

impl Drop for UnderWay {
    fn drop(&mut self) {
        self.0.state.send_modify(|state| state.under_way -= 1);
    }
}
