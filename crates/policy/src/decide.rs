//! Decisions: the answers of the two policy sets to a request.

use cedar_policy::{AuthorizationError, Authorizer, Entities, PolicyId, PolicySet, Request};

use crate::bundle::{ActionSets, Bundle};
use crate::facts::{AccessRequest, Resource, ResourceKind};
use crate::gathered::{GatheredFacts, GatheredQuestion, PrincipalRef, ResourceRef};
use crate::placeholder::placeholders;

/// The detail in which a decision is asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Detail {
    /// Whether it is a permission.
    Permission,
    /// Also the reason of a denial.
    Reason,
}

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
    /// Whether a permit applied or erred, whatever forbids it.
    pub(crate) has_permit: bool,
}

/// The policies of a set that apply to a request, and those that erred.
#[derive(Debug, Default)]
struct Applied {
    /// As indexes into [`Bundle::sources`], sorted.
    policies: Vec<usize>,
    /// Each with the error.
    errors: Vec<(PolicyId, String)>,
}

/// The answer to a question about gathered facts.
#[derive(Clone, Debug)]
pub(crate) struct Answer {
    pub(crate) decision: Decision,
    /// The first policy that permits it, as an index into [`Bundle::sources`].
    pub(crate) permit: Option<usize>,
    /// Whether a permit applied or erred, whatever forbids it.
    pub(crate) has_permit: bool,
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
        let decided = gathered.as_ref().map(|(facts, principal, resource)| {
            facts.decide_by_rule(&question(request, principal, resource))
        });
        let (decision, rule) = decided.unwrap_or((Decision::Deny { reason: None }, None));
        if decision == Decision::Allow {
            return (decision, rule);
        }
        (self.denial(request, decision), None)
    }

    /// Whether [`Bundle::decide`] allows it. Quicker, because it does not look for the reason of a denial.
    pub fn allows(&self, request: &AccessRequest<'_>) -> bool {
        self.gathered(request).is_some_and(|(facts, principal, resource)| {
            let question = question(request, &principal, &resource);
            facts.answer(&question, Detail::Permission).decision == Decision::Allow
        })
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
            .map(|(facts, principal, resource)| facts.decide(&question(request, &principal, &resource)));
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
            !self.allows(&asked)
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
    fn gathered(
        &self,
        request: &AccessRequest<'_>,
    ) -> Option<(GatheredFacts<'_>, PrincipalRef, ResourceRef)> {
        let mut facts = self.gather_for([request.action].into_iter(), request.workspace, request.now)?;
        let (principal, resource) = (facts.principal(request.principal)?, facts.resource(request.resource)?);
        Some((facts.finish()?, principal, resource))
    }

    /// The policies of a set that apply. They are all permits, or all forbids.
    fn applied(&self, request: &Request, policies: &PolicySet, entities: &Entities) -> Applied {
        if policies.is_empty() {
            return Applied::default();
        }
        let response = Authorizer::is_authorized(&self.authorizer, request, policies, entities);
        let errors: Vec<_> = response.diagnostics().errors().map(described).collect();
        for (id, error) in &errors {
            // A policy that errs denies. Without this line nobody would know why.
            let action = request.action().map(ToString::to_string).unwrap_or_default();
            tracing::error!(policy = %id, action, error, "a policy failed: its set allows nothing");
        }
        let mut policies: Vec<_> = response.diagnostics().reason().filter_map(|id| self.place(id)).collect();
        policies.sort_unstable();
        Applied { policies, errors }
    }

    /// The answer of the policy set that has these permits and forbids.
    fn set_answer(&self, permits: Applied, forbids: Applied) -> SetAnswer {
        let has_permit = !permits.policies.is_empty() || !permits.errors.is_empty();
        let errors = [permits.errors, forbids.errors].concat();
        let first = forbids.policies.first().and_then(|place| self.sources().get(*place));
        let reason = first.and_then(|source| source.reason.clone());
        let is_forbidden = !forbids.policies.is_empty();
        // Cedar skips a policy that errs, forbids included (K32).
        let allows = !permits.policies.is_empty() && !is_forbidden && errors.is_empty();
        let deciding = if is_forbidden { forbids.policies } else { permits.policies };
        SetAnswer { allows, deciding, errors, reason, has_permit }
    }
}

