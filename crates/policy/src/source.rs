//! Cedar files, one statement at a time: so that each policy knows its file, place and rank in
//! the order, none of which Cedar keeps.

use std::ops::Range;
use std::path::Path;
use std::sync::Arc;

use cedar_policy::ffi::DetailedError;
use cedar_policy::{Policy, PolicyId};

use crate::Files;
use crate::finding::{Finding, first_line, line_of};

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

/// What a policy looks like, for who wrote something else.
const FORM: &str = "a policy is `@id(\"…\") permit (principal …, action …, resource …) when { … };`, or a forbid \
                    with `@reason(\"…\")`";

/// One policy, and where it stands.
#[derive(Clone, Debug)]
pub struct Source {
    /// Which of the three it belongs to.
    pub origin: Origin,
    /// Path inside the pack, or the name of a compiled-in file.
    pub file: String,
    /// The text of the whole file.
    pub(crate) whole: Arc<str>,
    /// Which part of it is the policy, annotations included.
    pub(crate) at: Range<usize>,
    /// As Cedar reads it; its id is its `@id`.
    pub policy: Policy,
}

impl Source {
    /// The policy as it is written.
    pub fn text(&self) -> &str {
        &self.whole[self.at.clone()]
    }

    /// The line, from 1, in which it begins.
    pub fn line(&self) -> u32 {
        line_of(&self.whole, self.at.start)
    }

    /// How people find it: id, file and line.
    pub(crate) fn name(&self) -> String {
        format!("`{}` ({}:{})", self.policy.id(), self.file, self.line())
    }

    /// About the policy as a whole: its first line stands for it.
    pub fn finding(&self, message: &str) -> Finding {
        self.finding_at(first_line(self.text(), 0), message)
    }

    /// About a part of its text.
    pub(crate) fn finding_at(&self, part: Range<usize>, message: &str) -> Finding {
        let span = self.at.start + part.start..self.at.start + part.end;
        Finding::new(&self.file, message).at(&self.whole, span).in_core(self.origin != Origin::Pack)
    }

    /// What Cedar says about it; `help` where Cedar has none.
    pub(crate) fn of_cedar(&self, mut error: DetailedError, help: &str) -> Finding {
        // All of a policy is more than one can look at.
        error.source_locations.retain(|label| label.loc.end - label.loc.start < self.text().len());
        Finding::of_cedar(&self.file, &self.whole, self.at.start, error, help)
            .in_core(self.origin != Origin::Pack)
    }
}

/// Whether the path is that of a file of policies.
pub fn is_policy_file(path: &str) -> bool {
    Path::new(path).extension().is_some_and(|extension| extension == "cedar")
}

/// The policies of a pack, in the order of their files and lines.
pub(crate) fn of_pack(files: &Files) -> Result<Vec<Source>, Vec<Finding>> {
    let (mut sources, mut faults) = (Vec::new(), Vec::new());
    for (file, text) in files.iter().filter(|(file, _)| is_policy_file(file)) {
        match of_file(Origin::Pack, file, text) {
            Ok(found) => sources.extend(found),
            Err(found) => faults.extend(found),
        }
    }
    if faults.is_empty() { Ok(sources) } else { Err(faults) }
}

/// The policies of one file, or its faults.
pub(crate) fn of_file(origin: Origin, file: &str, text: &str) -> Result<Vec<Source>, Vec<Finding>> {
    let whole: Arc<str> = text.into();
    let (mut sources, mut faults) = (Vec::new(), Vec::new());
    for (offset, statement) in statements(text) {
        // An `@id` is only an annotation to Cedar; here it is the id.
        match Policy::parse(None, statement) {
            Ok(policy) => {
                let id = policy.annotation("id").map(ToOwned::to_owned);
                let id = id.unwrap_or_else(|| format!("{file}:{}", line_of(text, offset)));
                let policy = policy.new_id(PolicyId::new(id));
                let at = offset..offset + statement.len();
                sources.push(Source { origin, file: file.to_owned(), whole: whole.clone(), at, policy });
            }
            Err(errors) => faults.push(Finding::of_cedar(file, text, offset, (&errors).into(), FORM)),
        }
    }
    if faults.is_empty() { Ok(sources) } else { Err(faults) }
}

/// Where a scan through Cedar text is.
#[derive(Clone, Copy, PartialEq)]
pub(crate) enum At {
    Code,
    Text,
    Escape,
    Comment,
}

/// Each character with its offset, and what it is part of.
pub(crate) fn scan(text: &str) -> impl Iterator<Item = (usize, At, char)> {
    text.char_indices().scan(At::Code, |at, (offset, c)| {
        *at = match (*at, c) {
            (At::Code, '/') if text[offset..].starts_with("//") => At::Comment,
            (At::Comment, '\n') | (At::Text, '"') => At::Code,
            (At::Code, '"') | (At::Escape, _) => At::Text,
            (At::Text, '\\') => At::Escape,
            (at, _) => at,
        };
        Some((offset, *at, c))
    })
}

/// Splits at the semicolons that end policies; each statement with the offset of its first
/// character that is no comment.
fn statements(text: &str) -> Vec<(usize, &str)> {
    let (mut found, mut start) = (Vec::new(), None);
    for (offset, at, c) in scan(text) {
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
        let faults = of_file(Origin::Pack, "x.cedar", text).unwrap_err();
        assert_eq!(faults.len(), 1);
        assert!(faults[0].to_string().starts_with("x.cedar:5:3: '=' is not"), "{faults:?}");
    }
}
