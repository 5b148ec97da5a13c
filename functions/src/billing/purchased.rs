//! The answer to a request that buys: what was bought, or the purchase that waits for its payment.

use http::StatusCode;
use seatwise_domain::{BillingChange, Purchase, PurchaseId};
use serde::Serialize;
use utoipa::ToSchema;
use utoipa::openapi::{RefOr, Schema};

use crate::answer::Content;
use crate::output;
use crate::problem::Problem;
use crate::wire::Output;
use crate::wire::schema::Schemas;

/// What was bought, or the purchase that waits for its payment: 202.
pub enum Purchased<T> {
    /// The purchase is granted.
    Granted(T),
    /// The purchase waits.
    Waiting(WaitingPurchase),
}

/// A purchase that waits for its payment. Nothing is granted yet.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct WaitingPurchase {
    /// The id of the purchase; null for a change that the customer confirms at `url`.
    #[schema(required, format = Uuid)]
    pub purchase_id: Option<String>,
    /// The page where the customer pays; null while the saved card is charged.
    #[schema(required, format = "uri")]
    pub checkout_url: Option<String>,
    /// The page where the customer pays or confirms the change. Only `change-plan` answers it.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false, format = "uri")]
    pub url: Option<String>,
}
output!(WaitingPurchase);

impl WaitingPurchase {
    /// A purchase that was begun. The page is not known before Stripe has been asked for it.
    pub fn of(purchase: PurchaseId) -> Self {
        Self { purchase_id: Some(purchase.to_string()), checkout_url: None, url: None }
    }

    /// A purchase that Stripe was asked for. `change-plan` names its page as it names the one of a confirmation.
    pub fn paid_at(purchase: &Purchase) -> Self {
        let checkout_url = purchase.payment.as_ref().and_then(|payment| payment.checkout_url.clone());
        let is_plan = matches!(purchase.change, Some(BillingChange::Plan { .. }));
        let url = checkout_url.clone().filter(|_| is_plan);
        Self { purchase_id: Some(purchase.id.to_string()), checkout_url, url }
    }

    /// A change that the customer confirms on a page of Stripe, which makes the purchase.
    pub fn confirmed_at(url: &str) -> Self {
        Self { purchase_id: None, checkout_url: None, url: Some(url.to_owned()) }
    }
}

impl<T: Output> Output for Purchased<T> {
    const STATUSES: &'static [StatusCode] = &[T::STATUSES[0], StatusCode::ACCEPTED];

    fn status(&self) -> StatusCode {
        match self {
            Self::Granted(granted) => granted.status(),
            Self::Waiting(_) => StatusCode::ACCEPTED,
        }
    }

    fn into_content(self) -> Result<Content, Problem> {
        match self {
            Self::Granted(granted) => granted.into_content(),
            Self::Waiting(waiting) => waiting.into_content(),
        }
    }

    fn schema(schemas: &mut Schemas) -> Option<RefOr<Schema>> {
        T::schema(schemas)
    }

    fn schema_with(_: StatusCode, schemas: &mut Schemas) -> Option<RefOr<Schema>> {
        WaitingPurchase::schema(schemas)
    }
}
