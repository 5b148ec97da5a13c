//! A workspace that pays, three function processes, Stripe, and the people who use them.

use std::sync::{Arc, Mutex};

use http::Request;
use jiff::SignedDuration;
use rand::rngs::StdRng;
use rand::{RngExt as _, SeedableRng as _};
use seatwise_functions::payments::{ApiKeys, StripeAccess, StripeApi, WebhookSecrets};
use seatwise_functions::{Secret, ServiceParts, background};
use seatwise_store::Store;
use seatwise_stripe::{SecretKey, WebhookSecret};
use seatwise_stripe_stub::{AccountView, Card, Stub, StubAct, WebhookDelivery};
use serde_json::{Value, json};
use tokio::task::JoinHandle;

use super::turnstile::{Turnstile, Verdict, forward};
use crate::support::built_in_stripe::{BuiltInStripe, STRIPE_KEY, WEBHOOK_SECRET, serve};
use crate::support::client::{Client as _, id_of};
use crate::support::deployment::{Deployment, patient};
use crate::support::engine;
use crate::support::packs;
use crate::support::person::{Person, somebody};
use crate::support::process::Process;

/// The product that a history is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Product {
    /// Seats of two tiers, with an add-on.
    Seats,
    /// A plan with extras.
    Extras,
    /// A plan, and credits.
    Credits,
    /// A plan by the seat, which customers also change at Stripe.
    SeatsOfPlan,
}

impl Product {
    fn pack(self) -> &'static str {
        match self {
            Self::Seats => "purchased-seats",
            Self::Extras => "role-ladder",
            Self::Credits => "flat-owners",
            Self::SeatsOfPlan => "role-seats",
        }
    }
}

/// Everything of a history.
pub struct World {
    pub seed: u64,
    pub product: Product,
    pub deployment: Deployment,
    pub stub: Stub,
    pub turnstile: Turnstile,
    pub workspace: String,
    pub rng: StdRng,
    pub log: Vec<String>,
    /// The webhooks on their way.
    deliveries: Arc<Mutex<Vec<WebhookDelivery>>>,
    processes: Vec<Process>,
    owner: Person,
    /// What runs: a request, a webhook or a background function.
    actors: Vec<(String, JoinHandle<String>)>,
}

impl World {
    pub async fn new(product: Product, seed: u64) -> Self {
        let online = ("product.toml", "provider = \"manual\"", "provider = \"stripe\"");
        let deployment = Deployment::of(packs::edited(product.pack(), &[online])).await;
        let turnstile = Turnstile::default();
        let stripe = BuiltInStripe::start(&deployment, seed, |api| turnstile.before(api)).await;
        let table = serve(turnstile.before(forward(deployment.engine.endpoint().to_owned()))).await;
        let processes: Vec<Process> = (0..3).map(|_| process(&deployment, &table, &stripe.url)).collect();
        let owner = somebody("olga");
        let workspace = processes[0].workspace(&owner).await;
        for process in &processes {
            process.service.warm_up(true).await;
        }
        Self {
            seed,
            product,
            deployment,
            stub: stripe.stub,
            turnstile,
            workspace,
            rng: StdRng::seed_from_u64(seed),
            log: Vec::new(),
            deliveries: stripe.deliveries,
            processes,
            owner,
            actors: Vec::new(),
        }
    }

    pub fn note(&mut self, what: impl Into<String>) {
        self.log.push(what.into());
    }

    /// A number below this one.
    pub fn below(&mut self, end: usize) -> usize {
        self.rng.random_range(0..end.max(1))
    }

    fn any_process(&mut self) -> Process {
        let index = self.below(self.processes.len());
        self.processes[index].clone()
    }

    /// The owner sends a request.
    pub fn request(&mut self, method: &'static str, path: &str, body: &Value) {
        let (process, owner) = (self.any_process(), self.owner.clone());
        let path = format!("{}{path}", self.workspace);
        let name = format!("{method} {path} {body}");
        self.note(name.clone());
        let body = body.clone();
        let run = tokio::spawn(async move {
            let reply = process.call(&owner, method, &path, body).await;
            format!("{} {}", reply.status.as_u16(), reply.code())
        });
        self.actors.push((name, run));
    }

