//! The permissions of a member, as the product asks for them.

use seatwise_cli::dev::ISSUER;
use serde_json::{Value, json};

use crate::support::app::App;
use crate::support::client::Client as _;
use crate::support::office::{AI, office};

#[tokio::test]
async fn r1_admins_administer_members_have_ai_and_viewers_look() {
    let (app, ada, workspace) = office("role-seats").await;
    let mel = app.bring(&ada, &workspace, "mel@acme.example", "member").await;
    let vic = app.bring(&ada, &workspace, "vic@acme.example", "viewer").await;
    let administration = [
        "manageBilling",
        "manageCompliance",
        "manageIntegrations",
        "updateWorkspace",
        "updateSettings",
        "setCoordinator",
        "listMembers",
        "changeRole",
        "removeMember",
        "invite",
        "createLink",
        "assignSeats",
    ];
    assert_eq!(app.allowed(&ada, &workspace, &AI).await, AI);
    assert_eq!(app.allowed(&ada, &workspace, &administration).await, administration);
    assert_eq!(app.allowed(&mel, &workspace, &AI).await, AI);
    assert!(app.allowed(&mel, &workspace, &administration).await.is_empty());
    assert!(app.allowed(&vic, &workspace, &AI).await.is_empty());
    assert!(app.allowed(&vic, &workspace, &administration).await.is_empty());
    let asked = app.post(&vic, &format!("{workspace}/authorize"), json!({ "actions": AI })).await.expect(200);
    for decision in asked["decisions"].as_array().unwrap() {
        assert_eq!(decision["reason"], "seat_required", "{decision}");
    }

    // And so do the operations themselves; all see content, and a viewer takes no seat.
    for who in [&mel, &vic] {
        assert_eq!(app.allowed(who, &workspace, &["viewContent", "getWorkspace"]).await.len(), 2);
        for (method, path, body) in [
            ("PATCH", "", json!({ "name": "Theirs" })),
            ("PATCH", "/settings", json!({ "autoAssignSeats": false })),
            ("GET", "/members", Value::Null),
            ("GET", "/members/export", Value::Null),
            ("POST", "/invitations", json!({ "emails": ["x@acme.example"], "role": "viewer" })),
            ("GET", "/invitations/quota", Value::Null),
            ("GET", "/links", Value::Null),
            ("POST", "/seats/assign", Value::Null),
            ("DELETE", "", Value::Null),
        ] {
            app.call(who, method, &format!("{workspace}{path}"), body).await.expect_problem(403, "forbidden");
        }
    }
    assert_eq!(app.seats(&vic, &workspace).await, [5, 2, 3]);
    app.call(&ada, "PATCH", &workspace, json!({ "name": "Ours" })).await.expect(200);
}

#[tokio::test]
async fn l9_each_rung_may_what_the_one_below_may_and_more() {
    let (app, olga, workspace) = office("role-ladder").await;
    let adam = app.bring(&olga, &workspace, "adam@acme.example", "admin").await;
    let mel = app.bring(&olga, &workspace, "mel@acme.example", "member").await;
    let of_members = ["editFlows", "viewAnalytics"];
    let of_admins =
        ["manageChannels", "manageIntegrations", "manageEcommerce", "manageTemplates", "manageMiniApps"];
    let of_owners = [
        "manageSubscriptions",
        "managePayments",
        "updateWorkspace",
        "listMembers",
        "invite",
        "changeRole",
        "deleteWorkspace",
    ];
    for (who, rungs) in [(&mel, 1), (&adam, 2), (&olga, 3)] {
        for (rung, actions) in [&of_members[..], &of_admins, &of_owners].into_iter().enumerate() {
            let expected = if rung < rungs { actions.to_vec() } else { vec![] };
            assert_eq!(app.allowed(who, &workspace, actions).await, expected, "{}", who.email);
        }
        let listed = app.get(who, &format!("{workspace}/permissions")).await.expect(200);
        let may = |action: &str| listed["actions"].as_array().unwrap().contains(&json!(action));
        assert_eq!(
            (may("editFlows"), may("manageChannels"), may("managePayments")),
            (true, rungs > 1, rungs > 2)
        );
    }
    // At once up, and at once down.
    app.change_role(&olga, &workspace, &mel, "admin").await.expect(200);
    assert_eq!(app.allowed(&mel, &workspace, &of_admins).await, of_admins);
    app.change_role(&olga, &workspace, &mel, "member").await.expect(200);
    assert!(app.allowed(&mel, &workspace, &of_admins).await.is_empty());
    let actions = json!({ "actions": ["managePayments", "fly"] });
    let asked = app.post(&mel, &format!("{workspace}/authorize"), actions).await.expect(200);
    let reasons = [&asked["decisions"][0]["reason"], &asked["decisions"][1]["reason"]];
    assert_eq!(reasons, [&json!("staff_only"), &json!("unknown_action")]);
}

