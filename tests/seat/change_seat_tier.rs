//! Another tier for a seat, and add-ons of a seat.

use serde_json::{Value, json};
use uuid::Uuid;

use crate::support::client::Client as _;
use crate::support::office::office;

#[tokio::test]
async fn s11_a_seat_gets_another_tier_and_its_holder_what_the_tier_gives() {
    let (app, olga, workspace) = office("purchased-seats").await;
    let seat = app.buy(&olga, &workspace, "basic", 1).await.remove(0);
    let tea = app.bring(&olga, &workspace, "tea@acme.example", "member").await;
    let path = format!("{workspace}/seats/{seat}/tier");
    let change = async |tier: &str| app.call(&olga, "PUT", &path, json!({ "tier": tier })).await;
    let analytics = async || !app.allowed(&tea, &workspace, &["viewAnalytics"]).await.is_empty();
    assert!(!analytics().await);
    let pro = change("pro").await.expect(200);
    assert_eq!(
        (&pro["tier"], &pro["price"]["amount"], &pro["status"]),
        (&json!("pro"), &json!(2900), &json!("filled"))
    );
    assert!(analytics().await);
    assert_eq!(app.shown(&olga, &workspace, &tea).await["seat"]["tier"], "pro");
    assert_eq!(app.dump().await.purchases.len(), 2);
    // The same again changes nothing, and a cheaper tier costs nothing.
    assert_eq!(change("pro").await.expect(200), pro);
    assert_eq!(change("basic").await.expect(200)["price"]["amount"], 1500);
    assert!(!analytics().await);
    assert_eq!(app.dump().await.purchases.len(), 2);

    assert_eq!(change("gold").await.expect_problem(422, "tier_unknown")["choices"], json!(["basic", "pro"]));
    app.call(&tea, "PUT", &path, json!({ "tier": "pro" })).await.expect_problem(403, "forbidden");
    let nothing = format!("{workspace}/seats/{}/tier", Uuid::from_u128(7));
    app.call(&olga, "PUT", &nothing, json!({ "tier": "pro" })).await.expect_problem(404, "not_found");
    app.post(&olga, &format!("{workspace}/seats/{seat}/cancel"), Value::Null).await.expect(200);
    change("pro").await.expect_problem(409, "seat_not_available");
}

#[tokio::test]
async fn s12_a_seat_has_the_add_ons_that_are_set() {
    let (app, olga, workspace) = office("purchased-seats").await;
    let seat = app.buy(&olga, &workspace, "pro", 1).await.remove(0);
    let path = format!("{workspace}/seats/{seat}/add-ons/extra-telegram-accounts");
    let put = async |quantity: u32| app.call(&olga, "PUT", &path, json!({ "quantity": quantity })).await;
    let two = json!([{ "id": "extra-telegram-accounts", "quantity": 2 }]);
    assert_eq!(put(2).await.expect(200)["addOns"], two);
    let listed = app.get(&olga, &format!("{workspace}/seats")).await.expect(200);
    assert_eq!(listed["items"][0]["addOns"], two);
    assert_eq!(put(0).await.expect(200)["addOns"], json!([]));
    assert_eq!(put(101).await.expect_problem(422, "invalid_request")["errors"][0]["field"], "quantity");
    let unknown = format!("{workspace}/seats/{seat}/add-ons/rockets");
    let unknown = app.call(&olga, "PUT", &unknown, json!({ "quantity": 1 })).await;
    assert_eq!(unknown.expect_problem(422, "add_on_unknown")["choices"], json!(["extra-telegram-accounts"]));
    app.post(&olga, &format!("{workspace}/seats/{seat}/cancel"), Value::Null).await.expect(200);
    put(1).await.expect_problem(409, "seat_not_available");
}
