//! The endpoints. Each takes its parameters, changes the account and shows an object.

mod catalog;
mod customers;
mod events;
mod invoices;
mod portal;
mod refunds;
mod sessions;
mod subscriptions;

use http::Method;
use serde_json::Value;

use crate::error::ApiError;
use crate::expand::expand;
use crate::form::Params;
use crate::world::World;

type Answer = Result<Value, ApiError>;

/// Answers one request. `path` is what follows `/v1/`.
pub(crate) fn answer(world: &mut World<'_>, method: &Method, path: &str, form: &[u8]) -> Answer {
    let mut params = Params::parse(form);
    let expansions = params.texts("expand")?;
    let segments: Vec<&str> = path.trim_end_matches('/').split('/').collect();
    let mut value = route(world, method, &segments, params)
        .unwrap_or_else(|| Err(ApiError::no_route(method.as_str(), path)))?;
    for path in &expansions {
        expand(world.account, world.public_url, &mut value, path)?;
    }
    Ok(value)
}

fn route(world: &mut World<'_>, method: &Method, path: &[&str], params: Params) -> Option<Answer> {
    if *method == Method::GET {
        return get(world, path, params);
    }
    if *method == Method::DELETE {
        return match path {
            ["subscriptions", id] => Some(subscriptions::delete(world, id, params)),
            _ => None,
        };
    }
    if *method == Method::POST { post(world, path, params) } else { None }
}

fn get(world: &mut World<'_>, path: &[&str], params: Params) -> Option<Answer> {
    let shown = |result: Answer, params: Params| params.finish().and(result);
    Some(match path {
        ["customers"] => customers::list(world, params),
        ["customers", id] => shown(customers::show(world, id), params),
        ["checkout", "sessions"] => sessions::list(world, params),
        ["checkout", "sessions", id] => shown(sessions::show(world, id), params),
        ["checkout", "sessions", id, "line_items"] => sessions::lines(world, id, params),
        ["subscriptions"] => subscriptions::list(world, params),
        ["subscriptions", id] => shown(subscriptions::show(world, id), params),
        ["invoices"] => invoices::list(world, params),
        ["invoices", id] => shown(invoices::show(world, id), params),
        ["refunds", id] => shown(world.account.refunds.get(id).map(crate::state::Refund::json), params),
        ["payment_intents", id] => {
            shown(world.account.intents.get(id).map(crate::state::Intent::json), params)
        }
        ["charges", id] => shown(world.account.charges.get(id).map(crate::state::Charge::json), params),
        ["products"] => catalog::list_products(world, params),
        ["products", id] => shown(world.account.products.get(id).map(crate::state::Product::json), params),
        ["prices"] => catalog::list_prices(world, params),
        ["prices", id] => shown(world.account.prices.get(id).map(crate::state::Price::json), params),
        ["billing_portal", "configurations"] => portal::list_configurations(world, params),
        ["billing_portal", "configurations", id] => shown(portal::show_configuration(world, id), params),
        ["events"] => events::list(world, params),
        ["events", id] => shown(world.account.events.get(id).map(crate::state::Event::json), params),
        _ => return None,
    })
}

fn post(world: &mut World<'_>, path: &[&str], params: Params) -> Option<Answer> {
    Some(match path {
        ["customers"] => customers::create(world, params),
        ["customers", id] => customers::update(world, id, params),
        ["checkout", "sessions"] => sessions::create(world, params),
        ["checkout", "sessions", id, "expire"] => sessions::expire(world, id, params),
        ["subscriptions", id] => subscriptions::update(world, id, params),
        ["invoices", "create_preview"] => invoices::preview(world, params),
        ["invoices", id, "void"] => invoices::void(world, id, params),
        ["refunds"] => refunds::create(world, params),
        ["products"] => catalog::create_product(world, params),
        ["products", id] => catalog::update_product(world, id, params),
        ["prices"] => catalog::create_price(world, params),
        ["prices", id] => catalog::update_price(world, id, params),
        ["billing_portal", "sessions"] => portal::create_session(world, params),
        ["billing_portal", "configurations"] => portal::create_configuration(world, params),
        ["billing_portal", "configurations", id] => portal::update_configuration(world, id, params),
        _ => return None,
    })
}