#[tokio::test]
async fn s11_pro_seats_carry_analytics_and_public_api() {
    let app = App::new().await;
    let owner = app.sign_in("olga@acme.example").await;
    let workspace = app.workspace(&owner).await;
    let seats = format!("{workspace}/seats");
    app.post(&owner, &seats, json!({ "tier": "gold", "quantity": 1 }))
        .await
        .expect_problem(422, "tier_unknown");
    let bought = app.post(&owner, &seats, json!({ "tier": "pro", "quantity": 1 })).await.expect(201);
    assert_eq!(bought["items"][0]["price"], json!({ "amount": 2900, "currency": "EUR" }));
    app.buy(&owner, &workspace, "basic", 1).await;
    for (email, tier, allowed) in [("pro@acme.example", "pro", true), ("basic@acme.example", "basic", false)]
    {
        let invite = json!({ "emails": [email], "tier": tier });
        let invited = app.post(&owner, &format!("{workspace}/invitations"), invite).await.expect(201);
        let person = app.sign_in(email).await;
        app.join(&person, &invited["items"][0]["invitation"]).await.expect(200);
        let actions =
            json!({ "actions": ["useProduct", "viewAnalytics", "usePublicApi", "buySeats", "fly"] });
        let asked = app.post(&person, &format!("{workspace}/authorize"), actions).await.expect(200);
        let said: Vec<bool> = asked["decisions"]
            .as_array()
            .unwrap()
            .iter()
            .map(|one| one["allowed"].as_bool().unwrap())
            .collect();
        assert_eq!(said, [true, allowed, allowed, false, false], "{tier}");
        assert_eq!(asked["decisions"][4]["reason"], "unknown_action");
        let listed = app.get(&person, &format!("{workspace}/permissions")).await.expect(200);
        let may = listed["actions"].as_array().unwrap().contains(&json!("viewAnalytics"));
        assert_eq!(may, allowed);
        app.post(&person, &seats, json!({ "quantity": 1 })).await.expect_problem(403, "forbidden");
    }
}

/// A decision: whether it is allowed, and the reason if it is not.
fn decided(answer: &Value) -> Vec<(bool, Option<&str>)> {
    let decisions = answer["decisions"].as_array().expect("decisions").iter();
    let each = decisions.map(|decision| {
        let reason = decision["reason"].as_str();
        assert_eq!(decision["detail"].is_string(), reason.is_some(), "{decision}");
        (decision["allowed"].as_bool().expect("a flag"), reason)
    });
    each.collect()
}

/// F10, L9: what the menu on a row needs, each entry with its reason.
#[tokio::test]
async fn f10_a_menu_knows_what_can_be_done_to_each_row() {
    let (app, ada, workspace) = office("role-seats").await;
    let mel = app.bring(&ada, &workspace, "mel@acme.example", "member").await;
    let invitation = app.invite(&ada, &workspace, "new@acme.example", "member").await;
    let [ada_id, mel_id] = [ada.id(), mel.id()].map(|id| id.to_string());
    let nobody = "00000000-0000-4000-8000-000000000000";
    let checks = json!([
        { "action": "removeMember", "member": mel_id },
        { "action": "removeMember", "member": ada_id },
        { "action": "removeMember", "member": nobody },
        { "action": "changeRole", "member": mel_id, "role": "admin" },
        { "action": "changeRole", "member": mel_id, "role": "wizard" },
        { "action": "changeRole", "member": mel_id },
        { "action": "changeInvitation", "invitation": invitation["id"] },
        { "action": "changeInvitation", "invitation": invitation["id"], "role": "viewer" },
        { "action": "getWorkspace" },
        { "action": "removeMember" },
        { "action": "fly", "member": mel_id },
    ]);
    let path = format!("{workspace}/authorize");
    let of_ada = app.post(&ada, &path, json!({ "checks": checks })).await.expect(200);
    let allowed = (true, None);
    assert_eq!(
        decided(&of_ada),
        [
            allowed,
            (false, Some("last_governor")),
            (false, Some("not_found")),
            allowed,
            (false, Some("role_unknown")),
            allowed,
            allowed,
            allowed,
            allowed,
            allowed,
            (false, Some("unknown_action")),
        ],
        "{of_ada}"
    );
    // Each agrees with what the operation says.
    app.call(&ada, "DELETE", &format!("{workspace}/members/{ada_id}"), Value::Null)
        .await
        .expect_problem(409, "last_governor");
    // Who may not, learns from no answer who is there: real and made-up targets are alike.
    let of_mel = app.post(&mel, &path, json!({ "checks": checks })).await.expect(200);
    let decisions = decided(&of_mel);
    assert!(decisions[..8].iter().all(|(allowed, _)| !allowed), "{of_mel}");
    assert_eq!(of_mel["decisions"][1], of_mel["decisions"][2]);
    assert_eq!(decisions[8], allowed);
}

