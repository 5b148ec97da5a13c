//! Prices: what one of a product costs in one currency.

use serde::Deserialize;
use serde_json::{Value, json};

use crate::answer::null_is_empty;
use crate::list::Listed;
use crate::words::words;
use crate::{Client, IdempotencyKey, Metadata, StripeError};

/// Stripe looks up no more at once.
const LOOKUPS: usize = 10;

words! {
    /// The unit of the time that a price pays for.
    Interval { Day = "day", Week = "week", Month = "month", Year = "year", }
}

/// The time that a price pays for.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub struct Recurring {
    /// Its unit.
    pub interval: Interval,
    /// How many of it.
    pub interval_count: u64,
}

/// A price. Its amount never changes: another amount is another price.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub struct Price {
    /// Its id.
    pub id: String,
    /// It can be bought.
    pub active: bool,
    /// The name that we gave it.
    #[serde(default)]
    pub lookup_key: Option<String>,
    /// What one costs, in the smallest unit of the currency; none if Stripe computes it otherwise.
    #[serde(default)]
    pub unit_amount: Option<i64>,
    /// Its currency.
    pub currency: String,
    /// What it is the price of.
    pub product: String,
    /// The time that it pays for; none for what is bought once.
    #[serde(default)]
    pub recurring: Option<Recurring>,
    /// What we noted.
    #[serde(default, deserialize_with = "null_is_empty")]
    pub metadata: Metadata,
}

impl Listed for Price {
    fn id(&self) -> &str {
        &self.id
    }
}

/// A price that Stripe shall have.
#[derive(Clone, Debug)]
pub struct NewPrice<'a> {
    /// What it is the price of.
    pub product: &'a str,
    /// The name by which we find it. A price that has the name now loses it.
    pub lookup_key: &'a str,
    /// Its currency.
    pub currency: &'a str,
    /// What one costs, in the smallest unit of the currency.
    pub unit_amount: i64,
    /// The time that it pays for; none for what is bought once.
    pub recurring: Option<Recurring>,
    /// What to note.
    pub metadata: &'a Metadata,
}

impl Client {
    /// Reads the prices with those names, also those that cannot be bought any more. A name that no
    /// price has is passed over.
    pub async fn prices(&self, lookup_keys: &[&str]) -> Result<Vec<Price>, StripeError> {
        let mut all = Vec::new();
        for some in lookup_keys.chunks(LOOKUPS) {
            let page = self.list(&["prices"], &json!({"lookup_keys": some}), some.len()).await?;
            all.extend(page.data);
        }
        Ok(all)
    }

    /// Creates a price.
    pub async fn create_price(&self, new: &NewPrice<'_>, key: &IdempotencyKey) -> Result<Price, StripeError> {
        self.post(&["prices"], &new.parameters(), key).await
    }

    /// Opens a price for buying, or closes it. Those who pay it already go on.
    pub async fn set_price_active(
        &self,
        id: &str,
        active: bool,
        key: &IdempotencyKey,
    ) -> Result<Price, StripeError> {
        self.post(&["prices", id], &json!({"active": active}), key).await
    }
}

impl NewPrice<'_> {
    fn parameters(&self) -> Value {
        let recurring = self
            .recurring
            .as_ref()
            .map(|time| json!({"interval": time.interval.as_str(), "interval_count": time.interval_count}));
        json!({
            "product": self.product,
            "lookup_key": self.lookup_key,
            "transfer_lookup_key": true,
            "currency": self.currency,
            "unit_amount": self.unit_amount,
            "recurring": recurring,
            "metadata": self.metadata,
        })
    }
}
