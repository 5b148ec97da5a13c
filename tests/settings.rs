//! What a pack sets: for each setting of `product.toml`, each of its values, in a pack that was changed
//! for it. And that a pack that contradicts itself is refused.

use seatwise_cli::dev::{self, Data, Options};
use seatwise_workbench::check;
use serde_json::{Value, json};

use crate::support::app::App;
use crate::support::client::{Client as _, member_path};
use crate::support::packs::edited_without_cases;
use crate::support::person::Person;
use crate::support::reply::text;

const DATA: &str = "product.toml";
const ROLES: &str = "roles.cedar";
const PEOPLE: &str = "people.cedar";
const DAY: i64 = 24 * 3600;

/// Who made a workspace, and its path.
async fn office(app: &App) -> (Person, String) {
    let olga = app.sign_in("olga@acme.example").await;
    let workspace = app.workspace(&olga).await;
    (olga, workspace)
}

/// Invites somebody, who then signs in: who, and the link.
async fn invited(app: &App, by: &Person, workspace: &str, email: &str, role: &str) -> (Person, String) {
    let invitation = app.invite(by, workspace, email, role).await;
    (app.sign_in(email).await, text(&invitation["url"]))
}

/// The roles that somebody has after they have entered.
async fn enter(app: &App, email: &str) -> Vec<String> {
    let person = app.sign_in(email).await;
    let entered = app.post(&person, "/v1/me", json!({})).await.expect(200);
    entered["workspaces"].as_array().expect("a list").iter().map(|one| text(&one["role"])).collect()
}

/// As what, and whether on a seat.
fn stands(member: &Value) -> (&str, bool) {
    (member["role"].as_str().unwrap_or_default(), !member["seat"].is_null())
}

// ---- invitation.lifetime

#[tokio::test]
async fn invitation_lifetime_set() {
    let app =
        App::with_edited_pack("flat-owners", &[(DATA, "[invitation]", "[invitation]\nlifetime = \"PT36H\"")])
            .await;
    let (olga, workspace) = office(&app).await;
    let invitation = app.invite(&olga, &workspace, "tea@acme.example", "member").await;
    let late = app.invite(&olga, &workspace, "late@acme.example", "member").await;
    let time = |field: &str| text(&invitation[field]).parse::<jiff::Timestamp>().unwrap();
    assert_eq!(time("expiresAt").duration_since(time("invitedAt")), jiff::SignedDuration::from_hours(36));

    app.advance(35 * 3600).await;
    let (olga, tea) = (app.sign_in("olga@acme.example").await, app.sign_in("tea@acme.example").await);
    // Sent again it lasts as long anew; the other does not.
    let path = format!("{workspace}/invitations/{}/resend", text(&invitation["id"]));
    app.post(&olga, &path, json!({})).await.expect(200);
    app.advance(2 * 3600).await;
    let (olga, tea, person) = (
        app.sign_in("olga@acme.example").await,
        app.sign_in(&tea.email).await,
        app.sign_in("late@acme.example").await,
    );
    app.join(&person, &late).await.expect_problem(410, "invitation_expired");
    assert_eq!(app.get(&person, "/v1/me/invitations").await.expect(200)["items"], json!([]));
    app.join(&tea, &invitation).await.expect(200);
    // What is over makes way for a new one, and is not sent again.
    let path = format!("{workspace}/invitations/{}/resend", text(&late["id"]));
    app.post(&olga, &path, json!({})).await.expect_problem(410, "invitation_expired");
    app.bring(&olga, &workspace, "late@acme.example", "member").await;
}

#[tokio::test]
async fn invitation_lifetime_none() {
    let app = App::with_edited_pack("role-ladder", &[(DATA, "lifetime = \"P30D\"\n", "")]).await;
    let (olga, workspace) = office(&app).await;
    let invitation = app.invite(&olga, &workspace, "tea@acme.example", "member").await;
    assert_eq!(invitation["expiresAt"], Value::Null);
    app.advance(9 * 365 * DAY).await;
    let tea = app.sign_in("tea@acme.example").await;
    app.join(&tea, &invitation).await.expect(200);
}

