//! Lists of objects, which Stripe gives by the page.

use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};

use crate::{Client, StripeError};

/// Stripe gives no longer pages.
const PAGE: usize = 100;

/// Objects of one kind.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub struct List<T> {
    /// The objects, as a rule newest first.
    pub data: Vec<T>,
    /// Stripe has more than these.
    #[serde(default)]
    pub has_more: bool,
}

/// An object that the next page can start after.
pub(crate) trait Listed: DeserializeOwned {
    fn id(&self) -> &str;
}

impl Client {
    /// Pages are read until there are no more, or `most` objects are there.
    pub(crate) async fn list<T: Listed>(
        &self,
        path: &[&str],
        filter: &Value,
        most: usize,
    ) -> Result<List<T>, StripeError> {
        let mut all = List { data: Vec::new(), has_more: true };
        while all.has_more && all.data.len() < most {
            let mut query = filter.clone();
            query["limit"] = json!(PAGE.min(most - all.data.len()));
            query["starting_after"] = json!(all.data.last().map(T::id));
            let page: List<T> = self.get(path, &query).await?;
            // An empty page that promises more would never end.
            all.has_more = page.has_more && !page.data.is_empty();
            all.data.extend(page.data);
        }
        Ok(all)
    }
}
