//! An account at one moment, as a request, a person or the passing of time changes it.

use serde_json::Value;

use crate::error::ApiError;
use crate::state::{Account, Event, EventRequest};

pub(crate) struct World<'a> {
    pub(crate) account: &'a mut Account,
    /// Seconds since the epoch.
    pub(crate) now: i64,
    pub(crate) public_url: &'a str,
    /// Whether somebody listens to webhooks.
    pub(crate) has_endpoint: bool,
    pub(crate) request: Option<EventRequest>,
}

impl World<'_> {
    pub(crate) fn id(&mut self, prefix: &str) -> String {
        self.account.ids.next(prefix)
    }

    pub(crate) fn emit(&mut self, kind: &str, object: Value) {
        let event = Event {
            id: self.id("evt_"),
            created: self.now,
            kind: kind.to_owned(),
            object,
            request: self.request.clone(),
            next_try: self.has_endpoint.then_some(self.now),
            tries: 0,
        };
        self.account.events.add(event);
    }

    pub(crate) fn emit_customer(&mut self, kind: &str, id: &str) -> Result<(), ApiError> {
        let object = self.account.customers.get(id)?.json();
        self.emit(kind, object);
        Ok(())
    }

    pub(crate) fn emit_subscription(&mut self, kind: &str, id: &str) -> Result<(), ApiError> {
        let object = self.account.subscriptions.get(id)?.json(self.account);
        self.emit(&format!("customer.subscription.{kind}"), object);
        Ok(())
    }

    pub(crate) fn emit_invoice(&mut self, kind: &str, id: &str) -> Result<(), ApiError> {
        let object = self.account.invoices.get(id)?.json(self.account, self.public_url);
        self.emit(&format!("invoice.{kind}"), object);
        Ok(())
    }

    pub(crate) fn emit_session(&mut self, kind: &str, id: &str) -> Result<(), ApiError> {
        let object = self.account.sessions.get(id)?.json(self.account, self.public_url);
        self.emit(&format!("checkout.session.{kind}"), object);
        Ok(())
    }
}
