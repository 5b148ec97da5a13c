//! Workspaces themselves.

pub mod create_workspace;
pub mod get_workspace;
pub mod list_workspaces;
pub mod update_workspace;
