//! The settings about creators, removal, roles and leaving.

use serde_json::{Value, json};

use super::{DATA, ROLES, enter, invited, office, policy, settled};
use crate::support::app::App;
use crate::support::client::{Client as _, member_path};
use crate::support::office::stands;
use crate::support::packs::edited_without_cases;
use crate::support::person::Person;
use crate::support::reply::text;

#[tokio::test]
async fn member_cap_set() {
    let cap = (DATA, "[invitation]", "[members]\nmax = 2\n\n[invitation]");
    let app = App::with_edited_pack("role-seats", &[cap]).await;
    let (olga, workspace) = office(&app).await;
    app.put_on_plan(&workspace, "enterprise").await.expect(204);
    app.own_domain(&olga, &workspace, "acme.example").await;
    let link = app.role_link(&olga, &workspace, "viewer").await;
    let (pat, by_mail) = invited(&app, &olga, &workspace, "pat@other.example", "admin").await;
    let tea = app.bring(&olga, &workspace, "tea@other.example", "member").await;
    // Full, whichever way somebody comes, though there are seats.
    app.join_by(&pat, &by_mail).await.expect_problem(409, "member_limit_reached");
    app.join_by(&pat, &link).await.expect_problem(409, "member_limit_reached");
    assert!(enter(&app, "mel@acme.example").await.is_empty());
    assert_eq!(app.seats(&olga, &workspace).await, [250, 2, 248]);
    app.remove(&olga, &workspace, &tea).await.expect(204);
    assert_eq!(enter(&app, "mel@acme.example").await, ["member"]);
    app.join_by(&pat, &by_mail).await.expect_problem(409, "member_limit_reached");
}

#[tokio::test]
async fn member_cap_none() {
    let app = App::with_edited_pack("flat-owners", &[(DATA, "[members]\nmax = 5\n", "")]).await;
    let (olga, workspace) = office(&app).await;
    for number in 0..6 {
        app.bring(&olga, &workspace, &format!("p{number}@acme.example"), "member").await;
    }
    assert_eq!(app.get(&olga, &workspace).await.expect(200)["members"], 7);
}

#[tokio::test]
async fn leave_by_each_way() {
    for by in ["request", "direct", "none"] {
        // Policies that permit either: it is the setting that says which there is.
        let app = App::with_edited_pack(
            "role-ladder",
            &[
                (DATA, "by = \"direct\"", &format!("by = \"{by}\"")),
                (ROLES, "Action::\"leave.direct\"", "Action::\"leave.direct\", Action::\"leave.request\""),
                (ROLES, "Action::\"workspace.own\"", "Action::\"workspace.own\", Action::\"leave.decide\""),
            ],
        )
        .await;
        let (olga, workspace) = office(&app).await;
        let tea = app.bring(&olga, &workspace, "tea@acme.example", "member").await;
        let asked = app.post(&tea, &format!("{workspace}/leave-requests"), json!({})).await;
        if by == "request" {
            let path = format!("{workspace}/leave-requests/{}/approve", text(&asked.expect(201)["id"]));
            app.post(&tea, &format!("{workspace}/leave"), Value::Null)
                .await
                .expect_problem(403, "leave_not_offered");
            app.get(&tea, &workspace).await.expect(200);
            app.post(&olga, &path, json!({})).await.expect(200);
            app.get(&tea, &workspace).await.expect_problem(404, "not_found");
            continue;
        }
        asked.expect_problem(403, "leave_not_offered");
        let left = app.post(&tea, &format!("{workspace}/leave"), Value::Null).await;
        if by == "direct" {
            left.expect(204);
            app.get(&tea, &workspace).await.expect_problem(404, "not_found");
        } else {
            left.expect_problem(403, "leave_not_offered");
            app.get(&tea, &workspace).await.expect(200);
        }
    }
}

