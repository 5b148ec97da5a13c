//! What the pack dropped can still be left, declined, revoked, cancelled, removed and replaced (K48).

use seatwise_policy::packs::names;
use serde_json::{Value, json};

use crate::support::app::App;
use crate::support::client::{Client as _, member_path};
use crate::support::packs::{self, edited_without_cases};
use crate::support::person::Person;
use crate::support::reply::text;

const DATA: &str = "product.toml";
const ROLES: &str = "roles.cedar";

/// A role that a later version of the pack does not have. It can do things that a member cannot.
pub(super) const HELPER: &str =
    "[[role]]\nid = \"helper\"\nlabel = \"Helper\"\nrank = 20\nstaff = true\nbadge = \"blue\"\n";
/// What it can do.
pub(super) const HELPS: &str = r#"@id("roles.helper")
permit (
  principal in Role::"helper",
  action in [Action::"workspace.read", Action::"members.read", Action::"updateWorkspace"],
  resource
);

"#;

/// A service under a pack with the role.
async fn with_helper(pack: &str) -> App {
    let role = format!("{HELPER}\n[invitation]");
    let first = "@id(\"roles.member\")";
    App::with_edited_pack(pack, &[(DATA, "[invitation]", &role), (ROLES, first, &format!("{HELPS}{first}"))])
        .await
}

/// The pack as it comes, without the role.
async fn drop_helper(app: &App) {
    app.local.publish(packs::files(&app.local.pack)).await.expect("published");
}

/// A member with the role.
async fn helper(app: &App, by: &Person, workspace: &str, name: &str) -> Person {
    if app.local.pack == "purchased-seats" {
        app.buy(by, workspace, "pro", 1).await;
    }
    let person = app.bring(by, workspace, name, "member").await;
    app.change_role(by, workspace, &person, "helper").await.expect(200);
    person
}

#[tokio::test]
async fn k48_holders_of_a_dropped_role_are_moved_removed_and_powerless() {
    for pack in names() {
        let app = with_helper(pack).await;
        let olga = app.sign_in("olga@acme.example").await;
        let workspace = app.workspace(&olga).await;
        let moved = helper(&app, &olga, &workspace, "moved").await;
        let removed = helper(&app, &olga, &workspace, "removed").await;
        let rename = json!({ "name": "Theirs" });
        app.call(&moved, "PATCH", &workspace, rename.clone()).await.expect(200);
        drop_helper(&app).await;

        // No permission of a role is left, and there is a reason.
        let refused = app.call(&moved, "PATCH", &workspace, rename).await.expect_problem(403, "forbidden");
        assert_eq!(refused["reason"], "not_permitted", "{pack}");
        app.remove(&moved, &workspace, &olga).await.expect_problem(403, "forbidden");
        app.change_role(&moved, &workspace, &removed, "member").await.expect_problem(403, "forbidden");
        app.get(&moved, &format!("{workspace}/members")).await.expect_problem(403, "forbidden");
        assert_eq!(app.shown(&olga, &workspace, &moved).await["role"], "helper", "{pack}");

        assert_eq!(app.change_role(&olga, &workspace, &moved, "member").await.expect(200)["role"], "member");
        app.remove(&olga, &workspace, &removed).await.expect(204);
        app.get(&removed, &workspace).await.expect_problem(404, "not_found");
        let unknown = app.change_role(&olga, &workspace, &moved, "helper").await;
        unknown.expect_problem(422, "role_unknown");
    }
}

#[tokio::test]
async fn k48_holders_of_a_dropped_role_leave_where_the_pack_offers_it() {
    for pack in names() {
        let app = with_helper(pack).await;
        let olga = app.sign_in("olga@acme.example").await;
        let workspace = app.workspace(&olga).await;
        let hal = helper(&app, &olga, &workspace, "hal").await;
        drop_helper(&app).await;
        let (leave, requests) = (format!("{workspace}/leave"), format!("{workspace}/leave-requests"));
        let asked = app.post(&hal, &requests, json!({})).await;
        if pack == "purchased-seats" {
            let request = format!("{requests}/{}", text(&asked.expect(201)["id"]));
            app.call(&hal, "DELETE", &request, Value::Null).await.expect(204);
            let request = app.ask_to_leave(&hal, &workspace).await;
            app.post(&hal, &leave, Value::Null).await.expect_problem(403, "leave_not_offered");
            app.post(&olga, &format!("{request}/approve"), json!({})).await.expect(200);
        } else {
            asked.expect_problem(403, "leave_not_offered");
        }
        if pack == "role-ladder" {
            app.post(&hal, &leave, Value::Null).await.expect(204);
        }
        let is_gone = ["purchased-seats", "role-ladder"].contains(&pack);
        let status = app.post(&hal, &leave, Value::Null).await.status.as_u16();
        assert_eq!(status, if is_gone { 404 } else { 403 }, "{pack}");
    }
}

