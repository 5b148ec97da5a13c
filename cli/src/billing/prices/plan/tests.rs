use seatwise_domain::TierId;
use seatwise_domain::pack::Money;
use seatwise_stripe::Metadata;

use super::*;

fn money(amount: i64, currency: &str) -> Money {
    Money { amount, currency: currency.to_owned() }
}

/// Two tiers and no add-ons.
fn by_tier() -> Pack {
    let mut pack = crate::billing::prices::named("purchased-seats").unwrap();
    "shop".clone_into(&mut pack.name);
    pack.seats.add_ons.clear();
    pack.seats.tiers.truncate(2);
    pack.billing.credit_packages.clear();
    for (tier, (id, label, amount)) in
        pack.seats.tiers.iter_mut().zip([("basic", "Basic seat", 900), ("pro", "Pro seat", 1900)])
    {
        tier.id = TierId(id.to_owned());
        tier.name = id.parse().unwrap();
        label.clone_into(&mut tier.label);
        tier.price = Some(money(amount, "EUR"));
    }
    for plan in &mut pack.plans {
        plan.price = None;
        plan.allowances.clear();
    }
    pack
}

/// Two plans by the seat that are sold, one that costs nothing, and one of the operator.
fn by_role() -> Pack {
    let mut pack = crate::billing::prices::named("role-seats").unwrap();
    "team".clone_into(&mut pack.name);
    pack.seats.add_ons.clear();
    pack.billing.credit_packages.clear();
    pack.plans.truncate(4);
    for (plan, (id, price, operator_managed)) in pack.plans.iter_mut().zip([
        ("free", None, false),
        ("small", Some(money(500, "USD")), false),
        ("large", Some(money(800, "USD")), false),
        ("enterprise", Some(money(1, "USD")), true),
    ]) {
        id.clone_into(&mut plan.id);
        id.to_uppercase().clone_into(&mut plan.label);
        plan.allowances.clear();
        (plan.price, plan.operator_managed) = (price, operator_managed);
    }
    pack
}

fn product(id: &str, name: &str) -> Product {
    let metadata = Metadata::new();
    Product { id: id.to_owned(), active: true, name: name.to_owned(), metadata }
}

/// The account after the steps.
fn after(mut account: Account, plan: &PricePlan) -> Account {
    let mut prices = plan.kept.clone();
    for (number, step) in plan.steps.iter().enumerate() {
        match step {
            Step::CreateProduct { id, name } => account.products.push(product(id, name)),
            Step::RenameProduct { id, name, .. } => {
                let found = account.products.iter_mut().find(|product| product.id == *id).unwrap();
                found.name.clone_from(name);
            }
            Step::ReopenProduct { id } => {
                account.products.iter_mut().find(|product| product.id == *id).unwrap().active = true;
            }
            Step::CreatePrice { price, .. } => {
                let id = format!("price_{}_{number}", price.amount);
                prices.insert(price.lookup_key.clone(), id.clone());
                for earlier in &mut account.prices {
                    earlier.lookup_key.take_if(|key| *key == price.lookup_key);
                }
                account.prices.push(Price {
                    id,
                    active: true,
                    lookup_key: Some(price.lookup_key.clone()),
                    unit_amount: Some(price.amount),
                    currency: price.currency.clone(),
                    product: price.product.clone(),
                    recurring: price.recurring.clone(),
                    metadata: Metadata::new(),
                });
            }
            Step::ReopenPrice { id, .. } => set_active(&mut account, id, true),
            Step::ClosePrice { id, .. } => set_active(&mut account, id, false),
            Step::SetPortal { id, offer } => {
                let metadata = Metadata::from([(OFFERS.to_owned(), offer.note(&prices).unwrap())]);
                let id = id.clone().unwrap_or_else(|| "bpc_1".to_owned());
                account.portal = Some(PortalConfiguration { id, active: true, is_default: false, metadata });
            }
        }
    }
    account
}

fn set_active(account: &mut Account, id: &str, active: bool) {
    account.prices.iter_mut().find(|price| price.id == id).unwrap().active = active;
}