// ---- invitation.channels

/// What role-seats has.
const CHANNELS: &str = "channels = [\"email\", \"link\", \"domain\"]";

#[tokio::test]
async fn without_the_channel_email_nobody_is_invited_by_address() {
    let app = App::with_edited_pack(
        "role-seats",
        &[
            (DATA, CHANNELS, "channels = [\"link\", \"single-use\"]"),
            (DATA, "email-invitations = { limit = 20, per = \"lifetime\" }\n", ""),
            (DATA, "email-invitations = { limit = 50, per = \"day\" }\n", ""),
        ],
    )
    .await;
    let (olga, workspace) = office(&app).await;
    let invitations = format!("{workspace}/invitations");
    let one = json!({ "emails": ["tea@acme.example"] });
    app.post(&olga, &invitations, one).await.expect_problem(403, "channel_not_offered");
    let two = json!({ "emails": ["tea@acme.example", "pat@acme.example"] });
    let rows = app.post(&olga, &invitations, two).await.expect(201);
    for row in rows["items"].as_array().unwrap() {
        assert_eq!(row["problem"]["code"], "channel_not_offered");
    }
    app.local.settle().await;
    assert_eq!(app.local.mailbox.sent(), []);
    // The other ways are open.
    let url = app.role_link(&olga, &workspace, "member").await;
    app.join_by(&app.sign_in("tea@acme.example").await, &url).await.expect(200);
    app.post(&olga, &invitations, json!({})).await.expect(201);
}

#[tokio::test]
async fn without_the_channel_single_use_an_address_is_needed() {
    let app = App::with_pack("role-ladder").await;
    let (olga, workspace) = office(&app).await;
    let invitations = format!("{workspace}/invitations");
    app.post(&olga, &invitations, json!({})).await.expect_problem(422, "email_required");
    app.post(&olga, &invitations, json!({ "role": "admin" })).await.expect_problem(422, "email_required");
}

#[tokio::test]
async fn with_the_channel_single_use_one_comes_by_a_link() {
    let app = App::with_edited_pack(
        "role-ladder",
        &[(DATA, "channels = [\"email\"]", "channels = [\"single-use\"]")],
    )
    .await;
    let (olga, workspace) = office(&app).await;
    let invitations = format!("{workspace}/invitations");
    let made = app.post(&olga, &invitations, json!({ "role": "admin" })).await.expect(201);
    let url = text(&made["items"][0]["invitation"]["url"]);
    let (tea, pat) = (app.sign_in("tea@acme.example").await, app.sign_in("pat@acme.example").await);
    assert_eq!(app.join_by(&tea, &url).await.expect(200)["member"]["role"], "admin");
    app.join_by(&pat, &url).await.expect_problem(410, "invitation_used");
    let one = json!({ "emails": ["pat@acme.example"] });
    app.post(&olga, &invitations, one).await.expect_problem(403, "channel_not_offered");
}

#[tokio::test]
async fn without_the_channel_link_there_is_none_and_those_there_were_are_no_good() {
    let app = App::with_pack("role-seats").await;
    let (olga, workspace) = office(&app).await;
    let url = app.role_link(&olga, &workspace, "member").await;
    let without = |channels| edited_without_cases("role-seats", &[(DATA, CHANNELS, channels)]);
    app.local.publish(without("channels = [\"email\", \"domain\"]")).await.unwrap();
    let path = format!("{workspace}/links/member");
    app.call(&olga, "PUT", &path, Value::Null).await.expect_problem(403, "channel_not_offered");
    let tea = app.sign_in("tea@acme.example").await;
    app.join_by(&tea, &url).await.expect_problem(410, "invitation_revoked");
    app.local.publish(without(CHANNELS)).await.unwrap();
    app.join_by(&tea, &url).await.expect(200);
}

