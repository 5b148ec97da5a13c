//! What the items that renew cost in a billing period (S15).

use crate::model::{PurchaseLine, Quantities};
use crate::pack::{Money, Pack};

/// The lines of what renews, in the order of the pack.
pub fn lines(pack: &Pack, quantities: &Quantities) -> Vec<PurchaseLine> {
    let line = |item: crate::pack::PricedItem<'_>| {
        let quantity = *quantities.get(&item.id())?;
        Some(PurchaseLine { item: item.id(), quantity, unit_price: item.price.clone() })
    };
    pack.items().into_iter().filter_map(line).collect()
}

/// The price of one billing period.
pub fn total(pack: &Pack, quantities: &Quantities) -> Money {
    let prices = lines(pack, quantities).into_iter();
    let amounts = prices.map(|line| line.unit_price.amount.saturating_mul(i64::from(line.quantity)));
    pack.money(amounts.fold(0, i64::saturating_add))
}
