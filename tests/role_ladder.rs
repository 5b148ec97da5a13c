//! What people do with the pack `role-ladder`, from end to end: each requirement by its id.

use serde_json::{Value, json};

use crate::support::app::App;
use crate::support::client::{Client as _, PNG};
use crate::support::person::Person;
use crate::support::reply::{Reply, text, token_of};

/// A workspace, and who made it.
async fn office() -> (App, Person, String) {
    let app = App::with_pack("role-ladder").await;
    let olga = app.sign_in_as(json!({ "email": "olga@acme.example", "firstName": "Olga" })).await;
    let workspace = app.workspace(&olga).await;
    (app, olga, workspace)
}

async fn upload(app: &App, who: &Person, workspace: &str, kind: &str, picture: &[u8]) -> Reply {
    app.call_raw(who, "PUT", &format!("{workspace}/logo"), kind, picture).await
}

/// What anybody gets who follows the address of a logo.
async fn picture(app: &App, url: &str) -> Reply {
    app.call(None, "GET", &url[url.find("/v1/").unwrap_or_default()..], Value::Null).await
}

/// The switcher: paths and roles.
async fn switcher(app: &App, who: &Person) -> Vec<(String, String)> {
    let listed = app.get(who, "/v1/workspaces").await.expect(200);
    let entry = |entry: &Value| (format!("/v1/workspaces/{}", text(&entry["id"])), text(&entry["role"]));
    let mut entries: Vec<_> = listed["items"].as_array().expect("a list").iter().map(entry).collect();
    entries.sort();
    entries
}

fn sorted(mut entries: Vec<(&str, &str)>) -> Vec<(String, String)> {
    entries.sort_unstable();
    entries.into_iter().map(|(path, role)| (path.to_owned(), role.to_owned())).collect()
}

#[tokio::test]
async fn l1_a_person_has_a_role_of_their_own_in_each_workspace() {
    let (app, olga, acme) = office().await;
    let uma = app.sign_in("uma@other.example").await;
    let other = app.workspace(&uma).await;
    let tea = app.bring(&olga, &acme, "tea@acme.example", "admin").await;
    app.bring(&olga, &acme, "mel@acme.example", "member").await;
    app.bring(&uma, &other, "tea@acme.example", "member").await;
    let own = app.workspace(&tea).await;
    let expected = sorted(vec![(&acme, "admin"), (&other, "member"), (&own, "owner")]);
    assert_eq!(switcher(&app, &tea).await, expected);
    // What the role allows in one it does not in another.
    for (workspace, may) in
        [(&acme, vec!["manageChannels"]), (&other, vec![]), (&own, vec!["manageChannels"])]
    {
        assert_eq!(app.allowed(&tea, workspace, &["manageChannels"]).await, may);
    }
    app.get(&tea, &format!("{own}/members")).await.expect(200);
    app.get(&tea, &format!("{acme}/members")).await.expect_problem(403, "forbidden");
    // A change in one leaves the others alone, and many are in one.
    app.change_role(&olga, &acme, &tea, "owner").await.expect(200);
    let expected = sorted(vec![(&acme, "owner"), (&other, "member"), (&own, "owner")]);
    assert_eq!(switcher(&app, &tea).await, expected);
    assert_eq!(app.listed(&tea, &acme, "").await.len(), 3);
    assert_eq!(app.get(&uma, &other).await.expect(200)["members"], 2);
    app.get(&olga, &other).await.expect_problem(404, "not_found");
}