/// A workspace with another owner beside its creator.
async fn two_owners(app: &App) -> (Person, Person, String) {
    let (olga, workspace) = office(app).await;
    let tea = app.bring(&olga, &workspace, "tea@acme.example", "member").await;
    app.change_role(&olga, &workspace, &tea, "owner").await.expect(200);
    (olga, tea, workspace)
}

#[tokio::test]
async fn creator_removal_allowed() {
    let app =
        App::with_edited_pack("flat-owners", &[(DATA, "removal = \"refused\"", "removal = \"allowed\"")])
            .await;
    let (olga, tea, workspace) = two_owners(&app).await;
    app.remove(&tea, &workspace, &olga).await.expect(204);
    app.get(&olga, &workspace).await.expect_problem(404, "not_found");
    assert_eq!(app.listed(&tea, &workspace, "").await, ["tea@acme.example"]);
}

#[tokio::test]
async fn creator_removal_refused_on_every_way_out() {
    let refused = (DATA, "[leave]", "[creator]\nremoval = \"refused\"\n\n[leave]");
    // By removal, and by leaving.
    let app = App::with_edited_pack("role-ladder", &[refused]).await;
    let (olga, tea, workspace) = two_owners(&app).await;
    app.remove(&tea, &workspace, &olga).await.expect_problem(403, "creator_protected");
    app.change_role(&tea, &workspace, &olga, "admin").await.expect(200);
    app.post(&olga, &format!("{workspace}/leave"), Value::Null)
        .await
        .expect_problem(403, "creator_protected");
    app.remove(&tea, &workspace, &olga).await.expect_problem(403, "creator_protected");
    app.get(&olga, &workspace).await.expect(200);
    // By a leave request that is approved.
    let app = App::with_edited_pack("purchased-seats", &[refused]).await;
    let (olga, workspace) = office(&app).await;
    let tea = app.member(&olga, &workspace, "tea@acme.example", "owner").await;
    app.buy(&olga, &workspace, "pro", 1).await;
    app.change_role(&tea, &workspace, &olga, "member").await.expect(200);
    let asked = app.post(&olga, &format!("{workspace}/leave-requests"), json!({})).await.expect(201);
    let path = format!("{workspace}/leave-requests/{}/approve", text(&asked["id"]));
    app.post(&tea, &path, json!({})).await.expect_problem(403, "creator_protected");
    app.get(&olga, &workspace).await.expect(200);
}

#[tokio::test]
async fn creator_demotion_allowed() {
    let change = (DATA, "demotion = \"refused-in-only-workspace\"", "demotion = \"allowed\"");
    let app = App::with_edited_pack("flat-owners", &[change]).await;
    let (olga, tea, workspace) = two_owners(&app).await;
    assert_eq!(app.change_role(&tea, &workspace, &olga, "member").await.expect(200)["role"], "member");
    assert_eq!(app.shown(&tea, &workspace, &olga).await["isCreator"], true);
}

#[tokio::test]
async fn creator_demotion_refused_in_only_workspace() {
    let app = App::with_pack("flat-owners").await;
    let (olga, tea, workspace) = two_owners(&app).await;
    let refused = app.change_role(&tea, &workspace, &olga, "member").await;
    refused.expect_problem(403, "creator_protected");
    app.workspace(&olga).await;
    app.change_role(&tea, &workspace, &olga, "member").await.expect(200);
    // Others are no creators here, wherever else they are.
    app.change_role(&tea, &workspace, &olga, "owner").await.expect(200);
    app.change_role(&olga, &workspace, &tea, "member").await.expect(200);
}

