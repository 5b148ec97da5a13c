//! The sealing of logs: a test brings the stream's records of events, runs the scheduled function, and verifies.

use std::collections::HashMap;

use aws_sdk_dynamodb::types::AttributeValue;
use seatwise_cli::audit::verify_log;
use seatwise_cli::dev::roles::run_as;
use seatwise_domain::EventLog;
use seatwise_functions::{Keyring, background};
use seatwise_seal::{ExpectedDigest, LogReport, SealingKey};
use serde_json::{Value, json};

use super::deployment::Deployment;
use super::process::Process;

/// The secret half of the key that signs digests.
pub const SEAL_SEED: [u8; 32] = [0x3C; 32];

/// The public half of the key that signs digests.
pub fn seal_keys() -> Keyring {
    let key = SealingKey::new(1, &SEAL_SEED).expect("a key");
    Keyring::of(1, key.public().expect("its other half"))
}

/// The record that the stream brings for an item, which has the keys only.
pub fn record_of_keys(pk: &str, sk: &str, sequence: usize) -> Value {
    let keys = json!({ "pk": { "S": pk }, "sk": { "S": sk } });
    json!({ "eventName": "INSERT", "dynamodb": { "Keys": keys, "SequenceNumber": sequence.to_string() } })
}

/// Brings records of the stream to a process; its answer.
pub async fn note_events(process: &Process, records: &[Value]) -> Value {
    let event = json!({ "Records": records });
    run_as("note-events", background::note_events(&process.service, &event)).await
}

/// Runs the scheduled function that seals logs; the number of digests that it wrote.
pub async fn seal_logs(process: &Process) -> usize {
    run_as("seal-logs", background::seal_logs(&process.service)).await
}

impl Deployment {
    /// The stream's records of all events in the table.
    pub async fn event_records(&self) -> Vec<Value> {
        let dump = self.dump().await;
        let keys = dump.items.keys().filter(|(_, sk)| sk.starts_with("EVENT#"));
        keys.enumerate().map(|(index, (pk, sk))| record_of_keys(pk, sk, index)).collect()
    }

    /// Notes all events, and seals what is complete; the number of digests.
    pub async fn seal(&self) -> usize {
        let process = self.process();
        let answer = note_events(&process, &self.event_records().await).await;
        assert_eq!(answer["batchItemFailures"], json!([]));
        seal_logs(&process).await
    }

    /// Verifies a log.
    pub async fn verify(&self, log: EventLog) -> LogReport {
        self.verify_against(log, None).await
    }

    /// Verifies a log that must have this digest.
    pub async fn verify_against(&self, log: EventLog, expected: Option<&ExpectedDigest>) -> LogReport {
        let clock = || self.clock.now();
        let report = verify_log(&self.store(), log, &seal_keys(), expected, &clock).await;
        report.expect("read").expect("the log is there")
    }

    /// Seals what is complete, and verifies all logs; the number of events that are as they were sealed.
    pub async fn seal_and_verify(&self) -> usize {
        self.seal().await;
        let mut unchanged = 0;
        for log in self.store().logs().await.expect("read") {
            let clock = || self.clock.now();
            let report = verify_log(&self.store(), log, &seal_keys(), None, &clock).await.expect("read");
            // The log of a deleted workspace goes with it.
            let Some(report) = report else { continue };
            assert_eq!(report.faults, [], "{log}");
            unchanged += report.unchanged;
        }
        unchanged
    }

    /// All items of a partition whose sort keys begin so, in their order.
    pub async fn items_of(&self, pk: &str, prefix: &str) -> Vec<HashMap<String, AttributeValue>> {
        let text = |text: &str| AttributeValue::S(text.to_owned());
        let query = self.engine.client().query().table_name(self.table()).consistent_read(true);
        let query = query.key_condition_expression("pk = :pk AND begins_with(sk, :prefix)");
        let query = query.expression_attribute_values(":pk", text(pk));
        let query = query.expression_attribute_values(":prefix", text(prefix));
        query.into_paginator().items().send().collect::<Result<_, _>>().await.expect("a query")
    }

    /// Writes an item past the store.
    pub async fn put_item(&self, item: &HashMap<String, AttributeValue>) {
        let put = self.engine.client().put_item().table_name(self.table()).set_item(Some(item.clone()));
        put.send().await.expect("written");
    }

    /// Deletes an item past the store.
    pub async fn delete_item(&self, item: &HashMap<String, AttributeValue>) {
        let delete = self.engine.client().delete_item().table_name(self.table());
        let delete = delete.key("pk", item["pk"].clone()).key("sk", item["sk"].clone());
        delete.send().await.expect("deleted");
    }
}
