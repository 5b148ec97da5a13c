//! Why somebody may do something or may not, and what would have to be different.

use cedar_policy::PolicyId;
use serde::Serialize;

use crate::bundle::{Bundle, Side, Verdict, permits};
use crate::cases::possible;
use crate::situation::{Complaint, Given, OUTSIDERS, WorkspaceState};
use crate::source::{Origin, Source};
use crate::stage::{Question, SeatState, Stage};
use crate::vocabulary::{ActionInfo, PrincipalKind};

/// A question, in the words of the cases: given a caller, when they attempt something.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Query {
    /// Who asks, and where they stand.
    pub given: Given,
    /// What they attempt.
    pub action: String,
    /// `self`, `creator` or a role: whom it is done to. Left out: everybody that there is.
    pub on: Option<String>,
    /// The role that would be given. Left out: every one.
    pub to: Option<String>,
}

/// The answers to a [`Query`], and where they come from.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Explanation {
    /// Who asked.
    pub given: Given,
    /// What they attempt.
    pub action: String,
    /// What comes of it: one for each answer that is different.
    pub outcomes: Vec<Outcome>,
}

/// One answer.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Outcome {
    /// What it was asked about; all of these have this answer.
    pub subjects: Vec<Subject>,
    /// Whether it is allowed.
    pub allowed: bool,
    /// The reason that clients are told; none where no policy permits it.
    pub reason: Option<String>,
    /// The rules that decided, the one whose reason counts first; none where no policy permits it.
    pub rules: Vec<Rule>,
    /// Policies of the pack's set that could not be evaluated: it then allows nothing.
    pub failed: Vec<Failed>,
    /// Whether the pack would deny it, and the recovery floor allows it all the same.
    pub by_floor: bool,
    /// What alone would have to be different for it to be allowed.
    pub would_allow: Vec<Change>,
}

/// What a question is about beside caller and action.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Subject {
    /// Whom it is done to; none where it is not done to anybody.
    pub on: Option<String>,
    /// The role that would be given, for the actions that give one.
    pub to: Option<String>,
}

/// A policy, as people find it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Rule {
    /// Its `@id`.
    pub id: String,
    /// Whether it permits; else it forbids.
    pub permits: bool,
    /// Its file: of the pack, or one that is compiled in.
    pub file: String,
    /// The line in it, from 1.
    pub line: u32,
    /// Whether that file is compiled in.
    pub is_core: bool,
    /// Its `@doc`.
    pub doc: Option<String>,
    /// Its `@reason`.
    pub reason: Option<String>,
}

/// A policy that could not be evaluated.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Failed {
    /// Which.
    pub rule: Rule,
    /// What went wrong.
    pub error: String,
}

/// Something to vary.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub enum Aspect {
    /// Who asks.
    Caller,
    /// What the caller sits on.
    Seat,
    /// Whether the caller made the workspace.
    Creator,
    /// The state of the workspace.
    Workspace,
    /// The workspace's plan.
    Plan,
    /// Whom it is done to.
    On,
    /// The role that would be given.
    To,
}

/// Values of one aspect with which it would be allowed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Change {
    /// What would be different.
    pub aspect: Aspect,
    /// How.
    pub possibilities: Vec<Possibility>,
}

/// One of them.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Possibility {
    /// A role, a plan, what one sits on …
    pub value: String,
    /// The rules that would permit it.
    pub rules: Vec<Rule>,
}

/// The same question with one thing changed.
struct Variation {
    aspect: Aspect,
    value: String,
    given: Given,
    stage: Stage,
}

