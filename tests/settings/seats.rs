//! The settings `[seats]` and `[joining]`.

use serde_json::{Value, json};

use super::{DATA, DAY, PEOPLE, ROLES, enter, invited, office, policy};
use crate::support::app::App;
use crate::support::client::{Client as _, member_path};
use crate::support::office::stands;
use crate::support::reply::text;

#[tokio::test]
async fn seat_model_none() {
    let app = App::with_pack("role-ladder").await;
    let (olga, workspace) = office(&app).await;
    let tea = app.bring(&olga, &workspace, "tea@acme.example", "admin").await;
    let counts = json!({ "total": 0, "filled": 0, "pending": 0, "available": 0, "expired": 0 });
    assert_eq!(app.get(&olga, &workspace).await.expect(200)["seats"], counts);
    let shown = app.shown(&olga, &workspace, &tea).await;
    assert_eq!((&shown["seat"], &shown["freeSlot"]), (&Value::Null, &json!(false)));
    assert_eq!(app.listed(&olga, &workspace, "?seat=without").await.len(), 2);
    for (method, path) in [("POST", "/seats"), ("GET", "/seats"), ("POST", "/seats/assign")] {
        let body = if path == "/seats" && method == "POST" { json!({ "quantity": 1 }) } else { Value::Null };
        let refused = app.call(&olga, method, &format!("{workspace}{path}"), body).await;
        refused.expect_problem(403, "not_offered");
    }
}

#[tokio::test]
async fn seat_model_by_tier() {
    let app = App::new().await;
    let (olga, workspace) = office(&app).await;
    assert_eq!(app.seats(&olga, &workspace).await, [0, 0, 0]);
    let bought = app.buy(&olga, &workspace, "pro", 2).await;
    // Each has an id, and can be asked for.
    let body = json!({ "emails": ["tea@acme.example"], "seatId": bought[1] });
    let made = app.post(&olga, &format!("{workspace}/invitations"), body).await.expect(201);
    let tea = app.sign_in("tea@acme.example").await;
    app.join(&tea, &made["items"][0]["invitation"]).await.expect(200);
    assert_eq!(app.shown(&olga, &workspace, &tea).await["seat"]["id"], json!(bought[1]));
    assert_eq!(app.seats(&olga, &workspace).await, [2, 1, 1]);
    // A plan brings none.
    app.put_on_plan(&workspace, "workspace").await.expect(204);
    assert_eq!(app.seats(&olga, &workspace).await, [2, 1, 1]);
}

#[tokio::test]
async fn seat_model_by_role() {
    let app = App::with_pack("role-seats").await;
    let (olga, workspace) = office(&app).await;
    assert_eq!(app.seats(&olga, &workspace).await, [5, 1, 4]);
    let tea = app.bring(&olga, &workspace, "tea@acme.example", "member").await;
    let seat = app.shown(&olga, &workspace, &tea).await["seat"].clone();
    assert_eq!(seat, json!({ "id": null, "tier": "standard", "status": "filled", "paidThrough": null }));
    assert_eq!(app.seats(&olga, &workspace).await, [5, 2, 3]);
    // None can be bought, nor asked for when somebody is invited.
    let seats = format!("{workspace}/seats");
    app.post(&olga, &seats, json!({ "quantity": 1 })).await.expect_problem(403, "not_offered");
    assert_eq!(app.get(&olga, &seats).await.expect(200)["items"], json!([]));
}

/// role-seats with two seats to begin with.
const TWO_SEATS: (&str, &str, &str) = (DATA, "seats = 5\n", "seats = 2\n");