    /// The owner looks at the price of a purchase, and makes it at that price.
    pub fn request_as_shown(&mut self, path: &str, kind: &str, body: &Value) {
        let (process, owner) = (self.any_process(), self.owner.clone());
        let (preview, path) =
            (format!("{}/purchases/preview", self.workspace), format!("{}{path}", self.workspace));
        let name = format!("at its price: POST {path} {body}");
        self.note(name.clone());
        let (mut change, mut body) = (body.clone(), body.clone());
        change["kind"] = json!(kind);
        let run = tokio::spawn(async move {
            let shown = process.call(&owner, "POST", &preview, json!({ "change": change })).await;
            if shown.status.is_success() {
                let shown = shown.json;
                body["agreed"] =
                    json!({ "dueNow": shown["dueNow"], "prorationDate": shown["prorationDate"] });
            }
            let reply = process.call(&owner, "POST", &path, body).await;
            format!("{} {}", reply.status.as_u16(), reply.code())
        });
        self.actors.push((name, run));
    }

    /// A run of the background functions.
    pub fn sweep(&mut self, checks: bool) {
        let process = self.any_process();
        self.note(if checks { "reconcile and sweep" } else { "sweep" });
        let run = tokio::spawn(async move {
            if checks {
                background::reconcile_billing(&process.service).await;
            }
            background::sweep_tasks(&process.service).await.to_string()
        });
        self.actors.push(("sweep".to_owned(), run));
    }

    /// A webhook arrives, is doubled or is lost, in any order.
    pub async fn webhook(&mut self) {
        self.stub.tick().await;
        let waiting = self.deliveries.lock().expect("webhooks").len();
        if waiting == 0 {
            return;
        }
        let (index, fate) = (self.below(waiting), self.below(8));
        let delivery = {
            let mut deliveries = self.deliveries.lock().expect("webhooks");
            if fate == 0 { deliveries[index].clone() } else { deliveries.swap_remove(index) }
        };
        if fate == 1 {
            self.note("a webhook is lost");
            return;
        }
        let process = self.any_process();
        self.note("a webhook");
        let run = tokio::spawn(async move {
            let request = Request::post("/v1/stripe/webhook")
                .header("stripe-signature", delivery.signature)
                .body(delivery.body.into_bytes());
            process.send_as(None, request.expect("a request")).await.status.to_string()
        });
        self.actors.push(("webhook".to_owned(), run));
    }

    /// A process dies with one of its runs.
    pub fn kill(&mut self) {
        if self.actors.is_empty() {
            return;
        }
        let index = self.below(self.actors.len());
        let (name, run) = self.actors.swap_remove(index);
        run.abort();
        self.note(format!("dies: {name}"));
    }

    /// Forgets the runs that have ended; whether some have not.
    pub async fn has_running(&mut self) -> bool {
        let mut running = Vec::new();
        for (name, run) in std::mem::take(&mut self.actors) {
            if run.is_finished() {
                let outcome = run.await.unwrap_or_else(|error| format!("{error}"));
                assert!(!outcome.contains("panicked"), "{}: {name}: {outcome}", self.seed);
                self.log.push(format!("  {name} = {outcome}"));
            } else {
                running.push((name, run));
            }
        }
        self.actors = running;
        !self.actors.is_empty()
    }

    /// Time passes. No request is on its way to Stripe for longer than a minute.
    pub fn later(&mut self, by: SignedDuration) {
        let waiting = self.turnstile.waiting().into_iter();
        for (number, _) in waiting.filter(|(_, name)| name.starts_with("→ POST /v1/")) {
            self.turnstile.decide(number, Verdict::Passes);
        }
        self.note(format!("{by:?} pass"));
        self.deployment.clock.advance(by);
    }

    /// A person does something at Stripe, if it can be done.
    pub fn act(&mut self, act: StubAct) {
        let told = format!("{act:?}");
        if self.stub.act(act).is_ok() {
            self.note(told);
        }
    }

    pub fn account(&self) -> AccountView {
        self.stub.account()
    }

    /// A random card.
    pub fn card(&mut self) -> Card {
        match self.below(4) {
            0 => Card::IsDeclined,
            1 => Card::AsksForAuthentication,
            _ => Card::Works,
        }
    }

    pub fn workspace_id(&self) -> seatwise_domain::WorkspaceId {
        id_of(&self.workspace)
    }
}

fn process(deployment: &Deployment, table: &str, stripe: &str) -> Process {
    let store = Store::new(patient(&engine::client(table)), deployment.table());
    let key = ApiKeys(vec![SecretKey::new(STRIPE_KEY)]);
    let stripe = StripeAccess {
        api: Some(StripeApi::new(Secret::here(key), Some(stripe.to_owned()))),
        webhook: Some(Secret::here(WebhookSecrets(vec![WebhookSecret::new(WEBHOOK_SECRET)]))),
        live: false,
    };
    deployment.start(ServiceParts { stripe, ..deployment.parts(store) })
}

/// A body that buys seats.
pub fn seats(tier: &str, quantity: usize) -> Value {
    json!({ "tier": tier, "quantity": quantity })
}