/// Why, and what else. Takes the example workspace of the cases, so nothing of a real one is needed.
pub fn explain(bundle: &Bundle, query: &Query) -> Result<Explanation, Complaint> {
    let Query { given, action, on, to } = query;
    let info = bundle.actions().iter().find(|info| info.name == *action);
    let info = info.ok_or_else(|| Complaint::unknown_action(bundle, action))?;
    refuse_nonsense(bundle, given)?;
    let stage = given.stage(bundle)?;
    if !info.principals.contains(&given.kind(bundle)) {
        let message = format!("`{action}` is nothing for `{}`", given.caller);
        return Err(Complaint { message, help: format!("it is asked of {}", people(&info.principals)) });
    }
    let all = questions(bundle, &stage, given, info);
    let is = |asked: &Option<String>, value: &str| asked.as_ref().is_none_or(|asked| asked == value);
    let asked: Vec<_> = all.iter().filter(|it| is(on, it.target) && is(to, it.given)).collect();
    if asked.is_empty() {
        let message = format!("`{action}` cannot be asked of `{}` like this", given.caller);
        return Err(Complaint { message, help: possible(&all) });
    }
    let variations = variations(bundle, given, info);
    let mut outcomes: Vec<Outcome> = Vec::new();
    for question in asked {
        let Some(verdict) = bundle.ask(question) else { continue };
        let mut outcome = outcome(bundle, question, &verdict);
        if !outcome.allowed {
            outcome.would_allow = changes(bundle, info, &variations, question);
            let others = all.iter().filter(|other| on.is_some() && other.given == question.given);
            outcome.would_allow.extend(change(bundle, Aspect::On, others.map(|it| (it.target, it))));
            let others = all.iter().filter(|other| to.is_some() && other.target == question.target);
            outcome.would_allow.extend(change(bundle, Aspect::To, others.map(|it| (it.given, it))));
        }
        match outcomes.iter_mut().find(|known| is_alike(known, &outcome)) {
            Some(known) => known.subjects.append(&mut outcome.subjects),
            None => outcomes.push(outcome),
        }
    }
    Ok(Explanation { given: given.clone(), action: action.clone(), outcomes })
}

/// Who is asked about an action.
fn people(principals: &[PrincipalKind]) -> String {
    let name = |kind: &PrincipalKind| match kind {
        PrincipalKind::Visitor => "visitors",
        PrincipalKind::User => "users outside a workspace",
        PrincipalKind::Member => "members of a workspace, by their role",
    };
    principals.iter().map(name).collect::<Vec<_>>().join(" and of ")
}

/// Facts that cannot be.
fn refuse_nonsense(bundle: &Bundle, given: &Given) -> Result<(), Complaint> {
    let is_member = given.kind(bundle) == PrincipalKind::Member;
    let is_seated = given.seat.is_some() || given.lapsed || given.free_slot;
    let refuse = |message: String, help: &str| Err(Complaint { message, help: help.to_owned() });
    if !is_member && OUTSIDERS.contains(&given.caller.as_str()) && (is_seated || given.creator) {
        let message = format!("`{}` is in no workspace: they have no seat and made none", given.caller);
        return refuse(message, "name a role, or leave seat and creator out");
    }
    if given.lapsed && given.seat.is_none() {
        return refuse("only a seat can have lapsed".to_owned(), "name its tier");
    }
    if given.free_slot && given.seat.is_some() {
        return refuse("who has a free slot sits on no other seat".to_owned(), "leave one of them out");
    }
    Ok(())
}

fn questions<'s>(
    bundle: &Bundle,
    stage: &'s Stage,
    given: &Given,
    info: &'s ActionInfo,
) -> Vec<Question<'s>> {
    stage.questions(given.kind(bundle), info).filter(|question| question.caller == given.caller).collect()
}

fn outcome(bundle: &Bundle, question: &Question<'_>, verdict: &Verdict) -> Outcome {
    let by_floor = verdict.floor.allows && !verdict.bundle.allows;
    let allowed = verdict.bundle.allows || verdict.floor.allows;
    let side = if by_floor { &verdict.floor } else { &verdict.bundle };
    let failed = |(id, error): &(PolicyId, String)| {
        Some(Failed { rule: rule(bundle.source(id)?), error: error.clone() })
    };
    let failed: Vec<_> = verdict.bundle.errors.iter().filter_map(failed).collect();
    // A set that errs denies whatever its permits say.
    let is_void = !allowed && !failed.is_empty() && rules(bundle, side).iter().all(|rule| rule.permits);
    Outcome {
        subjects: vec![Subject { on: some(question.target), to: some(question.given) }],
        allowed,
        reason: verdict.bundle.reason.clone().filter(|_| !allowed),
        rules: if is_void { Vec::new() } else { rules(bundle, side) },
        failed,
        by_floor,
        would_allow: Vec::new(),
    }
}

