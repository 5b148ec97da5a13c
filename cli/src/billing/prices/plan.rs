//! The steps that bring a Stripe account to what a pack sells: what is there and what shall be are compared.

use std::collections::BTreeMap;

use seatwise_domain::Pack;
use seatwise_domain::pack::{BillingPeriod, ItemId, PeriodLength, PricedItem, SeatModel};
use seatwise_functions::payments::items;
use seatwise_stripe::{Interval, PortalConfiguration, Price, Product, Recurring};

/// The metadata of a portal configuration that says what it offers. Stripe's answers are not compared, because a
/// later version of its API may write them otherwise.
pub(super) const OFFERS: &str = "seatwise-offers";
/// The portal offers no more products.
const MOST_PLANS: usize = 10;

/// The part of the Stripe account that is compared with the pack.
#[derive(Default)]
pub(super) struct Account {
    /// All products.
    pub(super) products: Vec<Product>,
    /// The prices with lookup keys of the pack.
    pub(super) prices: Vec<Price>,
    /// The pack's configuration of the portal.
    pub(super) portal: Option<PortalConfiguration>,
}

/// The steps that bring the account to the pack.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct PricePlan {
    /// The steps, in their order.
    pub(super) steps: Vec<Step>,
    /// The ids of the prices that stay, by their lookup keys.
    pub(super) kept: BTreeMap<String, String>,
    /// The products of the pack that can be bought and that the pack no longer has.
    pub(super) left: Vec<String>,
}

/// One change of the account.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Step {
    /// A new product.
    CreateProduct { id: String, name: String },
    /// Another name of a product.
    RenameProduct { id: String, before: String, name: String },
    /// A product that was closed can be bought again.
    ReopenProduct { id: String },
    /// A new price, perhaps in the place of another.
    CreatePrice { price: PackPrice, before: Option<Box<Price>> },
    /// A price that was closed can be bought again.
    ReopenPrice { id: String, lookup_key: String },
    /// A configuration of the portal: a new one, or the one with that id.
    SetPortal { id: Option<String>, offer: PortalOffer },
    /// A price that has lost its place.
    ClosePrice { id: String, product: String },
}

/// A price as the pack has it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct PackPrice {
    pub(super) product: String,
    pub(super) lookup_key: String,
    pub(super) currency: String,
    pub(super) amount: i64,
    pub(super) recurring: Option<Recurring>,
}

/// What the portal offers beside payment methods, invoices and the customer's own data.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct PortalOffer {
    /// The plans that a customer may change to, and the quantity. Empty: no change of the subscription.
    pub(super) plans: Vec<PortalPlan>,
}

/// A plan in the portal.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct PortalPlan {
    pub(super) product: String,
    pub(super) lookup_key: String,
}

/// The reason why Stripe cannot sell the pack.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub(super) enum PlanError {
    /// Stripe has no such period.
    #[error("Stripe bills for at most three years: shorten `billing.period` of the pack")]
    Period,
    /// Stripe's portal cannot offer so many plans.
    #[error(
        "the pack sells {0} plans by the seat, and Stripe's portal offers at most {MOST_PLANS}: remove the price of \
         the others, or make them `operator-managed`"
    )]
    Plans(usize),
}

/// Compares. Each step is safe to stop after: a price is closed only when nothing offers it any more.
pub(super) fn plan(pack: &Pack, account: &Account) -> Result<PricePlan, PlanError> {
    let (mut steps, mut closed, mut kept) = (Vec::new(), Vec::new(), BTreeMap::new());
    for item in pack.items() {
        let Some(price) = PackPrice::of(pack, &item)? else { continue };
        steps.extend(product_steps(&price.product, item.label, &account.products));
        match account.price(&price.lookup_key) {
            Some(found) if price.is(found) => {
                kept.insert(price.lookup_key.clone(), found.id.clone());
                if !found.active {
                    steps.push(Step::ReopenPrice { id: found.id.clone(), lookup_key: price.lookup_key });
                }
            }
            before => {
                let old = before.filter(|before| before.active);
                closed.extend(
                    old.map(|old| Step::ClosePrice { id: old.id.clone(), product: old.product.clone() }),
                );
                steps.push(Step::CreatePrice { price, before: before.cloned().map(Box::new) });
            }
        }
    }
    steps.extend(portal_step(pack, account.portal.as_ref(), &kept)?);
    steps.extend(closed);
    Ok(PricePlan { steps, kept, left: left(pack, &account.products) })
}

