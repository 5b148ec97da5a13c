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
        let attempts = bundle.attempts(&Principal::Member(who.clone()), &workspace(&bundle), NOW, |_| true);
        let allowed = attempts.into_iter().filter(|(_, decision)| *decision == Decision::Allow);
        allowed.map(|(info, _)| info.name.clone()).collect()
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
    let attempts = bundle.attempts(&Principal::Member(member("member")), &workspace(&bundle), NOW, |_| true);
    let analytics = attempts.iter().find(|(info, _)| info.name == "viewAnalytics");
    assert_eq!(analytics.map(|(_, decision)| decision), Some(&deny("seat_required")));
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
    ] {
        let bundle = only(&format!("@id(\"x\") permit (principal is Member, {permit};"));
        let creator = MemberFacts { user: person("creator"), ..member("owner") };
        let caller = if action == "transferWorkspace" { creator } else { member("owner") };
        let attempts =
            bundle.attempts(&Principal::Member(caller), &workspace(&bundle), NOW, |info| info.name == action);
        let decisions: Vec<_> =
            attempts.iter().map(|(info, decision)| (info.name.as_str(), decision)).collect();
        assert_eq!(decisions, [(action, &Decision::Allow)]);
    }
}
