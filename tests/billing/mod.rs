//! What a workspace pays for, with the manual provider.

mod agreed_price;
mod cancel_subscription;
mod change_plan;
mod credits;
mod get_billing;
mod get_purchase;
mod preview_purchase;
mod set_add_on_everywhere;
