//! `/v1/refunds`

use super::Answer;
use crate::error::ApiError;
use crate::form::Params;
use crate::state::Refund;
use crate::world::World;

pub(super) fn create(world: &mut World<'_>, mut params: Params) -> Answer {
    let (charge, intent) = (params.text("charge")?, params.text("payment_intent")?);
    let (amount, metadata) = (params.number("amount")?, params.metadata()?);
    let reason = params.choice("reason", &["duplicate", "fraudulent", "requested_by_customer"])?;
    params.finish()?;
    let charge = match (charge, intent) {
        (Some(charge), _) => charge,
        (None, Some(intent)) => charge_of(world, &intent)?,
        (None, None) => return Err(ApiError::invalid("One of charge and payment_intent is needed.")),
    };
    let id = world.id("re_");
    let now = world.now;
    let entry = world.account.charges.get_mut(&charge)?;
    let left = entry.amount - entry.refunded;
    let amount = amount.unwrap_or(left);
    if left == 0 {
        let message = format!("Charge {charge} has already been refunded.");
        return Err(ApiError::invalid(message).code("charge_already_refunded"));
    }
    if amount <= 0 || amount > left {
        let message =
            format!("Refund amount ({amount}) is greater than unrefunded amount on charge ({left})");
        return Err(ApiError::invalid(message).param("amount"));
    }
    entry.refunded += amount;
    let refund = Refund {
        id,
        created: now,
        amount,
        currency: entry.currency.clone(),
        charge,
        intent: entry.intent.clone(),
        reason: reason.map(str::to_owned),
        metadata,
    };
    let (charge, value) = (entry.json(), refund.json());
    world.account.refunds.add(refund);
    world.emit("charge.refunded", charge);
    world.emit("refund.created", value.clone());
    Ok(value)
}

fn charge_of(world: &World<'_>, intent: &str) -> Result<String, ApiError> {
    let charge = world.account.intents.get(intent)?.charge.clone();
    charge.ok_or_else(|| {
        ApiError::invalid(format!(
            "This PaymentIntent ({intent}) does not have a successful charge to refund."
        ))
    })
}
