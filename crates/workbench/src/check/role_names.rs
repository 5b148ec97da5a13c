//! Names of roles that the cases could not tell from their own words.

use seatwise_policy::{Bundle, Files};

use super::vocabulary::about;
use crate::finding::Finding;
use crate::situation::words_of_cases;

/// Roles that are called as the cases call other callers or affected members. The functions know no such words, so they
/// serve a pack with such a role that was published before.
pub(super) fn findings(bundle: &Bundle, files: &Files) -> Vec<Finding> {
    let roles = bundle.pack().roles.iter().enumerate();
    let ambiguous = roles.filter(|(_, role)| words_of_cases().any(|word| word == role.name.as_str()));
    ambiguous
        .map(|(index, role)| {
            let name = &role.name;
            let message = format!("role `{name}` is called as a word of the cases: choose another id");
            let help =
                format!("`seatwise policies rename-role {name} NEW` renames it, and its members keep it");
            about(files, &["role", &index.to_string(), "id"], &message).help(&help)
        })
        .collect()
}
