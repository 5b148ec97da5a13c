//! The cost of a decision, by the built-in pack with the most policies.
//!
//!     cargo bench -p seatwise-benches --bench decisions

use std::hint::black_box;

use criterion::{Criterion, criterion_group, criterion_main};
use jiff::Timestamp;
use seatwise_domain::{RoleId, UserId, WorkspaceId};
use seatwise_policy::{
    AccessRequest, Bundle, Decision, MemberFacts, Principal, Resource, WorkspaceFacts, packs,
};

const NOW: Timestamp = Timestamp::constant(1_893_456_000, 0);

/// The pack with the most policies.
fn largest_pack() -> (&'static str, Bundle) {
    let compiled = packs::names().map(|name| {
        let files = packs::files(name).expect("a built-in pack");
        (name, Bundle::compile(&files).expect("a pack"))
    });
    compiled.max_by_key(|(_, bundle)| bundle.sources().len()).expect("a built-in pack")
}

fn decisions(criterion: &mut Criterion) {
    let (name, bundle) = largest_pack();
    let pack = bundle.pack();
    println!("pack {name}: {} policies, {} actions", bundle.sources().len(), bundle.actions().len());
    let id = WorkspaceId(UserId::of_identity("bench", "workspace").0);
    let person = |name| UserId::of_identity("bench", name);
    let workspace = WorkspaceFacts { id, creator: person("owner"), plan: pack.billing.plan.clone() };
    let member = |name, role: &RoleId| MemberFacts::with_role(id, person(name), role);
    let (creator, joiner) = (&pack.roles_given.creator, &pack.roles_given.joiner);
    let owner = Principal::Member(member("owner", creator));
    let colleague = Principal::Member(member("colleague", joiner));
    let target = Resource::Member(member("target", joiner));
    let ask = |principal, action, resource, target_role| AccessRequest {
        action,
        principal,
        workspace: Some(&workspace),
        resource,
        target_role,
        target_tier: None,
        now: NOW,
    };

    let mut decided = |name: &str, request: AccessRequest<'_>, allowed: bool| {
        assert_eq!(bundle.decide(&request) == Decision::Allow, allowed, "{name}");
        criterion.bench_function(name, |bench| bench.iter(|| bundle.decide(black_box(&request))));
    };
    decided("read, allowed by the pack", ask(&owner, "getWorkspace", &Resource::Workspace, None), true);
    decided("change of a role, allowed by the pack", ask(&owner, "changeRole", &target, Some(joiner)), true);
    decided(
        "change of a role, denied by both sets",
        ask(&colleague, "changeRole", &target, Some(joiner)),
        false,
    );

    for (name, caller) in [("all actions of an owner", &owner), ("all actions of a joiner", &colleague)] {
        let attempts = || bundle.attempts(black_box(caller), &workspace, NOW);
        assert!(!attempts().is_empty(), "{name}");
        criterion.bench_function(name, |bench| bench.iter(attempts));
    }
}

criterion_group!(benches, decisions);
criterion_main!(benches);
