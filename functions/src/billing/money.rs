//! Amounts of money, as clients see them.

use seatwise_domain::Money;
use serde::Serialize;
use utoipa::ToSchema;

/// An amount of money.
#[derive(Serialize, ToSchema)]
#[schema(as = Money)]
pub struct MoneyView {
    /// The amount in the minor unit of the currency.
    pub amount: i64,
    /// The ISO 4217 code of the currency.
    #[schema(example = "EUR")]
    pub currency: String,
}

impl From<&Money> for MoneyView {
    fn from(money: &Money) -> Self {
        Self { amount: money.amount, currency: money.currency.clone() }
    }
}

impl From<Money> for MoneyView {
    fn from(money: Money) -> Self {
        (&money).into()
    }
}
