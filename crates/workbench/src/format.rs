//! One form for all policies.
//!
//! Cedar's formatter formats each policy. It would join what is between policies: that part is kept
//! here, with comments unchanged and at most one blank line in a row.

use cedar_policy_formatter::{Config, policies_str_to_pretty};

use seatwise_policy::source::{TextPart, policies_of_file, scan};
use seatwise_policy::text::first_line;
use seatwise_policy::{BundleFault, Files, Location, Origin, Source};

use crate::finding::Finding;

/// Narrow enough that a scope with a group of actions takes several lines.
const LINE_WIDTH: usize = 90;
const INDENT: isize = 2;

/// The formatted text of a file of policies. A file is refused if it does not parse, or if a comment
/// would be lost.
pub fn format(file: &str, text: &str) -> Result<String, Vec<Finding>> {
    let found = |faults: Vec<BundleFault>| {
        faults.iter().map(|fault| Finding::of_fault(fault, &Files::new())).collect::<Vec<_>>()
    };
    let before = policies_of_file(Origin::Pack, file, text).map_err(found)?;
    let (mut formatted, mut end) = (String::new(), 0);
    for policy in &before {
        push_between(&mut formatted, &text[end..policy.span().start]);
        formatted.push_str(&formatted_policy(policy).map_err(|finding| vec![finding])?);
        end = policy.span().end;
    }
    push_between(&mut formatted, &text[end..]);
    let formatted = format!("{}\n", formatted.trim_end());
    let formatted = if formatted.trim().is_empty() { String::new() } else { formatted };
    match lost(file, text, &before, &formatted) {
        None => Ok(formatted),
        Some(finding) => Err(vec![finding]),
    }
}

/// One policy, from its annotations to its semicolon.
fn formatted_policy(policy: &Source) -> Result<String, Finding> {
    let config = Config { line_width: LINE_WIDTH, indent_width: INDENT };
    let pretty = |text: &str| policies_str_to_pretty(text, &config);
    // The first pass may move comments, which changes where lines can break.
    let twice = pretty(policy.text()).and_then(|once| pretty(&once));
    let formatted = twice.map_err(|error| {
        let message = format!("the formatter fails: {error}");
        Finding::of_policy(policy, &message).help("leave this file as it is")
    })?;
    Ok(without_spaces_at_ends(formatted.trim_end()))
}

/// Removes the space that the formatter leaves where a comment breaks a line. Spaces in strings stay.
fn without_spaces_at_ends(text: &str) -> String {
    let mut trimmed = String::with_capacity(text.len());
    for (_, part, c) in scan(text) {
        if c == '\n' && part == TextPart::Code {
            trimmed.truncate(trimmed.trim_end_matches([' ', '\t']).len());
        }
        trimmed.push(c);
    }
    trimmed
}

/// Appends what is between two policies: a comment behind the first, then lines of comments.
fn push_between(formatted: &mut String, between: &str) {
    let (behind, rest) = between.split_once('\n').unwrap_or((between, ""));
    let is_first = formatted.is_empty();
    let mut is_blank = true;
    if is_first {
        push_lines(formatted, between.lines(), &mut is_blank);
        return;
    }
    if !behind.trim().is_empty() {
        formatted.push(' ');
        formatted.push_str(behind.trim());
    }
    formatted.push_str("\n\n");
    push_lines(formatted, rest.lines(), &mut is_blank);
}

/// Appends lines of comments, trimmed, with at most one blank line in a row.
fn push_lines<'l>(formatted: &mut String, lines: impl Iterator<Item = &'l str>, is_blank: &mut bool) {
    for line in lines.map(str::trim) {
        if line.is_empty() && *is_blank {
            continue;
        }
        *is_blank = line.is_empty();
        formatted.push_str(line);
        formatted.push('\n');
    }
}

/// A comment or policy of the text that the formatted text does not have.
fn lost(file: &str, text: &str, before: &[Source], formatted: &str) -> Option<Finding> {
    let help = "leave this file as it is, or move the comment to a line of its own before the policy";
    let kept = comments(formatted);
    let is_kept = |(index, (_, comment)): &(usize, (usize, &str))| {
        kept.get(*index).is_some_and(|(_, kept)| kept == comment)
    };
    if let Some((_, (at, _))) = comments(text).into_iter().enumerate().find(|it| !is_kept(it)) {
        let location = Location::file(file).at(text, &first_line(text, at));
        return Some(Finding::new(location, "formatting would lose or move this comment").help(help));
    }
    // Without their ids: a policy without `@id` is called after its line.
    let meaning = |sources: &[Source]| -> Vec<_> {
        sources.iter().map(|source| source.policy.to_json().ok()).collect()
    };
    let after = policies_of_file(Origin::Pack, file, formatted);
    if after.is_ok_and(|after| meaning(&after) == meaning(before)) && kept.len() == comments(text).len() {
        return None;
    }
    Some(Finding::of_file(file, "formatting would change a policy").help("leave this file as it is"))
}

