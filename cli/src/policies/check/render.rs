//! Findings as text: for people, for editors, for programs.

use std::env;
use std::fmt::Write as _;
use std::io::{self, IsTerminal as _};
use std::path::Path;
use std::time::Duration;

use annotate_snippets::{AnnotationKind, Group, Level, Origin, Renderer, Snippet};
use seatwise_policy::Files;
use seatwise_workbench::{Finding, Report};
use serde::Serialize;

use crate::counted::{counted, counted_as};

/// Whether text is coloured.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Style {
    Plain,
    Colored,
}

impl Style {
    /// Colours for a terminal, unless `NO_COLOR` is set (<https://no-color.org>).
    pub(crate) fn of_stdout() -> Self {
        let is_refused = env::var_os("NO_COLOR").is_some_and(|value| !value.is_empty());
        if io::stdout().is_terminal() && !is_refused { Self::Colored } else { Self::Plain }
    }
}

/// Each finding with the lines that are to blame, separated by empty lines.
pub(crate) fn human(dir: &Path, files: &Files, findings: &[Finding], style: Style) -> String {
    let renderer = match style {
        Style::Plain => Renderer::plain(),
        Style::Colored => Renderer::styled(),
    };
    let mut text = String::new();
    for finding in findings {
        let _ = writeln!(text, "{}\n", renderer.render(&[group(dir, files, finding)]));
    }
    text.truncate(text.trim_end_matches('\n').len());
    text.push('\n');
    text
}

fn group<'a>(dir: &Path, files: &'a Files, finding: &'a Finding) -> Group<'a> {
    let path = path(dir, finding);
    let title = Level::ERROR.primary_title(finding.message.as_str());
    let group = match (&finding.location.span, finding.text(files)) {
        (Some(span), Some(text)) => {
            let annotation = AnnotationKind::Primary.span(span.clone());
            // A case is short, and a reader needs to see all of it.
            title.element(Snippet::source(text).path(path).fold(true).annotation(annotation))
        }
        _ => title.element(Origin::path(path)),
    };
    match &finding.help {
        Some(help) => group.element(Level::HELP.message(help.as_str())),
        None => group,
    }
}

/// One line for each finding.
pub(crate) fn short(dir: &Path, findings: &[Finding]) -> String {
    let line = |finding: &Finding| {
        let path = path(dir, finding);
        match finding.location.line().zip(finding.location.column()) {
            Some((line, column)) => format!("{path}:{line}:{column}: {}\n", finding.message),
            None => format!("{path}: {}\n", finding.message),
        }
    };
    findings.iter().map(line).collect()
}

/// A finding in the JSON that the help of the command describes.
#[derive(Serialize)]
struct JsonFinding<'a> {
    file: String,
    core: bool,
    line: Option<u32>,
    column: Option<u32>,
    start: Option<usize>,
    end: Option<usize>,
    message: &'a str,
    help: Option<&'a str>,
}

/// An array in one line.
pub(crate) fn json(dir: &Path, findings: &[Finding]) -> String {
    let objects: Vec<_> = findings
        .iter()
        .map(|finding| JsonFinding {
            file: path(dir, finding),
            core: finding.location.is_core,
            line: finding.location.line(),
            column: finding.location.column(),
            start: finding.location.span.as_ref().map(|span| span.start),
            end: finding.location.span.as_ref().map(|span| span.end),
            message: &finding.message,
            help: finding.help.as_deref(),
        })
        .collect();
    // Numbers and texts can always be written.
    let json = serde_json::to_string(&objects).unwrap_or_default();
    format!("{json}\n")
}

/// The path of the file, from the operator's folder.
fn path(dir: &Path, finding: &Finding) -> String {
    let location = &finding.location;
    if location.is_core {
        format!("{} (compiled in)", location.file)
    } else {
        dir.join(&location.file).display().to_string()
    }
}

/// The number of findings, and their files.
pub(crate) fn summary(findings: &[Finding]) -> String {
    let mut files: Vec<&str> = findings.iter().map(|finding| finding.location.file.as_str()).collect();
    files.sort_unstable();
    files.dedup();
    format!("{} in {}", counted(findings.len(), "finding"), files.join(", "))
}

/// All findings and their number.
pub(crate) fn with_summary(dir: &Path, files: &Files, findings: &[Finding], style: Style) -> String {
    format!("{}\n{}\n", human(dir, files, findings, style), summary(findings))
}

/// The message that the pack is sound, with the numbers of what was checked.
pub(crate) fn good_news(dir: &Path, report: &Report, is_proven: bool, took: Duration) -> String {
    format!(
        "{}: nothing to complain of{}; checked {}, {} and {} in {:.1} s\n",
        dir.display(),
        if is_proven { "" } else { ", but nothing was proven" },
        counted_as(report.policies, "policy", "policies"),
        counted(report.roles, "role"),
        counted(report.cases, "case"),
        took.as_secs_f64(),
    )
}

#[cfg(test)]
mod tests {
    use seatwise_policy::packs;

    use super::*;

