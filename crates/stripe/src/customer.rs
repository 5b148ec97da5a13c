//! Customers: one for each workspace.

use serde::Deserialize;
use serde_json::json;

use crate::answer::null_is_empty;
use crate::{Client, IdempotencyKey, Metadata, StripeError};

/// A customer as Stripe knows it.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub struct Customer {
    /// Its id.
    pub id: String,
    /// It was deleted and cannot pay any more.
    #[serde(default)]
    pub deleted: bool,
    /// It pays real money.
    #[serde(default)]
    pub livemode: bool,
    /// What we noted.
    #[serde(default, deserialize_with = "null_is_empty")]
    pub metadata: Metadata,
}

/// A customer that Stripe shall know.
#[derive(Clone, Copy, Debug)]
pub struct NewCustomer<'a> {
    /// The workspace that pays, for those who look into Stripe's dashboard.
    pub workspace: &'a str,
    /// The name on invoices.
    pub name: Option<&'a str>,
    /// Where Stripe sends receipts.
    pub email: Option<&'a str>,
}

/// What changes about a customer; what is `None` stays.
#[derive(Clone, Copy, Debug, Default)]
pub struct CustomerChange<'a> {
    /// The name on invoices.
    pub name: Option<&'a str>,
    /// Where Stripe sends receipts.
    pub email: Option<&'a str>,
}

impl Client {
    /// Creates a customer.
    pub async fn create_customer(
        &self,
        new: &NewCustomer<'_>,
        key: &IdempotencyKey,
    ) -> Result<Customer, StripeError> {
        let NewCustomer { workspace, name, email } = new;
        let parameters = json!({"name": name, "email": email, "metadata": {"workspace": workspace}});
        self.post(&["customers"], &parameters, key).await
    }

    /// Reads a customer. One that was deleted is still answered.
    pub async fn customer(&self, id: &str) -> Result<Customer, StripeError> {
        self.get(&["customers", id], &json!({})).await
    }

    /// Changes a customer.
    pub async fn update_customer(
        &self,
        id: &str,
        change: &CustomerChange<'_>,
        key: &IdempotencyKey,
    ) -> Result<Customer, StripeError> {
        let parameters = json!({"name": change.name, "email": change.email});
        self.post(&["customers", id], &parameters, key).await
    }
}
