//! Resources of a workspace: integrations, mini-apps, bots and the like, whose numbers the product limits (L3–L5).

pub mod add_resource;
pub mod list_resources;
pub mod remove_resource;
mod view;
