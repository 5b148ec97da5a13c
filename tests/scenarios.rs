//! What people do, from end to end: each requirement of the purchased seats by its id.

use serde_json::{Value, json};

use crate::support::app::App;
use crate::support::client::Client as _;
use crate::support::reply::{text, token_of};

#[tokio::test]
async fn the_main_job() {
    let app = App::new().await;
    let owner = app.sign_in_as(json!({ "email": "olga@acme.example", "firstName": "Olga" })).await;
    let entered = app.post(&owner, "/v1/me", json!({})).await.expect(200);
    assert_eq!(entered["next"], "onboarding");
    let workspace = app.workspace(&owner).await;
    app.buy(&owner, &workspace, "pro", 2).await;

    // A teammate is invited by mail, opens the link and joins that seat.
    let invitation = app.invite(&owner, &workspace, "tea@acme.example", "member").await;
    app.local.settle().await;
    let mails = app.local.mailbox.sent_to("tea@acme.example");
    assert_eq!(mails.len(), 1);
    assert_eq!(mails[0].links, [text(&invitation["url"])]);
    assert!(mails[0].subject.contains("Olga") && mails[0].subject.contains("Acme"));
    let tea =
        app.sign_in_as(json!({ "email": "tea@acme.example", "firstName": "Tea", "lastName": "Mate" })).await;
    let entered = app.post(&tea, "/v1/me", json!({})).await.expect(200);
    assert_eq!(entered["next"], "invitations");
    assert_eq!(entered["invitations"][0]["workspace"]["name"], "Acme");
    let joined = app.join_by(&tea, &mails[0].links[0]).await.expect(200);
    assert_eq!(joined["member"]["seat"]["id"], invitation["seatId"]);
    assert_eq!(joined["next"], "onboarding");

    // The teammate is made admin.
    let tea_id = tea.id().to_string();
    let changed = app
        .call(&owner, "PUT", &format!("{workspace}/members/{tea_id}/role"), json!({ "role": "admin" }))
        .await
        .expect(200);
    assert_eq!(changed["badge"]["label"], "Admin");

    // Another asks to leave and is let go.
    let lee = app.member(&owner, &workspace, "lee@acme.example", "member").await;
    let asked = app
        .post(&lee, &format!("{workspace}/leave-requests"), json!({ "reason": "Moving on" }))
        .await
        .expect(201);
    let path = format!("{workspace}/leave-requests/{}/approve", text(&asked["id"]));
    assert_eq!(app.post(&tea, &path, json!({})).await.expect(200)["status"], "approved");
    app.get(&lee, &workspace).await.expect_problem(404, "not_found");
    let details = app.get(&owner, &workspace).await.expect(200);
    assert_eq!(details["members"], 2);
    assert_eq!(
        details["seats"],
        json!({ "total": 3, "filled": 1, "pending": 0, "available": 2, "expired": 0 })
    );
}

#[tokio::test]
async fn s1_any_signed_in_user_creates_a_workspace_and_owns_it() {
    let app = App::new().await;
    // No account, no plan, not even a verified address.
    let anybody = app.sign_in_as(json!({ "email": "new@acme.example", "emailVerified": false })).await;
    let made = app.post(&anybody, "/v1/workspaces", json!({ "name": "First" })).await.expect(201);
    assert_eq!(made["role"], "owner");
    assert_eq!(made["creatorId"], anybody.id().to_string());
    let listed = app.get(&anybody, "/v1/workspaces").await.expect(200);
    assert_eq!(
        listed["items"][0],
        json!({ "id": made["id"], "name": "First", "logoUrl": null, "role": "owner" })
    );
}

