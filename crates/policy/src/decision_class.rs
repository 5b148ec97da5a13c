//! Classes of actions that are decided alike: by the same policies, whose conditions do not look at the action. So a
//! question about one action has the answer of the same question about every other action of its class.

use std::collections::HashMap;

use seatwise_domain::{RoleId, TierId};

use crate::decide::Decision;
use crate::facts::{PrincipalKind, ResourceKind};
use crate::gathered::{FactRef, GatheredFacts, GatheredQuestion};

/// The class of an action: all that decides on it. Actions of equal classes are decided alike.
#[derive(PartialEq, Eq, Hash)]
pub(crate) struct DecisionClass {
    /// The policies, as indexes into the sources of the bundle.
    pub(crate) policies: Vec<usize>,
    /// The action, if the conditions of a policy look at it.
    pub(crate) action: Option<String>,
    // Requests of another form are denied.
    pub(crate) principals: Vec<PrincipalKind>,
    pub(crate) resources: Vec<ResourceKind>,
    pub(crate) takes_target_role: bool,
    pub(crate) takes_target_tier: bool,
}

/// Decisions on questions of one caller about the same facts. Each is found once for all actions of a class.
pub(crate) struct DecisionCache<'f> {
    facts: &'f GatheredFacts<'f>,
    found: HashMap<CacheKey<'f>, Decision>,
    /// Whether no policy permits the actions of a class to the caller.
    never_permitted: HashMap<&'f DecisionClass, bool>,
}

/// A question about the actions of a class.
type CacheKey<'f> = (&'f DecisionClass, &'f FactRef, Option<&'f RoleId>, Option<&'f TierId>);

impl<'f> DecisionCache<'f> {
    pub(crate) fn about(facts: &'f GatheredFacts<'f>) -> Self {
        Self { facts, found: HashMap::new(), never_permitted: HashMap::new() }
    }

    /// The answer, as [`GatheredFacts::decide`] gives it.
    pub(crate) fn decide(&mut self, question: &GatheredQuestion<'f>) -> Decision {
        let GatheredQuestion { action, resource, target_role, target_tier, .. } = *question;
        let Some(sets) = self.facts.bundle.sets(action) else { return self.facts.decide(question) };
        let found = self.found.entry((&sets.class, resource, target_role, target_tier));
        found.or_insert_with(|| self.facts.decide(question)).clone()
    }

    /// Whether no policy permits the action of the question to the caller, whatever else the question names. Then all
    /// such questions are denied. The reasons can differ.
    pub(crate) fn is_never_permitted(&mut self, question: &GatheredQuestion<'f>) -> bool {
        let Some(sets) = self.facts.bundle.sets(question.action) else { return false };
        *self.never_permitted.entry(&sets.class).or_insert_with(|| self.facts.permits_nothing(question))
    }
}