#[tokio::test]
async fn l2_owners_edit_the_workspaces_profile() {
    let (app, olga, workspace) = office().await;
    let admin = app.bring(&olga, &workspace, "adam@acme.example", "admin").await;
    let profile = json!({ "name": "Acme Bots", "timezone": "Asia/Kolkata", "defaultFlowTheme": "midnight" });
    app.call(&admin, "PATCH", &workspace, profile.clone()).await.expect_problem(403, "forbidden");
    let changed = app.call(&olga, "PATCH", &workspace, profile.clone()).await.expect(200);
    let seen = app.get(&admin, &workspace).await.expect(200);
    for (field, value) in profile.as_object().unwrap() {
        assert_eq!((&changed[field], &seen[field]), (value, value));
    }
    assert!(workspace.ends_with(seen["id"].as_str().unwrap()));
    // What is absent stays, null clears; the name is always there.
    app.call(&olga, "PATCH", &workspace, json!({ "timezone": null })).await.expect(200);
    let seen = app.get(&admin, &workspace).await.expect(200);
    assert_eq!((&seen["timezone"], &seen["defaultFlowTheme"]), (&Value::Null, &json!("midnight")));
    for bad in [json!({ "name": null }), json!({ "name": " " }), json!({ "timezone": "Mars Base" })] {
        app.call(&olga, "PATCH", &workspace, bad).await.expect_problem(422, "invalid_request");
    }
    assert_eq!(app.get(&admin, "/v1/workspaces").await.expect(200)["items"][0]["name"], "Acme Bots");
}

#[tokio::test]
async fn l2_the_logo_shows_in_the_switcher_and_on_the_invitation() {
    let (app, olga, workspace) = office().await;
    let other = [PNG, b"another"].concat();
    let admin = app.bring(&olga, &workspace, "adam@acme.example", "admin").await;
    assert_eq!(app.get(&olga, &workspace).await.expect(200)["logoUrl"], Value::Null);
    upload(&app, &admin, &workspace, "image/png", PNG).await.expect_problem(403, "forbidden");
    let uploaded = upload(&app, &olga, &workspace, "image/png", PNG).await.expect(200);
    let url = text(&uploaded["logoUrl"]);
    assert!(url.starts_with("http://localhost/v1/workspaces/"), "reached as this server is: {url}");

    // Everybody who has the address sees it, signed in or not.
    let shown = picture(&app, &url).await;
    assert_eq!((shown.status.as_u16(), shown.text), (200, String::from_utf8_lossy(PNG).into_owned()));
    assert_eq!(shown.headers["content-type"], "image/png");
    assert!(shown.headers["cache-control"].to_str().unwrap().contains("immutable"));
    let guessed = format!("{workspace}/logo?key={}", "0".repeat(32));
    picture(&app, &guessed).await.expect_problem(404, "not_found");
    picture(&app, &format!("{workspace}/logo")).await.expect_problem(422, "invalid_request");
    // In the switcher, in the workspace, on the invitation, in the list of one's own.
    let invitation = app.invite(&olga, &workspace, "tea@acme.example", "member").await;
    let tea = app.sign_in("tea@acme.example").await;
    let token = json!({ "token": token_of(&text(&invitation["url"])) });
    let preview = app.call(None, "POST", "/v1/invitations/preview", token).await.expect(200);
    let mine = app.get(&tea, "/v1/me/invitations").await.expect(200);
    let switcher = app.get(&olga, "/v1/workspaces").await.expect(200);
    let seen = app.get(&olga, &workspace).await.expect(200);
    for shown in [&preview["workspace"], &mine["items"][0]["workspace"], &switcher["items"][0], &seen] {
        assert_eq!(shown["logoUrl"], json!(url));
    }

    // Another picture has another address; without one there is none.
    let uploaded = upload(&app, &olga, &workspace, "image/png", &other).await.expect(200);
    let anew = text(&uploaded["logoUrl"]);
    assert_ne!(anew, url);
    assert_eq!(picture(&app, &anew).await.text, String::from_utf8_lossy(&other));
    let logo = format!("{workspace}/logo");
    app.call(&admin, "DELETE", &logo, Value::Null).await.expect_problem(403, "forbidden");
    app.call(&olga, "DELETE", &logo, Value::Null).await.expect(204);
    for gone in [&url, &anew] {
        picture(&app, gone).await.expect_problem(404, "not_found");
    }
    assert_eq!(app.get(&olga, &workspace).await.expect(200)["logoUrl"], Value::Null);
}

