//! A question about one decision, and its answers, as data.

use serde::Serialize;

use crate::situation::Given;

/// A question in the words of the cases: given a caller, when they attempt an action.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Question {
    /// The caller and their circumstances.
    pub given: Given,
    /// The action.
    pub action: String,
    /// The member that it is done to: `self`, `creator` or a role. Without it, each of them.
    pub on: Option<String>,
    /// The role that would be given. Without it, each of them.
    pub to: Option<String>,
    /// The tier of the seat that the request names. Without it, the request names none.
    pub tier: Option<String>,
}

/// The answers to a [`Question`], with the policies that decided.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Explanation {
    /// The caller and their circumstances.
    pub given: Given,
    /// The action.
    pub action: String,
    /// The tier of the seat that the request names.
    pub tier: Option<String>,
    /// The different answers.
    pub outcomes: Vec<ExplainedDecision>,
}

/// One answer.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct ExplainedDecision {
    /// The targets and given roles that have this answer.
    pub subjects: Vec<DecisionSubject>,
    /// Whether it is allowed.
    pub allowed: bool,
    /// The reason that clients get; none if no policy permits it.
    pub reason: Option<String>,
    /// The policies that decided, first the one whose reason is given; none if no policy permits it.
    pub rules: Vec<PolicyRef>,
    /// Policies that erred: their set then allows nothing.
    pub failed: Vec<FailedPolicy>,
    /// Whether only the recovery floor allows it.
    pub by_floor: bool,
    /// Single changes with which it would be allowed.
    pub would_allow: Vec<Remedy>,
}

/// The target and the given role of a question.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct DecisionSubject {
    /// The member that it is done to; none if it is not done to a member.
    pub on: Option<String>,
    /// The role that would be given, for the actions that give one.
    pub to: Option<String>,
}

/// A policy and the place where people find it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct PolicyRef {
    /// Its `@id`.
    pub id: String,
    /// Whether it permits; otherwise it forbids.
    pub permits: bool,
    /// Its file, of the pack or compiled in.
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

/// A policy that erred.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct FailedPolicy {
    /// The policy.
    pub rule: PolicyRef,
    /// The error.
    pub error: String,
}

/// A part of a question that can be varied.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub enum Aspect {
    /// The caller.
    Caller,
    /// The caller's seat.
    Seat,
    /// Whether the caller is the workspace's creator.
    Creator,
    /// Whether the workspace is the caller's own.
    Workspace,
    /// The workspace's plan.
    Plan,
    /// The member that it is done to.
    On,
    /// The role that would be given.
    To,
    /// The tier of the seat that would be given.
    Tier,
}

/// Values of one aspect with which the action would be allowed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Remedy {
    /// The aspect.
    pub aspect: Aspect,
    /// The values.
    pub possibilities: Vec<RemedyValue>,
}

/// One value of a remedy.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct RemedyValue {
    /// A role, a plan, a seat …
    pub value: String,
    /// The policies that would permit it.
    pub rules: Vec<PolicyRef>,
}
