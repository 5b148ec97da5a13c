//! Members of a workspace.

pub mod add_member;
pub mod change_role;
pub mod export_members;
pub mod leave_workspace;
pub mod list_members;
pub mod remove_member;

pub mod context;
pub mod facts;
mod filter;
mod target;
pub mod view;
