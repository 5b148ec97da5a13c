//! An invitation or a link works while its maker could still make it.

use serde_json::{Value, json};

use crate::support::app::App;
use crate::support::client::Client as _;
use crate::support::office::{accept, come, enter, office, stands};
use crate::support::person::Person;
use crate::support::reply::{text, token_of};

async fn preview(app: &App, url: &str) -> String {
    let token = json!({ "token": token_of(url) });
    text(&app.call(None, "POST", "/v1/invitations/preview", token).await.expect(200)["status"])
}

async fn pending(app: &App, by: &Person, workspace: &str) -> Vec<String> {
    let listed = app.get(by, &format!("{workspace}/invitations?status=pending")).await.expect(200);
    listed["items"].as_array().expect("items").iter().map(|item| text(&item["email"])).collect()
}

async fn links(app: &App, by: &Person, workspace: &str) -> Vec<Value> {
    let listed = app.get(by, &format!("{workspace}/links")).await.expect(200);
    listed["items"].as_array().expect("items").iter().map(|link| link["role"].clone()).collect()
}

#[tokio::test]
async fn k47_a_link_ends_when_its_maker_may_not_make_it_any_more() {
    let (app, ada, workspace) = office("role-seats").await;
    let bob = app.bring(&ada, &workspace, "bob@acme.example", "admin").await;
    let url = app.role_link(&bob, &workspace, "member").await;
    let eve = app.sign_in("eve@acme.example").await;
    // A member ranks as high as the link's role, but may not make links.
    app.change_role(&ada, &workspace, &bob, "member").await.expect(200);
    app.join_by(&eve, &url).await.expect_problem(410, "invitation_revoked");
    app.dump().await;
    assert_eq!(links(&app, &ada, &workspace).await, [] as [Value; 0]);
    assert_eq!(preview(&app, &url).await, "revoked");
    // The promotion revives nothing.
    app.change_role(&ada, &workspace, &bob, "admin").await.expect(200);
    app.join_by(&eve, &url).await.expect_problem(410, "invitation_revoked");
    assert_eq!(preview(&app, &url).await, "revoked");
    let anew = app.role_link(&bob, &workspace, "member").await;
    assert_eq!(stands(&come(&app, &anew, "mel@acme.example").await.1), ("member", true));
}

#[tokio::test]
async fn k47_a_quick_promotion_revives_nothing() {
    let (app, ada, workspace) = office("role-seats").await;
    let bob = app.bring(&ada, &workspace, "bob@acme.example", "admin").await;
    let url = app.role_link(&bob, &workspace, "member").await;
    let invitation = app.invite(&bob, &workspace, "may@acme.example", "member").await;
    for role in ["viewer", "admin"] {
        app.change_role(&ada, &workspace, &bob, role).await.expect(200);
    }
    let may = app.sign_in("may@acme.example").await;
    app.join_by(&may, &url).await.expect_problem(410, "invitation_revoked");
    accept(&app, &may, &invitation).await.expect_problem(410, "invitation_revoked");
}

#[tokio::test]
async fn k47_a_maker_who_is_promoted_loses_nothing() {
    let (app, olga, workspace) = office("role-ladder").await;
    let (invitation, owner_of) = {
        let first = app.bring(&olga, &workspace, "first@acme.example", "owner").await;
        (app.invite(&first, &workspace, "may@acme.example", "admin").await, first)
    };
    // The role stays, its record is written anew.
    app.change_role(&olga, &workspace, &owner_of, "owner").await.expect(200);
    let may = app.sign_in("may@acme.example").await;
    accept(&app, &may, &invitation).await.expect(200);
}

