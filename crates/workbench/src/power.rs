//! Powers: what roles can do, and which roles they can give, as examples show it.

use std::collections::BTreeMap;

use cedar_policy::{PolicyId, SchemaFragment};
use seatwise_domain::RoleName;
use seatwise_policy::{Bundle, Core, PrincipalKind};
use serde_json::Value;

use crate::probe::{Probe, probes};
use crate::situation::WorkspaceRelation;

/// The annotation of an action that gives a role: how, in words.
const APPOINTS: &str = "appoints";

/// The annotation of an action that concerns the caller's own membership alone.
const PERSONAL: &str = "personal";

/// An action of members, as far as it gives power.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Power {
    /// How it gives a role, such as `can invite`; nothing, if it gives none.
    pub gives: Option<String>,
    /// Whether it concerns the caller's own membership alone: to appoint somebody who can do it is no gain.
    pub is_personal: bool,
}

/// An example that is allowed to a member in their workspace.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AllowedExample {
    /// The member's role.
    pub role: RoleName,
    /// The action.
    pub action: String,
    /// The role that is given, for an action that gives one.
    pub gives: Option<RoleName>,
    /// The policies that permit it.
    pub permits: Vec<PolicyId>,
}

/// The actions of members that the pack offers.
pub fn powers(bundle: &Bundle) -> BTreeMap<String, Power> {
    let core = Core::current();
    let parsed = SchemaFragment::from_cedarschema_str(core.schema());
    let json = parsed.ok().and_then(|(fragment, _)| fragment.to_json_value().ok()).unwrap_or_default();
    let annotation = |action: &str, name: &str| -> Option<&Value> {
        json[""]["actions"].get(action)?.get("annotations")?.get(name)
    };
    let of_members = bundle.actions().iter().filter(|info| info.principals.contains(&PrincipalKind::Member));
    let offered = of_members.filter(|info| bundle.offers(info));
    let power = |name: &str| Power {
        gives: annotation(name, APPOINTS).and_then(Value::as_str).map(ToOwned::to_owned),
        is_personal: annotation(name, PERSONAL).is_some(),
    };
    offered.map(|info| (info.name.clone(), power(&info.name))).collect()
}

/// What is allowed to members in their own workspace, as far as examples show it. In the order of the matrix.
pub fn allowed_examples(bundle: &Bundle) -> Vec<AllowedExample> {
    let allowed = |probe: Probe<'_>| {
        let role = RoleName(probe.caller);
        bundle.pack().role(&bundle.pack().role_id(&role))?;
        let is_own = probe.relation == WorkspaceRelation::Own;
        let side = if probe.verdict.bundle.allows { &probe.verdict.bundle } else { &probe.verdict.floor };
        if !is_own || !side.allows {
            return None;
        }
        let permits = side.deciding.iter().filter_map(|place| bundle.sources().get(*place));
        let permits = permits.map(|source| source.policy.id().clone()).collect();
        let [_, _, _, to, _] = probe.circumstances;
        let gives = Some(to).filter(|to| !to.is_empty()).map(RoleName);
        Some(AllowedExample { role, action: probe.info.name.clone(), gives, permits })
    };
    probes(bundle).into_iter().filter_map(allowed).collect()
}
