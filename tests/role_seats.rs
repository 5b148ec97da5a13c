//! What people do with the pack `role-seats`, from end to end: each requirement by its id.

use serde_json::{Value, json};

use crate::support::app::App;
use crate::support::client::{Client as _, member_path};
use crate::support::person::Person;
use crate::support::reply::{text, token_of};

const AI: [&str; 4] = ["useChat", "useAssistants", "useWorkflows", "useTranslations"];
const DAY: i64 = 24 * 3600;

/// A workspace on the trial plan, and the admin who made it.
async fn office() -> (App, Person, String) {
    office_of(App::with_pack("role-seats").await).await
}

/// One whose plan has so many seats, the admin's included.
async fn office_with(seats: u32) -> (App, Person, String) {
    let seats = format!("seats = {seats}\n");
    office_of(App::with_edited_pack("role-seats", &[("product.toml", "seats = 5\n", &seats)]).await).await
}

async fn office_of(app: App) -> (App, Person, String) {
    let ada = app.sign_in_as(json!({ "email": "ada@acme.example", "firstName": "Ada" })).await;
    let workspace = app.workspace(&ada).await;
    (app, ada, workspace)
}

/// Somebody comes by a link; who, and their membership.
async fn come(app: &App, url: &str, email: &str) -> (Person, Value) {
    let person = app.sign_in(email).await;
    let joined = app.join_by(&person, url).await.expect(200);
    (person, joined["member"].clone())
}

/// So many come by the link for members.
async fn crowd(app: &App, admin: &Person, workspace: &str, count: usize) -> Vec<Person> {
    let url = app.role_link(admin, workspace, "member").await;
    let mut people = Vec::new();
    for number in 0..count {
        people.push(come(app, &url, &format!("p{number}@acme.example")).await.0);
    }
    people
}

async fn auto_assign(app: &App, admin: &Person, workspace: &str, is_on: bool) {
    let body = json!({ "autoAssignSeats": is_on });
    let set = app.call(admin, "PATCH", &format!("{workspace}/settings"), body.clone()).await.expect(200);
    assert_eq!(set, body);
}

/// As what, and whether on a seat.
fn stands(member: &Value) -> (&str, bool) {
    (member["role"].as_str().unwrap_or_default(), !member["seat"].is_null())
}

async fn quota(app: &App, admin: &Person, workspace: &str) -> Value {
    app.get(admin, &format!("{workspace}/invitations/quota")).await.expect(200)
}

/// Invites new people, at most 20 at once; the problems of their rows.
async fn invite_new(app: &App, admin: &Person, workspace: &str, names: std::ops::Range<u32>) -> Vec<String> {
    let emails: Vec<String> = names.map(|number| format!("new{number}@acme.example")).collect();
    let body = json!({ "emails": emails, "sendEmail": false });
    let rows = app.post(admin, &format!("{workspace}/invitations"), body).await.expect(201);
    let problem = |row: &Value| row["problem"]["code"].as_str().unwrap_or_default().to_owned();
    rows["items"].as_array().expect("rows").iter().map(problem).filter(|code| !code.is_empty()).collect()
}

/// Enters; the roles by workspace name, and where to go on.
async fn enter(app: &App, who: &Person) -> (Vec<String>, String) {
    let entered = app.post(who, "/v1/me", json!({})).await.expect(200);
    let roles =
        entered["workspaces"].as_array().expect("a list").iter().map(|one| text(&one["role"])).collect();
    (roles, text(&entered["next"]))
}

