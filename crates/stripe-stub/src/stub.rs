//! The built-in Stripe.

use std::path::PathBuf;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use axum::Router;
use futures::future::BoxFuture;
use jiff::Timestamp;
use tokio::sync::Notify;

use crate::act::StubAct;
use crate::api::{self, SeenRequest};
use crate::billing::cycle;
use crate::error::StubError;
use crate::faults::Faults;
use crate::state::{Account, EventRequest};
use crate::view::AccountView;
use crate::webhooks::{self, Attempt, WebhookDelivery};
use crate::world::World;
use crate::{pages, persist};

/// Tells the time.
pub type Clock = Arc<dyn Fn() -> Timestamp + Send + Sync>;

/// Posts a webhook. Whether the receiver answered with a status of 2xx.
pub type Deliver = Arc<dyn Fn(WebhookDelivery) -> BoxFuture<'static, bool> + Send + Sync>;

/// What a stub needs to know.
#[derive(Clone)]
pub struct StubConfig {
    /// The API keys that are accepted; if there are none, every key that begins with `sk_test_` or
    /// `rk_test_`.
    pub secret_keys: Vec<String>,
    /// The secrets of the webhook endpoint, all of which sign. Without any, no webhook is sent.
    pub webhook_secrets: Vec<String>,
    /// What the URLs of the pages begin with, for example `http://127.0.0.1:8787/stripe`.
    pub public_url: String,
    /// The time.
    pub clock: Clock,
    /// The way to the receiver of webhooks.
    pub deliver: Deliver,
    /// Where the account is kept; `None`: only in memory.
    pub file: Option<PathBuf>,
    /// What the ids of a new account are made of. Links to pages are as secret as it is.
    pub seed: u64,
}

/// A built-in Stripe. Clones are the same one.
#[derive(Clone)]
pub struct Stub(Arc<Inner>);

struct Inner {
    config: StubConfig,
    account: Mutex<Account>,
    seen: Mutex<Vec<SeenRequest>>,
    faults: Faults,
    changed: Notify,
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Stub {
    /// A stub with the account in the file, or with an empty one.
    pub fn new(config: StubConfig) -> Result<Self, StubError> {
        let kept = config.file.as_deref().map(persist::load).transpose()?.flatten();
        let account = kept.unwrap_or_else(|| {
            let mut account = Account::default();
            account.ids.seed = config.seed;
            account
        });
        Ok(Self(Arc::new(Inner {
            config,
            account: Mutex::new(account),
            seen: Mutex::default(),
            faults: Faults::default(),
            changed: Notify::new(),
        })))
    }

    /// The API, under `/v1`.
    pub fn api(&self) -> Router {
        api::router(self.clone())
    }

    /// The pages `/checkout/{id}`, `/portal/{id}` and `/invoice/{id}`.
    pub fn pages(&self) -> Router {
        pages::router(self.clone())
    }

    /// Does what is due: what time brings, and then the webhooks that are outstanding.
    pub async fn tick(&self) {
        self.catch_up();
        loop {
            let attempts = self.claim();
            if attempts.is_empty() {
                return;
            }
            for attempt in attempts {
                self.send(attempt).await;
            }
        }
    }

    /// When the next tick has something to do.
    pub fn next_due(&self) -> Option<Timestamp> {
        let account = lock(&self.0.account);
        let webhook = account.events.all().iter().filter_map(|event| event.next_try).min();
        let webhook = webhook.filter(|_| !self.0.faults.are_webhooks_held());
        let due = cycle::next(&account).map(|(at, _)| at).into_iter().chain(webhook).min()?;
        Timestamp::from_second(due).ok()
    }

    /// Waits until somebody changes the account, which may bring the next tick forward.
    pub async fn changed(&self) {
        self.0.changed.notified().await;
    }

    /// Does what a person would do on a page.
    pub fn act(&self, act: StubAct) -> Result<(), StubError> {
        self.change(None, |world| world.act(act)).map_err(Into::into)
    }

    /// The account, as it is now.
    pub fn account(&self) -> AccountView {
        AccountView::of(&lock(&self.0.account))
    }

    /// What goes wrong on purpose.
    pub fn faults(&self) -> Faults {
        self.0.faults.clone()
    }

    /// The requests to the API, oldest first.
    pub fn requests(&self) -> Vec<SeenRequest> {
        lock(&self.0.seen).clone()
    }

    pub(crate) fn config(&self) -> &StubConfig {
        &self.0.config
    }

    pub(crate) fn see(&self, request: SeenRequest) {
        /// A server that runs for days shall not fill the memory.
        const KEPT: usize = 10_000;
        let mut seen = lock(&self.0.seen);
        if seen.len() >= KEPT {
            seen.drain(..KEPT / 2);
        }
        seen.push(request);
    }

    /// Reads from the account. What changes nonetheless, like the next id, does not matter.
    pub(crate) fn look<R>(&self, request: Option<EventRequest>, read: impl FnOnce(&mut World<'_>) -> R) -> R {
        let mut account = lock(&self.0.account);
        let config = &self.0.config;
        read(&mut World {
            account: &mut account,
            now: (config.clock)().as_second(),
            public_url: &config.public_url,
            has_endpoint: !config.webhook_secrets.is_empty(),
            request,
        })
    }

    /// Changes the account and keeps it.
    pub(crate) fn change<R>(
        &self,
        request: Option<EventRequest>,
        change: impl FnOnce(&mut World<'_>) -> R,
    ) -> R {
        let result = self.look(request, |world| {
            let result = change(world);
            self.save(world.account);
            result
        });
        self.0.changed.notify_one();
        result
    }

    fn save(&self, account: &Account) {
        let Some(file) = &self.0.config.file else { return };
        if let Err(error) = persist::save(file, account) {
            tracing::error!(%error, "the account of the built-in Stripe could not be kept");
        }
    }

    /// Lets happen what is due, each thing at its own time.
    fn catch_up(&self) {
        self.look(None, |world| {
            let now = world.now;
            world.account.forget_replies(now);
            let mut is_changed = false;
            while let Some((at, due)) = cycle::next(world.account).filter(|(at, _)| *at <= now) {
                world.now = at;
                is_changed = true;
                if let Err(error) = world.happen(&due) {
                    // It would be due again at once.
                    tracing::error!(?error, "something due at the built-in Stripe failed");
                    break;
                }
            }
            if is_changed {
                self.save(world.account);
            }
        });
    }

    fn claim(&self) -> Vec<Attempt> {
        let config = &self.0.config;
        self.look(None, |world| {
            webhooks::claim(world.account, world.now, &config.webhook_secrets, &self.0.faults)
        })
    }

    async fn send(&self, attempt: Attempt) {
        let mut arrived = true;
        for _ in 0..attempt.copies {
            arrived &= (self.0.config.deliver)(attempt.delivery.clone()).await;
        }
        if arrived {
            self.look(None, |world| {
                webhooks::mark_delivered(world.account, &attempt.event);
                self.save(world.account);
            });
        }
    }
}
