//! The operators' tools for product packs: check, compare two versions, explain a decision, print the
//! permission matrix, format policies.
//!
//! All of them ask [`seatwise_policy::Bundle`] about examples, in the way that a function asks about a
//! request. No function links this crate.

mod cases;
mod check;
mod currency;
pub mod diff;
#[cfg(test)]
mod documented;
mod explain;
mod finding;
mod folder;
mod format;
mod matrix;
mod power;
mod probe;
mod rename;
mod situation;
mod stage;
mod suggestion;
#[cfg(test)]
mod tables;
#[cfg(test)]
mod tests;

pub use check::{Report, check, is_pack_file, is_readable, report};
pub use explain::{
    Aspect, DecisionSubject, ExplainedDecision, Explanation, FailedPolicy, PolicyRef, Question, Remedy,
    RemedyValue, explain,
};
pub use finding::Finding;
pub use folder::{MATRIX_FILE, read_dir};
pub use format::format;
pub use matrix::matrix;
pub use power::{AllowedExample, Power, allowed_examples, powers};
pub use rename::{NamedKind, Rename, RenameError, Renamed, rename, under_names_of};
pub use situation::{Complaint, Given, SERVICE, TimeAgo, UNVERIFIED_USER, USER, VISITOR, WorkspaceRelation};
pub use stage::visit_requests;
