//! Changing a pending invitation.

use serde_json::{Value, json};

use crate::support::app::App;
use crate::support::client::Client as _;
use crate::support::person::Person;
use crate::support::reply::{Reply, text};

async fn change(app: &App, by: &Person, workspace: &str, invitation: &Value, body: Value) -> Reply {
    let path = format!("{workspace}/invitations/{}", text(&invitation["id"]));
    app.call(by, "PATCH", &path, body).await
}

#[tokio::test]
async fn s9_a_pending_invitation_gets_another_role_and_seat_and_keeps_its_link() {
    let app = App::new().await;
    let owner = app.sign_in("olga@acme.example").await;
    let workspace = app.workspace(&owner).await;
    let pro = app.buy(&owner, &workspace, "pro", 1).await.remove(0);
    let basic = app.buy(&owner, &workspace, "basic", 1).await.remove(0);
    let body = json!({ "emails": ["tea@acme.example"], "role": "member", "seatId": pro });
    let invited = app.post(&owner, &format!("{workspace}/invitations"), body).await.expect(201);
    let invitation = &invited["items"][0]["invitation"];
    assert_eq!(invitation["seatId"], json!(pro));

    let body = json!({ "role": "admin", "tier": "basic" });
    let changed = change(&app, &owner, &workspace, invitation, body.clone()).await.expect(200);
    assert_eq!(
        (&changed["role"], &changed["seatId"], &changed["tier"]),
        (&json!("admin"), &json!(basic), &json!("basic"))
    );
    assert_eq!(
        [&changed["id"], &changed["url"], &changed["expiresAt"]],
        [&invitation["id"], &invitation["url"], &invitation["expiresAt"]]
    );
    // No mail tells of it.
    app.local.settle().await;
    assert_eq!(app.local.mailbox.sent_to("tea@acme.example").len(), 1);
    // The same again changes nothing, and the seat that it kept is free for the next invitation.
    let before = app.dump().await;
    change(&app, &owner, &workspace, invitation, body).await.expect(200);
    assert_eq!(app.dump().await.changed_since(&before), [""; 0]);
    let body = json!({ "emails": ["lee@acme.example"], "seatId": pro });
    let next = app.post(&owner, &format!("{workspace}/invitations"), body).await.expect(201);
    let taken = json!({ "seatId": basic });
    change(&app, &owner, &workspace, &next["items"][0]["invitation"], taken)
        .await
        .expect_problem(409, "seat_not_available");

    // Tea joins by the link in her mail, as what the invitation is for now.
    let tea = app.sign_in("tea@acme.example").await;
    let joined = app.join(&tea, invitation).await.expect(200);
    assert_eq!(joined["member"]["role"], "admin");
    assert_eq!(app.shown(&owner, &workspace, &tea).await["seat"]["id"], json!(basic));
    change(&app, &owner, &workspace, invitation, json!({ "role": "member" }))
        .await
        .expect_problem(410, "invitation_used");
}

#[tokio::test]
async fn k30_an_invitation_is_changed_to_no_role_above_the_callers_own() {
    let app = App::new().await;
    let owner = app.sign_in("olga@acme.example").await;
    let workspace = app.workspace(&owner).await;
    let admin = app.member(&owner, &workspace, "adam", "admin").await;
    let member = app.member(&owner, &workspace, "mia", "member").await;
    app.buy(&owner, &workspace, "pro", 2).await;
    let plain = app.invite(&admin, &workspace, "tea", "member").await;
    let high = app.invite(&owner, &workspace, "otto", "owner").await;
    let before = app.dump().await;
    let to = |role: &str| json!({ "role": role });
    change(&app, &admin, &workspace, &plain, to("owner")).await.expect_problem(403, "role_above_own");
    // Nor is one that is for such a role made smaller.
    change(&app, &admin, &workspace, &high, to("member")).await.expect_problem(403, "role_above_own");
    change(&app, &member, &workspace, &plain, to("member")).await.expect_problem(403, "forbidden");
    change(&app, &owner, &workspace, &plain, to("emperor")).await.expect_problem(422, "role_unknown");
    assert_eq!(app.dump().await.changed_since(&before), [""; 0]);
    change(&app, &admin, &workspace, &plain, to("admin")).await.expect(200);
}

#[tokio::test]
async fn k30_the_policies_are_asked_about_the_role_that_an_invitation_keeps() {
    let forbids = "// Who may what in a workspace.\n\n\
        @id(\"roles.no-admins-by-admins\")\n@reason(\"admins_by_owners\")\n\
        forbid (\n  principal in Role::\"admin\",\n  action == Action::\"changeInvitation\",\n  resource\n)\n\
        when { context.targetRole == Role::\"admin\" };";
    let app = App::with_edited_pack(
        "purchased-seats",
        &[("roles.cedar", "// Who may what in a workspace.", forbids)],
    )
    .await;
    let owner = app.sign_in("olga@acme.example").await;
    let workspace = app.workspace(&owner).await;
    let admin = app.member(&owner, &workspace, "adam", "admin").await;
    app.buy(&owner, &workspace, "basic", 2).await;
    app.buy(&owner, &workspace, "pro", 1).await;
    let high = app.invite(&owner, &workspace, "otto", "admin").await;
    let plain = app.invite(&owner, &workspace, "tea", "member").await;
    let before = app.dump().await;
    for body in [json!({ "role": "admin" }), json!({ "tier": "pro" }), json!({})] {
        change(&app, &admin, &workspace, &high, body).await.expect_problem(403, "forbidden");
    }
    assert_eq!(app.dump().await.changed_since(&before), [""; 0]);
    change(&app, &admin, &workspace, &plain, json!({ "tier": "pro" })).await.expect(200);
}

#[tokio::test]
async fn k30_a_role_below_the_joiners_changes_its_own_invitations() {
    let app = App::with_edited_pack("purchased-seats", &[("product.toml", "rank = 50", "rank = 5")]).await;
    let owner = app.sign_in("olga@acme.example").await;
    let workspace = app.workspace(&owner).await;
    let admin = app.member(&owner, &workspace, "adam", "admin").await;
    app.buy(&owner, &workspace, "pro", 2).await;
    let own = app.invite(&owner, &workspace, "otto", "admin").await;
    let high = app.invite(&owner, &workspace, "tea", "member").await;
    change(&app, &admin, &workspace, &own, json!({})).await.expect(200);
    change(&app, &admin, &workspace, &high, json!({})).await.expect_problem(403, "role_above_own");
}
