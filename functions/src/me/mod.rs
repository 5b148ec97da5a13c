//! The operations of people on their own account, in no workspace.

pub mod delete_me;
pub mod enter;
pub mod get_me;
pub mod list_my_invitations;
pub mod update_me;

mod domain_joining;
pub mod ending;
pub mod joined;
mod own_sign_in;
mod view;
