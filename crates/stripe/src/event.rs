//! Events: what Stripe tells of changes.

use std::fmt;

use jiff::Timestamp;
use serde::Deserialize;
use serde_json::{Value, json};

use crate::list::Listed;
use crate::{Client, List, StripeError};

/// An event. It is a hint that something changed: what is true now, only a fresh read tells.
#[derive(Clone, PartialEq, Eq, Deserialize)]
pub struct Event {
    /// Its id.
    pub id: String,
    /// What happened, such as `invoice.paid`.
    #[serde(rename = "type")]
    pub kind: String,
    /// When it happened.
    #[serde(with = "jiff::fmt::serde::timestamp::second::required")]
    pub created: Timestamp,
    /// It is about real money.
    pub livemode: bool,
    data: EventData,
}

#[derive(Clone, PartialEq, Eq, Deserialize)]
struct EventData {
    object: Value,
}

/// The object may hold links and addresses.
impl fmt::Debug for Event {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { id, kind, created, livemode, .. } = self;
        write!(out, "Event({id}, {kind}, {created}, live: {livemode})")
    }
}

impl Listed for Event {
    fn id(&self) -> &str {
        &self.id
    }
}

impl Event {
    /// The object as it was then.
    pub fn object(&self) -> &Value {
        &self.data.object
    }

    /// The customer whom it is about.
    pub fn customer(&self) -> Option<&str> {
        let object = self.object();
        let customer = if object["object"] == "customer" { object } else { &object["customer"] };
        customer.as_str().or_else(|| customer["id"].as_str())
    }
}

/// Which events to read.
#[derive(Clone, Copy, Debug)]
pub struct EventQuery<'a> {
    /// The kinds of events, at most twenty.
    pub kinds: &'a [&'a str],
    /// The first moment.
    pub from: Timestamp,
    /// The moment after the last.
    pub before: Timestamp,
}

impl Client {
    /// Reads events, newest first. Stripe keeps them for thirty days.
    pub async fn events(&self, query: &EventQuery<'_>, most: usize) -> Result<List<Event>, StripeError> {
        let EventQuery { kinds, from, before } = query;
        let created = json!({"gte": from.as_second(), "lt": before.as_second()});
        self.list(&["events"], &json!({"types": kinds, "created": created}), most).await
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn about(object: &Value) -> Event {
        let event = json!({
            "id": "evt_1", "type": "x.y", "created": 1, "livemode": false, "data": {"object": object},
        });
        serde_json::from_value(event).unwrap()
    }

    #[test]
    fn an_event_names_its_customer() {
        assert_eq!(about(&json!({"object": "invoice", "customer": "cus_1"})).customer(), Some("cus_1"));
        assert_eq!(about(&json!({"object": "customer", "id": "cus_1"})).customer(), Some("cus_1"));
        assert_eq!(
            about(&json!({"object": "charge", "customer": {"id": "cus_1"}})).customer(),
            Some("cus_1")
        );
        for nobody in [json!({"object": "charge", "customer": null}), json!({"object": "price"}), json!(1)] {
            assert_eq!(about(&nobody).customer(), None);
        }
    }

    #[test]
    fn an_event_shows_nothing_of_its_object() {
        let event = about(&json!({"object": "customer", "id": "cus_1", "email": "ann@example.com"}));
        assert!(!format!("{event:?}").contains("ann@"));
    }
}