fn some(text: &str) -> Option<String> {
    Some(text.to_owned()).filter(|text| !text.is_empty())
}

/// Whether nothing but the subject tells two outcomes apart.
fn is_alike(one: &Outcome, other: &Outcome) -> bool {
    Outcome { subjects: Vec::new(), ..one.clone() } == Outcome { subjects: Vec::new(), ..other.clone() }
}

fn rules(bundle: &Bundle, side: &Side) -> Vec<Rule> {
    side.deciding.iter().filter_map(|place| bundle.sources().get(*place)).map(rule).collect()
}

fn rule(source: &Source) -> Rule {
    let annotation = |name| source.policy.annotation(name).map(ToOwned::to_owned);
    Rule {
        id: source.policy.id().to_string(),
        permits: permits(source),
        file: source.file.clone(),
        line: source.line(),
        is_core: source.origin != Origin::Pack,
        doc: annotation("doc"),
        reason: annotation("reason"),
    }
}

/// Everything that can be changed about the caller and the workspace, one thing at a time.
fn variations(bundle: &Bundle, given: &Given, info: &ActionInfo) -> Vec<Variation> {
    let pack = bundle.pack();
    let mut varied: Vec<(Aspect, String, Given)> = Vec::new();
    let asked_of = |kind| info.principals.contains(&kind);
    for role in pack.roles.iter().filter(|_| asked_of(PrincipalKind::Member)) {
        let caller = role.id.to_string();
        varied.push((Aspect::Caller, caller.clone(), Given { caller, ..given.clone() }));
    }
    for name in OUTSIDERS {
        let outsider = Given {
            caller: name.to_owned(),
            workspace: given.workspace,
            plan: given.plan.clone(),
            ..Given::default()
        };
        if asked_of(outsider.kind(bundle)) {
            varied.push((Aspect::Caller, name.to_owned(), outsider));
        }
    }
    if given.kind(bundle) == PrincipalKind::Member {
        let seats = SeatState::all(bundle).into_iter();
        varied.extend(seats.map(|seat| (Aspect::Seat, seat.label(), given.on_seat(&seat))));
        let creator = !given.creator;
        let value = if creator { "the creator" } else { "not the creator" };
        varied.push((Aspect::Creator, value.to_owned(), Given { creator, ..given.clone() }));
    }
    for workspace in [WorkspaceState::Active, WorkspaceState::Suspended] {
        let value = workspace.name().to_owned();
        varied.push((Aspect::Workspace, value, Given { workspace, ..given.clone() }));
    }
    for plan in &pack.plans {
        let changed = Given { plan: Some(plan.id.clone()), ..given.clone() };
        varied.push((Aspect::Plan, plan.id.clone(), changed));
    }
    varied.retain(|(_, _, changed)| changed != given);
    let staged = varied.into_iter().filter_map(|(aspect, value, given)| {
        Some(Variation { aspect, value, stage: given.stage(bundle).ok()?, given })
    });
    staged.collect()
}

/// The variations with which this question is answered by a permission.
fn changes(
    bundle: &Bundle,
    info: &ActionInfo,
    variations: &[Variation],
    question: &Question<'_>,
) -> Vec<Change> {
    let mut changes: Vec<Change> = Vec::new();
    for Variation { aspect, value, given, stage } in variations {
        let same = questions(bundle, stage, given, info);
        let same = same.iter().filter(|it| it.target == question.target && it.given == question.given);
        let Some(allowed) = change(bundle, *aspect, same.map(|it| (value.as_str(), it))) else { continue };
        match changes.iter_mut().find(|known| known.aspect == *aspect) {
            Some(known) => known.possibilities.extend(allowed.possibilities),
            None => changes.push(allowed),
        }
    }
    changes
}

/// Those of the questions that are answered by a permission.
fn change<'q>(
    bundle: &Bundle,
    aspect: Aspect,
    questions: impl Iterator<Item = (&'q str, &'q Question<'q>)>,
) -> Option<Change> {
    let possibilities: Vec<_> = questions
        .filter_map(|(value, question)| {
            let outcome = outcome(bundle, question, &bundle.ask(question)?);
            outcome.allowed.then(|| Possibility { value: value.to_owned(), rules: outcome.rules })
        })
        .collect();
    (!possibilities.is_empty()).then_some(Change { aspect, possibilities })
}

