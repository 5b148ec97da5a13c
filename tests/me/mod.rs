//! The person who is signed in.

mod delete_me;
mod enter;
mod get_me;
mod list_my_invitations;
mod sign_ins;
mod update_me;
