//! Prices that a version changes so much that it could be a slip of the finger. Pure.

use iso_currency::Currency;
use seatwise_domain::Pack;
use seatwise_domain::pack::{ItemKind, Money};

/// A price that changes by more than half, up or down, or gets another currency.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PriceChange {
    /// The id of what is sold.
    pub name: String,
    /// What is sold, in words.
    pub what: &'static str,
    /// The price before.
    pub before: Money,
    /// The price after.
    pub after: Money,
}

/// The large changes of prices between two versions, in the order of the new one.
pub fn large_price_changes(before: &Pack, after: &Pack) -> Vec<PriceChange> {
    let items = after.items();
    let changes = items.iter().filter_map(|item| {
        let was = before.item(&item.id()).filter(|was| was.kind == item.kind)?;
        is_large(was.price, item.price).then(|| PriceChange {
            name: item.name.to_owned(),
            what: what(item.kind),
            before: was.price.clone(),
            after: item.price.clone(),
        })
    });
    changes.collect()
}

fn is_large(before: &Money, after: &Money) -> bool {
    let difference = before.amount.abs_diff(after.amount);
    before.currency != after.currency || difference.saturating_mul(2) > before.amount.unsigned_abs()
}

fn what(kind: ItemKind) -> &'static str {
    match kind {
        ItemKind::Tier => "tier",
        ItemKind::AddOn => "add-on",
        ItemKind::Plan => "plan",
        ItemKind::Extra => "allowance",
        ItemKind::Credits => "package",
    }
}

/// The amount as people write it: `29.00 EUR`.
pub fn written(money: &Money) -> String {
    let Money { amount, currency } = money;
    let digits = Currency::from_code(currency).and_then(Currency::exponent).unwrap_or(0);
    let unit = 10_u64.pow(digits.into());
    let (sign, amount) = (if *amount < 0 { "-" } else { "" }, amount.unsigned_abs());
    match digits {
        0 => format!("{sign}{amount} {currency}"),
        _ => format!(
            "{sign}{}.{:0width$} {currency}",
            amount / unit,
            amount % unit,
            width = usize::from(digits)
        ),
    }
}

#[cfg(test)]
mod tests {
    use seatwise_policy::{Bundle, packs};

    use super::*;

    fn pack(name: &str, edits: &[(&str, &str)]) -> Pack {
        let mut files = packs::files(name).unwrap();
        let text = files.get_mut("product.toml").unwrap();
        for (from, to) in edits {
            assert!(text.contains(from), "{from}");
            *text = text.replace(from, to);
        }
        Bundle::compile(&files).unwrap().pack().clone()
    }

    #[test]
    fn a_price_that_changes_by_more_than_half_is_noticed() {
        let before = pack("purchased-seats", &[]);
        for (amount, is_noticed) in
            [("290", true), ("1449", true), ("1450", false), ("4350", false), ("4351", true), ("29000", true)]
        {
            let after = pack("purchased-seats", &[("amount = 2900", &format!("amount = {amount}"))]);
            let changes = large_price_changes(&before, &after);
            assert_eq!(!changes.is_empty(), is_noticed, "{amount}: {changes:?}");
            assert!(changes.iter().all(|change| (change.name.as_str(), change.what) == ("pro", "tier")));
        }
        assert_eq!(large_price_changes(&before, &before), []);
    }

    #[test]
    fn another_currency_and_the_end_of_a_gift_are_noticed() {
        let before = pack("flat-owners", &[("amount = 900,", "amount = 0,")]);
        let paid = pack("flat-owners", &[]);
        let names = |changes: Vec<PriceChange>| changes.into_iter().map(|it| it.name).collect::<Vec<_>>();
        assert_eq!(names(large_price_changes(&before, &paid)), ["credits-100"]);
        let dollars = pack("flat-owners", &[("EUR", "USD")]);
        assert_eq!(names(large_price_changes(&paid, &dollars)), ["pro", "credits-100", "credits-1000"]);
    }

    #[test]
    fn an_amount_is_written_in_the_units_of_its_currency() {
        for (amount, currency, expected) in [
            (2900, "EUR", "29.00 EUR"),
            (5, "USD", "0.05 USD"),
            (2900, "JPY", "2900 JPY"),
            (2900, "KWD", "2.900 KWD"),
            (-150, "EUR", "-1.50 EUR"),
        ] {
            assert_eq!(written(&Money { amount, currency: currency.to_owned() }), expected);
        }
    }
}
