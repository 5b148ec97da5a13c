//! The saved card is charged what was agreed to, or not at all (K58).

use seatwise_stripe_stub::Card;
use serde_json::{Value, json};

use crate::support::reply::text;
use crate::support::stripe::{DAY, MINUTE, Shop};

/// The price of a preview of seats, as a request names it.
async fn shown(shop: &Shop, tier: &str, quantity: u32) -> Value {
    let preview = shop.preview(json!({ "kind": "seats", "tier": tier, "quantity": quantity })).await;
    json!({ "dueNow": preview["dueNow"], "prorationDate": preview["prorationDate"] })
}

fn seats(tier: &str, quantity: u32, agreed: &Value) -> Value {
    json!({ "tier": tier, "quantity": quantity, "agreed": agreed })
}

#[tokio::test]
async fn k58_the_card_is_charged_exactly_what_was_agreed_to() {
    let shop = Shop::with_seats("pro", 1).await;
    shop.later(10 * DAY).await;
    let agreed = shown(&shop, "basic", 2).await;
    let due = agreed["dueNow"]["amount"].as_i64().expect("an amount");
    shop.later(14 * MINUTE).await;
    shop.send("POST", "/seats", seats("basic", 2, &agreed)).await.expect(201);
    assert_eq!(shop.last_charge(), due);
    assert_eq!(shop.seats().await.len(), 3);
    shop.assert_at_rest().await;
}

#[tokio::test]
async fn k58_nothing_is_charged_at_another_price() {
    let shop = Shop::with_seats("pro", 1).await;
    shop.later(10 * DAY).await;
    let taken = shop.taken();
    let mut cheaper = shown(&shop, "basic", 1).await;
    let due = cheaper["dueNow"]["amount"].as_i64().expect("an amount");
    cheaper["dueNow"]["amount"] = json!(due - 1);
    let refused = shop.send("POST", "/seats", seats("basic", 1, &cheaper)).await;
    let refused = refused.expect_problem(409, "price_changed");
    assert_eq!(shop.state_of(&refused).await, "failed");

    let old = shown(&shop, "basic", 1).await;
    shop.later(16 * MINUTE).await;
    let refused = shop.send("POST", "/seats", seats("basic", 1, &old)).await;
    refused.expect_problem(409, "price_changed");
    assert_eq!((shop.seats().await.len(), shop.taken()), (1, taken));

    // The next purchase is not held up.
    let agreed = shown(&shop, "basic", 1).await;
    shop.send("POST", "/seats", seats("basic", 1, &agreed)).await.expect(201);
    shop.assert_at_rest().await;
}

#[tokio::test]
async fn k58_the_page_of_a_first_purchase_costs_what_was_agreed_to() {
    let shop = Shop::open("purchased-seats").await;
    let mut agreed = shown(&shop, "pro", 2).await;
    agreed["dueNow"]["amount"] = json!(5700);
    shop.send("POST", "/seats", seats("pro", 2, &agreed)).await.expect_problem(409, "price_changed");
    agreed["dueNow"]["amount"] = json!(5800);
    let begun = shop.send("POST", "/seats", seats("pro", 2, &agreed)).await.expect(202);
    let purchase = shop.read(&format!("/purchases/{}", text(&begun["purchaseId"]))).await;
    assert_eq!(purchase["amount"], agreed["dueNow"]);
    shop.pay(Card::Works).await;
    assert_eq!((shop.state_of(&begun).await, shop.taken()), ("paid".to_owned(), 5800));
    shop.assert_at_rest().await;
}
