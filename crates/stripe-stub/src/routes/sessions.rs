//! `/v1/checkout/sessions`

use super::Answer;
use crate::billing::arithmetic::MINIMUM_CHARGE;
use crate::error::ApiError;
use crate::form::{Metadata, Params};
use crate::list::Page;
use crate::state::{Item, Mode, Session, SessionLine, SessionStatus};
use crate::world::World;

const HOUR: i64 = 3600;

pub(super) fn create(world: &mut World<'_>, mut params: Params) -> Answer {
    let mode = match params.choice("mode", &["payment", "subscription"])? {
        Some("payment") => Mode::Payment,
        Some(_) => Mode::Subscription,
        None => return Err(params.missing("mode")),
    };
    let customer = params.required("customer")?;
    let lines = lines_of(world, &mut params)?;
    let (inner_metadata, inner_description) = inner(&mut params, mode)?;
    let currency = currency_of(world, mode, &customer, &lines)?;
    let expires_at = expiry(&mut params, world.now)?;
    let makes_invoice = makes_invoice(&mut params)?;
    cards_only(&mut params)?;
    let session = Session {
        id: world.id("cs_test_"),
        created: world.now,
        expires_at,
        mode,
        customer,
        currency,
        lines,
        success_url: params.required("success_url")?,
        cancel_url: params.text("cancel_url")?,
        client_reference: params.text("client_reference_id")?,
        locale: params.text("locale")?,
        metadata: params.metadata()?,
        inner_metadata,
        inner_description,
        makes_invoice,
        status: SessionStatus::Open,
        subscription: None,
        invoice: None,
        intent: None,
        needs_authentication: false,
        declined: false,
    };
    finish(params)?;
    check_total(&session)?;
    let value = session.json(world.account, world.public_url);
    world.account.sessions.add(session);
    Ok(value)
}

/// Takes what is only about the look of the page.
fn finish(mut params: Params) -> Result<(), ApiError> {
    params.choice("ui_mode", &["hosted_page", "hosted"])?;
    params.ignore(&[
        "adaptive_pricing",
        "allow_promotion_codes",
        "automatic_tax",
        "billing_address_collection",
        "branding_settings",
        "custom_text",
        "customer_update",
        "payment_method_collection",
        "submit_type",
        "tax_id_collection",
    ]);
    params.finish()
}

fn lines_of(world: &mut World<'_>, params: &mut Params) -> Result<Vec<SessionLine>, ApiError> {
    let given = params.branches("line_items")?;
    if given.is_empty() {
        return Err(params.missing("line_items"));
    }
    given.into_iter().map(|line| line_of(world, line)).collect()
}

fn line_of(world: &mut World<'_>, mut given: Params) -> Result<SessionLine, ApiError> {
    let price = given.required("price")?;
    let quantity = given.number("quantity")?.filter(|quantity| *quantity > 0);
    let quantity = quantity.ok_or_else(|| given.bad("quantity", "integer"))?;
    given.ignore(&["adjustable_quantity", "metadata"]);
    given.finish()?;
    let entry = world.account.prices.get(&price)?;
    if !entry.active {
        return Err(ApiError::invalid(format!("The price {price} is inactive.")));
    }
    let amount = entry.unit_amount.saturating_mul(quantity);
    Ok(SessionLine { id: world.id("li_"), price, quantity, amount })
}

/// What is said about the subscription or the payment that comes of the session.
fn inner(params: &mut Params, mode: Mode) -> Result<(Metadata, Option<String>), ApiError> {
    let field = match mode {
        Mode::Payment => "payment_intent_data",
        Mode::Subscription => "subscription_data",
    };
    let Some(mut given) = params.branch(field)? else { return Ok((Metadata::new(), None)) };
    if let Some(mut billing) = given.branch("billing_mode")? {
        billing.choice("type", &["classic"])?;
        billing.finish()?;
    }
    let (metadata, description) = (given.metadata()?, given.text("description")?);
    given.ignore(&["setup_future_usage"]);
    given.finish()?;
    Ok((metadata, description))
}

