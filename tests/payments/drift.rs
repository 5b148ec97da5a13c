//! What changes at Stripe without anybody hearing of it is found, mended without a charge, and told (K59, K62).

use http::Method;
use seatwise_stripe_stub::{Card, Fault, StubAct, WebhookFault};
use serde_json::{Value, json};

use crate::support::reply::text;
use crate::support::stripe::{DAY, HOUR, MINUTE, NEXT_CHECK, Shop};

const PRO: &str = "purchased-seats.pro.eur";

/// Two Pro seats, and webhooks that get lost from now on.
async fn unheard() -> Shop {
    let shop = Shop::with_seats("pro", 2).await;
    shop.later(HOUR).await;
    shop.faults().webhooks(1000, WebhookFault::Drop);
    shop
}

fn set_by_hand(shop: &Shop, quantity: i64) -> StubAct {
    let (subscription, price) = (shop.subscription().id, PRO.to_owned());
    StubAct::ChangeQuantityByHand { subscription, price, quantity }
}

#[tokio::test]
async fn k62_a_quantity_changed_by_hand_is_set_back_without_a_charge() {
    for quantity in [1, 7] {
        let shop = unheard().await;
        shop.act(set_by_hand(&shop, quantity)).await;
        assert_eq!(shop.quantities()["pro"], quantity);
        shop.later(NEXT_CHECK).await;
        assert_eq!((shop.quantities()["pro"], shop.taken()), (2, 5800));
        assert_eq!(shop.drift(), ["quantities"]);
        shop.assert_at_rest().await;
    }
}

#[tokio::test]
async fn k62_a_quantity_changed_before_the_renewal_is_not_billed() {
    let shop = unheard().await;
    shop.until_renewal(-40 * MINUTE).await;
    shop.act(set_by_hand(&shop, 9)).await;
    shop.until_renewal(-25 * MINUTE).await;
    assert_eq!(shop.drift(), ["quantities"]);
    shop.until_renewal(HOUR).await;
    assert_eq!(shop.last_charge(), 5800);
    shop.assert_at_rest().await;
}

#[tokio::test]
async fn k62_a_lost_event_is_found_within_minutes() {
    let shop = unheard().await;
    shop.act(set_by_hand(&shop, 7)).await;
    shop.later(10 * MINUTE).await;
    assert_eq!((shop.quantities()["pro"], shop.drift()), (2, vec!["quantities".to_owned()]));
    shop.assert_at_rest().await;
}

#[tokio::test]
async fn k62_a_subscription_deleted_by_hand_ends_the_seats() {
    let shop = unheard().await;
    shop.act(StubAct::DeleteSubscription { subscription: shop.subscription().id }).await;
    assert_eq!(shop.count("available").await, 2);
    // Until somebody has noticed, there is no price.
    let change = json!({ "change": { "kind": "seats", "quantity": 1 } });
    shop.send("POST", "/purchases/preview", change).await.expect_problem(503, "conflict_busy");
    shop.later(NEXT_CHECK).await;
    assert_eq!((shop.count("expired").await, shop.taken()), (2, 5800));
    shop.assert_at_rest().await;
}

#[tokio::test]
async fn k62_a_second_subscription_is_ended_and_given_back() {
    for is_heard in [true, false] {
        let shop = Shop::with_seats("pro", 2).await;
        if !is_heard {
            shop.faults().webhooks(1000, WebhookFault::Drop);
        }
        shop.act(StubAct::SecondSubscription { customer: shop.customer(), price: PRO.to_owned() }).await;
        if !is_heard {
            shop.later(NEXT_CHECK).await;
        }
        assert_eq!((shop.quantities()["pro"], shop.taken()), (2, 5800));
        assert_eq!(shop.count("available").await, 2);
        assert_eq!(shop.drift(), ["a second subscription"]);
        shop.assert_at_rest().await;
    }
}

#[tokio::test]
async fn k57_what_is_paid_is_granted_though_no_webhook_came() {
    let shop = Shop::open("purchased-seats").await;
    shop.faults().webhooks(1000, WebhookFault::Drop);
    let begun = shop.buy("pro", 2).await.expect(202);
    shop.pay(Card::Works).await;
    assert_eq!(shop.state_of(&begun).await, "checkout");
    shop.later(10 * MINUTE).await;
    assert_eq!((shop.state_of(&begun).await.as_str(), shop.count("available").await), ("paid", 2));
    assert_eq!(shop.drift(), [""; 0]);
    shop.assert_at_rest().await;
}

#[tokio::test]
async fn k58_a_run_that_dies_is_continued_without_a_second_charge() {
    let lost = [Fault::LostReply, Fault::ErrorAfter, Fault::RateLimited, Fault::LockTimeout];
    for (number, fault) in lost.into_iter().enumerate() {
        let shop = Shop::with_seats("pro", 1).await;
        let path = format!("/v1/subscriptions/{}", shop.subscription().id);
        // More often than the client repeats a request by itself.
        shop.faults().next(5, Method::POST, &path, fault);
        let reply = shop.buy("pro", 2).await;
        assert!([201, 202].contains(&reply.status.as_u16()), "{number}: {}", reply.text);
        for _ in 0..6 {
            shop.later(2 * MINUTE).await;
        }
        assert_eq!((shop.count("available").await, shop.account().payments.len()), (3, 2), "{number}");
        assert_eq!(shop.last_charge(), 5800, "{number}");
        assert_eq!(shop.quantities()["pro"], 3, "{number}");
        assert_eq!(shop.drift(), [""; 0], "{number}");
    }
}

#[tokio::test]
async fn k58_a_charge_at_which_stripe_fails_ends_within_minutes() {
    let shop = Shop::with_seats("pro", 1).await;
    let path = format!("/v1/subscriptions/{}", shop.subscription().id);
    shop.faults().next(1, Method::POST, &path, Fault::ErrorBefore);
    let begun = shop.buy("pro", 2).await.expect(202);
    // Stripe answers each repetition of the charge as it did first.
    shop.later(5 * MINUTE).await;
    assert_eq!((shop.state_of(&begun).await.as_str(), shop.taken()), ("failed", 2900));
    shop.buy("pro", 2).await.expect(201);
    assert_eq!((shop.count("available").await, shop.quantities()["pro"]), (3, 3));
}

#[tokio::test]
async fn k62_nothing_drifts_in_an_ordinary_life() {
    let shop = Shop::with_seats("pro", 2).await;
    let seat = text(&shop.seats().await[0]["id"]);
    for _ in 0..4 {
        shop.later(10 * DAY).await;
        shop.buy("basic", 1).await.expect(201);
        shop.send("PUT", &format!("/seats/{seat}/tier"), json!({ "tier": "basic" })).await.expect(200);
        shop.later(DAY).await;
        shop.send("PUT", &format!("/seats/{seat}/tier"), json!({ "tier": "pro" })).await.expect(200);
        shop.send("POST", &format!("/seats/{seat}/cancel"), Value::Null).await.expect(200);
        shop.later(DAY).await;
        shop.send("POST", &format!("/seats/{seat}/reactivate"), Value::Null).await.expect(200);
        shop.later(DAY).await;
        assert_eq!(shop.drift(), [""; 0]);
        shop.assert_at_rest().await;
    }
}