#[tokio::test]
async fn l2_what_a_logo_is_goes_by_its_content() {
    let (app, olga, workspace) = office().await;
    let svg = b"<svg xmlns=\"http://www.w3.org/2000/svg\" onload=\"alert(1)\"/>".as_slice();
    for (kind, bytes) in [
        ("image/svg+xml", svg),
        ("image/png", svg),
        ("image/png", b"GIF89a\x01\x00\x01\x00\x00\x00\x00;".as_slice()),
        ("image/png", &PNG[..12]),
        ("image/png", b"".as_slice()),
    ] {
        upload(&app, &olga, &workspace, kind, bytes).await.expect_problem(422, "invalid_request");
    }
    // Most that it may have is 256 KiB.
    let padded = |length: usize| [PNG, &vec![0; length - PNG.len()]].concat();
    let too_large = upload(&app, &olga, &workspace, "image/png", &padded(256 * 1024 + 1)).await;
    too_large.expect_problem(413, "payload_too_large");
    assert_eq!(app.get(&olga, &workspace).await.expect(200)["logoUrl"], Value::Null);
    upload(&app, &olga, &workspace, "image/png", &padded(256 * 1024)).await.expect(200);
}

#[tokio::test]
async fn l6_people_see_their_workspaces_create_one_and_switch() {
    let (app, olga, acme) = office().await;
    let tea = app.bring(&olga, &acme, "tea@acme.example", "member").await;
    let made = app.post(&tea, "/v1/workspaces", json!({ "name": "Tea's" })).await.expect(201);
    let own = format!("/v1/workspaces/{}", text(&made["id"]));
    assert_eq!(made["role"], "owner");
    assert_eq!(switcher(&app, &tea).await, sorted(vec![(&acme, "member"), (&own, "owner")]));
    for workspace in [&own, &acme] {
        let id = workspace.rsplit('/').next();
        let switched =
            app.call(&tea, "PATCH", "/v1/me", json!({ "currentWorkspaceId": id })).await.expect(200);
        assert_eq!(switched["currentWorkspaceId"], json!(id));
        assert_eq!(app.get(&tea, "/v1/me").await.expect(200)["currentWorkspaceId"], json!(id));
    }
    // Only to one that they are in.
    let elsewhere = app.workspace(&olga).await;
    let elsewhere = json!({ "currentWorkspaceId": elsewhere.rsplit('/').next() });
    app.call(&tea, "PATCH", "/v1/me", elsewhere).await.expect_problem(422, "invalid_request");
}

#[tokio::test]
async fn l6_who_is_not_the_owner_leaves() {
    let (app, olga, workspace) = office().await;
    let tea = app.bring(&olga, &workspace, "tea@acme.example", "member").await;
    let adam = app.bring(&olga, &workspace, "adam@acme.example", "admin").await;
    let leave = format!("{workspace}/leave");
    let id = json!(workspace.rsplit('/').next());
    app.call(&tea, "PATCH", "/v1/me", json!({ "currentWorkspaceId": id, "timezone": "Europe/Riga" }))
        .await
        .expect(200);
    app.post(&olga, &leave, Value::Null).await.expect_problem(403, "leave_not_offered");
    app.remove(&olga, &workspace, &olga).await.expect_problem(403, "own_removal");
    for who in [&tea, &adam] {
        app.post(who, &leave, Value::Null).await.expect(204);
        app.post(who, &leave, Value::Null).await.expect_problem(404, "not_found");
        app.get(who, &workspace).await.expect_problem(404, "not_found");
        assert_eq!(switcher(&app, who).await, []);
    }
    assert_eq!(app.listed(&olga, &workspace, "").await, ["olga@acme.example"]);
    assert_eq!(app.get(&olga, &workspace).await.expect(200)["members"], 1);
    // Their account stays; the workspace is not where they are any more; they may be invited again.
    let entered = app.post(&tea, "/v1/me", json!({})).await.expect(200);
    assert_eq!(
        (&entered["user"]["timezone"], &entered["next"]),
        (&json!("Europe/Riga"), &json!("onboarding"))
    );
    assert_eq!(entered["user"]["currentWorkspaceId"], Value::Null);
    app.bring(&olga, &workspace, "tea@acme.example", "admin").await;

    // An owner among others does not leave either; as anything else she does, creator or not.
    let eve = app.bring(&olga, &workspace, "eve@acme.example", "owner").await;
    app.post(&eve, &leave, Value::Null).await.expect_problem(403, "leave_not_offered");
    app.change_role(&eve, &workspace, &olga, "admin").await.expect(200);
    app.post(&olga, &leave, Value::Null).await.expect(204);
    assert_eq!(app.listed(&eve, &workspace, "").await.len(), 2);
}

