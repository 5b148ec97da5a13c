//! `/v1/billing_portal`

use super::Answer;
use crate::error::ApiError;
use crate::form::{Metadata, Params, merge};
use crate::list::Page;
use crate::state::{Configuration, Features, Flow, PortalSession};
use crate::world::World;

pub(super) fn create_configuration(world: &mut World<'_>, params: Params) -> Answer {
    let mut configuration = Configuration {
        id: world.id("bpc_"),
        created: world.now,
        updated: world.now,
        active: true,
        is_default: false,
        name: None,
        headline: None,
        privacy_url: None,
        terms_url: None,
        return_url: None,
        features: Features::default(),
        metadata: Metadata::new(),
    };
    apply(&mut configuration, params)?;
    let value = configuration.json();
    world.account.configurations.add(configuration);
    world.emit("billing_portal.configuration.created", value.clone());
    Ok(value)
}

pub(super) fn update_configuration(world: &mut World<'_>, id: &str, params: Params) -> Answer {
    let now = world.now;
    let configuration = world.account.configurations.get_mut(id)?;
    apply(configuration, params)?;
    configuration.updated = now;
    let value = configuration.json();
    world.emit("billing_portal.configuration.updated", value.clone());
    Ok(value)
}

fn apply(configuration: &mut Configuration, mut params: Params) -> Result<(), ApiError> {
    let mut profile = params.branch("business_profile")?.unwrap_or_default();
    let mut features = configuration.features.clone();
    if let Some(given) = params.branch("features")? {
        take_features(&mut features, given)?;
    }
    let (active, name, metadata) = (params.flag("active")?, params.text("name")?, params.metadata()?);
    let return_url = params.text("default_return_url")?;
    let (headline, privacy, terms) = (
        profile.text("headline")?,
        profile.text("privacy_policy_url")?,
        profile.text("terms_of_service_url")?,
    );
    profile.finish()?;
    params.ignore(&["login_page"]);
    params.finish()?;
    configuration.features = features;
    configuration.active = active.unwrap_or(configuration.active);
    configuration.name = name.or_else(|| configuration.name.take());
    configuration.return_url = return_url.or_else(|| configuration.return_url.take());
    configuration.headline = headline.or_else(|| configuration.headline.take());
    configuration.privacy_url = privacy.or_else(|| configuration.privacy_url.take());
    configuration.terms_url = terms.or_else(|| configuration.terms_url.take());
    merge(&mut configuration.metadata, metadata);
    Ok(())
}

fn take_features(features: &mut Features, mut given: Params) -> Result<(), ApiError> {
    let names = [
        "customer_update",
        "invoice_history",
        "payment_method_update",
        "subscription_cancel",
        "subscription_update",
    ];
    for name in names {
        let Some(mut feature) = given.branch(name)? else { continue };
        match feature.flag("enabled")? {
            Some(true) => _ = features.on.insert(name.to_owned()),
            Some(false) => _ = features.on.remove(name),
            None => {}
        }
        match name {
            "customer_update" => features.allowed_customer_updates = feature.texts("allowed_updates")?,
            "subscription_cancel" => take_cancel(features, &mut feature)?,
            "subscription_update" => take_update(features, &mut feature)?,
            _ => {}
        }
        feature.finish()?;
    }
    given.finish()
}

const PRORATIONS: [&str; 3] = ["none", "create_prorations", "always_invoice"];

fn take_cancel(features: &mut Features, given: &mut Params) -> Result<(), ApiError> {
    if let Some(mode) = given.choice("mode", &["at_period_end", "immediately"])? {
        mode.clone_into(&mut features.cancel_mode);
    }
    if let Some(proration) = given.choice("proration_behavior", &PRORATIONS)? {
        proration.clone_into(&mut features.cancel_proration);
    }
    given.ignore(&["cancellation_reason"]);
    Ok(())
}

fn take_update(features: &mut Features, given: &mut Params) -> Result<(), ApiError> {
    if given.has("default_allowed_updates") {
        features.allowed_updates = given.texts("default_allowed_updates")?;
    }
    if let Some(proration) = given.choice("proration_behavior", &PRORATIONS)? {
        proration.clone_into(&mut features.update_proration);
    }
    if given.has("products") {
        features.products = given.branches("products")?.into_iter().map(product).collect::<Result<_, _>>()?;
    }
    given.ignore(&["billing_cycle_anchor", "schedule_at_period_end", "trial_update_behavior"]);
    Ok(())
}

