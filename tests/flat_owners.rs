//! What people do with the pack `flat-owners`, from end to end: each requirement by its id.

use serde_json::{Value, json};

use crate::support::app::App;
use crate::support::client::Client as _;
use crate::support::person::Person;
use crate::support::reply::{Reply, text, token_of};

/// A workspace, and who made it.
async fn office() -> (App, Person, String) {
    let app = App::with_pack("flat-owners").await;
    let olga = app.sign_in_as(json!({ "email": "olga@acme.example", "firstName": "Olga" })).await;
    let workspace = app.workspace(&olga).await;
    (app, olga, workspace)
}

async fn me(app: &App, who: &Person) -> Value {
    app.get(who, "/v1/me").await.expect(200)
}

/// What only an account that was kept knows.
async fn settle_in(app: &App, who: &Person) {
    let zone = json!({ "timezone": "Europe/Riga" });
    app.call(who, "PATCH", "/v1/me", zone).await.expect(200);
}

async fn accept(app: &App, who: &Person, invitation: &Value) -> Reply {
    app.post(who, "/v1/join", json!({ "invitationId": invitation["id"] })).await
}

#[tokio::test]
async fn f1_owners_invite_by_address_and_the_mail_has_the_link() {
    let (app, olga, workspace) = office().await;
    let invitations = format!("{workspace}/invitations");
    let invitation = app.invite(&olga, &workspace, "tea@acme.example", "member").await;
    app.local.settle().await;
    let mails = app.local.mailbox.sent_to("tea@acme.example");
    assert_eq!(mails.len(), 1);
    assert_eq!(mails[0].links, [text(&invitation["url"])]);
    assert!(mails[0].subject.contains("Olga") && mails[0].subject.contains("Acme"), "{}", mails[0].subject);

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
    app.post(&olga, &invitations, json!({})).await.expect_problem(422, "email_required");
    let as_owner = json!({ "emails": ["pat@acme.example"], "role": "owner" });
    app.post(&olga, &invitations, as_owner).await.expect_problem(422, "role_unknown");
    app.post(&olga, &invitations, json!({ "emails": ["tea@acme.example"] }))
        .await
        .expect_problem(409, "already_member");
    app.call(&olga, "PUT", &format!("{workspace}/links/member"), Value::Null)
        .await
        .expect_problem(403, "forbidden");
    app.local.settle().await;
    assert_eq!(app.local.mailbox.sent().len(), 1);
}

#[tokio::test]
async fn f2_who_has_an_account_sees_all_invitations_and_accepts_one() {
    let (app, olga, acme) = office().await;
    let uma = app.sign_in("uma@other.example").await;
    let other = app.workspace(&uma).await;
    // Tea has an account, and a workspace of her own.
    let tea = app.sign_in("tea@acme.example").await;
    assert_eq!(app.post(&tea, "/v1/me", json!({})).await.expect(200)["next"], "onboarding");
    let own = app.workspace(&tea).await;
    assert_eq!(app.post(&tea, "/v1/me", json!({})).await.expect(200)["next"], "dashboard");

    let wanted = app.invite(&olga, &acme, "tea@acme.example", "member").await;
    let unwanted = app.invite(&uma, &other, "tea@acme.example", "member").await;
    let entered = app.post(&tea, "/v1/me", json!({})).await.expect(200);
    assert_eq!(entered["next"], "invitations");
    let mine = app.get(&tea, "/v1/me/invitations").await.expect(200);
    assert_eq!(mine["items"], entered["invitations"]);
    let mut ids: Vec<String> =
        mine["items"].as_array().unwrap().iter().map(|invitation| text(&invitation["id"])).collect();
    ids.sort();
    let mut both = vec![text(&wanted["id"]), text(&unwanted["id"])];
    both.sort();
    assert_eq!(ids, both);

    let joined = accept(&app, &tea, &wanted).await.expect(200);
    assert_eq!(
        (&joined["member"]["role"], &joined["next"], &joined["workspace"]["name"]),
        (&json!("member"), &json!("dashboard"), &json!("Acme"))
    );
    accept(&app, &tea, &wanted).await.expect_problem(409, "already_member");
    // The other is still there to be accepted, and is not.
    let mine = app.get(&tea, "/v1/me/invitations").await.expect(200);
    assert_eq!(mine["items"].as_array().unwrap().len(), 1);
    assert_eq!(mine["items"][0]["id"], unwanted["id"]);
    let listed = app.get(&tea, "/v1/workspaces").await.expect(200);
    let mut roles: Vec<(String, String)> = listed["items"]
        .as_array()
        .unwrap()
        .iter()
        .map(|entry| (format!("/v1/workspaces/{}", text(&entry["id"])), text(&entry["role"])))
        .collect();
    roles.sort();
    let mut expected = vec![(acme, "member".to_owned()), (own, "owner".to_owned())];
    expected.sort();
    assert_eq!(roles, expected);
    app.get(&tea, &other).await.expect_problem(404, "not_found");
}

