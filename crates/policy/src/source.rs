//! Cedar files, one statement at a time: so that each policy knows its file, line and place in
//! the order, none of which Cedar keeps.

use std::path::Path;

use cedar_policy::ffi::DetailedError;
use cedar_policy::{Policy, PolicyId};

use crate::Files;
use crate::finding::{Finding, line_of};

/// Which of the three a policy belongs to. Not told by the name of its file: an operator may call
/// one `floor.cedar` as well.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Origin {
    /// Compiled in: forbids that hold whatever a pack permits.
    Guardrails,
    /// What is published.
    Pack,
    /// Compiled in: what remains whatever a pack forbids.
    Floor,
}

/// One policy, and where it stands.
#[derive(Clone, Debug)]
pub struct Source {
    /// Which of the three it belongs to.
    pub origin: Origin,
    /// Path inside the pack, or the name of a compiled-in file.
    pub file: String,
    /// Line of the file on which it begins, from 1.
    pub line: u32,
    /// As it stands there.
    pub text: String,
    /// As Cedar reads it; its id is its `@id`.
    pub policy: Policy,
}

impl Source {
    /// Something that is wrong with it.
    pub fn finding(&self, message: &str) -> Finding {
        Finding::new(&self.file, Some(self.line), message)
    }

    pub(crate) fn of_cedar(&self, error: DetailedError) -> Finding {
        Finding::of_cedar(&self.file, self.line, &self.text, error)
    }
}

/// Whether the path is that of a file of policies.
pub(crate) fn is_policy_file(path: &str) -> bool {
    Path::new(path).extension().is_some_and(|extension| extension == "cedar")
}

/// The policies of a pack, in the order of their files and lines.
pub(crate) fn of_pack(files: &Files) -> Result<Vec<Source>, Vec<Finding>> {
    let (mut sources, mut faults) = (Vec::new(), Vec::new());
    for (file, text) in files.iter().filter(|(file, _)| is_policy_file(file)) {
        match of_file(Origin::Pack, file, text) {
            Ok(found) => sources.extend(found),
            Err(fault) => faults.push(fault),
        }
    }
    if faults.is_empty() { Ok(sources) } else { Err(faults) }
}

/// The policies of one file; its first fault, if it has any.
pub(crate) fn of_file(origin: Origin, file: &str, text: &str) -> Result<Vec<Source>, Finding> {
    statements(text)
        .into_iter()
        .map(|(offset, statement)| {
            let line = line_of(text, offset);
            // An `@id` is only an annotation to Cedar; here it is the id.
            let policy = Policy::parse(None, statement)
                .map_err(|errors| Finding::of_cedar(file, line, statement, (&errors).into()))?;
            let id = policy.annotation("id").map_or_else(|| format!("{file}:{line}"), ToOwned::to_owned);
            let policy = policy.new_id(PolicyId::new(id));
            Ok(Source { origin, file: file.to_owned(), line, text: statement.to_owned(), policy })
        })
        .collect()
}

/// Where a scan through Cedar text is.
#[derive(Clone, Copy, PartialEq)]
enum At {
    Code,
    Text,
    Escape,
    Comment,
}

/// Splits at the semicolons that end policies; each statement with the offset of its first
/// character that is no comment.
fn statements(text: &str) -> Vec<(usize, &str)> {
    let (mut found, mut start, mut at) = (Vec::new(), None, At::Code);
    for (offset, c) in text.char_indices() {
        at = match (at, c) {
            (At::Code, '/') if text[offset..].starts_with("//") => At::Comment,
            (At::Comment, '\n') | (At::Text, '"') => At::Code,
            (At::Code, '"') | (At::Escape, _) => At::Text,
            (At::Text, '\\') => At::Escape,
            (at, _) => at,
        };
        if at == At::Comment || c.is_whitespace() {
            continue;
        }
        let first = *start.get_or_insert(offset);
        if at == At::Code && c == ';' {
            found.push((first, &text[first..=offset]));
            start = None;
        }
    }
    // What no semicolon ends is a fault that the parser words better.
    found.extend(start.map(|first| (first, &text[first..])));
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn statements_end_where_policies_do() {
        let text = "// one; two\n@doc(\"a;\\\"b; // c\") // d;\npermit (x);\n\n  forbid (y); // e\n";
        let found: Vec<_> = statements(text).into_iter().map(|(at, it)| (line_of(text, at), it)).collect();
        assert_eq!(found, [(2, "@doc(\"a;\\\"b; // c\") // d;\npermit (x);"), (5, "forbid (y);")]);
    }

    #[test]
    fn what_is_not_ended_is_kept() {
        assert_eq!(statements("permit (x) // a;\n"), [(0, "permit (x) // a;\n")]);
        assert_eq!(statements(" // nothing;\n"), []);
    }

    #[test]
    fn a_fault_names_its_line() {
        let text =
            "permit (principal, action, resource);\n\npermit (\n  principal,\n  action = 1,\n  resource);";
        let fault = of_file(Origin::Pack, "x.cedar", text).unwrap_err();
        assert_eq!((fault.file.as_str(), fault.line), ("x.cedar", Some(5)), "{fault}");
    }
}