#[tokio::test]
async fn creator_demotion_refused() {
    let change = (DATA, "demotion = \"refused-in-only-workspace\"", "demotion = \"refused\"");
    let app = App::with_edited_pack("flat-owners", &[change]).await;
    let (olga, tea, workspace) = two_owners(&app).await;
    app.workspace(&olga).await;
    let refused = app.change_role(&tea, &workspace, &olga, "member").await;
    refused.expect_problem(403, "creator_protected");
    app.change_role(&olga, &workspace, &tea, "member").await.expect(200);

    // Nor by taking the seat that the role needs.
    let change = (DATA, "[leave]", "[creator]\ndemotion = \"refused\"\n\n[leave]");
    let app = App::with_edited_pack("role-seats", &[change]).await;
    let (ada, workspace) = office(&app).await;
    let bob = app.bring(&ada, &workspace, "bob@acme.example", "admin").await;
    let seat = format!("{}/seat", member_path(&workspace, &ada));
    app.call(&bob, "DELETE", &seat, Value::Null).await.expect_problem(403, "creator_protected");
    app.change_role(&bob, &workspace, &ada, "member").await.expect_problem(403, "creator_protected");
    assert_eq!(stands(&app.shown(&bob, &workspace, &ada).await), ("admin", true));
    app.remove(&bob, &workspace, &ada).await.expect(204);
}

#[tokio::test]
async fn own_role_with_the_policy() {
    let rule = policy("flat-owners", ROLES, "roles.not-your-own-role");
    let owners = "@id(\"roles.owner-stays\")";
    let app = App::with_edited_pack("role-ladder", &[(ROLES, owners, &format!("{rule}\n\n{owners}"))]).await;
    let (olga, tea, workspace) = two_owners(&app).await;
    for owner in [&olga, &tea] {
        app.change_role(owner, &workspace, owner, "admin").await.expect_problem(403, "own_role");
    }
    app.change_role(&tea, &workspace, &olga, "admin").await.expect(200);
}

#[tokio::test]
async fn own_role_without_the_policy() {
    let rule = policy("flat-owners", ROLES, "roles.not-your-own-role");
    let app = App::with_edited_pack("flat-owners", &[(ROLES, &rule, "")]).await;
    let (olga, tea, workspace) = two_owners(&app).await;
    app.change_role(&tea, &workspace, &tea, "member").await.expect(200);
    // The rules that are no policy hold: the last governor stays, and the creator.
    app.change_role(&olga, &workspace, &olga, "member").await.expect_problem(403, "creator_protected");
    app.workspace(&olga).await;
    app.change_role(&olga, &workspace, &olga, "member").await.expect_problem(409, "last_governor");
}

#[tokio::test]
async fn who_sees_the_members_is_a_policy() {
    let app = App::with_pack("role-seats").await;
    let (ada, workspace) = office(&app).await;
    let vic = app.bring(&ada, &workspace, "vic@acme.example", "viewer").await;
    let list = format!("{workspace}/members");
    app.get(&vic, &list).await.expect_problem(403, "forbidden");
    let shown = "[Action::\"workspace.read\", Action::\"viewContent\"]";
    let more = "[Action::\"workspace.read\", Action::\"viewContent\", Action::\"members.read\"]";
    app.local.publish(edited_without_cases("role-seats", &[(ROLES, shown, more)])).await.unwrap();
    app.invite(&ada, &workspace, "tea@acme.example", "member").await;
    assert_eq!(app.listed(&vic, &workspace, "").await.len(), 2);
    app.get(&vic, &format!("{list}/export")).await.expect(200);
    // A member who may not list invitations does not see the invited.
    assert_eq!(app.listed(&vic, &workspace, "?status=all").await.len(), 2);
    assert_eq!(app.listed(&ada, &workspace, "?status=all").await.len(), 3);
    app.local.publish(edited_without_cases("role-seats", &[])).await.unwrap();
    app.get(&vic, &list).await.expect_problem(403, "forbidden");
}

async fn has_account(app: &App, who: &Person) -> bool {
    app.get(who, "/v1/me").await.expect(200)["timezone"] == "Europe/Riga"
}