#[tokio::test]
async fn without_the_channel_domain_none_brings_anybody_in() {
    let app = App::with_pack("role-seats").await;
    let (olga, workspace) = office(&app).await;
    app.put_on_plan(&workspace, "enterprise").await.expect(204);
    app.own_domain(&olga, &workspace, "acme.example").await;
    let without = |channels| edited_without_cases("role-seats", &[(DATA, CHANNELS, channels)]);
    app.local.publish(without("channels = [\"email\", \"link\"]")).await.unwrap();
    let path = format!("{workspace}/domains/other.example");
    app.call(&olga, "PUT", &path, Value::Null).await.expect_problem(403, "channel_not_offered");
    assert!(enter(&app, "tea@acme.example").await.is_empty());
    app.local.publish(without(CHANNELS)).await.unwrap();
    assert_eq!(enter(&app, "tea@acme.example").await, ["member"]);
}

// ---- invitation.role

#[tokio::test]
async fn invited_role_fixed() {
    let app = App::with_edited_pack("role-seats", &[(DATA, "role = \"chosen\"", "role = \"fixed\"")]).await;
    let (olga, workspace) = office(&app).await;
    let invitations = format!("{workspace}/invitations");
    for role in ["admin", "viewer"] {
        let body = json!({ "emails": ["tea@acme.example"], "role": role });
        app.post(&olga, &invitations, body).await.expect_problem(422, "role_unknown");
        let path = format!("{workspace}/links/{role}");
        app.call(&olga, "PUT", &path, Value::Null).await.expect_problem(422, "role_unknown");
    }
    let invited = app.post(&olga, &invitations, json!({ "emails": ["tea@acme.example"] })).await.expect(201);
    assert_eq!(invited["items"][0]["invitation"]["role"], "member");
    // To say what it is anyway is no fault.
    app.bring(&olga, &workspace, "pat@acme.example", "member").await;
    app.role_link(&olga, &workspace, "member").await;
}

#[tokio::test]
async fn invited_role_chosen() {
    let app = App::with_edited_pack("flat-owners", &[(DATA, "role = \"fixed\"", "role = \"chosen\"")]).await;
    let (olga, workspace) = office(&app).await;
    let tea = app.bring(&olga, &workspace, "tea@acme.example", "owner").await;
    assert_eq!(app.listed(&tea, &workspace, "?role=owner").await.len(), 2);
    let body = json!({ "emails": ["pat@acme.example"] });
    let invited = app.post(&tea, &format!("{workspace}/invitations"), body).await.expect(201);
    assert_eq!(invited["items"][0]["invitation"]["role"], "member");
}

#[tokio::test]
async fn invited_role_by_link() {
    let app = App::with_edited_pack("role-seats", &[(DATA, "role = \"chosen\"", "role = \"by-link\"")]).await;
    let (olga, workspace) = office(&app).await;
    let body = json!({ "emails": ["tea@acme.example"], "role": "admin" });
    app.post(&olga, &format!("{workspace}/invitations"), body).await.expect_problem(422, "role_unknown");
    let tea = app.bring(&olga, &workspace, "tea@acme.example", "member").await;
    assert_eq!(app.shown(&olga, &workspace, &tea).await["role"], "member");
    for role in ["admin", "member", "viewer"] {
        let url = app.role_link(&olga, &workspace, role).await;
        let person = app.sign_in(&format!("{role}@acme.example")).await;
        assert_eq!(app.join_by(&person, &url).await.expect(200)["member"]["role"], role);
    }
}

// ---- invitation.after-maker

#[tokio::test]
async fn after_maker_ends() {
    let app = App::with_pack("role-seats").await;
    let (olga, workspace) = office(&app).await;
    let bob = app.bring(&olga, &workspace, "bob@acme.example", "admin").await;
    let (tea, by_mail) = invited(&app, &bob, &workspace, "tea@acme.example", "admin").await;
    let by_link = app.role_link(&bob, &workspace, "member").await;
    app.remove(&olga, &workspace, &bob).await.expect(204);
    for url in [&by_mail, &by_link] {
        app.join_by(&tea, url).await.expect_problem(410, "invitation_revoked");
    }
}

