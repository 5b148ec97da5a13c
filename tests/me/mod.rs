//! The person who is signed in.

mod enter;
mod list_my_invitations;
mod sign_ins;
mod update_me;
