//! Services: what a pack permits to them, and that nothing else is permitted.

use seatwise_domain::ServiceId;

use seatwise_policy::ResourceKind;

use super::*;

fn ask_as(bundle: &Bundle, service: &str, action: &str, resource: &Resource) -> Decision {
    let joiner = RoleId("member".to_owned());
    let takes_role = bundle.action(action).expect("an action").takes_target_role;
    bundle.decide(&AccessRequest {
        action,
        principal: &Principal::Service(ServiceId(service.to_owned())),
        workspace: Some(&workspace(bundle)),
        resource,
        target_role: takes_role.then_some(&joiner),
        target_tier: None,
        now: NOW,
    })
}

/// The pack that permits everything to everybody, with or without its services.
fn permissive(has_services: bool) -> Bundle {
    let mut files = files();
    files.retain(|path, _| !is_policy_file(path));
    files.insert("x.cedar".to_owned(), PERMIT_ALL.to_owned());
    let product = files.get_mut("product.toml").expect("data");
    let at = product.find("[[service]]").expect("services");
    if !has_services {
        product.truncate(at);
        assert!(!product.contains("service]]"));
    }
    Bundle::compile(&files).expect("a pack")
}

#[test]
fn k64_the_pack_says_what_each_service_may_do() {
    let bundle = pack();
    for (service, action, expected) in [
        ("backend", "getWorkspace", Decision::Allow),
        ("backend", "spendCredits", Decision::Allow),
        ("reporting", "getWorkspace", Decision::Allow),
        ("reporting", "spendCredits", DENY),
    ] {
        assert_eq!(ask_as(&bundle, service, action, &Resource::Workspace), expected, "{service} {action}");
    }
}

#[test]
fn k64_a_service_that_the_pack_does_not_declare_may_do_nothing() {
    let (with, without) = (permissive(true), permissive(false));
    for info in with.actions() {
        let is_of_services = info.principals.contains(&PrincipalKind::Service);
        let expected = if is_of_services { Decision::Allow } else { DENY };
        let is_outside = info.resources == [ResourceKind::Platform];
        let resource = if is_outside { Resource::Platform } else { Resource::Workspace };
        assert_eq!(ask_as(&with, "backend", &info.name, &resource), expected, "{}", info.name);
        assert_eq!(ask_as(&with, "frontend", &info.name, &resource), DENY, "{}", info.name);
        // A pack of an earlier release.
        assert_eq!(ask_as(&without, "backend", &info.name, &resource), DENY, "{}", info.name);
    }
}

/// Nor by the floor, which is what holds when the policies of the pack cannot be loaded.
#[test]
fn k64_the_floor_permits_nothing_to_a_service() {
    let bundle = Bundle::floor_only(&Core::current(), &files()).expect("a pack");
    for info in bundle.actions() {
        assert_eq!(ask_as(&bundle, "backend", &info.name, &Resource::Workspace), DENY, "{}", info.name);
    }
}
