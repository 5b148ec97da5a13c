//! The pack's items, as Stripe names them: the product `<pack>.<name>` and the price with the lookup key
//! `<pack>.<name>.<currency>`.

use std::collections::BTreeMap;

use seatwise_domain::pack::ItemId;
use seatwise_domain::{Pack, Quantities};
use seatwise_stripe::{Client, ItemChange, StripeError, Subscription, SubscriptionItem};

/// The metadata by which the portal's configuration of a pack is found.
pub const PACK: &str = "seatwise-pack";

/// The id of the product of an item.
pub fn product_id(pack: &Pack, item: &ItemId) -> String {
    format!("{}.{}", pack.name, item.0)
}

/// The lookup key of the price of an item; `None` if the pack has no price for it.
pub fn lookup_key(pack: &Pack, item: &ItemId) -> Option<String> {
    let price = pack.item(item)?.price;
    Some(format!("{}.{}.{}", pack.name, item.0, price.currency.to_lowercase()))
}

/// The item of the pack that an item of a subscription bills. Its product tells, because an earlier price has lost
/// its lookup key.
pub fn item_of(pack: &Pack, item: &SubscriptionItem) -> Option<ItemId> {
    let name = item.price.product.strip_prefix(&pack.name)?.strip_prefix('.')?;
    pack.item(&ItemId(name.to_owned())).map(|item| item.id())
}

/// The ids of the prices of these items.
pub async fn prices_of<'a>(
    client: &Client,
    pack: &Pack,
    items: impl IntoIterator<Item = &'a ItemId>,
) -> Result<BTreeMap<ItemId, String>, StripeError> {
    let mut keys = BTreeMap::new();
    for item in items {
        keys.insert(lookup_key(pack, item).ok_or(StripeError::NotFound)?, item.clone());
    }
    if keys.is_empty() {
        return Ok(BTreeMap::new());
    }
    let wanted: Vec<&str> = keys.keys().map(String::as_str).collect();
    let prices = client.prices(&wanted).await?;
    let found: BTreeMap<ItemId, String> = prices
        .into_iter()
        .filter(|price| price.active)
        .filter_map(|price| Some((keys.get(price.lookup_key.as_deref()?)?.clone(), price.id)))
        .collect();
    match keys.iter().find(|(_, item)| !found.contains_key(*item)) {
        None => Ok(found),
        Some((missing, _)) => {
            tracing::error!(
                lookup_key = missing.as_str(),
                sync_failures = 1,
                "Stripe has no such price: run `seatwise billing prices`"
            );
            Err(StripeError::NotFound)
        }
    }
}

/// The id of the price of an item.
pub async fn price_of(client: &Client, pack: &Pack, item: &str) -> Result<String, StripeError> {
    let item = ItemId(item.to_owned());
    prices_of(client, pack, [&item]).await?.remove(&item).ok_or(StripeError::NotFound)
}

/// A change of one item of a subscription.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum OwnedChange {
    /// A price that has no item yet.
    New(String, u64),
    /// The quantity of an item.
    Set(String, u64),
    /// The item goes.
    Remove(String),
}

impl OwnedChange {
    /// The change, as the client takes it.
    pub fn borrow(&self) -> ItemChange<'_> {
        match self {
            Self::New(price, quantity) => ItemChange::New { price, quantity: *quantity },
            Self::Set(item, quantity) => ItemChange::Set { item, quantity: *quantity },
            Self::Remove(item) => ItemChange::Remove { item },
        }
    }
}

/// What becomes of an item without units.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum WithoutUnits {
    /// It goes.
    Removed,
    /// It stays, with the quantity 0: Stripe removes nothing in a charge.
    Kept,
}

/// The changes that bring the subscription's items of the pack to these quantities. Items that are not the pack's
/// stay as they are.
pub async fn item_changes(
    client: &Client,
    pack: &Pack,
    subscription: &Subscription,
    after: &Quantities,
    without_units: WithoutUnits,
) -> Result<Vec<OwnedChange>, StripeError> {
    let mut changes = Vec::new();
    let mut missing = after.clone();
    for item in &subscription.items.data {
        let Some(id) = item_of(pack, item) else { continue };
        let quantity = u64::from(missing.remove(&id).unwrap_or(0));
        if item.quantity == quantity && quantity > 0 {
            continue;
        }
        match without_units {
            WithoutUnits::Removed if quantity == 0 => changes.push(OwnedChange::Remove(item.id.clone())),
            WithoutUnits::Kept if quantity == item.quantity => {}
            _ => changes.push(OwnedChange::Set(item.id.clone(), quantity)),
        }
    }
    missing.retain(|_, quantity| *quantity > 0);
    let prices = prices_of(client, pack, missing.keys()).await?;
    for (id, quantity) in missing {
        let price = prices.get(&id).ok_or(StripeError::NotFound)?;
        changes.push(OwnedChange::New(price.clone(), u64::from(quantity)));
    }
    Ok(changes)
}

/// The configuration of the portal for this pack, if `seatwise billing prices` has made one.
pub async fn portal_configuration(client: &Client, pack: &Pack) -> Result<Option<String>, StripeError> {
    let all = client.portal_configurations(100).await?.data;
    let ours = all.into_iter().find(|one| one.active && one.metadata.get(PACK) == Some(&pack.name));
    Ok(ours.map(|one| one.id))
}
