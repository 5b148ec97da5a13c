//! An add-on of every seat.

use serde_json::{Value, json};

use crate::support::client::Client as _;
use crate::support::office::office;

#[tokio::test]
async fn s12_an_add_on_is_set_for_every_seat_that_renews() {
    let (app, olga, workspace) = office("purchased-seats").await;
    let seats = app.buy(&olga, &workspace, "pro", 3).await;
    app.post(&olga, &format!("{workspace}/seats/{}/cancel", seats[0]), Value::Null).await.expect(200);
    let path = format!("{workspace}/add-ons/extra-telegram-accounts");
    let set = async |quantity: u32| app.call(&olga, "PUT", &path, json!({ "quantity": quantity })).await;
    let shown = async || {
        let list = app.get(&olga, &format!("{workspace}/seats")).await.expect(200);
        let units = |seat: &Value| seat["addOns"][0]["quantity"].as_u64().unwrap_or(0);
        let cancelled = |seat: &&Value| seat["cancelsAt"].is_string();
        let seats = list["items"].as_array().expect("seats");
        let (ends, renew): (Vec<_>, Vec<_>) = seats.iter().partition(cancelled);
        ends.into_iter().chain(renew).map(units).collect::<Vec<_>>()
    };
    assert_eq!(set(2).await.expect(200), json!({ "changed": 2, "remaining": 0 }));
    assert_eq!(shown().await, [0, 2, 2]);
    assert_eq!(app.dump().await.purchases.len(), 2);
    // The same again changes nothing; fewer are granted without a purchase.
    assert_eq!(set(2).await.expect(200), json!({ "changed": 0, "remaining": 0 }));
    assert_eq!(set(1).await.expect(200), json!({ "changed": 2, "remaining": 0 }));
    assert_eq!(set(0).await.expect(200), json!({ "changed": 2, "remaining": 0 }));
    assert_eq!(shown().await, [0, 0, 0]);
    assert_eq!(app.dump().await.purchases.len(), 2);
    assert_eq!(set(101).await.expect_problem(422, "invalid_request")["errors"][0]["field"], "quantity");
    let unknown =
        app.call(&olga, "PUT", &format!("{workspace}/add-ons/Rockets"), json!({ "quantity": 1 })).await;
    assert_eq!(unknown.expect_problem(422, "add_on_unknown")["choices"], json!(["extra-telegram-accounts"]));
}

#[tokio::test]
async fn s12_many_seats_take_more_than_one_request_and_each_is_paid_once() {
    let (app, olga, workspace) = office("purchased-seats").await;
    for _ in 0..2 {
        app.buy(&olga, &workspace, "basic", 50).await;
    }
    let path = format!("{workspace}/add-ons/extra-telegram-accounts");
    let set = async || app.call(&olga, "PUT", &path, json!({ "quantity": 1 })).await.expect(200);
    assert_eq!(set().await, json!({ "changed": 90, "remaining": 10 }));
    assert_eq!(set().await, json!({ "changed": 10, "remaining": 0 }));
    let purchases = app.dump().await.purchases;
    let units = purchases.iter().flat_map(|purchase| &purchase.lines);
    let units = units.filter(|line| line.item.0 == "extra-telegram-accounts");
    assert_eq!(units.map(|line| line.quantity).sum::<u32>(), 100);
}
