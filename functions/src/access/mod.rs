//! The caller's permissions: for the host product, and for a client that shows or hides buttons.

pub mod authorize;
mod body;
mod check;
pub mod list_permissions;

pub use body::ACTION_MAX;
