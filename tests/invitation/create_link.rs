//! The links of a workspace, one for a role.

use http::StatusCode;
use serde_json::{Value, json};

use crate::support::client::Client as _;
use crate::support::office::{come, office, stands};
use crate::support::person::Person;
use crate::support::problem::check_problem;
use crate::support::reply::{text, token_of};
use crate::support::stage::Stage;

#[tokio::test]
async fn r9_there_is_a_link_for_members_and_one_for_admins() {
    let (app, ada, workspace) = office("role-seats").await;
    let links = format!("{workspace}/links");
    let (members, admins) =
        (app.role_link(&ada, &workspace, "member").await, app.role_link(&ada, &workspace, "admin").await);
    let listed = app.get(&ada, &links).await.expect(200);
    let listed: Vec<_> = listed["items"].as_array().unwrap().iter().map(|link| text(&link["url"])).collect();
    assert_eq!(listed, [admins.clone(), members.clone()]);
    let preview = async |url: &str| {
        let token = json!({ "token": token_of(url) });
        let preview = app.call(None, "POST", "/v1/invitations/preview", token).await.expect(200);
        (text(&preview["role"]), text(&preview["status"]), preview["boundToEmail"] == true)
    };
    assert_eq!(preview(&admins).await, ("admin".to_owned(), "pending".to_owned(), false));

    // For as many as come.
    let (mel, joined) = come(&app, &members, "mel@acme.example").await;
    assert_eq!(stands(&joined), ("member", true));
    come(&app, &members, "mo@acme.example").await;
    assert_eq!(stands(&come(&app, &admins, "bob@acme.example").await.1), ("admin", true));
    app.join_by(&mel, &admins).await.expect_problem(409, "already_member");
    assert_eq!(app.shown(&ada, &workspace, &mel).await["role"], "member");

    // Made again, the one before is no good from that moment on; the other is.
    let anew = app.role_link(&ada, &workspace, "member").await;
    assert_ne!(anew, members);
    let eve = app.sign_in("eve@acme.example").await;
    app.join_by(&eve, &members).await.expect_problem(410, "invitation_revoked");
    assert_eq!(preview(&members).await.1, "revoked");
    assert_eq!(preview(&anew).await.1, "pending");
    come(&app, &anew, "nan@acme.example").await;

    // Taken back, it is gone; who came by it stays. And it does not come back with the next.
    app.call(&ada, "DELETE", &format!("{links}/member"), Value::Null).await.expect(204);
    app.join_by(&eve, &anew).await.expect_problem(410, "invitation_revoked");
    assert_eq!(app.get(&ada, &links).await.expect(200)["items"].as_array().unwrap().len(), 1);
    app.get(&mel, &workspace).await.expect(200);
    let third = app.role_link(&ada, &workspace, "member").await;
    for old in [&members, &anew] {
        app.join_by(&eve, old).await.expect_problem(410, "invitation_revoked");
    }
    // A token that nobody made says no more than that.
    app.post(&eve, "/v1/join", json!({ "token": "made-up" })).await.expect_problem(404, "invitation_unknown");
    app.join_by(&eve, &third).await.expect(200);
}

#[tokio::test]
async fn r9_who_may_make_which_link() {
    let (app, ada, workspace) = office("role-seats").await;
    let mel = app.bring(&ada, &workspace, "mel@acme.example", "member").await;
    let link = async |who: &Person, method: &str, role: &str| {
        app.call(who, method, &format!("{workspace}/links/{role}"), Value::Null).await
    };
    link(&ada, "PUT", "boss").await.expect_problem(422, "role_unknown");
    for method in ["PUT", "DELETE"] {
        link(&mel, method, "member").await.expect_problem(403, "forbidden");
        link(&mel, method, "admin").await.expect_problem(403, "role_above_own");
        let stranger = app.sign_in("eve@acme.example").await;
        link(&stranger, method, "member").await.expect_problem(404, "not_found");
    }
    let viewers = app.role_link(&ada, &workspace, "viewer").await;
    assert_eq!(stands(&come(&app, &viewers, "vic@acme.example").await.1), ("viewer", false));
}

#[tokio::test]
async fn r9_a_link_is_no_better_than_who_made_it() {
    let (app, ada, workspace) = office("role-seats").await;
    let bob = app.bring(&ada, &workspace, "bob@acme.example", "admin").await;
    let (members, admins) =
        (app.role_link(&bob, &workspace, "member").await, app.role_link(&bob, &workspace, "admin").await);
    let by_mail = app.invite(&bob, &workspace, "may@acme.example", "admin").await;
    let eve = app.sign_in("eve@acme.example").await;

    // A member could make neither.
    app.change_role(&ada, &workspace, &bob, "member").await.expect(200);
    let may = app.sign_in("may@acme.example").await;
    for url in [&admins, &members] {
        app.join_by(&eve, url).await.expect_problem(410, "invitation_revoked");
    }
    app.join(&may, &by_mail).await.expect_problem(410, "invitation_revoked");
    // Bob himself cannot come back by what he made.
    app.change_role(&ada, &workspace, &bob, "admin").await.expect(200);
    app.remove(&ada, &workspace, &bob).await.expect(204);
    app.join_by(&eve, &members).await.expect_problem(410, "invitation_revoked");
    app.join_by(&bob, &members).await.expect_problem(410, "invitation_revoked");
    // What has ended is not sent again. Somebody else invites anew.
    app.dump().await;
    let path = format!("{workspace}/invitations/{}/resend", text(&by_mail["id"]));
    app.post(&ada, &path, json!({})).await.expect_problem(410, "invitation_revoked");
    let by_mail = app.invite(&ada, &workspace, "may@acme.example", "admin").await;
    assert_eq!(app.join(&may, &by_mail).await.expect(200)["member"]["role"], "admin");
    let anew = app.role_link(&ada, &workspace, "member").await;
    app.join_by(&eve, &anew).await.expect(200);
}

#[tokio::test]
async fn k39_a_link_is_for_a_role_of_the_product() {
    let stage = Stage::of_role_seats().await;
    let app = &stage.app;
    let before = app.dump().await;
    for bad in [
        "emperor",
        "Member",
        "MEMBER",
        "%00",
        "%20",
        "owner",
        "%F0%9F%98%80",
        "member%20",
        "a",
        &"m".repeat(2_000),
    ] {
        let path = format!("{}/links/{bad}", stage.workspace);
        let reply = app.call(&stage.owner, "PUT", &path, Value::Null).await;
        check_problem(&reply, bad);
        assert_eq!((reply.status.as_u16(), reply.code()), (422, "role_unknown"), "{bad}: {}", reply.text);
        // Neither is there such a link to revoke.
        app.call(&stage.owner, "DELETE", &path, Value::Null).await.expect_problem(422, "role_unknown");
        // A caller who may make no links is not told of the product's roles.
        let known = app.call(&stage.member, "PUT", &stage.path_of("create-link"), Value::Null).await;
        let unknown = app.call(&stage.member, "PUT", &path, Value::Null).await;
        assert_eq!(known.status, StatusCode::FORBIDDEN, "{bad}: {}", known.text);
        assert_eq!((unknown.status, unknown.code()), (known.status, known.code()), "{bad}");
    }
    assert_eq!(app.dump().await.changed_since(&before), [""; 0]);
}
