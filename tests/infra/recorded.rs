//! The service with its calls recorded.

use std::collections::HashMap;
use std::sync::{Arc, Mutex};

use aws_sdk_dynamodb::types::AttributeValue;
use futures::FutureExt as _;
use http::Request;
use jiff::{SignedDuration, Timestamp};
use seatwise_functions::payments::{StripeAccess, StripeApi};
use seatwise_functions::{
    Dns, Keyring, Keys, Secret, ServiceParts, StripeUse, background, handle, operations,
};
use seatwise_store::Store;
use seatwise_stripe_stub::Stub;
use serde_json::{Value, json};

use super::payments::SYNCHRONISE;
use super::recorder::Recorder;
use crate::support::built_in_stripe::{BuiltInStripe, STRIPE_KEY, WEBHOOK_SECRET};
use crate::support::client::Client;
use crate::support::deployment::{Deployment, TOKEN_SECRET};
use crate::support::person::Person;
use crate::support::process::{Process, event_of};
use crate::support::publishing::{PUBLISHER_SEED, publishers};
use crate::support::reply::Reply;
use crate::support::sealing::SEAL_SEED;
use crate::support::secrets::Secrets;

/// The DNS text records that the service finds.
pub type Records = Arc<Mutex<HashMap<String, Vec<String>>>>;

/// The service, with its calls recorded.
#[derive(Clone)]
pub struct Recorded {
    pub deployment: Deployment,
    process: Process,
    recorder: Recorder,
    pub records: Records,
    /// The built-in Stripe, if purchases are paid there.
    stripe: Option<Arc<BuiltInStripe>>,
}

/// Starts each function: it reads the policies, and the keys that it needs.
pub async fn start_all(deployment: &Deployment, recorder: &Recorder) {
    let secrets = secrets().await;
    let operations = operations::all().iter().map(|row| (row.name, true, row.links, row.stripe));
    let background = background::all()
        .iter()
        .map(|function| (function.name, function.needs_policies, function.needs_links, function.stripe()));
    for (name, policies, links, stripe) in operations.chain(background) {
        recorder.runs(name);
        let service = process(deployment, &secrets, recorder, (&Records::default(), None)).service;
        if policies {
            service.warm_up(links).await;
        }
        service.warm_up_stripe(stripe).await;
    }
}

/// Whatever may have an `Idempotency-Key` has one.
impl Client for Recorded {
    async fn send_as(&self, who: Option<&Person>, request: Request<Vec<u8>>) -> Reply {
        let (row, mut event) = event_of(who, request, self.now());
        if row.idempotent {
            event["headers"]["idempotency-key"] = format!("key-{:032x}", rand::random::<u128>()).into();
        }
        let request = lambda_http::request::from_str(&event.to_string()).expect("a request");
        self.recorder.runs(row.name);
        let (parts, body) = handle(&self.process.service, row, request).await.into_parts();
        Reply::of(parts, &body)
    }

    async fn sign_in(&self, email: &str) -> Person {
        Person::new(email)
    }

    /// The operator's changes are not recorded.
    fn store(&self) -> Store {
        self.deployment.store()
    }

    fn now(&self) -> Timestamp {
        self.deployment.clock.now()
    }
}

impl Recorded {
    pub async fn over(deployment: Deployment, recorder: &Recorder) -> Self {
        Self::with(deployment, recorder, None).await
    }

    /// The same, where purchases are paid at the built-in Stripe.
    pub async fn over_with_stripe(deployment: Deployment, recorder: &Recorder) -> Self {
        let stripe = BuiltInStripe::start(&deployment, 1, |api| api).await;
        Self::with(deployment, recorder, Some(stripe)).await
    }

    async fn with(deployment: Deployment, recorder: &Recorder, stripe: Option<BuiltInStripe>) -> Self {
        let records = Records::default();
        recorder.runs("nobody");
        let url = stripe.as_ref().map(|stripe| stripe.url.as_str());
        let process = process(&deployment, &secrets().await, recorder, (&records, url));
        // All functions share the policies, which are read once.
        process.service.warm_up(true).await;
        process.service.warm_up_stripe(StripeUse::Pays).await;
        process.service.warm_up_stripe(StripeUse::Webhook).await;
        let stripe = stripe.map(Arc::new);
        Self { deployment, process, recorder: recorder.clone(), records, stripe }
    }

    /// Sends a request to the function of its route; the answer, which must be a success.
    pub async fn run(&self, who: &Person, method: &str, path: &str, body: Value) -> Value {
        let reply = self.call(who, method, path, body).await;
        assert!(reply.status.is_success(), "{method} {path}: {}", reply.text);
        reply.json
    }

    /// Sends the stream's event for all waiting mails, which contains keys only.
    pub async fn deliver(&self) {
        let scan =
            self.deployment.engine.client().scan().table_name(self.deployment.table()).consistent_read(true);
        let items = scan.into_paginator().items().send().collect::<Result<Vec<_>, _>>().await;
        let key = |item: &HashMap<String, AttributeValue>, name: &str| json!({ "S": item[name].as_s().ok() });
        let keys = items.expect("a scan").into_iter().filter_map(|item| {
            let is_mail = item["pk"].as_s().is_ok_and(|pk| pk.starts_with("OUTBOX#"));
            is_mail.then(|| json!({ "pk": key(&item, "pk"), "sk": key(&item, "sk") }))
        });
        let record =
            |keys| json!({ "eventName": "INSERT", "dynamodb": { "Keys": keys, "SequenceNumber": "1" } });
        let event = json!({ "Records": keys.map(record).collect::<Vec<_>>() });
        assert_ne!(event["Records"], json!([]), "no mail waits");
        self.recorder.runs("run-tasks");
        let answer = background::run_tasks(&self.process.service, &event).await;
        assert_eq!(answer["batchItemFailures"], json!([]));
    }

