//! Cedar files: each policy keeps its file and its place in the order, which Cedar itself does not.

use std::ops::Range;
use std::path::Path;
use std::sync::{Arc, OnceLock};

use cedar_policy::{ActionConstraint, Effect, Policy, PolicyId, PolicySet, ResourceConstraint};

use crate::Files;
use crate::fault::{BundleFault, CedarError, FaultCause, Location};
use crate::terms::ConditionTerms;
use crate::text::{first_line, line_of};

/// The part of the policies that a policy belongs to. The name of its file does not tell: an operator may
/// name a file `floor.cedar` as well.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Origin {
    /// Compiled in: forbids that hold whatever a pack permits.
    Guardrails,
    /// Published by an operator.
    Pack,
    /// Compiled in: permits that remain whatever a pack forbids.
    Floor,
}

/// One policy and its place.
#[derive(Clone, Debug)]
pub struct Source {
    /// The part that it belongs to.
    pub origin: Origin,
    /// The path inside the pack, or the name of a compiled-in file.
    pub file: String,
    /// The text of the whole file.
    file_text: Arc<str>,
    /// The bytes of the policy, annotations included.
    span: Range<usize>,
    /// The policy as Cedar reads it; its id is its `@id`.
    pub policy: Policy,
    /// Its `@reason`.
    pub reason: Option<String>,
    /// The form that decides, made when it is first asked for. Copies share it.
    deciding: Arc<OnceLock<DecidingForm>>,
}

/// A policy in the form that decides, and what is known about it.
#[derive(Debug)]
struct DecidingForm {
    terms: ConditionTerms,
    /// Nothing, if the scope cannot be taken apart: no such text is known.
    of_any_action: Option<Policy>,
}

impl DecidingForm {
    fn of(policy: &Policy, text: &str) -> Self {
        Self { terms: ConditionTerms::of(policy), of_any_action: of_any_action(policy, text) }
    }
}

/// The policy without the action constraint of its scope.
fn of_any_action(policy: &Policy, text: &str) -> Option<Policy> {
    let Range { start, end } = action_part(text)?;
    let text = format!("{} action{}", &text[..start], &text[end..]);
    let parsed = Policy::parse(Some(policy.id().clone()), text).ok()?;
    let is_same = parsed.action_constraint() == ActionConstraint::Any
        && parsed.effect() == policy.effect()
        && parsed.principal_constraint() == policy.principal_constraint()
        && parsed.resource_constraint() == policy.resource_constraint();
    is_same.then_some(parsed)
}

/// The bytes of the action constraint in a policy's scope: between the two commas.
fn action_part(text: &str) -> Option<Range<usize>> {
    let (mut depth, mut is_in_scope, mut first_comma) = (0_usize, false, None);
    // The last word outside of all brackets; an annotation can have any name.
    let (mut word, mut is_in_word, mut follows_at, mut is_annotation) = (String::new(), false, false, false);
    for (offset, _, c) in scan(text).filter(|(_, part, _)| *part == TextPart::Code) {
        let is_of_word = depth == 0 && (c.is_alphanumeric() || c == '_');
        if is_of_word && !is_in_word {
            (is_annotation, follows_at) = (follows_at, false);
            word.clear();
        }
        is_in_word = is_of_word;
        match c {
            _ if is_of_word => word.push(c),
            '@' => follows_at = true,
            '(' | '[' | '{' => {
                is_in_scope |= depth == 0 && !is_annotation && ["permit", "forbid"].contains(&word.as_str());
                depth += 1;
            }
            ')' | ']' | '}' => depth = depth.saturating_sub(1),
            ',' if is_in_scope && depth == 1 => match first_comma {
                None => first_comma = Some(offset + 1),
                Some(start) => return Some(start..offset),
            },
            _ => {}
        }
    }
    None
}

impl Source {
    /// The text of the policy.
    pub fn text(&self) -> &str {
        &self.file_text[self.span.clone()]
    }

    /// The text of the whole file.
    pub fn file_text(&self) -> &str {
        &self.file_text
    }

    /// The bytes of the policy in its file.
    pub fn span(&self) -> Range<usize> {
        self.span.clone()
    }

    /// The roles that the policy may give, although they can do more than the giver: what `@appoints` names.
    pub fn appoints(&self) -> impl Iterator<Item = &str> {
        annotation(&self.policy, "appoints").into_iter().flat_map(str::split_whitespace)
    }

    /// The line, from 1, in which the policy begins.
    pub fn line(&self) -> u32 {
        line_of(&self.file_text, self.span.start)
    }

    /// The id, file and line, for messages.
    pub fn name(&self) -> String {
        format!("`{}` ({}:{})", self.policy.id(), self.file, self.line())
    }

