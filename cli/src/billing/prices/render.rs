//! What is to be done, as text.

use std::fmt::Write as _;

use seatwise_domain::Pack;
use seatwise_domain::pack::BillingProvider;
use seatwise_stripe::{Price, Recurring};

use super::plan::{PackPrice, PricePlan, Step};

/// Currencies whose amounts at Stripe are whole.
const WHOLE: [&str; 15] =
    ["bif", "clp", "djf", "gnf", "jpy", "kmf", "krw", "mga", "pyg", "rwf", "vnd", "vuv", "xaf", "xof", "xpf"];
/// Currencies whose amounts at Stripe are thousandths.
const THOUSANDTHS: [&str; 5] = ["bhd", "jod", "kwd", "omr", "tnd"];

/// All that is to be done.
pub(super) fn plan(pack: &Pack, plan: &PricePlan, is_live: bool) -> String {
    let mode = if is_live { "live" } else { "test" };
    let mut text = format!("{} at Stripe, with a {mode} key:\n", pack.name);
    for one in &plan.steps {
        let _ = writeln!(text, "  {}", step(one));
    }
    if plan.steps.is_empty() {
        text += "  nothing to do\n";
    }
    for product in &plan.left {
        let _ = writeln!(text, "note: the pack no longer has {product}; it stays as it is");
    }
    if pack.billing.provider == BillingProvider::Manual {
        text += "note: the pack does not sell through Stripe: its `billing.provider` is `manual`\n";
    }
    text
}

/// The question before anything is done.
pub(super) fn question(is_live: bool) -> &'static str {
    if is_live {
        "Change the live account, which moves real money? Only `yes` is taken for it: "
    } else {
        "Change the test account? Only `yes` is taken for it: "
    }
}

/// One step.
pub(super) fn step(step: &Step) -> String {
    match step {
        Step::CreateProduct { id, name } => format!("+ product {id} “{name}”"),
        Step::RenameProduct { id, before, name } => format!("~ product {id}: “{before}” becomes “{name}”"),
        Step::ReopenProduct { id } => format!("~ product {id}: can be bought again"),
        Step::CreatePrice { price, before: None } => {
            format!("+ price {}: {}", price.lookup_key, new_terms(price))
        }
        Step::CreatePrice { price, before: Some(before) } => {
            format!("~ price {}: {} becomes {}", price.lookup_key, old_terms(before), new_terms(price))
        }
        Step::ReopenPrice { lookup_key, .. } => format!("~ price {lookup_key}: can be bought again"),
        Step::SetPortal { id, offer } => {
            let sign = if id.is_some() { '~' } else { '+' };
            let plans = if offer.plans.is_empty() { "" } else { ", change of plan and seats, cancelling" };
            format!("{sign} portal: payment methods, invoices, email, address, tax ids{plans}")
        }
        Step::ClosePrice { id, product } => {
            format!("- price {id} of {product}: closed; subscriptions keep it")
        }
    }
}

/// The advice after a step that failed.
pub(super) fn after_failure(step: &Step) -> &'static str {
    match step {
        // It has lost its lookup key, by which it would be found.
        Step::ClosePrice { .. } => {
            "everything else is done; archive the price in Stripe's Dashboard: a repeated command does not see it"
        }
        _ => "the steps before it are done, and a repeated command does the rest",
    }
}

fn new_terms(price: &PackPrice) -> String {
    terms(Some(price.amount), &price.currency, price.recurring.as_ref())
}

fn old_terms(price: &Price) -> String {
    terms(price.unit_amount, &price.currency, price.recurring.as_ref())
}

fn terms(amount: Option<i64>, currency: &str, recurring: Option<&Recurring>) -> String {
    let amount = amount.map_or_else(|| "a computed amount".to_owned(), |amount| money(amount, currency));
    let time = match recurring {
        None => "once".to_owned(),
        Some(Recurring { interval, interval_count: 1 }) => format!("each {}", interval.as_str()),
        Some(Recurring { interval, interval_count }) => {
            format!("each {interval_count} {}s", interval.as_str())
        }
    };
    format!("{amount} {time}")
}

/// An amount in the smallest unit of its currency.
fn money(amount: i64, currency: &str) -> String {
    let digits = match currency {
        whole if WHOLE.contains(&whole) => 0,
        fine if THOUSANDTHS.contains(&fine) => 3,
        _ => 2,
    };
    let (sign, amount, unit) = (if amount < 0 { "-" } else { "" }, amount.unsigned_abs(), 10_u64.pow(digits));
    let places = usize::try_from(digits).unwrap_or_default();
    let fraction = if digits == 0 { String::new() } else { format!(".{:0places$}", amount % unit) };
    format!("{sign}{}{fraction} {}", amount / unit, currency.to_uppercase())
}

#[cfg(test)]
mod tests;
