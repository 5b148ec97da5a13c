//! Products: a tier, an add-on, a plan or a package of credits.

use serde::Deserialize;
use serde_json::json;

use crate::answer::null_is_empty;
use crate::list::Listed;
use crate::{Client, IdempotencyKey, List, Metadata, StripeError};

/// A product.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub struct Product {
    /// The id that we gave it.
    pub id: String,
    /// It can be bought.
    pub active: bool,
    /// The name on invoices.
    pub name: String,
    /// What we noted.
    #[serde(default, deserialize_with = "null_is_empty")]
    pub metadata: Metadata,
}

impl Listed for Product {
    fn id(&self) -> &str {
        &self.id
    }
}

/// A product that Stripe shall have.
#[derive(Clone, Copy, Debug)]
pub struct NewProduct<'a> {
    /// Its id, which is ours to choose.
    pub id: &'a str,
    /// The name on invoices.
    pub name: &'a str,
    /// What to note.
    pub metadata: &'a Metadata,
}

/// What changes about a product; what is `None` stays.
#[derive(Clone, Copy, Debug, Default)]
pub struct ProductChange<'a> {
    /// The name on invoices.
    pub name: Option<&'a str>,
    /// It can be bought.
    pub active: Option<bool>,
    /// What to note beside the rest.
    pub metadata: Option<&'a Metadata>,
}

impl Client {
    /// Reads the products, also those that cannot be bought any more.
    pub async fn products(&self, most: usize) -> Result<List<Product>, StripeError> {
        self.list(&["products"], &json!({}), most).await
    }

    /// Creates a product.
    pub async fn create_product(
        &self,
        new: &NewProduct<'_>,
        key: &IdempotencyKey,
    ) -> Result<Product, StripeError> {
        let parameters = json!({"id": new.id, "name": new.name, "metadata": new.metadata});
        self.post(&["products"], &parameters, key).await
    }

    /// Changes a product.
    pub async fn update_product(
        &self,
        id: &str,
        change: &ProductChange<'_>,
        key: &IdempotencyKey,
    ) -> Result<Product, StripeError> {
        let ProductChange { name, active, metadata } = change;
        let parameters = json!({"name": name, "active": active, "metadata": metadata});
        self.post(&["products", id], &parameters, key).await
    }
}