#[cfg(test)]
mod tests {
    use seatwise_domain::TierId;

    use super::*;
    use crate::packs;

    fn pack(name: &str) -> Bundle {
        Bundle::compile(&packs::files(name).unwrap()).unwrap()
    }

    fn query(caller: &str, action: &str) -> Query {
        let given = Given { caller: caller.to_owned(), ..Given::default() };
        Query { given, action: action.to_owned(), ..Query::default() }
    }

    /// The one answer there is.
    fn only(bundle: &Bundle, query: &Query) -> Outcome {
        let mut outcomes = explain(bundle, query).unwrap().outcomes;
        assert_eq!(outcomes.len(), 1, "{outcomes:?}");
        outcomes.remove(0)
    }

    fn ids(rules: &[Rule]) -> Vec<&str> {
        rules.iter().map(|rule| rule.id.as_str()).collect()
    }

    /// The values of an aspect that would allow it.
    fn values(outcome: &Outcome, aspect: Aspect) -> Vec<&str> {
        let changes = outcome.would_allow.iter().filter(|change| change.aspect == aspect);
        changes.flat_map(|change| &change.possibilities).map(|it| it.value.as_str()).collect()
    }

    #[test]
    fn a_permission_names_its_rule() {
        let outcome = only(&pack("purchased-seats"), &query("owner", "buySeats"));
        assert!(outcome.allowed && !outcome.by_floor && outcome.would_allow.is_empty());
        let [rule] = &outcome.rules[..] else { panic!("{outcome:?}") };
        assert_eq!((rule.id.as_str(), rule.permits, rule.is_core), ("roles.owner", true, false));
        assert_eq!((rule.file.as_str(), rule.line), ("roles.cedar", 33));
        assert!(rule.doc.as_ref().is_some_and(|doc| doc.starts_with("An owner buys")));
    }

    #[test]
    fn a_denial_by_a_rule_of_the_pack_says_what_would_allow_it() {
        let bundle = pack("purchased-seats");
        let outcome = only(&bundle, &query("member", "viewAnalytics"));
        assert!(!outcome.allowed);
        assert_eq!(outcome.reason.as_deref(), Some("seat_required"));
        assert_eq!(ids(&outcome.rules), ["seats.product-needs-a-seat", "seats.analytics-needs-pro"]);
        assert_eq!(values(&outcome, Aspect::Seat), ["pro seat"]);
        assert_eq!(outcome.would_allow.len(), 1, "{:?}", outcome.would_allow);

        let mut lapsed = query("member", "viewAnalytics");
        lapsed.given.seat = Some(TierId("pro".to_owned()));
        lapsed.given.lapsed = true;
        assert_eq!(values(&only(&bundle, &lapsed), Aspect::Seat), ["pro seat"]);
    }

    #[test]
    fn a_denial_by_default_names_who_may_and_by_which_rule() {
        let outcome = only(&pack("purchased-seats"), &query("member", "listSeats"));
        assert_eq!((outcome.allowed, &outcome.reason, outcome.rules.len()), (false, &None, 0));
        assert_eq!(values(&outcome, Aspect::Caller), ["owner", "admin"]);
        assert_eq!(ids(&outcome.would_allow[0].possibilities[0].rules), ["roles.owner"]);
    }

    #[test]
    fn a_denial_by_a_guardrail_says_so() {
        let mut above = query("admin", "invite");
        above.to = Some("owner".to_owned());
        let outcome = only(&pack("purchased-seats"), &above);
        assert_eq!(outcome.reason.as_deref(), Some("role_above_own"));
        assert!(outcome.rules[0].is_core);
        assert_eq!(values(&outcome, Aspect::Caller), ["owner"]);
        assert_eq!(values(&outcome, Aspect::To), ["admin", "member"]);
    }

