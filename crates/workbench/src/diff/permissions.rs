//! The permissions that two versions of a pack differ in, found by the probes of the matrix.

use std::collections::{BTreeMap, BTreeSet};

use seatwise_domain::Pack;
use seatwise_policy::{ActionInfo, Bundle, Decision, VariedAttribute};

use super::changes::{Access, Condition, Diff, FoundBy, ReasonChange};
use crate::probe::{Circumstances, PARTS, Probe, ProbeScope, grouped, probes_with};
use crate::situation::WorkspaceRelation;
use crate::stage::SeatState;

/// The caller, the action, and whether the workspace is the caller's own.
type ProbeKey = (String, String, WorkspaceRelation);

/// The decisions before and after in each of the circumstances.
type DecisionPairs = BTreeMap<Circumstances, [Decision; 2]>;

/// Circumstances, each part with all its values.
type ConditionBox<'c> = [BTreeSet<&'c str>; PARTS];

/// The change of a decision.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum DecisionChange {
    Gain,
    Loss,
    Reason(Option<String>, Option<String>),
}

impl DecisionChange {
    fn of([before, after]: &[Decision; 2]) -> Option<Self> {
        match (before, after) {
            (Decision::Allow, Decision::Allow) => None,
            (Decision::Deny { .. }, Decision::Allow) => Some(Self::Gain),
            (Decision::Allow, Decision::Deny { .. }) => Some(Self::Loss),
            (Decision::Deny { reason: before }, Decision::Deny { reason: after }) => {
                (before != after).then(|| Self::Reason(before.clone(), after.clone()))
            }
        }
    }
}

/// Adds the permissions that are gained and lost, and the reasons that change.
pub(super) fn compare(diff: &mut Diff, before: &Bundle, after: &Bundle) {
    for ((who, action, place), cells) in decisions(before, after) {
        let outcomes: BTreeSet<DecisionChange> = cells.values().filter_map(DecisionChange::of).collect();
        for outcome in outcomes {
            let conditions = conditions(&cells, &outcome);
            let (who, action) = (who.clone(), action.clone());
            let access = |found_by| Access {
                who: who.clone(),
                action: action.clone(),
                place,
                situations: conditions.clone(),
                found_by,
                example: None,
            };
            match outcome {
                DecisionChange::Gain => diff.gains.push(access(FoundBy::Matrix)),
                DecisionChange::Loss => diff.losses.push(access(FoundBy::Matrix)),
                DecisionChange::Reason(before, after) => {
                    diff.reasons.push(ReasonChange {
                        who,
                        action,
                        place,
                        situations: conditions,
                        before,
                        after,
                    });
                }
            }
        }
    }
}

/// The decisions of both versions on everything that can be asked of either.
fn decisions(before: &Bundle, after: &Bundle) -> BTreeMap<ProbeKey, DecisionPairs> {
    let plans = plans(before.pack(), after.pack());
    let mut seats = SeatState::all(after);
    seats.extend(SeatState::all(before).into_iter().filter(|seat| !SeatState::all(after).contains(seat)));
    let mut decisions: BTreeMap<ProbeKey, DecisionPairs> = BTreeMap::new();
    for (side, bundle) in [before, after].into_iter().enumerate() {
        let tier_matters = |info: &ActionInfo| {
            [before, after].iter().any(|it| it.looks_at(&info.name, &[VariedAttribute::TargetTier]))
        };
        let scope = ProbeScope { plans: &plans, seats: &seats, seat_matters: |_| true, tier_matters };
        let probes = probes_with(bundle, &scope);
        for Probe { info, relation, caller, circumstances, verdict } in probes {
            // A version denies what only the other can be asked.
            let nobody = || [Decision::Deny { reason: None }, Decision::Deny { reason: None }];
            let cells = decisions.entry((caller, info.name.clone(), relation)).or_default();
            cells.entry(circumstances).or_insert_with(nobody)[side] = verdict.into_decision();
        }
    }
    decisions
}

/// The plans that differ in the features of a workspace, before or after: of each group of equal plans
/// the first, and the label of the group.
fn plans<'b>(before: &'b Pack, after: &'b Pack) -> Vec<(&'b str, String)> {
    let features = |pack: &'b Pack, id: &str| pack.plan(id).map_or(&[][..], |plan| plan.features.as_slice());
    let all = after.plans.iter().chain(before.plans.iter().filter(|plan| after.plan(&plan.id).is_none()));
    let plans = all.map(|plan| (plan.id.as_str(), [features(before, &plan.id), features(after, &plan.id)]));
    grouped(plans)
}

/// The conditions under which a decision changes in that way, as few as possible.
fn conditions(cells: &DecisionPairs, outcome: &DecisionChange) -> Vec<Condition> {
    let is_so = |answers: &[Decision; 2]| DecisionChange::of(answers).as_ref() == Some(outcome);
    let mut boxes: Vec<ConditionBox<'_>> = cells
        .iter()
        .filter(|(_, answers)| is_so(answers))
        .map(|(circumstances, _)| circumstances.each_ref().map(|part| BTreeSet::from([part.as_str()])))
        .collect();
    for part in 0..PARTS {
        boxes = merged(boxes, part);
        let all: BTreeSet<&str> = cells.keys().map(|circumstances| circumstances[part].as_str()).collect();
        for each in boxes.iter_mut().filter(|each| each[part] == all) {
            each[part].clear();
        }
    }
    let conditions = boxes.into_iter().map(|parts| {
        let [plan, seat, on, to, tier] = parts.map(|part| part.into_iter().map(ToOwned::to_owned).collect());
        Condition { plan, seat, on, to, tier }
    });
    // A condition without parts says nothing.
    conditions.filter(|condition| *condition != Condition::default()).collect()
}

/// Merges what differs in that part alone.
fn merged(boxes: Vec<ConditionBox<'_>>, part: usize) -> Vec<ConditionBox<'_>> {
    let mut groups: Vec<ConditionBox<'_>> = Vec::new();
    for each in boxes {
        let alike = |group: &&mut ConditionBox<'_>| {
            (0..PARTS).all(|other| other == part || group[other] == each[other])
        };
        match groups.iter_mut().find(alike) {
            Some(group) => group[part].extend(&each[part]),
            None => groups.push(each),
        }
    }
    groups
}
