//! An explanation as text.

use std::fmt::Write as _;
use std::path::Path;

use seatwise_functions::problem::{Code, NOT_PERMITTED};
use seatwise_workbench::{
    Aspect, DecisionSubject, ExplainedDecision, Explanation, FailedPolicy, PolicyRef, Remedy,
    WorkspaceRelation,
};

/// All answers, with an empty line between.
pub(super) fn text(dir: &Path, explanation: &Explanation) -> String {
    let head = head(explanation);
    let outcomes = explanation.outcomes.iter().map(|outcome| {
        let mut text = String::new();
        write_answer(&mut text, dir, &head, outcome);
        text
    });
    outcomes.collect::<Vec<_>>().join("\n")
}

/// The caller, their circumstances, and the action.
fn head(Explanation { given, action, tier, .. }: &Explanation) -> String {
    let mut situation = Vec::new();
    match &given.seat {
        Some(tier) if given.lapsed => situation.push(format!("on a lapsed {tier} seat")),
        Some(tier) => situation.push(format!("on a {tier} seat")),
        None if given.free_slot => situation.push("with a free slot".to_owned()),
        None => {}
    }
    if given.creator {
        situation.push("the creator".to_owned());
    }
    match given.workspace {
        WorkspaceRelation::Own => {}
        WorkspaceRelation::Foreign => situation.push("in a workspace of others".to_owned()),
    }
    situation.extend(given.plan.iter().map(|plan| format!("under the plan {plan}")));
    situation.extend(given.joined.iter().map(|ago| format!("who joined {ago} ago")));
    let situation = if situation.is_empty() { String::new() } else { format!(", {},", situation.join(", ")) };
    let mut on = Vec::new();
    on.extend(tier.iter().map(|tier| format!("with a seat of {tier}")));
    on.extend(given.on_seat.iter().map(|tier| format!("of one who has a {tier} seat")));
    on.extend(given.on_joined.iter().map(|ago| format!("of one who joined {ago} ago")));
    let on = if on.is_empty() { String::new() } else { format!(" ({})", on.join(", ")) };
    format!("{}{situation} {action}{on}", given.caller)
}

fn write_answer(text: &mut String, dir: &Path, head: &str, outcome: &ExplainedDecision) {
    let answer = if outcome.allowed { "allowed" } else { "denied" };
    let _ = writeln!(text, "{head}{}: {answer}", subjects(&outcome.subjects));
    if !outcome.allowed {
        let reason = outcome.reason.as_deref().unwrap_or(NOT_PERMITTED);
        let code = Code::named(reason).unwrap_or(Code::Forbidden);
        let _ =
            writeln!(text, "  clients get: {} {}, reason {reason}", code.status().as_u16(), code.as_str());
    }
    for FailedPolicy { rule, error } in &outcome.failed {
        let _ = writeln!(text, "  failed: {}: {error}", place(dir, rule));
        let _ = writeln!(text, "    where a policy fails, its set allows nothing");
    }
    if outcome.rules.is_empty() && outcome.failed.is_empty() {
        let _ = writeln!(text, "  no policy permits it");
    }
    for rule in &outcome.rules {
        let verb = if rule.permits { "permitted" } else { "forbidden" };
        let _ = writeln!(text, "  {verb} by: {}", place(dir, rule));
        if let Some(doc) = &rule.doc {
            let _ = writeln!(text, "    {doc}");
        }
    }
    if outcome.by_floor {
        let _ = writeln!(text, "  the pack denies it; the recovery floor allows it whatever is published");
    }
    if outcome.allowed {
        return;
    }
    if outcome.would_allow.is_empty() {
        let _ = writeln!(text, "  would allow: nothing that could be different alone");
        return;
    }
    let _ = writeln!(text, "  would allow:");
    for remedy in &outcome.would_allow {
        write_remedy(text, dir, remedy);
    }
}

/// Such as ` on admin, member to owner`, grouped by the given roles.
fn subjects(subjects: &[DecisionSubject]) -> String {
    let mut groups: Vec<(Vec<&str>, Vec<&str>)> = Vec::new();
    for DecisionSubject { on, to } in subjects {
        let (on, to) = (on.as_deref().unwrap_or_default(), to.as_deref().unwrap_or_default());
        match groups.iter_mut().find(|(ons, _)| *ons == [on]) {
            Some((_, tos)) => tos.push(to),
            None => groups.push((vec![on], vec![to])),
        }
    }
    let mut merged: Vec<(Vec<&str>, Vec<&str>)> = Vec::new();
    for (ons, tos) in groups {
        match merged.iter_mut().find(|(_, known)| *known == tos) {
            Some((known, _)) => known.extend(ons),
            None => merged.push((ons, tos)),
        }
    }
    let part = |word: &str, names: &[&str]| {
        let names: Vec<_> = names.iter().filter(|name| !name.is_empty()).copied().collect();
        if names.is_empty() { String::new() } else { format!(" {word} {}", names.join(", ")) }
    };
    let parts = merged.iter().map(|(ons, tos)| format!("{}{}", part("on", ons), part("to", tos)));
    parts.collect::<Vec<_>>().join(";")
}

/// The values of a remedy, grouped by the policies that permit them.
fn write_remedy(text: &mut String, dir: &Path, remedy: &Remedy) {
    let mut groups: Vec<(Vec<&str>, &[PolicyRef])> = Vec::new();
    for possibility in &remedy.possibilities {
        match groups.iter_mut().find(|(_, rules)| *rules == possibility.rules) {
            Some((values, _)) => values.push(&possibility.value),
            None => groups.push((vec![&possibility.value], &possibility.rules)),
        }
    }
    for (values, rules) in groups {
        let rules: Vec<_> = rules.iter().map(|rule| place(dir, rule)).collect();
        let _ = writeln!(text, "    {} {}: {}", words(remedy.aspect), values.join(", "), rules.join(", "));
    }
}

fn words(aspect: Aspect) -> &'static str {
    match aspect {
        Aspect::Caller => "as",
        Aspect::Seat => "with",
        Aspect::Creator => "being",
        Aspect::Workspace => "in a workspace that is",
        Aspect::Plan => "under the plan",
        Aspect::On => "on",
        Aspect::To => "to",
        Aspect::Tier => "with a seat of",
    }
}

/// The id of a policy, and its place.
fn place(dir: &Path, rule: &PolicyRef) -> String {
    if rule.is_core {
        format!("{} ({}:{}, compiled in)", rule.id, rule.file, rule.line)
    } else {
        format!("{} ({}:{})", rule.id, dir.join(&rule.file).display(), rule.line)
    }
}