#[tokio::test]
async fn after_maker_stays() {
    let stays = (DATA, "role = \"chosen\"", "role = \"chosen\"\nafter-maker = \"stays\"");
    let app = App::with_edited_pack("role-seats", &[stays]).await;
    let (olga, workspace) = office(&app).await;
    let bob = app.bring(&olga, &workspace, "bob@acme.example", "admin").await;
    let (tea, by_mail) = invited(&app, &bob, &workspace, "tea@acme.example", "admin").await;
    let (by_link, of_admins) =
        (app.role_link(&bob, &workspace, "member").await, app.role_link(&bob, &workspace, "admin").await);
    app.change_role(&olga, &workspace, &bob, "viewer").await.expect(200);
    assert_eq!(app.join_by(&tea, &by_mail).await.expect(200)["member"]["role"], "admin");
    let pat = app.sign_in("pat@acme.example").await;
    assert_eq!(app.join_by(&pat, &of_admins).await.expect(200)["member"]["role"], "admin");
    app.remove(&olga, &workspace, &bob).await.expect(204);
    app.join_by(&app.sign_in("mel@acme.example").await, &by_link).await.expect(200);
    // Taken back they are over all the same.
    let link = format!("{workspace}/links/member");
    app.call(&olga, "DELETE", &link, Value::Null).await.expect(204);
    let eve = app.sign_in("eve@acme.example").await;
    app.join_by(&eve, &by_link).await.expect_problem(410, "invitation_revoked");
}

// ---- members.max

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

// ---- seats.model

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
        app.call(&olga, method, &format!("{workspace}{path}"), body).await.expect_problem(403, "forbidden");
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
    app.post(&olga, &seats, json!({ "quantity": 1 })).await.expect_problem(403, "forbidden");
    assert_eq!(app.get(&olga, &seats).await.expect(200)["items"], json!([]));
}

// ---- invitation.reserves-seat

#[tokio::test]
async fn an_invitation_that_reserves_keeps_a_seat() {
    let app = App::new().await;
    let (olga, workspace) = office(&app).await;
    app.buy(&olga, &workspace, "pro", 1).await;
    let (tea, url) = invited(&app, &olga, &workspace, "tea@acme.example", "member").await;
    let counts = app.get(&olga, &workspace).await.expect(200)["seats"].clone();
    assert_eq!(counts, json!({ "total": 1, "filled": 0, "pending": 1, "available": 0, "expired": 0 }));
    let body = json!({ "emails": ["pat@acme.example"] });
    app.post(&olga, &format!("{workspace}/invitations"), body).await.expect_problem(409, "no_seat_available");
    app.join_by(&tea, &url).await.expect(200);
}

#[tokio::test]
async fn an_invitation_that_reserves_none_takes_one_on_joining() {
    let app = App::with_edited_pack("purchased-seats", &[(DATA, "reserves-seat = true\n", "")]).await;
    let (olga, workspace) = office(&app).await;
    let (tea, of_tea) = invited(&app, &olga, &workspace, "tea@acme.example", "member").await;
    let (pat, of_pat) = invited(&app, &olga, &workspace, "pat@acme.example", "admin").await;
    app.join_by(&tea, &of_tea).await.expect_problem(409, "no_seat_available");
    let bought = app.buy(&olga, &workspace, "pro", 1).await;
    assert_eq!(app.seats(&olga, &workspace).await, [1, 0, 1]);
    let joined = app.join_by(&pat, &of_pat).await.expect(200);
    assert_eq!(joined["member"]["seat"]["id"], json!(bought[0]));
    app.join_by(&tea, &of_tea).await.expect_problem(409, "no_seat_available");
    assert_eq!(app.seats(&olga, &workspace).await, [1, 1, 0]);
}

