//! Decisions on single requests.

use super::*;

#[test]
fn a_bundle_is_shared_between_threads() {
    fn shared<T: Send + Sync>(_: &T) {}
    shared(&pack());
}

#[test]
fn given_facts_when_asked_then_decided() {
    let bundle = pack();
    let pro = SeatFacts {
        workspace: member("member").workspace,
        id: "00000000-0000-7000-8000-000000000001".parse().unwrap(),
        tier: TierId("pro".to_owned()),
        live: true,
        paid_until: Some(NOW),
    };
    let seated = MemberFacts { seat: Some(pro.clone()), ..member("member") };
    let leave = |requester: MemberFacts| LeaveFacts {
        id: LeaveRequestId { user: requester.user, serial: requester.user.0 },
        workspace: requester.workspace,
        requester,
    };
    let [owner, admin, plain] = ["owner", "admin", "member"].map(member);
    let theirs = leave(other("member"));
    let own = leave(plain.clone());
    for (who, action, resource, to, then) in [
        (&owner, "buySeats", Resource::Workspace, None, Decision::Allow),
        (&admin, "buySeats", Resource::Workspace, None, DENY),
        (&owner, "cancelSeat", Resource::Seat(pro.clone()), None, Decision::Allow),
        (&owner, "setAddOn", Resource::Seat(pro.clone()), None, Decision::Allow),
        (&admin, "changeSeatTier", Resource::Seat(pro.clone()), None, DENY),
        (&admin, "getBilling", Resource::Workspace, None, Decision::Allow),
        (&plain, "openBillingPortal", Resource::Workspace, None, deny("staff_only")),
        (&plain, "listSeats", Resource::Workspace, None, DENY),
        (&plain, "listMembers", Resource::Workspace, None, Decision::Allow),
        (&plain, "viewAnalytics", Resource::Workspace, None, deny("seat_required")),
        (&seated, "viewAnalytics", Resource::Workspace, None, Decision::Allow),
        (&admin, "invite", Resource::Workspace, Some("owner"), deny("role_above_own")),
        (&owner, "changeRole", Resource::Member(owner.clone()), Some("member"), deny("own_role")),
        (&owner, "removeMember", Resource::Member(owner.clone()), None, deny("own_removal")),
        (&admin, "removeMember", Resource::Member(other("owner")), None, deny("target_outranks_you")),
        (&admin, "approveLeave", Resource::LeaveRequest(theirs.clone()), None, Decision::Allow),
        (&plain, "withdrawLeave", Resource::LeaveRequest(theirs.clone()), None, deny("not_your_request")),
        (&plain, "withdrawLeave", Resource::LeaveRequest(own.clone()), None, Decision::Allow),
        (&owner, "requestLeave", Resource::Workspace, None, deny("leave_not_offered")),
    ] {
        assert_eq!(ask(&bundle, who, action, &resource, to), then, "{} {action}", who.role.0);
    }
}

#[test]
fn k29_a_member_of_another_workspace_is_refused_with_the_reason() {
    let request = |who| ask(&pack(), &who, "getWorkspace", &Resource::Workspace, None);
    assert_eq!(request(foreigner("owner")), deny("other_workspace"));
}

#[test]
fn k30_under_permit_all_a_plain_role_holds_no_sensitive_power() {
    let bundle = only(PERMIT_ALL);
    let owner_or_less = other("member");
    for (action, resource) in
        [("buySeats", Resource::Workspace), ("removeMember", Resource::Member(owner_or_less))]
    {
        assert_eq!(ask(&bundle, &member("member"), action, &resource, None), deny("staff_only"), "{action}");
    }
}

#[test]
fn k32_no_edit_locks_the_governing_role_out() {
    for (edit, bundle) in [
        ("none", pack()),
        ("forbid all", with(FORBID_ALL)),
        ("empty", only("")),
        ("overflow", with(OVERFLOW)),
        ("permit all", only(PERMIT_ALL)),
        ("floor only", Bundle::floor_only(&Core::current(), &files()).unwrap()),
    ] {
        assert!(recovers(&bundle), "{edit}");
    }
}

#[test]
fn k32_what_is_not_recovery_is_denied_by_a_broken_bundle() {
    for (edit, bundle) in [
        ("forbid all", with(FORBID_ALL)),
        ("empty", only("")),
        ("overflow", with(OVERFLOW)),
        ("floor only", Bundle::floor_only(&Core::current(), &files()).unwrap()),
    ] {
        let owner = member("owner");
        for (who, action, resource, to) in [
            (&owner, "buySeats", Resource::Workspace, None),
            (&owner, "updateWorkspace", Resource::Workspace, None),
            // The floor promotes others, and never oneself.
            (&owner, "changeRole", Resource::Member(owner.clone()), Some("owner")),
            (&owner, "changeRole", Resource::Member(other("admin")), Some("member")),
            (&member("admin"), "getWorkspace", Resource::Workspace, None),
            (&member("member"), "getWorkspace", Resource::Workspace, None),
            (&foreigner("owner"), "getWorkspace", Resource::Workspace, None),
        ] {
            let decision = ask(&bundle, who, action, &resource, to);
            assert!(matches!(decision, Decision::Deny { .. }), "{edit}: {} {action}", who.role.0);
        }
    }
}

