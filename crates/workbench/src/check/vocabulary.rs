//! Whether product.toml and the schema name the same tiers and features.

use std::collections::BTreeSet;

use seatwise_domain::Pack;
use seatwise_policy::text::{span_of_key, words};
use seatwise_policy::{APP_FILE, Bundle, Files, Location, PACK_FILE};

use crate::finding::Finding;
use crate::situation::WorkspaceRelation;
use crate::stage::{ExampleCaller, ExampleStage, SeatState};

/// Actions that nothing can ask about; tiers and features that the schema does not declare.
pub(super) fn findings(bundle: &Bundle, files: &Files) -> Vec<Finding> {
    let app = files.get(APP_FILE).map_or("", String::as_str);
    let unusable = bundle.unusable_actions().iter();
    let mut findings: Vec<_> = unusable
        .map(|(action, why)| {
            let location = Location::file(APP_FILE).at_some(app, words(app, action).next());
            Finding::new(location, &format!("action `{action}` {why}")).help(
                "as in `action x appliesTo { principal: [Member], resource: [Workspace], context: Ctx };`",
            )
        })
        .collect();
    for (index, tier) in bundle.pack().seats.tiers.iter().enumerate() {
        let role = bundle.pack().role_name(&bundle.pack().roles_given.creator);
        let seat = SeatState::Live(tier.name.clone());
        let caller = ExampleCaller { role, seat, creator: false, joined: None };
        if ExampleStage::new(bundle, WorkspaceRelation::Own, None, Some(&caller)).is_none() {
            let message = format!(
                "tier `{}` or one of its features is not declared in {APP_FILE} as SeatTier and Feature",
                tier.name
            );
            let key = ["seats", "tier", &index.to_string(), "id"];
            findings.push(about(files, &key, &message).help(&undeclared(bundle)));
        }
    }
    for (index, plan) in bundle.pack().plans.iter().enumerate() {
        if ExampleStage::new(bundle, WorkspaceRelation::Own, Some(&plan.id), None).is_none() {
            let message = format!("a feature of plan `{}` is not declared in {APP_FILE} as Feature", plan.id);
            let key = ["plan", &index.to_string(), "id"];
            findings.push(about(files, &key, &message).help(&undeclared(bundle)));
        }
    }
    findings
}

/// The declarations that the schema needs, as advice.
fn undeclared(bundle: &Bundle) -> String {
    let list =
        |names: BTreeSet<&str>| names.iter().map(|name| format!("\"{name}\"")).collect::<Vec<_>>().join(", ");
    let tiers = list(tiers(bundle.pack()).collect());
    let features = list(features(bundle.pack()).collect());
    format!("`entity SeatTier enum [{tiers}];` and `entity Feature enum [{features}];` declare what is there")
}

pub(super) fn tiers(pack: &Pack) -> impl Iterator<Item = &str> + Clone {
    pack.seats.tiers.iter().map(|tier| tier.name.as_str())
}

pub(super) fn features(pack: &Pack) -> impl Iterator<Item = &str> + Clone {
    let of_tiers = pack.seats.tiers.iter().flat_map(|tier| &tier.features);
    of_tiers.chain(pack.plans.iter().flat_map(|plan| &plan.features)).map(String::as_str)
}

/// A finding about a key of product.toml.
pub(super) fn about(files: &Files, key: &[&str], message: &str) -> Finding {
    let text = files.get(PACK_FILE).map_or("", String::as_str);
    Finding::new(Location::file(PACK_FILE).at_some(text, span_of_key(text, key)), message)
}