#[tokio::test]
async fn l6_a_deleted_workspace_is_gone_at_once_and_then_wholly() {
    let (app, olga, workspace) = office().await;
    let id = json!(workspace.rsplit('/').next());
    let tea = app.bring(&olga, &workspace, "tea@acme.example", "member").await;
    let adam = app.bring(&olga, &workspace, "adam@acme.example", "admin").await;
    let pending = app.invite(&olga, &workspace, "pat@acme.example", "member").await;
    let logo = text(&upload(&app, &olga, &workspace, "image/png", PNG).await.expect(200)["logoUrl"]);
    let kept = app.workspace(&tea).await;
    app.call(&tea, "PATCH", "/v1/me", json!({ "currentWorkspaceId": id, "timezone": "Europe/Riga" }))
        .await
        .expect(200);
    for nobody in [&tea, &adam] {
        app.call(nobody, "DELETE", &workspace, Value::Null).await.expect_problem(403, "forbidden");
    }

    app.call(&olga, "DELETE", &workspace, Value::Null).await.expect(204);
    // Nobody has access, by no way, whether the rest has been removed already or not.
    let pat = app.sign_in("pat@acme.example").await;
    let is_gone = async || {
        for who in [&olga, &adam, &tea] {
            for path in ["", "/members", "/permissions", "/invitations"] {
                app.get(who, &format!("{workspace}{path}")).await.expect_problem(404, "not_found");
            }
            app.call(who, "PATCH", &workspace, json!({ "name": "Back" }))
                .await
                .expect_problem(404, "not_found");
        }
        app.post(&olga, &format!("{workspace}/invitations"), json!({ "emails": ["x@acme.example"] }))
            .await
            .expect_problem(404, "not_found");
        app.call(&olga, "DELETE", &workspace, Value::Null).await.expect_problem(404, "not_found");
        app.join(&pat, &pending).await.expect_problem(404, "invitation_unknown");
        let token = json!({ "token": token_of(&text(&pending["url"])) });
        app.call(None, "POST", "/v1/invitations/preview", token)
            .await
            .expect_problem(404, "invitation_unknown");
        picture(&app, &logo).await.expect_problem(404, "not_found");
        assert_eq!(switcher(&app, &olga).await, []);
        assert_eq!(switcher(&app, &tea).await, sorted(vec![(&kept, "owner")]));
    };
    is_gone().await;
    app.local.settle().await;
    is_gone().await;

    // Nothing is left of it with the people who were in it, or were invited.
    let mine = app.get(&pat, "/v1/me/invitations").await.expect(200);
    assert_eq!(mine["items"], json!([]));
    assert_eq!(app.post(&pat, "/v1/me", json!({})).await.expect(200)["next"], "onboarding");
    let entered = app.post(&tea, "/v1/me", json!({})).await.expect(200);
    assert_eq!(entered["user"]["currentWorkspaceId"], Value::Null);
    assert_eq!(
        (&entered["user"]["timezone"], &entered["next"]),
        (&json!("Europe/Riga"), &json!("dashboard"))
    );
    assert_eq!(app.post(&adam, "/v1/me", json!({})).await.expect(200)["next"], "onboarding");
    // Whoever comes again finds nothing in their way.
    let anew = app.workspace(&olga).await;
    app.bring(&olga, &anew, "pat@acme.example", "member").await;
    app.bring(&olga, &anew, "tea@acme.example", "admin").await;
    assert!(!app.dump().await.text().contains(id.as_str().unwrap()));
}

