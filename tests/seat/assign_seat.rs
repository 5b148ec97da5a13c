//! Putting a member on a seat, and taking the seat back.

use serde_json::{Value, json};

use crate::support::app::App;
use crate::support::client::{Client as _, member_path};
use crate::support::office::{office_with_seats, stands};

#[tokio::test]
async fn s2_the_owner_has_a_free_slot_and_takes_a_seat_for_seat_features() {
    let app = App::new().await;
    let owner = app.sign_in("olga@acme.example").await;
    let workspace = app.workspace(&owner).await;
    let id = owner.id().to_string();
    let may_view = async |app: &App| {
        let asked = app
            .post(&owner, &format!("{workspace}/authorize"), json!({ "actions": ["viewAnalytics"] }))
            .await;
        asked.expect(200)["decisions"][0].clone()
    };
    let members = app.get(&owner, &format!("{workspace}/members")).await.expect(200);
    assert_eq!(
        (&members["items"][0]["freeSlot"], &members["items"][0]["seat"]),
        (&json!(true), &Value::Null)
    );
    assert_eq!(may_view(&app).await["allowed"], false);

    let seat = format!("{workspace}/members/{id}/seat");
    app.call(&owner, "PUT", &seat, json!({})).await.expect_problem(409, "no_seat_available");
    let bought = app.buy(&owner, &workspace, "pro", 1).await;
    let seated = app.call(&owner, "PUT", &seat, json!({ "seatId": bought[0] })).await.expect(200);
    assert_eq!((&seated["freeSlot"], &seated["seat"]["id"]), (&json!(false), &json!(bought[0])));
    assert_eq!(may_view(&app).await["allowed"], true);

    let stood = app.call(&owner, "DELETE", &seat, Value::Null).await.expect(200);
    assert_eq!((&stood["freeSlot"], &stood["seat"]), (&json!(true), &Value::Null));
    assert_eq!(may_view(&app).await["reason"], "pro_seat_required");
}

#[tokio::test]
async fn s2_the_free_slot_is_one() {
    let app = App::new().await;
    let owner = app.sign_in("olga@acme.example").await;
    let workspace = app.workspace(&owner).await;
    let tea = app.member(&owner, &workspace, "tea@acme.example", "member").await;
    let tea_id = tea.id().to_string();
    let role = format!("{workspace}/members/{tea_id}/role");
    // A second owner keeps the seat they have: the slot is taken.
    let made = app.call(&owner, "PUT", &role, json!({ "role": "owner" })).await.expect(200);
    assert_eq!(made["freeSlot"], false);
    let seat = format!("{workspace}/members/{tea_id}/seat");
    app.call(&owner, "DELETE", &seat, Value::Null).await.expect_problem(409, "seat_required");
    // The first owner, demoted, needs a seat, and there is none.
    let owner_role = format!("{workspace}/members/{}/role", owner.id());
    app.call(&tea, "PUT", &owner_role, json!({ "role": "member" }))
        .await
        .expect_problem(409, "no_seat_available");
    app.buy(&tea, &workspace, "basic", 1).await;
    let demoted = app.call(&tea, "PUT", &owner_role, json!({ "role": "member" })).await.expect(200);
    assert_eq!(demoted["seat"]["tier"], "basic");
    // Now the slot is free for the other.
    assert_eq!(app.call(&tea, "DELETE", &seat, Value::Null).await.expect(200)["freeSlot"], true);
}

#[tokio::test]
async fn r3_a_seat_that_is_given_or_taken_back_changes_the_role() {
    let (app, ada, workspace) = office_with_seats(2).await;
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