#[tokio::test]
async fn k48_invitations_for_a_dropped_role_are_declined_revoked_and_changed() {
    // In flat-owners nobody chooses the role of an invitation.
    for pack in names().filter(|pack| *pack != "flat-owners") {
        let app = with_helper(pack).await;
        let olga = app.sign_in("olga@acme.example").await;
        let workspace = app.workspace(&olga).await;
        if pack == "purchased-seats" {
            app.buy(&olga, &workspace, "pro", 3).await;
        }
        let [declined, revoked, changed] = ["declined", "revoked", "changed"];
        let declined = (app.invite(&olga, &workspace, declined, "helper").await, declined);
        let revoked = app.invite(&olga, &workspace, revoked, "helper").await;
        let changed = (app.invite(&olga, &workspace, changed, "helper").await, changed);
        drop_helper(&app).await;

        let person = app.sign_in(&format!("{}@acme.example", declined.1)).await;
        let refused = app.join(&person, &declined.0).await;
        assert!(refused.status.is_client_error(), "{pack}: {}", refused.text);
        let path = format!("/v1/invitations/{}/decline", text(&declined.0["id"]));
        app.post(&person, &path, Value::Null).await.expect(204);
        app.revoke(&olga, &workspace, &revoked).await.expect(204);

        let path = format!("{workspace}/invitations/{}", text(&changed.0["id"]));
        app.post(&olga, &format!("{path}/resend"), Value::Null).await.expect_problem(422, "role_unknown");
        let listed = app.get(&olga, &format!("{workspace}/invitations")).await.expect(200);
        let shown = listed["items"].as_array().expect("a list").iter().find(|it| it["id"] == changed.0["id"]);
        assert_eq!(shown.expect("the invitation")["url"], Value::Null, "{pack}");
        app.call(&olga, "PATCH", &path, json!({ "role": "member" })).await.expect(200);
        let person = app.sign_in(&format!("{}@acme.example", changed.1)).await;
        assert_eq!(app.join(&person, &changed.0).await.expect(200)["member"]["role"], "member", "{pack}");
    }
}

#[tokio::test]
async fn k48_the_link_of_a_dropped_role_and_dropped_ways_in_are_revoked() {
    let app = with_helper("role-seats").await;
    let ada = app.sign_in("ada@acme.example").await;
    let workspace = app.workspace(&ada).await;
    app.put_on_plan(&workspace, "enterprise").await.expect(204);
    let vic = app.bring(&ada, &workspace, "vic", "viewer").await;
    let url = app.role_link(&ada, &workspace, "helper").await;
    let links = format!("{workspace}/links");
    drop_helper(&app).await;
    let stranger = app.sign_in("stranger@acme.example").await;
    assert!(app.join_by(&stranger, &url).await.status.is_client_error());
    app.call(&ada, "DELETE", &format!("{links}/helper"), Value::Null).await.expect(204);
    assert_eq!(app.get(&ada, &links).await.expect(200)["items"], json!([]));

    // The ways in: by link and by domain.
    let url = app.role_link(&ada, &workspace, "member").await;
    app.own_domain(&ada, &workspace, "other.example").await;
    let email = (DATA, "[\"email\", \"link\", \"domain\"]", "[\"email\"]");
    app.local.publish(edited_without_cases("role-seats", &[email])).await.expect("published");
    for who in [&ada, &vic] {
        for path in ["links/member", "domains/third.example"] {
            let refused = app.call(who, "PUT", &format!("{workspace}/{path}"), Value::Null).await;
            refused.expect_problem(403, "channel_not_offered");
        }
    }
    assert!(app.join_by(&stranger, &url).await.status.is_client_error());
    app.call(&ada, "DELETE", &format!("{links}/member"), Value::Null).await.expect(204);
    let domain = format!("{workspace}/domains/other.example");
    app.call(&ada, "DELETE", &domain, Value::Null).await.expect(204);
}

