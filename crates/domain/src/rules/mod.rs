//! The rules: one file for each kind of resource. A rule takes the records that were read and answers
//! with the changes to write, or with a refusal.

pub mod account_deletion;
pub mod address;
pub mod api_key;
pub mod billing;
pub mod change_invitation;
pub mod coordinator;
pub mod domain;
pub mod invitation;
pub mod join;
pub mod leave;
pub mod log;
pub mod logo;
pub mod mail;
pub mod maker;
pub mod member;
pub mod pending;
pub mod quota;
pub mod resource;
pub mod role_link;
pub mod seat;
pub mod seating;
pub mod sign_in;
pub mod sync;
pub mod user;
pub mod workspace;
pub mod workspace_deletion;

#[cfg(test)]
mod tests;
