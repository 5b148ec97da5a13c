//! The cases of a pack: who may and who may not, as a reviewer would say it.

use std::collections::BTreeSet;
use std::ops::Range;
use std::path::Path;

use seatwise_domain::TierId;
use serde::Deserialize;
use toml::Spanned;

use crate::Files;
use crate::bundle::{Bundle, Decision, Verdict};
use crate::finding::{Finding, suggestion};
use crate::situation::{Complaint, Given, WorkspaceState};
use crate::stage::{Question, Stage};
use crate::vocabulary::PrincipalKind;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    case: Vec<Spanned<Case>>,
}

/// Given a caller, when they attempt something, then this is the answer; lists stand for every
/// combination.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Case {
    name: String,
    given: Callers,
    when: When,
    /// `allow`, `deny` (no policy permits), or the reason of the denial.
    then: Spanned<String>,
}

/// As [`Given`], for several callers.
#[derive(Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
struct Callers {
    /// A role; or `visitor`, `user`, `unverified user`, where no role is called that.
    caller: OneOrMany,
    /// The tier of the caller's seat.
    #[serde(default)]
    seat: Option<TierId>,
    /// Whether that seat is no longer paid.
    #[serde(default)]
    lapsed: bool,
    #[serde(default)]
    free_slot: bool,
    /// Whether the caller is the workspace's creator.
    #[serde(default)]
    creator: bool,
    #[serde(default)]
    workspace: WorkspaceState,
    /// The workspace's plan; absent: the one that workspaces start on.
    #[serde(default)]
    plan: Option<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
struct When {
    action: OneOrMany,
    /// `self`, `creator` or a role: of the member, of the invitation, of who wants to leave.
    #[serde(default)]
    on: Option<OneOrMany>,
    /// The role that would be given.
    #[serde(default)]
    to: Option<OneOrMany>,
}

#[derive(Deserialize)]
#[serde(untagged)]
enum OneOrMany {
    One(String),
    Many(Vec<String>),
}

impl OneOrMany {
    fn all(&self) -> &[String] {
        match self {
            Self::One(one) => std::slice::from_ref(one),
            Self::Many(many) => many,
        }
    }
}

/// Whether the path is that of a file of cases.
pub(crate) fn is_file(path: &str) -> bool {
    let path = Path::new(path);
    path.starts_with("cases") && path.extension().is_some_and(|extension| extension == "toml")
}

/// What the cases say.
#[derive(Default)]
pub(crate) struct Outcome {
    /// How many there are.
    pub(crate) count: usize,
    /// Those that fail, or cannot be read.
    pub(crate) findings: Vec<Finding>,
}

/// Runs all cases of a pack.
pub(crate) fn run(bundle: &Bundle, files: &Files) -> Outcome {
    let mut outcome = Outcome::default();
    let reasons = bundle.sources().iter().filter_map(|source| source.policy.annotation("reason"));
    let answers: BTreeSet<&str> = reasons.chain(["allow", "deny"]).collect();
    for (path, text) in files.iter().filter(|(path, _)| is_file(path)) {
        match toml::from_str::<File>(text) {
            Ok(file) => {
                outcome.count += file.case.len();
                for case in &file.case {
                    let (name, then) = (&case.get_ref().name, &case.get_ref().then);
                    if !answers.contains(then.get_ref().as_str()) {
                        let message = format!("`{name}`: no policy has the reason `{}`", then.get_ref());
                        let help = suggestion(then.get_ref(), answers.iter().copied());
                        outcome.findings.push(Finding::new(path, &message).at(text, then.span()).help(&help));
                        continue;
                    }
                    let span = whole(case);
                    let finding = |wrong: Complaint| {
                        Finding::new(path, &wrong.message).at(text, span.clone()).help(&wrong.help)
                    };
                    outcome.findings.extend(case.get_ref().run(bundle).into_iter().map(finding));
                }
            }
            Err(error) => outcome.findings.push(Finding::of_toml(path, text, &error, "Cases")),
        }
    }
    if outcome.count == 0 && outcome.findings.is_empty() {
        let help = "write some into `cases/roles.toml`: “Cases” in policies/REFERENCE.md shows how";
        let finding = Finding::new("cases", "a pack needs cases: who may, and who may not");
        outcome.findings.push(finding.help(help));
    }
    outcome
}

/// From `[[case]]` to what follows from it.
fn whole(case: &Spanned<Case>) -> Range<usize> {
    let span = case.span();
    span.start..span.end.max(case.get_ref().then.span().end)
}

/// A combination of a case that fails.
struct Wrong {
    /// Who attempts what.
    asked: String,
    /// What came of it.
    outcome: String,
    help: String,
}

impl Case {
    /// What is wrong; combinations that fail alike are told once.
    fn run(&self, bundle: &Bundle) -> Vec<Complaint> {
        let mut told: Vec<(Wrong, usize)> = Vec::new();
        for wrong in self.run_all(bundle) {
            match told.iter_mut().find(|(it, _)| (&it.outcome, &it.help) == (&wrong.outcome, &wrong.help)) {
                Some((_, more)) => *more += 1,
                None => told.push((wrong, 0)),
            }
        }
        let complaint = |(Wrong { asked, outcome, help }, more)| {
            let more = if more == 0 { String::new() } else { format!(" (and {more} more)") };
            Complaint { message: format!("`{}`: {asked}{outcome}{more}", self.name), help }
        };
        told.into_iter().map(complaint).collect()
    }