    /// The built-in Stripe.
    pub fn stub(&self) -> &Stub {
        self.stripe.as_ref().map(|stripe| &stripe.stub).expect("purchases are paid at Stripe")
    }

    /// The webhooks that Stripe has sent arrive.
    pub async fn take_webhooks(&self) {
        self.stub().tick().await;
        let deliveries = self.stripe.as_ref().map(|stripe| stripe.take_deliveries()).unwrap_or_default();
        for delivery in deliveries {
            // The event is signed as it was written.
            let request = Request::post("/v1/stripe/webhook")
                .header("content-type", "application/json")
                .header("stripe-signature", delivery.signature)
                .body(delivery.body.into_bytes());
            let sent = self.send_as(None, request.expect("a request")).await;
            assert!(sent.status.is_success(), "{}", sent.text);
        }
    }

    /// Synchronises each workspace that is due.
    pub async fn synchronise(&self) {
        self.recorder.runs(SYNCHRONISE);
        background::sweep_tasks(&self.process.service).await;
    }

    /// Time passes.
    pub fn pass_minutes(&self, minutes: i64) {
        self.deployment.clock.advance(SignedDuration::from_mins(minutes));
    }

    /// Runs the deletion once. What waits for Stripe stays.
    pub async fn start_deletion(&self) {
        self.recorder.runs("delete-workspaces");
        background::delete_workspaces(&self.process.service).await;
    }

    pub async fn reconcile_billing(&self) -> usize {
        self.recorder.runs("reconcile-billing");
        background::reconcile_billing(&self.process.service).await
    }

    pub async fn sweep(&self) -> usize {
        self.recorder.runs("sweep-tasks");
        background::sweep_tasks(&self.process.service).await
    }

    /// The stream brings all events, and what is complete is sealed.
    pub async fn seal(&self) -> usize {
        let event = json!({ "Records": self.deployment.event_records().await });
        self.recorder.runs("note-events");
        let answer = background::note_events(&self.process.service, &event).await;
        assert_eq!(answer["batchItemFailures"], json!([]));
        self.recorder.runs("seal-logs");
        background::seal_logs(&self.process.service).await
    }

    pub async fn verify_domains(&self) -> usize {
        self.recorder.runs("verify-domains");
        background::verify_domains(&self.process.service).await
    }

    /// Runs the deletion until nothing is left.
    pub async fn delete_workspaces(&self) {
        self.recorder.runs("delete-workspaces");
        assert_ne!(background::delete_workspaces(&self.process.service).await, 0, "nothing was deleted");
        assert_eq!(background::delete_workspaces(&self.process.service).await, 0, "something is left");
    }
}

/// The secrets of a stack.
pub async fn secrets() -> Secrets {
    let links = Keyring::of(1, TOKEN_SECRET);
    let signing = Keyring::of(1, PUBLISHER_SEED);
    let seals = Keyring::of(1, SEAL_SEED);
    let keyrings = [
        ("link-keys", links),
        ("signing-keys", signing),
        ("policy-keys", publishers()),
        ("seal-keys", seals),
    ];
    let secrets = Secrets::start(keyrings).await;
    secrets.put("stripe-keys", &json!([STRIPE_KEY]).to_string());
    secrets.put("stripe-webhook-secrets", &json!([WEBHOOK_SECRET]).to_string());
    secrets
}

fn process(
    deployment: &Deployment,
    secrets: &Secrets,
    recorder: &Recorder,
    (records, stripe): (&Records, Option<&str>),
) -> Process {
    let table = deployment.engine.client().config().to_builder().interceptor(recorder.clone()).build();
    let ses = deployment.mailbox.client().config().to_builder().interceptor(recorder.clone()).build();
    let secrets = secrets.client().config().to_builder().interceptor(recorder.clone()).build();
    let secrets = aws_sdk_secretsmanager::Client::from_conf(secrets);
    let records = records.clone();
    let look_up = move |name: String| {
        let texts = records.lock().expect("records").get(&name).cloned();
        async move { Ok(texts.unwrap_or_default()) }.boxed()
    };
    let store = Store::new(aws_sdk_dynamodb::Client::from_conf(table), deployment.table());
    let keys = Secret::in_secrets_manager(secrets.clone(), "stripe-keys".to_owned());
    let webhook = Secret::in_secrets_manager(secrets.clone(), "stripe-webhook-secrets".to_owned());
    // Without a Stripe, nothing listens there.
    let url = stripe.unwrap_or("http://127.0.0.1:9").to_owned();
    deployment.start(ServiceParts {
        dns: Dns::new(look_up),
        ses: aws_sdk_sesv2::Client::from_conf(ses),
        link_keys: Keys::in_secrets_manager(secrets.clone(), "link-keys".to_owned()),
        policy_keys: Keys::in_secrets_manager(secrets.clone(), "policy-keys".to_owned()),
        seal_keys: Keys::in_secrets_manager(secrets, "seal-keys".to_owned()),
        stripe: StripeAccess {
            api: Some(StripeApi::new(keys, Some(url))),
            webhook: Some(webhook),
            live: false,
        },
        ..deployment.parts(store)
    })
}
