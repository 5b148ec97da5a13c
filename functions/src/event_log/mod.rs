//! The log of a workspace: what happened, who did it, and what it changed.

pub mod export_events;
mod filter;
pub mod list_events;
mod view;
