//! Decisions: what the two policy sets say of a request.

use cedar_policy::{
    AuthorizationError, Authorizer, Decision as CedarDecision, Entities, EntityUid, PolicyId, PolicySet,
    Request,
};
use jiff::Timestamp;

use crate::bundle::{ActionSets, Bundle};
use crate::entities::{EntityBuilder, context};
use crate::facts::{AccessRequest, Principal, Resource, WorkspaceFacts};

/// The answer to an [`AccessRequest`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Decision {
    /// The caller may attempt it; the domain decides whether it is possible now.
    Allow,
    /// The caller may not.
    Deny {
        /// The `@reason` of the first policy that forbade it: guardrails before the pack's files, these
        /// by name, each from the top. None, if no policy permitted it.
        reason: Option<String>,
    },
}

/// What one policy set says of a request.
#[derive(Clone, Debug)]
pub struct SetAnswer {
    /// Whether the set allows it.
    pub allows: bool,
    /// The policies that decided, as indexes into [`Bundle::sources`], sorted: the forbids that
    /// applied, or else the permits.
    pub deciding: Vec<usize>,
    /// The policies that erred, with the error. With an error, the set allows nothing.
    pub errors: Vec<(PolicyId, String)>,
    /// The reason of a denial.
    pub reason: Option<String>,
}

/// What both policy sets say of a request.
#[derive(Clone, Debug)]
pub struct Verdict {
    /// Guardrails and the pack's own policies.
    pub bundle: SetAnswer,
    /// Guardrails and floor.
    pub floor: SetAnswer,
}

impl Verdict {
    /// Whether the caller may attempt it.
    pub fn allows(&self) -> bool {
        self.bundle.allows || self.floor.allows
    }

    /// The decision that follows.
    pub fn into_decision(self) -> Decision {
        if self.allows() { Decision::Allow } else { Decision::Deny { reason: self.bundle.reason } }
    }
}

/// A request as Cedar gets it.
pub(crate) struct CedarRequest<'b> {
    sets: &'b ActionSets,
    request: Request,
}

impl Bundle {
    /// Decides. Whatever is unknown, missing or contradictory is denied (K32).
    pub fn decide(&self, request: &AccessRequest<'_>) -> Decision {
        let decided = self.prepared(request).map(|(request, entities)| self.decision(&request, &entities));
        decided.unwrap_or(Decision::Deny { reason: None })
    }

    /// What both sets say, and by which policies. Nothing, if the pack cannot express the request, which
    /// is then denied.
    pub fn explain(&self, request: &AccessRequest<'_>) -> Option<Verdict> {
        let (CedarRequest { sets, request }, entities) = self.prepared(request)?;
        Some(Verdict {
            bundle: self.answer(&request, &sets.bundle, &entities),
            floor: self.answer(&request, &sets.floor, &entities),
        })
    }

    /// The request and its entities in Cedar's form. Nothing, if the pack cannot express the request.
    pub fn to_cedar(&self, request: &AccessRequest<'_>) -> Option<(Request, Entities)> {
        let (CedarRequest { request, .. }, entities) = self.prepared(request)?;
        Some((request, entities))
    }

    /// Whether the pack has the roles of these facts, and the schema their tiers and features.
    pub fn can_express<'r>(
        &self,
        principal: &Principal,
        workspace: &WorkspaceFacts,
        resources: impl IntoIterator<Item = &'r Resource>,
    ) -> bool {
        let mut entities = EntityBuilder::new(self.pack());
        let workspace = entities.workspace(workspace);
        let resources = resources.into_iter().map(|it| entities.resource(it, workspace.as_ref()).is_some());
        let are_known = resources.fold(true, |all, is_known| all && is_known);
        are_known && entities.principal(principal).is_some() && entities.build(self.schema()).is_some()
    }

    fn prepared(&self, asked: &AccessRequest<'_>) -> Option<(CedarRequest<'_>, Entities)> {
        let mut entities = EntityBuilder::new(self.pack());
        let workspace = match asked.workspace {
            Some(facts) => Some(entities.workspace(facts)?),
            None => None,
        };
        let principal = entities.principal(asked.principal)?;
        let resource = entities.resource(asked.resource, workspace.as_ref())?;
        let target_role = match asked.target_role {
            Some(role) => Some(entities.role(role)?),
            None => None,
        };
        let request = self.request(asked.action, principal, resource, target_role, asked.now)?;
        Some((request, entities.build(self.schema())?))
    }

    pub(crate) fn request(
        &self,
        action: &str,
        principal: EntityUid,
        resource: EntityUid,
        target_role: Option<EntityUid>,
        now: Timestamp,
    ) -> Option<CedarRequest<'_>> {
        let sets = self.sets(action)?;
        let context = context(now, target_role)?;
        let request = Request::new(principal, sets.uid.clone(), resource, context, Some(self.schema()));
        Some(CedarRequest { sets, request: request.ok()? })
    }

    pub(crate) fn decision(
        &self,
        CedarRequest { sets, request }: &CedarRequest<'_>,
        entities: &Entities,
    ) -> Decision {
        let bundle = self.answer(request, &sets.bundle, entities);
        if bundle.allows || self.answer(request, &sets.floor, entities).allows {
            return Decision::Allow;
        }
        Decision::Deny { reason: bundle.reason }
    }

    fn answer(&self, request: &Request, policies: &PolicySet, entities: &Entities) -> SetAnswer {
        let response = Authorizer::is_authorized(&self.authorizer, request, policies, entities);
        let errors: Vec<_> = response.diagnostics().errors().map(described).collect();
        let allows = response.decision() == CedarDecision::Allow;
        // Of a denial these are the forbids that applied; of a permission, the permits.
        let mut deciding: Vec<_> = response.diagnostics().reason().filter_map(|id| self.place(id)).collect();
        deciding.sort_unstable();
        let first = deciding.first().filter(|_| !allows).and_then(|place| self.sources().get(*place));
        let reason = first.and_then(|source| source.policy.annotation("reason")).map(ToOwned::to_owned);
        for (id, error) in &errors {
            // An edit that errs denies. Without this line nobody would know why.
            let action = request.action().map(ToString::to_string).unwrap_or_default();
            tracing::error!(policy = %id, action, error, "a policy failed: its set allows nothing");
        }
        // Cedar skips a policy that errs, forbids included (K32).
        SetAnswer { allows: allows && errors.is_empty(), deciding, errors, reason }
    }
}

fn described(error: &AuthorizationError) -> (PolicyId, String) {
    let AuthorizationError::PolicyEvaluationError(error) = error;
    (error.policy_id().clone(), error.inner().to_string())
}
