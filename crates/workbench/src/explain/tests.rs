//! Explanations of decisions of the built-in packs.

use seatwise_domain::TierName;
use seatwise_policy::packs;

use super::*;
use crate::situation::WorkspaceRelation;

fn pack(name: &str) -> Bundle {
    Bundle::compile(&packs::files(name).unwrap()).unwrap()
}

fn question(caller: &str, action: &str) -> Question {
    let given = Given { caller: caller.to_owned(), ..Given::default() };
    Question { given, action: action.to_owned(), ..Question::default() }
}

/// The one answer there is.
fn only(bundle: &Bundle, question: &Question) -> ExplainedDecision {
    let mut outcomes = explain(bundle, question).unwrap().outcomes;
    assert_eq!(outcomes.len(), 1, "{outcomes:?}");
    outcomes.remove(0)
}

fn ids(rules: &[PolicyRef]) -> Vec<&str> {
    rules.iter().map(|rule| rule.id.as_str()).collect()
}

/// The values of an aspect that would allow it.
fn values(outcome: &ExplainedDecision, aspect: Aspect) -> Vec<&str> {
    let changes = outcome.would_allow.iter().filter(|change| change.aspect == aspect);
    changes.flat_map(|change| &change.possibilities).map(|it| it.value.as_str()).collect()
}

#[test]
fn a_permission_names_its_rule() {
    let outcome = only(&pack("purchased-seats"), &question("owner", "buySeats"));
    assert!(outcome.allowed && !outcome.by_floor && outcome.would_allow.is_empty());
    let [rule] = &outcome.rules[..] else { panic!("{outcome:?}") };
    assert_eq!((rule.id.as_str(), rule.permits, rule.is_core), ("roles.owner", true, false));
    assert_eq!((rule.file.as_str(), rule.line), ("roles.cedar", 37));
    assert!(rule.doc.as_ref().is_some_and(|doc| doc.starts_with("An owner buys")));
}

#[test]
fn a_denial_by_a_rule_of_the_pack_says_what_would_allow_it() {
    let bundle = pack("purchased-seats");
    let outcome = only(&bundle, &question("member", "viewAnalytics"));
    assert!(!outcome.allowed);
    assert_eq!(outcome.reason.as_deref(), Some("seat_required"));
    assert_eq!(ids(&outcome.rules), ["seats.product-needs-a-seat", "seats.analytics-needs-pro"]);
    assert_eq!(values(&outcome, Aspect::Seat), ["pro seat"]);
    assert_eq!(outcome.would_allow.len(), 1, "{:?}", outcome.would_allow);

    let mut lapsed = question("member", "viewAnalytics");
    lapsed.given.seat = Some(TierName("pro".to_owned()));
    lapsed.given.lapsed = true;
    assert_eq!(values(&only(&bundle, &lapsed), Aspect::Seat), ["pro seat"]);
}

#[test]
fn a_denial_by_default_names_who_may_and_by_which_rule() {
    let outcome = only(&pack("purchased-seats"), &question("member", "listSeats"));
    assert_eq!((outcome.allowed, &outcome.reason, outcome.rules.len()), (false, &None, 0));
    assert_eq!(values(&outcome, Aspect::Caller), ["owner", "admin"]);
    assert_eq!(ids(&outcome.would_allow[0].possibilities[0].rules), ["roles.owner"]);
}

#[test]
fn a_service_is_explained_as_other_callers_are() {
    let bundle = pack("flat-owners");
    let outcome = only(&bundle, &question("service:backend", "spendCredits"));
    assert!(outcome.allowed);
    assert_eq!(ids(&outcome.rules), ["services.backend"]);
    let outcome = only(&bundle, &question("service:reporting", "spendCredits"));
    assert!(!outcome.allowed && values(&outcome, Aspect::Caller).contains(&"service:backend"), "{outcome:?}");
    let unknown = explain(&bundle, &question("service:backnd", "spendCredits")).unwrap_err();
    assert!(unknown.to_string().contains("did you mean `service:backend`?"), "{unknown}");
}

#[test]
fn a_denial_by_a_guardrail_says_so() {
    let mut above = question("admin", "invite");
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
    let outcome = only(&Bundle::compile(&files).unwrap(), &question("owner", "getWorkspace"));
    assert!(outcome.allowed && outcome.by_floor && outcome.reason.is_none());
    assert_eq!(ids(&outcome.rules), ["floor.governing-recovers"]);
}

#[test]
fn what_errs_is_told() {
    let mut files = packs::files("purchased-seats").unwrap();
    let overflow = "@id(\"x\") @reason(\"y\") forbid (principal is Member, action, resource)
        when { principal.role.rank * 9223372036854775807 > 0 };";
    files.insert("x.cedar".to_owned(), overflow.to_owned());
    let outcome = only(&Bundle::compile(&files).unwrap(), &question("owner", "buySeats"));
    assert!(!outcome.allowed && outcome.rules.is_empty());
    assert_eq!(outcome.failed[0].rule.id, "x");
    assert!(outcome.failed[0].error.contains("overflow"));
}

#[test]
fn who_it_is_done_to_is_left_open_and_each_answer_told() {
    let outcomes = explain(&pack("purchased-seats"), &question("admin", "removeMember")).unwrap().outcomes;
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
fn another_plan_or_workspace_may_allow_it() {
    let bundle = pack("role-seats");
    let linked = only(&bundle, &question("admin", "linkDomain"));
    assert_eq!(linked.reason.as_deref(), Some("not_in_plan"));
    assert_eq!(values(&linked, Aspect::Plan), ["enterprise"]);
    let mut foreign = question("admin", "updateWorkspace");
    foreign.given.workspace = WorkspaceRelation::Foreign;
    assert_eq!(values(&only(&bundle, &foreign), Aspect::Workspace), ["their own"]);
    let bundle = pack("purchased-seats");
    let mut transfer = question("owner", "transferWorkspace");
    transfer.on = Some("admin".to_owned());
    assert_eq!(values(&only(&bundle, &transfer), Aspect::Creator), ["the creator"]);
}

#[test]
fn people_outside_ask_as_well() {
    let bundle = pack("purchased-seats");
    assert!(only(&bundle, &question("visitor", "previewInvitation")).allowed);
    assert!(only(&bundle, &question("unverified user", "enter")).allowed);
}

#[test]
fn what_cannot_be_asked_is_refused_with_what_could() {
    let bundle = pack("purchased-seats");
    let refused = |question: &Question| explain(&bundle, question).unwrap_err().to_string();
    assert_eq!(refused(&question("admn", "invite")), "there is no caller `admn`: did you mean `admin`?");
    assert_eq!(
        refused(&question("admin", "buySeat")),
        "there is no action `buySeat`: did you mean `buySeats`?"
    );
    assert_eq!(
        refused(&question("user", "buySeats")),
        "`buySeats` is nothing for `user`: it is asked of members of a workspace, by their role"
    );
    let mut odd = question("admin", "removeMember");
    odd.on = Some("boss".to_owned());
    assert!(refused(&odd).contains("`on` is one of `admin`"), "{}", refused(&odd));
    let mut tier = question("admin", "useProduct");
    tier.given.seat = Some(TierName("prol".to_owned()));
    assert_eq!(refused(&tier), "there is no tier `prol`: did you mean `pro`?");
    let mut plan = question("admin", "useProduct");
    plan.given.plan = Some("gold".to_owned());
    assert_eq!(refused(&plan), "there is no plan `gold`: there are `workspace`");
    let mut seated = question("visitor", "previewInvitation");
    seated.given.free_slot = true;
    assert!(refused(&seated).contains("is in no workspace"));
}
