use std::collections::BTreeMap;

use super::*;

fn pack() -> Pack {
    crate::billing::prices::named("purchased-seats").unwrap()
}

fn planned(steps: Vec<Step>, left: &[&str]) -> PricePlan {
    PricePlan { steps, kept: BTreeMap::new(), left: left.iter().map(ToString::to_string).collect() }
}

#[test]
fn the_account_and_its_money_are_named() {
    let create = Step::CreateProduct { id: "purchased-seats.x".to_owned(), name: "X".to_owned() };
    let mut pack = pack();
    pack.billing.provider = BillingProvider::Stripe;
    assert_eq!(
        plan(&pack, &planned(vec![create], &[]), true),
        "purchased-seats at Stripe, with a live key:\n  + product purchased-seats.x “X”\n"
    );
    assert!(question(true).contains("real money") && question(false).contains("test account"));
}

#[test]
fn nothing_to_do_is_said_with_notes() {
    let mut pack = pack();
    pack.billing.provider = BillingProvider::Manual;
    assert_eq!(
        plan(&pack, &planned(Vec::new(), &["purchased-seats.old"]), false),
        "purchased-seats at Stripe, with a test key:\n  nothing to do\n\
         note: the pack no longer has purchased-seats.old; it stays as it is\n\
         note: the pack does not sell through Stripe: its `billing.provider` is `manual`\n"
    );
}

#[test]
fn money_has_the_digits_of_its_currency() {
    for (amount, currency, shown) in [
        (1900, "eur", "19.00 EUR"),
        (5, "usd", "0.05 USD"),
        (0, "eur", "0.00 EUR"),
        (-150, "eur", "-1.50 EUR"),
        (900, "jpy", "900 JPY"),
        (1500, "kwd", "1.500 KWD"),
    ] {
        assert_eq!(money(amount, currency), shown);
    }
}

#[test]
fn the_time_of_a_price_is_in_words() {
    use seatwise_stripe::Interval;
    let each = |interval, interval_count| Recurring { interval, interval_count };
    assert_eq!(terms(Some(100), "eur", None), "1.00 EUR once");
    assert_eq!(terms(Some(100), "eur", Some(&each(Interval::Year, 1))), "1.00 EUR each year");
    assert_eq!(terms(None, "eur", Some(&each(Interval::Day, 30))), "a computed amount each 30 days");
}

#[test]
fn a_price_that_stays_open_is_the_operators_to_close() {
    let close = Step::ClosePrice { id: "price_1".to_owned(), product: "x.y".to_owned() };
    assert!(after_failure(&close).contains("Dashboard"));
    let create = Step::CreateProduct { id: "x.y".to_owned(), name: "Y".to_owned() };
    assert!(after_failure(&create).contains("repeated"));
}
