//! Questions that differ from a given one in one aspect.

use seatwise_policy::{ActionInfo, Bundle, PrincipalKind};

use super::answer::Aspect;
use crate::situation::{Given, OUTSIDERS, WorkspaceRelation, services};
use crate::stage::{ExampleStage, SeatState};

/// The circumstances of a question with one aspect changed.
pub(super) struct Variation<'b> {
    pub(super) aspect: Aspect,
    pub(super) value: String,
    pub(super) given: Given,
    pub(super) stage: ExampleStage<'b>,
}

/// All changes of one aspect of the caller or the workspace.
pub(super) fn variations<'b>(bundle: &'b Bundle, given: &Given, info: &ActionInfo) -> Vec<Variation<'b>> {
    let pack = bundle.pack();
    let mut varied: Vec<(Aspect, String, Given)> = Vec::new();
    let asked_of = |kind| info.principals.contains(&kind);
    for role in pack.roles.iter().filter(|_| asked_of(PrincipalKind::Member)) {
        let caller = role.name.to_string();
        varied.push((Aspect::Caller, caller.clone(), Given { caller, ..given.clone() }));
    }
    for name in OUTSIDERS {
        let outsider = Given {
            caller: name.to_owned(),
            workspace: given.workspace,
            plan: given.plan.clone(),
            ..Given::default()
        };
        if asked_of(outsider.kind(bundle)) {
            varied.push((Aspect::Caller, name.to_owned(), outsider));
        }
    }
    for caller in services(bundle).filter(|_| asked_of(PrincipalKind::Service)) {
        let service = Given { caller: caller.clone(), plan: given.plan.clone(), ..Given::default() };
        varied.push((Aspect::Caller, caller, service));
    }
    if given.kind(bundle) == PrincipalKind::Member {
        let seats = SeatState::all(bundle).into_iter();
        varied.extend(seats.map(|seat| (Aspect::Seat, seat.label(), given.on_seat(&seat))));
        let creator = !given.creator;
        let value = if creator { "the creator" } else { "not the creator" };
        varied.push((Aspect::Creator, value.to_owned(), Given { creator, ..given.clone() }));
    }
    let at_home = Given { workspace: WorkspaceRelation::Own, ..given.clone() };
    varied.push((Aspect::Workspace, "their own".to_owned(), at_home));
    for plan in &pack.plans {
        let changed = Given { plan: Some(plan.id.clone()), ..given.clone() };
        varied.push((Aspect::Plan, plan.id.clone(), changed));
    }
    varied.retain(|(_, _, changed)| changed != given);
    let staged = varied.into_iter().filter_map(|(aspect, value, given)| {
        Some(Variation { aspect, value, stage: given.stage(bundle).ok()?, given })
    });
    staged.collect()
}
