//! Payments through Stripe, from the request to the money and back (K57–K63, S11–S16, F13, R7, L3).

mod agreed_price;
mod defects;
mod drift;
mod histories;
mod lifecycle;
mod plans;
mod purchases;
mod webhooks;