impl GatheredFacts<'_> {
    /// Decides, as [`Bundle::decide`] does.
    pub fn decide(&self, question: &GatheredQuestion<'_>) -> Decision {
        self.decide_by_rule(question).0
    }

    /// Decides; also the id of the first policy that permits it.
    pub fn decide_by_rule(&self, question: &GatheredQuestion<'_>) -> (Decision, Option<String>) {
        let Answer { decision, permit, .. } = self.answer(question, Detail::Reason);
        let rule = permit.and_then(|place| self.bundle.sources().get(place));
        (decision, rule.map(|source| source.policy.id().to_string()))
    }

    /// Decides in some detail; also what permits it.
    pub(crate) fn answer(&self, question: &GatheredQuestion<'_>, detail: Detail) -> Answer {
        let Some((request, sets)) = self.request(question) else {
            return Answer { decision: Decision::Deny { reason: None }, permit: None, has_permit: true };
        };
        let allowed = |set: &SetAnswer| {
            let permit = set.deciding.first().copied();
            Answer { decision: Decision::Allow, permit, has_permit: true }
        };
        let bundle = self.answer_of_bundle(&request, sets, detail);
        if bundle.allows {
            return allowed(&bundle);
        }
        let floor = self.answer_of_floor(&request, sets, Detail::Permission);
        if floor.allows {
            return allowed(&floor);
        }
        let has_permit = bundle.has_permit || floor.has_permit;
        Answer { decision: Decision::Deny { reason: bundle.reason }, permit: None, has_permit }
    }

    /// The answers of both sets, with the policies that decided. Nothing, if the question does not conform to
    /// the schema: then it is denied.
    pub fn explain(&self, question: &GatheredQuestion<'_>) -> Option<Verdict> {
        let (request, sets) = self.request(question)?;
        Some(Verdict {
            bundle: self.answer_of_bundle(&request, sets, Detail::Reason),
            floor: self.answer_of_floor(&request, sets, Detail::Reason),
        })
    }

    fn answer_of_bundle(&self, request: &Request, sets: &ActionSets, detail: Detail) -> SetAnswer {
        self.answer_of(request, (&sets.permits, &sets.forbids), detail)
    }

    fn answer_of_floor(&self, request: &Request, sets: &ActionSets, detail: Detail) -> SetAnswer {
        self.answer_of(request, (&sets.floor, &sets.guardrails), detail)
    }

    /// The answer of a set. A request that no permit applies to is denied in any case: then the forbids only tell the reason.
    fn answer_of(
        &self,
        request: &Request,
        (permits, forbids): (&PolicySet, &PolicySet),
        detail: Detail,
    ) -> SetAnswer {
        let permits = self.bundle.applied(request, permits, &self.entities);
        let forbids = if detail == Detail::Permission && permits.policies.is_empty() {
            Applied::default()
        } else {
            self.bundle.applied(request, forbids, &self.entities)
        };
        self.bundle.set_answer(permits, forbids)
    }

    /// The question and all gathered entities in Cedar's form.
    pub fn to_cedar(&self, question: &GatheredQuestion<'_>) -> Option<(Request, &Entities)> {
        Some((self.request(question)?.0, &self.entities))
    }
}

fn question<'a>(
    request: &AccessRequest<'a>,
    principal: &'a PrincipalRef,
    resource: &'a ResourceRef,
) -> GatheredQuestion<'a> {
    let AccessRequest { action, target_role, target_tier, .. } = *request;
    GatheredQuestion { action, principal, resource, target_role, target_tier }
}

fn described(error: &AuthorizationError) -> (PolicyId, String) {
    let AuthorizationError::PolicyEvaluationError(error) = error;
    (error.policy_id().clone(), error.inner().to_string())
}
