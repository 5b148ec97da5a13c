//! Another name for a role or a seat tier, in all files of a pack: its data, policies, schema and cases.
//!
//! Only the names themselves are replaced, by their places in the parsed text. Comments, layout, and the same word
//! with another meaning stay as they are.

mod cedar_edits;
#[cfg(test)]
mod tests;
mod toml_edits;

use std::collections::BTreeMap;
use std::ops::Range;

use seatwise_domain::pack::{BadIdentifier, Pack};
use seatwise_domain::{RoleName, TierName};
use seatwise_policy::source::is_policy_file;
use seatwise_policy::{APP_FILE, Files, PACK_FILE};
use serde::Serialize;

use self::cedar_edits::edits_of_cedar;
use self::toml_edits::{edits_of_cases, edits_of_pack};
use crate::cases;
use crate::situation::words_of_cases;
use crate::suggestion::suggestion;

/// The kinds of things that can be renamed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "camelCase")]
pub enum NamedKind {
    /// A role.
    Role,
    /// A seat tier.
    Tier,
}

impl NamedKind {
    /// The kind in words.
    pub fn word(self) -> &'static str {
        match self {
            Self::Role => "role",
            Self::Tier => "tier",
        }
    }
}

/// A role or a tier that gets another name.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Rename {
    /// What it is.
    pub kind: NamedKind,
    /// The name before.
    pub before: String,
    /// The name after.
    pub after: String,
}

/// A reason why nothing is renamed.
#[derive(Debug, thiserror::Error)]
pub enum RenameError {
    /// The data of the pack cannot be read.
    #[error("{PACK_FILE} cannot be read as it is: `seatwise policies check` says what is wrong with it")]
    Unreadable,
    /// There is no such role or tier.
    #[error("the pack has no {kind} `{name}`: {help}")]
    Unknown {
        /// `role` or `tier`.
        kind: &'static str,
        /// The name.
        name: String,
        /// The names that were perhaps meant.
        help: String,
    },
    /// The new name has not the form of one.
    #[error("`{name}` is no id: it {why}")]
    NoId {
        /// The new name.
        name: String,
        /// The form of an id.
        why: BadIdentifier,
    },
    /// The new name is another one's.
    #[error("the pack has a {kind} `{name}` already: choose another id")]
    Taken {
        /// `role` or `tier`.
        kind: &'static str,
        /// The new name.
        name: String,
    },
    /// The new name is a word of the cases.
    #[error("no role can be called `{name}`: it is a word of the cases; choose another id")]
    WordOfCases {
        /// The new name.
        name: String,
    },
    /// The new name is the first id of another one.
    #[error(
        "`{name}` is the first id of the {kind} `{of}`, under which records keep it: only that {kind} can be called \
         `{name}` again"
    )]
    FirstIdOfOther {
        /// `role` or `tier`.
        kind: &'static str,
        /// The new name.
        name: String,
        /// The one that had it first.
        of: String,
    },
}

/// The files that change, and how often a name was replaced in each.
pub struct Renamed {
    /// All files of the pack, under the new name.
    pub files: Files,
    /// The number of replaced names in each file that changes.
    pub replaced: BTreeMap<String, usize>,
}