fn provided(pack: &Pack) -> Account {
    let account = Account::default();
    let first = plan(pack, &account).unwrap();
    after(account, &first)
}

/// The steps, each in a line, as the operator reads them.
fn lines(pack: &Pack, account: &Account) -> Vec<String> {
    plan(pack, account).unwrap().steps.iter().map(crate::billing::prices::render::step).collect()
}

const NO_LINES: [&str; 0] = [];

#[test]
fn an_empty_account_gets_everything() {
    let by_tier = lines(&by_tier(), &Account::default());
    assert_eq!(
        by_tier,
        [
            "+ product shop.basic “Basic seat”",
            "+ price shop.basic.eur: 9.00 EUR each month",
            "+ product shop.pro “Pro seat”",
            "+ price shop.pro.eur: 19.00 EUR each month",
            "+ portal: payment methods, invoices, email, address, tax ids",
        ]
    );
    let by_role = lines(&by_role(), &Account::default());
    assert_eq!(
        by_role,
        [
            "+ product team.small “SMALL”",
            "+ price team.small.usd: 5.00 USD each month",
            "+ product team.large “LARGE”",
            "+ price team.large.usd: 8.00 USD each month",
            "+ product team.enterprise “ENTERPRISE”",
            "+ price team.enterprise.usd: 0.01 USD each month",
            "+ portal: payment methods, invoices, email, address, tax ids, change of plan and seats, cancelling",
        ]
    );
}

#[test]
fn a_second_run_has_nothing_to_do() {
    for pack in [by_tier(), by_role()] {
        assert_eq!(lines(&pack, &provided(&pack)), NO_LINES, "{}", pack.name);
    }
}

#[test]
fn a_pack_that_sells_nothing_needs_nothing() {
    let mut pack = by_tier();
    pack.seats.tiers.iter_mut().for_each(|tier| tier.price = None);
    assert_eq!(lines(&pack, &Account::default()), NO_LINES);
}

/// Its name, the change of the pack, the change of the account, the steps.
type Change<'a> = (&'a str, fn(&mut Pack), fn(&mut Account), &'a [&'a str]);

#[test]
fn each_change_has_its_steps_and_then_rests() {
    let price = "price_900_1";
    let closed = format!("- price {price} of shop.basic: closed; subscriptions keep it");
    let table: [Change<'_>; 7] = [
        (
            "another label",
            |pack| "Seat".clone_into(&mut pack.seats.tiers[0].label),
            |_| {},
            &["~ product shop.basic: “Basic seat” becomes “Seat”"],
        ),
        (
            "another amount",
            |pack| pack.seats.tiers[0].price = Some(money(1000, "EUR")),
            |_| {},
            &["~ price shop.basic.eur: 9.00 EUR each month becomes 10.00 EUR each month", &closed],
        ),
        (
            "another currency",
            |pack| pack.seats.tiers[0].price = Some(money(900, "JPY")),
            |_| {},
            &["+ price shop.basic.jpy: 900 JPY each month"],
        ),
        (
            "a closed product",
            |_| {},
            |account| account.products[0].active = false,
            &["~ product shop.basic: can be bought again"],
        ),
        (
            "a closed price",
            |_| {},
            |account| account.prices[0].active = false,
            &["~ price shop.basic.eur: can be bought again"],
        ),
        (
            "another amount of a closed price",
            |_| {},
            |account| (account.prices[0].active, account.prices[0].unit_amount) = (false, None),
            &["~ price shop.basic.eur: a computed amount each month becomes 9.00 EUR each month"],
        ),
        (
            "a portal that offers something else",
            |_| {},
            |account| account.portal.as_mut().unwrap().metadata.clear(),
            &["~ portal: payment methods, invoices, email, address, tax ids"],
        ),
    ];
    for (name, of_pack, of_account, steps) in table {
        let mut pack = by_tier();
        let mut account = provided(&pack);
        of_pack(&mut pack);
        of_account(&mut account);
        assert_eq!(lines(&pack, &account), steps, "{name}");
        let next = plan(&pack, &account).unwrap();
        assert_eq!(lines(&pack, &after(account, &next)), NO_LINES, "{name}");
    }
}

