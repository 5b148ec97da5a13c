//! The messages that policies/TROUBLESHOOTING.md quotes, against the sources of the program that prints them.

use std::path::{Path, PathBuf};

/// The columns of TROUBLESHOOTING.md that quote messages.
const COLUMNS: [&str; 3] = ["message", "warning", "question or line of the plan"];

/// Quotations that are not in the sources: messages of Cedar.
const OF_OTHERS: [&str; 11] = [
    "not found",
    "unrecognized action",
    "duplicate action",
    "failed to resolve",
    "integer overflow",
    "unexpected end of input",
    "is not a valid operator in Cedar",
    "expected a static policy, got a template",
    "policy is impossible:",
    "unable to guarantee safety of access to optional attribute",
    "this policy requires level 4, which exceeds the maximum allowed level (3)",
];

fn repository() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}

/// The text with each run of white space as one space.
fn spaced(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// The code of the Rust files in a folder, without comments and tests, and with each string on one line.
fn sources(folder: &Path) -> Vec<String> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir(folder).expect("a folder") {
        let path = entry.expect("an entry").path();
        let name = path.file_name().expect("a name").to_string_lossy().into_owned();
        if path.is_dir() && !["target", "tests"].contains(&name.as_str()) {
            found.extend(sources(&path));
        } else if path.extension().is_some_and(|extension| extension == "rs") && name != "tests.rs" {
            let text = std::fs::read_to_string(&path).expect("a text");
            let code = text.split("#[cfg(test)]\nmod tests {").next().expect("a first part");
            let lines: Vec<&str> =
                code.lines().map(str::trim).filter(|line| !line.starts_with("//")).collect();
            // A backslash at the end of a line continues the string without the white space.
            let joined = lines.join("\n").replace("\\\n", "");
            found.push(spaced(&joined.replace("\\\"", "\"").replace("{{", "{").replace("}}", "}")));
        }
    }
    found
}

/// The texts in backticks. Two backticks enclose a text that contains backticks.
fn quotations(mut text: &str) -> Vec<String> {
    let mut found = Vec::new();
    while let Some(start) = text.find('`') {
        let fence = if text[start..].starts_with("``") { "``" } else { "`" };
        let (quoted, rest) = text[start + fence.len()..].split_once(fence).expect("an end");
        found.push(quoted.trim().to_owned());
        text = rest;
    }
    found
}

/// The literal fragments of each quoted message, with its line.
fn fragments(document: &str) -> Vec<(usize, String)> {
    let mut found = Vec::new();
    let mut is_of_messages = false;
    for (index, line) in document.lines().enumerate() {
        let Some(row) = line.strip_prefix("| ") else {
            is_of_messages &= line.starts_with('|');
            continue;
        };
        let cell = row.split(" | ").next().expect("a cell");
        is_of_messages |= COLUMNS.contains(&cell);
        if is_of_messages {
            let quoted = quotations(cell);
            let parts = quoted.iter().flat_map(|message| message.split('…'));
            let parts = parts.map(spaced).filter(|part| !part.is_empty());
            found.extend(parts.map(|part| (index + 1, part)));
        }
    }
    found
}

#[test]
fn d5_troubleshooting_quotes_the_messages_that_the_program_prints() {
    let path = repository().join("policies/TROUBLESHOOTING.md");
    let fragments = fragments(&std::fs::read_to_string(path).expect("a document"));
    assert!(fragments.len() > 100, "only {} fragments were found", fragments.len());
    let sources: Vec<String> =
        ["cli/src", "crates"].iter().flat_map(|folder| sources(&repository().join(folder))).collect();
    let is_printed = |part: &str| sources.iter().any(|source| source.contains(part));
    let stale: Vec<String> = fragments
        .iter()
        .filter(|(_, part)| !OF_OTHERS.contains(&part.as_str()) && !is_printed(part))
        .map(|(line, part)| format!("line {line}: {part}"))
        .collect();
    assert!(stale.is_empty(), "TROUBLESHOOTING.md quotes what is not in the sources:\n{}", stale.join("\n"));
    for part in OF_OTHERS {
        assert!(
            fragments.iter().any(|(_, quoted)| quoted == part),
            "TROUBLESHOOTING.md does not quote {part}"
        );
    }
}
