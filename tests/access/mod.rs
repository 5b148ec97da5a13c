//! Access: what every route answers to everybody, and what members may do.

mod authorize;
mod escalation;
mod hidden;
mod isolation;
mod reasons;
mod routes;
mod services;
mod world;
