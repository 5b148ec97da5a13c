//! Authorization: the policies are asked before the operation sees any state.

use seatwise_policy::{AccessRequest, Decision};

use super::failure::Failure;
use crate::operation::{Operation, PlaceOf, Planned, camel_case};
use crate::policies::Active;
use crate::scope::{FactSource, Scope};
use crate::target::{Resolved, Target};

/// The decision of the policies, and the target if there is one.
///
/// A missing target is asked about all the same, with a placeholder: callers who lack the permission
/// get 403, and do not learn whether the resource exists.
pub fn authorize<O: Operation>(
    active: &Active,
    scope: &O::Scope,
    planned: &Planned<O>,
    place: PlaceOf<O>,
    handles: &<O::Target as Target>::Handles,
    given: &FactSource<'_>,
) -> Result<(Decision, Option<O::Target>), Failure> {
    let Resolved { found, resource, workspace } =
        O::Target::resolve(&planned.target, place, handles, given).ok_or(O::MISSING)?;
    let decision = active.bundle.decide(&AccessRequest {
        action: &camel_case(O::NAME),
        principal: scope.principal(),
        workspace: scope.workspace().or(workspace.as_ref()),
        resource: &resource,
        target_role: planned.given_role.of(&resource),
        now: given.now,
    });
    Ok((decision, found))
}