#[tokio::test]
async fn when_full_refuse() {
    let app = App::with_edited_pack(
        "role-seats",
        &[
            TWO_SEATS,
            (DATA, "seats = 250\n", "seats = 2\n"),
            (DATA, "when-full = \"seatless\"", "when-full = \"refuse\""),
        ],
    )
    .await;
    let (olga, workspace) = office(&app).await;
    app.put_on_plan(&workspace, "enterprise").await.expect(204);
    app.own_domain(&olga, &workspace, "acme.example").await;
    let tea = app.bring(&olga, &workspace, "tea@other.example", "member").await;
    let link = app.role_link(&olga, &workspace, "member").await;
    let (pat, by_mail) = invited(&app, &olga, &workspace, "pat@other.example", "member").await;
    app.join_by(&pat, &by_mail).await.expect_problem(409, "no_seat_available");
    app.join_by(&pat, &link).await.expect_problem(409, "no_seat_available");
    assert!(enter(&app, "mel@acme.example").await.is_empty());
    assert_eq!(app.get(&olga, &workspace).await.expect(200)["members"], 2);
    // A person who takes no seat joins all the same; and the refused may when there is a seat.
    app.bring(&olga, &workspace, "vic@other.example", "viewer").await;
    app.change_role(&olga, &workspace, &tea, "viewer").await.expect(200);
    app.join_by(&pat, &by_mail).await.expect(200);
    assert_eq!(app.seats(&olga, &workspace).await, [2, 2, 0]);
}

#[tokio::test]
async fn when_full_seatless() {
    let app = App::with_edited_pack("role-seats", &[TWO_SEATS]).await;
    let (olga, workspace) = office(&app).await;
    app.bring(&olga, &workspace, "tea@acme.example", "member").await;
    let pat = app.bring(&olga, &workspace, "pat@acme.example", "member").await;
    assert_eq!(stands(&app.shown(&olga, &workspace, &pat).await), ("viewer", false));
    // Only a joiner: who was to be more is refused.
    let (eve, url) = invited(&app, &olga, &workspace, "eve@acme.example", "admin").await;
    app.join_by(&eve, &url).await.expect_problem(409, "no_seat_available");
}

#[tokio::test]
async fn auto_assign_absent() {
    let app = App::with_edited_pack("role-seats", &[(DATA, "auto-assign = true\n", "")]).await;
    let (olga, workspace) = office(&app).await;
    assert_eq!(app.get(&olga, &workspace).await.expect(200)["settings"], json!({}));
    let settings = format!("{workspace}/settings");
    let refused = app.call(&olga, "PATCH", &settings, json!({ "autoAssignSeats": false })).await;
    refused.expect_problem(403, "not_offered");
    let tea = app.bring(&olga, &workspace, "tea@acme.example", "member").await;
    assert_eq!(stands(&app.shown(&olga, &workspace, &tea).await), ("member", true));
}

#[tokio::test]
async fn auto_assign_true_and_false_until_a_workspace_says_otherwise() {
    for preset in [true, false] {
        let change = (DATA, "auto-assign = true", &*format!("auto-assign = {preset}"));
        let app = App::with_edited_pack("role-seats", &[change]).await;
        let (olga, workspace) = office(&app).await;
        let other = app.workspace(&olga).await;
        let settings = |is_on| json!({ "autoAssignSeats": is_on });
        let stood = async |workspace: &str, email: &str| {
            let person = app.bring(&olga, workspace, email, "member").await;
            let shown = app.shown(&olga, workspace, &person).await;
            (text(&shown["role"]), !shown["seat"].is_null())
        };
        let expected = |is_on| if is_on { ("member".to_owned(), true) } else { ("viewer".to_owned(), false) };
        assert_eq!(app.get(&olga, &workspace).await.expect(200)["settings"], settings(preset));
        assert_eq!(stood(&workspace, "a@acme.example").await, expected(preset));
        let path = format!("{workspace}/settings");
        let set = app.call(&olga, "PATCH", &path, settings(!preset)).await.expect(200);
        assert_eq!(set, settings(!preset));
        assert_eq!(stood(&workspace, "b@acme.example").await, expected(!preset));
        // For this workspace only.
        assert_eq!(app.get(&olga, &other).await.expect(200)["settings"], settings(preset));
        assert_eq!(stood(&other, "c@acme.example").await, expected(preset));
        app.call(&olga, "PATCH", &path, settings(preset)).await.expect(200);
        assert_eq!(stood(&workspace, "d@acme.example").await, expected(preset));
    }
}