// ---- joining.when-full

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
    // Who takes no seat joins all the same; and the refused may when there is one.
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

// ---- joining.auto-assign

#[tokio::test]
async fn auto_assign_absent() {
    let app = App::with_edited_pack("role-seats", &[(DATA, "auto-assign = true\n", "")]).await;
    let (olga, workspace) = office(&app).await;
    assert_eq!(app.get(&olga, &workspace).await.expect(200)["settings"], json!({}));
    let settings = format!("{workspace}/settings");
    let refused = app.call(&olga, "PATCH", &settings, json!({ "autoAssignSeats": false })).await;
    assert_eq!(refused.expect_problem(422, "invalid_request")["errors"][0]["field"], "autoAssignSeats");
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

// ---- plan.email-invitations

#[tokio::test]
async fn quota_per_plan() {
    let app = App::with_edited_pack(
        "role-ladder",
        &[
            (
                DATA,
                "label = \"Standard\"",
                "label = \"Standard\"\n\n\
                 [[plan]]\nid = \"daily\"\nlabel = \"Daily\"\nemail-invitations = { limit = 1, per = \"day\" }\n\n\
                 [[plan]]\nid = \"ever\"\nlabel = \"Ever\"\nemail-invitations = { limit = 1, per = \"lifetime\" }",
            ),
        ],
    )
    .await;
    // The plan, whether it is limited, and whether that ends with the day.
    for (plan, is_limited, ends) in [("standard", false, false), ("daily", true, true), ("ever", true, false)]
    {
        let (olga, workspace) = office(&app).await;
        app.put_on_plan(&workspace, plan).await.expect(204);
        let invite = async |olga: &Person, email: &str| {
            app.post(olga, &format!("{workspace}/invitations"), json!({ "emails": [email] })).await
        };
        // To the beginning of a day, so that none ends while this runs.
        let day = app.local.clock.now().as_second().rem_euclid(DAY);
        app.advance(DAY - day + 60).await;
        let olga = app.sign_in(&olga.email).await;
        invite(&olga, "one@acme.example").await.expect(201);
        let second = invite(&olga, "two@acme.example").await;
        let quota = app.get(&olga, &format!("{workspace}/invitations/quota")).await.expect(200);
        if !is_limited {
            second.expect(201);
            assert_eq!((&quota["limit"], &quota["used"]), (&Value::Null, &json!(0)));
            continue;
        }
        second.expect_problem(429, "invitation_quota_exceeded");
        assert_eq!((&quota["limit"], &quota["remaining"]), (&json!(1), &json!(0)));
        assert_eq!(quota["resetsAt"].is_string(), ends);
        app.advance(DAY).await;
        let olga = app.sign_in(&olga.email).await;
        let next_day = invite(&olga, "three@acme.example").await;
        assert_eq!(next_day.status, if ends { 201 } else { 429 }, "{plan}");
    }
}

#[tokio::test]
async fn a_limit_of_nothing_invites_nobody() {
    let app = App::with_edited_pack("role-seats", &[(DATA, "limit = 20", "limit = 0")]).await;
    let (olga, workspace) = office(&app).await;
    let body = json!({ "emails": ["tea@acme.example"] });
    app.post(&olga, &format!("{workspace}/invitations"), body)
        .await
        .expect_problem(429, "invitation_quota_exceeded");
    let url = app.role_link(&olga, &workspace, "member").await;
    app.join_by(&app.sign_in("tea@acme.example").await, &url).await.expect(200);
}

// ---- leave.by

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

// ---- creator.removal, creator.demotion

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

// ---- policies: one's own role, and who sees the members

/// The policy of a pack that has this id, to its end.
fn policy(pack: &str, file: &str, id: &str) -> String {
    let files = edited_without_cases(pack, &[]);
    let start = files[file].find(&format!("@id(\"{id}\")")).expect("such a policy");
    let text = &files[file][start..];
    text[..=text.find(";\n").expect("an end")].to_owned()
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
    // What is no policy holds: the last stays, and the creator.
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
    // Who does not list invitations does not see the invited.
    assert_eq!(app.listed(&vic, &workspace, "?status=all").await.len(), 2);
    assert_eq!(app.listed(&ada, &workspace, "?status=all").await.len(), 3);
    app.local.publish(edited_without_cases("role-seats", &[])).await.unwrap();
    app.get(&vic, &list).await.expect_problem(403, "forbidden");
}

// ---- removal.last-account

/// Somebody with an account that one can tell from a new one.
async fn settled(app: &App, by: &Person, workspace: &str, email: &str) -> Person {
    let person = app.bring(by, workspace, email, "member").await;
    app.call(&person, "PATCH", "/v1/me", json!({ "timezone": "Europe/Riga" })).await.expect(200);
    person
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
    // Who is in another workspace keeps it until they are removed from there as well.
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

// ---- seats.over-assignment

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

// ---- after-join

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

// ---- bought seats, on every way in

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

// ---- packs that contradict themselves

/// The line, from 1, that this text is in.
fn line_of(text: &str, part: &str) -> usize {
    let offset = text.find(part).unwrap_or_else(|| panic!("no {part}"));
    text[..offset].matches('\n').count() + 1
}

/// A pack, a text of its data and what takes its place; the text of whose line is at fault, and why.
const CONTRADICTIONS: &[(&str, &str, &str, &str, &str)] = &[
    (
        "role-seats",
        "model = \"by-role\"\n",
        "",
        "seat = \"required\"",
        "needs a seat, but `seats.model` is `none`",
    ),
    ("role-seats", "seatless = \"viewer\"\n", "", "when-full", "`seatless` needs `roles-given.seatless`"),
    (
        "role-seats",
        "seatless = \"viewer\"",
        "seatless = \"member\"",
        "seatless = ",
        "its `seat` is not `none`",
    ),
    ("role-seats", "seatless = \"viewer\"", "seatless = \"guest\"", "seatless = ", "which is no role"),
    ("role-seats", "seats = 5\n", "", "[[plan]]", "whose creator needs a seat"),
    ("role-seats", "plan = \"trial\"", "plan = \"gold\"", "plan = \"gold\"", "which is no plan"),
    (
        "role-seats",
        "id = \"pilot\"",
        "id = \"business\"",
        "id = \"business\"\nlabel = \"Pilot\"",
        "plan `business` is there twice",
    ),
    (
        "role-seats",
        "[\"email\", \"link\"",
        "[\"link\"",
        "email-invitations = { limit = 20",
        "which is no channel",
    ),
    (
        "role-seats",
        "lifetime = \"P14D\"",
        "reserves-seat = true",
        "reserves-seat",
        "an invitation cannot keep one",
    ),
    (
        "flat-owners",
        "role = \"fixed\"",
        "role = \"by-link\"",
        "role = \"by-link\"",
        "needs the channel `link`",
    ),
    ("flat-owners", "max = 5", "max = 0", "max = 0", "`members.max` must be at least 1"),
    ("flat-owners", "[\"email\"]", "[]", "channels = []", "there is no way in"),
    ("flat-owners", "label = \"Credits\"", "label = \"Credits\"\nseats = 3", "seats = 3", "has seats, but"),
    ("flat-owners", "[leave]", "[joining]\nauto-assign = true\n\n[leave]", "auto-assign", "needs a role"),
    (
        "flat-owners",
        "[leave]",
        "[joining]\nwhen-full = \"seatless\"\n\n[leave]",
        "when-full",
        "no seats that could run out",
    ),
    (
        "flat-owners",
        "creator = \"owner\"",
        "creator = \"member\"",
        "creator = \"member\"",
        "must be a governing role",
    ),
    ("flat-owners", "staff = true\n", "", "governing = true", "it needs `staff = true`"),
    (
        "role-ladder",
        "includes = \"member\"",
        "includes = \"owner\"",
        "includes = \"owner\"",
        "a role that ranks below",
    ),
    (
        "role-ladder",
        "[leave]",
        "[seats]\nover-assignment = \"suspend-last\"\n\n[leave]",
        "over-assignment",
        "only seats `by-role`",
    ),
    ("role-ladder", "lifetime = \"P30D\"", "lifetime = \"P1M\"", "lifetime = \"P1M\"", "ISO 8601"),
    (
        "role-ladder",
        "by = \"direct\"",
        "by = \"shouting\"",
        "by = \"shouting\"",
        "unknown variant `shouting`",
    ),
    (
        "role-ladder",
        "by = \"direct\"",
        "by = \"direct\"\nwhen = \"now\"",
        "when = \"now\"",
        "unknown field `when`",
    ),
    (
        "purchased-seats",
        "seat = \"free-slot\"",
        "seat = \"required\"",
        "creator = \"owner\"",
        "before one can be bought",
    ),
    ("purchased-seats", "free-slots = 1", "free-slots = 0", "seat = \"free-slot\"", "uses a free slot"),
    ("purchased-seats", "max = 1000", "max = 2401", "max = 2401", "must be at most 2400"),
];

#[test]
fn a_pack_that_contradicts_itself_is_refused_by_file_and_line() {
    for (pack, from, to, at, what) in CONTRADICTIONS {
        let files = edited_without_cases(pack, &[(DATA, from, to)]);
        let found: Vec<String> = check(&files).iter().map(ToString::to_string).collect();
        let is_it = |finding: &String| {
            finding.contains(what) && finding.starts_with(&format!("{DATA}:{}:", line_of(&files[DATA], at)))
        };
        assert!(found.iter().any(is_it), "{pack}: {to}: expected {at}: {what}\nfound {}", found.join("\n"));
    }
}

#[test]
fn a_pack_whose_policies_lack_what_its_data_needs_is_refused() {
    for (pack, edits, what) in [
        (
            "role-seats",
            [(ROLES, "     Action::\"seats.assign\",\n", "")],
            "`admin` governs: the pack must permit it `assignSeats`",
        ),
        ("role-seats", [(ROLES, "     Action::\"links.manage\",\n", "")], "must permit it `createLink`"),
        (
            "role-seats",
            [(DATA, "features = [\"domain-join\"]", "features = [\"telepathy\"]")],
            "is not declared in",
        ),
        ("role-ladder", [(DATA, "by = \"direct\"", "by = \"request\"")], "must permit it `approveLeave`"),
        ("flat-owners", [(ROLES, "     Action::\"members.manage\",\n", "")], "must permit it `removeMember`"),
    ] {
        let found: Vec<String> =
            check(&edited_without_cases(pack, &edits)).iter().map(ToString::to_string).collect();
        let is_it = |finding: &String| finding.starts_with("product.toml:") && finding.contains(what);
        assert!(found.iter().any(is_it), "{pack}: {what}\nfound {}", found.join("\n"));
    }
}

#[tokio::test]
async fn the_service_does_not_start_with_a_pack_that_contradicts_itself() {
    let folder = tempfile::tempdir().unwrap();
    for (path, text) in edited_without_cases("flat-owners", &[(DATA, "max = 5", "max = 0")]) {
        let path = folder.path().join(path);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, text).unwrap();
    }
    let options = Options {
        data: Data::Memory,
        pack: Some(format!("{}/", folder.path().display())),
        oidc: None,
        app_url: "https://app.example.com".to_owned(),
    };
    let refused = Box::pin(dev::start(options)).await.map(|_| ()).unwrap_err().to_string();
    let line = line_of(&edited_without_cases("flat-owners", &[])[DATA], "max = 5");
    assert!(
        refused.contains("is not sound") && refused.contains(&format!("product.toml:{line}:")),
        "{refused}"
    );
}
