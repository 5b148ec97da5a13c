//! A built-in Stripe for one machine: the endpoints that Seatwise calls, Checkout and portal pages, signed webhooks.
