//! Facts as Cedar entities, gathered once for any number of questions.

use cedar_policy::{Entities, EntityUid, Request, RestrictedExpression};
use jiff::Timestamp;
use seatwise_domain::{RoleId, TierId};

use crate::bundle::{ActionSets, Bundle, VariedAttribute};
use crate::entities::{EntityBuilder, Times, context, role_uid, tier_uid};
use crate::facts::{Principal, Resource, WorkspaceFacts};

/// A caller or a resource among gathered facts.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct FactRef(EntityUid);

/// Gathers facts. Every method returns nothing if Cedar refuses a fact.
pub struct FactGatherer<'b> {
    bundle: &'b Bundle,
    /// The action that they are gathered for, if they are gathered for one.
    only: Option<&'b ActionSets>,
    entities: EntityBuilder<'b>,
    workspace: Option<EntityUid>,
}

/// Gathered facts, and the bundle that decides about them.
pub struct GatheredFacts<'b> {
    pub(crate) bundle: &'b Bundle,
    /// The action that they were gathered for, if they were gathered for one.
    only: Option<&'b ActionSets>,
    pub(crate) entities: Entities,
    /// The time.
    now: RestrictedExpression,
}

/// A question about gathered facts; the fields are those of [`AccessRequest`](crate::AccessRequest).
#[derive(Clone, Copy, Debug)]
pub struct GatheredQuestion<'a> {
    /// The action.
    pub action: &'a str,
    /// The caller.
    pub principal: &'a FactRef,
    /// The resource.
    pub resource: &'a FactRef,
    /// The role that would be given, for the actions that give one.
    pub target_role: Option<&'a RoleId>,
    /// The tier of the seat that would be given, for the actions that give one.
    pub target_tier: Option<&'a TierId>,
}

impl Bundle {
    /// Begins to gather facts for questions at this time. `workspace` is the one that the resources are in.
    pub fn gather(&self, workspace: Option<&WorkspaceFacts>, now: Timestamp) -> Option<FactGatherer<'_>> {
        self.begin(None, workspace, Times::at(now, true))
    }

    /// Begins to gather facts for questions about one action, which is quicker. Where its policies do not look at the
    /// times of joining, the entities have none.
    pub(crate) fn gather_for(
        &self,
        action: &str,
        workspace: Option<&WorkspaceFacts>,
        now: Timestamp,
    ) -> Option<FactGatherer<'_>> {
        let has_joining = self.looks_at(action, &[VariedAttribute::JoinedAt]);
        self.begin(Some(self.sets(action)?), workspace, Times::at(now, has_joining))
    }

    fn begin<'b>(
        &'b self,
        only: Option<&'b ActionSets>,
        workspace: Option<&WorkspaceFacts>,
        times: Times,
    ) -> Option<FactGatherer<'b>> {
        let mut entities = EntityBuilder::new(self.pack(), times);
        let workspace = match workspace {
            Some(facts) => Some(entities.workspace(facts)?),
            None => None,
        };
        Some(FactGatherer { bundle: self, only, entities, workspace })
    }
}

impl<'b> FactGatherer<'b> {
    /// Adds a caller.
    pub fn principal(&mut self, principal: &Principal) -> Option<FactRef> {
        self.entities.principal(principal).map(FactRef)
    }

    /// Adds a resource.
    pub fn resource(&mut self, resource: &Resource) -> Option<FactRef> {
        self.entities.resource(resource, self.workspace.as_ref()).map(FactRef)
    }

    /// The gathered facts. Nothing, if the schema does not declare a tier or a feature among them.
    pub fn finish(self) -> Option<GatheredFacts<'b>> {
        let Self { bundle, only, entities, .. } = self;
        let (now, roles, schema) = (entities.now(), bundle.roles.as_ref()?, bundle.schema());
        let entities = match only {
            None => entities.with_all_actions(roles, schema)?,
            Some(sets) => entities.with_action(sets.action.clone(), roles.clone(), schema)?,
        };
        Some(GatheredFacts { bundle, only, entities, now })
    }
}

impl<'b> GatheredFacts<'b> {
    /// The question in Cedar's form, and the policy sets that decide. Nothing, if the question does not
    /// conform to the schema, or is about another action than the facts were gathered for.
    pub(crate) fn request(&self, question: &GatheredQuestion<'_>) -> Option<(Request, &'b ActionSets)> {
        let sets = self.bundle.sets(question.action)?;
        if self.only.is_some_and(|only| !std::ptr::eq(only, sets)) {
            return None;
        }
        let pack = self.bundle.pack();
        let target_role = question.target_role.map(|role| role_uid(pack, role));
        let target_tier = question.target_tier.map(|tier| tier_uid(pack, tier));
        let context = context(self.now.clone(), target_role, target_tier)?;
        let [principal, resource] = [question.principal, question.resource].map(|FactRef(uid)| uid.clone());
        let request =
            Request::new(principal, sets.action.uid(), resource, context, Some(self.bundle.schema()));
        Some((request.ok()?, sets))
    }
}
