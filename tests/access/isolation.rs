//! Ids, links and domains of one workspace open nothing in another (K29).

use std::collections::BTreeSet;

use seatwise_domain::{ApiKeyId, InvitationId, LeaveRequestId};
use serde_json::{Value, json};
use uuid::Uuid;

use super::world::{Case, DOMAIN, NOTHING, PACKS, Target, World, action, is_of_members, shown};
use crate::support::catalogue::of_people;
use crate::support::client::Client as _;

#[tokio::test]
async fn k29_ids_of_one_workspace_open_nothing_in_another() {
    let (pack, plan) = PACKS[0];
    let world = World::new(pack, plan).await;
    let app = &world.app;
    // Somebody governs the one and is a plain member of the other: their own ids are known in both.
    let rival = app.sign_in("caller@member.example").await;
    let own = app.workspace(&rival).await;
    app.buy(&rival, &own, "pro", 2).await;
    let before = app.dump().await;
    let rival_id = rival.id().to_string();
    let mut asked = 0;
    for row in of_people().filter(|row| is_of_members(action(&world.bundle, row))) {
        let info = action(&world.bundle, row);
        for target in world.targets(info) {
            let is_rival = matches!(target, Target::Member(member) if member.user.to_string() == rival_id);
            if is_rival || matches!(target, Target::Workspace) {
                continue;
            }
            let Case { path, body, .. } = world.case(row, &own, target, None);
            let reply = app.ask(&rival, row, &path, body.clone()).await;
            let what = format!("{} {path} {body}: {}", row.method, reply.text);
            let is_own_leave =
                matches!(target, Target::LeaveRequest(it) if it.requester.user.to_string() == rival_id);
            match (row.name, is_own_leave) {
                // Told before it is said whether there is such a request.
                ("withdraw-leave", false) => {
                    assert_eq!(shown(&reply), "403 forbidden (not_your_request)", "{what}");
                }
                // Said before it is looked for.
                ("rotate-api-key", _) => {
                    let reasons =
                        ["not_your_key", "pro_seat_required"].map(|it| format!("403 forbidden ({it})"));
                    assert!(reasons.contains(&shown(&reply)), "{what}");
                }
                ("approve-leave", true) => assert_eq!(shown(&reply), "403 own_removal", "{what}"),
                _ if row.path.contains("{keyId}") => {
                    assert_eq!(shown(&reply), "404 key_unknown", "{what}");
                }
                _ => assert_eq!(shown(&reply), "404 not_found", "{what}"),
            }
            // The same as for an id of nothing at all.
            let nothing = |text: String| text.replace(&target_id(target), &made_up(target));
            let body = serde_json::from_str(&nothing(body.to_string())).expect("JSON");
            let made_up = app.ask(&rival, row, &nothing(path), body).await;
            assert_eq!(reply.anonymous(), made_up.anonymous(), "{what}");
            asked += 1;
        }
    }
    assert!(asked > 20, "{asked}");
    // A seat of the other is none to put anybody on, nor to invite anybody to.
    let seat = json!({ "seatId": world.seat.id });
    app.call(&rival, "PUT", &format!("{own}/members/{rival_id}/seat"), seat.clone())
        .await
        .expect_problem(409, "seat_not_available");
    app.post(&rival, &format!("{own}/invitations"), seat).await.expect_problem(409, "seat_not_available");
    assert_eq!(app.dump().await.changed_since(&before), [""; 0]);
}

#[tokio::test]
async fn k29_links_and_domains_of_one_workspace_are_none_of_anothers() {
    let (pack, plan) = PACKS[2];
    let world = World::new(pack, plan).await;
    let app = &world.app;
    let own = app.workspace(&world.stranger).await;
    app.set_plan(&own, plan).await;
    let before = app.dump().await;
    for list in ["links", "domains"] {
        let listed = app.get(&world.stranger, &format!("{own}/{list}")).await.expect(200);
        assert_eq!(listed["items"], json!([]), "{list}");
    }
    let delete =
        async |path: &str| app.call(&world.stranger, "DELETE", &format!("{own}/{path}"), Value::Null).await;
    delete(&format!("domains/{DOMAIN}")).await.expect_problem(404, "not_found");
    for role in world.roles() {
        delete(&format!("links/{}", role.0)).await.expect(204);
    }
    assert_eq!(app.dump().await.changed_since(&before), [""; 0]);
    // One that both claim is the other's no less: they are told of different records.
    let claimed = app.call(&world.stranger, "PUT", &format!("{own}/domains/{DOMAIN}"), Value::Null).await;
    let listed = app.get(&world.creator, &format!("{}/domains", world.workspace)).await.expect(200);
    assert_ne!(claimed.expect(200)["record"], listed["items"][0]["record"]);
}

