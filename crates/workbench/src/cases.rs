//! The cases of a pack: examples of permissions, in a reviewer's words.

use std::collections::BTreeSet;
use std::fmt;
use std::ops::Range;
use std::path::Path;

use seatwise_domain::TierName;
use serde::de::value::SeqAccessDeserializer;
use serde::de::{Error, SeqAccess, Visitor};
use serde::{Deserialize, Deserializer};
use toml::Spanned;

use seatwise_policy::{
    Bundle, Decision, Files, Location, Origin, PrincipalKind, SetAnswer, Source, Verdict, packs, toml_file,
};

use crate::check::Consequence;
use crate::finding::Finding;
use crate::situation::{Complaint, Given, TimeAgo, WorkspaceRelation};
use crate::stage::{ExampleStage, StagedRequest};
use crate::suggestion::suggestion;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct CaseFile {
    case: Vec<Spanned<PackCase>>,
}

/// Given a caller, when they attempt an action, then this is the answer. Lists stand for every
/// combination.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct PackCase {
    name: String,
    given: GivenCallers,
    when: CaseAttempt,
    /// `allow`, `deny` (no policy permits), or the reason of the denial.
    then: Spanned<String>,
}

/// The callers, and the other fields of [`Given`].
#[derive(Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
struct GivenCallers {
    /// A role; or `visitor`, `user`, `unverified user`.
    caller: OneOrMany,
    /// The tier of the caller's seat.
    #[serde(default)]
    seat: Option<TierName>,
    /// Whether that seat is no longer paid for.
    #[serde(default)]
    lapsed: bool,
    #[serde(default)]
    free_slot: bool,
    /// Whether the caller is the workspace's creator.
    #[serde(default)]
    creator: bool,
    #[serde(default)]
    workspace: WorkspaceRelation,
    /// The workspace's plan; without it, the plan that workspaces start on.
    #[serde(default)]
    plan: Option<String>,
    /// How long ago the caller joined.
    #[serde(default)]
    joined: Option<TimeAgo>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
struct CaseAttempt {
    action: OneOrMany,
    /// `self`, `creator` or a role: of the member, the invitation, or the member who wants to leave.
    #[serde(default)]
    on: Option<OneOrMany>,
    /// The role that would be given.
    #[serde(default)]
    to: Option<OneOrMany>,
    /// The tier of the seat that the request names; without it, the request names none.
    #[serde(default)]
    tier: Option<OneOrMany>,
    /// The tier of the seat of the member that it is done to, or of the seat that the invitation reserves.
    #[serde(default)]
    on_seat: Option<TierName>,
    /// How long ago the member joined that it is done to.
    #[serde(default)]
    on_joined: Option<TimeAgo>,
}

enum OneOrMany {
    One(String),
    Many(Vec<String>),
}

impl<'de> Deserialize<'de> for OneOrMany {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Either;
        impl<'de> Visitor<'de> for Either {
            type Value = OneOrMany;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a text in quotation marks, or a list of such texts")
            }

            fn visit_str<E: Error>(self, text: &str) -> Result<OneOrMany, E> {
                Ok(OneOrMany::One(text.to_owned()))
            }

            fn visit_seq<A: SeqAccess<'de>>(self, items: A) -> Result<OneOrMany, A::Error> {
                Vec::deserialize(SeqAccessDeserializer::new(items)).map(OneOrMany::Many)
            }
        }
        deserializer.deserialize_any(Either)
    }
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

/// The results of all cases.
#[derive(Default)]
pub(crate) struct CaseResults {
    /// The number of cases.
    pub(crate) count: usize,
    /// The cases that fail or cannot be read.
    pub(crate) findings: Vec<Consequence>,
}