    #[test]
    fn what_the_pack_forbids_the_floor_may_allow() {
        let mut files = packs::files("purchased-seats").unwrap();
        let all = "@id(\"x\") @reason(\"y\") forbid (principal, action, resource);";
        files.insert("x.cedar".to_owned(), all.to_owned());
        let outcome = only(&Bundle::compile(&files).unwrap(), &query("owner", "getWorkspace"));
        assert!(outcome.allowed && outcome.by_floor && outcome.reason.is_none());
        assert_eq!(ids(&outcome.rules), ["floor.governing-recovers"]);
    }

    #[test]
    fn what_errs_is_told() {
        let mut files = packs::files("purchased-seats").unwrap();
        let overflow = "@id(\"x\") @reason(\"y\") forbid (principal is Member, action, resource)
            when { principal.role.rank * 9223372036854775807 > 0 };";
        files.insert("x.cedar".to_owned(), overflow.to_owned());
        let outcome = only(&Bundle::compile(&files).unwrap(), &query("owner", "buySeats"));
        assert!(!outcome.allowed && outcome.rules.is_empty());
        assert_eq!(outcome.failed[0].rule.id, "x");
        assert!(outcome.failed[0].error.contains("overflow"));
    }

    #[test]
    fn who_it_is_done_to_is_left_open_and_each_answer_told() {
        let outcomes = explain(&pack("purchased-seats"), &query("admin", "removeMember")).unwrap().outcomes;
        let told: Vec<_> = outcomes
            .iter()
            .map(|it| {
                let on = it.subjects.iter().filter_map(|subject| subject.on.as_deref());
                (it.reason.as_deref(), on.collect::<Vec<_>>())
            })
            .collect();
        let expected = [
            (Some("own_removal"), vec!["self"]),
            (Some("target_outranks_you"), vec!["owner", "creator"]),
            (None, vec!["admin", "member"]),
        ];
        assert_eq!(told, expected);
    }

    #[test]
    fn another_plan_or_state_of_the_workspace_may_allow_it() {
        let bundle = pack("role-seats");
        let linked = only(&bundle, &query("admin", "linkDomain"));
        assert_eq!(linked.reason.as_deref(), Some("not_in_plan"));
        assert_eq!(values(&linked, Aspect::Plan), ["enterprise"]);
        let mut suspended = query("admin", "updateWorkspace");
        suspended.given.workspace = WorkspaceState::Suspended;
        assert_eq!(values(&only(&bundle, &suspended), Aspect::Workspace), ["active"]);
        let bundle = pack("purchased-seats");
        let mut transfer = query("owner", "transferWorkspace");
        transfer.on = Some("admin".to_owned());
        assert_eq!(values(&only(&bundle, &transfer), Aspect::Creator), ["the creator"]);
    }

    #[test]
    fn people_outside_ask_as_well() {
        let bundle = pack("purchased-seats");
        assert!(only(&bundle, &query("visitor", "previewInvitation")).allowed);
        assert!(only(&bundle, &query("unverified user", "enter")).allowed);
    }

    #[test]
    fn what_cannot_be_asked_is_refused_with_what_could() {
        let bundle = pack("purchased-seats");
        let refused = |query: &Query| explain(&bundle, query).unwrap_err().to_string();
        assert_eq!(refused(&query("admn", "invite")), "there is no caller `admn`: did you mean `admin`?");
        assert_eq!(
            refused(&query("admin", "buySeat")),
            "there is no action `buySeat`: did you mean `buySeats`?"
        );
        assert_eq!(
            refused(&query("user", "buySeats")),
            "`buySeats` is nothing for `user`: it is asked of members of a workspace, by their role"
        );
        let mut odd = query("admin", "removeMember");
        odd.on = Some("boss".to_owned());
        assert!(refused(&odd).contains("`on` is one of `admin`"), "{}", refused(&odd));
        let mut tier = query("admin", "useProduct");
        tier.given.seat = Some(TierId("prol".to_owned()));
        assert_eq!(refused(&tier), "there is no tier `prol`: did you mean `pro`?");
        let mut plan = query("admin", "useProduct");
        plan.given.plan = Some("gold".to_owned());
        assert_eq!(refused(&plan), "there is no plan `gold`: there are `workspace`");
        let mut seated = query("visitor", "previewInvitation");
        seated.given.free_slot = true;
        assert!(refused(&seated).contains("is in no workspace"));
    }
}