#[tokio::test]
async fn r1_admins_administer_members_have_ai_and_viewers_look() {
    let (app, ada, workspace) = office().await;
    let mel = app.bring(&ada, &workspace, "mel@acme.example", "member").await;
    let vic = app.bring(&ada, &workspace, "vic@acme.example", "viewer").await;
    let administration = [
        "manageBilling",
        "manageCompliance",
        "manageIntegrations",
        "updateWorkspace",
        "updateSettings",
        "setCoordinator",
        "listMembers",
        "changeRole",
        "removeMember",
        "invite",
        "createLink",
        "assignSeats",
    ];
    assert_eq!(app.allowed(&ada, &workspace, &AI).await, AI);
    assert_eq!(app.allowed(&ada, &workspace, &administration).await, administration);
    assert_eq!(app.allowed(&mel, &workspace, &AI).await, AI);
    assert!(app.allowed(&mel, &workspace, &administration).await.is_empty());
    assert!(app.allowed(&vic, &workspace, &AI).await.is_empty());
    assert!(app.allowed(&vic, &workspace, &administration).await.is_empty());
    let asked = app.post(&vic, &format!("{workspace}/authorize"), json!({ "actions": AI })).await.expect(200);
    for decision in asked["decisions"].as_array().unwrap() {
        assert_eq!(decision["reason"], "seat_required", "{decision}");
    }

    // And so do the operations themselves; all see content, and a viewer takes no seat.
    for who in [&mel, &vic] {
        assert_eq!(app.allowed(who, &workspace, &["viewContent", "getWorkspace"]).await.len(), 2);
        for (method, path, body) in [
            ("PATCH", "", json!({ "name": "Theirs" })),
            ("PATCH", "/settings", json!({ "autoAssignSeats": false })),
            ("GET", "/members", Value::Null),
            ("GET", "/members/export", Value::Null),
            ("POST", "/invitations", json!({ "emails": ["x@acme.example"], "role": "viewer" })),
            ("GET", "/invitations/quota", Value::Null),
            ("GET", "/links", Value::Null),
            ("POST", "/seats/assign", Value::Null),
            ("DELETE", "", Value::Null),
        ] {
            app.call(who, method, &format!("{workspace}{path}"), body).await.expect_problem(403, "forbidden");
        }
    }
    assert_eq!(app.seats(&vic, &workspace).await, [5, 2, 3]);
    app.call(&ada, "PATCH", &workspace, json!({ "name": "Ours" })).await.expect(200);
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
    let (app, ada, workspace) = office().await;
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
    let (app, ada, workspace) = office_with(3).await;
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

    // Who is made a viewer gives theirs back, for the next.
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
async fn r3_a_seat_that_is_given_or_taken_back_changes_the_role() {
    let (app, ada, workspace) = office_with(2).await;
    let vic = app.bring(&ada, &workspace, "vic@acme.example", "viewer").await;
    let wes = app.bring(&ada, &workspace, "wes@acme.example", "viewer").await;
    let (vics, wess) = (
        format!("{}/seat", member_path(&workspace, &vic)),
        format!("{}/seat", member_path(&workspace, &wes)),
    );
    let given = app.call(&ada, "PUT", &vics, json!({})).await.expect(200);
    assert_eq!(stands(&given), ("member", true));
    app.call(&ada, "PUT", &wess, json!({})).await.expect_problem(409, "no_seat_available");
    app.call(&vic, "PUT", &wess, json!({})).await.expect_problem(403, "forbidden");
    // All seats of a plan are alike.
    let one = json!({ "seatId": uuid::Uuid::nil() });
    app.call(&ada, "PUT", &wess, one).await.expect_problem(409, "seat_not_available");
    let taken = app.call(&ada, "DELETE", &vics, Value::Null).await.expect(200);
    assert_eq!(stands(&taken), ("viewer", false));
    assert_eq!(stands(&app.call(&ada, "PUT", &wess, json!({})).await.expect(200)), ("member", true));
    assert_eq!(app.seats(&ada, &workspace).await, [2, 2, 0]);
}

#[tokio::test]
async fn r4_the_plan_has_the_seats_and_their_use_is_shown() {
    let (app, ada, workspace) = office().await;
    let shown = app.get(&ada, &workspace).await.expect(200);
    assert_eq!(
        (&shown["plan"], &shown["seats"]),
        (&json!("trial"), &json!({ "total": 5, "filled": 1, "pending": 0, "available": 4, "expired": 0 }))
    );
    crowd(&app, &ada, &workspace, 2).await;
    app.bring(&ada, &workspace, "vic@acme.example", "viewer").await;
    assert_eq!(app.seats(&ada, &workspace).await, [5, 3, 2]);
    for (plan, total) in [("business", 25), ("pilot", 25), ("enterprise", 250), ("trial", 5)] {
        app.put_on_plan(&workspace, plan).await.expect(204);
        assert_eq!(app.seats(&ada, &workspace).await, [total, 3, total - 3], "{plan}");
        assert_eq!(app.get(&ada, &workspace).await.expect(200)["plan"], plan);
    }
    // Seats of a plan are not bought one by one.
    app.post(&ada, &format!("{workspace}/seats"), json!({ "quantity": 1 }))
        .await
        .expect_problem(403, "forbidden");
}

#[tokio::test]
async fn r5_who_joins_takes_a_seat_while_there_is_one() {
    let (app, ada, workspace) = office_with(2).await;
    let settings = app.get(&ada, &workspace).await.expect(200)["settings"].clone();
    assert_eq!(settings, json!({ "autoAssignSeats": true }));
    let (members, admins) =
        (app.role_link(&ada, &workspace, "member").await, app.role_link(&ada, &workspace, "admin").await);
    let for_admin = app.invite(&ada, &workspace, "bob@acme.example", "admin").await;
    let (mel, joined) = come(&app, &members, "mel@acme.example").await;
    assert_eq!(stands(&joined), ("member", true));
    // Then as a viewer, by a link and by an invitation alike.
    assert_eq!(stands(&come(&app, &members, "vic@acme.example").await.1), ("viewer", false));
    let wes = app.bring(&ada, &workspace, "wes@acme.example", "member").await;
    assert_eq!(stands(&app.shown(&ada, &workspace, &wes).await), ("viewer", false));

    // Who comes as an admin needs one: they are refused, and may come when there is one.
    let bob = app.sign_in("bob@acme.example").await;
    app.join(&bob, &for_admin).await.expect_problem(409, "no_seat_available");
    app.join_by(&bob, &admins).await.expect_problem(409, "no_seat_available");
    app.get(&bob, &workspace).await.expect_problem(404, "not_found");
    app.remove(&ada, &workspace, &mel).await.expect(204);
    let joined = app.join(&bob, &for_admin).await.expect(200);
    assert_eq!(stands(&joined["member"]), ("admin", true));
    assert_eq!(app.seats(&ada, &workspace).await, [2, 2, 0]);
}

#[tokio::test]
async fn r5_switched_off_who_joins_is_a_viewer() {
    let (app, ada, workspace) = office().await;
    let settings = format!("{workspace}/settings");
    auto_assign(&app, &ada, &workspace, false).await;
    assert_eq!(app.get(&ada, &workspace).await.expect(200)["settings"], json!({ "autoAssignSeats": false }));
    let url = app.role_link(&ada, &workspace, "member").await;
    let (vic, joined) = come(&app, &url, "vic@acme.example").await;
    assert_eq!(stands(&joined), ("viewer", false));
    let wes = app.bring(&ada, &workspace, "wes@acme.example", "member").await;
    assert_eq!(stands(&app.shown(&ada, &workspace, &wes).await), ("viewer", false));
    assert_eq!(app.seats(&ada, &workspace).await, [5, 1, 4]);
    // An admin takes one all the same.
    let url = app.role_link(&ada, &workspace, "admin").await;
    assert_eq!(stands(&come(&app, &url, "bob@acme.example").await.1), ("admin", true));
    app.call(&vic, "PATCH", &settings, json!({ "autoAssignSeats": true }))
        .await
        .expect_problem(403, "forbidden");
    // What is absent stays.
    let same = app.call(&ada, "PATCH", &settings, json!({})).await.expect(200);
    assert_eq!(same, json!({ "autoAssignSeats": false }));
    // Switched on it is for who comes next, and changes nobody.
    auto_assign(&app, &ada, &workspace, true).await;
    let mel = app.bring(&ada, &workspace, "mel@acme.example", "member").await;
    assert_eq!(stands(&app.shown(&ada, &workspace, &mel).await), ("member", true));
    assert_eq!(stands(&app.shown(&ada, &workspace, &vic).await), ("viewer", false));
}

#[tokio::test]
async fn r6_seats_are_given_to_all_who_wait_first_come_first_served() {
    let (app, ada, workspace) = office_with(3).await;
    let assign = format!("{workspace}/seats/assign");
    auto_assign(&app, &ada, &workspace, false).await;
    let people = crowd(&app, &ada, &workspace, 4).await;
    let mut ids = Vec::new();
    for person in &people {
        ids.push(person.id().to_string());
    }
    app.post(&people[0], &assign, Value::Null).await.expect_problem(403, "forbidden");
    let given = app.post(&ada, &assign, Value::Null).await.expect(200);
    assert_eq!(given, json!({ "assigned": ids[..2], "waiting": ids[2..] }));
    for (person, expected) in
        people.iter().zip([("member", true), ("member", true), ("viewer", false), ("viewer", false)])
    {
        assert_eq!(stands(&app.shown(&ada, &workspace, person).await), expected);
    }
    assert_eq!(app.allowed(&people[1], &workspace, &AI).await, AI);
    assert_eq!(app.seats(&ada, &workspace).await, [3, 3, 0]);
    // None is left: nobody gets one, and nobody loses one.
    let given = app.post(&ada, &assign, Value::Null).await.expect(200);
    assert_eq!(given, json!({ "assigned": [], "waiting": ids[2..] }));
    app.put_on_plan(&workspace, "business").await.expect(204);
    let given = app.post(&ada, &assign, Value::Null).await.expect(200);
    assert_eq!(given, json!({ "assigned": ids[2..], "waiting": [] }));
    assert_eq!(app.seats(&ada, &workspace).await, [25, 5, 20]);
}

#[tokio::test]
async fn r7_who_took_a_seat_last_is_without_one_until_there_are_enough() {
    let (app, ada, workspace) = office().await;
    app.put_on_plan(&workspace, "business").await.expect(204);
    let people = crowd(&app, &ada, &workspace, 6).await;
    app.change_role(&ada, &workspace, &people[5], "admin").await.expect(200);
    assert_eq!(app.seats(&ada, &workspace).await, [25, 7, 18]);
    let suspended = async || {
        let mut found = Vec::new();
        for (number, person) in people.iter().enumerate() {
            let shown = app.shown(&ada, &workspace, person).await;
            assert_eq!(shown["seatSuspended"] == true, shown["seat"].is_null());
            if shown["seatSuspended"] == true {
                found.push(number);
            }
        }
        found
    };
    assert!(suspended().await.is_empty());

    app.put_on_plan(&workspace, "trial").await.expect(204);
    assert_eq!(app.seats(&ada, &workspace).await, [5, 5, 0]);
    assert_eq!(suspended().await, [4, 5]);
    // They keep their role and lose what the seat gave, at once.
    assert_eq!(app.shown(&ada, &workspace, &people[4]).await["role"], "member");
    assert!(app.allowed(&people[4], &workspace, &AI).await.is_empty());
    assert_eq!(app.allowed(&people[3], &workspace, &AI).await, AI);
    assert_eq!(app.allowed(&people[5], &workspace, &["useChat", "listMembers"]).await, ["listMembers"]);
    assert_eq!(
        app.listed(&ada, &workspace, "?seat=without").await,
        [people[4].email.clone(), people[5].email.clone()]
    );
    let export = app.get(&ada, &format!("{workspace}/members/export?search=p4")).await.text;
    assert!(export.ends_with(",p4@acme.example,,,no,no\r\n"), "{export}");
    // No seat is free for anybody else.
    let url = app.role_link(&ada, &workspace, "member").await;
    assert_eq!(stands(&come(&app, &url, "late@acme.example").await.1), ("viewer", false));

    // With enough seats they are as before, who joined meanwhile aside.
    app.put_on_plan(&workspace, "pilot").await.expect(204);
    assert!(suspended().await.is_empty());
    assert_eq!(app.allowed(&people[4], &workspace, &AI).await, AI);
    assert_eq!(app.allowed(&people[5], &workspace, &AI).await, AI);
    assert_eq!(app.seats(&ada, &workspace).await, [25, 7, 18]);
}

#[tokio::test]
async fn r7_a_freed_seat_is_for_who_is_without_theirs() {
    let app = App::with_edited_pack(
        "role-seats",
        &[("product.toml", "seats = 5\n", "seats = 3\n"), ("product.toml", "seats = 25\n", "seats = 6\n")],
    )
    .await;
    let (app, ada, workspace) = office_of(app).await;
    app.put_on_plan(&workspace, "business").await.expect(204);
    let people = crowd(&app, &ada, &workspace, 5).await;
    app.put_on_plan(&workspace, "trial").await.expect(204);
    assert_eq!(app.seats(&ada, &workspace).await, [3, 3, 0]);
    // Who goes without a seat frees none; who goes with one does.
    app.remove(&ada, &workspace, &people[4]).await.expect(204);
    app.change_role(&ada, &workspace, &people[3], "viewer").await.expect(200);
    assert_eq!(app.seats(&ada, &workspace).await, [3, 3, 0]);
    app.remove(&ada, &workspace, &people[0]).await.expect(204);
    assert_eq!(app.seats(&ada, &workspace).await, [3, 2, 1]);
    let given = app.post(&ada, &format!("{workspace}/seats/assign"), Value::Null).await.expect(200);
    let ids = [people[2].id(), people[3].id()];
    assert_eq!(given, json!({ "assigned": [ids[0]], "waiting": [ids[1]] }));
    assert_eq!(stands(&app.shown(&ada, &workspace, &people[2]).await), ("member", true));
    assert_eq!(app.shown(&ada, &workspace, &people[2]).await["seatSuspended"], false);
}

#[tokio::test]
async fn r7_only_an_operator_changes_the_plan_to_one_that_there_is() {
    let (app, ada, workspace) = office().await;
    let refused = app.put_on_plan(&workspace, "gold").await.expect_problem(422, "invalid_request");
    assert_eq!(refused["errors"][0]["field"], "plan");
    let nowhere = format!("/v1/workspaces/{}", uuid::Uuid::nil());
    app.put_on_plan(&nowhere, "pilot").await.expect_problem(404, "not_found");
    app.call(&ada, "PATCH", &workspace, json!({ "plan": "pilot" }))
        .await
        .expect_problem(422, "invalid_request");
    assert_eq!(app.get(&ada, &workspace).await.expect(200)["plan"], "trial");
}

#[tokio::test]
async fn r8_several_are_invited_at_once_with_or_without_a_mail() {
    let (app, ada, workspace) = office().await;
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
    app.post(&ada, &invitations, json!({})).await.expect_problem(422, "email_required");
}

#[tokio::test]
async fn r9_there_is_a_link_for_members_and_one_for_admins() {
    let (app, ada, workspace) = office().await;
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
    let (app, ada, workspace) = office().await;
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
    let (app, ada, workspace) = office().await;
    let bob = app.bring(&ada, &workspace, "bob@acme.example", "admin").await;
    let (members, admins) =
        (app.role_link(&bob, &workspace, "member").await, app.role_link(&bob, &workspace, "admin").await);
    let by_mail = app.invite(&bob, &workspace, "may@acme.example", "admin").await;
    let eve = app.sign_in("eve@acme.example").await;

    // A member could not make an admin, but a member.
    app.change_role(&ada, &workspace, &bob, "member").await.expect(200);
    app.join_by(&eve, &admins).await.expect_problem(410, "invitation_revoked");
    let may = app.sign_in("may@acme.example").await;
    app.join(&may, &by_mail).await.expect_problem(410, "invitation_revoked");
    assert_eq!(stands(&come(&app, &members, "mel@acme.example").await.1), ("member", true));
    // A viewer neither.
    app.change_role(&ada, &workspace, &bob, "viewer").await.expect(200);
    app.join_by(&eve, &members).await.expect_problem(410, "invitation_revoked");
    // Bob himself cannot come back by what he made.
    app.change_role(&ada, &workspace, &bob, "admin").await.expect(200);
    app.remove(&ada, &workspace, &bob).await.expect(204);
    for who in [&eve, &bob] {
        app.join_by(who, &members).await.expect_problem(410, "invitation_revoked");
    }
    // Somebody else stands for them: with a new link, or by sending the invitation again.
    let path = format!("{workspace}/invitations/{}/resend", text(&by_mail["id"]));
    app.post(&ada, &path, json!({})).await.expect(200);
    assert_eq!(app.join(&may, &by_mail).await.expect(200)["member"]["role"], "admin");
    let anew = app.role_link(&ada, &workspace, "member").await;
    app.join_by(&eve, &anew).await.expect(200);
}

#[tokio::test]
async fn r10_who_has_a_verified_address_of_the_domain_joins_without_an_invitation() {
    let (app, ada, workspace) = office().await;
    let path = format!("{workspace}/domains/acme.example");
    let link = async || app.call(&ada, "PUT", &path, Value::Null).await;
    let refused = link().await.expect_problem(403, "forbidden");
    assert_eq!(refused["reason"], "not_in_plan");
    app.put_on_plan(&workspace, "enterprise").await.expect(204);
    let claimed = link().await.expect(200);
    assert_eq!((&claimed["status"], &claimed["record"]["type"]), (&json!("claimed"), &json!("TXT")));
    assert_eq!(claimed["record"]["name"], "_seatwise.acme.example");

    // Claimed is not verified: it brings nobody in.
    let early = app.sign_in("early@acme.example").await;
    assert_eq!(enter(&app, &early).await, (vec![], "onboarding".to_owned()));
    let domain = json!({ "domain": "acme.example" });
    app.call(None, "POST", "/dev/verify-domain", domain).await.expect(200);
    let listed = app.get(&ada, &format!("{workspace}/domains")).await.expect(200);
    assert_eq!(
        (&listed["items"][0]["status"], &listed["items"][0]["record"]),
        (&json!("verified"), &Value::Null)
    );

    // With the next sign-in, and whoever comes anew; once.
    let new = app.sign_in("New@ACME.example").await;
    for who in [&early, &new] {
        let entered = app.post(who, "/v1/me", json!({})).await.expect(200);
        assert_eq!(entered["workspaces"][0]["role"], "member");
        assert_eq!(format!("/v1/workspaces/{}", text(&entered["workspaces"][0]["id"])), workspace);
        assert_eq!((&entered["next"], &entered["invitations"]), (&json!("dashboard"), &json!([])));
        assert_eq!(stands(&app.shown(&ada, &workspace, who).await), ("member", true));
        assert_eq!(app.allowed(who, &workspace, &AI).await, AI);
        assert_eq!(enter(&app, who).await, (vec!["member".to_owned()], "dashboard".to_owned()));
    }
    assert_eq!(app.listed(&ada, &workspace, "").await.len(), 3);
    assert_eq!(app.seats(&ada, &workspace).await, [250, 3, 247]);
}

#[tokio::test]
async fn r10_who_is_not_brought_in_by_a_domain() {
    let (app, ada, workspace) = office().await;
    app.put_on_plan(&workspace, "enterprise").await.expect(204);
    app.own_domain(&ada, &workspace, "acme.example").await;
    let stays_out = async |who: &Person| {
        assert_eq!(enter(&app, who).await.0, Vec::<String>::new(), "{}", who.email);
        app.get(who, &workspace).await.expect_problem(404, "not_found");
    };
    // An address that nobody vouches for, and one of a domain below, above or beside it.
    let unsure = json!({ "email": "tea@acme.example", "emailVerified": false });
    stays_out(&app.sign_in_as(unsure).await).await;
    for email in ["tea@mail.acme.example", "tea@example.com", "tea@notacme.example", "acme.example@x.example"]
    {
        stays_out(&app.sign_in(email).await).await;
    }
    // Who was removed is not brought in again, but may be invited.
    let tea = app.sign_in("tea@acme.example").await;
    assert_eq!(enter(&app, &tea).await.0, ["member"]);
    app.remove(&ada, &workspace, &tea).await.expect(204);
    stays_out(&tea).await;
    app.bring(&ada, &workspace, "tea@acme.example", "member").await;

    // A plan that does not have it brings nobody in, though the domain stays verified.
    app.put_on_plan(&workspace, "business").await.expect(204);
    let mel = app.sign_in("mel@acme.example").await;
    stays_out(&mel).await;
    app.put_on_plan(&workspace, "enterprise").await.expect(204);
    assert_eq!(enter(&app, &mel).await.0, ["member"]);
    // Unlinked it brings nobody in any more; who came by it stays.
    let path = format!("{workspace}/domains/acme.example");
    app.call(&ada, "DELETE", &path, Value::Null).await.expect(204);
    app.call(&ada, "DELETE", &path, Value::Null).await.expect_problem(404, "not_found");
    stays_out(&app.sign_in("late@acme.example").await).await;
    app.get(&mel, &workspace).await.expect(200);
    // Linked again it must be shown again.
    assert_eq!(app.call(&ada, "PUT", &path, Value::Null).await.expect(200)["status"], "claimed");
    stays_out(&app.sign_in("late@acme.example").await).await;
}

#[tokio::test]
async fn r10_which_domains_can_be_linked_and_by_whom() {
    let (app, ada, workspace) = office().await;
    app.put_on_plan(&workspace, "enterprise").await.expect(204);
    let mel = app.bring(&ada, &workspace, "mel@acme.example", "member").await;
    let link = async |who: &Person, domain: &str| {
        app.call(who, "PUT", &format!("{workspace}/domains/{domain}"), Value::Null).await
    };
    for public in ["gmail.com", "GMail.com", "outlook.com"] {
        link(&ada, public).await.expect_problem(422, "domain_public");
    }
    for bad in ["localhost", "acme..example", "-acme.example"] {
        link(&ada, bad).await.expect_problem(422, "domain_invalid");
    }
    let refused = link(&mel, "acme.example").await.expect_problem(403, "forbidden");
    assert_eq!(refused["reason"], "staff_only");
    app.get(&mel, &format!("{workspace}/domains")).await.expect_problem(403, "forbidden");
    assert_eq!(app.get(&ada, &format!("{workspace}/domains")).await.expect(200)["items"], json!([]));
    let nobodys = json!({ "domain": "nobody.example" });
    app.call(None, "POST", "/dev/verify-domain", nobodys).await.expect_problem(404, "not_found");
}

#[tokio::test]
async fn r10_a_domain_gives_no_more_seats_than_there_are() {
    let app = App::with_edited_pack("role-seats", &[("product.toml", "seats = 250\n", "seats = 2\n")]).await;
    let (app, ada, workspace) = office_of(app).await;
    app.put_on_plan(&workspace, "enterprise").await.expect(204);
    app.own_domain(&ada, &workspace, "acme.example").await;
    auto_assign(&app, &ada, &workspace, false).await;
    assert_eq!(enter(&app, &app.sign_in("vic@acme.example").await).await.0, ["viewer"]);
    auto_assign(&app, &ada, &workspace, true).await;
    assert_eq!(enter(&app, &app.sign_in("mel@acme.example").await).await.0, ["member"]);
    assert_eq!(enter(&app, &app.sign_in("wes@acme.example").await).await.0, ["viewer"]);
    assert_eq!(app.seats(&ada, &workspace).await, [2, 2, 0]);
}

#[tokio::test]
async fn r10_who_is_invited_as_well_is_asked_first() {
    let (app, ada, workspace) = office().await;
    app.put_on_plan(&workspace, "enterprise").await.expect(204);
    app.own_domain(&ada, &workspace, "acme.example").await;
    // Brought in by the domain, they would be a member, and the invitation of no use.
    let invitation = app.invite(&ada, &workspace, "bob@acme.example", "admin").await;
    let bob = app.sign_in("bob@acme.example").await;
    let entered = app.post(&bob, "/v1/me", json!({})).await.expect(200);
    assert_eq!((&entered["next"], &entered["workspaces"]), (&json!("invitations"), &json!([])));
    app.join(&bob, &invitation).await.expect(200);
    assert_eq!(app.shown(&ada, &workspace, &bob).await["role"], "admin");
    // Who does not want it comes by the domain.
    let invitation = app.invite(&ada, &workspace, "cleo@acme.example", "admin").await;
    let cleo = app.sign_in("cleo@acme.example").await;
    let decline = format!("/v1/invitations/{}/decline", text(&invitation["id"]));
    app.post(&cleo, &decline, json!({})).await.expect(204);
    assert_eq!(enter(&app, &cleo).await.0, ["member"]);
}

#[tokio::test]
async fn r10_who_was_removed_is_not_brought_in_by_another_address() {
    let (app, ada, workspace) = office().await;
    app.put_on_plan(&workspace, "enterprise").await.expect(204);
    app.own_domain(&ada, &workspace, "acme.example").await;
    let url = app.role_link(&ada, &workspace, "member").await;
    // Joined with an address that nobody vouched for, and so with none that is kept.
    let mel = json!({ "email": "mel@acme.example", "emailVerified": false });
    let unverified = app.sign_in_as(mel).await;
    app.join_by(&unverified, &url).await.expect(200);
    let id = unverified.id().to_string();
    app.call(&ada, "DELETE", &format!("{workspace}/members/{id}"), Value::Null).await.expect(204);
    let mel = app.sign_in("mel@acme.example").await;
    assert_eq!(mel.id().to_string(), id, "the same person");
    assert!(enter(&app, &mel).await.0.is_empty());
}

#[tokio::test]
async fn r10_one_domain_may_be_of_several_workspaces() {
    let (app, ada, workspace) = office().await;
    let second = app.workspace(&ada).await;
    for workspace in [&workspace, &second] {
        app.put_on_plan(workspace, "enterprise").await.expect(204);
    }
    app.own_domain(&ada, &workspace, "acme.example").await;
    // What one has shown, the other has not.
    let path = format!("{second}/domains/acme.example");
    assert_eq!(app.call(&ada, "PUT", &path, Value::Null).await.expect(200)["status"], "claimed");
    let mel = app.sign_in("mel@acme.example").await;
    assert_eq!(enter(&app, &mel).await.0, ["member"]);
    app.get(&mel, &second).await.expect_problem(404, "not_found");
    let domain = json!({ "domain": "acme.example" });
    app.call(None, "POST", "/dev/verify-domain", domain).await.expect(200);
    assert_eq!(enter(&app, &mel).await.0, ["member", "member"]);
    let new = app.sign_in("new@acme.example").await;
    assert_eq!(enter(&app, &new).await.0, ["member", "member"]);
}

#[tokio::test]
async fn l6_links_and_domains_go_with_their_workspace() {
    let (app, ada, workspace) = office().await;
    app.put_on_plan(&workspace, "enterprise").await.expect(204);
    app.own_domain(&ada, &workspace, "acme.example").await;
    let url = app.role_link(&ada, &workspace, "member").await;
    let mel = app.sign_in("mel@acme.example").await;
    app.call(&ada, "DELETE", &workspace, Value::Null).await.expect(204);
    // At once, and when everything is gone.
    for _ in 0..2 {
        app.join_by(&mel, &url).await.expect_problem(404, "invitation_unknown");
        assert_eq!(enter(&app, &mel).await, (vec![], "onboarding".to_owned()));
        app.local.settle().await;
    }
    app.put_on_plan(&workspace, "trial").await.expect_problem(404, "not_found");
    let domain = json!({ "domain": "acme.example" });
    app.call(None, "POST", "/dev/verify-domain", domain).await.expect_problem(404, "not_found");
    assert!(!app.dump().await.text().contains(workspace.rsplit('/').next().unwrap()));
}

#[tokio::test]
async fn r11_a_trial_has_so_many_invitations_in_all() {
    let (app, ada, workspace) = office().await;
    let invitations = format!("{workspace}/invitations");
    assert_eq!(
        quota(&app, &ada, &workspace).await,
        json!({ "limit": 20, "used": 0, "remaining": 20, "resetsAt": null })
    );
    assert!(invite_new(&app, &ada, &workspace, 0..18).await.is_empty());
    // What comes to nothing uses nothing.
    assert_eq!(invite_new(&app, &ada, &workspace, 0..2).await, ["invitation_pending", "invitation_pending"]);
    app.post(&ada, &invitations, json!({ "emails": ["ada@acme.example"] }))
        .await
        .expect_problem(409, "already_member");
    assert_eq!(quota(&app, &ada, &workspace).await["remaining"], 2);
    // Of several the first are invited, the others told why not, each in a row.
    assert_eq!(invite_new(&app, &ada, &workspace, 18..22).await, ["invitation_quota_exceeded"; 2]);
    assert_eq!(
        quota(&app, &ada, &workspace).await,
        json!({ "limit": 20, "used": 20, "remaining": 0, "resetsAt": null })
    );
    let one_more = json!({ "emails": ["one@more.example"] });
    let refused = app.post(&ada, &invitations, one_more.clone()).await;
    assert_eq!(refused.headers["ratelimit-policy"], "\"email-invitations\";q=20");
    assert_eq!(refused.headers["ratelimit"], "\"email-invitations\";r=0");
    assert!(!refused.headers.contains_key("retry-after"));
    refused.expect_problem(429, "invitation_quota_exceeded");
    app.local.settle().await;
    assert_eq!(app.local.mailbox.sent(), []);

    // Sending again is no new invitation, and taking one back gives none back.
    let listed = app.get(&ada, &format!("{invitations}?limit=100")).await.expect(200);
    let path = format!("{invitations}/{}", text(&listed["items"][0]["id"]));
    app.post(&ada, &format!("{path}/resend"), json!({})).await.expect(200);
    app.call(&ada, "DELETE", &path, Value::Null).await.expect(204);
    app.post(&ada, &invitations, one_more.clone()).await.expect_problem(429, "invitation_quota_exceeded");
    // Links are not affected.
    let url = app.role_link(&ada, &workspace, "member").await;
    come(&app, &url, "mel@acme.example").await;
    // Nor does time help.
    app.advance(400 * DAY).await;
    let ada = app.sign_in("ada@acme.example").await;
    app.post(&ada, &invitations, one_more.clone()).await.expect_problem(429, "invitation_quota_exceeded");
    // Another plan does; and another workspace has its own.
    let other = app.workspace(&ada).await;
    app.invite(&ada, &other, "one@more.example", "member").await;
    app.put_on_plan(&workspace, "pilot").await.expect(204);
    app.post(&ada, &invitations, one_more).await.expect(201);
}

#[tokio::test]
async fn r11_business_has_so_many_invitations_a_day() {
    let (app, ada, workspace) = office().await;
    let invitations = format!("{workspace}/invitations");
    app.put_on_plan(&workspace, "business").await.expect(204);
    // To the beginning of a day, so that none ends while this runs.
    let to_next_day = async |ada: &Person| {
        let resets_at: jiff::Timestamp =
            text(&quota(&app, ada, &workspace).await["resetsAt"]).parse().unwrap();
        app.advance(resets_at.duration_since(app.local.clock.now()).as_secs() + 60).await;
        resets_at
    };
    let first = to_next_day(&ada).await;
    let ada = app.sign_in("ada@acme.example").await;
    let end = first + jiff::SignedDuration::from_hours(24);
    let left =
        |used: u32| json!({ "limit": 50, "used": used, "remaining": 50 - used, "resetsAt": end.to_string() });
    assert_eq!(quota(&app, &ada, &workspace).await, left(0));
    for names in [0..20, 20..40, 40..49] {
        assert!(invite_new(&app, &ada, &workspace, names).await.is_empty());
    }
    assert_eq!(quota(&app, &ada, &workspace).await, left(49));
    assert_eq!(invite_new(&app, &ada, &workspace, 49..51).await, ["invitation_quota_exceeded"]);
    let refused = app.post(&ada, &invitations, json!({ "emails": ["one@more.example"] })).await;
    assert_eq!(refused.headers["ratelimit-policy"], "\"email-invitations\";q=50;w=86400");
    let limit = refused.headers["ratelimit"].to_str().unwrap().to_owned();
    let seconds: i64 = limit.strip_prefix("\"email-invitations\";r=0;t=").unwrap().parse().unwrap();
    assert!((DAY - 3600..DAY).contains(&seconds), "{limit}");
    assert_eq!(refused.headers["retry-after"], seconds.to_string());
    refused.expect_problem(429, "invitation_quota_exceeded");
    assert_eq!(quota(&app, &ada, &workspace).await, left(50));

    // Links and domains are not affected.
    let url = app.role_link(&ada, &workspace, "member").await;
    come(&app, &url, "mel@acme.example").await;
    // The next day there are all of them again.
    to_next_day(&ada).await;
    let ada = app.sign_in("ada@acme.example").await;
    assert_eq!(quota(&app, &ada, &workspace).await["used"], 0);
    app.post(&ada, &invitations, json!({ "emails": ["one@more.example"] })).await.expect(201);
    assert_eq!(quota(&app, &ada, &workspace).await["used"], 1);
}

#[tokio::test]
async fn r11_pilot_and_enterprise_have_no_limit() {
    let (app, ada, workspace) = office().await;
    let mut next = 0;
    for plan in ["pilot", "enterprise"] {
        app.put_on_plan(&workspace, plan).await.expect(204);
        for _ in 0..3 {
            assert!(invite_new(&app, &ada, &workspace, next..next + 20).await.is_empty(), "{plan}");
            next += 20;
        }
        assert_eq!(
            quota(&app, &ada, &workspace).await,
            json!({ "limit": null, "used": 0, "remaining": null, "resetsAt": null })
        );
    }
    // What was invited without a limit does not count when there is one again.
    app.put_on_plan(&workspace, "trial").await.expect(204);
    assert_eq!(quota(&app, &ada, &workspace).await["remaining"], 20);
    // A domain brings people in though no invitation is left.
    assert!(invite_new(&app, &ada, &workspace, next..next + 20).await.is_empty());
    app.put_on_plan(&workspace, "enterprise").await.expect(204);
    app.own_domain(&ada, &workspace, "other.example").await;
    assert_eq!(enter(&app, &app.sign_in("olaf@other.example").await).await.0, ["member"]);
}

#[tokio::test]
async fn r12_registering_again_signs_into_the_account_that_there_is() {
    let (app, ada, workspace) = office().await;
    let mel = app.bring(&ada, &workspace, "mel@acme.example", "member").await;
    app.call(&mel, "PATCH", "/v1/me", json!({ "timezone": "Europe/Riga" })).await.expect(200);
    let id = mel.id().to_string();
    // Another spelling of the address, another name, and twice at the same moment.
    for email in ["mel@acme.example", "MEL@Acme.Example"] {
        let again = app.sign_in_as(json!({ "email": email, "firstName": "Melanie" })).await;
        let (one, other) =
            tokio::join!(app.post(&again, "/v1/me", json!({})), app.post(&again, "/v1/me", json!({})));
        for entered in [one.expect(200), other.expect(200)] {
            assert_eq!(
                (&entered["user"]["id"], &entered["user"]["timezone"]),
                (&json!(id), &json!("Europe/Riga"))
            );
            assert_eq!(entered["workspaces"].as_array().unwrap().len(), 1);
            assert_eq!(entered["next"], "dashboard");
        }
    }
    assert_eq!(app.listed(&ada, &workspace, "").await.len(), 2);
    // A person who has none registers twice at once: one account.
    let new = app.sign_in("new@acme.example").await;
    let (one, other) = tokio::join!(app.post(&new, "/v1/me", json!({})), app.post(&new, "/v1/me", json!({})));
    assert_eq!(one.expect(200)["user"]["id"], other.expect(200)["user"]["id"]);
}

#[tokio::test]
async fn r13_who_is_removed_keeps_their_account() {
    let (app, ada, workspace) = office().await;
    let mel = app.bring(&ada, &workspace, "mel@acme.example", "member").await;
    let vic = app.bring(&ada, &workspace, "vic@acme.example", "viewer").await;
    app.call(&mel, "PATCH", "/v1/me", json!({ "timezone": "Europe/Riga" })).await.expect(200);
    for nobody in [&mel, &vic] {
        let refused = app.remove(nobody, &workspace, &vic).await.expect_problem(403, "forbidden");
        assert_eq!(refused["reason"], "staff_only");
    }
    assert_eq!(app.seats(&ada, &workspace).await, [5, 2, 3]);
    app.remove(&ada, &workspace, &mel).await.expect(204);
    app.get(&mel, &workspace).await.expect_problem(404, "not_found");
    assert_eq!(app.seats(&ada, &workspace).await, [5, 1, 4]);
    assert_eq!(app.get(&mel, "/v1/me").await.expect(200)["timezone"], "Europe/Riga");
    assert_eq!(enter(&app, &mel).await, (vec![], "onboarding".to_owned()));
    app.workspace(&mel).await;
    app.bring(&ada, &workspace, "mel@acme.example", "viewer").await;
}

/// Ada, and people whose names a list and a table must get right.
async fn team(app: &App, ada: &Person, workspace: &str) -> Vec<Person> {
    let mut team = Vec::new();
    for (email, role, first, last) in [
        ("zoe@acme.example", "member", "Zoë", "Ångström"),
        ("calc@acme.example", "viewer", "=1+1", "@SUM(A1)"),
        ("pat@acme.example", "member", "Pat \"Patty\"", "O'Neil, Jr."),
        ("lei@acme.example", "viewer", "雷", "李"),
        ("zhanna@acme.example", "viewer", "Жанна", "Борисова"),
        ("nameless@other.example", "member", "", ""),
    ] {
        let mut body = json!({ "email": email });
        if !first.is_empty() {
            body["firstName"] = json!(first);
            body["lastName"] = json!(last);
        }
        let invitation = app.invite(ada, workspace, email, role).await;
        let person = app.sign_in_as(body).await;
        app.join(&person, &invitation).await.expect(200);
        team.push(person);
    }
    team
}

#[tokio::test]
async fn r14_members_are_searched_sorted_and_filtered() {
    let (app, ada, workspace) = office().await;
    team(&app, &ada, &workspace).await;
    let names = async |query: &str| -> Vec<String> {
        let emails = app.listed(&ada, &workspace, query).await;
        emails.iter().map(|email| email.split('@').next().unwrap().to_owned()).collect()
    };
    let mut all = ["calc", "ada", "nameless", "pat", "zoe", "zhanna", "lei"].map(str::to_owned).to_vec();
    assert_eq!(names("").await, all);
    assert_eq!(names("?sort=name").await, all);
    assert_eq!(names("?seat=with").await, ["ada", "nameless", "pat", "zoe"]);
    assert_eq!(names("?seat=without").await, ["calc", "zhanna", "lei"]);
    assert_eq!(names("?seat=without&sort=-name").await, ["lei", "zhanna", "calc"]);
    // By name or address, any part of it, in any case and script.
    for (search, found) in [
        ("pat", vec!["pat"]),
        ("PATTY", vec!["pat"]),
        ("neil,", vec!["pat"]),
        ("zo%C3%AB%20%C3%A5", vec!["zoe"]),
        ("%D0%96%D0%90%D0%9D", vec!["zhanna"]),
        ("%E9%9B%B7", vec!["lei"]),
        ("other.example", vec!["nameless"]),
        ("%40sum", vec!["calc"]),
        ("nobody", vec![]),
        ("%20", all.iter().map(String::as_str).collect()),
    ] {
        assert_eq!(names(&format!("?search={search}")).await, found, "{search}");
    }
    assert_eq!(names("?search=acme.example&seat=with").await, ["ada", "pat", "zoe"]);
    assert_eq!(names("?search=z&role=viewer").await, ["zhanna"]);
    assert_eq!(names("?search=zoe&seat=without").await, Vec::<String>::new());

    // Pages make the whole list, whichever way it goes.
    for (query, is_reversed) in
        [("?limit=2", false), ("?limit=2&sort=-name", true), ("?limit=2&search=.", false)]
    {
        let mut paged = Vec::new();
        let mut cursor = String::new();
        loop {
            let path = format!("{workspace}/members{query}{cursor}");
            let page = app.get(&ada, &path).await.expect(200);
            let items = page["items"].as_array().unwrap();
            assert!(items.len() <= 2);
            paged.extend(items.iter().map(|one| text(&one["email"]).split('@').next().unwrap().to_owned()));
            match page["nextCursor"].as_str() {
                Some(next) => cursor = format!("&cursor={next}"),
                None => break,
            }
        }
        if is_reversed {
            paged.reverse();
        }
        assert_eq!(paged, all, "{query}");
    }
    for bad in ["?sort=age", "?seat=maybe", "?limit=0", "?limit=101", "?cursor=xx", "?colour=red"] {
        let refused = app.get(&ada, &format!("{workspace}/members{bad}")).await;
        assert!([400, 422].contains(&refused.status.as_u16()), "{bad}: {}", refused.text);
    }
    // A name that changes is found at once, and the old one no more.
    let pat = app.sign_in("pat@acme.example").await;
    let renamed = json!({ "firstName": "Aaron", "lastName": null });
    app.call(&pat, "PATCH", "/v1/me", renamed).await.expect(200);
    all.retain(|name| name != "pat");
    all.insert(1, "pat".to_owned());
    assert_eq!(names("").await, all);
    assert_eq!(names("?search=patty").await, Vec::<String>::new());
}

#[tokio::test]
async fn r15_the_members_shown_are_exported_as_csv() {
    let (app, ada, workspace) = office().await;
    let team = team(&app, &ada, &workspace).await;
    let mut ids = vec![ada.id().to_string()];
    for person in &team {
        ids.push(person.id().to_string());
    }
    let [ada_id, zoe, calc, pat, lei, zhanna, nameless] = ids.try_into().unwrap();
    let head = "id,email,firstName,lastName,isAdmin,hasSeat\r\n";
    let rows = [
        // What a spreadsheet would take for a formula is a text; what a table is made of is quoted.
        format!("{calc},calc@acme.example,'=1+1,'@SUM(A1),no,no\r\n"),
        format!("{ada_id},ada@acme.example,Ada,,yes,yes\r\n"),
        format!("{nameless},nameless@other.example,,,no,yes\r\n"),
        format!("{pat},pat@acme.example,\"Pat \"\"Patty\"\"\",\"O'Neil, Jr.\",no,yes\r\n"),
        format!("{zoe},zoe@acme.example,Zoë,Ångström,no,yes\r\n"),
        format!("{zhanna},zhanna@acme.example,Жанна,Борисова,no,no\r\n"),
        format!("{lei},lei@acme.example,雷,李,no,no\r\n"),
    ];
    let export = async |query: &str| {
        let reply = app.get(&ada, &format!("{workspace}/members/export{query}")).await;
        assert_eq!(reply.headers["content-type"], "text/csv; charset=utf-8; header=present");
        assert!(reply.headers["content-disposition"].to_str().unwrap().starts_with("attachment"));
        reply.text
    };
    let table = |shown: &[usize]| {
        format!("{head}{}", shown.iter().map(|row| rows[*row].as_str()).collect::<String>())
    };
    assert_eq!(export("").await, table(&[0, 1, 2, 3, 4, 5, 6]));
    assert_eq!(export("?sort=-name").await, table(&[6, 5, 4, 3, 2, 1, 0]));
    assert_eq!(export("?seat=without").await, table(&[0, 5, 6]));
    assert_eq!(export("?seat=with&search=acme").await, table(&[1, 3, 4]));
    assert_eq!(export("?role=admin").await, table(&[1]));
    assert_eq!(export("?search=nobody").await, head);
    // What is exported is what is shown.
    for query in ["", "?seat=with", "?seat=without&sort=-name", "?search=z"] {
        let emails = app.listed(&ada, &workspace, query).await;
        let export = export(query).await;
        let exported: Vec<_> = export.lines().skip(1).map(|row| row.split(',').nth(1).unwrap()).collect();
        assert_eq!(exported, emails, "{query}");
    }
    app.get(&team[0], &format!("{workspace}/members/export")).await.expect_problem(403, "forbidden");
}

#[tokio::test]
async fn r16_admins_name_a_coordinator_whom_every_member_sees() {
    let (app, ada, workspace) = office().await;
    let mel = app.bring(&ada, &workspace, "mel@acme.example", "member").await;
    let vic = app.bring(&ada, &workspace, "vic@acme.example", "viewer").await;
    let path = format!("{workspace}/coordinator");
    let nobody = json!({ "name": null, "email": null, "phone": null, "notes": null });
    assert_eq!(app.get(&vic, &path).await.expect(200), nobody);
    let carl = json!({
        "name": "Carl Core",
        "email": "help@acme.example",
        "phone": "+49 30 1234",
        "notes": "Mondays.\nAsk for AI first."
    });
    for who in [&mel, &vic] {
        app.call(who, "PUT", &path, carl.clone()).await.expect_problem(403, "forbidden");
    }
    assert_eq!(app.call(&ada, "PUT", &path, carl.clone()).await.expect(200), carl);
    for who in [&ada, &mel, &vic] {
        assert_eq!(app.get(who, &path).await.expect(200), carl);
    }
    let eve = app.sign_in("eve@acme.example").await;
    app.get(&eve, &path).await.expect_problem(404, "not_found");
    // Another takes the place of the one before, wholly; and nobody takes it away.
    let dora = json!({ "name": "Dora", "email": null, "phone": null, "notes": null });
    app.call(&ada, "PUT", &path, json!({ "name": "Dora" })).await.expect(200);
    assert_eq!(app.get(&mel, &path).await.expect(200), dora);
    app.call(&ada, "PUT", &path, json!({ "email": "no address" }))
        .await
        .expect_problem(422, "invalid_request");
    assert_eq!(app.get(&mel, &path).await.expect(200), dora);
    app.call(&ada, "PUT", &path, json!({})).await.expect(200);
    assert_eq!(app.get(&mel, &path).await.expect(200), nobody);
}

#[tokio::test]
async fn r4_the_last_free_seat_is_taken_once_whichever_way_somebody_comes() {
    // Two seats on every plan: the admin's, and one.
    let app = App::with_edited_pack(
        "role-seats",
        &[("product.toml", "seats = 5\n", "seats = 2\n"), ("product.toml", "seats = 250\n", "seats = 2\n")],
    )
    .await;
    let ada = app.sign_in("ada@acme.example").await;
    for (number, way) in
        ["email", "link", "domain", "promotion", "assign-seat", "assign-seats", "restored"].iter().enumerate()
    {
        let workspace = app.workspace(&ada).await;
        app.put_on_plan(&workspace, "enterprise").await.expect(204);
        let domain = format!("way{number}.example");
        let emails = ["first", "second"].map(|name| format!("{name}@{domain}"));
        let (by_link, viewers) = (
            app.role_link(&ada, &workspace, "member").await,
            app.role_link(&ada, &workspace, "viewer").await,
        );
        match *way {
            "domain" => app.own_domain(&ada, &workspace, &domain).await,
            "restored" => drop(app.put_on_plan(&workspace, "business").await.expect(204)),
            _ => {}
        }
        let mut people = Vec::new();
        for email in &emails {
            let person = app.sign_in(email).await;
            match *way {
                "email" => {
                    app.bring(&ada, &workspace, email, "member").await;
                }
                "link" | "restored" => {
                    app.join_by(&person, &by_link).await.expect(200);
                }
                "domain" => {
                    app.post(&person, "/v1/me", json!({})).await.expect(200);
                }
                _ => {
                    app.join_by(&person, &viewers).await.expect(200);
                }
            }
            people.push(person);
        }
        let [first, second] = [&people[0], &people[1]];
        match *way {
            "promotion" => {
                app.change_role(&ada, &workspace, first, "member").await.expect(200);
                let refused = app.change_role(&ada, &workspace, second, "member").await;
                refused.expect_problem(409, "no_seat_available");
            }
            "assign-seat" => {
                let seat = async |who| format!("{}/seat", member_path(&workspace, who));
                app.call(&ada, "PUT", &seat(first).await, json!({})).await.expect(200);
                let refused = app.call(&ada, "PUT", &seat(second).await, json!({})).await;
                refused.expect_problem(409, "no_seat_available");
            }
            "assign-seats" => {
                let given =
                    app.post(&ada, &format!("{workspace}/seats/assign"), Value::Null).await.expect(200);
                assert_eq!(given["assigned"], json!([first.id().to_string()]));
                assert_eq!(given["waiting"], json!([second.id().to_string()]));
            }
            // Both have one, then none, then there is one of the two again.
            "restored" => {
                app.put_on_plan(&workspace, "trial").await.expect(204);
            }
            _ => {}
        }
        let seated = ("member", true);
        let without = if *way == "restored" { ("member", false) } else { ("viewer", false) };
        assert_eq!(stands(&app.shown(&ada, &workspace, first).await), seated, "{way}");
        assert_eq!(stands(&app.shown(&ada, &workspace, second).await), without, "{way}");
        assert_eq!(app.seats(&ada, &workspace).await, [2, 2, 0], "{way}");
    }
}