#[tokio::test]
async fn k48_invitations_of_a_dropped_channel_are_revoked_and_declined() {
    let app = App::with_pack("role-ladder").await;
    let olga = app.sign_in("olga@acme.example").await;
    let workspace = app.workspace(&olga).await;
    let revoked = app.invite(&olga, &workspace, "revoked", "member").await;
    let declined = app.invite(&olga, &workspace, "declined", "member").await;
    let single_use = (DATA, "channels = [\"email\"]", "channels = [\"single-use\"]");
    app.local.publish(edited_without_cases("role-ladder", &[single_use])).await.expect("published");
    // A member stands for an invitation that they send again, and nobody could use this one.
    let resend = format!("{workspace}/invitations/{}/resend", text(&revoked["id"]));
    app.post(&olga, &resend, json!({})).await.expect_problem(403, "channel_not_offered");
    let another = json!({ "emails": ["another@acme.example"] });
    let refused = app.post(&olga, &format!("{workspace}/invitations"), another).await;
    refused.expect_problem(403, "channel_not_offered");
    app.revoke(&olga, &workspace, &revoked).await.expect(204);
    let person = app.sign_in("declined@acme.example").await;
    let path = format!("/v1/invitations/{}/decline", text(&declined["id"]));
    app.post(&person, &path, Value::Null).await.expect(204);
}

const PRO: &str = "[[seats.tier]]\nid = \"pro\"\nlabel = \"Pro\"\nprice = { amount = 2900, currency = \"EUR\" }\n\
    features = [\"analytics\", \"public-api\"]\n\n";

#[tokio::test]
async fn k48_seats_of_a_dropped_tier_are_used_released_and_cancelled() {
    let app = App::new().await;
    let olga = app.sign_in("olga@acme.example").await;
    let workspace = app.workspace(&olga).await;
    let pat = app.member(&olga, &workspace, "pat", "member").await;
    let sue = app.member(&olga, &workspace, "sue", "member").await;
    let free = app.buy(&olga, &workspace, "pro", 2).await;
    app.local.publish(edited_without_cases("purchased-seats", &[(DATA, PRO, "")])).await.expect("published");

    // The seat is paid, so its holder keeps the product; the tier's features are gone.
    let actions = ["useProduct", "viewAnalytics"];
    assert_eq!(app.allowed(&pat, &workspace, &actions).await, ["useProduct"]);
    let seats = app.get(&olga, &format!("{workspace}/seats")).await.expect(200);
    assert_eq!(seats["items"].as_array().map(Vec::len), Some(4), "{seats}");
    let unknown =
        app.post(&olga, &format!("{workspace}/seats"), json!({ "tier": "pro", "quantity": 1 })).await;
    assert_eq!(unknown.expect_problem(422, "tier_unknown")["choices"], json!(["basic"]));

    // A free one is given where no other is free.
    let role = format!("{}/seat", member_path(&workspace, &olga));
    let seated = app.call(&olga, "PUT", &role, json!({})).await.expect(200);
    assert_eq!(seated["seat"]["tier"], "pro", "{seated}");
    app.call(&olga, "DELETE", &role, Value::Null).await.expect(200);
    app.remove(&olga, &workspace, &sue).await.expect(204);

    let seat = format!("{workspace}/seats/{}", free[0]);
    assert!(
        app.post(&olga, &format!("{seat}/cancel"), Value::Null).await.expect(200)["cancelsAt"].is_string()
    );
    let again = app.post(&olga, &format!("{seat}/reactivate"), Value::Null).await;
    assert_eq!(again.expect_problem(422, "tier_unknown")["choices"], json!(["basic"]));
    let kept = format!("{workspace}/seats/{}/reactivate", free[1]);
    app.post(&olga, &kept, Value::Null).await.expect(200);
    app.change_role(&olga, &workspace, &pat, "admin").await.expect(200);
    app.get(&olga, &workspace).await.expect(200);
}