#[tokio::test]
async fn s2_the_owner_has_a_free_slot_and_takes_a_seat_for_seat_features() {
    let app = App::new().await;
    let owner = app.sign_in("olga@acme.example").await;
    let workspace = app.workspace(&owner).await;
    let id = owner.id().to_string();
    let may_view = async |app: &App| {
        let asked = app
            .post(&owner, &format!("{workspace}/authorize"), json!({ "actions": ["viewAnalytics"] }))
            .await;
        asked.expect(200)["decisions"][0].clone()
    };
    let members = app.get(&owner, &format!("{workspace}/members")).await.expect(200);
    assert_eq!(
        (&members["items"][0]["freeSlot"], &members["items"][0]["seat"]),
        (&json!(true), &Value::Null)
    );
    assert_eq!(may_view(&app).await["allowed"], false);

    let seat = format!("{workspace}/members/{id}/seat");
    app.call(&owner, "PUT", &seat, json!({})).await.expect_problem(409, "no_seat_available");
    let bought = app.buy(&owner, &workspace, "pro", 1).await;
    let seated = app.call(&owner, "PUT", &seat, json!({ "seatId": bought[0] })).await.expect(200);
    assert_eq!((&seated["freeSlot"], &seated["seat"]["id"]), (&json!(false), &json!(bought[0])));
    assert_eq!(may_view(&app).await["allowed"], true);

    let stood = app.call(&owner, "DELETE", &seat, Value::Null).await.expect(200);
    assert_eq!((&stood["freeSlot"], &stood["seat"]), (&json!(true), &Value::Null));
    assert_eq!(may_view(&app).await["reason"], "pro_seat_required");
}

#[tokio::test]
async fn s2_the_free_slot_is_one() {
    let app = App::new().await;
    let owner = app.sign_in("olga@acme.example").await;
    let workspace = app.workspace(&owner).await;
    let tea = app.member(&owner, &workspace, "tea@acme.example", "member").await;
    let tea_id = tea.id().to_string();
    let role = format!("{workspace}/members/{tea_id}/role");
    // A second owner keeps the seat they have: the slot is taken.
    let made = app.call(&owner, "PUT", &role, json!({ "role": "owner" })).await.expect(200);
    assert_eq!(made["freeSlot"], false);
    let seat = format!("{workspace}/members/{tea_id}/seat");
    app.call(&owner, "DELETE", &seat, Value::Null).await.expect_problem(409, "seat_required");
    // The first owner, demoted, needs a seat, and there is none.
    let owner_role = format!("{workspace}/members/{}/role", owner.id());
    app.call(&tea, "PUT", &owner_role, json!({ "role": "member" }))
        .await
        .expect_problem(409, "no_seat_available");
    app.buy(&tea, &workspace, "basic", 1).await;
    let demoted = app.call(&tea, "PUT", &owner_role, json!({ "role": "member" })).await.expect(200);
    assert_eq!(demoted["seat"]["tier"], "basic");
    // Now the slot is free for the other.
    assert_eq!(app.call(&tea, "DELETE", &seat, Value::Null).await.expect(200)["freeSlot"], true);
}

#[tokio::test]
async fn s3_a_link_is_made_when_a_seat_is_available() {
    let app = App::new().await;
    let owner = app.sign_in("olga@acme.example").await;
    let workspace = app.workspace(&owner).await;
    let invitations = format!("{workspace}/invitations");
    app.post(&owner, &invitations, json!({})).await.expect_problem(409, "no_seat_available");
    app.buy(&owner, &workspace, "basic", 1).await;
    let made = app.post(&owner, &invitations, json!({})).await.expect(201);
    assert_eq!(made["items"][0]["email"], Value::Null);
    let url = text(&made["items"][0]["invitation"]["url"]);
    // Whoever has it joins, once.
    let first = app.sign_in("first@other.example").await;
    app.join_by(&first, &url).await.expect(200);
    let second = app.sign_in("second@other.example").await;
    app.join_by(&second, &url).await.expect_problem(410, "invitation_used");
}