    /// The place of a part of the policy's text.
    pub fn location(&self, part: &Range<usize>) -> Location {
        let span = self.span.start + part.start..self.span.start + part.end;
        Location::file(&self.file).in_core(self.origin != Origin::Pack).at(&self.file_text, &span)
    }

    /// The terms of its conditions.
    pub(crate) fn terms(&self) -> &ConditionTerms {
        &self.deciding_form().terms
    }

    /// The policy without the action constraint of its scope, for questions about an action that the constraint includes.
    /// For each question, Cedar would make a set of all actions in the constraint, which takes a fifth of the time.
    pub(crate) fn of_any_action(&self) -> &Policy {
        self.deciding_form().of_any_action.as_ref().unwrap_or(&self.policy)
    }

    /// Whether the form that decides can look at the groups that an action is in.
    pub(crate) fn looks_at_groups(&self) -> bool {
        let form = self.deciding_form();
        form.of_any_action.is_none() || form.terms.looks_at_groups()
    }

    fn deciding_form(&self) -> &DecidingForm {
        self.deciding.get_or_init(|| DecidingForm::of(&self.policy, self.text()))
    }

    /// Whether the policy applies to all targets of a kind or to none, whatever is given.
    pub(crate) fn looks_at_caller_alone(&self) -> bool {
        let is_of_any =
            matches!(self.policy.resource_constraint(), ResourceConstraint::Any | ResourceConstraint::Is(_));
        is_of_any && !self.terms().has_variable("resource") && !self.terms().has_variable("context")
    }

    /// Whether the policy permits; otherwise it forbids.
    pub fn permits(&self) -> bool {
        self.policy.effect() == Effect::Permit
    }

    /// Whether it is a policy of the floor that a pack need not repeat.
    pub fn is_beyond_packs(&self) -> bool {
        annotation(&self.policy, "beyond_packs").is_some()
    }
}

/// Whether the path is that of a file of policies.
pub fn is_policy_file(path: &str) -> bool {
    Path::new(path).extension().is_some_and(|extension| extension == "cedar")
}

/// The policies of a pack, in the order of their files and lines; or all faults.
pub fn policies_of_pack(files: &Files) -> Result<Vec<Source>, Vec<BundleFault>> {
    let (mut sources, mut faults) = (Vec::new(), Vec::new());
    for (file, text) in files.iter().filter(|(file, _)| is_policy_file(file)) {
        match policies_of_file(Origin::Pack, file, text) {
            Ok(found) => sources.extend(found),
            Err(found) => faults.extend(found),
        }
    }
    if faults.is_empty() { Ok(sources) } else { Err(faults) }
}

/// The policies of one file; or all faults.
pub fn policies_of_file(origin: Origin, file: &str, text: &str) -> Result<Vec<Source>, Vec<BundleFault>> {
    let file_text: Arc<str> = text.into();
    let statements = statements(text);
    let parsed = parsed_together(text, &statements);
    let policies = parsed.ok_or_else(|| faults_of_each(file, text, &statements))?;
    let source = |(policy, (offset, statement)): (Policy, &(usize, &str))| {
        // Cedar reads an `@id` as a mere annotation; here it is the id.
        let id = annotation(&policy, "id").map(ToOwned::to_owned);
        let id = id.unwrap_or_else(|| format!("{file}:{}", line_of(text, *offset)));
        let policy = policy.new_id(PolicyId::new(id));
        let span = *offset..offset + statement.len();
        let reason = annotation(&policy, "reason").map(ToOwned::to_owned);
        let (file, file_text) = (file.to_owned(), file_text.clone());
        Source { origin, file, file_text, span, policy, reason, deciding: Arc::default() }
    };
    Ok(policies.into_iter().zip(&statements).map(source).collect())
}

/// The policies of a file, parsed in one call: the lexer of Cedar starts anew in each. Nothing, if the text has a fault.
/// The places that Cedar names in errors are bytes of the file.
fn parsed_together(text: &str, statements: &[(usize, &str)]) -> Option<Vec<Policy>> {
    let parsed: PolicySet = text.parse().ok()?;
    let is_all = parsed.num_of_policies() == statements.len() && parsed.num_of_templates() == 0;
    is_all.then_some(())?;
    // `PolicySet::from_str` numbers them in their order.
    let policy = |(number, (_, statement)): (usize, &(usize, &str))| {
        let policy = parsed.policy(&PolicyId::new(format!("policy{number}")))?;
        (policy.to_string() == *statement).then(|| policy.clone())
    };
    statements.iter().enumerate().map(policy).collect()
}