#[tokio::test]
async fn last_account_keep() {
    let app = App::with_edited_pack(
        "flat-owners",
        &[(DATA, "last-account = \"delete\"", "last-account = \"keep\"")],
    )
    .await;
    let (olga, workspace) = office(&app).await;
    let tea = settled(&app, &olga, &workspace, "tea@acme.example").await;
    app.remove(&olga, &workspace, &tea).await.expect(204);
    assert!(has_account(&app, &tea).await);
}

#[tokio::test]
async fn last_account_delete() {
    let change = (DATA, "[leave]", "[removal]\nlast-account = \"delete\"\n\n[leave]");
    let app = App::with_edited_pack("role-ladder", &[change]).await;
    let (olga, workspace) = office(&app).await;
    let second = app.workspace(&olga).await;
    let gone = settled(&app, &olga, &workspace, "gone@acme.example").await;
    let busy = settled(&app, &olga, &workspace, "busy@acme.example").await;
    let leaver = settled(&app, &olga, &workspace, "leaver@acme.example").await;
    app.bring(&olga, &second, "busy@acme.example", "member").await;
    app.remove(&olga, &workspace, &gone).await.expect(204);
    assert!(!has_account(&app, &gone).await);
    // A person who is in another workspace keeps the account until they are removed from there as well.
    app.remove(&olga, &workspace, &busy).await.expect(204);
    assert!(has_account(&app, &busy).await);
    app.remove(&olga, &second, &busy).await.expect(204);
    assert!(!has_account(&app, &busy).await);
    // It is about removal: who goes on their own, or whose workspace is deleted, keeps theirs.
    app.post(&leaver, &format!("{workspace}/leave"), Value::Null).await.expect(204);
    assert!(has_account(&app, &leaver).await);
    let last = settled(&app, &olga, &workspace, "last@acme.example").await;
    app.call(&olga, "DELETE", &workspace, Value::Null).await.expect(204);
    app.local.settle().await;
    assert!(has_account(&app, &last).await);
    // And the creator keeps theirs, whoever removes them.
    let tea = app.bring(&olga, &second, "tea@acme.example", "owner").await;
    app.call(&olga, "PATCH", "/v1/me", json!({ "timezone": "Europe/Riga" })).await.expect(200);
    app.remove(&tea, &second, &olga).await.expect(204);
    assert!(has_account(&app, &olga).await);
}

#[tokio::test]
async fn after_join_says_where_a_client_goes_on() {
    for next in ["dashboard", "onboarding", "invitations"] {
        let change = (DATA, "after-join = \"dashboard\"", &*format!("after-join = \"{next}\""));
        let app = App::with_edited_pack("flat-owners", &[change]).await;
        let (olga, workspace) = office(&app).await;
        let (tea, url) = invited(&app, &olga, &workspace, "tea@acme.example", "member").await;
        assert_eq!(app.join_by(&tea, &url).await.expect(200)["next"], next);
    }
}

#[tokio::test]
async fn one_person_per_address_each_way() {
    for links in [true, false] {
        let setting = format!("[sign-in]\none-person-per-address = {links}\n\n[invitation]");
        let app = App::with_edited_pack("role-seats", &[(DATA, "[invitation]", &setting)]).await;
        let (olga, workspace) = office(&app).await;
        let url = app.role_link(&olga, &workspace, "member").await;
        let tea = app.sign_in("tea@acme.example").await;
        let other = app.signed(&tea.by("other"));
        app.join_by(&tea, &url).await.expect(200);
        let joined = app.join_by(&other, &url).await;
        let entered = app.post(&other, "/v1/me", json!({})).await.expect(200);
        app.remove(&olga, &workspace, &tea).await.expect(204);
        let seen = app.get(&other, &workspace).await;
        if links {
            joined.expect_problem(409, "already_member");
            assert_eq!(entered["user"]["id"], json!(tea.id()));
            seen.expect_problem(404, "not_found");
        } else {
            joined.expect(200);
            assert_eq!(entered["user"]["id"], json!(other.id()));
            seen.expect(200);
            assert!(app.dump().await.owners.is_empty());
        }
    }
}