/// The comments of a text, each with its offset, without what follows the last character.
fn comments(text: &str) -> Vec<(usize, &str)> {
    let (mut found, mut start) = (Vec::new(), None);
    for (offset, part, _) in scan(text) {
        match (start, part == TextPart::Comment) {
            (None, true) => start = Some(offset),
            (Some(begun), false) => {
                found.push((begun, text[begun..offset].trim_end()));
                start = None;
            }
            _ => {}
        }
    }
    found.extend(start.map(|begun| (begun, text[begun..].trim_end())));
    found
}

#[cfg(test)]
mod tests {
    use seatwise_policy::source::is_policy_file;
    use seatwise_policy::{CORE_FILES, CoreFile, packs};

    use super::*;

    fn formatted(text: &str) -> String {
        format("x.cedar", text).unwrap()
    }

    #[test]
    fn what_comes_with_the_program_is_formatted() {
        for CoreFile { name, text } in CORE_FILES.into_iter().filter(|file| is_policy_file(file.name)) {
            assert_eq!(formatted(text), text, "{name}");
        }
        for name in packs::names() {
            let files = packs::files(name).unwrap();
            for (file, text) in files.iter().filter(|(file, _)| is_policy_file(file)) {
                assert_eq!(formatted(text), *text, "{name}/{file}");
            }
        }
    }

    #[test]
    fn comments_stay_where_they_are() {
        let text = "\n\n//  A file.\n\n\n// Of people;\n//   and \"more\".\n@id(\"a\") // the id\n// on the way\n\
                    @doc(\"// no; comment\")\npermit(principal, // who\n  action,\n  // all of it\n  resource)   ; // behind\n\
                    // right below\n\n// apart\nforbid(principal,action,resource) when { // why\n\
                    principal has seat // inside\n && principal.seat.live };\npermit(principal,action,resource);// tight\n  // the end  \n\n";
        let once = formatted(text);
        let expected = r#"//  A file.

// Of people;
//   and "more".
@id("a") // the id
// on the way
@doc("// no; comment")
permit (principal, // who
  action,
  // all of it
  resource); // behind

// right below

// apart
forbid (principal, action, resource)
when
{ // why
  principal
  has
  seat // inside
   &&
  principal.seat.live
};

permit (principal, action, resource); // tight

// the end
"#;
        assert_eq!(once, expected);
        assert_eq!(formatted(&once), once);
    }

    #[test]
    fn a_comment_between_any_two_words_is_kept() {
        let text = "@id( \"a\" ) permit ( principal , action == Action::\"x\" , resource in Workspace::\"y\" ) when { \
                    principal == resource && [ 1 , 2 ] . contains ( 1 ) || ( if true then false else principal has a ) } \
                    unless { ! context . ok } ;";
        let words: Vec<&str> = text.split(' ').collect();
        for place in 0..=words.len() {
            for comment in ["// here\n", "\n// here\n\n// and here\n"] {
                let text = format!("{} {comment}{}", words[..place].join(" "), words[place..].join(" "));
                let once = formatted(&text);
                let texts = |of: &str| -> Vec<String> {
                    comments(of).iter().map(|(_, comment)| (*comment).to_owned()).collect()
                };
                assert_eq!(texts(&once), texts(&text), "{text}");
                assert_eq!(formatted(&once), once, "{text}");
                assert!(once.lines().all(|line| line.trim_end() == line), "{once}");
            }
        }
    }

    #[test]
    fn a_comment_that_would_be_lost_or_moved_is_named() {
        let text = "// one\n// two\npermit (principal, action, resource);\n";
        let policies = policies_of_file(Origin::Pack, "x.cedar", text).unwrap();
        for formatted in ["// one\n", "// two\n// one\n", "// one\npermit (principal, action, resource);"] {
            assert!(lost("x.cedar", text, &policies, formatted).is_some(), "{formatted}");
        }
        let found =
            lost("x.cedar", text, &policies, "// one\npermit (principal, action, resource);").unwrap();
        assert_eq!(found.to_string(), "x.cedar:2:1: formatting would lose or move this comment");
        let other = text.replace("principal,", "principal is User,");
        let found = lost("x.cedar", text, &policies, &other).unwrap();
        assert_eq!(found.to_string(), "x.cedar: formatting would change a policy");
    }

    #[test]
    fn texts_are_kept_as_they_are() {
        let text = "@doc(\"one  \n\n  two // no comment\")\npermit (principal, action, resource);\n";
        assert_eq!(formatted(text), text);
    }

    #[test]
    fn what_does_not_parse_is_refused() {
        let faults = format("x.cedar", "permit (principal);").unwrap_err();
        assert!(faults[0].to_string().starts_with("x.cedar:1:"), "{faults:?}");
    }

    #[test]
    fn files_without_policies_keep_their_comments() {
        assert_eq!(formatted(""), "");
        assert_eq!(formatted("\n \n"), "");
        assert_eq!(formatted("  // none\n\n\n//yet"), "// none\n\n//yet\n");
    }
}
