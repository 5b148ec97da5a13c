//! The actions of a bundle, and what a caller may attempt.

use super::*;

#[test]
fn actions_say_what_they_are() {
    let bundle = pack();
    let names = |is: fn(&ActionInfo) -> bool| -> Vec<&str> {
        bundle.actions().iter().filter(|info| is(info)).map(|info| info.name.as_str()).collect()
    };
    assert!(bundle.actions().is_sorted_by_key(|info| &info.name));
    assert_eq!(names(|it| it.is_operation).len(), 81);
    assert_eq!(names(|it| it.is_product), ["useProduct", "usePublicApi", "viewAnalytics"]);
    assert_eq!(
        names(|it| !it.is_operation && !it.is_product),
        ["decideLeaveRequests", "joinByDomain", "listAllApiKeys", "shareInvitationLink", "useApiKey"]
    );
    assert_eq!(
        names(|it| it.takes_target_role),
        [
            "addMember",
            "changeInvitation",
            "changeRole",
            "createLink",
            "invite",
            "revokeLink",
            "shareInvitationLink"
        ]
    );
    assert_eq!(
        names(|it| it.takes_target_tier),
        [
            "addMember",
            "assignSeat",
            "assignSeats",
            "buySeats",
            "changeInvitation",
            "changeRole",
            "changeSeatTier",
            "invite",
            "shareInvitationLink"
        ]
    );
}

#[test]
fn attempts_are_what_buttons_are_for() {
    let bundle = pack();
    let may = |who: &MemberFacts| -> Vec<String> {
        let attempts = bundle.attempts(&Principal::Member(who.clone()), &workspace(&bundle), NOW);
        attempts.into_iter().map(|info| info.name.clone()).collect()
    };
    assert_eq!(
        may(&member("member")),
        [
            "authorize",
            "deleteApiKey",
            "exportMembers",
            "getCoordinator",
            "getWorkspace",
            "listApiKeys",
            "listLeaveRequests",
            "listMembers",
            "listPermissions",
            "requestLeave",
            "revokeApiKey",
            "withdrawLeave"
        ]
    );
    let admin = may(&member("admin"));
    assert!(["changeRole", "invite", "removeMember"].iter().all(|name| admin.iter().any(|it| it == name)));
    assert!(!admin.iter().any(|name| name == "buySeats"));
    let of_dropped = ["listLeaveRequests", "requestLeave", "withdrawLeave"];
    assert_eq!(may(&member("guest")), of_dropped, "an unknown role");
    assert_eq!(may(&foreigner("owner")), Vec::<String>::new());
    let analytics = Check::of(bundle.action("viewAnalytics").expect("an action"));
    let caller = Principal::Member(member("member"));
    let decided = bundle.decide_checks(&caller, &workspace(&bundle), NOW, &[analytics]);
    assert_eq!(decided, [deny("seat_required")]);
}

#[test]
fn attempts_ask_about_whatever_a_policy_can_tell_apart() {
    // Permits on one role, on the caller, on the creator, and with one role alone.
    for (permit, action) in [
        (
            "action == Action::\"removeMember\", resource is Member) when { resource.role == Role::\"owner\" }",
            "removeMember",
        ),
        (
            "action == Action::\"assignSeat\", resource is Member) when { resource == principal }",
            "assignSeat",
        ),
        (
            "action == Action::\"transferWorkspace\", resource is Member) when { resource.user == \
             resource.workspace.creator }",
            "transferWorkspace",
        ),
        (
            "action == Action::\"approveLeave\", resource) when { resource.requester.role == Role::\"admin\" }",
            "approveLeave",
        ),
        (
            "action == Action::\"resendInvitation\", resource) when { resource.role == Role::\"owner\" }",
            "resendInvitation",
        ),
        ("action == Action::\"invite\", resource) when { context.targetRole == Role::\"owner\" }", "invite"),
        (
            "action == Action::\"cancelSeat\", resource) when { resource.live && resource has paidUntil }",
            "cancelSeat",
        ),
        (
            "action == Action::\"cancelSeat\", resource) when { resource.tier == SeatTier::\"pro\" }",
            "cancelSeat",
        ),
        (
            "action == Action::\"releaseSeat\", resource) when { resource has seat && resource.seat.tier == \
             SeatTier::\"pro\" }",
            "releaseSeat",
        ),
        (
            "action == Action::\"removeMember\", resource) when { context.now.durationSince(resource.joinedAt) < \
             duration(\"24h\") }",
            "removeMember",
        ),
        (
            "action == Action::\"revokeInvitation\", resource) when { resource has tier && resource.tier == \
             SeatTier::\"pro\" }",
            "revokeInvitation",
        ),
        (
            "action == Action::\"invite\", resource) when { context has targetTier && context.targetTier == \
             SeatTier::\"pro\" }",
            "invite",
        ),
        ("action == Action::\"invite\", resource) unless { context has targetTier }", "invite"),
        (
            "action == Action::\"removeMember\", resource is Member) when { principal.role.rank-resource.role.rank > 0 }",
            "removeMember",
        ),
        (
            "action == Action::\"removeMember\", resource) when // a comment\r{ resource.role == Role::\"admin\" }",
            "removeMember",
        ),
    ] {
        let bundle = only(&format!("@id(\"x\") permit (principal is Member, {permit};"));
        let creator = MemberFacts { user: person("creator"), ..member("owner") };
        let caller = if action == "transferWorkspace" { creator } else { member("owner") };
        let attempts = bundle.attempts(&Principal::Member(caller), &workspace(&bundle), NOW);
        assert!(attempts.iter().any(|info| info.name == action), "{permit}");
    }
}

