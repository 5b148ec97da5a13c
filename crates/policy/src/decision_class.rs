//! Classes of actions that are decided alike: by the same policies, whose conditions do not look at the action. So a
//! question about one action has the answer of the same question about every other action of its class.

use std::collections::HashMap;

use seatwise_domain::{RoleId, TierId};

use crate::bundle::Bundle;
use crate::decide::Decision;
use crate::facts::{PrincipalKind, ResourceKind};
use crate::gathered::{FactRef, GatheredFacts, GatheredQuestion};

/// The class of each action, by the action's name. A class is a number.
pub(crate) struct DecisionClasses(HashMap<String, usize>);

/// The inputs that decide on an action. Actions with equal inputs are of one class.
#[derive(PartialEq, Eq, Hash)]
struct DecisionInputs<'a> {
    policies: &'a [usize],
    /// The action, if a policy looks at it.
    action: Option<&'a str>,
    // Requests of another form are denied.
    principals: &'a [PrincipalKind],
    resources: &'a [ResourceKind],
    takes: [bool; 2],
}

impl DecisionClasses {
    pub(crate) fn of(bundle: &Bundle) -> Self {
        let (mut classes, mut numbers) = (HashMap::new(), HashMap::new());
        for info in bundle.actions() {
            let Some(sets) = bundle.sets(&info.name) else { continue };
            let inputs = DecisionInputs {
                policies: &sets.places,
                action: sets.looks_at_action.then_some(&info.name),
                principals: &info.principals,
                resources: &info.resources,
                takes: [info.takes_target_role, info.takes_target_tier],
            };
            let next = numbers.len();
            classes.insert(info.name.clone(), *numbers.entry(inputs).or_insert(next));
        }
        Self(classes)
    }

    pub(crate) fn class(&self, action: &str) -> Option<usize> {
        self.0.get(action).copied()
    }
}

/// Decisions on questions of one caller about the same facts. Each is found once for all actions of a class.
pub(crate) struct DecisionCache<'f> {
    facts: &'f GatheredFacts<'f>,
    found: HashMap<CacheKey<'f>, Decision>,
    /// Whether no policy permits the actions of a class to the caller.
    never_permitted: HashMap<usize, bool>,
}

/// A question about the actions of a class.
type CacheKey<'f> = (usize, &'f FactRef, Option<&'f RoleId>, Option<&'f TierId>);

impl<'f> DecisionCache<'f> {
    pub(crate) fn about(facts: &'f GatheredFacts<'f>) -> Self {
        Self { facts, found: HashMap::new(), never_permitted: HashMap::new() }
    }

    /// The answer, as [`GatheredFacts::decide`] gives it.
    pub(crate) fn decide(&mut self, question: &GatheredQuestion<'f>) -> Decision {
        let GatheredQuestion { action, resource, target_role, target_tier, .. } = *question;
        let Some(class) = self.facts.bundle.class(action) else { return self.facts.decide(question) };
        let found = self.found.entry((class, resource, target_role, target_tier));
        found.or_insert_with(|| self.facts.decide(question)).clone()
    }

    /// Whether no policy permits the action of the question to the caller, whatever else the question names. Then all
    /// such questions are denied. The reasons can differ.
    pub(crate) fn is_never_permitted(&mut self, question: &GatheredQuestion<'f>) -> bool {
        let Some(class) = self.facts.bundle.class(question.action) else { return false };
        *self.never_permitted.entry(class).or_insert_with(|| self.facts.permits_nothing(question))
    }
}
