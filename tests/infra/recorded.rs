//! The service with its calls recorded.

use std::collections::HashMap;
use std::sync::{Arc, Mutex};

use aws_sdk_dynamodb::types::AttributeValue;
use futures::FutureExt as _;
use lambda_http::Body;
use seatwise_cli::dev::DevClock;
use seatwise_cli::dev::Mailbox;
use seatwise_cli::infra;
use seatwise_functions::{
    Dns, Keyring, Keys, Row, Service, ServiceParts, Settings, background, handle, operations,
};
use seatwise_policy::Core;
use seatwise_store::Store;
use serde_json::{Value, json};

use super::recorder::Recorder;
use crate::support::app::{text, token_of};
use crate::support::direct::{Ground, PUBLISHER_SEED, Somebody, event, publishers, somebody};
use crate::support::secrets::Secrets;

/// The DNS text records that the service finds.
pub type Records = Arc<Mutex<HashMap<String, Vec<String>>>>;

/// The service, with its calls recorded.
pub struct Recorded {
    pub ground: Ground,
    service: Arc<Service>,
    recorder: Recorder,
    pub records: Records,
}

/// Starts each function: it reads the policies, and the keys that it needs.
pub async fn start_all(ground: &Ground, recorder: &Recorder) {
    let (mailbox, _) = Mailbox::start(None, DevClock::new()).await.expect("a mailbox");
    let secrets = secrets().await;
    let operations = operations::all().iter().map(|row| (row.name, row.links));
    let background = background::all().iter().filter(|function| function.needs_policies);
    let background = background.map(|function| (function.name, function.needs_links));
    for (name, links) in operations.chain(background) {
        recorder.runs(name);
        service(ground, &mailbox, &secrets, recorder, &Records::default()).warm_up(links).await;
    }
}

impl Recorded {
    pub async fn over(ground: Ground, recorder: &Recorder) -> Self {
        let (mailbox, _) = Mailbox::start(None, DevClock::new()).await.expect("a mailbox");
        let records = Records::default();
        recorder.runs("nobody");
        let service = service(&ground, &mailbox, &secrets().await, recorder, &records);
        // All functions share the policies, which are read once.
        service.warm_up(true).await;
        Self { ground, service, recorder: recorder.clone(), records }
    }

    /// Sends a request to the function of its route, with an `Idempotency-Key` if the operation accepts one.
    pub async fn call(&self, who: &Somebody, method: &str, path: &str, body: Value) -> Value {
        self.call_as(who, method, path, body, json!({})).await
    }

    /// Sends a request with a binary body, in base64.
    pub async fn send(&self, who: &Somebody, method: &str, path: &str, body: &str) -> Value {
        let (row, mut event) = event(who, method, path, &Value::Null, None, self.ground.clock.now());
        event["body"] = body.into();
        event["isBase64Encoded"] = true.into();
        self.run(row, &event).await
    }

    /// Sends a request with more claims in the token.
    pub async fn call_as(
        &self,
        who: &Somebody,
        method: &str,
        path: &str,
        body: Value,
        claims: Value,
    ) -> Value {
        let key = format!("key-{:032x}", rand::random::<u128>());
        let now = self.ground.clock.now();
        let (row, _) = event(who, method, path, &Value::Null, None, now);
        let key = row.idempotent.then_some(key.as_str());
        let (_, mut event) = event(who, method, path, &body, key, now);
        for (name, value) in claims.as_object().into_iter().flatten() {
            event["requestContext"]["authorizer"]["jwt"]["claims"][name] = value.clone();
        }
        self.run(row, &event).await
    }

    pub async fn run(&self, row: &'static Row, event: &Value) -> Value {
        let request = lambda_http::request::from_str(&event.to_string()).expect("a request");
        self.recorder.runs(row.name);
        let response = handle(&self.service, row, request).await;
        let answer = match response.body() {
            Body::Text(text) => text.clone(),
            _ => String::new(),
        };
        assert_eq!(response.status(), row.status, "{}: {answer}", row.name);
        serde_json::from_str(&answer).unwrap_or(Value::Null)
    }

    pub async fn post(&self, who: &Somebody, path: &str, body: Value) -> Value {
        self.call(who, "POST", path, body).await
    }

    pub async fn get(&self, who: &Somebody, path: &str) -> Value {
        self.call(who, "GET", path, Value::Null).await
    }