#[tokio::test]
async fn k29_a_logo_is_for_who_has_its_address() {
    let (pack, plan) = PACKS[0];
    let world = World::new(pack, plan).await;
    let app = &world.app;
    let (path, query) = world.logo.split_once('?').expect("a query");
    let key = query.strip_prefix("key=").and_then(|query| query.split('&').next()).expect("a key");
    assert!(key.len() == 32 && key.bytes().all(|byte| byte.is_ascii_hexdigit()), "{key}");
    let picture = app.call(None, "GET", &world.logo, Value::Null).await;
    assert_eq!(picture.headers["content-type"], "image/png");
    // Not even for its owner without the key, and nothing tells a wrong key from no such workspace.
    app.get(&world.creator, path).await.expect_problem(422, "invalid_request");
    for bad in ["", "x", &key[..31], &format!("{key}0"), "%00"] {
        let problem = app.call(None, "GET", &format!("{path}?key={bad}"), Value::Null).await;
        let problem = problem.expect_problem(422, "invalid_request");
        assert_eq!(problem["errors"][0], json!({ "field": "key", "message": "is not a valid id" }));
    }
    let other = app.workspace(&world.stranger).await;
    let uploaded = app.logo(&world.stranger, &other).await;
    let other_key = uploaded.split(['=', '&']).nth(1).expect("a key");
    let no_logo = app.workspace(&world.invited).await;
    let mut answers = BTreeSet::new();
    for (path, key) in [
        (path, other_key),
        (path, &"0".repeat(32)),
        (path, &key.chars().rev().collect::<String>()),
        (&format!("{no_logo}/logo"), key),
        (&format!("/v1/workspaces/{}/logo", Uuid::from_u128(7)), key),
        ("/v1/workspaces/x/logo", key),
    ] {
        let reply = app.call(None, "GET", &format!("{path}?key={key}"), Value::Null).await;
        answers.insert(reply.anonymous().2);
        reply.expect_problem(404, "not_found");
    }
    assert_eq!(answers.len(), 1, "{answers:?}");
    // Removed, its address leads nowhere; uploaded again, it is another.
    app.call(&world.creator, "DELETE", path, Value::Null).await.expect(204);
    app.call(None, "GET", &world.logo, Value::Null).await.expect_problem(404, "not_found");
    assert_ne!(app.logo(&world.creator, &world.workspace).await, world.logo);
    app.call(None, "GET", &world.logo, Value::Null).await.expect_problem(404, "not_found");
}

fn target_id(target: Target<'_>) -> String {
    match target {
        Target::Workspace => String::new(),
        Target::Member(it) => it.user.to_string(),
        Target::Seat(it) => it.id.to_string(),
        Target::Invitation(it) => it.id.to_string(),
        Target::LeaveRequest(it) => it.id.to_string(),
        Target::ApiKey(it) => it.id.to_string(),
    }
}

/// An id of the same kind, of nothing. A leave request's says who asks: the same person.
fn made_up(target: Target<'_>) -> String {
    let serial = NOTHING;
    match target {
        Target::Workspace => String::new(),
        Target::Member(_) | Target::Seat(_) => serial.to_string(),
        Target::Invitation(it) => InvitationId { serial, ..it.id }.to_string(),
        Target::LeaveRequest(it) => LeaveRequestId { serial, ..it.id }.to_string(),
        Target::ApiKey(it) => ApiKeyId { serial, ..it.id }.to_string(),
    }
}
