//! Appointing power: who can give somebody a role that can do what they cannot do themselves.
//!
//! A role that can invite to another role has whatever that role can do, with a second account.

use std::collections::{BTreeMap, BTreeSet};

use cedar_policy::PolicyId;
use cedar_policy_symcc::implies_asserts;
use seatwise_domain::RoleName;
use seatwise_policy::{Bundle, Origin, PrincipalKind};
use seatwise_workbench::{AllowedExample, Power, allowed_examples, powers};

use crate::assumptions;
use crate::request_kind::{BUNDLE, FLOOR, RequestKind, RequestSpace, policies};
use crate::session::{SolverSession, Unanswered};

/// A role that can give another role, which can do more.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Appointment {
    /// The role that gives.
    by: RoleName,
    /// The role that is given.
    role: RoleName,
    /// The way in which it is given, such as `can invite`.
    way: String,
    /// What the role can do and the giver cannot, sorted.
    actions: Vec<String>,
    /// The policies that permit the giving.
    pub(crate) permits: Vec<PolicyId>,
}

impl Appointment {
    /// The appointment in words.
    pub(crate) fn words(&self) -> String {
        let Self { by, role, way, actions, .. } = self;
        format!("{by} {way} a {role}, who can {}, which {by} cannot", listed(actions))
    }

    /// Whether a policy that permits the giving accepts it.
    pub(crate) fn is_accepted(&self, bundle: &Bundle) -> bool {
        let mut sources = self.permits.iter().filter_map(|id| bundle.source(id));
        sources.any(|source| source.appoints().any(|role| role == self.role.as_str()))
    }
}

fn listed(actions: &[String]) -> String {
    match actions {
        [] => String::new(),
        [only] => only.clone(),
        [first @ .., last] => format!("{} and {last}", first.join(", ")),
    }
}

/// All appointments of a bundle.
pub(crate) async fn appointments(
    session: &mut SolverSession<'_>,
    bundle: &Bundle,
) -> Result<Vec<Appointment>, Unanswered> {
    let mut search = Search::new(session, bundle);
    let mut found = Vec::new();
    for by in &bundle.pack().roles {
        for role in bundle.pack().roles.iter().filter(|role| role.name != by.name) {
            let Some((way, permits)) = search.gives(&by.name, &role.name).await? else { continue };
            let actions = search.beyond(&by.name, &role.name).await?;
            if !actions.is_empty() {
                let (by, role) = (by.name.clone(), role.name.clone());
                found.push(Appointment { by, role, way, actions, permits });
            }
        }
    }
    Ok(found)
}

struct Search<'s, 'p, 'b> {
    session: &'s mut SolverSession<'p>,
    bundle: &'b Bundle,
    kinds: Vec<RequestKind>,
    /// What is permitted in some example: it needs no solver.
    examples: Vec<AllowedExample>,
    /// The actions that are powers, and those that give a role, in words.
    powers: BTreeMap<String, Power>,
    /// The answers of the solver: whether a role can do an action.
    known: BTreeMap<(RoleName, String), bool>,
}

impl<'s, 'p, 'b> Search<'s, 'p, 'b> {
    fn new(session: &'s mut SolverSession<'p>, bundle: &'b Bundle) -> Self {
        let kinds = RequestKind::all(bundle).into_iter();
        let kinds = kinds.filter(|kind| kind.principal == PrincipalKind::Member).collect();
        let (examples, powers) = (allowed_examples(bundle), powers(bundle));
        Self { session, bundle, kinds, examples, powers, known: BTreeMap::new() }
    }

