//! Processes that also send mail, into a mailbox of the test's own. Nothing goes out by itself: a
//! test brings the stream's records, and sweeps.

use std::collections::HashMap;
use std::sync::Arc;

use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::types::AttributeValue;
use seatwise_cli::dev::{DevClock, Mailbox};
use seatwise_functions::{Dns, Keyring, Keys, Service, ServiceParts, Settings, background};
use seatwise_policy::Core;
use seatwise_store::{Meter, Store};
use serde_json::{Value, json};

use super::direct::{Direct, Ground, publishers};

/// Where links lead.
pub const APP_URL: &str = "https://app.example.com";
/// The sender of mails.
pub const MAIL_FROM: &str = "hello@seatwise.example";
/// What tokens are made with.
pub const TOKEN_SECRET: [u8; 32] = [0xA7; 32];

/// What the processes share.
pub struct Post {
    /// Table and time.
    pub stage: Ground,
    /// The mails that went out.
    pub mailbox: Mailbox,
    configuration_set: Option<String>,
}

impl Post {
    /// An empty table, and an empty mailbox.
    pub async fn new() -> Self {
        Self::over(Ground::new().await).await
    }

    /// The same, over a table that was made already.
    pub async fn over(stage: Ground) -> Self {
        let (mailbox, _) = Mailbox::start(None, DevClock::new()).await.expect("a mailbox");
        Self { stage, mailbox, configuration_set: None }
    }

    /// With an SES configuration set.
    pub fn with_configuration_set(self, name: &str) -> Self {
        Self { configuration_set: Some(name.to_owned()), ..self }
    }

    /// A new process.
    pub fn process(&self) -> Direct {
        self.process_over(self.stage.store())
    }

    /// A new process with a client of its own.
    pub fn process_behind(&self, client: Client) -> Direct {
        self.process_over(Store::new(client, self.stage.table()))
    }

    /// A new process, and what all its requests together cost.
    pub fn metered(&self) -> (Direct, Arc<Meter>) {
        let (store, meter) = self.stage.store().metered();
        (self.process_over(store), meter)
    }

    fn process_over(&self, store: Store) -> Direct {
        let clock = self.stage.clock.clone();
        let now = clock.clone();
        let service = Service::new(ServiceParts {
            dns: Dns::nowhere(),
            store,
            ses: self.mailbox.client().clone(),
            clock: Arc::new(move || now.now()),
            settings: Settings {
                app_url: APP_URL.to_owned(),
                mail_from: MAIL_FROM.to_owned(),
                mail_configuration_set: self.configuration_set.clone(),
            },
            link_keys: Keys::here(Keyring::of(1, TOKEN_SECRET)),
            policy_keys: Keys::here(publishers()),
            core: Core::current(),
        });
        Direct { service, clock }
    }

    /// The records that the stream brings for the mails that wait: oldest first.
    pub async fn records(&self) -> Vec<Value> {
        let scan = self.stage.engine.client().scan().table_name(self.stage.table()).consistent_read(true);
        let items = scan.into_paginator().items().send().collect::<Result<Vec<_>, _>>().await;
        let of_outbox = |item: &HashMap<String, AttributeValue>| {
            item["pk"].as_s().is_ok_and(|pk| pk.starts_with("OUTBOX#"))
        };
        let mut items: Vec<_> = items.expect("a scan").into_iter().filter(of_outbox).collect();
        items.sort_by_key(|item| item["sk"].as_s().cloned().ok());
        let sequence = |index: usize| format!("{}", 111_000_000_000_000_000_000_000_u128 + index as u128);
        items.iter().enumerate().map(|(index, item)| record(item, &sequence(index))).collect()
    }
}

/// Brings records of the stream to a process; its answer.
pub async fn deliver(process: &Direct, records: &[Value]) -> Value {
    background::run_tasks(&process.service, &json!({ "Records": records })).await
}

/// Runs the scheduled function; how many mails it was about.
pub async fn sweep(process: &Direct) -> usize {
    background::sweep_tasks(&process.service).await
}

/// What the table's stream brings for a new item:
/// <https://docs.aws.amazon.com/lambda/latest/dg/with-ddb-create-package.html>.
fn record(item: &HashMap<String, AttributeValue>, sequence: &str) -> Value {
    let image: Value = item.iter().map(|(name, value)| (name.clone(), attribute(value))).collect();
    json!({
        "eventID": "c4ca4238a0b923820dcc509a6f75849b",
        "eventName": "INSERT",
        "eventVersion": "1.1",
        "eventSource": "aws:dynamodb",
        "awsRegion": "eu-central-1",
        "eventSourceARN": "arn:aws:dynamodb:eu-central-1:123456789012:table/seatwise/stream/2026-01-05T09:00:00.000",
        "dynamodb": {
            "ApproximateCreationDateTime": 1_767_607_200,
            "Keys": { "pk": image["pk"], "sk": image["sk"] },
            "NewImage": image,
            "SequenceNumber": sequence,
            "SizeBytes": 300,
            "StreamViewType": "NEW_IMAGE",
        },
    })
}

fn attribute(value: &AttributeValue) -> Value {
    match value {
        AttributeValue::S(text) => json!({ "S": text }),
        AttributeValue::N(number) => json!({ "N": number }),
        other => panic!("an attribute that no mail has: {other:?}"),
    }
}
