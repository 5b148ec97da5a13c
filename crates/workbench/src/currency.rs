//! The currency that was probably meant.

use iso_currency::Currency;

use crate::suggestion::near;

/// The most currencies that are suggested.
const MOST: usize = 3;

/// The codes that are near a wrong one, or whose currency has this name.
pub(crate) fn suggestion(wrong: &str) -> String {
    let is_money = |it: &Currency| !it.is_special() && !it.is_fund() && it.is_superseded().is_none();
    let all: Vec<Currency> = codes().filter(is_money).collect();
    let named = all.iter().filter(|currency| is_in_name(**currency, wrong)).map(Currency::code);
    let mut found: Vec<&str> = named.collect();
    if found.is_empty() {
        found = near(wrong, all.iter().map(Currency::code));
    }
    found.truncate(MOST);
    if found.is_empty() {
        return "a code has three letters, such as `EUR`, `USD` or `GBP`".to_owned();
    }
    let found: Vec<String> = found.iter().map(|code| format!("`{code}`")).collect();
    format!("did you mean {}?", found.join(" or "))
}

fn is_in_name(currency: Currency, word: &str) -> bool {
    currency.name().split_whitespace().any(|part| part.eq_ignore_ascii_case(word))
}

/// All currencies, in the order of their codes.
fn codes() -> impl Iterator<Item = Currency> {
    let letters = || b'A'..=b'Z';
    letters().flat_map(move |a| {
        letters().flat_map(move |b| {
            letters().filter_map(move |c| Currency::from_code(std::str::from_utf8(&[a, b, c]).ok()?))
        })
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_currency_is_suggested_by_its_code_or_its_name() {
        assert_eq!(suggestion("eur"), "did you mean `EUR`?");
        assert_eq!(suggestion("Euro"), "did you mean `EUR`?");
        assert_eq!(suggestion("EURO"), "did you mean `EUR`?");
        assert!(suggestion("USS").contains("`USD`"), "{}", suggestion("USS"));
        assert_eq!(suggestion("money!"), "a code has three letters, such as `EUR`, `USD` or `GBP`");
    }
}