#[tokio::test]
async fn over_assignment_block() {
    let change = (DATA, "over-assignment = \"suspend-last\"", "over-assignment = \"block\"");
    let app = App::with_edited_pack("role-seats", &[TWO_SEATS, change]).await;
    let (ada, workspace) = office(&app).await;
    app.put_on_plan(&workspace, "business").await.expect(204);
    app.bring(&ada, &workspace, "mel@acme.example", "member").await;
    let pat = app.bring(&ada, &workspace, "pat@acme.example", "member").await;
    app.put_on_plan(&workspace, "trial").await.expect_problem(409, "seats_taken");
    let shown = app.get(&ada, &workspace).await.expect(200);
    assert_eq!(shown["plan"], "business");
    assert_eq!(app.seats(&ada, &workspace).await, [25, 3, 22]);
    assert_eq!(stands(&app.shown(&ada, &workspace, &pat).await), ("member", true));
    // As many as the plan has are not too many.
    app.change_role(&ada, &workspace, &pat, "viewer").await.expect(200);
    app.put_on_plan(&workspace, "trial").await.expect(204);
    assert_eq!(app.seats(&ada, &workspace).await, [2, 2, 0]);
}

#[tokio::test]
async fn over_assignment_suspend_last() {
    let app = App::with_edited_pack("role-seats", &[TWO_SEATS]).await;
    let (ada, workspace) = office(&app).await;
    app.put_on_plan(&workspace, "business").await.expect(204);
    let mel = app.bring(&ada, &workspace, "mel@acme.example", "member").await;
    let pat = app.bring(&ada, &workspace, "pat@acme.example", "member").await;
    app.put_on_plan(&workspace, "trial").await.expect(204);
    assert_eq!(app.seats(&ada, &workspace).await, [2, 2, 0]);
    assert_eq!(stands(&app.shown(&ada, &workspace, &mel).await), ("member", true));
    assert_eq!(stands(&app.shown(&ada, &workspace, &pat).await), ("member", false));
    assert_eq!(app.shown(&ada, &workspace, &pat).await["seatSuspended"], true);
}

