//! Members of a workspace.

pub mod change_role;
pub mod list_members;
pub mod remove_member;