    /// Sends the stream's event for all waiting mails, which contains keys only.
    pub async fn deliver(&self) {
        let scan = self.ground.engine.client().scan().table_name(self.ground.table()).consistent_read(true);
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
        let answer = background::run_tasks(&self.service, &event).await;
        assert_eq!(answer["batchItemFailures"], json!([]));
    }

    pub async fn sweep(&self) -> usize {
        self.recorder.runs("sweep-tasks");
        background::sweep_tasks(&self.service).await
    }

    pub async fn verify_domains(&self) -> usize {
        self.recorder.runs("verify-domains");
        background::verify_domains(&self.service).await
    }

    /// Runs the deletion until nothing is left.
    pub async fn delete_workspaces(&self) {
        self.recorder.runs("delete-workspaces");
        assert_ne!(background::delete_workspaces(&self.service).await, 0, "nothing was deleted");
        assert_eq!(background::delete_workspaces(&self.service).await, 0, "something is left");
    }

    /// Puts a workspace on a plan, as an operator.
    pub async fn put_on(&self, plan: &str, workspace: &str) {
        let id = workspace.rsplit('/').next().expect("an id").parse().expect("an id");
        infra::set_plan(&self.ground.store(), id, plan).await.expect("a plan of the product");
    }

    pub async fn workspace(&self, owner: &Somebody) -> String {
        let made = self.post(owner, "/v1/workspaces", json!({ "name": "Acme" })).await;
        format!("/v1/workspaces/{}", text(&made["id"]))
    }

    pub async fn buy(&self, owner: &Somebody, workspace: &str, quantity: u32) -> Vec<String> {
        let body = json!({ "tier": "pro", "quantity": quantity });
        let bought = self.post(owner, &format!("{workspace}/seats"), body).await;
        bought["items"].as_array().expect("seats").iter().map(|seat| text(&seat["id"])).collect()
    }

    pub async fn invite(&self, owner: &Somebody, workspace: &str, body: Value) -> Value {
        let invited = self.post(owner, &format!("{workspace}/invitations"), body).await;
        invited["items"][0]["invitation"].clone()
    }

    /// Adds a member, with a seat that is bought for them.
    pub async fn member(&self, owner: &Somebody, workspace: &str, name: &str) -> Somebody {
        self.buy(owner, workspace, 1).await;
        self.joiner(owner, workspace, name).await
    }

    /// Adds a member by an invitation.
    pub async fn joiner(&self, owner: &Somebody, workspace: &str, name: &str) -> Somebody {
        let person = somebody(name);
        let invitation = self.invite(owner, workspace, json!({ "emails": [person.email] })).await;
        let url = text(&invitation["url"]);
        self.post(&person, "/v1/join", json!({ "token": token_of(&url) })).await;
        person
    }
}

/// The secrets of a stack.
pub async fn secrets() -> Secrets {
    let links = Keyring::of(1, [7; 32]);
    let signing = Keyring::of(1, PUBLISHER_SEED);
    Secrets::start([("link-keys", links), ("signing-keys", signing), ("policy-keys", publishers())]).await
}

fn service(
    ground: &Ground,
    mailbox: &Mailbox,
    secrets: &Secrets,
    recorder: &Recorder,
    records: &Records,
) -> Arc<Service> {
    let Ground { engine, clock, .. } = ground;
    let table = engine.client().config().to_builder().interceptor(recorder.clone()).build();
    let ses = mailbox.client().config().to_builder().interceptor(recorder.clone()).build();
    let secrets = secrets.client().config().to_builder().interceptor(recorder.clone()).build();
    let secrets = aws_sdk_secretsmanager::Client::from_conf(secrets);
    let (clock, records) = (clock.clone(), records.clone());
    let look_up = move |name: String| {
        let texts = records.lock().expect("records").get(&name).cloned();
        async move { Ok(texts.unwrap_or_default()) }.boxed()
    };
    Service::new(ServiceParts {
        dns: Dns::new(look_up),
        store: Store::new(aws_sdk_dynamodb::Client::from_conf(table), ground.table()),
        ses: aws_sdk_sesv2::Client::from_conf(ses),
        clock: Arc::new(move || clock.now()),
        settings: Settings {
            app_url: "https://app.example.com".to_owned(),
            mail_from: "no-reply@example.com".to_owned(),
            mail_configuration_set: None,
        },
        link_keys: Keys::in_secrets_manager(secrets.clone(), "link-keys".to_owned()),
        policy_keys: Keys::in_secrets_manager(secrets, "policy-keys".to_owned()),
        core: Core::current(),
    })
}
