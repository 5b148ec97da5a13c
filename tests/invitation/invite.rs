//! Inviting by mail and by a link.

use serde_json::{Value, json};

use crate::support::app::App;
use crate::support::client::Client as _;
use crate::support::office::{accept, office};
use crate::support::reply::text;

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
    // The person who has the link joins, once.
    let first = app.sign_in("first@other.example").await;
    app.join_by(&first, &url).await.expect(200);
    let second = app.sign_in("second@other.example").await;
    app.join_by(&second, &url).await.expect_problem(410, "invitation_used");
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
async fn f1_owners_invite_by_address_and_the_mail_has_the_link() {
    let (app, olga, workspace) = office("flat-owners").await;
    let invitations = format!("{workspace}/invitations");
    let invitation = app.invite(&olga, &workspace, "tea@acme.example", "member").await;
    app.local.settle().await;
    let mails = app.local.mailbox.sent_to("tea@acme.example");
    assert_eq!(mails.len(), 1);
    assert_eq!(mails[0].links, [text(&invitation["url"])]);
    assert!(mails[0].text.contains("Olga") && mails[0].text.contains("Acme"), "{}", mails[0].text);

    // The link is the one that lets in; and whom it was sent to, only.
    let eve = app.sign_in("eve@acme.example").await;
    app.join_by(&eve, &mails[0].links[0]).await.expect_problem(403, "invitation_other_email");
    let tea = app.sign_in("tea@acme.example").await;
    let joined = app.join_by(&tea, &mails[0].links[0]).await.expect(200);
    assert_eq!(joined["member"]["role"], "member");

    // Only owners invite, only by address, and only to what everybody joins as.
    let pat = json!({ "emails": ["pat@acme.example"] });
    app.post(&tea, &invitations, pat.clone()).await.expect_problem(403, "forbidden");
    app.post(&eve, &invitations, pat).await.expect_problem(404, "not_found");
    app.post(&olga, &invitations, json!({})).await.expect_problem(403, "channel_not_offered");
    let as_owner = json!({ "emails": ["pat@acme.example"], "role": "owner" });
    app.post(&olga, &invitations, as_owner).await.expect_problem(422, "role_unknown");
    app.post(&olga, &invitations, json!({ "emails": ["tea@acme.example"] }))
        .await
        .expect_problem(409, "already_member");
    app.call(&olga, "PUT", &format!("{workspace}/links/member"), Value::Null)
        .await
        .expect_problem(403, "channel_not_offered");
    app.local.settle().await;
    assert_eq!(app.local.mailbox.sent().len(), 1);
}

#[tokio::test]
async fn f4_at_most_five_are_members_owners_included() {
    let (app, olga, workspace) = office("flat-owners").await;
    // More may be invited than there are places.
    let mut invited = Vec::new();
    for name in ["a", "b", "c", "d", "e", "f"] {
        let email = format!("{name}@acme.example");
        let invitation = app.invite(&olga, &workspace, &email, "member").await;
        invited.push((app.sign_in(&email).await, invitation));
    }
    assert_eq!(app.get(&olga, &workspace).await.expect(200)["members"], 1);
    for (person, invitation) in &invited[..4] {
        accept(&app, person, invitation).await.expect(200);
    }
    let (late, invitation) = &invited[4];
    accept(&app, late, invitation).await.expect_problem(409, "member_limit_reached");
    // An owner takes a place like anybody.
    let (first, _) = &invited[0];
    app.change_role(&olga, &workspace, first, "owner").await.expect(200);
    accept(&app, late, invitation).await.expect_problem(409, "member_limit_reached");
    assert_eq!(app.get(&olga, &workspace).await.expect(200)["members"], 5);
    app.get(late, &format!("{workspace}/permissions")).await.expect_problem(404, "not_found");

    // The refused invitation is as good as before, once somebody has gone; and then it is full again.
    app.remove(&olga, &workspace, &invited[1].0).await.expect(204);
    accept(&app, late, invitation).await.expect(200);
    let (last, invitation) = &invited[5];
    accept(&app, last, invitation).await.expect_problem(409, "member_limit_reached");
    assert_eq!(app.listed(&olga, &workspace, "").await.len(), 5);
}

#[tokio::test]
async fn f5_an_address_has_one_pending_invitation() {
    let (app, olga, workspace) = office("flat-owners").await;
    let invitations = format!("{workspace}/invitations");
    let invitation = app.invite(&olga, &workspace, "tea@acme.example", "member").await;
    for again in ["tea@acme.example", "TEA@Acme.Example"] {
        app.post(&olga, &invitations, json!({ "emails": [again] }))
            .await
            .expect_problem(409, "invitation_pending");
    }
    let pending = app.get(&olga, &format!("{invitations}?status=pending")).await.expect(200);
    assert_eq!(pending["items"].as_array().unwrap().len(), 1);
    app.local.settle().await;
    assert_eq!(app.local.mailbox.sent().len(), 1);
    // Another workspace has one of its own; and one that was deleted makes way.
    let uma = app.sign_in("uma@other.example").await;
    let other = app.workspace(&uma).await;
    app.invite(&uma, &other, "tea@acme.example", "member").await;
    let path = format!("{invitations}/{}", text(&invitation["id"]));
    app.call(&olga, "DELETE", &path, Value::Null).await.expect(204);
    app.invite(&olga, &workspace, "tea@acme.example", "member").await;
}