#[tokio::test]
async fn f3_who_has_no_account_comes_by_the_invitations_and_skips_the_onboarding() {
    let (app, olga, workspace) = office().await;
    let invitation = app.invite(&olga, &workspace, "tea@acme.example", "member").await;
    // Before there is an account, the link shows what it is for.
    let token = json!({ "token": token_of(&text(&invitation["url"])) });
    let preview = app.call(None, "POST", "/v1/invitations/preview", token).await.expect(200);
    assert_eq!(
        (&preview["workspace"]["name"], &preview["role"], &preview["boundToEmail"], &preview["status"]),
        (&json!("Acme"), &json!("member"), &json!(true), &json!("pending"))
    );
    let tea = app.sign_in("tea@acme.example").await;
    let entered = app.post(&tea, "/v1/me", json!({})).await.expect(200);
    assert_eq!((&entered["next"], &entered["workspaces"]), (&json!("invitations"), &json!([])));
    let joined = accept(&app, &tea, &entered["invitations"][0]).await.expect(200);
    assert_eq!((&joined["member"]["role"], &joined["next"]), (&json!("member"), &json!("dashboard")));
    assert_eq!(app.post(&tea, "/v1/me", json!({})).await.expect(200)["next"], "dashboard");

    // Who was not invited has the first steps before them; nor does an address count that nobody
    // vouches for.
    let invitation = app.invite(&olga, &workspace, "pat@acme.example", "member").await;
    let pat = app.sign_in_as(json!({ "email": "pat@acme.example", "emailVerified": false })).await;
    for who in [&app.sign_in("eve@acme.example").await, &pat] {
        let entered = app.post(who, "/v1/me", json!({})).await.expect(200);
        assert_eq!((&entered["next"], &entered["invitations"]), (&json!("onboarding"), &json!([])));
    }
    accept(&app, &pat, &invitation).await.expect_problem(403, "email_not_verified");
}