/// Runs all cases of a pack.
pub(crate) fn run(bundle: &Bundle, files: &Files) -> CaseResults {
    let mut results = CaseResults::default();
    let reasons = bundle.sources().iter().filter_map(|source| source.reason.as_deref());
    let answers: BTreeSet<&str> = reasons.chain(["allow", "deny"]).collect();
    for (path, text) in files.iter().filter(|(path, _)| is_file(path)) {
        match toml_file::read::<CaseFile>(text, &packs::texts("cases")).sound() {
            Ok(file) => {
                results.count += file.case.len();
                for case in &file.case {
                    let (name, then) = (&case.get_ref().name, &case.get_ref().then);
                    if !answers.contains(then.get_ref().as_str()) {
                        let message = format!("`{name}`: no policy has the reason `{}`", then.get_ref());
                        let help = suggestion(then.get_ref(), answers.iter().copied());
                        let location = Location::file(path).at(text, &then.span());
                        let finding = Finding::new(location, &message).help(&help);
                        results.findings.push(Consequence { finding, cause: None });
                        continue;
                    }
                    let location = Location::file(path).at(text, &whole(case));
                    let finding = |(wrong, cause): (Complaint, Option<usize>)| {
                        let finding = Finding::new(location.clone(), &wrong.message).help(&wrong.help);
                        Consequence { finding, cause }
                    };
                    results.findings.extend(case.get_ref().run(bundle).into_iter().map(finding));
                }
            }
            Err(faults) => {
                let findings = faults.iter().map(|fault| Finding::of_toml(path, text, fault, "Cases"));
                results.findings.extend(findings.map(|finding| Consequence { finding, cause: None }));
            }
        }
    }
    if results.count == 0 && results.findings.is_empty() {
        let help = "write some into `cases/roles.toml`: “Cases” in policies/REFERENCE.md shows how";
        let finding = Finding::of_file("cases", "a pack needs cases: who may, and who may not");
        results.findings.push(Consequence { finding: finding.help(help), cause: None });
    }
    results
}

/// The span from `[[case]]` to the end of its answer.
fn whole(case: &Spanned<PackCase>) -> Range<usize> {
    let span = case.span();
    span.start..span.end.max(case.get_ref().then.span().end)
}

/// A combination of a case that fails.
struct FailedCombination {
    /// The caller and the action.
    asked: String,
    /// The expected answer and the actual one, or the reason why the combination cannot be asked.
    outcome: String,
    help: String,
    /// The place of the policy of the pack that decided.
    cause: Option<usize>,
}

impl PackCase {
    /// The complaints about this case, each with the policy that causes it. Combinations that fail in the same way
    /// are listed once.
    fn run(&self, bundle: &Bundle) -> Vec<(Complaint, Option<usize>)> {
        let mut listed: Vec<(FailedCombination, usize)> = Vec::new();
        for wrong in self.run_all(bundle) {
            match listed.iter_mut().find(|(it, _)| (&it.outcome, &it.help) == (&wrong.outcome, &wrong.help)) {
                Some((_, more)) => *more += 1,
                None => listed.push((wrong, 0)),
            }
        }
        let complaint = |(FailedCombination { asked, outcome, help, cause }, more)| {
            let more = if more == 0 { String::new() } else { format!(" (and {more} more)") };
            (Complaint { message: format!("`{}`: {asked}{outcome}{more}", self.name), help }, cause)
        };
        listed.into_iter().map(complaint).collect()
    }

    fn run_all(&self, bundle: &Bundle) -> Vec<FailedCombination> {
        let mut wrong = Vec::new();
        for given in self.given.each(&self.when) {
            let kind = given.kind(bundle);
            match given.stage(bundle) {
                Ok(stage) => {
                    for action in self.when.action.all() {
                        wrong.extend(self.run_one(bundle, &stage, kind, &given.caller, action));
                    }
                }
                Err(complaint) => wrong.push(FailedCombination::of(complaint)),
            }
        }
        wrong
    }

    fn run_one(
        &self,
        bundle: &Bundle,
        stage: &ExampleStage<'_>,
        kind: PrincipalKind,
        caller: &str,
        action: &str,
    ) -> Vec<FailedCombination> {
        let Some(info) = bundle.action(action) else {
            return vec![FailedCombination::of(Complaint::unknown_action(bundle, action))];
        };
        if !info.principals.contains(&kind) {
            return vec![FailedCombination::of(Complaint::other_callers(info, caller))];
        }
        let is_asked = |asked: &Option<OneOrMany>, value: &str| {
            asked.as_ref().is_none_or(|asked| asked.all().iter().any(|one| one == value))
        };
        let all: Vec<_> = stage.requests(kind, info).filter(|it| it.caller == caller).collect();
        let is_of_tier = |it: &StagedRequest<'_>| match &self.when.tier {
            None => it.is_of_any_tier(),
            asked => is_asked(asked, it.tier),
        };
        let is_meant = |it: &&StagedRequest<'_>| {
            is_asked(&self.when.on, it.on) && is_asked(&self.when.to, it.to) && is_of_tier(it)
        };
        // A case that asks nothing would always pass.
        if !all.iter().any(|request| is_meant(&request)) {
            let message = format!("`{action}` cannot be asked of `{caller}` like this");
            return vec![FailedCombination::of(Complaint { message, help: possible(&all) })];
        }
        let asked = all.iter().filter(is_meant);
        asked.filter_map(|request| self.wrong(bundle, request, request.verdict())).collect()
    }

    /// The failure, if the answer to a request is wrong.
    fn wrong(
        &self,
        bundle: &Bundle,
        request: &StagedRequest<'_>,
        verdict: Option<Verdict>,
    ) -> Option<FailedCombination> {
        let why = verdict.as_ref().map_or_else(|| NO_REQUEST.to_owned(), |verdict| because(bundle, verdict));
        let cause = verdict.as_ref().and_then(|verdict| decided(bundle, verdict));
        let answer = match verdict.map(Verdict::into_decision) {
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
        let StagedRequest { caller, action, .. } = request;
        let (on, to) = (part("on", request.on), part("to", request.to));
        let seat = if request.is_of_any_tier() { String::new() } else { part("seat", request.tier) };
        Some(FailedCombination {
            asked: format!("{caller} {action}{on}{to}{seat}: "),
            outcome: format!("expected {then}, got {answer}"),
            help: format!("{why}; edit the rule or the case"),
            cause,
        })
    }
}

