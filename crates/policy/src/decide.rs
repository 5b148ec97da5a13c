//! Decisions: the answers of the two policy sets to a request.

use cedar_policy::{
    AuthorizationError, Authorizer, Decision as CedarDecision, Entities, PolicyId, PolicySet, Request,
};

use crate::bundle::Bundle;
use crate::facts::{AccessRequest, Resource, ResourceKind};
use crate::gathered::{FactRef, GatheredFacts, GatheredQuestion};
use crate::placeholder::placeholders;

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

/// The answer of one policy set to a request.
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

/// The answers of both policy sets to a request.
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

impl Bundle {
    /// Decides. Whatever is unknown, missing or contradictory is denied (K32).
    ///
    /// A caller who may not see what the request acts on gets the reason that a stand-in for it would have, so
    /// that the reason tells no rank, no role and no existence (K53).
    pub fn decide(&self, request: &AccessRequest<'_>) -> Decision {
        self.decide_by_rule(request).0
    }

    /// Decides, as [`Bundle::decide`] does; also the id of the policy that permits it.
    pub fn decide_by_rule(&self, request: &AccessRequest<'_>) -> (Decision, Option<String>) {
        let gathered = self.gathered(request);
        let decided = gathered.as_ref().map(|(facts, [principal, resource])| {
            facts.decide_by_rule(&question(request, principal, resource))
        });
        let (decision, rule) = decided.unwrap_or((Decision::Deny { reason: None }, None));
        if decision == Decision::Allow {
            return (decision, rule);
        }
        (self.denial(request, decision), None)
    }

    /// The denial, with the reason that the caller may know.
    pub(crate) fn denial(&self, request: &AccessRequest<'_>, decision: Decision) -> Decision {
        match self.hidden(request) {
            None => decision,
            Some(stand_in) => {
                // The role that is given may be that of the invitation, which is not to be told either. Nor is the tier.
                let is_invitation = stand_in.kind() == ResourceKind::Invitation;
                let (target_role, target_tier) = match (is_invitation, request.target_role) {
                    (true, role) => (role.and(stand_in.role()), stand_in.tier()),
                    (false, role) => (role, request.target_tier),
                };
                let asked = AccessRequest { resource: &stand_in, target_role, target_tier, ..*request };
                match self.decide_as_it_is(&asked) {
                    Decision::Allow => Decision::Deny { reason: None },
                    denied @ Decision::Deny { .. } => denied,
                }
            }
        }
    }

    fn decide_as_it_is(&self, request: &AccessRequest<'_>) -> Decision {
        let decided = self
            .gathered(request)
            .map(|(facts, [principal, resource])| facts.decide(&question(request, &principal, &resource)));
        decided.unwrap_or(Decision::Deny { reason: None })
    }

    /// A stand-in for a resource that the caller may not see: a member or a leave request, if they may not list
    /// members; an invitation, if they may not list invitations either.
    fn hidden(&self, request: &AccessRequest<'_>) -> Option<Resource> {
        let &AccessRequest { workspace, resource, now, .. } = request;
        let (workspace, _) = (workspace?, request.principal.member()?);
        let is_unseen = |listing| {
            let asked = AccessRequest {
                action: listing,
                resource: &Resource::Workspace,
                target_role: None,
                target_tier: None,
                ..*request
            };
            self.decide_as_it_is(&asked) != Decision::Allow
        };
        let (kind, pack) = (resource.kind(), self.pack());
        let listings: &[&str] = match kind {
            ResourceKind::Member | ResourceKind::LeaveRequest => &["listMembers"],
            ResourceKind::Invitation => &["listMembers", "listInvitations"],
            ResourceKind::ApiKey => &["listMembers", "listAllApiKeys"],
            ResourceKind::Platform | ResourceKind::Workspace | ResourceKind::Seat => return None,
        };
        // Everybody sees their own keys.
        if let Resource::ApiKey(key) = resource
            && request.principal.member().is_some_and(|caller| caller.user == key.id.user)
        {
            return None;
        }
        listings.iter().all(|listing| is_unseen(listing)).then_some(())?;
        let stand_ins = placeholders(kind, pack, workspace, None, now);
        let joiner = pack.role_name(&pack.roles_given.joiner);
        stand_ins
            .into_iter()
            .find(|stand_in| stand_in.of == joiner.as_str())
            .map(|stand_in| stand_in.resource)
    }