#[tokio::test]
async fn f4_at_most_five_are_members_owners_included() {
    let (app, olga, workspace) = office().await;
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
    let (app, olga, workspace) = office().await;
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
    let (app, olga, workspace) = office().await;
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
async fn f7_a_deleted_invitation_is_no_good_from_that_moment_on() {
    let (app, olga, workspace) = office().await;
    let invitation = app.invite(&olga, &workspace, "tea@acme.example", "member").await;
    let path = format!("{workspace}/invitations/{}", text(&invitation["id"]));
    let mel = app.bring(&olga, &workspace, "mel@acme.example", "member").await;
    app.call(&mel, "DELETE", &path, Value::Null).await.expect_problem(403, "forbidden");
    app.post(&mel, &format!("{path}/resend"), json!({})).await.expect_problem(403, "forbidden");
    let tea = app.sign_in("tea@acme.example").await;
    assert_eq!(app.listed(&olga, &workspace, "?status=pending").await, ["tea@acme.example"]);

    app.call(&olga, "DELETE", &path, Value::Null).await.expect(204);
    app.join(&tea, &invitation).await.expect_problem(410, "invitation_revoked");
    accept(&app, &tea, &invitation).await.expect_problem(410, "invitation_revoked");
    assert_eq!(app.get(&tea, "/v1/me/invitations").await.expect(200)["items"], json!([]));
    assert!(app.listed(&olga, &workspace, "?status=pending").await.is_empty());
    app.post(&olga, &format!("{path}/resend"), json!({})).await.expect_problem(410, "invitation_revoked");
    app.call(&olga, "DELETE", &path, Value::Null).await.expect_problem(410, "invitation_revoked");
    // A new one has another link: the old one stays dead.
    let anew = app.invite(&olga, &workspace, "tea@acme.example", "member").await;
    assert_ne!(anew["url"], invitation["url"]);
    app.join(&tea, &invitation).await.expect_problem(410, "invitation_revoked");
    app.join(&tea, &anew).await.expect(200);
}

#[tokio::test]
async fn f7_a_resent_invitation_comes_with_the_link_that_is_right() {
    let (app, olga, workspace) = office().await;
    let invitation = app.invite(&olga, &workspace, "tea@acme.example", "member").await;
    let path = format!("{workspace}/invitations/{}", text(&invitation["id"]));
    let resent = app.post(&olga, &format!("{path}/resend"), json!({})).await.expect(200);
    app.local.settle().await;
    let mails = app.local.mailbox.sent_to("tea@acme.example");
    assert_eq!(mails.len(), 2);
    assert_eq!(mails[1].links, [text(&resent["url"])]);
    let tea = app.sign_in("tea@acme.example").await;
    app.join_by(&tea, &mails[1].links[0]).await.expect(200);
    app.post(&olga, &format!("{path}/resend"), json!({})).await.expect_problem(410, "invitation_used");
}

#[tokio::test]
async fn f8_owners_make_owners_and_members_at_once_and_nobody_themselves() {
    let (app, olga, workspace) = office().await;
    let tea = app.bring(&olga, &workspace, "tea@acme.example", "member").await;
    let mel = app.bring(&olga, &workspace, "mel@acme.example", "member").await;
    let members = format!("{workspace}/members");
    app.get(&tea, &members).await.expect_problem(403, "forbidden");
    for nobody in [&tea, &mel] {
        let refused = app.change_role(nobody, &workspace, &mel, "member").await;
        assert_eq!(refused.expect_problem(403, "forbidden")["reason"], "staff_only");
    }
    app.change_role(&tea, &workspace, &tea, "owner").await.expect_problem(403, "forbidden");

    // Her next request, with the token that she has, is an owner's.
    let made = app.change_role(&olga, &workspace, &tea, "owner").await.expect(200);
    assert_eq!((&made["role"], &made["badge"]["label"]), (&json!("owner"), &json!("Owner")));
    app.get(&tea, &members).await.expect(200);
    app.change_role(&tea, &workspace, &mel, "owner").await.expect(200);
    assert_eq!(app.listed(&olga, &workspace, "?role=owner").await.len(), 3);
    // Nobody changes their own, the creator neither.
    for owner in [&olga, &tea, &mel] {
        app.change_role(owner, &workspace, owner, "member").await.expect_problem(403, "own_role");
    }
    // An owner makes another a member; that one's next request is a member's.
    app.change_role(&mel, &workspace, &tea, "member").await.expect(200);
    app.get(&tea, &members).await.expect_problem(403, "forbidden");
    app.change_role(&tea, &workspace, &mel, "member").await.expect_problem(403, "forbidden");
    app.change_role(&olga, &workspace, &tea, "boss").await.expect_problem(422, "role_unknown");
}

#[tokio::test]
async fn f9_removal_is_at_once_and_from_this_workspace_only() {
    let (app, olga, acme) = office().await;
    let uma = app.sign_in("uma@other.example").await;
    let other = app.workspace(&uma).await;
    let tea = app.bring(&olga, &acme, "tea@acme.example", "member").await;
    let invitation = app.invite(&uma, &other, "tea@acme.example", "member").await;
    app.join(&tea, &invitation).await.expect(200);
    settle_in(&app, &tea).await;

    app.remove(&olga, &acme, &tea).await.expect(204);
    app.get(&tea, &format!("{acme}/permissions")).await.expect_problem(404, "not_found");
    app.remove(&olga, &acme, &tea).await.expect_problem(404, "not_found");
    assert_eq!(app.listed(&olga, &acme, "").await, ["olga@acme.example"]);
    // They go on in the other, with the account that they had.
    app.get(&tea, &format!("{other}/permissions")).await.expect(200);
    assert_eq!(me(&app, &tea).await["timezone"], "Europe/Riga");
    assert_eq!(app.get(&tea, "/v1/workspaces").await.expect(200)["items"].as_array().unwrap().len(), 1);
}

#[tokio::test]
async fn f9_who_is_removed_from_their_only_workspace_loses_their_account() {
    let (app, olga, workspace) = office().await;
    let tea = app.bring(&olga, &workspace, "tea@acme.example", "member").await;
    settle_in(&app, &tea).await;
    app.remove(&olga, &workspace, &tea).await.expect(204);
    assert_eq!(me(&app, &tea).await["timezone"], Value::Null);
    // They may begin anew, and be invited anew.
    assert_eq!(app.post(&tea, "/v1/me", json!({})).await.expect(200)["next"], "onboarding");
    app.invite(&olga, &workspace, "tea@acme.example", "member").await;
    let entered = app.post(&tea, "/v1/me", json!({})).await.expect(200);
    assert_eq!((&entered["next"], &entered["user"]["timezone"]), (&json!("invitations"), &Value::Null));
}

#[tokio::test]
async fn f9_a_workspaces_creator_keeps_their_account() {
    let (app, olga, workspace) = office().await;
    let pat = app.sign_in("pat@acme.example").await;
    let own = app.workspace(&pat).await;
    let invitation = app.invite(&olga, &workspace, "pat@acme.example", "member").await;
    app.join(&pat, &invitation).await.expect(200);
    settle_in(&app, &pat).await;
    app.remove(&olga, &workspace, &pat).await.expect(204);
    assert_eq!(me(&app, &pat).await["timezone"], "Europe/Riga");
    app.get(&pat, &own).await.expect(200);
}

#[tokio::test]
async fn f10_nobody_removes_themselves_or_the_creator_and_only_owners_remove() {
    let (app, olga, workspace) = office().await;
    let tea = app.bring(&olga, &workspace, "tea@acme.example", "member").await;
    let mel = app.bring(&olga, &workspace, "mel@acme.example", "member").await;
    for whom in [&tea, &mel, &olga] {
        let refused = app.remove(&mel, &workspace, whom).await.expect_problem(403, "forbidden");
        assert_eq!(refused["reason"], "staff_only");
    }
    app.change_role(&olga, &workspace, &tea, "owner").await.expect(200);
    for owner in [&olga, &tea] {
        app.remove(owner, &workspace, owner).await.expect_problem(403, "own_removal");
    }
    app.remove(&tea, &workspace, &olga).await.expect_problem(403, "creator_protected");
    app.remove(&tea, &workspace, &mel).await.expect(204);
    app.remove(&olga, &workspace, &tea).await.expect(204);
    assert_eq!(app.listed(&olga, &workspace, "").await, ["olga@acme.example"]);
}

#[tokio::test]
async fn f10_the_creator_is_demoted_only_while_they_have_another_workspace() {
    let (app, olga, workspace) = office().await;
    let tea = app.bring(&olga, &workspace, "tea@acme.example", "member").await;
    app.change_role(&olga, &workspace, &tea, "owner").await.expect(200);
    let demote = async || app.change_role(&tea, &workspace, &olga, "member").await;
    demote().await.expect_problem(403, "creator_protected");

    // A second workspace counts, made or joined, and no longer than she is in it.
    let uma = app.sign_in("uma@other.example").await;
    let other = app.workspace(&uma).await;
    let invitation = app.invite(&uma, &other, "olga@acme.example", "member").await;
    app.join(&olga, &invitation).await.expect(200);
    app.remove(&uma, &other, &olga).await.expect(204);
    demote().await.expect_problem(403, "creator_protected");
    let second = app.workspace(&olga).await;
    assert_eq!(demote().await.expect(200)["role"], "member");
    app.get(&olga, &workspace).await.expect_problem(403, "forbidden");

    // Demoted, she is the creator still, and cannot be removed.
    app.remove(&tea, &workspace, &olga).await.expect_problem(403, "creator_protected");
    app.change_role(&tea, &workspace, &olga, "owner").await.expect(200);
    app.call(&olga, "DELETE", &second, Value::Null).await.expect(204);
    app.local.settle().await;
    demote().await.expect_problem(403, "creator_protected");
}

#[tokio::test]
async fn f10_the_creators_standing_is_handed_on() {
    let (app, olga, workspace) = office().await;
    let tea = app.bring(&olga, &workspace, "tea@acme.example", "member").await;
    let transfer = format!("{workspace}/transfer");
    let to_tea = json!({ "userId": tea.id().to_string() });
    app.post(&olga, &transfer, to_tea.clone()).await.expect_problem(409, "governor_required");
    app.change_role(&olga, &workspace, &tea, "owner").await.expect(200);
    let refused = app.post(&tea, &transfer, to_tea.clone()).await.expect_problem(403, "forbidden");
    assert_eq!(refused["reason"], "not_the_creator");
    let handed_on = app.post(&olga, &transfer, to_tea.clone()).await.expect(200);
    assert_eq!(handed_on["creatorId"], to_tea["userId"]);
    // From now on it is Tea who is protected.
    app.remove(&olga, &workspace, &tea).await.expect_problem(403, "creator_protected");
    assert_eq!(app.shown(&tea, &workspace, &tea).await["isCreator"], true);
    app.remove(&tea, &workspace, &olga).await.expect(204);
    app.get(&olga, &workspace).await.expect_problem(404, "not_found");
}

#[tokio::test]
async fn f11_members_do_not_see_who_else_is_there() {
    let (app, olga, workspace) = office().await;
    let tea = app.bring(&olga, &workspace, "tea@acme.example", "member").await;
    for path in ["", "/members", "/members/export", "/invitations", "/invitations/quota", "/coordinator"] {
        let path = format!("{workspace}{path}");
        app.get(&tea, &path).await.expect_problem(403, "forbidden");
        app.get(&olga, &path).await.expect(200);
    }
    let pages = ["openWorkspacePage", "openBillingPage"];
    assert_eq!(app.allowed(&olga, &workspace, &pages).await, pages);
    assert!(app.allowed(&tea, &workspace, &pages).await.is_empty());
    // What their own client needs they have.
    assert_eq!(app.allowed(&tea, &workspace, &["useProduct"]).await, ["useProduct"]);
    assert_eq!(app.get(&tea, "/v1/workspaces").await.expect(200)["items"][0]["name"], "Acme");
}

#[tokio::test]
async fn f12_nobody_leaves_on_their_own() {
    let (app, olga, workspace) = office().await;
    let tea = app.bring(&olga, &workspace, "tea@acme.example", "member").await;
    let requests = format!("{workspace}/leave-requests");
    for who in [&olga, &tea] {
        app.post(who, &format!("{workspace}/leave"), Value::Null).await.expect_problem(403, "forbidden");
        app.post(who, &requests, json!({})).await.expect_problem(403, "forbidden");
        app.get(who, &requests).await.expect_problem(403, "forbidden");
    }
    assert_eq!(app.listed(&olga, &workspace, "").await.len(), 2);
}

#[tokio::test]
async fn f15_owners_are_green_members_indigo_and_the_invited_amber() {
    let (app, olga, workspace) = office().await;
    app.bring(&olga, &workspace, "tea@acme.example", "member").await;
    app.invite(&olga, &workspace, "uli@acme.example", "member").await;
    let list = app.get(&olga, &format!("{workspace}/members?status=all")).await.expect(200);
    let badges: Vec<_> = list["items"]
        .as_array()
        .unwrap()
        .iter()
        .map(|one| (&one["badge"]["label"], &one["badge"]["color"], &one["status"]))
        .collect();
    let badge = |label: &str, color: &str, status: &str| (json!(label), json!(color), json!(status));
    let expected = [
        badge("Owner", "green", "member"),
        badge("Member", "indigo", "member"),
        badge("Pending", "amber", "pending"),
    ];
    assert_eq!(badges, expected.each_ref().map(|(label, color, status)| (label, color, status)));
}
