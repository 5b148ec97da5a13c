//! Joining by an invitation.

use serde_json::{Value, json};

use crate::support::app::App;
use crate::support::client::Client as _;
use crate::support::office::{come, office_with_seats, stands};
use crate::support::reply::text;

#[tokio::test]
async fn s6_joining_checks_token_address_and_seat() {
    let app = App::new().await;
    let owner = app.sign_in("olga@acme.example").await;
    let workspace = app.workspace(&owner).await;
    let seat = &app.buy(&owner, &workspace, "pro", 1).await[0];
    let invitation = app.invite(&owner, &workspace, "tea@acme.example", "member").await;
    let url = text(&invitation["url"]);
    let tea = app.sign_in("tea@acme.example").await;
    app.join_by(&tea, &url.replace("#token=", "#token=A")).await.expect_problem(404, "invitation_unknown");
    let other = app.sign_in("eve@acme.example").await;
    app.join_by(&other, &url).await.expect_problem(403, "invitation_other_email");
    // The seat is cancelled, and ends while the invitation is pending.
    app.post(&owner, &format!("{workspace}/seats/{seat}/cancel"), json!({})).await.expect(200);
    app.advance(26 * 24 * 3600).await;
    let owner = app.sign_in("olga@acme.example").await;
    let path = format!("{workspace}/invitations/{}/resend", text(&invitation["id"]));
    app.post(&owner, &path, json!({})).await.expect(200);
    app.advance(6 * 24 * 3600).await;
    let owner = app.sign_in("olga@acme.example").await;
    app.post(&owner, &path, json!({})).await.expect_problem(409, "no_seat_available");
}

#[tokio::test]
async fn s6_a_seat_that_has_ended_is_not_joined() {
    let app = App::with_edited_pack(
        "purchased-seats",
        &[("product.toml", "lifetime = \"P7D\"", "lifetime = \"P90D\"")],
    )
    .await;
    let owner = app.sign_in("olga@acme.example").await;
    let workspace = app.workspace(&owner).await;
    let seat = &app.buy(&owner, &workspace, "pro", 1).await[0];
    let invitation = app.invite(&owner, &workspace, "tea@acme.example", "member").await;
    app.post(&owner, &format!("{workspace}/seats/{seat}/cancel"), json!({})).await.expect(200);
    app.advance(32 * 24 * 3600).await;
    let tea = app.sign_in("tea@acme.example").await;
    app.join(&tea, &invitation).await.expect_problem(409, "no_seat_available");
}

#[tokio::test]
async fn s7_every_failure_to_join_has_a_reason() {
    let app = App::new().await;
    let owner = app.sign_in("olga@acme.example").await;
    let workspace = app.workspace(&owner).await;
    app.buy(&owner, &workspace, "pro", 5).await;
    let link = async |email: &str| text(&app.invite(&owner, &workspace, email, "member").await["url"]);

    let tea = app.sign_in("tea@acme.example").await;
    let url = link("tea@acme.example").await;
    app.join_by(&tea, &url).await.expect(200);
    app.join_by(&tea, &url).await.expect_problem(409, "already_member");
    let other = app.sign_in("other@acme.example").await;
    app.join_by(&other, &url).await.expect_problem(410, "invitation_used");

    let url = link("rev@acme.example").await;
    let rev = app.sign_in("rev@acme.example").await;
    app.join_by(&other, &url).await.expect_problem(403, "invitation_other_email");
    let listed = app.get(&owner, &format!("{workspace}/invitations?status=pending")).await.expect(200);
    let path = format!("{workspace}/invitations/{}", text(&listed["items"][0]["id"]));
    app.call(&owner, "DELETE", &path, Value::Null).await.expect(204);
    app.join_by(&rev, &url).await.expect_problem(410, "invitation_revoked");

    let url = link("unverified@acme.example").await;
    let unverified =
        app.sign_in_as(json!({ "email": "unverified@acme.example", "emailVerified": false })).await;
    app.join_by(&unverified, &url).await.expect_problem(403, "email_not_verified");

    let url = link("late@acme.example").await;
    app.advance(7 * 24 * 3600 - 60).await;
    let late = app.sign_in("late@acme.example").await;
    app.advance(61).await;
    app.join_by(&late, &url).await.expect_problem(410, "invitation_expired");
    app.join_by(&late, "#token=nonsense").await.expect_problem(404, "invitation_unknown");
}

#[tokio::test]
async fn r5_who_joins_takes_a_seat_while_there_is_one() {
    let (app, ada, workspace) = office_with_seats(2).await;
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

    // A person who comes as an admin needs a seat: they are refused, and may come when there is one.
    let bob = app.sign_in("bob@acme.example").await;
    app.join(&bob, &for_admin).await.expect_problem(409, "no_seat_available");
    app.join_by(&bob, &admins).await.expect_problem(409, "no_seat_available");
    app.get(&bob, &workspace).await.expect_problem(404, "not_found");
    app.remove(&ada, &workspace, &mel).await.expect(204);
    let joined = app.join(&bob, &for_admin).await.expect(200);
    assert_eq!(stands(&joined["member"]), ("admin", true));
    assert_eq!(app.seats(&ada, &workspace).await, [2, 2, 0]);
}
