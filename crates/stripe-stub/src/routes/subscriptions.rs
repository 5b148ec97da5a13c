//! `/v1/subscriptions`

use super::Answer;
use crate::billing::{Change, End, ItemChange, PaymentBehavior, Proration};
use crate::error::ApiError;
use crate::form::{Metadata, Params, merge};
use crate::list::Page;
use crate::state::{Status, Subscription};
use crate::world::World;

/// What an update changes besides the items.
struct Rest {
    metadata: Metadata,
    description: Option<String>,
    end: Option<End>,
    comment: Option<String>,
    feedback: Option<String>,
}

/// What may not come with a pending update.
const NOT_PENDING: [&str; 8] = [
    "metadata",
    "cancel_at_period_end",
    "cancel_at",
    "cancellation_details",
    "default_payment_method",
    "description",
    "collection_method",
    "off_session",
];

pub(super) fn update(world: &mut World<'_>, id: &str, mut params: Params) -> Answer {
    if !world.account.subscriptions.get(id)?.is_live() {
        return Err(ApiError::invalid(
            "A canceled subscription can only update its cancellation_details and metadata.",
        ));
    }
    let payment = payment_behavior(&mut params)?;
    if payment == PaymentBehavior::Wait {
        let refused = NOT_PENDING.iter().find(|field| params.has(field));
        refused.map_or(Ok(()), |field| Err(not_supported(field)))?;
    }
    let change = Change {
        items: items_of(&mut params, payment)?,
        proration: proration_behavior(&mut params)?,
        payment,
        date: params.number("proration_date")?,
    };
    let rest = rest(&mut params)?;
    params.choice("collection_method", &["charge_automatically"])?;
    params.ignore(&["off_session"]);
    params.finish()?;
    if !change.items.is_empty() {
        // What is not an item changes with it or not at all.
        world.change(id, &change)?;
    }
    if apply(world, id, rest)? {
        world.emit_subscription("updated", id)?;
    }
    show(world, id)
}

fn not_supported(field: &str) -> ApiError {
    let message = format!(
        "When `payment_behavior` is set to `pending_if_incomplete`, you can only pass supported params. \
         `{field}` is not supported."
    );
    ApiError::invalid(message).param(field)
}

pub(super) fn proration_behavior(params: &mut Params) -> Result<Proration, ApiError> {
    let choices = ["none", "create_prorations", "always_invoice"];
    Ok(Proration::named(params.choice("proration_behavior", &choices)?))
}

fn payment_behavior(params: &mut Params) -> Result<PaymentBehavior, ApiError> {
    let choices = ["allow_incomplete", "error_if_incomplete", "pending_if_incomplete"];
    Ok(match params.choice("payment_behavior", &choices)? {
        Some("error_if_incomplete") => PaymentBehavior::Refuse,
        Some("pending_if_incomplete") => PaymentBehavior::Wait,
        _ => PaymentBehavior::Allow,
    })
}

fn items_of(params: &mut Params, payment: PaymentBehavior) -> Result<Vec<ItemChange>, ApiError> {
    let is_pending = payment == PaymentBehavior::Wait;
    let mut changes = Vec::new();
    for mut given in params.branches("items")? {
        let refused = ["deleted", "metadata"].into_iter().find(|field| is_pending && given.has(field));
        refused.map_or(Ok(()), |field| Err(not_supported(&given.name(field))))?;
        changes.push(item_of(&mut given)?);
        given.finish()?;
    }
    Ok(changes)
}

/// One item of an update or a preview.
pub(super) fn item_of(given: &mut Params) -> Result<ItemChange, ApiError> {
    let change = ItemChange {
        id: given.text("id")?,
        price: given.text("price")?,
        quantity: given.number("quantity")?,
        deleted: given.flag("deleted")?.unwrap_or_default(),
        metadata: given.metadata()?,
    };
    given.ignore(&["clear_usage"]);
    match change.quantity {
        Some(quantity) if quantity < 0 => Err(given.bad("quantity", "integer")),
        _ => Ok(change),
    }
}

fn end_of(params: &mut Params) -> Result<Option<End>, ApiError> {
    let at = params.text("cancel_at")?;
    match params.flag("cancel_at_period_end")? {
        Some(true) => return Ok(Some(End::WithPeriod)),
        Some(false) if at.is_none() => return Ok(Some(End::Never)),
        _ => {}
    }
    match at.as_deref() {
        None => Ok(None),
        Some("") => Ok(Some(End::Never)),
        Some(at) => at.parse().map(|at| Some(End::At(at))).map_err(|_| params.bad("cancel_at", "integer")),
    }
}

fn rest(params: &mut Params) -> Result<Rest, ApiError> {
    let mut details = params.branch("cancellation_details")?.unwrap_or_default();
    let rest = Rest {
        metadata: params.metadata()?,
        description: params.text("description")?,
        end: end_of(params)?,
        comment: details.text("comment")?,
        feedback: details.text("feedback")?,
    };
    details.finish()?;
    Ok(rest)
}

/// Whether anything changed.
fn apply(world: &mut World<'_>, id: &str, rest: Rest) -> Result<bool, ApiError> {
    let before = world.account.subscriptions.get(id)?.json(world.account);
    if let Some(end) = rest.end {
        world.schedule_end(id, end)?;
    }
    let subscription = world.account.subscriptions.get_mut(id)?;
    merge(&mut subscription.metadata, rest.metadata);
    subscription.description = rest.description.or_else(|| subscription.description.take());
    subscription.cancel_comment = rest.comment.or_else(|| subscription.cancel_comment.take());
    subscription.cancel_feedback = rest.feedback.or_else(|| subscription.cancel_feedback.take());
    Ok(before != world.account.subscriptions.get(id)?.json(world.account))
}

pub(super) fn delete(world: &mut World<'_>, id: &str, mut params: Params) -> Answer {
    let mut details = params.branch("cancellation_details")?.unwrap_or_default();
    let (comment, feedback) = (details.text("comment")?, details.text("feedback")?);
    details.finish()?;
    let (prorate, now) = (params.flag("prorate")?.unwrap_or_default(), params.flag("invoice_now")?);
    params.finish()?;
    let subscription = world.account.subscriptions.get_mut(id)?;
    if !subscription.is_live() {
        return Err(ApiError::missing("subscription", id));
    }
    subscription.cancel_comment = comment;
    subscription.cancel_feedback = feedback;
    world.delete_subscription(id, prorate, now.unwrap_or_default())?;
    show(world, id)
}

pub(super) fn show(world: &World<'_>, id: &str) -> Answer {
    Ok(world.account.subscriptions.get(id)?.json(world.account))
}

pub(super) fn list(world: &World<'_>, mut params: Params) -> Answer {
    let page = Page::take(&mut params)?;
    let (customer, price) = (params.text("customer")?, params.text("price")?);
    let status = params.choice("status", &["all", "active", "past_due", "canceled", "ended"])?;
    params.finish()?;
    let has_status = |subscription: &Subscription| match status {
        None => subscription.status != Status::Canceled,
        Some("all") => true,
        Some("ended") => subscription.status == Status::Canceled,
        Some(status) => subscription.status.name() == status,
    };
    let is_meant = |subscription: &&Subscription| {
        has_status(subscription)
            && customer.as_ref().is_none_or(|customer| subscription.customer == *customer)
            && price.as_ref().is_none_or(|price| subscription.items.iter().any(|item| item.price == *price))
    };
    let render = |subscription: &Subscription| subscription.json(world.account);
    page.of(world.account.subscriptions.all().iter().filter(is_meant), "/v1/subscriptions", render)
}
