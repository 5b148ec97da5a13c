//! Giving a member another role.

use serde_json::{Value, json};

use crate::support::app::App;
use crate::support::client::{Client as _, member_path};
use crate::support::office::{office, office_of, office_with_seats, stands};
use crate::support::person::Person;

#[tokio::test]
async fn f8_owners_make_owners_and_members_at_once_and_nobody_themselves() {
    let (app, olga, workspace) = office("flat-owners").await;
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
async fn f10_the_creator_is_demoted_only_while_they_have_another_workspace() {
    let (app, olga, workspace) = office("flat-owners").await;
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
async fn r2_the_last_admin_stays_whichever_operation_is_tried() {
    // In this pack nobody leaves; let admins, to try that way as well.
    let app = App::with_edited_pack(
        "role-seats",
        &[
            ("product.toml", "by = \"none\"", "by = \"direct\""),
            (
                "roles.cedar",
                "Action::\"workspace.own\"",
                "Action::\"workspace.own\", Action::\"leave.direct\"",
            ),
        ],
    )
    .await;
    let (app, ada, workspace) = office_of(app).await;
    let bob = app.bring(&ada, &workspace, "bob@acme.example", "member").await;
    let try_all = async |by: &Person, last: &Person| {
        for role in ["member", "viewer"] {
            app.change_role(by, &workspace, last, role).await.expect_problem(409, "last_governor");
        }
        app.remove(by, &workspace, last).await.expect_problem(409, "last_governor");
        let seat = format!("{}/seat", member_path(&workspace, last));
        app.call(by, "DELETE", &seat, Value::Null).await.expect_problem(409, "last_governor");
        app.post(last, &format!("{workspace}/leave"), Value::Null).await.expect_problem(409, "last_governor");
        // `authorize` says so in advance.
        let id = last.id().to_string();
        let checks = json!([
            { "action": "changeRole", "member": id, "role": "member" },
            { "action": "changeRole", "member": id, "role": "viewer" },
            { "action": "removeMember", "member": id },
            { "action": "releaseSeat", "member": id },
            { "action": "leaveWorkspace" },
        ]);
        let told = app.post(last, &format!("{workspace}/authorize"), json!({ "checks": checks })).await;
        for decision in told.expect(200)["decisions"].as_array().expect("decisions") {
            assert_eq!(decision["reason"], "last_governor", "{decision}");
        }
        assert_eq!(stands(&app.shown(last, &workspace, last).await), ("admin", true));
    };
    try_all(&ada, &ada).await;

    // With another admin each of them goes, one way or the other; and then that one is the last.
    let seat_of_ada = format!("{}/seat", member_path(&workspace, &ada));
    app.change_role(&ada, &workspace, &bob, "admin").await.expect(200);
    app.change_role(&ada, &workspace, &ada, "member").await.expect(200);
    try_all(&bob, &bob).await;
    app.change_role(&bob, &workspace, &ada, "admin").await.expect(200);
    let released = app.call(&ada, "DELETE", &seat_of_ada, Value::Null).await.expect(200);
    assert_eq!(stands(&released), ("viewer", false));
    try_all(&bob, &bob).await;
    app.change_role(&bob, &workspace, &ada, "admin").await.expect(200);
    app.post(&ada, &format!("{workspace}/leave"), Value::Null).await.expect(204);
    try_all(&bob, &bob).await;
    let ada = app.bring(&bob, &workspace, "ada@acme.example", "admin").await;
    app.remove(&bob, &workspace, &bob).await.expect(204);
    try_all(&ada, &ada).await;
}

#[tokio::test]
async fn r2_of_two_admins_who_go_at_once_one_stays() {
    let (app, ada, workspace) = office("role-seats").await;
    let bob = app.bring(&ada, &workspace, "bob@acme.example", "admin").await;
    let path = async |who| member_path(&workspace, who);
    let (of_ada, of_bob) = (path(&ada).await, path(&bob).await);
    let viewer = json!({ "role": "viewer" });
    for (method, end, body, crossed) in [
        ("PUT", "/role", viewer.clone(), true),
        ("PUT", "/role", viewer, false),
        ("DELETE", "/seat", Value::Null, true),
        ("DELETE", "/seat", Value::Null, false),
        ("DELETE", "", Value::Null, true),
        ("DELETE", "", Value::Null, false),
    ] {
        // Each at the other, or each at themselves.
        let (by_ada, by_bob) = if crossed { (&of_bob, &of_ada) } else { (&of_ada, &of_bob) };
        let (by_ada, by_bob) = (format!("{by_ada}{end}"), format!("{by_bob}{end}"));
        let (one, other) = tokio::join!(
            app.call(&ada, method, &by_ada, body.clone()),
            app.call(&bob, method, &by_bob, body.clone())
        );
        let done = [&one, &other].iter().filter(|reply| reply.status.is_success()).count();
        assert_eq!(done, 1, "{method} {end} {crossed}: {} {}", one.text, other.text);
        let admin = |role: &Value| role == "admin";
        let roles = async |who| {
            let reply = app.get(who, &workspace).await;
            reply.json["role"].clone()
        };
        let (is_ada, is_bob) = (admin(&roles(&ada).await), admin(&roles(&bob).await));
        assert!(is_ada != is_bob, "{method} {end} {crossed}");
        // The one who is left brings the other back.
        let (left, gone) = if is_ada { (&ada, &bob) } else { (&bob, &ada) };
        if app.get(gone, &workspace).await.status == 404 {
            app.bring(left, &workspace, &gone.email, "admin").await;
        } else {
            app.change_role(left, &workspace, gone, "admin").await.expect(200);
        }
    }
    assert_eq!(app.seats(&ada, &workspace).await, [5, 2, 3]);
}

#[tokio::test]
async fn r3_a_role_change_takes_effect_at_once_and_the_seat_with_it() {
    let (app, ada, workspace) = office_with_seats(3).await;
    let mel = app.bring(&ada, &workspace, "mel@acme.example", "member").await;
    let vic = app.bring(&ada, &workspace, "vic@acme.example", "viewer").await;
    let chats = async |who: &Person| app.allowed(who, &workspace, &["useChat"]).await.len() == 1;
    assert_eq!(app.seats(&ada, &workspace).await, [3, 2, 1]);

    // Between admin and member the seat stays.
    let made = app.change_role(&ada, &workspace, &mel, "admin").await.expect(200);
    assert_eq!(stands(&made), ("admin", true));
    app.get(&mel, &format!("{workspace}/members")).await.expect(200);
    app.change_role(&ada, &workspace, &mel, "member").await.expect(200);
    app.get(&mel, &format!("{workspace}/members")).await.expect_problem(403, "forbidden");
    assert_eq!(app.seats(&ada, &workspace).await, [3, 2, 1]);

    // A viewer takes one.
    assert!(!chats(&vic).await);
    let made = app.change_role(&ada, &workspace, &vic, "member").await.expect(200);
    assert_eq!(stands(&made), ("member", true));
    assert!(chats(&vic).await);
    assert_eq!(app.seats(&ada, &workspace).await, [3, 3, 0]);

    // Where none is free they stay what they are, for member and for admin.
    let wes = app.bring(&ada, &workspace, "wes@acme.example", "viewer").await;
    for role in ["member", "admin"] {
        app.change_role(&ada, &workspace, &wes, role).await.expect_problem(409, "no_seat_available");
    }
    assert_eq!(stands(&app.shown(&ada, &workspace, &wes).await), ("viewer", false));

    // A member who becomes a viewer gives their seat back, for the next.
    assert!(chats(&mel).await);
    let made = app.change_role(&ada, &workspace, &mel, "viewer").await.expect(200);
    assert_eq!(stands(&made), ("viewer", false));
    assert!(!chats(&mel).await);
    assert_eq!(app.seats(&ada, &workspace).await, [3, 2, 1]);
    let made = app.change_role(&ada, &workspace, &wes, "admin").await.expect(200);
    assert_eq!(stands(&made), ("admin", true));
    // The same role again takes no second seat.
    app.change_role(&ada, &workspace, &wes, "admin").await.expect(200);
    assert_eq!(app.seats(&ada, &workspace).await, [3, 3, 0]);
}

#[tokio::test]
async fn l11_owners_set_roles_when_they_invite_and_later() {
    let (app, olga, workspace) = office("role-ladder").await;
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
