//! The rules: one file for each kind of resource. A rule takes the records that were read and answers
//! with the changes to write, or with a refusal.

pub mod change_invitation;
pub mod coordinator;
pub mod domain;
pub mod invitation;
pub mod join;
pub mod leave;
pub mod logo;
pub mod mail;
pub mod member;
pub mod quota;
pub mod role_link;
pub mod seat;
pub mod seating;
pub mod user;
pub mod workspace;
pub mod workspace_deletion;

#[cfg(test)]
mod tests;
