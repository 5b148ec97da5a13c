//! `sweep-outbox`: on a schedule. Delivers what the stream did not: mails whose try failed and
//! whose wait is over, and those whose sender died (K19).

use std::sync::Arc;

use seatwise_domain::mail::{Mail, OUTBOX_SHARDS};
use seatwise_store::{Load, Page, Query};
use serde_json::{Value, json};

use super::deliver_mail;
use crate::service::Service;

/// Most mails of one partition in one sweep; the next sweep goes on.
const MOST: u32 = 100;

/// Delivers every mail that is due. Answers how many there were.
pub async fn sweep_outbox(service: &Arc<Service>) -> usize {
    let queries: Vec<Query> =
        (0..OUTBOX_SHARDS).map(|shard| Query::Outbox(shard, Page { limit: MOST, after: None })).collect();
    let load = queries.iter().cloned().fold(Load::new(), Load::query);
    let loaded = match service.store.load(&load).await {
        Ok(loaded) => loaded,
        Err(error) => {
            tracing::error!(error = &error as &dyn std::error::Error, "the outbox could not be read");
            return 0;
        }
    };
    let now = service.now();
    let mails = queries.iter().flat_map(|query| loaded.list::<Mail>(query)).map(|stored| stored.value);
    let records: Vec<Value> = mails.filter(|mail| mail.due_at <= now).map(|mail| as_record(&mail)).collect();
    // The same event as the stream brings, so that there is one way to deliver.
    deliver_mail(service, &json!({ "Records": records })).await;
    records.len()
}

fn as_record(mail: &Mail) -> Value {
    json!({
        "eventName": "INSERT",
        "dynamodb": {
            "Keys": {
                "pk": { "S": format!("OUTBOX#{}", mail.shard()) },
                "sk": { "S": format!("MAIL#{}", mail.id) },
            },
            "SequenceNumber": mail.id.to_string(),
        },
    })
}
