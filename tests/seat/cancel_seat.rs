//! Cancelling and reactivating a seat.

use serde_json::{Value, json};

use crate::support::app::App;
use crate::support::client::Client as _;
use crate::support::reply::text;

#[tokio::test]
async fn s13_a_seat_is_cancelled_and_reactivated_on_its_own() {
    let app = App::new().await;
    let owner = app.sign_in("olga@acme.example").await;
    let workspace = app.workspace(&owner).await;
    let tea = app.member(&owner, &workspace, "tea@acme.example", "member").await;
    let spare = app.buy(&owner, &workspace, "basic", 1).await;
    let listed = app.get(&owner, &format!("{workspace}/seats?status=filled")).await.expect(200);
    let seat = format!("{workspace}/seats/{}", text(&listed["items"][0]["id"]));
    let cancelled = app.post(&owner, &format!("{seat}/cancel"), json!({})).await.expect(200);
    assert_eq!(cancelled["cancelsAt"], cancelled["paidThrough"]);
    assert_eq!(cancelled["status"], "filled");
    assert_eq!(app.post(&owner, &format!("{seat}/cancel"), json!({})).await.expect(200), cancelled);
    app.post(&tea, &format!("{seat}/cancel"), json!({})).await.expect_problem(403, "forbidden");
    let other = app.get(&owner, &format!("{workspace}/seats?status=available")).await.expect(200);
    assert_eq!((&other["items"][0]["id"], &other["items"][0]["cancelsAt"]), (&json!(spare[0]), &Value::Null));

    // The holder's features go on to the end and no longer.
    let may = async |tea| {
        let asked =
            app.post(tea, &format!("{workspace}/authorize"), json!({ "actions": ["viewAnalytics"] })).await;
        asked.expect(200)["decisions"][0]["allowed"].clone()
    };
    assert_eq!(may(&tea).await, true);
    let reactivated = app.post(&owner, &format!("{seat}/reactivate"), json!({})).await.expect(200);
    assert_eq!(reactivated["cancelsAt"], Value::Null);
    app.post(&owner, &format!("{seat}/cancel"), json!({})).await.expect(200);
    app.advance(25 * 24 * 3600).await;
    let owner = app.sign_in("olga@acme.example").await;
    let notices = app.get(&owner, &workspace).await.expect(200)["notices"].clone();
    let mut notices = notices.as_array().expect("a list").iter();
    let ending = notices.find(|notice| notice["code"] == "seats_expiring").expect("a notice");
    assert_eq!(ending["count"], 1);
    app.advance(7 * 24 * 3600).await;
    let (owner, tea) = (app.sign_in("olga@acme.example").await, app.sign_in("tea@acme.example").await);
    assert_eq!(may(&tea).await, false);
    app.post(&owner, &format!("{seat}/reactivate"), json!({}))
        .await
        .expect_problem(409, "seat_not_available");
    // A member whose seat has ended moves to another one.
    let path = format!("{workspace}/members/{}/seat", tea.id());
    let moved = app.call(&owner, "PUT", &path, json!({})).await.expect(200);
    assert_eq!(moved["seat"]["id"], json!(spare[0]));
}