#[tokio::test]
async fn s4_the_name_is_editable_and_the_id_stays() {
    let app = App::new().await;
    let owner = app.sign_in("olga@acme.example").await;
    let workspace = app.workspace(&owner).await;
    let body = json!({ "name": "Acme Europe", "timezone": "Europe/Berlin", "defaultFlowTheme": "dark" });
    let renamed = app.call(&owner, "PATCH", &workspace, body).await.expect(200);
    assert_eq!(renamed["name"], "Acme Europe");
    assert!(workspace.ends_with(&text(&renamed["id"])));
    assert_eq!(app.get(&owner, &workspace).await.expect(200)["timezone"], "Europe/Berlin");
    app.call(&owner, "PATCH", &workspace, json!({ "id": "x" })).await.expect_problem(422, "invalid_request");
    let tea = app.member(&owner, &workspace, "tea@acme.example", "member").await;
    app.call(&tea, "PATCH", &workspace, json!({ "name": "Mine" })).await.expect_problem(403, "forbidden");
}

#[tokio::test]
async fn s5_a_visitor_sees_what_a_link_leads_to_and_joins_after_sign_in() {
    let app = App::new().await;
    let owner = app.sign_in("olga@acme.example").await;
    let workspace = app.workspace(&owner).await;
    app.buy(&owner, &workspace, "pro", 1).await;
    let invitation = app.invite(&owner, &workspace, "tea@acme.example", "member").await;
    let url = text(&invitation["url"]);
    assert!(url.starts_with("https://app.example.com/join#token="), "{url}");
    let preview = app
        .call(None, "POST", "/v1/invitations/preview", json!({ "token": token_of(&url) }))
        .await
        .expect(200);
    assert_eq!(
        preview,
        json!({
            "workspace": { "name": "Acme", "logoUrl": null },
            "role": "member", "roleLabel": "Member", "boundToEmail": true, "status": "pending",
        })
    );
    app.call(None, "POST", "/v1/join", json!({ "token": token_of(&url) }))
        .await
        .expect_problem(401, "unauthenticated");
    let tea = app.sign_in("tea@acme.example").await;
    app.join_by(&tea, &url).await.expect(200);
}

#[tokio::test]
async fn s6_joining_checks_token_address_and_seat() {
    let app = App::new().await;
    let owner = app.sign_in("olga@acme.example").await;
    let workspace = app.workspace(&owner).await;
    let seat = &app.buy(&owner, &workspace, "pro", 1).await[0];
    let invitation = app.invite(&owner, &workspace, "tea@acme.example", "member").await;
    let url = text(&invitation["url"]);
    let tea = app.sign_in("tea@acme.example").await;
    app.join_by(&tea, &url.replace("#token=", "#token=A")).await.expect_problem(404, "invitation_unknown");
    let other = app.sign_in("eve@acme.example").await;
    app.join_by(&other, &url).await.expect_problem(403, "invitation_other_email");
    // The seat is cancelled, and ends before the invitation does.
    app.post(&owner, &format!("{workspace}/seats/{seat}/cancel"), json!({})).await.expect(200);
    app.advance(26 * 24 * 3600).await;
    let owner = app.sign_in("olga@acme.example").await;
    let id = text(&invitation["id"]);
    app.post(&owner, &format!("{workspace}/invitations/{id}/resend"), json!({}))
        .await
        .expect_problem(410, "invitation_expired");
}

#[tokio::test]
async fn s6_a_seat_that_has_ended_is_not_joined() {
    let app = App::with_edited_pack(
        "purchased-seats",
        &[("product.toml", "lifetime = \"P7D\"", "lifetime = \"P90D\"")],
    )
    .await;
    let owner = app.sign_in("olga@acme.example").await;
    let workspace = app.workspace(&owner).await;
    let seat = &app.buy(&owner, &workspace, "pro", 1).await[0];
    let invitation = app.invite(&owner, &workspace, "tea@acme.example", "member").await;
    app.post(&owner, &format!("{workspace}/seats/{seat}/cancel"), json!({})).await.expect(200);
    app.advance(32 * 24 * 3600).await;
    let tea = app.sign_in("tea@acme.example").await;
    app.join(&tea, &invitation).await.expect_problem(409, "no_seat_available");
}