impl FailedCombination {
    /// A combination that cannot be asked.
    fn of(Complaint { message, help }: Complaint) -> Self {
        Self { asked: String::new(), outcome: message, help, cause: None }
    }
}

/// The reason of a denial without a verdict.
const NO_REQUEST: &str = "the request does not conform to the schema, so it is denied";

/// The policy that decided.
fn because(bundle: &Bundle, verdict: &Verdict) -> String {
    if let Some((id, error)) = verdict.bundle.errors.first().filter(|_| !verdict.floor.allows) {
        let name = bundle.source(id).map_or_else(|| id.to_string(), Source::name);
        return format!("{name} failed ({error}), so nothing is allowed");
    }
    let side = deciding_side(verdict);
    let first = side.deciding.first().and_then(|place| bundle.sources().get(*place));
    match (first, side.allows) {
        (Some(source), true) => format!("{} permits it", source.name()),
        (Some(source), false) => format!("{} forbids it", source.name()),
        (None, _) => "no policy permits it".to_owned(),
    }
}

fn deciding_side(verdict: &Verdict) -> &SetAnswer {
    if verdict.floor.allows && !verdict.bundle.allows { &verdict.floor } else { &verdict.bundle }
}

/// The place of the policy that decided, if it is one of the pack.
fn decided(bundle: &Bundle, verdict: &Verdict) -> Option<usize> {
    let place = *deciding_side(verdict).deciding.first()?;
    let is_of_pack = bundle.sources().get(place)?.origin == Origin::Pack;
    is_of_pack.then_some(place)
}

/// The values with which an action can be asked about, as advice.
pub(crate) fn possible(requests: &[StagedRequest<'_>]) -> String {
    let list = |part: for<'q> fn(&'q StagedRequest<'q>) -> &'q str| {
        let mut names: Vec<_> = requests.iter().map(part).filter(|name| !name.is_empty()).collect();
        names.sort_unstable();
        names.dedup();
        names.iter().map(|name| format!("`{name}`")).collect::<Vec<_>>().join(", ")
    };
    if requests.is_empty() {
        return "the pack has nothing that it could be done to".to_owned();
    }
    let possible = match (list(|it| it.on), list(|it| it.to)) {
        (on, to) if on.is_empty() && to.is_empty() => "it takes neither `on` nor `to`".to_owned(),
        (on, to) if on.is_empty() => format!("it takes no `on`; `to` is one of {to}"),
        (on, to) if to.is_empty() => format!("it takes no `to`; `on` is one of {on}"),
        (on, to) => format!("`on` is one of {on}; `to` is one of {to}"),
    };
    match list(|it| if it.is_of_any_tier() { "" } else { it.tier }) {
        tiers if tiers.is_empty() => possible,
        tiers => format!("{possible}; `tier` is one of {tiers}"),
    }
}

impl GivenCallers {
    fn each(&self, when: &CaseAttempt) -> impl Iterator<Item = Given> {
        self.caller.all().iter().map(|caller| Given {
            caller: caller.clone(),
            seat: self.seat.clone(),
            lapsed: self.lapsed,
            free_slot: self.free_slot,
            creator: self.creator,
            workspace: self.workspace,
            plan: self.plan.clone(),
            joined: self.joined.clone(),
            on_seat: when.on_seat.clone(),
            on_joined: when.on_joined.clone(),
        })
    }
}