/// Renames a role or a tier. Records keep it under its first id, which `product.toml` notes.
pub fn rename(files: &Files, rename: &Rename) -> Result<Renamed, RenameError> {
    let pack = pack(files).ok_or(RenameError::Unreadable)?;
    let Rename { kind, before, after } = rename;
    let (all, word) = (named(&pack, *kind), kind.word());
    let Some((_, own_id)) = all.iter().find(|(name, _)| name == before) else {
        let help = suggestion(before, all.iter().map(|(name, _)| name.as_str()));
        return Err(RenameError::Unknown { kind: word, name: before.clone(), help });
    };
    let form = match kind {
        NamedKind::Role => after.parse::<RoleName>().map(|_| ()),
        NamedKind::Tier => after.parse::<TierName>().map(|_| ()),
    };
    form.map_err(|why| RenameError::NoId { name: after.clone(), why })?;
    if *kind == NamedKind::Role && words_of_cases().any(|word| word == after) {
        return Err(RenameError::WordOfCases { name: after.clone() });
    }
    if all.iter().any(|(name, _)| name == after) {
        return Err(RenameError::Taken { kind: word, name: after.clone() });
    }
    if let Some((of, _)) = all.iter().find(|(_, id)| id == after && id != own_id) {
        return Err(RenameError::FirstIdOfOther { kind: word, name: after.clone(), of: of.clone() });
    }
    Ok(apply(files, std::slice::from_ref(rename)))
}

/// The files of a version under the names that a later one gives to the same roles and tiers, and what the later one
/// has renamed. So a comparison of the two shows what a rename leaves to compare.
pub fn under_names_of(before: &Files, after: &Files) -> (Files, Vec<Rename>) {
    let Some((old, new)) = pack(before).zip(pack(after)) else { return (before.clone(), Vec::new()) };
    let of_kind = |kind| {
        let (old, new) = (named(&old, kind), named(&new, kind));
        let is = move |id: &str| new.iter().find(|(_, known)| known == id).map(|(name, _)| name.clone());
        let renamed = old.into_iter().filter_map(move |(before, id)| {
            let after = is(&id).filter(|after| *after != before)?;
            Some(Rename { kind, before, after })
        });
        renamed.collect::<Vec<_>>()
    };
    let renames = [of_kind(NamedKind::Role), of_kind(NamedKind::Tier)].concat();
    if renames.is_empty() { (before.clone(), renames) } else { (apply(before, &renames).files, renames) }
}

fn pack(files: &Files) -> Option<Pack> {
    toml::from_str(files.get(PACK_FILE)?).ok()
}

/// The names and the first ids of all roles or tiers.
fn named(pack: &Pack, kind: NamedKind) -> Vec<(String, String)> {
    match kind {
        NamedKind::Role => pack.roles.iter().map(|role| (role.name.to_string(), role.id.0.clone())).collect(),
        NamedKind::Tier => {
            pack.seats.tiers.iter().map(|tier| (tier.name.to_string(), tier.id.0.clone())).collect()
        }
    }
}

/// A part of a text, and what takes its place.
struct Edit {
    span: Range<usize>,
    text: String,
    /// Whether it replaces a name.
    is_name: bool,
}

/// All renames at once: the new name of one can be the old name of another.
fn apply(files: &Files, renames: &[Rename]) -> Renamed {
    let mut result = Renamed { files: files.clone(), replaced: BTreeMap::new() };
    for (path, text) in files {
        let mut edits = if path == PACK_FILE {
            edits_of_pack(text, renames)
        } else if is_policy_file(path) || path == APP_FILE {
            edits_of_cedar(text, renames)
        } else if cases::is_file(path) {
            edits_of_cases(text, renames)
        } else {
            Vec::new()
        };
        if edits.is_empty() {
            continue;
        }
        edits.sort_by_key(|edit| edit.span.start);
        result.replaced.insert(path.clone(), edits.iter().filter(|edit| edit.is_name).count());
        result.files.insert(path.clone(), edited(text, &edits));
    }
    result
}

fn edited(text: &str, edits: &[Edit]) -> String {
    let (mut result, mut end) = (String::with_capacity(text.len()), 0);
    for Edit { span, text: new, .. } in edits {
        result.push_str(text.get(end..span.start).unwrap_or_default());
        result.push_str(new);
        end = span.end;
    }
    result.push_str(text.get(end..).unwrap_or_default());
    result
}

fn new_name<'r>(renames: &'r [Rename], kind: NamedKind, name: &str) -> Option<&'r str> {
    renames.iter().find(|it| it.kind == kind && it.before == name).map(|it| it.after.as_str())
}
