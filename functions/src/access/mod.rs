//! The caller's permissions: for the host product, and for a client that shows or hides buttons.

pub mod authorize;
pub mod list_permissions;