#[tokio::test]
async fn the_last_bought_seat_is_taken_once_whichever_way_somebody_comes() {
    // Every way in, and a role that takes no seat.
    let joins = "\n\n@id(\"people.by-domain\")\n\
                 permit (principal is User, action == Action::\"joinByDomain\", resource is Workspace);\n";
    let preview = policy("purchased-seats", PEOPLE, "people.preview");
    let guests = "\n\n@id(\"roles.guest\")\n\
                  permit (principal in Role::\"guest\", action in Action::\"workspace.read\", resource);\n";
    let stays = policy("purchased-seats", ROLES, "roles.owner-stays");
    let app = App::with_edited_pack(
        "purchased-seats",
        &[
            (DATA, "\"single-use\"]", "\"single-use\", \"link\", \"domain\"]"),
            (DATA, "reserves-seat = true\n", ""),
            (DATA, "joiner = \"member\"\n", "joiner = \"member\"\nseatless = \"guest\"\n"),
            (
                DATA,
                "[seats]\n",
                "[[role]]\nid = \"guest\"\nlabel = \"Guest\"\nrank = 1\nbadge = \"gray\"\n\n[seats]\n",
            ),
            (PEOPLE, &preview, &format!("{preview}{joins}")),
            (ROLES, &stays, &format!("{stays}{guests}")),
            (
                ROLES,
                "Action::\"workspace.own\"",
                "Action::\"workspace.own\", Action::\"links.manage\", Action::\"domains.manage\"",
            ),
        ],
    )
    .await;
    let olga = app.sign_in("olga@acme.example").await;
    for (number, way) in
        ["email", "link", "domain", "promotion", "assign-seat", "assign-seats"].iter().enumerate()
    {
        let workspace = app.workspace(&olga).await;
        let seat = app.buy(&olga, &workspace, "basic", 1).await.remove(0);
        // Cancelled and reactivated it is a seat as before, and still only one.
        for then in ["cancel", "reactivate"] {
            app.post(&olga, &format!("{workspace}/seats/{seat}/{then}"), Value::Null).await.expect(200);
        }
        let domain = format!("way{number}.example");
        app.own_domain(&olga, &workspace, &domain).await;
        let mut people = Vec::new();
        for name in ["first", "second"] {
            let email = format!("{name}@{domain}");
            let role = if number < 3 { "member" } else { "guest" };
            let (person, url) = invited(&app, &olga, &workspace, &email, role).await;
            people.push((person, url));
        }
        let [(first, of_first), (second, of_second)] = [&people[0], &people[1]];
        if number >= 3 {
            app.join_by(first, of_first).await.expect(200);
            app.join_by(second, of_second).await.expect(200);
            assert_eq!(app.seats(&olga, &workspace).await, [1, 0, 1], "{way}");
        }
        let link = app.role_link(&olga, &workspace, "member").await;
        let seat_of = async |who| format!("{}/seat", member_path(&workspace, who));
        let mut sitter = first.clone();
        let (one, other) = match *way {
            "email" => (app.join_by(first, of_first).await, app.join_by(second, of_second).await),
            "link" => (app.join_by(first, &link).await, app.join_by(second, &link).await),
            "promotion" => (
                app.change_role(&olga, &workspace, first, "member").await,
                app.change_role(&olga, &workspace, second, "member").await,
            ),
            "assign-seat" => (
                app.call(&olga, "PUT", &seat_of(first).await, json!({})).await,
                app.call(&olga, "PUT", &seat_of(second).await, json!({ "seatId": null })).await,
            ),
            "domain" => {
                // Nobody who is invited: an invitation goes before the domain.
                let newcomer = app.sign_in(&format!("newcomer@{domain}")).await;
                assert_eq!(enter(&app, &newcomer.email).await, ["member"]);
                assert!(enter(&app, &format!("late@{domain}")).await.is_empty());
                sitter = newcomer;
                (app.get(&sitter, &workspace).await, app.join_by(second, of_second).await)
            }
            _ => {
                let assign = format!("{workspace}/seats/assign");
                let given = app.post(&olga, &assign, Value::Null).await;
                let ids = [first.id().to_string(), second.id().to_string()];
                assert_eq!(given.json, json!({ "assigned": [ids[0]], "waiting": [ids[1]] }));
                (given, app.change_role(&olga, &workspace, second, "admin").await)
            }
        };
        one.expect(200);
        other.expect_problem(409, "no_seat_available");
        let shown = app.shown(&olga, &workspace, &sitter).await;
        assert_eq!((&shown["role"], &shown["seat"]["id"]), (&json!("member"), &json!(seat)), "{way}");
        assert_eq!(app.seats(&olga, &workspace).await, [1, 1, 0], "{way}");
        let last = app.shown(&olga, &workspace, second).await;
        assert!(last.is_null() || last["role"] == "guest" && last["seat"].is_null(), "{way}");
    }

    // A seat that has ended is none for anybody, and does not come back.
    let workspace = app.workspace(&olga).await;
    let seat = app.buy(&olga, &workspace, "basic", 1).await.remove(0);
    let ended = format!("{workspace}/seats/{seat}");
    app.post(&olga, &format!("{ended}/cancel"), Value::Null).await.expect(200);
    let link = app.role_link(&olga, &workspace, "member").await;
    app.advance(40 * DAY).await;
    let (olga, tea) = (app.sign_in("olga@acme.example").await, app.sign_in("tea@acme.example").await);
    app.join_by(&tea, &link).await.expect_problem(409, "no_seat_available");
    app.post(&olga, &format!("{ended}/reactivate"), Value::Null)
        .await
        .expect_problem(409, "seat_not_available");
}