#[tokio::test]
async fn l6_a_large_workspace_goes_in_steps_and_wholly() {
    let (app, olga, workspace) = office().await;
    let mut people = Vec::new();
    for number in 0..30 {
        people.push(app.bring(&olga, &workspace, &format!("p{number}@acme.example"), "member").await);
    }
    for number in 0..30 {
        app.invite(&olga, &workspace, &format!("q{number}@acme.example"), "member").await;
    }
    app.call(&olga, "DELETE", &workspace, Value::Null).await.expect(204);
    app.local.settle().await;
    for person in &people {
        assert_eq!(switcher(&app, person).await, []);
    }
    let invited = app.sign_in("q29@acme.example").await;
    assert_eq!(app.get(&invited, "/v1/me/invitations").await.expect(200)["items"], json!([]));
    assert!(!app.dump().await.text().contains(workspace.rsplit('/').next().unwrap()));
}

#[tokio::test]
async fn l8_a_person_has_settings_of_their_own() {
    let (app, olga, workspace) = office().await;
    let tea = app.bring(&olga, &workspace, "tea@acme.example", "member").await;
    app.call(&olga, "PATCH", &workspace, json!({ "timezone": "Asia/Kolkata" })).await.expect(200);
    let set =
        app.call(&tea, "PATCH", "/v1/me", json!({ "timezone": "Europe/Riga", "firstName": "Tea" })).await;
    assert_eq!(set.expect(200)["timezone"], "Europe/Riga");
    // Hers and nobody else's: not the workspace's, not Olga's; and it outlives a sign-in.
    assert_eq!(app.get(&olga, "/v1/me").await.expect(200)["timezone"], Value::Null);
    assert_eq!(app.get(&tea, &workspace).await.expect(200)["timezone"], "Asia/Kolkata");
    let again = app.sign_in_as(json!({ "email": "tea@acme.example", "firstName": "Theodora" })).await;
    let entered = app.post(&again, "/v1/me", json!({})).await.expect(200);
    assert_eq!(
        (&entered["user"]["timezone"], &entered["user"]["firstName"]),
        (&json!("Europe/Riga"), &json!("Tea"))
    );
    for bad in ["Mars Base", "+02:00", ""] {
        app.call(&tea, "PATCH", "/v1/me", json!({ "timezone": bad }))
            .await
            .expect_problem(422, "invalid_request");
    }
    app.call(&tea, "PATCH", "/v1/me", json!({ "role": "owner" }))
        .await
        .expect_problem(422, "invalid_request");
    app.call(&tea, "PATCH", "/v1/me", json!({ "timezone": null })).await.expect(200);
    assert_eq!(app.get(&tea, "/v1/me").await.expect(200)["timezone"], Value::Null);
}

#[tokio::test]
async fn l9_each_rung_may_what_the_one_below_may_and_more() {
    let (app, olga, workspace) = office().await;
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
async fn l10_owners_invite_by_address_with_a_role_and_the_new_get_a_link_in_the_mail() {
    let (app, olga, workspace) = office().await;
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
async fn l11_owners_set_roles_when_they_invite_and_later() {
    let (app, olga, workspace) = office().await;
    let tea = app.bring(&olga, &workspace, "tea@acme.example", "admin").await;
    let mel = app.bring(&olga, &workspace, "mel@acme.example", "member").await;
    assert_eq!(app.shown(&olga, &workspace, &tea).await["role"], "admin");
    for role in ["member", "admin", "owner", "admin"] {
        let changed = app.change_role(&olga, &workspace, &tea, role).await.expect(200);
        assert_eq!(changed["role"], role);
        assert_eq!(app.get(&tea, &workspace).await.expect(200)["role"], role);
    }
    // Nobody else does, not even for themselves or below.
    for nobody in [&tea, &mel] {
        for whom in [&tea, &mel, &olga] {
            app.change_role(nobody, &workspace, whom, "member").await.expect_problem(403, "forbidden");
        }
    }
    app.change_role(&tea, &workspace, &tea, "owner").await.expect_problem(403, "role_above_own");
    // An owner gives up their own role while there is another, and only then.
    app.change_role(&olga, &workspace, &olga, "member").await.expect_problem(409, "last_governor");
    app.change_role(&olga, &workspace, &mel, "owner").await.expect(200);
    app.change_role(&olga, &workspace, &olga, "member").await.expect(200);
    app.get(&olga, &format!("{workspace}/members")).await.expect_problem(403, "forbidden");
    app.change_role(&mel, &workspace, &mel, "admin").await.expect_problem(409, "last_governor");
}
