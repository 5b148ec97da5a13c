//! Actions that are decided alike: by the same policies, none of which looks at the action. So a question about one of
//! them has the answer of the same question about another.

use std::collections::HashMap;

use seatwise_domain::{RoleId, TierId};

use crate::bundle::ActionSets;
use crate::decide::Decision;
use crate::facts::{PrincipalKind, ResourceKind};
use crate::gathered::{FactRef, GatheredFacts, GatheredQuestion};
use crate::vocabulary::ActionInfo;

/// The actions, each with the number of those that it is alike to.
pub(crate) struct Alike(HashMap<String, usize>);

/// What decides on an action.
#[derive(PartialEq, Eq, Hash)]
struct Grounds<'a> {
    policies: &'a [usize],
    /// The action, if a policy looks at it.
    action: Option<&'a str>,
    /// The form of its requests: others are denied.
    principals: &'a [PrincipalKind],
    resources: &'a [ResourceKind],
    takes: [bool; 2],
}

impl Alike {
    pub(crate) fn of(actions: &[ActionInfo], sets: &HashMap<String, ActionSets>) -> Self {
        let (mut alike, mut numbers) = (HashMap::new(), HashMap::new());
        for info in actions {
            let Some(sets) = sets.get(&info.name) else { continue };
            let grounds = Grounds {
                policies: &sets.places,
                action: sets.looks_at_action.then_some(&info.name),
                principals: &info.principals,
                resources: &info.resources,
                takes: [info.takes_target_role, info.takes_target_tier],
            };
            let next = numbers.len();
            alike.insert(info.name.clone(), *numbers.entry(grounds).or_insert(next));
        }
        Self(alike)
    }
}

/// The answers to questions of one caller about the same facts: each is found once for all actions that are alike.
pub(crate) struct Answers<'f> {
    facts: &'f GatheredFacts<'f>,
    found: HashMap<Asked<'f>, Decision>,
    /// Whether no policy permits the actions of this number to the caller.
    hopeless: HashMap<usize, bool>,
}

/// A question, for all actions of this number.
type Asked<'f> = (usize, &'f FactRef, Option<&'f RoleId>, Option<&'f TierId>);

impl<'f> Answers<'f> {
    pub(crate) fn about(facts: &'f GatheredFacts<'f>) -> Self {
        Self { facts, found: HashMap::new(), hopeless: HashMap::new() }
    }

    /// The answer, as [`GatheredFacts::decide`] gives it.
    pub(crate) fn decide(&mut self, question: &GatheredQuestion<'f>) -> Decision {
        let GatheredQuestion { action, resource, target_role, target_tier, .. } = *question;
        let Some(number) = self.facts.bundle.alike.0.get(action) else { return self.facts.decide(question) };
        let found = self.found.entry((*number, resource, target_role, target_tier));
        found.or_insert_with(|| self.facts.decide(question)).clone()
    }

    /// Whether the action of the question is denied to its caller, whatever else is asked about it: then one question
    /// stands for all. That tells no reason.
    pub(crate) fn is_hopeless(&mut self, question: &GatheredQuestion<'f>) -> bool {
        let Some(number) = self.facts.bundle.alike.0.get(question.action) else { return false };
        *self.hopeless.entry(*number).or_insert_with(|| self.facts.permits_nothing(question))
    }
}