#[tokio::test]
async fn k47_what_a_former_member_made_is_not_shown_as_usable() {
    for pack in ["purchased-seats", "role-seats", "role-ladder", "flat-owners"] {
        let (app, owner, workspace) = office(pack).await;
        let governing = if pack == "role-seats" { "admin" } else { "owner" };
        if pack == "purchased-seats" {
            app.buy(&owner, &workspace, "basic", 3).await;
        }
        let role = if pack == "flat-owners" { "member" } else { governing };
        let bob = app.bring(&owner, &workspace, "bob@acme.example", role).await;
        if pack == "flat-owners" {
            app.change_role(&owner, &workspace, &bob, governing).await.expect(200);
        }
        let invitation = app.invite(&bob, &workspace, "may@acme.example", "member").await;
        assert_eq!(pending(&app, &owner, &workspace).await, ["may@acme.example"]);
        app.remove(&owner, &workspace, &bob).await.expect(204);
        app.dump().await;

        assert_eq!(pending(&app, &owner, &workspace).await, [""; 0], "{pack}");
        assert_eq!(preview(&app, &text(&invitation["url"])).await, "revoked");
        let may = app.sign_in("may@acme.example").await;
        assert_eq!(enter(&app, &may).await.1, "onboarding", "{pack}");
        assert_eq!(app.get(&may, "/v1/me/invitations").await.expect(200)["items"], json!([]));
        let members = app.get(&owner, &format!("{workspace}/members?status=pending")).await.expect(200);
        assert_eq!(members["items"], json!([]));
        if pack == "purchased-seats" {
            let seats = app.get(&owner, &workspace).await.expect(200)["seats"].clone();
            assert_eq!((&seats["pending"], &seats["available"]), (&json!(0), &json!(3)));
        }
        // It stands in nobody's way.
        let anew = app.invite(&owner, &workspace, "may@acme.example", "member").await;
        accept(&app, &may, &anew).await.expect(200);
        // The maker who is invited again revives nothing.
        app.advance(1).await;
        app.bring(&owner, &workspace, "bob@acme.example", role).await;
        assert_eq!(preview(&app, &text(&invitation["url"])).await, "revoked");
    }
}

#[tokio::test]
async fn f7_an_expired_invitation_is_sent_again_revoked_and_declined() {
    let week = 7 * 24 * 3600;
    let (app, _, workspace) = office("purchased-seats").await;
    let olga = app.sign_in("olga@acme.example").await;
    app.buy(&olga, &workspace, "basic", 1).await;
    let invitation = app.invite(&olga, &workspace, "tea@acme.example", "member").await;
    app.advance(week).await;
    let olga = app.sign_in("olga@acme.example").await;
    let tea = app.sign_in("tea@acme.example").await;
    accept(&app, &tea, &invitation).await.expect_problem(410, "invitation_expired");
    let path = format!("{workspace}/invitations/{}", text(&invitation["id"]));
    let resent = app.post(&olga, &format!("{path}/resend"), json!({})).await.expect(200);
    assert_eq!(resent["status"], "pending");
    assert_eq!(resent["seatId"], invitation["seatId"]);
    app.advance(week).await;
    let olga = app.sign_in("olga@acme.example").await;
    // Another invitation takes the seat, and then the address.
    let other = app.invite(&olga, &workspace, "kim@acme.example", "member").await;
    app.post(&olga, &format!("{path}/resend"), json!({})).await.expect_problem(409, "no_seat_available");
    app.revoke(&olga, &workspace, &other).await.expect(204);
    let anew = app.invite(&olga, &workspace, "tea@acme.example", "member").await;
    app.buy(&olga, &workspace, "basic", 1).await;
    app.post(&olga, &format!("{path}/resend"), json!({})).await.expect_problem(409, "invitation_pending");
    app.revoke(&olga, &workspace, &invitation).await.expect(204);
    app.revoke(&olga, &workspace, &invitation).await.expect_problem(410, "invitation_revoked");
    // The new invitation of the address is not touched.
    assert_eq!(pending(&app, &olga, &workspace).await, ["tea@acme.example"]);
    app.advance(week).await;
    let tea = app.sign_in("tea@acme.example").await;
    let decline = format!("/v1/invitations/{}/decline", text(&anew["id"]));
    app.post(&tea, &decline, json!({})).await.expect(204);
    app.post(&tea, &decline, json!({})).await.expect_problem(410, "invitation_revoked");
}

#[tokio::test]
async fn k25_the_invitation_of_somebody_else_is_unknown_by_its_id() {
    let (app, ada, workspace) = office("role-seats").await;
    let invitation = app.invite(&ada, &workspace, "may@acme.example", "member").await;
    let eve = app.sign_in("eve@acme.example").await;
    accept(&app, &eve, &invitation).await.expect_problem(404, "invitation_unknown");
    let decline = format!("/v1/invitations/{}/decline", text(&invitation["id"]));
    app.post(&eve, &decline, json!({})).await.expect_problem(404, "invitation_unknown");
    app.join(&eve, &invitation).await.expect_problem(403, "invitation_other_email");
    // Whatever has become of it.
    app.revoke(&ada, &workspace, &invitation).await.expect(204);
    accept(&app, &eve, &invitation).await.expect_problem(404, "invitation_unknown");
    accept(&app, &ada, &invitation).await.expect_problem(404, "invitation_unknown");
}