#[tokio::test]
async fn l9_checks_that_make_no_sense_are_named() {
    let (app, ada, workspace) = office("role-seats").await;
    let id = ada.id().to_string();
    let path = format!("{workspace}/authorize");
    let check = |check: Value| json!({ "checks": [{ "action": "getWorkspace" }, check] });
    let many = |count: usize| json!({ "checks": vec![json!({ "action": "getWorkspace" }); count] });
    for (body, field) in [
        (json!({}), "actions"),
        (json!({ "actions": ["invite"], "checks": [{ "action": "invite" }] }), "checks"),
        (json!({ "checks": [] }), "checks"),
        (many(101), "checks"),
        (check(json!({ "action": "removeMember", "member": "x" })), "checks[1].member"),
        (check(json!({ "action": "removeMember", "member": id, "seat": id })), "checks[1].seat"),
        (check(json!({ "action": "buySeats", "member": id })), "checks[1].member"),
        (check(json!({ "action": "getWorkspace", "role": "admin" })), "checks[1].role"),
        (check(json!({ "action": "removeMember", "member": id, "tier": "pro" })), "checks[1].tier"),
        (check(json!({ "action": "getWorkspace", "tier": "pro" })), "checks[1].tier"),
        (json!({ "actions": ["invite"], "userId": id }), "userId"),
        (json!({ "actions": ["invite"], "issuer": "i", "subject": "s" }), "issuer"),
    ] {
        let problem = app.post(&ada, &path, body.clone()).await.expect_problem(422, "invalid_request");
        assert_eq!(problem["errors"][0]["field"], field, "{body}: {problem}");
    }
    app.post(&ada, &path, many(100)).await.expect(200);
}

/// A backend asks for a named user, and gets what the user would get.
#[tokio::test]
async fn k64_a_service_asks_for_a_named_user() {
    let (app, ada, workspace) = office("role-seats").await;
    let mel = app.bring(&ada, &workspace, "mel@acme.example", "member").await;
    let stranger = app.sign_in("sam@else.example").await;
    let path = format!("{workspace}/authorize");
    let backend = app.service("backend").await;
    let checks = json!([
        { "action": "removeMember", "member": mel.id().to_string() },
        { "action": "updateWorkspace" },
        { "action": "getWorkspace" },
    ]);
    for who in [&ada, &mel] {
        let own = app.post(who, &path, json!({ "checks": checks })).await.expect(200);
        let asked = json!({ "checks": checks, "userId": who.id().to_string() });
        assert_eq!(app.post(&backend, &path, asked).await.expect(200), own);
    }
    let of_stranger = json!({ "checks": checks, "userId": stranger.id().to_string() });
    let refused = app.post(&backend, &path, of_stranger).await.expect(200);
    assert_eq!(decided(&refused), [(false, Some("not_a_member")); 3]);
    // Named by the token of the user, in parts.
    let subject = mel.subject();
    let by_parts = json!({ "checks": checks, "issuer": ISSUER, "subject": subject });
    let own = app.post(&mel, &path, json!({ "checks": checks })).await.expect(200);
    assert_eq!(app.post(&backend, &path, by_parts).await.expect(200), own);
    for (body, field) in [
        (json!({ "checks": checks }), "userId"),
        (json!({ "checks": checks, "subject": subject }), "issuer"),
        (json!({ "checks": checks, "issuer": "i" }), "subject"),
        (
            json!({ "checks": checks, "userId": mel.id().to_string(), "issuer": "i", "subject": "s" }),
            "userId",
        ),
    ] {
        let problem = app.post(&backend, &path, body).await.expect_problem(422, "invalid_request");
        assert_eq!(problem["errors"][0]["field"], field);
    }
}