    fn run_all(&self, bundle: &Bundle) -> Vec<Wrong> {
        let mut wrong = Vec::new();
        for given in self.given.each() {
            let kind = given.kind(bundle);
            match given.stage(bundle) {
                Ok(stage) => {
                    for action in self.when.action.all() {
                        wrong.extend(self.run_one(bundle, &stage, kind, &given.caller, action));
                    }
                }
                Err(complaint) => wrong.push(Wrong::of(complaint)),
            }
        }
        wrong
    }

    fn run_one(
        &self,
        bundle: &Bundle,
        stage: &Stage,
        kind: PrincipalKind,
        caller: &str,
        action: &str,
    ) -> Vec<Wrong> {
        let Some(info) = bundle.actions().iter().find(|info| info.name == action) else {
            return vec![Wrong::of(Complaint::unknown_action(bundle, action))];
        };
        let is_asked = |asked: &Option<OneOrMany>, value: &str| {
            asked.as_ref().is_none_or(|asked| asked.all().iter().any(|one| one == value))
        };
        let all: Vec<_> = stage.questions(kind, info).filter(|it| it.caller == caller).collect();
        let is_meant =
            |it: &&Question<'_>| is_asked(&self.when.on, it.target) && is_asked(&self.when.to, it.given);
        // A case that asks nothing would pass for ever.
        if !all.iter().any(|question| is_meant(&question)) {
            let message = format!("`{action}` cannot be asked of `{caller}` like this");
            return vec![Wrong::of(Complaint { message, help: possible(&all) })];
        }
        let asked = all.iter().filter(is_meant);
        asked.filter_map(|question| self.wrong(bundle, question, bundle.ask(question))).collect()
    }

    /// What is wrong with an answer.
    fn wrong(&self, bundle: &Bundle, question: &Question<'_>, verdict: Option<Verdict>) -> Option<Wrong> {
        let help = verdict.as_ref().map(|verdict| because(bundle, verdict));
        let answer = match verdict.map(Verdict::decision) {
            Some(Decision::Allow) => "allow".to_owned(),
            Some(Decision::Deny { reason: Some(reason) }) => reason,
            _ => "deny".to_owned(),
        };
        let then = self.then.get_ref();
        if answer == *then {
            return None;
        }
        let part = |word: &str, value: &str| {
            if value.is_empty() { String::new() } else { format!(" {word} {value}") }
        };
        let (on, to) = (part("on", question.target), part("to", question.given));
        let Question { caller, action, .. } = question;
        Some(Wrong {
            asked: format!("{caller} {action}{on}{to}: "),
            outcome: format!("expected {then}, got {answer}"),
            help: format!("{}; edit the rule or the case", help.unwrap_or_default()),
        })
    }
}

impl Wrong {
    /// A combination that cannot be asked.
    fn of(Complaint { message, help }: Complaint) -> Self {
        Self { asked: String::new(), outcome: message, help }
    }
}

/// Which rule decided.
pub(crate) fn because(bundle: &Bundle, verdict: &Verdict) -> String {
    if let Some((id, error)) = verdict.bundle.errors.first().filter(|_| !verdict.floor.allows) {
        let name = bundle.source(id).map_or_else(|| id.to_string(), crate::source::Source::name);
        return format!("{name} failed ({error}), so nothing is allowed");
    }
    let side = if verdict.floor.allows && !verdict.bundle.allows { &verdict.floor } else { &verdict.bundle };
    let first = side.deciding.first().and_then(|place| bundle.sources().get(*place));
    match (first, side.allows) {
        (Some(source), true) => format!("{} permits it", source.name()),
        (Some(source), false) => format!("{} forbids it", source.name()),
        (None, _) => "no policy permits it".to_owned(),
    }
}

/// How an action can be asked.
pub(crate) fn possible(questions: &[Question<'_>]) -> String {
    let list = |part: for<'q> fn(&'q Question<'q>) -> &'q str| {
        let mut names: Vec<_> = questions.iter().map(part).filter(|name| !name.is_empty()).collect();
        names.sort_unstable();
        names.dedup();
        names.iter().map(|name| format!("`{name}`")).collect::<Vec<_>>().join(", ")
    };
    if questions.is_empty() {
        return "the pack has nothing that it could be done to".to_owned();
    }
    match (list(|it| it.target), list(|it| it.given)) {
        (on, to) if on.is_empty() && to.is_empty() => "it takes neither `on` nor `to`".to_owned(),
        (on, to) if on.is_empty() => format!("it takes no `on`; `to` is one of {to}"),
        (on, to) if to.is_empty() => format!("it takes no `to`; `on` is one of {on}"),
        (on, to) => format!("`on` is one of {on}; `to` is one of {to}"),
    }
}

impl Callers {
    fn each(&self) -> impl Iterator<Item = Given> {
        self.caller.all().iter().map(|caller| Given {
            caller: caller.clone(),
            seat: self.seat.clone(),
            lapsed: self.lapsed,
            free_slot: self.free_slot,
            creator: self.creator,
            workspace: self.workspace,
            plan: self.plan.clone(),
        })
    }
}