#[test]
fn a_new_price_is_offered_before_the_earlier_one_is_closed() {
    let mut pack = by_role();
    let account = provided(&pack);
    pack.plans[1].price = Some(money(600, "USD"));
    assert_eq!(
        lines(&pack, &account),
        [
            "~ price team.small.usd: 5.00 USD each month becomes 6.00 USD each month",
            "~ portal: payment methods, invoices, email, address, tax ids, change of plan and seats, cancelling",
            "- price price_500_1 of team.small: closed; subscriptions keep it",
        ]
    );
}

#[test]
fn the_portal_offers_the_plans_that_are_sold_by_the_seat() {
    let offered = PortalOffer::of(&by_role()).unwrap().plans;
    let products: Vec<&str> = offered.iter().map(|plan| plan.product.as_str()).collect();
    assert_eq!(products, ["team.small", "team.large"]);
    let mut pack = by_role();
    pack.plans = vec![pack.plans[1].clone(); 11];
    assert_eq!(plan(&pack, &Account::default()), Err(PlanError::Plans(11)));
}

#[test]
fn what_the_portal_offers_fits_in_metadata() {
    let plan = |number| PortalPlan { product: String::new(), lookup_key: format!("plan-{number}") };
    let offer = PortalOffer { plans: (0..MOST_PLANS).map(plan).collect() };
    let prices = offer.plans.iter().map(|plan| (plan.lookup_key.clone(), "p".repeat(32))).collect();
    assert!(offer.note(&prices).unwrap().len() <= 500);
    assert_eq!(offer.note(&BTreeMap::new()), None);
}

#[test]
fn a_period_is_written_as_stripe_writes_it() {
    for (period, written) in [
        ("P1M", Some((Interval::Month, 1))),
        ("P3M", Some((Interval::Month, 3))),
        ("P12M", Some((Interval::Year, 1))),
        ("P18M", Some((Interval::Month, 18))),
        ("P35M", Some((Interval::Month, 35))),
        ("P3Y", Some((Interval::Year, 3))),
        ("P30D", Some((Interval::Day, 30))),
        ("P1W", Some((Interval::Day, 7))),
        ("P1095D", Some((Interval::Day, 1095))),
        ("P37M", None),
        ("P4Y", None),
        ("P1096D", None),
    ] {
        let written = written.map(|(interval, interval_count)| Recurring { interval, interval_count });
        assert_eq!(recurring(period.to_owned().try_into().unwrap()), written, "{period}");
    }
    let mut pack = by_tier();
    pack.billing.period = "P4Y".to_owned().try_into().unwrap();
    assert_eq!(plan(&pack, &Account::default()), Err(PlanError::Period));
}

#[test]
fn credits_are_paid_once_whatever_the_period() {
    let mut pack = by_tier();
    pack.seats.tiers.clear();
    pack.billing.period = "P4Y".to_owned().try_into().unwrap();
    pack.billing.credit_packages = vec![seatwise_domain::pack::CreditPackage {
        id: "hundred".parse().unwrap(),
        label: "100 credits".to_owned(),
        credits: 100,
        price: money(0, "EUR"),
    }];
    assert_eq!(lines(&pack, &Account::default())[1], "+ price shop.hundred.eur: 0.00 EUR once");
    assert_eq!(lines(&pack, &provided(&pack)), NO_LINES);
}

#[test]
fn what_the_pack_no_longer_has_is_told_and_stays() {
    let pack = by_tier();
    let mut account = provided(&pack);
    let mut closed = product("shop.older", "Older");
    closed.active = false;
    account.products.extend([product("shop.old", "Old"), product("shopping.old", "Of others"), closed]);
    let plan = plan(&pack, &account).unwrap();
    assert_eq!((plan.steps, plan.left), (vec![], vec!["shop.old".to_owned()]));
}

#[test]
fn a_tier_with_another_name_keeps_its_product_and_its_price() {
    let mut pack = by_tier();
    let account = provided(&pack);
    pack.seats.tiers[1].name = "premium".parse().unwrap();
    assert_eq!(lines(&pack, &account), NO_LINES);
    assert_eq!(plan(&pack, &account).unwrap().left, NO_LINES);
}