#[test]
fn k32_what_is_unknown_or_missing_is_denied() {
    let bundle = only(PERMIT_ALL);
    let owner = member("owner");
    let workspace = workspace(&bundle);
    let principal = Principal::Member(owner.clone());
    let good = AccessRequest {
        action: "getWorkspace",
        principal: &principal,
        workspace: Some(&workspace),
        resource: &Resource::Workspace,
        target_role: None,
        target_tier: None,
        now: NOW,
    };
    assert_eq!(bundle.decide(&good), Decision::Allow);
    let stranger = member("guest");
    let (as_stranger, on_stranger) = (Principal::Member(stranger.clone()), Resource::Member(stranger));
    let odd_seat = SeatFacts {
        workspace: owner.workspace,
        id: "00000000-0000-7000-8000-000000000001".parse().unwrap(),
        tier: TierId("gold".to_owned()),
        live: true,
        paid_until: Some(NOW),
    };
    let odd_holder = Principal::Member(MemberFacts { seat: Some(odd_seat.clone()), ..owner.clone() });
    let ancient =
        SeatFacts { tier: TierId("pro".to_owned()), paid_until: Some(Timestamp::MIN), ..odd_seat.clone() };
    let colleague = Resource::Member(other("admin"));
    let (odd_seat, ancient) = (Resource::Seat(odd_seat), Resource::Seat(ancient));
    let (admin, pro) = (RoleId("admin".to_owned()), TierId("pro".to_owned()));
    let invite = AccessRequest { action: "invite", ..good };
    // A seat of an unknown tier is a seat without features.
    let needs_a_seat = AccessRequest { principal: &odd_holder, ..good };
    assert_eq!(bundle.decide(&needs_a_seat), Decision::Allow);
    assert_eq!(pack().decide(&AccessRequest { action: "useProduct", ..needs_a_seat }), Decision::Allow);
    let features = AccessRequest { action: "viewAnalytics", ..needs_a_seat };
    assert_eq!(pack().decide(&features), deny("pro_seat_required"));
    // An unknown role is one without rank: whoever manages members can act on its holder, and its holder has
    // only the permissions of every member.
    let removal = AccessRequest { action: "removeMember", resource: &on_stranger, ..good };
    assert_eq!(bundle.decide(&removal), Decision::Allow);
    assert_eq!(pack().decide(&AccessRequest { principal: &as_stranger, ..good }), DENY);
    let upward = AccessRequest { action: "removeMember", resource: &colleague, ..good };
    let upward = AccessRequest { principal: &as_stranger, ..upward };
    assert_eq!(bundle.decide(&upward), deny("staff_only"));
    // The guardrails hold for it, and the action exists on it: a seat of an unknown tier can be cancelled.
    assert_eq!(
        bundle.decide(&AccessRequest { action: "cancelSeat", resource: &odd_seat, ..good }),
        Decision::Allow
    );
    for (what, request) in [
        ("an unknown action", AccessRequest { action: "fly", ..good }),
        ("a group", AccessRequest { action: "recovery", ..good }),
        ("no action", AccessRequest { action: "", ..good }),
        ("no workspace", AccessRequest { workspace: None, ..good }),
        (
            "a target in no workspace",
            AccessRequest { action: "removeMember", resource: &colleague, workspace: None, ..good },
        ),
        (
            "a time before years had four digits",
            AccessRequest { action: "cancelSeat", resource: &ancient, ..good },
        ),
        ("another resource", AccessRequest { resource: &Resource::Platform, ..good }),
        ("another principal", AccessRequest { principal: &Principal::Visitor, ..good }),
        ("no role to give", invite),
        ("a role where none is given", AccessRequest { target_role: Some(&admin), ..good }),
        ("a tier where no seat is given", AccessRequest { target_tier: Some(&pro), ..good }),
    ] {
        assert_eq!(bundle.decide(&request), DENY, "{what}");
    }
}

#[test]
fn k32_an_invitation_into_a_workspace_that_was_not_loaded_is_not_joined() {
    let user = UserFacts { id: person("user"), email_verified: true };
    let workspace = workspace(&pack());
    let invitation = InvitationFacts {
        id: InvitationId { workspace: workspace.id, serial: user.id.0 },
        role: RoleId("member".to_owned()),
        tier: None,
    };
    for (loaded, then) in [(Some(&workspace), Decision::Allow), (None, DENY)] {
        let request = AccessRequest {
            action: "join",
            principal: &Principal::User(user.clone()),
            workspace: loaded,
            resource: &Resource::Invitation(invitation.clone()),
            target_role: None,
            target_tier: None,
            now: NOW,
        };
        assert_eq!(pack().decide(&request), then);
    }
}

