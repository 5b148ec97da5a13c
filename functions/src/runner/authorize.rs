//! Authorization: the policies are asked before the operation sees any state.

use jiff::Timestamp;
use seatwise_policy::{AccessRequest, Decision, Resource};

use super::failure::Failure;
use crate::denial;
use crate::operation::{Given, Operation, PlaceOf, Planned, camel_case};
use crate::policies::Active;
use crate::problem::Problem;
use crate::scope::{FactSource, Scope};
use crate::target::{Resolved, Target};

/// The answer of the policies.
pub struct Authorized<T> {
    /// The decision.
    pub decision: Decision,
    /// The id of the policy that permitted the request.
    pub rule: Option<String>,
    /// The refusal of a request that they denied.
    pub refusal: Option<Problem>,
    /// The target, if there is one.
    pub target: Option<T>,
    /// The target as the policies see it, or a placeholder.
    pub resource: Resource,
    /// What they were asked to let the operation give.
    pub given: Given,
}

/// Asks the policies.
///
/// A missing target is asked about all the same, with a placeholder: callers who lack the permission
/// get 403, and do not learn whether the resource exists. What the product does not offer is refused before
/// the policies are asked, for everybody alike.
pub fn authorize<O: Operation>(
    active: &Active,
    scope: &O::Scope,
    planned: &Planned<O>,
    place: PlaceOf<O>,
    handles: &<O::Target as Target>::Handles,
    given: &FactSource<'_>,
) -> Result<Authorized<O::Target>, Failure> {
    let (bundle, action) = (&active.bundle, camel_case(O::NAME));
    if !O::Scope::ASKS_POLICIES {
        let Resolved { found, resource, .. } =
            O::Target::resolve(&planned.target, place, handles, given).ok_or(O::MISSING)?;
        return Ok(Authorized {
            decision: Decision::Allow,
            rule: None,
            refusal: None,
            target: found,
            resource,
            given: Given::default(),
        });
    }
    if let Some(unoffered) = denial::unoffered(bundle, &action) {
        return Err(unoffered.into());
    }
    let Resolved { found, resource, workspace } =
        O::Target::resolve(&planned.target, place, handles, given).ok_or(O::MISSING)?;
    let wanted = planned.given(&resource, given.loaded);
    let request = AccessRequest {
        action: &action,
        principal: scope.principal(),
        workspace: scope.workspace().or(workspace.as_ref()),
        resource: &resource,
        target_role: wanted.role.as_ref(),
        target_tier: wanted.tier.as_ref(),
        now: given.now,
    };
    let (decision, rule) = bundle.decide_by_rule(&request);
    let refusal = match &decision {
        Decision::Allow => None,
        Decision::Deny { reason } => Some(denial::denied(bundle, &request, reason.clone())),
    };
    Ok(Authorized { decision, rule, refusal, target: found, resource, given: wanted })
}

/// The refusal of a request in a workspace that does not exist, or that the caller is no member of. A caller without
/// the permission gets the same answer as in one that exists.
pub fn missing_workspace<O: Operation>(
    active: &Active,
    start: &<O::Scope as Scope>::Start,
    planned: &Planned<O>,
    now: Timestamp,
) -> Problem {
    let Some((principal, workspace)) = O::Scope::asks_about_missing(start) else {
        return Problem::not_found();
    };
    let (bundle, action) = (&active.bundle, camel_case(O::NAME));
    if let Some(unoffered) = denial::unoffered(bundle, &action) {
        return unoffered;
    }
    let request = AccessRequest {
        action: &action,
        principal: &principal,
        workspace: Some(&workspace),
        resource: &Resource::Workspace,
        target_role: planned.given_role.of(&Resource::Workspace),
        target_tier: planned.given_tier.named(),
        now,
    };
    match bundle.decide(&request) {
        Decision::Allow => Problem::not_found(),
        Decision::Deny { reason } => denial::denied(bundle, &request, reason),
    }
}