fn product(mut given: Params) -> Result<(String, Vec<String>), ApiError> {
    let product = (given.required("product")?, given.texts("prices")?);
    given.ignore(&["adjustable_quantity"]);
    given.finish()?;
    Ok(product)
}

pub(super) fn show_configuration(world: &World<'_>, id: &str) -> Answer {
    Ok(world.account.configurations.get(id)?.json())
}

pub(super) fn list_configurations(world: &World<'_>, mut params: Params) -> Answer {
    let page = Page::take(&mut params)?;
    let (active, is_default) = (params.flag("active")?, params.flag("is_default")?);
    params.finish()?;
    let is_meant = |configuration: &&Configuration| {
        active.is_none_or(|active| configuration.active == active)
            && is_default.is_none_or(|is_default| configuration.is_default == is_default)
    };
    let meant = world.account.configurations.all().iter().filter(is_meant);
    page.of(meant, "/v1/billing_portal/configurations", Configuration::json)
}

pub(super) fn create_session(world: &mut World<'_>, mut params: Params) -> Answer {
    let customer = params.required("customer")?;
    world.account.customers.get(&customer)?;
    let configuration = params.text("configuration")?.ok_or_else(|| {
        ApiError::invalid("No configuration provided, and this account has no default configuration.")
    })?;
    let return_url = params.text("return_url")?;
    let flow = params.branch("flow_data")?.map(|given| flow(world, &customer, &configuration, given));
    let session = PortalSession {
        id: world.id("bps_"),
        created: world.now,
        customer,
        return_url: return_url.or(world.account.configurations.get(&configuration)?.return_url.clone()),
        configuration,
        locale: params.text("locale")?,
        flow: flow.transpose()?,
    };
    params.finish()?;
    let value = session.json(world.public_url);
    world.account.portals.add(session);
    Ok(value)
}

fn flow(world: &World<'_>, customer: &str, configuration: &str, mut given: Params) -> Result<Flow, ApiError> {
    given.choice("type", &["subscription_update_confirm"])?.ok_or_else(|| given.missing("type"))?;
    let mut confirm = given.branch("subscription_update_confirm")?.unwrap_or_default();
    let subscription = confirm.required("subscription")?;
    let mut items = confirm.branches("items")?;
    let (Some(mut item), true) = (items.pop(), items.is_empty()) else {
        return Err(ApiError::invalid("You must pass exactly one subscription item."));
    };
    let flow = Flow {
        subscription,
        item: item.required("id")?,
        price: item.text("price")?,
        quantity: item.number("quantity")?,
        redirect: redirect(&mut given)?,
        done: false,
    };
    item.finish()?;
    confirm.finish()?;
    given.finish()?;
    check_flow(world, customer, configuration, &flow)?;
    Ok(flow)
}

fn redirect(given: &mut Params) -> Result<Option<String>, ApiError> {
    let Some(mut after) = given.branch("after_completion")? else { return Ok(None) };
    after.choice("type", &["redirect", "portal_homepage", "hosted_confirmation"])?;
    let mut redirect = after.branch("redirect")?.unwrap_or_default();
    after.ignore(&["hosted_confirmation"]);
    after.finish()?;
    let url = redirect.text("return_url")?;
    redirect.finish()?;
    Ok(url)
}

/// The portal changes only subscriptions of one item, and only what its configuration allows.
fn check_flow(world: &World<'_>, customer: &str, configuration: &str, flow: &Flow) -> Result<(), ApiError> {
    let features = &world.account.configurations.get(configuration)?.features;
    let subscription = world.account.subscriptions.get(&flow.subscription)?;
    let [item] = subscription.items.as_slice() else {
        return Err(ApiError::invalid("Subscriptions with multiple items cannot be updated in the portal."));
    };
    if subscription.customer != customer || !subscription.is_live() {
        return Err(ApiError::missing("subscription", &flow.subscription));
    }
    if item.id != flow.item {
        return Err(ApiError::missing("subscription_item", &flow.item));
    }
    let new_price = flow.price.as_ref().filter(|price| **price != item.price);
    let is_listed = |price: &String| features.products.iter().any(|(_, prices)| prices.contains(price));
    if new_price.is_some_and(|price| !features.allows("price") || !is_listed(price)) {
        return Err(ApiError::invalid("The configuration of the portal does not allow this price."));
    }
    if flow.quantity.is_some_and(|quantity| quantity != item.quantity) && !features.allows("quantity") {
        return Err(ApiError::invalid(
            "The configuration of the portal does not allow changes of quantities.",
        ));
    }
    Ok(())
}
