//! The person who is signed in.

mod enter;
mod list_my_invitations;
mod update_me;
