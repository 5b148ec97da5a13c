//! Explanations of a decision: the policies that decided, and the changes that would allow the action.

mod answer;
#[cfg(test)]
mod tests;
mod variation;

use cedar_policy::PolicyId;
use seatwise_policy::{ActionInfo, Bundle, Origin, PrincipalKind, SetAnswer, Source, Verdict};

pub use self::answer::{
    Aspect, DecisionSubject, ExplainedDecision, Explanation, FailedPolicy, PolicyRef, Question, Remedy,
    RemedyValue,
};
use self::variation::{Variation, variations};
use crate::cases::possible;
use crate::situation::{Complaint, Given, OUTSIDERS};
use crate::stage::{ExampleStage, StagedRequest};

/// Explains a decision in the example workspace of the cases, so that nothing of a real one is needed.
pub fn explain(bundle: &Bundle, query: &Question) -> Result<Explanation, Complaint> {
    let Question { given, action, on, to, tier } = query;
    let info = bundle.action(action);
    let info = info.ok_or_else(|| Complaint::unknown_action(bundle, action))?;
    refuse_nonsense(bundle, given)?;
    let stage = given.stage(bundle)?;
    if !info.principals.contains(&given.kind(bundle)) {
        return Err(Complaint::other_callers(info, &given.caller));
    }
    let all = requests(bundle, &stage, given, info);
    let is = |asked: &Option<String>, value: &str| asked.as_ref().is_none_or(|asked| asked == value);
    let is_of_tier = |it: &StagedRequest<'_>| match tier {
        None => it.is_of_any_tier(),
        asked => is(asked, it.tier),
    };
    let is_asked = |it: &&StagedRequest<'_>| is(on, it.on) && is(to, it.to) && is_of_tier(it);
    let asked: Vec<_> = all.iter().filter(is_asked).collect();
    if asked.is_empty() {
        let message = format!("`{action}` cannot be asked of `{}` like this", given.caller);
        return Err(Complaint { message, help: possible(&all) });
    }
    let variations = variations(bundle, given, info);
    let mut outcomes: Vec<ExplainedDecision> = Vec::new();
    for request in asked {
        let Some(verdict) = request.verdict() else { continue };
        let mut outcome = answer(bundle, request, &verdict);
        if !outcome.allowed {
            outcome.would_allow = remedies(bundle, info, &variations, request);
            let alike = |other: &&StagedRequest<'_>, [on, to, tier]: [bool; 3]| {
                (on || other.on == request.on)
                    && (to || other.to == request.to)
                    && (tier || other.tier == request.tier)
            };
            let others = all.iter().filter(|other| on.is_some() && alike(other, [true, false, false]));
            outcome.would_allow.extend(remedy(bundle, Aspect::On, others.map(|it| (it.on, it))));
            let others = all.iter().filter(|other| to.is_some() && alike(other, [false, true, false]));
            outcome.would_allow.extend(remedy(bundle, Aspect::To, others.map(|it| (it.to, it))));
            let others = all.iter().filter(|other| alike(other, [false, false, true]));
            outcome.would_allow.extend(remedy(bundle, Aspect::Tier, others.map(|it| (it.tier, it))));
        }
        match outcomes.iter_mut().find(|known| is_alike(known, &outcome)) {
            Some(known) => known.subjects.append(&mut outcome.subjects),
            None => outcomes.push(outcome),
        }
    }
    Ok(Explanation { given: given.clone(), action: action.clone(), tier: tier.clone(), outcomes })
}

/// Refuses circumstances that contradict each other.
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

fn requests<'s>(
    bundle: &Bundle,
    stage: &'s ExampleStage<'_>,
    given: &Given,
    info: &'s ActionInfo,
) -> Vec<StagedRequest<'s>> {
    stage.requests(given.kind(bundle), info).filter(|request| request.caller == given.caller).collect()
}

fn answer(bundle: &Bundle, request: &StagedRequest<'_>, verdict: &Verdict) -> ExplainedDecision {
    let by_floor = verdict.floor.allows && !verdict.bundle.allows;
    let allowed = verdict.allows();
    let side = if by_floor { &verdict.floor } else { &verdict.bundle };
    let failed = |(id, error): &(PolicyId, String)| {
        Some(FailedPolicy { rule: rule(bundle.source(id)?), error: error.clone() })
    };
    let failed: Vec<_> = verdict.bundle.errors.iter().filter_map(failed).collect();
    // A set that errs denies whatever its permits say.
    let is_void = !allowed && !failed.is_empty() && rules(bundle, side).iter().all(|rule| rule.permits);
    ExplainedDecision {
        subjects: vec![DecisionSubject { on: some(request.on), to: some(request.to) }],
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

/// Whether two answers differ in their subjects alone.
fn is_alike(one: &ExplainedDecision, other: &ExplainedDecision) -> bool {
    ExplainedDecision { subjects: Vec::new(), ..one.clone() }
        == ExplainedDecision { subjects: Vec::new(), ..other.clone() }
}

fn rules(bundle: &Bundle, side: &SetAnswer) -> Vec<PolicyRef> {
    side.deciding.iter().filter_map(|place| bundle.sources().get(*place)).map(rule).collect()
}

fn rule(source: &Source) -> PolicyRef {
    let annotation = |name| source.policy.annotation(name).map(ToOwned::to_owned);
    PolicyRef {
        id: source.policy.id().to_string(),
        permits: source.permits(),
        file: source.file.clone(),
        line: source.line(),
        is_core: source.origin != Origin::Pack,
        doc: annotation("doc"),
        reason: source.reason.clone(),
    }
}

/// The variations with which this request is allowed.
fn remedies(
    bundle: &Bundle,
    info: &ActionInfo,
    variations: &[Variation<'_>],
    request: &StagedRequest<'_>,
) -> Vec<Remedy> {
    let mut remedies: Vec<Remedy> = Vec::new();
    for Variation { aspect, value, given, stage } in variations {
        let same = requests(bundle, stage, given, info);
        let is_same =
            |it: &&StagedRequest<'_>| (it.on, it.to, it.tier) == (request.on, request.to, request.tier);
        let same = same.iter().filter(is_same);
        let Some(allowed) = remedy(bundle, *aspect, same.map(|it| (value.as_str(), it))) else { continue };
        match remedies.iter_mut().find(|known| known.aspect == *aspect) {
            Some(known) => known.possibilities.extend(allowed.possibilities),
            None => remedies.push(allowed),
        }
    }
    remedies
}

/// The requests that are allowed, as a remedy; none, if all are denied.
fn remedy<'q>(
    bundle: &Bundle,
    aspect: Aspect,
    requests: impl Iterator<Item = (&'q str, &'q StagedRequest<'q>)>,
) -> Option<Remedy> {
    let possibilities: Vec<_> = requests
        .filter_map(|(value, request)| {
            let outcome = answer(bundle, request, &request.verdict()?);
            outcome.allowed.then(|| RemedyValue { value: value.to_owned(), rules: outcome.rules })
        })
        .collect();
    (!possibilities.is_empty()).then_some(Remedy { aspect, possibilities })
}
