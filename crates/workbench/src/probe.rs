//! The table of decisions: every action, asked by every kind of caller about every kind of target.

use seatwise_policy::{ActionInfo, Bundle, PrincipalKind, VariedAttribute, Verdict};

use crate::situation::WorkspaceRelation;
use crate::stage::{ExampleCaller, ExampleStage, SeatState};

/// One decision of the table.
pub(crate) struct Probe<'b> {
    pub(crate) info: &'b ActionInfo,
    pub(crate) relation: WorkspaceRelation,
    /// A role, or the name of a caller outside.
    pub(crate) caller: String,
    pub(crate) circumstances: Circumstances,
    pub(crate) verdict: Verdict,
}

/// The workspace's plan, the caller's seat, the target, the role that is given, and the tier of the seat that is given;
/// each is empty where it plays no part.
pub(crate) type Circumstances = [String; PARTS];

/// The number of parts of [`Circumstances`].
pub(crate) const PARTS: usize = 5;

/// What the probes vary.
pub(crate) struct ProbeScope<'p, S, T> {
    /// The plans, each with its label.
    pub(crate) plans: &'p [(&'p str, String)],
    /// The seats of callers.
    pub(crate) seats: &'p [SeatState],
    /// Whether seats are varied in such a workspace.
    pub(crate) seat_matters: S,
    /// Whether the tier of the seat that the action gives is varied.
    pub(crate) tier_matters: T,
}

/// All decisions of a bundle.
pub(crate) fn probes(bundle: &Bundle) -> Vec<Probe<'_>> {
    // In a foreign workspace the seat cannot matter more than in the caller's own.
    let seat_matters = |relation| relation == WorkspaceRelation::Own;
    let tier_matters = |info: &ActionInfo| bundle.looks_at(&info.name, &[VariedAttribute::TargetTier]);
    let (plans, seats) = (plans(bundle), SeatState::all(bundle));
    probes_with(bundle, &ProbeScope { plans: &plans, seats: &seats, seat_matters, tier_matters })
}

/// All decisions on these plans and, in the workspaces where the seat matters, with these seats.
pub(crate) fn probes_with<'b>(
    bundle: &'b Bundle,
    scope: &ProbeScope<'_, impl Fn(WorkspaceRelation) -> bool, impl Fn(&ActionInfo) -> bool>,
) -> Vec<Probe<'b>> {
    let ProbeScope { plans, seats, seat_matters, tier_matters } = scope;
    let ask_all =
        |probes: &mut Vec<Probe<'b>>, on: Option<&ExampleStage<'_>>, kind, relation, labels: [&str; 2]| {
            ask_all(bundle, probes, on, (kind, relation), labels, tier_matters);
        };
    let mut probes = Vec::new();
    for (plan, plan_label) in *plans {
        let own = WorkspaceRelation::Own;
        let outside = ExampleStage::new(bundle, own, Some(plan), None);
        for kind in [PrincipalKind::Visitor, PrincipalKind::User, PrincipalKind::Service] {
            ask_all(&mut probes, outside.as_ref(), kind, own, [plan_label, ""]);
        }
        for role in &bundle.pack().roles {
            for seat in *seats {
                let label = seat.label();
                let (role, seat) = (role.name.clone(), seat.clone());
                let caller = ExampleCaller { role, seat, creator: false, joined: None };
                for relation in [own, WorkspaceRelation::Foreign] {
                    if seat_matters(relation) || caller.seat == SeatState::None {
                        let stage = ExampleStage::new(bundle, relation, Some(plan), Some(&caller));
                        let labels = [plan_label.as_str(), label.as_str()];
                        ask_all(&mut probes, stage.as_ref(), PrincipalKind::Member, relation, labels);
                    }
                }
            }
        }
    }
    probes
}

fn ask_all<'b>(
    bundle: &'b Bundle,
    probes: &mut Vec<Probe<'b>>,
    on: Option<&ExampleStage<'_>>,
    (kind, relation): (PrincipalKind, WorkspaceRelation),
    [plan, seat]: [&str; 2],
    tier_matters: impl Fn(&ActionInfo) -> bool,
) {
    for info in bundle.actions().iter().filter(|info| info.principals.contains(&kind)) {
        let (all, is_varied) =
            (on.into_iter().flat_map(|stage| stage.requests(kind, info)), tier_matters(info));
        for request in all.filter(|it| is_varied || it.is_of_any_tier()) {
            let tier = if is_varied { request.tier } else { "" };
            let circumstances = [plan, seat, request.on, request.to, tier].map(ToOwned::to_owned);
            let caller = request.caller.to_owned();
            let probe = |verdict| Probe { info, relation, caller, circumstances, verdict };
            probes.extend(request.verdict().map(probe));
        }
    }
}

/// The plans that differ in the features of a workspace: of each group of equal plans the first, and
/// the label of the group. Labels are empty where all plans are equal.
fn plans(bundle: &Bundle) -> Vec<(&str, String)> {
    grouped(bundle.pack().plans.iter().map(|plan| (plan.id.as_str(), plan.features.as_slice())))
}

/// As [`plans`], with any features that tell plans apart.
pub(crate) fn grouped<'b, F: PartialEq>(plans: impl Iterator<Item = (&'b str, F)>) -> Vec<(&'b str, String)> {
    let mut groups: Vec<(F, Vec<&str>)> = Vec::new();
    for (id, features) in plans {
        match groups.iter_mut().find(|(known, _)| *known == features) {
            Some((_, ids)) => ids.push(id),
            None => groups.push((features, vec![id])),
        }
    }
    let differ = groups.len() > 1;
    let label = |ids: &[&str]| if differ { format!("{} plan", ids.join("/")) } else { String::new() };
    groups.iter().map(|(_, ids)| (ids[0], label(ids))).collect()
}
