//! The page of a portal session.

use askama::Template;
use axum::body::Bytes;
use axum::extract::{Path, State};
use axum::response::Response;

use super::{money, page, proceed, unknown_act, web_link};
use crate::act::{Card, StubAct};
use crate::error::ApiError;
use crate::form::Params;
use crate::state::{Features, Flow, Invoice, PortalSession, Subscription};
use crate::stub::Stub;
use crate::world::World;

#[derive(Template)]
#[template(path = "portal.html")]
struct PortalPage {
    email: String,
    confirm: Option<ConfirmText>,
    subscriptions: Vec<SubscriptionText>,
    invoices: Vec<InvoiceText>,
    features: Features,
    next_fails: bool,
    ends: bool,
    /// What the customer may change it from.
    quantity: Option<i64>,
    back: Option<String>,
}

struct ConfirmText {
    from: String,
    to: String,
}

struct SubscriptionText {
    summary: String,
    status: &'static str,
    ends: bool,
}

struct InvoiceText {
    number: String,
    status: &'static str,
    total: String,
    url: String,
}

pub(super) async fn show(State(stub): State<Stub>, Path(id): Path<String>) -> Response {
    page(stub.look(None, |world| describe(world, &id)))
}

fn describe(world: &World<'_>, id: &str) -> Result<PortalPage, ApiError> {
    let portal = world.account.portals.get(id)?;
    let customer = world.account.customers.get(&portal.customer)?;
    let features = features(world, portal)?;
    let subscriptions: Vec<&Subscription> = world.account.live_subscriptions(&customer.id).collect();
    let first = subscriptions.first();
    let invoices = world.account.invoices.all().iter().rev();
    let flow = portal.flow.as_ref().filter(|flow| !flow.done);
    Ok(PortalPage {
        email: customer.email.clone().unwrap_or_default(),
        confirm: flow.map(|flow| confirm_text(world, flow)).transpose()?,
        subscriptions: subscriptions.iter().map(|entry| subscription_text(world, entry)).collect(),
        invoices: invoices
            .filter(|invoice| invoice.customer == customer.id)
            .map(|invoice| invoice_text(world, invoice))
            .collect(),
        features: features.clone(),
        next_fails: customer.next_fails,
        ends: first.is_some_and(|entry| entry.cancel_at.is_some()),
        quantity: first.and_then(|entry| quantity(entry, features)),
        back: web_link(portal.return_url.as_ref()),
    })
}

fn features<'a>(world: &'a World<'_>, portal: &PortalSession) -> Result<&'a Features, ApiError> {
    Ok(&world.account.configurations.get(&portal.configuration)?.features)
}

/// The portal changes only subscriptions of one item.
fn quantity(subscription: &Subscription, features: &Features) -> Option<i64> {
    let [item] = subscription.items.as_slice() else { return None };
    features.allows("quantity").then_some(item.quantity)
}

fn confirm_text(world: &World<'_>, flow: &Flow) -> Result<ConfirmText, ApiError> {
    let subscription = world.account.subscriptions.get(&flow.subscription)?;
    let item = subscription.items.iter().find(|item| item.id == flow.item);
    let item = item.ok_or_else(|| ApiError::missing("subscription_item", &flow.item))?;
    let price = flow.price.as_ref().unwrap_or(&item.price);
    let quantity = flow.quantity.unwrap_or(item.quantity);
    Ok(ConfirmText {
        from: format!("{} × {}", item.quantity, world.product_name(&item.price)),
        to: format!("{quantity} × {}", world.product_name(price)),
    })
}

fn subscription_text(world: &World<'_>, subscription: &Subscription) -> SubscriptionText {
    let items = subscription.items.iter();
    let items: Vec<String> =
        items.map(|item| format!("{} × {}", item.quantity, world.product_name(&item.price))).collect();
    SubscriptionText {
        summary: items.join(", "),
        status: subscription.status.name(),
        ends: subscription.cancel_at.is_some(),
    }
}

fn invoice_text(world: &World<'_>, invoice: &Invoice) -> InvoiceText {
    InvoiceText {
        number: invoice.number.clone().unwrap_or_default(),
        status: invoice.status.name(),
        total: money(invoice.total, &invoice.currency),
        url: format!("{}/invoice/{}", world.public_url, invoice.id),
    }
}

pub(super) async fn act(State(stub): State<Stub>, Path(id): Path<String>, body: Bytes) -> Response {
    proceed(stub.change(None, |world| press(world, &id, &body)))
}

fn press(world: &mut World<'_>, id: &str, body: &[u8]) -> Result<String, ApiError> {
    let portal = world.account.portals.get(id)?.clone();
    let features = features(world, &portal)?.clone();
    let mut form = Params::parse(body);
    let customer = portal.customer.clone();
    let here = format!("{}/portal/{id}", world.public_url);
    let (allowed, act) = match form.required("act")?.as_str() {
        "confirm" => (true, StubAct::ConfirmUpdate { portal_session: id.to_owned() }),
        "fails" => (true, StubAct::NextPaymentFails { customer }),
        "card" => {
            (features.has("payment_method_update"), StubAct::SetCard { customer, card: card(&mut form)? })
        }
        "cancel" => {
            let at_period_end = features.cancel_mode == "at_period_end";
            (features.has("subscription_cancel"), StubAct::CancelInPortal { customer, at_period_end })
        }
        "keep" => (features.has("subscription_cancel"), StubAct::ResumeInPortal { customer }),
        "quantity" => {
            let quantity = form.number("quantity")?.filter(|quantity| *quantity > 0);
            let quantity = quantity.ok_or_else(|| form.missing("quantity"))?;
            (features.allows("quantity"), StubAct::ChangeQuantityInPortal { customer, quantity })
        }
        _ => return Err(unknown_act()),
    };
    if !allowed {
        return Err(ApiError::invalid("The configuration of this portal does not allow it."));
    }
    let is_confirmed = matches!(act, StubAct::ConfirmUpdate { .. });
    world.act(act)?;
    let redirect = portal.flow.and_then(|flow| flow.redirect).or(portal.return_url);
    Ok(redirect.filter(|_| is_confirmed).unwrap_or(here))
}

fn card(form: &mut Params) -> Result<Card, ApiError> {
    Ok(match form.choice("card", &["works", "is_declined", "asks"])? {
        Some("is_declined") => Card::IsDeclined,
        Some("asks") => Card::AsksForAuthentication,
        _ => Card::Works,
    })
}