    /// The way in which a role gives another role, and the policies that permit it.
    async fn gives(
        &mut self,
        by: &RoleName,
        role: &RoleName,
    ) -> Result<Option<(String, Vec<PolicyId>)>, Unanswered> {
        let ways =
            self.powers.iter().filter_map(|(action, power)| Some((action.clone(), power.gives.clone()?)));
        let mut ways: Vec<(String, String)> = ways.collect();
        // The plainest first.
        ways.sort_by_key(|(_, words)| words.len());
        for (action, way) in &ways {
            let is_it = |it: &&AllowedExample| {
                it.role == *by && it.action == *action && it.gives.as_ref() == Some(role)
            };
            if let Some(example) = self.examples.iter().find(is_it) {
                return Ok(Some((way.clone(), example.permits.clone())));
            }
        }
        let given = format!("context.targetRole == Role::{:?}", role.as_str());
        for (action, way) in ways {
            if let Some(permits) = self.first(by, &action, Some(&given)).await? {
                return Ok(Some((way, permits)));
            }
        }
        Ok(None)
    }

    /// The actions that a role can do and the other cannot.
    async fn beyond(&mut self, by: &RoleName, role: &RoleName) -> Result<Vec<String>, Unanswered> {
        let powers = self.powers.iter().filter(|(_, power)| !power.is_personal);
        let actions: Vec<String> = powers.map(|(action, _)| action.clone()).collect();
        let mut beyond = Vec::new();
        for action in actions {
            // What an example shows is asked first: it needs no solver.
            if self.shows(by, &action) || !self.can(role, &action).await? || self.can(by, &action).await? {
                continue;
            }
            beyond.push(action);
        }
        Ok(beyond)
    }

    fn shows(&self, role: &RoleName, action: &str) -> bool {
        self.examples.iter().any(|it| it.role == *role && it.action == action)
    }

    async fn can(&mut self, role: &RoleName, action: &str) -> Result<bool, Unanswered> {
        if self.shows(role, action) {
            return Ok(true);
        }
        let key = (role.clone(), action.to_owned());
        if let Some(known) = self.known.get(&key) {
            return Ok(*known);
        }
        let can = self.first(role, action, None).await?.is_some();
        self.known.insert(key, can);
        Ok(can)
    }

    /// The policies that permit an action to a role on some request, on this condition.
    async fn first(
        &mut self,
        role: &RoleName,
        action: &str,
        condition: Option<&str>,
    ) -> Result<Option<Vec<PolicyId>>, Unanswered> {
        let has_role = assumptions::has_role([role]);
        let condition = condition.map_or_else(|| has_role.clone(), |given| format!("{has_role} && {given}"));
        let kinds: Vec<RequestKind> =
            self.kinds.iter().filter(|kind| kind.name() == action).cloned().collect();
        for kind in kinds {
            let space = RequestSpace::new(self.bundle, &kind)?.given(&condition);
            for origins in [&BUNDLE, &FLOOR] {
                let sources = space.sources(origins);
                if !sources.iter().any(|source| source.permits() && source.origin != Origin::Guardrails) {
                    continue;
                }
                let (set, nothing) = (space.set(policies(&sources))?, space.allows_nothing()?);
                let Some(found) = self.session.find(&implies_asserts(&set, &nothing)).await? else {
                    continue;
                };
                let replay = space.replay(&found)?;
                if !replay.is_allowed(&sources)? {
                    return Err(Unanswered::Open(
                        "the solver has an example which, replayed, does not show it".to_owned(),
                    ));
                }
                return Ok(Some(replay.ask(&sources)?.diagnostics().reason().cloned().collect()));
            }
        }
        Ok(None)
    }
}

/// The appointments that one version has and the other had not: also what more a role can do that was given before.
pub(crate) fn new_ones(before: &[Appointment], after: Vec<Appointment>) -> Vec<Appointment> {
    let known = |new: &Appointment| {
        let same = before.iter().filter(|old| (&old.by, &old.role) == (&new.by, &new.role));
        same.flat_map(|old| &old.actions).cloned().collect::<BTreeSet<String>>()
    };
    let rest = after.into_iter().map(|new| {
        let known = known(&new);
        let actions = new.actions.iter().filter(|action| !known.contains(*action)).cloned().collect();
        Appointment { actions, ..new }
    });
    rest.filter(|new| !new.actions.is_empty()).collect()
}