#[tokio::test]
async fn s7_every_failure_to_join_has_a_reason() {
    let app = App::new().await;
    let owner = app.sign_in("olga@acme.example").await;
    let workspace = app.workspace(&owner).await;
    app.buy(&owner, &workspace, "pro", 5).await;
    let link = async |email: &str| text(&app.invite(&owner, &workspace, email, "member").await["url"]);

    let tea = app.sign_in("tea@acme.example").await;
    let url = link("tea@acme.example").await;
    app.join_by(&tea, &url).await.expect(200);
    app.join_by(&tea, &url).await.expect_problem(409, "already_member");
    let other = app.sign_in("other@acme.example").await;
    app.join_by(&other, &url).await.expect_problem(410, "invitation_used");

    let url = link("rev@acme.example").await;
    let rev = app.sign_in("rev@acme.example").await;
    app.join_by(&other, &url).await.expect_problem(403, "invitation_other_email");
    let listed = app.get(&owner, &format!("{workspace}/invitations?status=pending")).await.expect(200);
    let path = format!("{workspace}/invitations/{}", text(&listed["items"][0]["id"]));
    app.call(&owner, "DELETE", &path, Value::Null).await.expect(204);
    app.join_by(&rev, &url).await.expect_problem(410, "invitation_revoked");

    let url = link("unverified@acme.example").await;
    let unverified =
        app.sign_in_as(json!({ "email": "unverified@acme.example", "emailVerified": false })).await;
    app.join_by(&unverified, &url).await.expect_problem(403, "email_not_verified");

    let url = link("late@acme.example").await;
    app.advance(7 * 24 * 3600 - 60).await;
    let late = app.sign_in("late@acme.example").await;
    app.advance(61).await;
    app.join_by(&late, &url).await.expect_problem(410, "invitation_expired");
    app.join_by(&late, "#token=nonsense").await.expect_problem(404, "invitation_unknown");
}

#[tokio::test]
async fn s8_a_seat_is_filled_pending_available_or_expired() {
    let app = App::new().await;
    let owner = app.sign_in("olga@acme.example").await;
    let workspace = app.workspace(&owner).await;
    let seats = app.buy(&owner, &workspace, "basic", 3).await;
    let invite = json!({ "emails": ["tea@acme.example"], "seatId": seats[0] });
    let invited = app.post(&owner, &format!("{workspace}/invitations"), invite).await.expect(201);
    let tea = app.sign_in("tea@acme.example").await;
    app.join(&tea, &invited["items"][0]["invitation"]).await.expect(200);
    let invite = json!({ "emails": ["pat@acme.example"], "seatId": seats[1] });
    app.post(&owner, &format!("{workspace}/invitations"), invite).await.expect(201);
    let statuses = async |owner| {
        let listed = app.get(owner, &format!("{workspace}/seats")).await.expect(200);
        let items = listed["items"].as_array().unwrap().clone();
        seats
            .iter()
            .map(|id| text(&items.iter().find(|seat| seat["id"] == *id).unwrap()["status"]))
            .collect::<Vec<_>>()
    };
    assert_eq!(statuses(&owner).await, ["filled", "pending", "available"]);
    app.post(&owner, &format!("{workspace}/seats/{}/cancel", seats[0]), json!({})).await.expect(200);
    // An invitation that has expired gives its seat back; a seat that has ended is expired.
    app.advance(8 * 24 * 3600).await;
    let owner = app.sign_in("olga@acme.example").await;
    assert_eq!(statuses(&owner).await, ["filled", "available", "available"]);
    app.advance(24 * 24 * 3600).await;
    let owner = app.sign_in("olga@acme.example").await;
    assert_eq!(statuses(&owner).await, ["expired", "available", "available"]);
    let available = app.get(&owner, &format!("{workspace}/seats?status=expired")).await.expect(200);
    assert_eq!(available["items"].as_array().unwrap().len(), 1);
    // Who sits on it is still a member, without what the seat gave.
    let tea = app.sign_in("tea@acme.example").await;
    let asked = app
        .post(&tea, &format!("{workspace}/authorize"), json!({ "actions": ["useProduct"] }))
        .await
        .expect(200);
    assert_eq!(asked["decisions"][0]["reason"], "seat_required");
}

