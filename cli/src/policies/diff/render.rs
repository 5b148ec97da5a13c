//! A difference as text.

use std::fmt::Write as _;

use seatwise_workbench::diff::{
    Access, ChangeKind, Condition, Diff, ReasonChange, RoleAttributes, RoleChange,
};
use seatwise_workbench::{Rename, WorkspaceRelation};

/// The difference as text. Empty sections are left out, except for gains and losses.
pub(in crate::policies) fn render(diff: &Diff) -> String {
    let mut text = String::new();
    if !diff.renames.is_empty() {
        section(&mut text, "Renamed (their holders keep them)", &renames(&diff.renames));
    }
    let has_rules = !(diff.files.is_empty() && diff.rules.is_empty());
    if has_rules {
        section(&mut text, "Rules", &rules(diff));
    }
    if !diff.roles.is_empty() {
        section(&mut text, "Role frames (the guardrails rest on them)", &roles(&diff.roles));
    }
    section(&mut text, "Gains", &accesses(&diff.gains));
    section(&mut text, "Losses", &accesses(&diff.losses));
    if !diff.reasons.is_empty() {
        section(&mut text, "Other reasons for a refusal", &reasons(&diff.reasons));
    }
    if !diff.settings.is_empty() {
        section(&mut text, "Settings", &settings(diff));
    }
    if !diff.notes.is_empty() {
        section(&mut text, "Notes", &diff.notes);
    }
    text
}

fn section(text: &mut String, title: &str, lines: &[String]) {
    let gap = if text.is_empty() { "" } else { "\n" };
    let none = if lines.is_empty() { ": none" } else { "" };
    let _ = writeln!(text, "{gap}{title}{none}");
    for line in lines {
        let _ = writeln!(text, "  {line}");
    }
}

fn renames(renames: &[Rename]) -> Vec<String> {
    let line =
        |Rename { kind, before, after }: &Rename| format!("{} {before} is called {after} now", kind.word());
    renames.iter().map(line).collect()
}

fn sign(change: ChangeKind) -> char {
    match change {
        ChangeKind::Added => '+',
        ChangeKind::Removed => '-',
        ChangeKind::Changed => '~',
    }
}

/// Changed policies, and changed files without a changed policy.
fn rules(diff: &Diff) -> Vec<String> {
    let rules = diff.rules.iter().map(|rule| {
        let effect = if rule.permits { "permit" } else { "forbid" };
        format!("{} {effect} {} ({}:{})", sign(rule.change), rule.id, rule.file, rule.line)
    });
    let others = diff.files.iter().filter(|file| diff.rules.iter().all(|rule| rule.file != file.path));
    let files = others.map(|file| format!("{} file {}", sign(file.change), file.path));
    rules.chain(files).collect()
}

fn roles(changes: &[RoleChange]) -> Vec<String> {
    let words = |role: &Option<RoleAttributes>| {
        role.as_ref().map_or_else(|| "no such role".to_owned(), attribute_words)
    };
    let line = |it: &RoleChange| format!("{}: {} → {}", it.role, words(&it.before), words(&it.after));
    changes.iter().map(line).collect()
}

fn attribute_words(role: &RoleAttributes) -> String {
    let flags = [(role.governing, "governing"), (role.staff, "staff"), (role.joiner, "joiner")];
    let mut words = vec![format!("rank {}", role.rank)];
    words.extend(flags.iter().filter(|(is_set, _)| *is_set).map(|(_, flag)| (*flag).to_owned()));
    words.extend(role.includes.iter().map(|included| format!("includes {included}")));
    words.join(", ")
}

/// One line for each condition, with all callers and actions that share it.
fn accesses(list: &[Access]) -> Vec<String> {
    let mut of_callers: Vec<(String, &str, Vec<&str>)> = Vec::new();
    for access in list {
        let condition = match &access.example {
            Some(example) => format!(" (found by proof, for example {})", example.words),
            None => condition(access.place, &access.situations),
        };
        match of_callers.iter_mut().find(|(known, who, _)| *who == access.who && *known == condition) {
            Some((_, _, actions)) => actions.push(&access.action),
            None => of_callers.push((condition, &access.who, vec![&access.action])),
        }
    }
    let mut lines: Vec<(String, Vec<&str>)> = Vec::new();
    for (condition, who, actions) in of_callers {
        let what = format!("{}{condition}", actions.join(", "));
        match lines.iter_mut().find(|(known, _)| *known == what) {
            Some((_, callers)) => callers.push(who),
            None => lines.push((what, vec![who])),
        }
    }
    lines.iter().map(|(what, callers)| format!("{}: {what}", callers.join(", "))).collect()
}

fn reasons(list: &[ReasonChange]) -> Vec<String> {
    let reason = |reason: &Option<String>| reason.clone().unwrap_or_else(|| "no permission".to_owned());
    list.iter()
        .map(|it| {
            let condition = condition(it.place, &it.situations);
            format!("{}: {}{condition}: {} → {}", it.who, it.action, reason(&it.before), reason(&it.after))
        })
        .collect()
}

fn condition(place: WorkspaceRelation, situations: &[Condition]) -> String {
    let place = match place {
        WorkspaceRelation::Own => "",
        WorkspaceRelation::Foreign => ", in a workspace they are no member of",
    };
    let when: Vec<_> = situations.iter().map(condition_words).collect();
    let when = if when.is_empty() { String::new() } else { format!(", {}", when.join("; or ")) };
    format!("{place}{when}")
}

fn condition_words(condition: &Condition) -> String {
    let parts = [
        ("on", &condition.plan),
        ("with", &condition.seat),
        ("done to", &condition.on),
        ("giving", &condition.to),
        ("with a seat of", &condition.tier),
    ];
    let told = parts.iter().filter(|(_, any)| !any.is_empty());
    told.map(|(word, any)| format!("{word} {}", any.join(" or "))).collect::<Vec<_>>().join(", ")
}

fn settings(diff: &Diff) -> Vec<String> {
    let value = |value: &Option<String>| value.clone().unwrap_or_else(|| "not set".to_owned());
    let changes = diff.settings.iter();
    changes.map(|it| format!("{}: {} → {}", it.key, value(&it.before), value(&it.after))).collect()
}