/// The faults of a file, each statement parsed by itself, so that all are found.
fn faults_of_each(file: &str, text: &str, statements: &[(usize, &str)]) -> Vec<BundleFault> {
    let cause = |advice| FaultCause::Policy { advice };
    let fault = |(offset, statement): &(usize, &str)| {
        let errors = Policy::parse(None, statement).err()?;
        let error = CedarError::new((&errors).into(), *offset, first_line(text, *offset));
        Some(error.into_fault(Location::file(file), text, cause))
    };
    let faults: Vec<_> = statements.iter().filter_map(fault).collect();
    if faults.is_empty() {
        // No text is known for which this happens.
        let message = "Cedar does not read these policies as they are written";
        return vec![BundleFault::new(Location::file(file), message, cause(None))];
    }
    faults
}

/// The value of an annotation. Cedar's own method parses the name each time that it is asked for one.
fn annotation<'p>(policy: &'p Policy, name: &str) -> Option<&'p str> {
    policy.annotations().find(|(key, _)| *key == name).map(|(_, value)| value)
}

/// The part of a Cedar text that a character belongs to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TextPart {
    /// The language itself.
    Code,
    /// A string.
    String,
    /// The character after a backslash in a string.
    Escape,
    /// A comment.
    Comment,
}

/// Each character of a Cedar text with its offset and the part that it belongs to.
pub fn scan(text: &str) -> impl Iterator<Item = (usize, TextPart, char)> {
    text.char_indices().scan(TextPart::Code, |part, (offset, c)| {
        *part = match (*part, c) {
            (TextPart::Code, '/') if text[offset..].starts_with("//") => TextPart::Comment,
            (TextPart::Comment, '\n' | '\r') | (TextPart::String, '"') => TextPart::Code,
            (TextPart::Code, '"') | (TextPart::Escape, _) => TextPart::String,
            (TextPart::String, '\\') => TextPart::Escape,
            (part, _) => part,
        };
        Some((offset, *part, c))
    })
}

/// Splits at the semicolons that end policies; each statement with the offset of its first
/// character that is not part of a comment.
fn statements(text: &str) -> Vec<(usize, &str)> {
    let (mut found, mut start) = (Vec::new(), None);
    for (offset, part, c) in scan(text) {
        if part == TextPart::Comment || c.is_whitespace() {
            continue;
        }
        let first = *start.get_or_insert(offset);
        if part == TextPart::Code && c == ';' {
            found.push((first, &text[first..=offset]));
            start = None;
        }
    }
    // A statement without a semicolon is a fault, which the parser words better.
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
    fn a_comment_ends_where_it_does_for_cedar() {
        assert_eq!(statements("// one\rforbid (x);\r\n// two;\r\n"), [(7, "forbid (x);")]);
    }

    #[test]
    fn a_statement_without_an_end_is_kept() {
        assert_eq!(statements("permit (x) // a;\n"), [(0, "permit (x) // a;\n")]);
        assert_eq!(statements(" // nothing;\n"), []);
    }

    #[test]
    fn the_action_of_a_scope_is_found_in_any_text() {
        let of = |text: &str| action_part(text).map(|part| text[part].trim().to_owned());
        for (text, action) in [
            ("permit (principal, action, resource);", "action"),
            (
                "@id(\"a, (b\") forbid(principal is Member, action in [Action::\"a\", Action::\"b,c\"],resource) when { decimal(\"1.0\").lessThan(decimal(\"2.0\")) };",
                "action in [Action::\"a\", Action::\"b,c\"]",
            ),
            (
                "@permit(\"x, y, z\") @forbid permit // permit (a, b, c)\n (principal, // ,\n action == Action::\"x\", resource);",
                "// ,\n action == Action::\"x\"",
            ),
        ] {
            assert_eq!(of(text).as_deref(), Some(action), "{text}");
            let policy = Policy::parse(Some(PolicyId::new("p")), text).unwrap();
            let of_any = of_any_action(&policy, text).unwrap();
            assert_eq!(of_any.action_constraint(), ActionConstraint::Any);
            let conditions = |policy: &Policy| policy.to_json().unwrap()["conditions"].clone();
            assert_eq!(conditions(&of_any), conditions(&policy));
        }
        for text in ["", "permit", "@permit(\"a\")", "permit (principal)", "other (a, b, c)"] {
            assert_eq!(of(text), None, "{text}");
        }
    }

    #[test]
    fn a_fault_names_its_line() {
        let text =
            "permit (principal, action, resource);\n\npermit (\n  principal,\n  action = 1,\n  resource);";
        let faults = policies_of_file(Origin::Pack, "x.cedar", text).unwrap_err();
        assert_eq!(faults.len(), 1);
        assert!(faults[0].to_string().starts_with("x.cedar:5:3: '=' is not"), "{faults:?}");
    }
}