#[tokio::test]
async fn s9_invite_to_a_seat_resend_revoke_and_remove() {
    let app = App::new().await;
    let owner = app.sign_in_as(json!({ "email": "olga@acme.example", "firstName": "Olga" })).await;
    let workspace = app.workspace(&owner).await;
    let seats = app.buy(&owner, &workspace, "pro", 2).await;
    let invitations = format!("{workspace}/invitations");
    let body = json!({ "emails": ["tea@acme.example"], "seatId": seats[1] });
    let invited =
        app.post(&owner, &invitations, body.clone()).await.expect(201)["items"][0]["invitation"].clone();
    assert_eq!(invited["seatId"], json!(seats[1]));
    let again = json!({ "emails": ["pat@acme.example"], "seatId": seats[1] });
    app.post(&owner, &invitations, again).await.expect_problem(409, "seat_not_available");

    // The mail comes again with the link that is right.
    let id = text(&invited["id"]);
    let resent = app.post(&owner, &format!("{invitations}/{id}/resend"), json!({})).await.expect(200);
    app.local.settle().await;
    let mails = app.local.mailbox.sent_to("tea@acme.example");
    assert_eq!(mails.len(), 2);
    assert_eq!(mails[0].links, [text(&resent["url"])]);

    // Revoked, the seat is free and the address may be invited again.
    app.call(&owner, "DELETE", &format!("{invitations}/{id}"), Value::Null).await.expect(204);
    app.call(&owner, "DELETE", &format!("{invitations}/{id}"), Value::Null)
        .await
        .expect_problem(410, "invitation_revoked");
    app.post(&owner, &format!("{invitations}/{id}/resend"), json!({}))
        .await
        .expect_problem(410, "invitation_revoked");
    let invited = app.post(&owner, &invitations, body).await.expect(201)["items"][0]["invitation"].clone();
    let tea = app.sign_in_as(json!({ "email": "tea@acme.example", "firstName": "Tea" })).await;
    app.join(&tea, &invited).await.expect(200);

    // The list filters and sorts.
    let names = async |query: &str| -> Vec<String> {
        let listed = app.get(&owner, &format!("{workspace}/members{query}")).await.expect(200);
        listed["items"].as_array().unwrap().iter().map(|member| text(&member["email"])).collect()
    };
    app.invite(&owner, &workspace, "pat@acme.example", "member").await;
    assert_eq!(names("").await, ["olga@acme.example", "tea@acme.example"]);
    assert_eq!(names("?sort=-name").await, ["tea@acme.example", "olga@acme.example"]);
    assert_eq!(names("?seat=with").await, ["tea@acme.example"]);
    assert_eq!(names("?seat=without").await, ["olga@acme.example"]);
    assert_eq!(names("?search=TEA").await, ["tea@acme.example"]);
    assert_eq!(names("?role=owner").await, ["olga@acme.example"]);
    assert_eq!(names("?status=pending").await, ["pat@acme.example"]);
    assert_eq!(names("?status=all").await.len(), 3);

    // Removing a member frees the seat and keeps the account.
    let member = format!("{workspace}/members/{}", tea.id());
    app.call(&owner, "DELETE", &member, Value::Null).await.expect(204);
    app.call(&owner, "DELETE", &member, Value::Null).await.expect_problem(404, "not_found");
    let freed = app.get(&owner, &format!("{workspace}/seats?status=available")).await.expect(200);
    assert_eq!(freed["items"][0]["id"], json!(seats[1]));
    app.get(&tea, "/v1/me").await.expect(200);
    app.get(&tea, &workspace).await.expect_problem(404, "not_found");
    assert_eq!(app.get(&tea, "/v1/workspaces").await.expect(200)["items"], json!([]));
    // And may be invited again.
    app.invite(&owner, &workspace, "tea@acme.example", "member").await;
}