impl Account {
    fn price(&self, lookup_key: &str) -> Option<&Price> {
        let mut named = self.prices.iter().filter(|price| price.lookup_key.as_deref() == Some(lookup_key));
        named.clone().find(|price| price.active).or_else(|| named.next())
    }
}

impl PackPrice {
    fn of(pack: &Pack, item: &PricedItem<'_>) -> Result<Option<Self>, PlanError> {
        let Some(lookup_key) = items::lookup_key(pack, &item.id()) else { return Ok(None) };
        let recurring = if item.kind.renews() {
            Some(recurring(pack.billing.period).ok_or(PlanError::Period)?)
        } else {
            None
        };
        Ok(Some(Self {
            product: items::product_id(pack, &item.id()),
            lookup_key,
            currency: item.price.currency.to_lowercase(),
            amount: item.price.amount,
            recurring,
        }))
    }

    fn is(&self, price: &Price) -> bool {
        self.product == price.product
            && self.currency == price.currency
            && Some(self.amount) == price.unit_amount
            && self.recurring == price.recurring
    }
}

/// The period as Stripe writes it; nothing, if it is too long for Stripe.
fn recurring(period: BillingPeriod) -> Option<Recurring> {
    let (interval, interval_count, most) = match period.length() {
        PeriodLength::Months(months) if months % 12 == 0 => (Interval::Year, months / 12, 3),
        PeriodLength::Months(months) => (Interval::Month, months, 36),
        PeriodLength::Days(days) => (Interval::Day, days, 3 * 365),
    };
    (interval_count <= most).then_some(Recurring { interval, interval_count })
}

fn product_steps(id: &str, label: &str, products: &[Product]) -> Vec<Step> {
    let (id, name) = (id.to_owned(), label.to_owned());
    let Some(found) = products.iter().find(|product| product.id == id) else {
        return vec![Step::CreateProduct { id, name }];
    };
    let mut steps = Vec::new();
    if !found.active {
        steps.push(Step::ReopenProduct { id: id.clone() });
    }
    if found.name != name {
        steps.push(Step::RenameProduct { id, before: found.name.clone(), name });
    }
    steps
}

fn portal_step(
    pack: &Pack,
    found: Option<&PortalConfiguration>,
    kept: &BTreeMap<String, String>,
) -> Result<Option<Step>, PlanError> {
    if pack.items().is_empty() {
        return Ok(None);
    }
    let offer = PortalOffer::of(pack)?;
    let (wanted, noted) = (offer.note(kept), found.and_then(|found| found.metadata.get(OFFERS)));
    let is_there = wanted.is_some() && wanted.as_ref() == noted;
    Ok((!is_there).then(|| Step::SetPortal { id: found.map(|found| found.id.clone()), offer }))
}

impl PortalOffer {
    /// Only a subscription with one item can change in the portal, so only plans by the seat are offered there.
    fn of(pack: &Pack) -> Result<Self, PlanError> {
        if pack.seats.model != SeatModel::ByRole {
            return Ok(Self::default());
        }
        let sold = pack.plans.iter().filter(|plan| plan.price.is_some() && !plan.operator_managed);
        let plans: Vec<PortalPlan> = sold
            .filter_map(|plan| {
                let item = ItemId(plan.id.clone());
                let lookup_key = items::lookup_key(pack, &item)?;
                Some(PortalPlan { product: items::product_id(pack, &item), lookup_key })
            })
            .collect();
        if plans.len() > MOST_PLANS { Err(PlanError::Plans(plans.len())) } else { Ok(Self { plans }) }
    }

    /// What the portal offers, in words that Stripe keeps with the configuration; nothing, if a price does not exist
    /// yet.
    pub(super) fn note(&self, prices: &BTreeMap<String, String>) -> Option<String> {
        let mut note = "payment methods, invoices, email, address, tax ids".to_owned();
        if !self.plans.is_empty() {
            note += ", cancelling, plans:";
        }
        for plan in &self.plans {
            note += " ";
            note += prices.get(&plan.lookup_key)?;
        }
        Some(note)
    }
}

fn left(pack: &Pack, products: &[Product]) -> Vec<String> {
    let is_left = |product: &&Product| {
        let name = product.id.strip_prefix(&pack.name).and_then(|rest| rest.strip_prefix('.'));
        product.active && name.is_some_and(|name| pack.item(&ItemId(name.to_owned())).is_none())
    };
    products.iter().filter(is_left).map(|product| product.id.clone()).collect()
}

#[cfg(test)]
mod tests;
