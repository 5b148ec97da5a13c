//! The client of Stripe: typed requests, retries, webhook signatures.