    fn edited(file: &str, from: &str, to: &str) -> Files {
        let mut files = packs::files("purchased-seats").unwrap();
        let text = files.get_mut(file).unwrap();
        assert!(text.contains(from), "{file} has no {from}");
        *text = text.replace(from, to);
        files
    }

    fn shown(files: &Files) -> String {
        human(Path::new("packs/mine"), files, &seatwise_workbench::check(files), Style::Plain)
    }

    #[test]
    fn a_mistyped_role_is_underlined_with_the_one_that_was_meant() {
        let expected = r#"error: product.toml has no role `admn`
  --> packs/mine/roles.cedar:19:16
   |
19 |   principal in Role::"admn",
   |                ^^^^^^^^^^^^
   |
   = help: did you mean `admin`?
"#;
        assert_eq!(shown(&edited("roles.cedar", "Role::\"admin\"", "Role::\"admn\"")), expected);
    }

    #[test]
    fn a_value_of_the_data_is_underlined() {
        let expected = r#"error: `role.rank` is the text `high`, but must be a whole number
  --> packs/mine/product.toml:22:8
   |
22 | rank = "high"
   |        ^^^^^^
   |
   = help: for example `rank = 100`
"#;
        assert_eq!(shown(&edited("product.toml", "rank = 50", "rank = \"high\"")), expected);
    }

    #[test]
    fn a_case_is_shown_whole_with_the_rule_that_decided() {
        let from = "name = \"S8 owner and admin see the seats\"\ngiven = { caller = [\"owner\", \"admin\"] }";
        let to = from.replace("\"admin\"]", "\"member\"]");
        let expected = r#"error: `S8 owner and admin see the seats`: member listSeats: expected allow, got deny
  --> packs/mine/cases/seats.toml:27:1
   |
27 | / [[case]]
28 | | name = "S8 owner and admin see the seats"
29 | | given = { caller = ["owner", "member"] }
30 | | when = { action = "listSeats" }
31 | | then = "allow"
   | |______________^
   |
   = help: no policy permits it; edit the rule or the case
"#;
        assert_eq!(shown(&edited("cases/seats.toml", from, &to)), expected);
    }

    #[test]
    fn where_a_file_is_missing_its_name_is_enough() {
        let mut files = packs::files("purchased-seats").unwrap();
        files.remove("product.toml");
        let expected = r"error: this file is missing
--> packs/mine/product.toml
 = help: add it: “Settings of product.toml” in policies/REFERENCE.md says what is in it
";
        assert_eq!(shown(&files), expected);
    }

    #[test]
    fn colours_are_for_terminals() {
        let files = edited("product.toml", "rank = 50", "rank = \"high\"");
        let findings = seatwise_workbench::check(&files);
        let colored = human(Path::new("p"), &files, &findings, Style::Colored);
        assert!(colored.contains("\u{1b}["));
        assert!(!shown(&files).contains('\u{1b}'));
    }

    #[test]
    fn short_is_a_line_each() {
        let files = edited("roles.cedar", "Role::\"owner\"", "Role::\"ower\"");
        assert_eq!(
            short(Path::new("packs/mine"), &seatwise_workbench::check(&files)),
            "packs/mine/roles.cedar:40:16: product.toml has no role `ower`\n\
             packs/mine/roles.cedar:65:16: product.toml has no role `ower`\n"
        );
        assert_eq!(short(Path::new("p"), &[]), "");
    }

    #[test]
    fn json_is_an_array() {
        let mut files = edited("product.toml", "rank = 50", "rank = \"high\"");
        files.insert("notes.md".to_owned(), String::new());
        let expected = r#"[{"file":"p/notes.md","core":false,"line":null,"column":null,"start":null,"end":null,"message":"this is no file of a pack","help":"a pack is `product.toml`, `app.cedarschema`, `*.cedar` and `cases/*.toml`: move it elsewhere, or hide it with a dot"},{"file":"p/product.toml","core":false,"line":22,"column":8,"start":384,"end":390,"message":"`role.rank` is the text `high`, but must be a whole number","help":"for example `rank = 100`"}]
"#;
        assert_eq!(json(Path::new("p"), &seatwise_workbench::check(&files)), expected);
        assert_eq!(json(Path::new("p"), &[]), "[]\n");
    }

    #[test]
    fn a_summary_counts_and_names_files() {
        let files = edited("roles.cedar", "Role::\"owner\"", "Role::\"ower\"");
        let findings = seatwise_workbench::check(&files);
        assert_eq!(summary(&findings), "2 findings in roles.cedar");
        assert_eq!(summary(&findings[..1]), "1 finding in roles.cedar");
        let report = Report { findings: Vec::new(), policies: 14, roles: 1, cases: 60 };
        assert_eq!(
            good_news(Path::new("p"), &report, true, Duration::from_millis(1_234)),
            "p: nothing to complain of; checked 14 policies, 1 role and 60 cases in 1.2 s\n"
        );
        let unproven = good_news(Path::new("p"), &report, false, Duration::ZERO);
        assert!(unproven.contains("nothing to complain of, but nothing was proven; "), "{unproven}");
    }
}
