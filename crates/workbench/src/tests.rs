//! Statements that hold for every decision of the table.

use seatwise_domain::RoleId;
use seatwise_policy::source::is_policy_file;
use seatwise_policy::{Bundle, Decision, packs};

use crate::probe::probes;
use crate::situation::WorkspaceRelation;

fn pack() -> Bundle {
    Bundle::compile(&packs::files("purchased-seats").unwrap()).unwrap()
}

/// The pack with a permit for everything in place of all its policies.
fn permits_all() -> Bundle {
    let mut files = packs::files("purchased-seats").unwrap();
    files.retain(|path, _| !is_policy_file(path));
    files.insert("x.cedar".to_owned(), "@id(\"x\") permit (principal, action, resource);".to_owned());
    Bundle::compile(&files).unwrap()
}

#[test]
fn k29_a_member_of_another_workspace_is_nobody_here() {
    for bundle in [pack(), permits_all()] {
        let probes = probes(&bundle);
        let mut foreign =
            probes.into_iter().filter(|probe| probe.relation == WorkspaceRelation::Foreign).peekable();
        assert!(foreign.peek().is_some());
        for probe in foreign {
            let (action, caller) = (&probe.info.name, &probe.caller);
            assert!(matches!(probe.verdict.into_decision(), Decision::Deny { .. }), "{caller} {action}");
        }
    }
}

#[test]
fn k29_who_has_not_signed_in_only_previews() {
    let bundle = pack();
    let mut allowed = probes(&bundle);
    allowed.retain(|probe| probe.caller == "visitor" && probe.verdict.bundle.allows);
    assert!(!allowed.is_empty());
    assert!(allowed.iter().all(|probe| ["previewInvitation", "getLogo"].contains(&probe.info.name.as_str())));
}

#[test]
fn k30_nobody_gives_a_role_above_their_own_whatever_is_published() {
    for bundle in [pack(), permits_all()] {
        let rank = |role: &str| bundle.pack().role(&RoleId(role.to_owned())).map(|role| role.rank);
        let mut granted = 0;
        // A backend has no role: it adds members with any, for imports.
        for probe in probes(&bundle).into_iter().filter(|probe| probe.info.name != "addMember") {
            let [_, _, target, to, _] = &probe.circumstances;
            // An invitation that is sent again gives its role again.
            let gives = match probe.info.name.as_str() {
                "resendInvitation" => rank(target),
                _ => rank(to),
            };
            let own = rank(&probe.caller);
            let name = probe.info.name.clone();
            if let (Some(gives), Decision::Allow) = (gives, probe.verdict.into_decision()) {
                granted += 1;
                assert!(Some(gives) <= own, "{} {name} {target} → {to}", probe.caller);
            }
        }
        assert!(granted > 0);
    }
}
