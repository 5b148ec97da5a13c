//! What goes wrong on purpose, for tests.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use http::Method;
use tokio::sync::Notify;

/// A way in which a request goes wrong.
#[derive(Clone, Debug)]
pub enum Fault {
    /// 500, and nothing was done.
    ErrorBefore,
    /// It is done, and the answer is 500.
    ErrorAfter,
    /// It is done, and the connection breaks before the answer is read.
    LostReply,
    /// 429, and nothing was done.
    RateLimited,
    /// 409 `lock_timeout`, and nothing was done.
    LockTimeout,
    /// Nothing is done until somebody notifies.
    HoldBefore(Arc<Notify>),
    /// It is done, and the answer waits until somebody notifies.
    HoldAfter(Arc<Notify>),
}

/// A way in which the delivery of a webhook goes wrong.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum WebhookFault {
    /// It never arrives, and Stripe believes that it did.
    Drop,
    /// It arrives twice.
    Duplicate,
}

/// What will go wrong. Clones show the same.
#[derive(Clone, Default)]
pub struct Faults(Arc<Mutex<Plan>>);

#[derive(Default)]
struct Plan {
    requests: Vec<Planned>,
    webhooks: VecDeque<WebhookFault>,
    reversed: bool,
    held: bool,
}

struct Planned {
    left: usize,
    method: Method,
    path_prefix: String,
    fault: Fault,
}

impl Faults {
    fn lock(&self) -> MutexGuard<'_, Plan> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The next `count` requests with this method and a path that begins like this, for example
    /// `/v1/subscriptions`, go wrong in this way.
    pub fn next(&self, count: usize, method: Method, path_prefix: &str, fault: Fault) {
        let path_prefix = path_prefix.to_owned();
        self.lock().requests.push(Planned { left: count, method, path_prefix, fault });
    }

    /// The next `count` deliveries go wrong in this way.
    pub fn webhooks(&self, count: usize, fault: WebhookFault) {
        self.lock().webhooks.extend(std::iter::repeat_n(fault, count));
    }

    /// Whether webhooks that are outstanding together arrive with the newest first.
    pub fn reverse_webhooks(&self, reversed: bool) {
        self.lock().reversed = reversed;
    }

    /// Keeps webhooks back until they are released.
    pub fn hold_webhooks(&self) {
        self.lock().held = true;
    }

    /// Lets the next tick deliver what was kept back.
    pub fn release_webhooks(&self) {
        self.lock().held = false;
    }

    /// Nothing goes wrong any more. Who waits already, still does.
    pub fn clear(&self) {
        *self.lock() = Plan::default();
    }

    pub(crate) fn take(&self, method: &Method, path: &str) -> Option<Fault> {
        let mut plan = self.lock();
        let is_meant = |planned: &&mut Planned| {
            planned.left > 0 && planned.method == *method && path.starts_with(&planned.path_prefix)
        };
        let planned = plan.requests.iter_mut().find(is_meant)?;
        planned.left -= 1;
        Some(planned.fault.clone())
    }

    pub(crate) fn take_webhook(&self) -> Option<WebhookFault> {
        self.lock().webhooks.pop_front()
    }

    pub(crate) fn are_webhooks_held(&self) -> bool {
        self.lock().held
    }

    pub(crate) fn are_webhooks_reversed(&self) -> bool {
        self.lock().reversed
    }
}
