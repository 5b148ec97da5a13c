//! Classes of actions that are decided alike: by the same policies, whose conditions do not look at the action. So a
//! question about one action has the answer of the same question about every other action of its class.

use std::collections::HashMap;

use seatwise_domain::{RoleId, TierId};

use crate::bundle::ActionSets;
use crate::decide::{Answer, Decision, Detail};
use crate::facts::{PrincipalKind, ResourceKind};
use crate::gathered::{GatheredFacts, GatheredQuestion, ResourceRef};

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

impl DecisionClass {
    /// Whether the actions apply to callers and resources of these kinds.
    pub(crate) fn is_about(&self, principal: PrincipalKind, resource: ResourceKind) -> bool {
        self.principals.contains(&principal) && self.resources.contains(&resource)
    }
}

/// Decisions on questions of one caller about the same facts. Each is found once for all actions of a class.
pub(crate) struct DecisionCache<'f> {
    facts: &'f GatheredFacts<'f>,
    detail: Detail,
    found: HashMap<CacheKey<'f>, Answer>,
}

/// A question about the actions of a class.
type CacheKey<'f> = (&'f DecisionClass, &'f ResourceRef, Option<&'f RoleId>, Option<&'f TierId>);

impl<'f> DecisionCache<'f> {
    pub(crate) fn about(facts: &'f GatheredFacts<'f>, detail: Detail) -> Self {
        Self { facts, detail, found: HashMap::new() }
    }

    /// The decision.
    pub(crate) fn decide(&mut self, question: &GatheredQuestion<'f>) -> Decision {
        self.answer(question).map_or(Decision::Deny { reason: None }, |(_, answer)| answer.decision.clone())
    }

    /// Whether no policy permits the action of the question to the caller, whatever else the question names. Then all
    /// such questions are denied. The reasons can differ. A permit that can depend on more than the caller leaves it open.
    pub(crate) fn is_never_permitted(&mut self, question: &GatheredQuestion<'f>) -> bool {
        self.answer(question)
            .is_some_and(|(sets, answer)| !answer.has_permit && !sets.permits_look_beyond_caller)
    }

    /// The answer, and the sets that gave it. Nothing, if the action is unknown.
    fn answer(&mut self, question: &GatheredQuestion<'f>) -> Option<(&'f ActionSets, &Answer)> {
        let GatheredQuestion { action, resource, target_role, target_tier, .. } = *question;
        let sets = self.facts.bundle.sets(action)?;
        let found = self.found.entry((&sets.class, resource, target_role, target_tier));
        Some((sets, found.or_insert_with(|| self.facts.answer(question, self.detail))))
    }
}
