//! Product packs, and what Cedar decides with them.
//!
//! A [`Bundle`] is a pack that was parsed: its data as [`seatwise_domain::Pack`], its Cedar files
//! together with the guardrails and the recovery floor, which are compiled in. It answers one
//! question, "may this caller attempt this?" ([`Bundle::decide`]), for which the function that
//! asks hands over all facts: nothing here reads a table or a clock.
//!
//! Two policy sets decide: guardrails with the bundle, or guardrails with the floor. A set with
//! any evaluation error may not allow, since Cedar skips a policy that errs, forbids included.

mod bundle;
mod cases;
mod cast;
mod check;
mod core;
pub mod diff;
mod explain;
mod facts;
mod finding;
mod format;
mod matrix;
pub mod packs;
mod signature;
mod situation;
mod source;
mod stage;
#[cfg(test)]
mod tables;
mod vocabulary;

use std::collections::BTreeMap;

use seatwise_domain::PolicyVersion;
use sha2::{Digest as _, Sha256};

pub use bundle::{Bundle, Decision};
pub use check::{MAX_BYTES, Report, check, is_pack_file, is_readable, report};
pub use core::Core;
pub use explain::{Aspect, Change, Explanation, Failed, Outcome, Possibility, Query, Rule, Subject, explain};
pub use facts::{
    AccessRequest, InvitationFacts, LeaveFacts, MemberFacts, Principal, Resource, SeatFacts, UserFacts,
    WorkspaceFacts,
};
pub use finding::{Fault, Finding};
pub use format::format;
pub use matrix::matrix;
pub use signature::{SigningKey, is_signed, target};
pub use situation::{Complaint, Given, WorkspaceState};
pub use source::{Origin, Source, is_policy_file};
pub use vocabulary::{ActionInfo, PrincipalKind, ResourceKind};

/// The files of a pack: path inside the pack, and text.
pub type Files = BTreeMap<String, String>;

/// How large the files are, in bytes, with their names.
pub fn size(files: &Files) -> usize {
    files.iter().map(|(path, text)| path.len() + text.len()).sum()
}

/// The content hash of a pack: the same files are the same version, wherever they lie.
pub fn version(files: &Files) -> PolicyVersion {
    let mut hash = Sha256::new();
    for part in files.iter().flat_map(|(path, text)| [path, text]) {
        // The length keeps ("ab", "c") and ("a", "bc") apart.
        hash.update((part.len() as u64).to_be_bytes());
        hash.update(part.as_bytes());
    }
    PolicyVersion(hex::encode(hash.finalize()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn files(list: &[(&str, &str)]) -> Files {
        list.iter().map(|(path, text)| ((*path).to_owned(), (*text).to_owned())).collect()
    }

    #[test]
    fn a_version_is_its_content() {
        let one = files(&[("a", "bc"), ("d", "")]);
        assert_eq!(version(&one), version(&one.clone()));
        assert_eq!(version(&one).0.len(), 64);
        for other in [&[("ab", "c"), ("d", "")][..], &[("a", "bc")], &[("a", "b"), ("d", "c")]] {
            assert_ne!(version(&one), version(&files(other)), "{other:?}");
        }
    }
}
