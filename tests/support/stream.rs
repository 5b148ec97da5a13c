//! The table's stream and the schedules: a test brings the records, or runs a scheduled function.

use std::collections::HashMap;

use aws_sdk_dynamodb::types::AttributeValue;
use seatwise_cli::dev::roles::run_as;
use seatwise_domain::{Change, EarlierMail, Record, Task, TaskKind};
use seatwise_functions::background;
use serde_json::{Value, json};

use super::deployment::Deployment;
use super::process::Process;

impl Deployment {
    /// The records that the stream brings for the mails that wait: oldest first.
    pub async fn records(&self) -> Vec<Value> {
        let scan = self.engine.client().scan().table_name(self.table()).consistent_read(true);
        let items = scan.into_paginator().items().send().collect::<Result<Vec<_>, _>>().await;
        let of_outbox = |item: &HashMap<String, AttributeValue>| {
            item["pk"].as_s().is_ok_and(|pk| pk.starts_with("OUTBOX#"))
        };
        let mut items: Vec<_> = items.expect("a scan").into_iter().filter(of_outbox).collect();
        items.sort_by_key(|item| item["sk"].as_s().cloned().ok());
        let sequence = |index: usize| format!("{}", 111_000_000_000_000_000_000_000_u128 + index as u128);
        items.iter().enumerate().map(|(index, item)| record(item, &sequence(index))).collect()
    }

    /// Writes the mails that wait in the form that the earlier release gave them.
    pub async fn make_mails_earlier(&self) {
        let store = self.store();
        for id in self.dump().await.mails.into_keys() {
            let task = store.get(Task::key(id)).await.expect("read").expect("a task waits");
            let TaskKind::Mail(mail) = task.value.kind else { panic!("{id} is no mail") };
            let (invitation, due_at) = (mail.invitation, task.value.due_at);
            let earlier = EarlierMail { id, invitation, attempts: 0, due_at, trace: None };
            let changes = [
                Change::Delete(Task::key(id).into(), task.version),
                Change::Create(Record::EarlierMail(earlier)),
            ];
            store.commit_without_events(&changes).await.expect("written");
        }
    }
}

/// Brings records of the stream to a process; its answer.
pub async fn deliver(process: &Process, records: &[Value]) -> Value {
    let event = json!({ "Records": records });
    run_as("run-tasks", background::run_tasks(&process.service, &event)).await
}

/// Runs the scheduled function; the number of mails that it tried to send.
pub async fn sweep(process: &Process) -> usize {
    run_as("sweep-tasks", background::sweep_tasks(&process.service)).await
}
/// Runs the scheduled function that removes the contents of deleted workspaces; the number of its steps.
pub async fn delete_workspaces(process: &Process) -> usize {
    run_as("delete-workspaces", background::delete_workspaces(&process.service)).await
}

/// Runs the scheduled function that looks up domains; the number of domains that it verified.
pub async fn verify_domains(process: &Process) -> usize {
    run_as("verify-domains", background::verify_domains(&process.service)).await
}

/// The record that the table's stream brings for a new item:
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
