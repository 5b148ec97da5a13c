//! Nobody gives more than they have, and a role that was withdrawn counts at once (K30, K31).

use std::collections::BTreeSet;

use serde_json::{Value, json};

use super::world::{DOMAIN, PACKS, World, action, is_of_members};
use crate::support::app::App;
use crate::support::catalogue::{example, of_people};
use crate::support::client::Client as _;
use crate::support::contract::takes_json;
use crate::support::person::Person;
use crate::support::reply::text;

#[tokio::test]
async fn k30_nobody_gives_more_than_they_have() {
    let app = App::new().await;
    let owner = app.sign_in("olga@acme.example").await;
    let workspace = app.workspace(&owner).await;
    let admin = app.member(&owner, &workspace, "adam@acme.example", "admin").await;
    let member = app.member(&owner, &workspace, "mia@acme.example", "member").await;
    app.buy(&owner, &workspace, "pro", 3).await;
    let invitations = format!("{workspace}/invitations");
    let seats = app.get(&owner, &format!("{workspace}/seats?status=available")).await.expect(200);
    let seat = &seats["items"][0]["id"];

    // Inviting: by address, several at once, by a link, onto a seat.
    for body in [
        json!({ "emails": ["x@acme.example"], "role": "owner" }),
        json!({ "emails": ["x@acme.example", "y@acme.example"], "role": "owner" }),
        json!({ "role": "owner" }),
        json!({ "role": "owner", "seatId": seat }),
        json!({ "role": "owner", "sendEmail": false }),
    ] {
        app.post(&admin, &invitations, body).await.expect_problem(403, "role_above_own");
    }
    app.post(&member, &invitations, json!({ "role": "member" })).await.expect_problem(403, "forbidden");
    // Giving a role: to somebody else, and to oneself.
    let member_id = member.id().to_string();
    for id in [&member_id, &admin.id().to_string()] {
        let path = format!("{workspace}/members/{id}/role");
        app.call(&admin, "PUT", &path, json!({ "role": "owner" }))
            .await
            .expect_problem(403, "role_above_own");
    }
    let path = format!("{workspace}/members/{member_id}/role");
    // A caller who may not change roles at all is told just that.
    app.call(&member, "PUT", &path, json!({ "role": "admin" })).await.expect_problem(403, "forbidden");

    // A pending owner: the admin sees the invitation and no link, and cannot have it sent or taken back.
    let pending = app.invite(&owner, &workspace, "otto@acme.example", "owner").await;
    let plain = app.invite(&admin, &workspace, "max@acme.example", "member").await;
    let links = async |who: &Person| {
        let listed = app.get(who, &invitations).await.expect(200);
        let items = listed["items"].as_array().expect("a list").iter();
        items.filter(|item| item["url"].is_string()).map(|item| text(&item["id"])).collect::<BTreeSet<_>>()
    };
    let (pending, plain) = (text(&pending["id"]), text(&plain["id"]));
    assert_eq!(links(&owner).await, BTreeSet::from([pending.clone(), plain.clone()]));
    assert_eq!(links(&admin).await, BTreeSet::from([plain.clone()]));
    let one = format!("{invitations}/{pending}");
    app.post(&admin, &format!("{one}/resend"), json!({})).await.expect_problem(403, "role_above_own");
    app.call(&admin, "DELETE", &one, Value::Null).await.expect_problem(403, "role_above_own");
    let resent = app.post(&admin, &format!("{invitations}/{plain}/resend"), json!({})).await.expect(200);
    assert!(resent["url"].is_string());
}

#[tokio::test]
async fn k30_no_body_takes_a_field_too_many() {
    for (pack, plan) in [PACKS[0], PACKS[2]] {
        let world = World::new(pack, plan).await;
        let app = &world.app;
        let before = app.dump().await;
        let creator = &world.creator;
        for row in of_people().filter(|row| takes_json(row)) {
            let info = action(&world.bundle, row);
            let case = is_of_members(info).then(|| world.cases(row, info).remove(0));
            let (path, plain) = match case {
                Some(case) => (case.path, case.body),
                None => (world.outside_path(row), example(row)),
            };
            for field in
                ["workspaceId", "user", "rank", "governing", "isCreator", "creatorId", "__proto__", "Role"]
            {
                let mut body = plain.clone();
                body[field] = json!("owner");
                let reply = app.call(creator, row.method.as_str(), &path, body).await;
                let what = format!("{} with {field}: {}", row.route(), reply.text);
                let problem = reply.expect_problem(422, "invalid_request");
                assert_eq!(problem["errors"][0]["field"], field, "{what}");
                assert_eq!(problem["errors"][0]["message"], "is not a field of this request", "{what}");
            }
        }
        assert_eq!(app.dump().await.changed_since(&before), [""; 0]);
    }
}

#[tokio::test]
async fn k31_a_withdrawn_role_denies_the_next_request() {
    let app = App::new().await;
    let owner = app.sign_in("olga@acme.example").await;
    let workspace = app.workspace(&owner).await;
    // Their token was made before, and stays good all the time.
    let admin = app.member(&owner, &workspace, "adam@acme.example", "admin").await;
    let id = admin.id().to_string();
    let members = format!("{workspace}/members/{id}");
    let invitations = format!("{workspace}/invitations");
    app.get(&admin, &invitations).await.expect(200);
    app.call(&admin, "PATCH", &workspace, json!({ "name": "Mine" })).await.expect(200);

    app.call(&owner, "PUT", &format!("{members}/role"), json!({ "role": "member" })).await.expect(200);
    app.get(&admin, &invitations).await.expect_problem(403, "forbidden");
    app.call(&admin, "PATCH", &workspace, json!({ "name": "Mine" })).await.expect_problem(403, "forbidden");
    app.post(&admin, &invitations, json!({ "role": "admin" })).await.expect_problem(403, "role_above_own");
    let allowed = app.get(&admin, &format!("{workspace}/permissions")).await.expect(200);
    assert!(!allowed["actions"].as_array().expect("actions").contains(&json!("updateWorkspace")));
    app.get(&admin, &workspace).await.expect(200);

    app.call(&owner, "DELETE", &members, Value::Null).await.expect(204);
    for row in of_people().filter(|row| !row.public && row.path.contains("{workspaceId}")) {
        let path = row.path.replace("/v1/workspaces/{workspaceId}", &workspace).replace("{userId}", &id);
        let path = path.replace("{seatId}", &id).replace("{role}", "member").replace("{domain}", DOMAIN);
        let path = path.replace("{invitationId}", &"A".repeat(43)).replace("{requestId}", &"A".repeat(43));
        let path = path.replace("{purchaseId}", &id).replace("{addOn}", "extra-telegram-accounts");
        let path = path.replace("{keyId}", &"A".repeat(43));
        app.ask(&admin, row, &path, example(row)).await.expect_problem(404, "not_found");
    }
    assert_eq!(app.get(&admin, "/v1/workspaces").await.expect(200)["items"], json!([]));
    assert_eq!(app.get(&owner, &workspace).await.expect(200)["name"], "Mine");
}