    /// The facts of the request, its caller and its resource.
    fn gathered(&self, request: &AccessRequest<'_>) -> Option<(GatheredFacts<'_>, [FactRef; 2])> {
        let mut facts = self.gather_for(request.action, request.workspace, request.now)?;
        let asked = [facts.principal(request.principal)?, facts.resource(request.resource)?];
        Some((facts.finish()?, asked))
    }

    /// The id of the first policy that decided.
    fn rule(&self, answer: &SetAnswer) -> Option<String> {
        let first = answer.deciding.first().and_then(|place| self.sources().get(*place))?;
        Some(first.policy.id().to_string())
    }

    fn answer(&self, request: &Request, policies: &PolicySet, entities: &Entities) -> SetAnswer {
        let response = Authorizer::is_authorized(&self.authorizer, request, policies, entities);
        let errors: Vec<_> = response.diagnostics().errors().map(described).collect();
        let allows = response.decision() == CedarDecision::Allow;
        // For a denial, these are the forbids that applied; for a permission, the permits.
        let mut deciding: Vec<_> = response.diagnostics().reason().filter_map(|id| self.place(id)).collect();
        deciding.sort_unstable();
        let first = deciding.first().filter(|_| !allows).and_then(|place| self.sources().get(*place));
        let reason = first.and_then(|source| source.reason.clone());
        for (id, error) in &errors {
            // A policy that errs denies. Without this line nobody would know why.
            let action = request.action().map(ToString::to_string).unwrap_or_default();
            tracing::error!(policy = %id, action, error, "a policy failed: its set allows nothing");
        }
        // Cedar skips a policy that errs, forbids included (K32).
        SetAnswer { allows: allows && errors.is_empty(), deciding, errors, reason }
    }
}

impl GatheredFacts<'_> {
    /// Decides, as [`Bundle::decide`] does.
    pub fn decide(&self, question: &GatheredQuestion<'_>) -> Decision {
        self.decide_by_rule(question).0
    }

    /// Decides; also the id of the first policy that permits it.
    pub fn decide_by_rule(&self, question: &GatheredQuestion<'_>) -> (Decision, Option<String>) {
        let Some((request, sets)) = self.request(question) else {
            return (Decision::Deny { reason: None }, None);
        };
        let bundle = self.bundle.answer(&request, &sets.bundle, &self.entities);
        if bundle.allows {
            return (Decision::Allow, self.bundle.rule(&bundle));
        }
        if sets.floor_permits {
            let floor = self.bundle.answer(&request, &sets.floor, &self.entities);
            if floor.allows {
                return (Decision::Allow, self.bundle.rule(&floor));
            }
        }
        (Decision::Deny { reason: bundle.reason }, None)
    }

    /// Whether no policy permits the action of the question to its caller, whatever else the question names. A permit
    /// that errs, or that can depend on more than the caller, leaves it open.
    pub(crate) fn permits_nothing(&self, question: &GatheredQuestion<'_>) -> bool {
        let Some((request, sets)) = self.request(question) else { return false };
        if sets.permits_look_beyond_caller {
            return false;
        }
        let permits = self.bundle.answer(&request, &sets.permits, &self.entities);
        permits.deciding.is_empty() && permits.errors.is_empty()
    }

    /// The answers of both sets, with the policies that decided. Nothing, if the question does not conform to
    /// the schema: then it is denied.
    pub fn explain(&self, question: &GatheredQuestion<'_>) -> Option<Verdict> {
        let (request, sets) = self.request(question)?;
        Some(Verdict {
            bundle: self.bundle.answer(&request, &sets.bundle, &self.entities),
            floor: self.bundle.answer(&request, &sets.floor, &self.entities),
        })
    }

    /// The question and all gathered entities in Cedar's form.
    pub fn to_cedar(&self, question: &GatheredQuestion<'_>) -> Option<(Request, &Entities)> {
        Some((self.request(question)?.0, &self.entities))
    }
}

fn question<'a>(
    request: &AccessRequest<'a>,
    principal: &'a FactRef,
    resource: &'a FactRef,
) -> GatheredQuestion<'a> {
    let AccessRequest { action, target_role, target_tier, .. } = *request;
    GatheredQuestion { action, principal, resource, target_role, target_tier }
}

fn described(error: &AuthorizationError) -> (PolicyId, String) {
    let AuthorizationError::PolicyEvaluationError(error) = error;
    (error.policy_id().clone(), error.inner().to_string())
}