fn currency_of(
    world: &World<'_>,
    mode: Mode,
    customer: &str,
    lines: &[SessionLine],
) -> Result<String, ApiError> {
    let first = lines.first().ok_or_else(|| ApiError::invalid("A session needs line items."))?;
    let price = world.account.prices.get(&first.price)?;
    if mode == Mode::Subscription {
        let item = |line: &SessionLine| Item {
            id: line.id.clone(),
            created: world.now,
            price: line.price.clone(),
            quantity: line.quantity,
            metadata: Metadata::new(),
        };
        world.check_prices(&lines.iter().map(item).collect::<Vec<_>>(), &price.currency)?;
    }
    for line in lines {
        let other = world.account.prices.get(&line.price)?;
        if mode == Mode::Payment && (other.recurring.is_some() || other.currency != price.currency) {
            return Err(ApiError::invalid("In `payment` mode, prices have one currency and do not recur."));
        }
    }
    let held = world.account.customers.get(customer)?.currency.as_ref();
    if mode == Mode::Subscription && held.is_some_and(|held| *held != price.currency) {
        return Err(ApiError::invalid("You cannot combine currencies on a single customer."));
    }
    Ok(price.currency.clone())
}

fn expiry(params: &mut Params, now: i64) -> Result<i64, ApiError> {
    let expires_at = params.number("expires_at")?.unwrap_or(now + 24 * HOUR);
    if !(now + HOUR / 2..=now + 24 * HOUR).contains(&expires_at) {
        let message = "The `expires_at` timestamp must be between 30 minutes and 24 hours from now.";
        return Err(ApiError::invalid(message).param("expires_at"));
    }
    Ok(expires_at)
}

fn makes_invoice(params: &mut Params) -> Result<bool, ApiError> {
    let Some(mut given) = params.branch("invoice_creation")? else { return Ok(false) };
    let enabled = given.flag("enabled")?.unwrap_or_default();
    given.finish()?;
    Ok(enabled)
}

fn cards_only(params: &mut Params) -> Result<(), ApiError> {
    let methods = params.texts("payment_method_types")?;
    if methods.iter().all(|method| method == "card") {
        return Ok(());
    }
    Err(ApiError::invalid("The stub knows only cards.").param("payment_method_types"))
}

fn check_total(session: &Session) -> Result<(), ApiError> {
    if session.mode == Mode::Payment && session.total() < MINIMUM_CHARGE {
        let message = "The Checkout Session's total amount due must add up to at least 50 cents.";
        return Err(ApiError::invalid(message).code("amount_too_small"));
    }
    Ok(())
}

pub(super) fn show(world: &World<'_>, id: &str) -> Answer {
    Ok(world.account.sessions.get(id)?.json(world.account, world.public_url))
}

pub(super) fn lines(world: &World<'_>, id: &str, mut params: Params) -> Answer {
    Page::take(&mut params)?;
    params.finish()?;
    Ok(world.account.sessions.get(id)?.lines_json(world.account))
}

pub(super) fn expire(world: &mut World<'_>, id: &str, params: Params) -> Answer {
    params.finish()?;
    world.expire_session(id)?;
    show(world, id)
}

pub(super) fn list(world: &World<'_>, mut params: Params) -> Answer {
    let page = Page::take(&mut params)?;
    let (customer, subscription) = (params.text("customer")?, params.text("subscription")?);
    let (intent, status) = (params.text("payment_intent")?, params.text("status")?);
    params.finish()?;
    let is_meant = |session: &&Session| {
        customer.as_ref().is_none_or(|customer| session.customer == *customer)
            && (subscription.is_none() || session.subscription == subscription)
            && (intent.is_none() || session.intent == intent)
            && status.as_ref().is_none_or(|status| session.status.name() == status)
    };
    let render = |session: &Session| session.json(world.account, world.public_url);
    page.of(world.account.sessions.all().iter().filter(is_meant), "/v1/checkout/sessions", render)
}
