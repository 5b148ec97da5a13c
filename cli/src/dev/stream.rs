//! The table's stream on one machine, for the functions that are started by sort keys: notes the keys of items as the
//! functions write them. It forgets what it has noted when the server stops.
//!
//! It also notes whether a request has left work for the background functions.

use std::cell::Cell;
use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};

use aws_sdk_dynamodb::config::interceptors::BeforeSerializationInterceptorContextRef;
use aws_sdk_dynamodb::config::{ConfigBag, Intercept, RuntimeComponents};
use aws_sdk_dynamodb::error::BoxError;
use aws_sdk_dynamodb::operation::transact_write_items::TransactWriteItemsInput;
use aws_sdk_dynamodb::types::Put;
use seatwise_store::{EVENT_PREFIX, is_for_background};
use serde_json::{Value, json};

tokio::task_local! {
    /// Whether the running task has written something that waits for a background function.
    static LEFT_WORK: Cell<bool>;
}

/// Runs this; also says whether it has written something that waits for a background function.
pub(super) async fn noting_work<T>(run: impl Future<Output = T>) -> (T, bool) {
    let noted = async {
        let output = run.await;
        (output, LEFT_WORK.with(Cell::get))
    };
    LEFT_WORK.scope(Cell::new(false), noted).await
}

/// The noted keys: the last sort key of each partition with new events. Clones share them.
#[derive(Clone, Debug, Default)]
pub(super) struct LocalStream(Arc<Mutex<BTreeMap<String, String>>>);

impl LocalStream {
    /// The noted keys as the stream's event, which are then forgotten; nothing, if no key was noted.
    pub(super) fn take(&self) -> Option<Value> {
        let noted = std::mem::take(&mut *self.0.lock().unwrap_or_else(PoisonError::into_inner));
        let record = |(index, (pk, sk)): (usize, (String, String))| {
            json!({
                "eventName": "INSERT",
                "dynamodb": { "Keys": { "pk": { "S": pk }, "sk": { "S": sk } }, "SequenceNumber": index.to_string() },
            })
        };
        let records: Vec<Value> = noted.into_iter().enumerate().map(record).collect();
        (!records.is_empty()).then(|| json!({ "Records": records }))
    }
}

impl Intercept for LocalStream {
    fn name(&self) -> &'static str {
        "local stream"
    }

    fn read_before_serialization(
        &self,
        context: &BeforeSerializationInterceptorContextRef<'_>,
        _: &RuntimeComponents,
        _: &mut ConfigBag,
    ) -> Result<(), BoxError> {
        let Some(transaction) = context.input().downcast_ref::<TransactWriteItemsInput>() else {
            return Ok(());
        };
        for item in transaction.transact_items() {
            let written = item.put().map(Put::item).or_else(|| Some(item.update()?.key()));
            let part = |name: &str| written?.get(name)?.as_s().ok();
            let (Some(pk), Some(sk)) = (part("pk"), part("sk")) else { continue };
            if item.put().is_some() && sk.starts_with(EVENT_PREFIX) {
                self.0.lock().unwrap_or_else(PoisonError::into_inner).insert(pk.clone(), sk.clone());
            }
            if is_for_background(pk) {
                // Only requests ask for it.
                let _ = LEFT_WORK.try_with(|left| left.set(true));
            }
        }
        Ok(())
    }
}
