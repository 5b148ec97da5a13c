//! Contradictions of prices and of what is sold.

use std::collections::{BTreeMap, BTreeSet};

use iso_currency::Currency;
use jiff::Timestamp;

use super::FaultList;
use crate::pack::billing::BillingProvider;
use crate::pack::ids::{Money, is_identifier};
use crate::pack::product::Pack;

/// The largest price, in the minor unit. Stripe takes no larger amount (API reference, `unit_amount`).
const LARGEST: i64 = 99_999_999;

/// A price and its place in the pack.
struct Priced<'a> {
    key: Vec<String>,
    kind: &'static str,
    name: &'a str,
    price: &'a Money,
}

impl Pack {
    pub(super) fn faults_of_prices(&self, faults: &mut FaultList) {
        let prices = self.prices();
        for Priced { key, name, price, .. } in &prices {
            let key: Vec<&str> = key.iter().map(String::as_str).collect();
            faults.add_of_value(price.amount < 0, &key, || format!("`{name}` has a negative price"));
            faults.add_of_value(price.amount > LARGEST, &key, || {
                format!("`{name}` costs more than {LARGEST}; a price is in the minor unit, such as cents")
            });
            let currency = &price.currency;
            let is_known = Currency::from_code(currency).is_some();
            let own_key: Vec<&str> = key.iter().copied().chain(["currency"]).collect();
            faults.add_of_value(!is_known, &own_key, || {
                format!("`{currency}` is no currency: use an ISO 4217 code such as `EUR`")
            });
            let first = &prices[0].price.currency;
            faults.add(is_known && currency != first, &key, || {
                format!("`{name}` is in {currency}, but other prices are in {first}: use one currency")
            });
        }
        Self::faults_of_names(&prices, faults);
        self.faults_of_first_ids(&prices, faults);
        self.faults_of_billing(faults);
    }

    /// Requests, answers and the payment provider name what is sold by its id alone.
    fn faults_of_names(prices: &[Priced<'_>], faults: &mut FaultList) {
        let mut kinds = BTreeMap::<&str, &str>::new();
        for Priced { key, kind, name, .. } in prices {
            let other = *kinds.entry(name).or_insert(kind);
            let mut key: Vec<&str> = key.iter().map(String::as_str).collect();
            key.pop();
            key.push("id");
            faults.add(other != *kind, &key, || {
                format!(
                    "{kind} `{name}` has the id of the {other} `{name}`: what is sold needs an id of its own"
                )
            });
        }
    }

    /// The payment provider knows a tier by its first id.
    fn faults_of_first_ids(&self, prices: &[Priced<'_>], faults: &mut FaultList) {
        for (index, tier) in self.seats.tiers.iter().enumerate() {
            let other = prices.iter().find(|priced| priced.kind != "tier" && priced.name == tier.id.0);
            let Some(other) = other.filter(|_| tier.id.0 != tier.name.0) else { continue };
            faults.add(true, &["seats", "tier", &index.to_string(), "first-id"], || {
                format!(
                    "{} `{}` has the `first-id` of the tier `{}`: what is sold needs an id of its own",
                    other.kind, other.name, tier.name
                )
            });
        }
    }

    fn faults_of_billing(&self, faults: &mut FaultList) {
        let billing = &self.billing;
        let mut known = BTreeSet::new();
        for (index, package) in billing.credit_packages.iter().enumerate() {
            let at = index.to_string();
            let key = |name| ["billing", "credit-package", at.as_str(), name];
            let is_twice = !known.insert(&package.id);
            faults.add(is_twice || !is_identifier(&package.id.0), &key("id"), || {
                format!(
                    "package `{}`: an id is lower-case letters, digits and hyphens, and there once",
                    package.id
                )
            });
            faults.add_of_value(package.credits == 0, &key("credits"), || {
                format!("package `{}` must have at least 1 credit", package.id)
            });
        }
        let is_online = billing.provider == BillingProvider::Stripe;
        faults.add(is_online && self.items().is_empty(), &["billing", "provider"], || {
            "nothing has a price: leave the provider `manual`, or give prices".into()
        });
        let start = self.plans.iter().find(|plan| plan.id == billing.plan);
        faults.add(is_online && start.is_some_and(|plan| plan.price.is_some()), &["billing", "plan"], || {
            format!(
                "workspaces start on plan `{}`, but it must be paid first: start on a plan without a price",
                billing.plan
            )
        });
        let start = Timestamp::UNIX_EPOCH;
        let is_long = billing.grace.after(start) > billing.period.around(start, start).1;
        faults.add(is_long, &["billing", "grace"], || {
            "`billing.grace` is longer than a billing period: nobody would have to pay".into()
        });
    }

    fn prices(&self) -> Vec<Priced<'_>> {
        let key = |parts: &[&str]| parts.iter().map(ToString::to_string).collect::<Vec<_>>();
        let mut prices = Vec::new();
        for (index, tier) in self.seats.tiers.iter().enumerate() {
            let key = key(&["seats", "tier", &index.to_string(), "price"]);
            prices.extend(tier.price.iter().map(|price| (key.clone(), "tier", tier.name.as_str(), price)));
        }
        for (index, add_on) in self.seats.add_ons.iter().enumerate() {
            let key = key(&["seats", "add-on", &index.to_string(), "price"]);
            prices.push((key, "add-on", add_on.id.as_str(), &add_on.price));
        }
        for (index, plan) in self.plans.iter().enumerate() {
            let at = index.to_string();
            let own = key(&["plan", &at, "price"]);
            prices.extend(plan.price.iter().map(|price| (own.clone(), "plan", plan.id.as_str(), price)));
            for (index, allowance) in plan.allowances.iter().enumerate() {
                let key = key(&["plan", &at, "allowance", &index.to_string(), "price"]);
                let sold = |price| (key.clone(), "allowance", allowance.id.as_str(), price);
                prices.extend(allowance.price.iter().map(sold));
            }
        }
        for (index, package) in self.billing.credit_packages.iter().enumerate() {
            let key = key(&["billing", "credit-package", &index.to_string(), "price"]);
            prices.push((key, "package", package.id.as_str(), &package.price));
        }
        prices.into_iter().map(|(key, kind, name, price)| Priced { key, kind, name, price }).collect()
    }
}
