//! `/v1/products` and `/v1/prices`

use super::Answer;
use crate::error::ApiError;
use crate::form::{Metadata, Params, merge};
use crate::list::Page;
use crate::state::{Price, Product, Recurring};
use crate::world::World;

pub(super) fn create_product(world: &mut World<'_>, mut params: Params) -> Answer {
    let id = params.text("id")?.unwrap_or_else(|| world.id("prod_"));
    if world.account.products.find(&id).is_some() {
        return Err(
            ApiError::invalid(format!("Product already exists: {id}.")).code("resource_already_exists")
        );
    }
    let product = Product {
        id,
        created: world.now,
        updated: world.now,
        active: params.flag("active")?.unwrap_or(true),
        name: params.required("name")?,
        description: params.text("description")?,
        unit_label: params.text("unit_label")?,
        metadata: params.metadata()?,
    };
    params.ignore(&["tax_code", "type"]);
    params.finish()?;
    let value = product.json();
    world.account.products.add(product);
    world.emit("product.created", value.clone());
    Ok(value)
}

pub(super) fn update_product(world: &mut World<'_>, id: &str, mut params: Params) -> Answer {
    let (active, name) = (params.flag("active")?, params.text("name")?);
    let (description, unit_label) = (params.text("description")?, params.text("unit_label")?);
    let metadata = params.metadata()?;
    params.ignore(&["tax_code"]);
    params.finish()?;
    let now = world.now;
    let product = world.account.products.get_mut(id)?;
    product.active = active.unwrap_or(product.active);
    product.name = name.unwrap_or_else(|| product.name.clone());
    product.description = description.or_else(|| product.description.take());
    product.unit_label = unit_label.or_else(|| product.unit_label.take());
    product.updated = now;
    merge(&mut product.metadata, metadata);
    let value = product.json();
    world.emit("product.updated", value.clone());
    Ok(value)
}

pub(super) fn list_products(world: &World<'_>, mut params: Params) -> Answer {
    let page = Page::take(&mut params)?;
    let (active, ids) = (params.flag("active")?, params.texts("ids")?);
    params.finish()?;
    let is_meant = |product: &&Product| {
        active.is_none_or(|active| product.active == active) && (ids.is_empty() || ids.contains(&product.id))
    };
    page.of(world.account.products.all().iter().filter(is_meant), "/v1/products", Product::json)
}

pub(super) fn create_price(world: &mut World<'_>, mut params: Params) -> Answer {
    let price = Price {
        id: world.id("price_"),
        created: world.now,
        active: params.flag("active")?.unwrap_or(true),
        currency: params.required("currency")?.to_lowercase(),
        unit_amount: params.number("unit_amount")?.ok_or_else(|| params.missing("unit_amount"))?,
        product: params.required("product")?,
        recurring: recurring(&mut params)?,
        lookup_key: params.text("lookup_key")?,
        nickname: params.text("nickname")?,
        tax_behavior: tax_behavior(&mut params)?.unwrap_or("unspecified").to_owned(),
        metadata: params.metadata()?,
    };
    let transfer = params.flag("transfer_lookup_key")?.unwrap_or_default();
    params.choice("billing_scheme", &["per_unit"])?;
    params.finish()?;
    world.account.products.get(&price.product)?;
    free_lookup_key(world, price.lookup_key.as_deref(), &price.id, transfer)?;
    let value = price.json();
    world.account.prices.add(price);
    world.emit("price.created", value.clone());
    Ok(value)
}

fn tax_behavior(params: &mut Params) -> Result<Option<&'static str>, ApiError> {
    params.choice("tax_behavior", &["exclusive", "inclusive", "unspecified"])
}

fn recurring(params: &mut Params) -> Result<Option<Recurring>, ApiError> {
    let Some(mut given) = params.branch("recurring")? else { return Ok(None) };
    let interval = given.choice("interval", &["day", "week", "month", "year"])?;
    let interval = interval.ok_or_else(|| given.missing("interval"))?.to_owned();
    let count = given.number("interval_count")?.unwrap_or(1).max(1);
    given.choice("usage_type", &["licensed"])?;
    given.finish()?;
    Ok(Some(Recurring { interval, count }))
}

/// A lookup key names one price; where that is asked for, it moves to the new one.
fn free_lookup_key(
    world: &mut World<'_>,
    key: Option<&str>,
    id: &str,
    transfer: bool,
) -> Result<(), ApiError> {
    let Some(key) = key else { return Ok(()) };
    let prices = world.account.prices.all_mut().iter_mut();
    let holder = prices.into_iter().find(|price| price.lookup_key.as_deref() == Some(key) && price.id != id);
    match holder {
        Some(holder) if transfer => holder.lookup_key = None,
        Some(holder) => {
            let message = format!("A price ({}) already uses that lookup key.", holder.id);
            return Err(ApiError::invalid(message).code("resource_already_exists").param("lookup_key"));
        }
        None => {}
    }
    Ok(())
}

pub(super) fn update_price(world: &mut World<'_>, id: &str, mut params: Params) -> Answer {
    let (active, key, nickname) =
        (params.flag("active")?, params.text("lookup_key")?, params.text("nickname")?);
    let transfer = params.flag("transfer_lookup_key")?.unwrap_or_default();
    let (tax, metadata): (_, Metadata) = (tax_behavior(&mut params)?, params.metadata()?);
    params.finish()?;
    world.account.prices.get(id)?;
    free_lookup_key(world, key.as_deref(), id, transfer)?;
    let price = world.account.prices.get_mut(id)?;
    price.active = active.unwrap_or(price.active);
    price.lookup_key =
        key.map_or_else(|| price.lookup_key.take(), |key| Some(key).filter(|key| !key.is_empty()));
    price.nickname = nickname.or_else(|| price.nickname.take());
    price.tax_behavior = tax.map_or_else(|| price.tax_behavior.clone(), str::to_owned);
    merge(&mut price.metadata, metadata);
    let value = price.json();
    world.emit("price.updated", value.clone());
    Ok(value)
}

pub(super) fn list_prices(world: &World<'_>, mut params: Params) -> Answer {
    let page = Page::take(&mut params)?;
    let (active, keys) = (params.flag("active")?, params.texts("lookup_keys")?);
    let (product, currency) = (params.text("product")?, params.text("currency")?);
    params.finish()?;
    let is_meant = |price: &&Price| {
        active.is_none_or(|active| price.active == active)
            && (keys.is_empty() || price.lookup_key.as_ref().is_some_and(|key| keys.contains(key)))
            && product.as_ref().is_none_or(|product| price.product == *product)
            && currency.as_ref().is_none_or(|currency| price.currency == *currency)
    };
    page.of(world.account.prices.all().iter().filter(is_meant), "/v1/prices", Price::json)
}
