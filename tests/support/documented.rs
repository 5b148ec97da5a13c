//! The examples of the documentation.

use std::path::Path;

/// The policy with this id in a block of code of a document, whose path begins at the repository.
pub fn policy(document: &str, id: &str) -> String {
    let begin = format!("@id({id:?})");
    let blocks = blocks(document);
    let found = blocks.iter().find(|block| block.starts_with(&begin));
    found.unwrap_or_else(|| panic!("{document} has no block that begins with {begin}")).clone()
}

fn blocks(document: &str) -> Vec<String> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("..").join(document);
    let text = std::fs::read_to_string(&path).expect("a document");
    let blocks = text.split("```cedar\n").skip(1).filter_map(|rest| rest.split("```").next());
    blocks.map(ToOwned::to_owned).collect()
}
