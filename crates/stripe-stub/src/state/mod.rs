//! What one Stripe account holds.

mod catalog;
mod customer;
mod event;
mod invoice;
mod invoice_json;
mod payment;
mod portal;
mod session;
mod subscription;

pub(crate) use catalog::{Price, Product, Recurring};
pub(crate) use customer::{Customer, PaymentMethod};
pub(crate) use event::{API_VERSION, Event, EventRequest};
pub(crate) use invoice::{Invoice, InvoiceStatus, Line, LineItem, Period};
pub(crate) use payment::{Charge, Intent, IntentStatus, Refund};
pub(crate) use portal::{Configuration, Features, Flow, PortalSession};
pub(crate) use session::{Mode, Session, SessionLine, SessionStatus};
pub(crate) use subscription::{Item, PendingUpdate, Status, Subscription};

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};

use crate::error::ApiError;
use crate::idempotency::StoredReply;

/// All objects of an account, oldest first.
#[derive(Default, Serialize, Deserialize)]
pub(crate) struct Account {
    pub(crate) ids: Ids,
    pub(crate) customers: Table<Customer>,
    pub(crate) products: Table<Product>,
    pub(crate) prices: Table<Price>,
    pub(crate) subscriptions: Table<Subscription>,
    pub(crate) invoices: Table<Invoice>,
    pub(crate) intents: Table<Intent>,
    pub(crate) charges: Table<Charge>,
    pub(crate) refunds: Table<Refund>,
    pub(crate) sessions: Table<Session>,
    pub(crate) configurations: Table<Configuration>,
    pub(crate) portals: Table<PortalSession>,
    pub(crate) events: Table<Event>,
    pub(crate) replies: BTreeMap<String, StoredReply>,
}

/// An object of the API.
pub(crate) trait Object {
    /// The name that an error gives it.
    const KIND: &'static str;

    fn id(&self) -> &str;

    fn created(&self) -> i64;
}

macro_rules! object {
    ($type:ty, $kind:literal) => {
        impl crate::state::Object for $type {
            const KIND: &'static str = $kind;

            fn id(&self) -> &str {
                &self.id
            }

            fn created(&self) -> i64 {
                self.created
            }
        }
    };
}
use object;

/// Objects of one kind, oldest first.
#[derive(Serialize, Deserialize)]
pub(crate) struct Table<T>(Vec<T>);

impl<T> Default for Table<T> {
    fn default() -> Self {
        Self(Vec::new())
    }
}

impl<T: Object> Table<T> {
    pub(crate) fn all(&self) -> &[T] {
        &self.0
    }

    pub(crate) fn all_mut(&mut self) -> &mut [T] {
        &mut self.0
    }

    pub(crate) fn add(&mut self, object: T) {
        self.0.push(object);
    }

    pub(crate) fn find(&self, id: &str) -> Option<&T> {
        self.0.iter().rev().find(|object| object.id() == id)
    }

    pub(crate) fn get(&self, id: &str) -> Result<&T, ApiError> {
        self.find(id).ok_or_else(|| ApiError::missing(T::KIND, id))
    }

    pub(crate) fn get_mut(&mut self, id: &str) -> Result<&mut T, ApiError> {
        let found = self.0.iter_mut().rev().find(|object| object.id() == id);
        found.ok_or_else(|| ApiError::missing(T::KIND, id))
    }
}

/// Makes ids. The same seed makes the same ids.
#[derive(Default, Serialize, Deserialize)]
pub(crate) struct Ids {
    pub(crate) seed: u64,
    issued: u64,
}

impl Ids {
    pub(crate) fn next(&mut self, prefix: &str) -> String {
        const ALPHABET: &[u8; 62] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";
        self.issued += 1;
        let hash =
            Sha256::new().chain_update(self.seed.to_be_bytes()).chain_update(self.issued.to_be_bytes());
        let tail = hash.finalize().into_iter().take(24);
        prefix.chars().chain(tail.map(|byte| char::from(ALPHABET[usize::from(byte) % 62]))).collect()
    }
}

impl Account {
    /// The price with this id or lookup key.
    pub(crate) fn price_named(&self, name: &str) -> Result<&Price, ApiError> {
        let by_key = |price: &&Price| price.lookup_key.as_deref() == Some(name);
        self.prices.all().iter().find(by_key).map_or_else(|| self.prices.get(name), Ok)
    }

    /// The subscriptions of a customer that have not ended.
    pub(crate) fn live_subscriptions(&self, customer: &str) -> impl Iterator<Item = &Subscription> {
        let customer = customer.to_owned();
        self.subscriptions.all().iter().filter(move |entry| entry.customer == customer && entry.is_live())
    }
}

/// A list inside an object.
pub(crate) fn list(data: &[Value], url: &str) -> Value {
    json!({ "object": "list", "data": data, "has_more": false, "url": url })
}
