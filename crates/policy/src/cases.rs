//! The cases of a pack: who may and who may not, as a reviewer would say it.

use std::path::Path;

use seatwise_domain::{RoleId, TierId};
use serde::Deserialize;
use toml::Spanned;

use crate::Files;
use crate::bundle::{Bundle, Decision};
use crate::finding::{Finding, line_of};
use crate::stage::{self, Caller, Place, SeatState, Stage};
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
    given: Given,
    when: When,
    /// `allow`, `deny` (no policy permits), or the reason of the denial.
    then: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
struct Given {
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
    workspace: Workspace,
    /// The workspace's plan; absent: the one that workspaces start on.
    #[serde(default)]
    plan: Option<String>,
}

#[derive(Clone, Copy, Default, Deserialize)]
#[serde(rename_all = "kebab-case")]
enum Workspace {
    #[default]
    Active,
    Suspended,
    Foreign,
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

/// The cases that fail, or cannot be read.
pub(crate) fn failing(bundle: &Bundle, files: &Files) -> Vec<Finding> {
    let mut findings = Vec::new();
    let mut any = false;
    for (path, text) in files.iter().filter(|(path, _)| is_file(path)) {
        match toml::from_str::<File>(text) {
            Ok(file) => {
                any |= !file.case.is_empty();
                for case in &file.case {
                    let line = Some(line_of(text, case.span().start));
                    let wrong = case.get_ref().run(bundle);
                    findings.extend(wrong.into_iter().map(|wrong| Finding::new(path, line, &wrong)));
                }
            }
            Err(error) => {
                let line = error.span().map(|span| line_of(text, span.start));
                findings.push(Finding::new(path, line, error.message()));
            }
        }
    }
    if !any && findings.is_empty() {
        findings.push(Finding::new("cases", None, "a pack needs cases: who may, and who may not"));
    }
    findings
}

impl Case {
    /// What is wrong, once for each combination.
    fn run(&self, bundle: &Bundle) -> Vec<String> {
        let mut wrong = Vec::new();
        for caller in self.given.caller.all() {
            let (kind, stage) = self.given.stage(bundle, caller);
            let Some(stage) = stage else {
                wrong.push(format!("`{}`: the pack has no caller `{caller}` as given", self.name));
                continue;
            };
            for action in self.when.action.all() {
                wrong.extend(self.run_one(bundle, &stage, kind, caller, action));
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
    ) -> Vec<String> {
        let name = &self.name;
        let Some(info) = bundle.actions().iter().find(|info| info.name == action) else {
            return vec![format!("`{name}`: there is no action `{action}`")];
        };
        let is_asked = |asked: &Option<OneOrMany>, value: &str| {
            asked.as_ref().is_none_or(|asked| asked.all().iter().any(|one| one == value))
        };
        let questions: Vec<_> = stage
            .questions(kind, info)
            .filter(|it| {
                it.caller == caller && is_asked(&self.when.on, it.target) && is_asked(&self.when.to, it.given)
            })
            .collect();
        // A case that asks nothing would pass for ever.
        if questions.is_empty() {
            return vec![format!("`{name}`: `{action}` cannot be asked of `{caller}` like this")];
        }
        let answer = |question| match bundle.ask(question).map(crate::bundle::Verdict::decision) {
            Some(Decision::Allow) => "allow".to_owned(),
            Some(Decision::Deny { reason: Some(reason) }) => reason,
            _ => "deny".to_owned(),
        };
        let failed = questions.iter().map(|question| (question, answer(question)));
        let failed = failed.filter(|(_, answer)| *answer != self.then);
        failed
            .map(|(question, answer)| {
                let on = if question.target.is_empty() {
                    String::new()
                } else {
                    format!(" on {}", question.target)
                };
                let to =
                    if question.given.is_empty() { String::new() } else { format!(" to {}", question.given) };
                format!("`{name}`: {caller} {action}{on}{to}: expected {}, got {answer}", self.then)
            })
            .collect()
    }
}

impl Given {
    fn stage(&self, bundle: &Bundle, caller: &str) -> (PrincipalKind, Option<Stage>) {
        let place = match self.workspace {
            Workspace::Active => Place::Active,
            Workspace::Suspended => Place::Suspended,
            Workspace::Foreign => Place::Foreign,
        };
        let role = RoleId(caller.to_owned());
        let plan = self.plan.as_deref();
        let has_plan = plan.is_none_or(|plan| bundle.pack().plans.iter().any(|known| known.id == plan));
        if !has_plan {
            return (PrincipalKind::Member, None);
        }
        let kind = match caller {
            _ if bundle.pack().role(&role).is_some() => PrincipalKind::Member,
            "visitor" => PrincipalKind::Visitor,
            _ => return (PrincipalKind::User, stage::set(bundle, place, plan, None)),
        };
        if kind != PrincipalKind::Member {
            return (kind, stage::set(bundle, place, plan, None));
        }
        let seat = match (&self.seat, self.free_slot) {
            (Some(tier), _) if self.lapsed => SeatState::Lapsed(tier.clone()),
            (Some(tier), _) => SeatState::Live(tier.clone()),
            (None, true) => SeatState::Free,
            (None, false) => SeatState::None,
        };
        let caller = Caller { role, seat, creator: self.creator };
        (kind, stage::set(bundle, place, plan, Some(&caller)))
    }
}
