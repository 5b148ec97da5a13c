//! The actions that governing roles need, as the annotations of the core schema declare them.

use cedar_policy::SchemaFragment;
use seatwise_domain::Pack;
use seatwise_policy::{Core, Offer};

/// The annotation: its value names offers of packs, separated by spaces.
const ANNOTATION: &str = "governing";

/// The actions that a governing role needs beside those that the recovery floor keeps for it, according to
/// the pack's offers.
pub(super) fn of_governing_roles(pack: &Pack) -> Vec<String> {
    let needs = |offers: &str| Offer::listed(offers).any(|offer| offer.is_of(pack));
    annotated().into_iter().filter(|(_, offers)| needs(offers)).map(|(action, _)| action).collect()
}

/// The annotated actions of the core schema, each with the value of the annotation.
fn annotated() -> Vec<(String, String)> {
    let core = Core::current();
    let parsed = SchemaFragment::from_cedarschema_str(core.schema());
    let json = parsed.ok().and_then(|(fragment, _)| fragment.to_json_value().ok()).unwrap_or_default();
    let actions =
        json.get("").and_then(|namespace| namespace.get("actions")?.as_object()).into_iter().flatten();
    let annotated = actions.filter_map(|(action, declared)| {
        let offers = declared.get("annotations")?.get(ANNOTATION)?.as_str()?;
        Some((action.clone(), offers.to_owned()))
    });
    annotated.collect()
}

#[cfg(test)]
mod tests {
    use seatwise_policy::{Bundle, packs};

    use super::*;

    #[test]
    fn every_annotation_names_offers() {
        let annotated = annotated();
        assert!(annotated.len() > 20, "{annotated:?}");
        for (action, offers) in &annotated {
            assert!(offers.split(' ').all(|name| Offer::named(name).is_some()), "{action}: {offers}");
        }
    }

    #[test]
    fn a_pack_needs_what_it_offers() {
        let needed = |pack: &str| {
            let bundle = Bundle::compile(&packs::files(pack).unwrap()).unwrap();
            of_governing_roles(bundle.pack())
        };
        let of_every_pack = ["deleteWorkspace", "removeMember", "updateWorkspace"];
        let of_billing = [
            "cancelSubscription",
            "discardPurchase",
            "getBilling",
            "getPurchase",
            "listInvoices",
            "openBillingPortal",
            "previewPurchase",
        ];
        let with = |more: &[&'static str]| {
            let mut all: Vec<_> = [&of_every_pack[..], &of_billing, more].concat();
            all.sort_unstable();
            all
        };
        assert_eq!(needed("flat-owners"), with(&["buyCredits", "changePlan", "getCredits"]));
        let of_resources = ["addResource", "listResources", "removeResource"];
        assert_eq!(needed("role-ladder"), with(&[&["changePlan"][..], &of_resources].concat()));
        let bought = needed("purchased-seats");
        for action in ["buySeats", "setAddOn", "cancelSeat", "assignSeat", "releaseSeat", "approveLeave"] {
            assert!(bought.iter().any(|needed| needed == action), "{action}");
        }
        for action in ["assignSeats", "changePlan", "buyCredits"] {
            assert!(!bought.iter().any(|needed| needed == action), "{action}");
        }
        let by_role = needed("role-seats");
        for action in ["assignSeat", "releaseSeat", "assignSeats", "changePlan", "createLink", "linkDomain"] {
            assert!(by_role.iter().any(|needed| needed == action), "{action}");
        }
        assert!(!by_role.iter().any(|needed| needed == "buySeats"));
    }
}
