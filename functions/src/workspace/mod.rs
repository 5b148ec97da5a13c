//! Workspaces themselves.

pub mod create_workspace;
pub mod delete_workspace;
pub mod get_coordinator;
pub mod get_logo;
pub mod get_workspace;
pub mod list_all_workspaces;
pub mod list_workspaces;
pub mod remove_logo;
pub mod set_coordinator;
pub mod transfer_workspace;
pub mod update_settings;
pub mod update_workspace;
pub mod upload_logo;

pub mod facts;
pub mod target;
pub mod view;