#[tokio::test]
async fn s9_several_are_invited_at_once_each_with_a_row() {
    let app = App::new().await;
    let owner = app.sign_in("olga@acme.example").await;
    let workspace = app.workspace(&owner).await;
    app.buy(&owner, &workspace, "basic", 2).await;
    let emails =
        json!(["a@acme.example", "A@acme.example", "olga@acme.example", "b@acme.example", "c@acme.example"]);
    let rows =
        app.post(&owner, &format!("{workspace}/invitations"), json!({ "emails": emails })).await.expect(201);
    let codes: Vec<&str> = rows["items"]
        .as_array()
        .unwrap()
        .iter()
        .map(|row| row["problem"]["code"].as_str().unwrap_or(""))
        .collect();
    assert_eq!(codes, ["", "invitation_pending", "already_member", "", "no_seat_available"]);
}

#[tokio::test]
async fn s10_a_member_asks_to_leave_and_owners_and_admins_decide() {
    let app = App::new().await;
    let owner = app.sign_in("olga@acme.example").await;
    let workspace = app.workspace(&owner).await;
    let admin = app.member(&owner, &workspace, "adam@acme.example", "admin").await;
    let tea = app.member(&owner, &workspace, "tea@acme.example", "member").await;
    let requests = format!("{workspace}/leave-requests");
    app.post(&owner, &requests, json!({})).await.expect_problem(403, "leave_not_offered");

    let asked = app.post(&tea, &requests, Value::Null).await.expect(201);
    assert_eq!((&asked["status"], &asked["reason"]), (&json!("pending"), &Value::Null));
    app.post(&tea, &requests, json!({ "reason": "again" })).await.expect_problem(409, "leave_pending");
    let one = format!("{requests}/{}", text(&asked["id"]));
    app.post(&tea, &format!("{one}/approve"), json!({})).await.expect_problem(403, "own_removal");
    // Taken back before a decision; and no decision after that.
    app.call(&admin, "DELETE", &one, Value::Null).await.expect_problem(403, "forbidden");
    app.call(&tea, "DELETE", &one, Value::Null).await.expect(204);
    app.post(&admin, &format!("{one}/approve"), json!({})).await.expect_problem(409, "leave_decided");

    let asked = app.post(&tea, &requests, json!({ "reason": "Moving on" })).await.expect(201);
    let one = format!("{requests}/{}", text(&asked["id"]));
    let denied =
        app.post(&admin, &format!("{one}/deny"), json!({ "reason": "Hand over first" })).await.expect(200);
    assert_eq!((&denied["status"], &denied["decisionReason"]), (&json!("denied"), &json!("Hand over first")));
    app.get(&tea, &workspace).await.expect(200);

    let asked = app.post(&tea, &requests, json!({})).await.expect(201);
    app.post(&admin, &requests, json!({})).await.expect(201);
    // Deciders see all, others their own.
    assert_eq!(app.get(&owner, &requests).await.expect(200)["items"].as_array().unwrap().len(), 4);
    assert_eq!(app.get(&tea, &requests).await.expect(200)["items"].as_array().unwrap().len(), 3);
    let one = format!("{requests}/{}", text(&asked["id"]));
    app.post(&owner, &format!("{one}/approve"), json!({})).await.expect(200);
    app.post(&owner, &format!("{one}/approve"), json!({})).await.expect_problem(409, "leave_decided");
    app.get(&tea, &workspace).await.expect_problem(404, "not_found");
}

