//! Events, with the state of their delivery.

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::object;

/// The version whose objects the stub shows.
pub(crate) const API_VERSION: &str = "2026-08-26.dahlia";

#[derive(Clone, Serialize, Deserialize)]
pub(crate) struct Event {
    pub(crate) id: String,
    pub(crate) created: i64,
    pub(crate) kind: String,
    /// The object as it was then.
    pub(crate) object: Value,
    pub(crate) request: Option<EventRequest>,
    /// When the next delivery is due; `None` once it is delivered or given up.
    pub(crate) next_try: Option<i64>,
    pub(crate) tries: usize,
}

/// The request that caused an event.
#[derive(Clone, Serialize, Deserialize)]
pub(crate) struct EventRequest {
    pub(crate) id: String,
    pub(crate) idempotency_key: Option<String>,
}

object!(Event, "event");

impl Event {
    pub(crate) fn json(&self) -> Value {
        let request = self.request.as_ref();
        json!({
            "id": self.id, "object": "event", "api_version": API_VERSION, "created": self.created,
            "data": { "object": self.object }, "livemode": false,
            "pending_webhooks": usize::from(self.next_try.is_some()),
            "request": {
                "id": request.map(|request| &request.id),
                "idempotency_key": request.and_then(|request| request.idempotency_key.as_ref()),
            },
            "type": self.kind,
        })
    }
}
