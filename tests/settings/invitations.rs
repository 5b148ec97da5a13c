//! The settings `[invitation]`, and quotas.

use serde_json::{Value, json};

use super::{DATA, DAY, enter, invited, office};
use crate::support::app::App;
use crate::support::client::Client as _;
use crate::support::packs::edited_without_cases;
use crate::support::person::Person;
use crate::support::reply::text;

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
    // An invitation that is over makes way for a new one, and is not sent again beside it.
    app.bring(&olga, &workspace, "late@acme.example", "member").await;
    let path = format!("{workspace}/invitations/{}/resend", text(&late["id"]));
    app.post(&olga, &path, json!({})).await.expect_problem(409, "already_member");
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

/// The channels of role-seats.
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
    app.post(&olga, &invitations, json!({})).await.expect_problem(403, "channel_not_offered");
    let as_admin = json!({ "role": "admin" });
    app.post(&olga, &invitations, as_admin).await.expect_problem(403, "channel_not_offered");
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

#[tokio::test]
async fn quota_per_plan() {
    let app = App::with_edited_pack(
        "role-ladder",
        &[
            (
                DATA,
                "[billing]\n",
                "[[plan]]\nid = \"daily\"\nlabel = \"Daily\"\nemail-invitations = { limit = 1, per = \"day\" }\n\n\
                 [[plan.allowance]]\nid = \"bots\"\nlabel = \"Bots\"\nincluded = 1\n\n\
                 [[plan.allowance]]\nid = \"bot-users\"\nlabel = \"Bot users\"\nincluded = 1\n\n\
                 [[plan]]\nid = \"ever\"\nlabel = \"Ever\"\nemail-invitations = { limit = 1, per = \"lifetime\" }\n\n\
                 [[plan.allowance]]\nid = \"bots\"\nlabel = \"Bots\"\nincluded = 1\n\n\
                 [[plan.allowance]]\nid = \"bot-users\"\nlabel = \"Bot users\"\nincluded = 1\n\n\
                 [billing]\n",
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
