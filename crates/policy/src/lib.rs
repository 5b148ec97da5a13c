//! Decisions: a product pack is read, and Cedar decides by it.
//!
//! A [`Bundle`] is a pack that was read: its data as [`seatwise_domain::Pack`], its Cedar files together
//! with the guardrails and the recovery floor, which are compiled in. It answers one question, "may this
//! caller attempt this?" ([`Bundle::decide`]). The function that asks hands over all facts: nothing here
//! reads a table or a clock.
//!
//! Two policy sets decide: guardrails with the bundle, or guardrails with the floor. A set with
//! any evaluation error may not allow, since Cedar skips a policy that errs, forbids included.
//!
//! The operators' tools for packs (check, compare, explain) are in `seatwise-workbench`, which no function
//! links.

mod attempts;
mod bundle;
mod core;
mod decide;
mod decision_class;
mod entities;
mod facts;
mod fault;
mod gathered;
mod offer;
mod pack_file;
pub mod packs;
mod permitted;
mod placeholder;
mod settings;
mod signature;
pub mod source;
mod terms;
pub mod text;
pub mod toml_file;
mod vocabulary;

use std::collections::BTreeMap;

use seatwise_domain::PolicyVersion;
use sha2::{Digest as _, Sha256};

pub use attempts::{Check, NOT_OFFERED};
pub use bundle::{Bundle, VariedAttribute};
pub use core::{CORE_FILES, Core, CoreFile, parse_ahead};
pub use decide::{Decision, SetAnswer, Verdict};
pub use entities::DROPPED;
pub use facts::{
    AccessRequest, ApiKeyFacts, InvitationFacts, LeaveFacts, MemberFacts, Principal, PrincipalKind, Resource,
    ResourceKind, SeatFacts, UserFacts, WorkspaceFacts,
};
pub use fault::{BundleFault, CedarError, FaultCause, Location};
pub use gathered::{FactGatherer, GatheredFacts, GatheredQuestion, PrincipalRef, ResourceRef};
pub use offer::Offer;
pub use pack_file::PACK_FILE;
pub use placeholder::{Placeholder, TARGET_CREATOR, TARGET_SELF, placeholders};
pub use signature::{PolicySigningKey, is_signed, target};
pub use source::{Origin, Source};
pub use vocabulary::{APP_FILE, ActionInfo, quoted_names};

/// The files of a pack: the path inside the pack, and the text.
pub type Files = BTreeMap<String, String>;

/// The size of the files in bytes, with their names.
pub fn size(files: &Files) -> usize {
    files.iter().map(|(path, text)| path.len() + text.len()).sum()
}

/// The content hash of a pack. The same files are the same version, wherever they lie.
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
