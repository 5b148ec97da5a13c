//! What a workspace pays for: purchases, plans, credits, and the way to Stripe.

pub mod buy_credits;
pub mod cancel_subscription;
pub mod change_plan;
pub mod discard_purchase;
pub mod get_billing;
pub mod get_credits;
pub mod get_purchase;
pub mod list_invoices;
pub mod open_billing_portal;
pub mod preview_purchase;
pub mod set_add_on_everywhere;
pub mod set_plan;
pub mod spend_credits;

pub mod agreed;
pub mod buying;
pub mod change;
pub mod money;
pub mod notices;
pub mod purchased;
pub mod reads;
pub mod renewal;
pub mod view;