/// Each member whom the policies of the pack can tell apart.
fn callers(bundle: &Bundle) -> Vec<Principal> {
    let pack = bundle.pack();
    let of_role =
        |role: &RoleId| MemberFacts::with_role(WorkspaceId(person("workspace").0), person("caller"), role);
    let members = pack.roles.iter().flat_map(|role| {
        let plain = of_role(&role.id);
        let seat = pack.seats.tiers.last().map(|tier| SeatFacts {
            workspace: plain.workspace,
            id: SeatId(person("seat").0),
            tier: tier.id.clone(),
            live: true,
            paid_until: Some(NOW),
        });
        let creator = MemberFacts { user: person("creator"), ..plain.clone() };
        [MemberFacts { seat, ..plain.clone() }, plain, creator]
    });
    members.map(Principal::Member).collect()
}

#[test]
fn questions_that_are_asked_together_have_the_answers_that_each_has_alone() {
    for name in packs::names() {
        let bundle = Bundle::compile(&packs::files(name).expect("built in")).expect("a pack");
        let workspace = workspace(&bundle);
        for caller in callers(&bundle) {
            let of_caller = |info: &&ActionInfo| info.principals.contains(&caller.kind());
            let actions: Vec<_> = bundle.actions().iter().filter(of_caller).collect();
            let checks: Vec<_> = actions.iter().map(|action| Check::of(action)).collect();
            let together = bundle.decide_checks(&caller, &workspace, NOW, &checks);
            let alone: Vec<_> = checks
                .iter()
                .flat_map(|check| bundle.decide_checks(&caller, &workspace, NOW, &[*check]))
                .collect();
            assert_eq!(together, alone, "{name}, {caller:?}");
            let allowed: Vec<_> =
                actions.iter().zip(&alone).filter(|(_, decision)| **decision == Decision::Allow).collect();
            assert_eq!(
                bundle.attempts(&caller, &workspace, NOW),
                allowed.into_iter().map(|(action, _)| *action).collect::<Vec<_>>(),
                "{name}, {caller:?}"
            );
        }
    }
}

#[test]
fn actions_are_told_apart_by_a_policy_that_looks_at_the_action() {
    let may = |condition: &str| -> Vec<bool> {
        let bundle = only(&format!(
            "@id(\"x\") permit (principal is Member, action in Action::\"members.read\", resource) when {{ {condition} }};"
        ));
        let attempts = bundle.attempts(&Principal::Member(member("member")), &workspace(&bundle), NOW);
        let is_among = |name| attempts.iter().any(|info| info.name == name);
        ["listMembers", "exportMembers"].map(is_among).to_vec()
    };
    assert_eq!(may("true"), [true, true]);
    for condition in ["action == Action::\"exportMembers\"", "[Action::\"exportMembers\"].contains(action)"] {
        assert_eq!(may(condition), [false, true], "{condition}");
    }
}

#[test]
fn a_permit_that_errs_does_not_hide_what_the_floor_permits() {
    let bundle = only(
        "@id(\"x\") permit (principal is Member, action, resource)
         when { principal.role.rank * 9223372036854775807 > 0 };",
    );
    let attempts = bundle.attempts(&Principal::Member(member("owner")), &workspace(&bundle), NOW);
    assert!(attempts.iter().any(|info| info.name == "listMembers"));
}
