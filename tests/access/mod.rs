//! Access: what every route answers to everybody, and what members may do.

mod authorize;
mod escalation;
mod isolation;
mod routes;
mod world;
