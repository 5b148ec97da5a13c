//! `/v1/invoices`

use super::Answer;
use super::subscriptions::{item_of, proration_behavior};
use crate::billing::{Preview, Proration};
use crate::error::ApiError;
use crate::form::Params;
use crate::list::Page;
use crate::state::Invoice;
use crate::world::World;

pub(super) fn preview(world: &mut World<'_>, mut params: Params) -> Answer {
    let subscription = params.text("subscription")?;
    let customer = params.text("customer")?;
    let customer = match (&subscription, customer) {
        (_, Some(customer)) => customer,
        (Some(id), None) => world.account.subscriptions.get(id)?.customer.clone(),
        (None, None) => return Err(params.missing("customer")),
    };
    params.choice("preview_mode", &["next"])?;
    let mut details = params.branch("subscription_details")?.unwrap_or_default();
    let mut items = Vec::new();
    for mut given in details.branches("items")? {
        items.push(item_of(&mut given)?);
        given.finish()?;
    }
    let proration: Proration = proration_behavior(&mut details)?;
    let date = details.number("proration_date")?;
    if date.is_some() && proration == Proration::None {
        return Err(ApiError::invalid("Cannot set `proration_date` when `proration_behavior` is `none`.")
            .param("subscription_details[proration_date]"));
    }
    if let Some(mut billing) = details.branch("billing_mode")? {
        billing.choice("type", &["classic"])?;
        billing.finish()?;
    }
    details.finish()?;
    params.ignore(&["currency"]);
    params.finish()?;
    let invoice = world.preview(&Preview { customer, subscription, items, proration, date })?;
    Ok(invoice.json(world.account, world.public_url))
}

pub(super) fn void(world: &mut World<'_>, id: &str, params: Params) -> Answer {
    params.finish()?;
    world.void(id)?;
    show(world, id)
}

pub(super) fn show(world: &World<'_>, id: &str) -> Answer {
    Ok(world.account.invoices.get(id)?.json(world.account, world.public_url))
}

pub(super) fn list(world: &World<'_>, mut params: Params) -> Answer {
    let page = Page::take(&mut params)?;
    let (customer, subscription) = (params.text("customer")?, params.text("subscription")?);
    let status = params.choice("status", &["draft", "open", "paid", "uncollectible", "void"])?;
    params.choice("collection_method", &["charge_automatically"])?;
    params.finish()?;
    let is_meant = |invoice: &&Invoice| {
        customer.as_ref().is_none_or(|customer| invoice.customer == *customer)
            && (subscription.is_none() || invoice.subscription == subscription)
            && status.is_none_or(|status| invoice.status.name() == status)
    };
    let render = |invoice: &Invoice| invoice.json(world.account, world.public_url);
    page.of(world.account.invoices.all().iter().filter(is_meant), "/v1/invoices", render)
}
