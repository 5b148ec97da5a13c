//! Everything that a pack sells, in one list.

use std::collections::BTreeMap;

use super::billing::CreditPackage;
use super::ids::{AddOnId, ItemId, Money, PackageId};
use super::plans::Allowance;
use super::product::Pack;
use super::seats::{AddOn, SeatModel};

/// Something with a price.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PricedItem<'a> {
    /// Its present name in the pack, for people and clients.
    pub name: &'a str,
    /// Its id, for records and the payment provider: of a tier, the name that it was first published with.
    id: &'a str,
    /// The name that people read.
    pub label: &'a str,
    /// The kind of thing.
    pub kind: ItemKind,
    /// The price of one unit: for each billing period, or once for a package of credits.
    pub price: &'a Money,
}

/// The kind of something with a price.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum ItemKind {
    /// A seat of a tier.
    Tier,
    /// A unit of an add-on.
    AddOn,
    /// A plan, or a seat of it where the role decides about the seat.
    Plan,
    /// One more of what a plan includes.
    Extra,
    /// A package of credits.
    Credits,
}

impl ItemKind {
    /// Whether the price is for each billing period.
    pub fn renews(self) -> bool {
        self != Self::Credits
    }
}

impl PricedItem<'_> {
    /// The id of the item.
    pub fn id(&self) -> ItemId {
        ItemId(self.id.to_owned())
    }
}

impl Pack {
    /// Everything with a price, in the order of the pack.
    pub fn items(&self) -> Vec<PricedItem<'_>> {
        let tiers =
            self.seats.tiers.iter().filter(|_| self.seats.model == SeatModel::ByTier).filter_map(|tier| {
                let price = tier.price.as_ref()?;
                Some(PricedItem {
                    name: &tier.name.0,
                    id: &tier.id.0,
                    label: &tier.label,
                    kind: ItemKind::Tier,
                    price,
                })
            });
        let add_ons = self.seats.add_ons.iter().map(|add_on| PricedItem {
            name: &add_on.id.0,
            id: &add_on.id.0,
            label: &add_on.label,
            kind: ItemKind::AddOn,
            price: &add_on.price,
        });
        let plans = self.plans.iter().filter_map(|plan| {
            let price = plan.price.as_ref()?;
            Some(PricedItem { name: &plan.id, id: &plan.id, label: &plan.label, kind: ItemKind::Plan, price })
        });
        // Several plans can have an allowance, at one price.
        let mut allowances = BTreeMap::new();
        let is_sold = |allowance: &&Allowance| allowance.price.is_some();
        for allowance in self.plans.iter().flat_map(|plan| &plan.allowances).filter(is_sold) {
            allowances.entry(&allowance.id).or_insert(allowance);
        }
        let extras = allowances.into_values().filter_map(|allowance| {
            let price = allowance.price.as_ref()?;
            let (id, label) = (&allowance.id.0, &allowance.label);
            Some(PricedItem { name: id, id, label, kind: ItemKind::Extra, price })
        });
        let packages = self.billing.credit_packages.iter().map(|package| PricedItem {
            name: &package.id.0,
            id: &package.id.0,
            label: &package.label,
            kind: ItemKind::Credits,
            price: &package.price,
        });
        tiers.chain(add_ons).chain(plans).chain(extras).chain(packages).collect()
    }

    /// The item with that id, if the pack has a price for it.
    pub fn item(&self, id: &ItemId) -> Option<PricedItem<'_>> {
        self.items().into_iter().find(|item| item.id == id.0)
    }

    /// An amount in the currency of the pack. A pack that sells nothing has none (ISO 4217: `XXX`).
    pub fn money(&self, amount: i64) -> Money {
        let currency = self.items().first().map_or("XXX", |item| &item.price.currency).to_owned();
        Money { amount, currency }
    }

    /// The add-on of that name.
    pub fn add_on(&self, id: &AddOnId) -> Option<&AddOn> {
        self.seats.add_ons.iter().find(|add_on| add_on.id == *id)
    }

    /// The package of credits of that name.
    pub fn credit_package(&self, id: &PackageId) -> Option<&CreditPackage> {
        self.billing.credit_packages.iter().find(|package| package.id == *id)
    }
}
