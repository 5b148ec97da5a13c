//! The behaviour of a pack's policies on every example.

use std::collections::{BTreeMap, BTreeSet};

use seatwise_policy::{Bundle, Files, Origin, PACK_FILE, SetAnswer, Source};

use super::cause::Consequence;
use super::needs;
use super::vocabulary::about;
use crate::finding::Finding;
use crate::probe::Probe;
use crate::situation::WorkspaceRelation;

/// Policies that err on an example.
pub(super) fn erring(bundle: &Bundle, probes: &[Probe<'_>]) -> Vec<Finding> {
    let help = "a policy that errs makes its whole set deny: make its condition hold for every member";
    // A foreign workspace is not loaded. Policies that look at it err, which denies.
    let loaded = probes.iter().filter(|probe| probe.relation != WorkspaceRelation::Foreign);
    let errors = loaded.flat_map(|probe| &probe.verdict.bundle.errors);
    // Each policy once: with other numbers it is the same error.
    let errors: BTreeMap<_, _> = errors.map(|(id, error)| (id.to_string(), (id, error))).collect();
    let of_policies = errors.into_values();
    of_policies
        .filter_map(|(id, error)| Some(Finding::of_policy(bundle.source(id)?, error).help(help)))
        .collect()
}

/// What a caller lacks, and why: the actions of one cause are one finding.
#[derive(PartialEq, Eq, PartialOrd, Ord)]
struct Lack {
    /// Whether the recovery floor keeps it; otherwise a governing role needs it.
    is_of_floor: bool,
    caller: String,
    cause: LackCause,
}

/// The reason why a caller lacks an action.
#[derive(PartialEq, Eq, PartialOrd, Ord)]
enum LackCause {
    /// The policy of the pack at this place forbids it.
    Forbidden(usize),
    /// Nothing permits it, nor another action of this group.
    NotPermitted(Option<String>),
}

/// Roles that lack what the floor keeps or what they need, and roles that may do nothing.
pub(super) fn findings(bundle: &Bundle, files: &Files, probes: &[Probe<'_>]) -> Vec<Consequence> {
    let mut lacks: BTreeMap<Lack, BTreeSet<String>> = BTreeMap::new();
    let mut note = |is_of_floor, caller: &str, action: &str, sides: &[&SetAnswer]| {
        let lack = Lack { is_of_floor, caller: caller.to_owned(), cause: lack_cause(bundle, action, sides) };
        lacks.entry(lack).or_default().insert(action.to_owned());
    };
    for Probe { info, caller, verdict, .. } in probes {
        let mut kept_by = verdict.floor.deciding.iter().filter_map(|place| bundle.sources().get(*place));
        let is_repeated = kept_by.any(|source| !source.is_beyond_packs());
        if verdict.floor.allows && is_repeated && !verdict.bundle.allows {
            note(true, caller, &info.name, &[&verdict.bundle]);
        }
    }
    for (role, action) in ungoverned(bundle, probes) {
        let sides: Vec<_> = asked(probes, role, &action).map(|probe| &probe.verdict.bundle).collect();
        note(false, role, &action, &sides);
    }
    let lacks = lacks.iter().map(|(lack, actions)| lack.consequence(bundle, files, actions));
    lacks.chain(idle_roles(bundle, files, probes)).collect()
}

impl Lack {
    fn consequence(&self, bundle: &Bundle, files: &Files, actions: &BTreeSet<String>) -> Consequence {
        let Self { is_of_floor, caller, cause } = self;
        let names = listed(actions);
        let message = if *is_of_floor {
            format!("the recovery floor keeps {names} for `{caller}`: the pack must permit it")
        } else {
            format!("`{caller}` governs: the pack must permit it {names}")
        };
        let finding = about_caller(bundle, files, caller, &message);
        match cause {
            LackCause::Forbidden(place) => {
                let rule = bundle.sources().get(*place).map_or_else(String::new, Source::name);
                let help = format!("{rule} forbids it: except `{caller}` there");
                Consequence { finding: finding.help(&help), cause: Some(*place) }
            }
            LackCause::NotPermitted(group) => {
                let actions: Vec<String> =
                    actions.iter().map(|action| format!("`Action::\"{action}\"`")).collect();
                let help = match (group, actions.len()) {
                    (Some(group), 1) => format!("permit {}, which is in `Action::\"{group}\"`", actions[0]),
                    (Some(group), _) => format!("permit `Action::\"{group}\"`, or each of them by its name"),
                    (None, _) => format!("permit {}", actions.join(", ")),
                };
                Consequence { finding: finding.help(&help), cause: None }
            }
        }
    }
}

/// Roles that may do nothing.
fn idle_roles(bundle: &Bundle, files: &Files, probes: &[Probe<'_>]) -> Vec<Consequence> {
    let mut idle = Vec::new();
    for role in &bundle.pack().roles {
        let of_role: Vec<_> = probes.iter().filter(|probe| probe.caller == role.name.as_str()).collect();
        if !of_role.iter().any(|probe| probe.verdict.bundle.allows) {
            let message = format!("role `{}` may do nothing: no policy permits it anything", role.name);
            let help = format!("permit it something with `principal in Role::\"{}\"`, or drop it", role.name);
            let finding = about_caller(bundle, files, role.name.as_str(), &message).help(&help);
            let sides: Vec<_> = of_role.iter().map(|probe| &probe.verdict.bundle).collect();
            // A policy that forbids some of it is not the cause: without it, the role still might do nothing.
            let cause = blamed(bundle, &sides).filter(|(_, often)| *often == sides.len());
            idle.push(Consequence { finding, cause: cause.map(|(place, _)| place) });
        }
    }
    idle
}

/// The most actions that a finding lists.
const MAX_LISTED: usize = 6;

fn listed(actions: &BTreeSet<String>) -> String {
    let names: Vec<String> = actions.iter().take(MAX_LISTED).map(|action| format!("`{action}`")).collect();
    match actions.len().saturating_sub(MAX_LISTED) {
        0 => names.join(", "),
        more => format!("{} and {more} more", names.join(", ")),
    }
}

/// A finding about a role of product.toml; about the file, if the caller has no role.
fn about_caller(bundle: &Bundle, files: &Files, caller: &str, message: &str) -> Finding {
    match bundle.pack().roles.iter().position(|role| role.name.as_str() == caller) {
        Some(index) => about(files, &["role", &index.to_string(), "id"], message),
        None => Finding::of_file(PACK_FILE, message),
    }
}

/// The decisions on an action of a caller in their own workspace.
fn asked<'p>(probes: &'p [Probe<'p>], caller: &str, action: &str) -> impl Iterator<Item = &'p Probe<'p>> {
    probes.iter().filter(move |it| {
        it.caller == caller && it.info.name == action && it.relation == WorkspaceRelation::Own
    })
}

/// Groups that say what an action is, and are not meant for permits.
const NOT_FOR_PERMITS: [&str; 4] = ["question", "reading", "recovery", "sensitive"];

/// The reason for a denied action: the policy of the pack that forbids it, or no permit.
fn lack_cause(bundle: &Bundle, action: &str, sides: &[&SetAnswer]) -> LackCause {
    // Where a policy forbids it in some circumstances only, nothing permits it in the others.
    let is_forbidden = |side: &&SetAnswer| side.deciding.iter().any(|place| is_of_pack(bundle, *place));
    if let Some((place, _)) = blamed(bundle, sides).filter(|_| sides.iter().all(is_forbidden)) {
        return LackCause::Forbidden(place);
    }
    let mut groups = bundle.groups(action);
    groups.retain(|group| !NOT_FOR_PERMITS.contains(&group.as_str()));
    LackCause::NotPermitted(groups.into_iter().next())
}

/// The policy of the pack that decides these answers, and how many of them. Some policies forbid only in a few
/// circumstances: the one that forbids most often is to blame.
fn blamed(bundle: &Bundle, sides: &[&SetAnswer]) -> Option<(usize, usize)> {
    let mut blamed: BTreeMap<usize, usize> = BTreeMap::new();
    for place in sides.iter().flat_map(|side| &side.deciding) {
        *blamed.entry(*place).or_default() += 1;
    }
    blamed.into_iter().filter(|(place, _)| is_of_pack(bundle, *place)).max_by_key(|(_, often)| *often)
}

fn is_of_pack(bundle: &Bundle, place: usize) -> bool {
    bundle.sources().get(place).is_some_and(|rule| rule.origin == Origin::Pack)
}

/// Governing roles, each with an action that it needs and may not do in any circumstances.
fn ungoverned<'b>(bundle: &'b Bundle, probes: &[Probe<'_>]) -> Vec<(&'b str, String)> {
    let pack = bundle.pack();
    let needed = needs::of_governing_roles(pack);
    let may = |role: &str, action: &str| asked(probes, role, action).any(|probe| probe.verdict.bundle.allows);
    let governing = pack.roles.iter().filter(|role| role.governing).map(|role| role.name.as_str());
    governing
        .flat_map(|role| needed.iter().map(move |action| (role, action.clone())))
        .filter(|(role, action)| !may(role, action))
        .collect()
}