#[tokio::test]
async fn f6_an_invitation_does_not_expire() {
    let (app, olga, workspace) = office("flat-owners").await;
    let invitation = app.invite(&olga, &workspace, "tea@acme.example", "member").await;
    assert_eq!(invitation["expiresAt"], Value::Null);
    app.advance(9 * 365 * 24 * 3600).await;
    let (olga, tea) = (app.sign_in("olga@acme.example").await, app.sign_in("tea@acme.example").await);
    let listed = app.get(&olga, &format!("{workspace}/invitations")).await.expect(200);
    assert_eq!(
        (&listed["items"][0]["status"], &listed["items"][0]["url"]),
        (&json!("pending"), &invitation["url"])
    );
    let mine = app.get(&tea, "/v1/me/invitations").await.expect(200);
    assert_eq!((&mine["items"][0]["id"], &mine["items"][0]["expiresAt"]), (&invitation["id"], &Value::Null));
    app.join(&tea, &invitation).await.expect(200);
}

#[tokio::test]
async fn l10_owners_invite_by_address_with_a_role_and_the_new_get_a_link_in_the_mail() {
    let (app, olga, workspace) = office("role-ladder").await;
    for role in ["member", "admin", "owner"] {
        let email = format!("{role}@acme.example");
        let invitation = app.invite(&olga, &workspace, &email, role).await;
        assert_eq!((&invitation["role"], &invitation["email"]), (&json!(role), &json!(email)));
        app.local.settle().await;
        let mails = app.local.mailbox.sent_to(&email);
        assert_eq!(mails.len(), 1);
        assert_eq!(mails[0].links, [text(&invitation["url"])]);
        // Somebody new: their first sign-in leads to the invitation.
        let person = app.sign_in(&email).await;
        assert_eq!(app.post(&person, "/v1/me", json!({})).await.expect(200)["next"], "invitations");
        let joined = app.join_by(&person, &mails[0].links[0]).await.expect(200);
        assert_eq!((&joined["member"]["role"], &joined["next"]), (&json!(role), &json!("dashboard")));
    }
    let invitations = format!("{workspace}/invitations");
    for nobody in ["member@acme.example", "admin@acme.example"] {
        let nobody = app.sign_in(nobody).await;
        let member = json!({ "emails": ["x@acme.example"] });
        app.post(&nobody, &invitations, member).await.expect_problem(403, "forbidden");
        let owner = json!({ "emails": ["x@acme.example"], "role": "owner" });
        app.post(&nobody, &invitations, owner).await.expect_problem(403, "role_above_own");
    }
    // Without a role it is a member's; a role that there is not is none.
    let body = json!({ "emails": ["y@acme.example"] });
    let invited = app.post(&olga, &invitations, body).await.expect(201);
    assert_eq!(invited["items"][0]["invitation"]["role"], "member");
    let body = json!({ "emails": ["z@acme.example"], "role": "boss" });
    app.post(&olga, &invitations, body).await.expect_problem(422, "role_unknown");
}

#[tokio::test]
async fn r8_several_are_invited_at_once_with_or_without_a_mail() {
    let (app, ada, workspace) = office("role-seats").await;
    let invitations = format!("{workspace}/invitations");
    let body = json!({ "emails": ["mel@acme.example", "mo@acme.example"] });
    let rows = app.post(&ada, &invitations, body).await.expect(201);
    app.local.settle().await;
    for (row, email) in rows["items"].as_array().unwrap().iter().zip(["mel@acme.example", "mo@acme.example"])
    {
        let mails = app.local.mailbox.sent_to(email);
        assert_eq!(mails.len(), 1);
        assert_eq!(mails[0].links, [text(&row["invitation"]["url"])]);
    }
    // Without a mail it is there all the same: in the lists, and to be accepted.
    let body =
        json!({ "emails": ["nan@acme.example", "ned@acme.example"], "role": "admin", "sendEmail": false });
    let rows = app.post(&ada, &invitations, body).await.expect(201);
    app.local.settle().await;
    assert_eq!(app.local.mailbox.sent().len(), 2);
    assert_eq!(rows["items"][0]["invitation"]["deliveries"], json!([]));
    assert_eq!(app.listed(&ada, &workspace, "?status=pending").await.len(), 4);
    // The mail may follow, when somebody sends it.
    let path = format!("{invitations}/{}/resend", text(&rows["items"][1]["invitation"]["id"]));
    app.post(&ada, &path, json!({})).await.expect(200);
    app.local.settle().await;
    assert_eq!(app.local.mailbox.sent_to("ned@acme.example").len(), 1);
    let (nan, ned) = (app.sign_in("nan@acme.example").await, app.sign_in("ned@acme.example").await);
    let mine = app.get(&nan, "/v1/me/invitations").await.expect(200);
    let by_id = json!({ "invitationId": mine["items"][0]["id"] });
    assert_eq!(app.post(&nan, "/v1/join", by_id).await.expect(200)["member"]["role"], "admin");
    app.join(&ned, &rows["items"][1]["invitation"]).await.expect(200);
    // One that cannot be invited does not stand against the others.
    let body = json!({ "emails": ["mel@acme.example", "ned@acme.example", "pam@acme.example"] });
    let rows = app.post(&ada, &invitations, body).await.expect(201);
    let codes: Vec<_> =
        rows["items"].as_array().unwrap().iter().map(|row| row["problem"]["code"].as_str()).collect();
    assert_eq!(codes, [Some("invitation_pending"), Some("already_member"), None]);
    // An address is needed: for sharing there are the links.
    app.post(&ada, &invitations, json!({})).await.expect_problem(403, "channel_not_offered");
}