#[tokio::test]
async fn s10_removal_closes_a_leave_request() {
    let app = App::new().await;
    let owner = app.sign_in("olga@acme.example").await;
    let workspace = app.workspace(&owner).await;
    let tea = app.member(&owner, &workspace, "tea@acme.example", "member").await;
    let requests = format!("{workspace}/leave-requests");
    app.post(&tea, &requests, json!({})).await.expect(201);
    app.call(&owner, "DELETE", &format!("{workspace}/members/{}", tea.id()), Value::Null).await.expect(204);
    let listed = app.get(&owner, &requests).await.expect(200);
    assert_eq!(listed["items"][0]["status"], "withdrawn");
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

#[tokio::test]
async fn s13_a_seat_is_cancelled_and_reactivated_on_its_own() {
    let app = App::new().await;
    let owner = app.sign_in("olga@acme.example").await;
    let workspace = app.workspace(&owner).await;
    let tea = app.member(&owner, &workspace, "tea@acme.example", "member").await;
    let spare = app.buy(&owner, &workspace, "basic", 1).await;
    let listed = app.get(&owner, &format!("{workspace}/seats?status=filled")).await.expect(200);
    let seat = format!("{workspace}/seats/{}", text(&listed["items"][0]["id"]));
    let cancelled = app.post(&owner, &format!("{seat}/cancel"), json!({})).await.expect(200);
    assert_eq!(cancelled["cancelsAt"], cancelled["paidThrough"]);
    assert_eq!(cancelled["status"], "filled");
    assert_eq!(app.post(&owner, &format!("{seat}/cancel"), json!({})).await.expect(200), cancelled);
    app.post(&tea, &format!("{seat}/cancel"), json!({})).await.expect_problem(403, "forbidden");
    let other = app.get(&owner, &format!("{workspace}/seats?status=available")).await.expect(200);
    assert_eq!((&other["items"][0]["id"], &other["items"][0]["cancelsAt"]), (&json!(spare[0]), &Value::Null));

    // The holder's features go on to the end and no longer.
    let may = async |tea| {
        let asked =
            app.post(tea, &format!("{workspace}/authorize"), json!({ "actions": ["viewAnalytics"] })).await;
        asked.expect(200)["decisions"][0]["allowed"].clone()
    };
    assert_eq!(may(&tea).await, true);
    let reactivated = app.post(&owner, &format!("{seat}/reactivate"), json!({})).await.expect(200);
    assert_eq!(reactivated["cancelsAt"], Value::Null);
    app.post(&owner, &format!("{seat}/cancel"), json!({})).await.expect(200);
    app.advance(25 * 24 * 3600).await;
    let owner = app.sign_in("olga@acme.example").await;
    let notices = app.get(&owner, &workspace).await.expect(200)["notices"].clone();
    assert_eq!((&notices[0]["code"], &notices[0]["count"]), (&json!("seats_ending"), &json!(1)));
    app.advance(7 * 24 * 3600).await;
    let (owner, tea) = (app.sign_in("olga@acme.example").await, app.sign_in("tea@acme.example").await);
    assert_eq!(may(&tea).await, false);
    app.post(&owner, &format!("{seat}/reactivate"), json!({}))
        .await
        .expect_problem(409, "seat_not_available");
    // A member whose seat has ended moves to another one.
    let path = format!("{workspace}/members/{}/seat", tea.id());
    let moved = app.call(&owner, "PUT", &path, json!({})).await.expect(200);
    assert_eq!(moved["seat"]["id"], json!(spare[0]));
}

#[tokio::test]
async fn s7_the_invited_accept_or_decline_from_their_list() {
    let app = App::new().await;
    let owner = app.sign_in("olga@acme.example").await;
    let workspace = app.workspace(&owner).await;
    app.buy(&owner, &workspace, "pro", 2).await;
    app.invite(&owner, &workspace, "tea@acme.example", "member").await;
    let tea = app.sign_in("tea@acme.example").await;
    let mine = app.get(&tea, "/v1/me/invitations").await.expect(200);
    let id = text(&mine["items"][0]["id"]);
    let stranger = app.sign_in("eve@acme.example").await;
    assert_eq!(app.get(&stranger, "/v1/me/invitations").await.expect(200)["items"], json!([]));
    app.post(&stranger, &format!("/v1/invitations/{id}/decline"), json!({}))
        .await
        .expect_problem(403, "invitation_other_email");
    app.post(&tea, &format!("/v1/invitations/{id}/decline"), json!({})).await.expect(204);
    app.post(&tea, "/v1/join", json!({ "invitationId": id })).await.expect_problem(410, "invitation_revoked");
    assert_eq!(app.get(&tea, "/v1/me/invitations").await.expect(200)["items"], json!([]));
    app.invite(&owner, &workspace, "tea@acme.example", "admin").await;
    let mine = app.get(&tea, "/v1/me/invitations").await.expect(200);
    let joined =
        app.post(&tea, "/v1/join", json!({ "invitationId": mine["items"][0]["id"] })).await.expect(200);
    assert_eq!(joined["member"]["role"], "admin");
}

#[tokio::test]
async fn d5_a_published_edit_is_obeyed_by_the_next_request() {
    let app = App::new().await;
    let owner = app.sign_in("olga@acme.example").await;
    let workspace = app.workspace(&owner).await;
    let tea = app.member(&owner, &workspace, "tea@acme.example", "member").await;
    let rename = async || app.call(&tea, "PATCH", &workspace, json!({ "name": "Tea's" })).await;
    rename().await.expect_problem(403, "forbidden");
    let publish = async |rule: &str| {
        let mut files = seatwise_policy::packs::files("purchased-seats").unwrap();
        files.insert("edit.cedar".to_owned(), rule.to_owned());
        app.local.publish(files).await.unwrap();
    };
    publish(
        r#"@id("edit") permit (principal in Role::"member", action == Action::"updateWorkspace", resource);"#,
    )
    .await;
    rename().await.expect(200);
    publish(
        r#"@id("edit") @reason("frozen") forbid (principal, action == Action::"updateWorkspace", resource);"#,
    )
    .await;
    let refused = rename().await.expect_problem(403, "forbidden");
    assert_eq!(refused["reason"], "frozen");
}

#[tokio::test]
async fn d6_names_follow_people_into_their_workspaces() {
    let app = App::new().await;
    let owner = app.sign_in_as(json!({ "email": "olga@acme.example", "firstName": "Olga" })).await;
    let workspace = app.workspace(&owner).await;
    let id = text(&json!(workspace.rsplit('/').next()));
    let body = json!({ "lastName": "Orlova", "timezone": "Europe/Riga", "currentWorkspaceId": id });
    let me = app.call(&owner, "PATCH", "/v1/me", body).await.expect(200);
    assert_eq!(
        (&me["lastName"], &me["timezone"], &me["currentWorkspaceId"]),
        (&json!("Orlova"), &json!("Europe/Riga"), &json!(id))
    );
    let members = app.get(&owner, &format!("{workspace}/members?search=orlo")).await.expect(200);
    assert_eq!(members["items"][0]["firstName"], "Olga");
    // What is absent stays, null clears.
    let me = app.call(&owner, "PATCH", "/v1/me", json!({ "timezone": null })).await.expect(200);
    assert_eq!((&me["timezone"], &me["lastName"]), (&Value::Null, &json!("Orlova")));
    app.call(&owner, "PATCH", &workspace, json!({ "name": null }))
        .await
        .expect_problem(422, "invalid_request");
    let elsewhere = json!({ "currentWorkspaceId": uuid::Uuid::nil() });
    app.call(&owner, "PATCH", "/v1/me", elsewhere).await.expect_problem(422, "invalid_request");
    let entered = app.post(&owner, "/v1/me", Value::Null).await.expect(200);
    assert_eq!((&entered["next"], &entered["workspaces"][0]["role"]), (&json!("dashboard"), &json!("owner")));
}