/// What is known of a member counts, also beside a question without a target.
#[tokio::test]
async fn f10_a_target_is_decided_as_it_is() {
    let (app, olga, workspace) = office("role-ladder").await;
    let otto = app.bring(&olga, &workspace, "otto@acme.example", "owner").await;
    let adam = app.bring(&olga, &workspace, "adam@acme.example", "admin").await;
    // The creator ranks below an owner now.
    app.change_role(&otto, &workspace, &olga, "member").await.expect(200);
    let path = format!("{workspace}/authorize");
    let [olga_id, otto_id] = [&olga, &otto].map(|who| who.id().to_string());
    for (who, target) in [(&otto, &olga_id), (&adam, &olga_id), (&adam, &otto_id)] {
        let one = json!({ "action": "removeMember", "member": target });
        let alone = app.post(who, &path, json!({ "checks": [one] })).await.expect(200);
        let beside = json!({ "checks": [{ "action": "removeMember" }, { "action": "changeRole" }, one] });
        let beside = app.post(who, &path, beside).await.expect(200);
        assert_eq!(beside["decisions"][2], alone["decisions"][0]);
    }
}

/// Every kind of target is decided, also one that is not there.
#[tokio::test]
async fn f10_every_kind_of_target_is_asked_about() {
    let app = App::new().await;
    let olga = app.sign_in("olga@acme.example").await;
    let workspace = app.workspace(&olga).await;
    let tea = app.member(&olga, &workspace, "tea@acme.example", "member").await;
    let key = app.post(&tea, &format!("{workspace}/api-keys"), json!({ "name": "k" })).await.expect(201);
    let request = app.post(&tea, &format!("{workspace}/leave-requests"), json!({})).await.expect(201);
    let seats = app.get(&olga, &format!("{workspace}/seats")).await.expect(200);
    app.buy(&olga, &workspace, "pro", 1).await;
    let invitation = app.invite(&olga, &workspace, "new@acme.example", "member").await;
    let (uuid, long) = ("00000000-0000-4000-8000-000000000000", "A".repeat(43));
    for (action, target, id, nothing) in [
        ("removeMember", "member", json!(tea.id().to_string()), uuid),
        ("cancelSeat", "seat", seats["items"][0]["id"].clone(), uuid),
        ("revokeInvitation", "invitation", invitation["id"].clone(), &long),
        ("approveLeave", "leaveRequest", request["id"].clone(), &long),
        ("revokeApiKey", "apiKey", key["id"].clone(), &long),
    ] {
        let checks = json!([{ "action": action, target: id }, { "action": action, target: nothing }]);
        let asked = app.post(&olga, &format!("{workspace}/authorize"), json!({ "checks": checks })).await;
        assert_eq!(decided(&asked.expect(200)), [(true, None), (false, Some("not_found"))], "{action}");
    }
}

/// An invitation gives only the roles that the product invites as: the question and the operation agree on each role.
#[tokio::test]
async fn k56_a_role_that_no_invitation_gives_is_unknown_to_invite() {
    for pack in ["purchased-seats", "flat-owners", "role-seats", "role-ladder"] {
        let (app, owner, workspace) = office(pack).await;
        let product = app.get(&owner, "/v1/product").await.expect(200);
        let roles = product["roles"].as_array().expect("roles").iter().map(|role| role["id"].clone());
        let roles: Vec<Value> = roles.chain([json!("wizard")]).collect();
        let ask = |action: &str| -> Value {
            roles.iter().map(|role| json!({ "action": action, "role": role })).collect()
        };
        let given = app
            .post(&owner, &format!("{workspace}/authorize"), json!({ "checks": ask("invite") }))
            .await
            .expect(200);
        for (at, (role, (_, reason))) in roles.iter().zip(decided(&given)).enumerate() {
            let body = json!({ "emails": [format!("new-{at}@acme.example")], "role": role });
            let refused = app.post(&owner, &format!("{workspace}/invitations"), body).await;
            let is_unknown = refused.json["code"] == "role_unknown";
            assert_eq!(reason == Some("role_unknown"), is_unknown, "{pack}, {role}: {given}");
        }
        // The same role can be given to a member.
        let changes = app
            .post(&owner, &format!("{workspace}/authorize"), json!({ "checks": ask("changeRole") }))
            .await
            .expect(200);
        let unknown = decided(&changes).iter().filter(|(_, reason)| *reason == Some("role_unknown")).count();
        assert_eq!(unknown, 1, "{pack}: {changes}");
    }
}