#[test]
fn k32_a_file_called_like_a_core_file_is_the_packs_own() {
    for name in ["floor.cedar", "guardrails.cedar"] {
        let mut files = files();
        files.insert(name.to_owned(), "@id(\"all\") permit (principal, action, resource);".to_owned());
        files.insert("x.cedar".to_owned(), FORBID_ALL.to_owned());
        let bundle = Bundle::compile(&files).unwrap();
        assert_eq!(
            ask(&bundle, &member("owner"), "buySeats", &Resource::Workspace, None),
            deny("y"),
            "{name}"
        );
    }
}

#[test]
fn k32_nonsense_is_a_fault_and_no_panic() {
    for text in ["", "\0", "[", "name = 1", "permit", "é;", "\"", "//", "@id(\"\\", "entity", "{}"] {
        for file in ["product.toml", "app.cedarschema", "roles.cedar"] {
            let mut files = files();
            files.insert(file.to_owned(), text.to_owned());
            // Some of it is no fault, such as an empty file of policies.
            if let Err(fault) = Bundle::compile(&files) {
                assert_eq!(fault.location.file, file, "{text}");
                assert!(!fault.message.is_empty());
            }
        }
    }
    assert!(Bundle::compile(&Files::new()).is_err());
}

#[test]
fn the_first_forbid_gives_the_reason() {
    let forbid =
        "@id(\"x\") @reason(\"second\") forbid (principal, action in Action::\"members.manage\", resource);";
    let bundle = with(forbid);
    let outranked = ask(&bundle, &member("admin"), "removeMember", &Resource::Member(other("owner")), None);
    assert_eq!(outranked, deny("target_outranks_you"), "guardrails go before the pack");
    let mut files = files();
    files.insert(
        "a.cedar".to_owned(),
        "@id(\"a\") @reason(\"first\") forbid (principal, action, resource);".to_owned(),
    );
    files.insert(
        "x.cedar".to_owned(),
        "@id(\"x\") @reason(\"last\") forbid (principal, action, resource);".to_owned(),
    );
    let bundle = Bundle::compile(&files).unwrap();
    for _ in 0..20 {
        let own = ask(&bundle, &member("owner"), "requestLeave", &Resource::Workspace, None);
        assert_eq!(own, deny("first"), "files go by name");
    }
}

/// May a member with this role and this time of joining do it to that target?
#[test]
fn rules_can_ask_for_the_time_of_joining() {
    // An attribute can also be named by a string, with escapes.
    for joined_at in [".joinedAt", "[\"joinedAt\"]", "[\"joined\\u{41}t\"]"] {
        let bundle = with(&format!(
            "@id(\"x\") @reason(\"too_new\") forbid (principal is Member, action == Action::\"removeMember\", resource is Member)
             when {{ context.now.durationSince(principal{joined_at}) < duration(\"24h\") ||
                    context.now.durationSince(resource{joined_at}) < duration(\"24h\") }};",
        ));
        let hours = |hours| NOW.saturating_sub(jiff::SignedDuration::from_hours(hours)).unwrap();
        let of = |role: &MemberFacts, hours_ago| MemberFacts { joined_at: hours(hours_ago), ..role.clone() };
        let remove = |caller: i64, target: i64| {
            let target = Resource::Member(of(&other("member"), target));
            ask(&bundle, &of(&member("admin"), caller), "removeMember", &target, None)
        };
        assert_eq!(remove(24, 24), Decision::Allow, "{joined_at}");
        assert_eq!(remove(23, 24), deny("too_new"), "{joined_at}");
        assert_eq!(remove(24, 23), deny("too_new"), "{joined_at}");
    }
}

#[test]
fn rules_can_ask_for_the_tier_that_is_given() {
    let bundle = with(
        "@id(\"x\") @reason(\"basic_only\") forbid (principal in Role::\"admin\", action == Action::\"invite\", resource)
         unless { context has targetTier && context.targetTier == SeatTier::\"basic\" };",
    );
    let principal = Principal::Member(member("admin"));
    let (workspace, role) = (workspace(&bundle), RoleId("member".to_owned()));
    let invite = |tier: Option<&str>| {
        let tier = tier.map(|tier| TierId(tier.to_owned()));
        bundle.decide(&AccessRequest {
            action: "invite",
            principal: &principal,
            workspace: Some(&workspace),
            resource: &Resource::Workspace,
            target_role: Some(&role),
            target_tier: tier.as_ref(),
            now: NOW,
        })
    };
    assert_eq!(invite(Some("basic")), Decision::Allow);
    // A tier that the pack does not have is the dropped one.
    for refused in [None, Some("pro"), Some("gold")] {
        assert_eq!(invite(refused), deny("basic_only"), "{refused:?}");
    }
}
