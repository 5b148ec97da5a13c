//! The price that a client names with a purchase: the one that a person was shown.

use jiff::Timestamp;
use seatwise_domain::Money;
use seatwise_domain::rules::billing::AgreedPrice;
use serde::Deserialize;
use utoipa::ToSchema;

use super::change::AskedChange;
use crate::wire::time;

/// The price that a preview has shown, as the preview names it. If the purchase costs something else, or if the preview
/// has expired, nothing is bought: `price_changed`. On a page of Stripe, the customer agrees to the price there.
#[derive(Clone, Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
#[schema(as = AgreedPrice)]
pub struct AgreedFields {
    /// The amount that was shown as due at once.
    #[schema(value_type = DueFields)]
    due_now: DueFields,
    /// The `prorationDate` of the preview.
    #[schema(value_type = String, format = DateTime, max_length = 40)]
    #[serde(deserialize_with = "time")]
    proration_date: Timestamp,
}

/// The amount that a preview has shown as `dueNow`.
#[derive(Clone, Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = AgreedAmount)]
pub struct DueFields {
    /// The amount in the minor unit of the currency.
    #[schema(value_type = u64, minimum = 0, maximum = 4_294_967_295_u64)]
    amount: u32,
    /// The ISO 4217 code of the currency.
    #[schema(value_type = String, pattern = "^[A-Z]{3}$", example = "EUR")]
    currency: CurrencyCode,
}

/// A text that can be a code of ISO 4217.
#[derive(Clone, Debug, Deserialize)]
#[serde(try_from = "String")]
struct CurrencyCode(String);

impl TryFrom<String> for CurrencyCode {
    type Error = &'static str;
    fn try_from(text: String) -> Result<Self, Self::Error> {
        let is_code = text.len() == 3 && text.bytes().all(|byte| byte.is_ascii_uppercase());
        if is_code { Ok(Self(text)) } else { Err("must be an ISO 4217 code, as in EUR") }
    }
}

/// A change that a client asks for, and the price that was agreed to.
pub struct AskedPurchase {
    /// The change.
    pub change: AskedChange,
    /// The price; `None`: any.
    pub agreed: Option<AgreedPrice>,
}

impl AskedChange {
    /// The change at the price that the client names.
    pub fn at_price(self, agreed: Option<&AgreedFields>) -> AskedPurchase {
        let price = |agreed: &AgreedFields| AgreedPrice {
            due: Money {
                amount: i64::from(agreed.due_now.amount),
                currency: agreed.due_now.currency.0.clone(),
            },
            at: agreed.proration_date,
        };
        AskedPurchase { change: self, agreed: agreed.map(price) }
    }
}
