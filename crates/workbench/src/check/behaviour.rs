//! The behaviour of a pack's policies on every example.

use std::collections::{BTreeMap, BTreeSet};

use seatwise_policy::{Bundle, Files, Origin, PACK_FILE, SetAnswer, Source};

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

/// Roles that lack what the floor keeps or what they need, and roles that may do nothing.
pub(super) fn findings(bundle: &Bundle, files: &Files, probes: &[Probe<'_>]) -> Vec<Finding> {
    let mut findings = BTreeSet::new();
    for probe in probes {
        let Probe { info, caller, verdict, .. } = probe;
        let mut kept_by = verdict.floor.deciding.iter().filter_map(|place| bundle.sources().get(*place));
        let is_repeated = kept_by.any(|source| !source.is_beyond_packs());
        if verdict.floor.allows && is_repeated && !verdict.bundle.allows {
            let message =
                format!("the recovery floor keeps `{}` for `{caller}`: the pack must permit it", info.name);
            let help = remedy(bundle, &info.name, caller, &[&verdict.bundle]);
            findings.insert(about_caller(bundle, files, caller, &message).help(&help));
        }
    }
    for (role, action) in ungoverned(bundle, probes) {
        let message = format!("`{role}` governs: the pack must permit it `{action}`");
        let sides: Vec<_> = asked(probes, role, &action).map(|probe| &probe.verdict.bundle).collect();
        let help = remedy(bundle, &action, role, &sides);
        findings.insert(about_caller(bundle, files, role, &message).help(&help));
    }
    for role in &bundle.pack().roles {
        let of_role = |probe: &&Probe<'_>| probe.caller == role.id.as_str();
        if !probes.iter().filter(of_role).any(|probe| probe.verdict.bundle.allows) {
            let message = format!("role `{}` may do nothing: no policy permits it anything", role.id);
            let help = format!("permit it something with `principal in Role::\"{}\"`, or drop it", role.id);
            findings.insert(about_caller(bundle, files, role.id.as_str(), &message).help(&help));
        }
    }
    findings.into_iter().collect()
}

/// A finding about a role of product.toml; about the file, if the caller has no role.
fn about_caller(bundle: &Bundle, files: &Files, caller: &str, message: &str) -> Finding {
    match bundle.pack().roles.iter().position(|role| role.id.as_str() == caller) {
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

/// The advice for a denied action: mend the policy of the pack that forbids it, or permit it.
fn remedy(bundle: &Bundle, action: &str, caller: &str, sides: &[&SetAnswer]) -> String {
    // Some policies forbid it only in a few circumstances: the one that forbids it most often is to blame.
    let mut blamed: BTreeMap<usize, usize> = BTreeMap::new();
    for place in sides.iter().flat_map(|side| &side.deciding) {
        *blamed.entry(*place).or_default() += 1;
    }
    let mut rules: Vec<(usize, &Source)> =
        blamed.iter().filter_map(|(place, often)| Some((*often, bundle.sources().get(*place)?))).collect();
    rules.retain(|(_, rule)| rule.origin == Origin::Pack);
    if let Some((_, rule)) = rules.into_iter().max_by_key(|(often, _)| *often) {
        return format!("{} forbids it: except `{caller}` there", rule.name());
    }
    let groups = bundle.groups(action);
    let groups = groups.iter().map(|group| format!("`Action::\"{group}\"`")).collect::<Vec<_>>().join(", ");
    let among = if groups.is_empty() { String::new() } else { format!(", which is in {groups}") };
    format!("permit `Action::\"{action}\"`{among}")
}

/// Governing roles, each with an action that it needs and may not do in any circumstances.
fn ungoverned<'b>(bundle: &'b Bundle, probes: &[Probe<'_>]) -> Vec<(&'b str, String)> {
    let pack = bundle.pack();
    let needed = needs::of_governing_roles(pack);
    let may = |role: &str, action: &str| asked(probes, role, action).any(|probe| probe.verdict.bundle.allows);
    let governing = pack.roles.iter().filter(|role| role.governing).map(|role| role.id.as_str());
    governing
        .flat_map(|role| needed.iter().map(move |action| (role, action.clone())))
        .filter(|(role, action)| !may(role, action))
        .collect()
}
