//! Plans, their extras and seats, and credits (R7, L3, F13).

use std::sync::Arc;

use http::Method;
use seatwise_stripe_stub::{Card, Fault, StubAct, WebhookFault};
use serde_json::{Value, json};
use tokio::sync::Notify;

use crate::support::client::Client as _;
use crate::support::office::crowd;
use crate::support::reply::text;
use crate::support::stripe::{DAY, HOUR, Shop};

/// A workspace of role-seats with 25 paid seats.
async fn business() -> Shop {
    let shop = Shop::open("role-seats").await;
    let begun = shop.send("PUT", "/plan", json!({ "plan": "business" })).await.expect(202);
    assert_eq!(shop.read("").await["plan"], "trial");
    assert!(text(&begun["checkoutUrl"]).contains("/stripe/checkout/"));
    shop.pay(Card::Works).await;
    assert_eq!(shop.state_of(&begun).await, "paid");
    assert_eq!((shop.taken(), shop.quantities()["business"]), (25 * 2000, 25));
    shop.assert_at_rest().await;
    shop
}

async fn plan_and_seats(shop: &Shop) -> (String, i64) {
    let workspace = shop.read("").await;
    (text(&workspace["plan"]), workspace["seats"]["total"].as_i64().expect("a count"))
}

#[tokio::test]
async fn f13_a_flat_plan_is_paid_first_and_ends_with_what_is_paid() {
    let shop = Shop::open("flat-owners").await;
    let preview = shop.preview(json!({ "kind": "plan", "plan": "pro" })).await;
    assert_eq!(
        (&preview["dueNow"]["amount"], &preview["nextInvoice"]["amount"]),
        (&json!(4900), &json!(4900))
    );
    let begun = shop.send("PUT", "/plan", json!({ "plan": "pro" })).await.expect(202);
    assert_eq!(begun["url"], begun["checkoutUrl"]);
    assert!(text(&begun["url"]).contains("/stripe/checkout/"));
    assert_eq!(shop.read("").await["plan"], "credits");
    shop.pay(Card::Works).await;
    assert_eq!((shop.read("").await["plan"].clone(), shop.taken()), (json!("pro"), 4900));
    shop.assert_at_rest().await;

    let changed = shop.send("PUT", "/plan", json!({ "plan": "credits" })).await.expect(200);
    assert_eq!(changed["plan"], "credits");
    shop.settle().await;
    assert!(shop.subscription().cancel_at_period_end);
    assert_eq!(shop.taken(), 4900);
    shop.assert_at_rest().await;
    shop.until_renewal(DAY).await;
    assert_eq!((shop.subscription().status, shop.taken()), ("canceled", 4900));
    shop.assert_at_rest().await;
    shop.send("PUT", "/plan", json!({ "plan": "platinum" })).await.expect_problem(422, "plan_unknown");
}

#[tokio::test]
async fn l3_extras_of_a_plan_are_paid_up_and_free_down() {
    let shop = Shop::open("role-ladder").await;
    let with =
        |members: u32| json!({ "plan": "growth", "extras": [{ "id": "members", "quantity": members }] });
    shop.send("PUT", "/plan", with(5)).await.expect(202);
    shop.pay(Card::Works).await;
    assert_eq!(shop.taken(), 2900 + 5 * 300);
    shop.send("PUT", "/plan", with(7)).await.expect(200);
    assert_eq!((shop.last_charge(), shop.quantities()["members"]), (600, 7));
    let taken = shop.taken();
    shop.send("PUT", "/plan", with(1)).await.expect(200);
    shop.settle().await;
    assert_eq!((shop.quantities()["members"], shop.taken()), (1, taken));
    shop.assert_at_rest().await;
    shop.until_renewal(DAY).await;
    assert_eq!(shop.last_charge(), 2900 + 300);
    shop.assert_at_rest().await;
}

#[tokio::test]
async fn r7_more_seats_are_confirmed_in_the_portal() {
    let shop = business().await;
    let begun = shop.send("PUT", "/plan", json!({ "plan": "business", "seats": 30 })).await.expect(202);
    assert!(text(&begun["url"]).contains("/stripe/portal/"));
    assert_eq!(begun["purchaseId"], Value::Null);
    assert_eq!(plan_and_seats(&shop).await, ("business".to_owned(), 25));
    let portal_session = shop.account().portal_sessions.pop().expect("a portal session");
    shop.act(StubAct::ConfirmUpdate { portal_session }).await;
    assert_eq!(plan_and_seats(&shop).await, ("business".to_owned(), 30));
    assert_eq!(shop.last_charge(), 5 * 2000);
    shop.assert_at_rest_besides(1).await;
}

#[tokio::test]
async fn r7_who_buys_more_takes_the_cancellation_back_and_fewer_seats_cost_less_from_the_renewal() {
    let shop = business().await;
    shop.send("POST", "/billing/cancel", Value::Null).await.expect(200);
    shop.settle().await;
    assert!(shop.subscription().cancel_at_period_end);
    shop.send("PUT", "/plan", json!({ "plan": "business", "seats": 30 })).await.expect(202);
    let portal_session = shop.account().portal_sessions.pop().expect("a portal session");
    shop.act(StubAct::ConfirmUpdate { portal_session }).await;
    assert_eq!((shop.last_charge(), shop.subscription().cancel_at_period_end), (5 * 2000, false));
    let taken = shop.taken();

    let fewer = shop.send("PUT", "/plan", json!({ "plan": "business", "seats": 10 })).await.expect(200);
    assert_eq!(fewer["seats"], 10);
    shop.settle().await;
    assert_eq!((shop.quantities()["business"], shop.taken()), (10, taken));
    // Around the renewal, neither direction is possible.
    shop.until_renewal(-10 * 60).await;
    for seats in [20, 5] {
        let body = json!({ "plan": "business", "seats": seats });
        shop.send("PUT", "/plan", body).await.expect_problem(409, "renewal_in_progress");
    }
    shop.until_renewal(2 * HOUR).await;
    assert_eq!(shop.taken(), taken + 10 * 2000);
    shop.assert_at_rest_besides(1).await;
}

#[tokio::test]
async fn r7_a_reduction_is_not_undone_by_its_own_echo() {
    for last in [json!({ "plan": "business", "seats": 5 }), json!({ "plan": "trial" })] {
        let shop = business().await;
        let gate = Arc::new(Notify::new());
        // Stripe has fewer seats, and nobody has recorded it.
        shop.faults().next(1, Method::POST, "/v1/subscriptions", Fault::HoldAfter(Arc::clone(&gate)));
        let first = shop.send("PUT", "/plan", json!({ "plan": "business", "seats": 10 }));
        let then = async {
            while shop.quantities()["business"] != 10 {
                tokio::task::yield_now().await;
            }
            shop.send("PUT", "/plan", last.clone()).await.expect(200);
            gate.notify_one();
        };
        let (first, ()) = tokio::join!(first, then);
        first.expect(200);
        shop.settle().await;
        let seats =
            if last["plan"] == "trial" { ("trial".to_owned(), 5) } else { ("business".to_owned(), 5) };
        assert_eq!(plan_and_seats(&shop).await, seats);
        shop.later(DAY).await;
        assert_eq!(plan_and_seats(&shop).await, seats);
        shop.assert_at_rest().await;
    }
}

#[tokio::test]
async fn r7_the_seats_follow_the_portal_and_who_came_last_waits() {
    let shop = business().await;
    let people = crowd(&shop.app, &shop.owner(), &shop.workspace, 3).await;
    shop.act(StubAct::ChangeQuantityInPortal { customer: shop.customer(), quantity: 3 }).await;
    assert_eq!(plan_and_seats(&shop).await, ("business".to_owned(), 3));
    let last = shop.app.shown(&shop.owner(), &shop.workspace, &people[2]).await;
    assert_eq!(last["seatSuspended"], true);
    let first = shop.app.shown(&shop.owner(), &shop.workspace, &people[0]).await;
    assert_ne!(first["seat"], Value::Null);
    assert!(shop.notice("members_suspended").await.is_some());
    shop.act(StubAct::ChangeQuantityInPortal { customer: shop.customer(), quantity: 4 }).await;
    let back = shop.app.shown(&shop.owner(), &shop.workspace, &people[2]).await;
    assert_ne!(back["seat"], Value::Null);
    assert_eq!(shop.drift(), [""; 0]);
    assert_eq!(shop.quantities()["business"], 4);
}

#[tokio::test]
async fn r7_nobody_keeps_a_seat_that_was_given_up_at_stripe() {
    // A product that refuses fewer seats than are taken cannot refuse what the customer does at Stripe.
    let shop =
        Shop::open_edited("role-seats", &[("product.toml", "over-assignment = \"suspend-last\"\n", "")])
            .await;
    shop.send("PUT", "/plan", json!({ "plan": "business" })).await.expect(202);
    shop.pay(Card::Works).await;
    let people = crowd(&shop.app, &shop.owner(), &shop.workspace, 3).await;
    let few = json!({ "plan": "business", "seats": 2 });
    shop.send("PUT", "/plan", few).await.expect_problem(409, "seats_taken");
    shop.act(StubAct::ChangeQuantityInPortal { customer: shop.customer(), quantity: 3 }).await;
    assert_eq!(plan_and_seats(&shop).await, ("business".to_owned(), 3));
    let last = shop.app.shown(&shop.owner(), &shop.workspace, &people[2]).await;
    assert_eq!(last["seatSuspended"], true);
    assert!(shop.notice("members_suspended").await.is_some());
}

#[tokio::test]
async fn r7_a_plan_without_a_price_ends_the_subscription_with_its_period() {
    let shop = business().await;
    shop.send("PUT", "/plan", json!({ "plan": "trial" })).await.expect(200);
    shop.settle().await;
    assert_eq!(plan_and_seats(&shop).await, ("trial".to_owned(), 5));
    assert!(shop.subscription().cancel_at_period_end);
    shop.until_renewal(DAY).await;
    assert_eq!(plan_and_seats(&shop).await, ("trial".to_owned(), 5));
    assert_eq!(shop.taken(), 25 * 2000);
    shop.assert_at_rest().await;
}

#[tokio::test]
async fn r7_an_operators_plan_is_nobody_elses() {
    let shop = business().await;
    shop.app.put_on_plan(&shop.workspace, "enterprise").await.expect(204);
    shop.settle().await;
    let before = shop.quantities();
    shop.send("PUT", "/plan", json!({ "plan": "business" }))
        .await
        .expect_problem(409, "plan_managed_by_operator");
    let cancelled = shop.send("POST", "/billing/cancel", Value::Null).await;
    cancelled.expect_problem(409, "plan_managed_by_operator");
    shop.act(StubAct::ChangeQuantityInPortal { customer: shop.customer(), quantity: 7 }).await;
    shop.later(2 * DAY).await;
    assert_eq!(plan_and_seats(&shop).await, ("enterprise".to_owned(), 250));
    assert_eq!((before["business"], shop.quantities()["business"]), (25, 7));
    assert_eq!(shop.drift(), [""; 0]);
}

#[tokio::test]
async fn r7_what_is_paid_does_not_replace_an_operators_plan() {
    for is_paid in [false, true] {
        let shop = Shop::open("role-seats").await;
        let begun = shop.send("PUT", "/plan", json!({ "plan": "business" })).await.expect(202);
        if is_paid {
            // Before anybody hears of it.
            shop.faults().hold_webhooks();
            let session = shop.session();
            shop.stub().act(StubAct::PayCheckout { session, card: Card::Works }).expect("paid");
        }
        shop.app.put_on_plan(&shop.workspace, "enterprise").await.expect(204);
        shop.faults().release_webhooks();
        shop.later(HOUR).await;
        shop.later(DAY).await;
        assert_eq!(shop.state_of(&begun).await, if is_paid { "failed" } else { "expired" });
        assert_eq!(plan_and_seats(&shop).await, ("enterprise".to_owned(), 250), "{is_paid}");
        assert_eq!((shop.taken(), shop.account().payments.len()), (0, usize::from(is_paid)));
        assert_ne!(shop.account().sessions[0].status, "open");
        // The subscription that the page has made does not go on.
        assert!(shop.quantities().is_empty(), "{is_paid}");
    }
}

#[tokio::test]
async fn f13_credits_are_bought_once_whatever_arrives_twice() {
    let shop = Shop::open("flat-owners").await;
    shop.faults().webhooks(100, WebhookFault::Duplicate);
    let owner = shop.owner();
    let path = format!("{}/credits", shop.workspace);
    let body = json!({ "package": "credits-100", "quantity": 2 });
    let again = async || shop.app.call_with_key(&owner, "POST", &path, body.clone(), Some("once")).await;
    let begun = again().await.expect(202);
    assert_eq!(again().await.expect(202)["purchaseId"], begun["purchaseId"]);
    assert_eq!(shop.read("/credits").await["balance"], 0);
    shop.pay(Card::Works).await;
    assert_eq!(again().await.expect(201)["balance"], 200);
    shop.later(DAY).await;
    assert_eq!((shop.read("/credits").await["balance"].clone(), shop.taken()), (json!(200), 1800));

    let spend = |amount: u32| json!({ "amount": amount, "reason": "A report" });
    assert_eq!(shop.send("POST", "/credits/spend", spend(150)).await.expect(200)["balance"], 50);
    shop.send("POST", "/credits/spend", spend(51)).await.expect_problem(409, "credits_insufficient");
    shop.assert_at_rest().await;
}

#[tokio::test]
async fn f13_credits_and_a_plan_are_paid_side_by_side() {
    let shop = Shop::open("flat-owners").await;
    shop.send("PUT", "/plan", json!({ "plan": "pro" })).await.expect(202);
    shop.pay(Card::Works).await;
    shop.send("POST", "/credits", json!({ "package": "credits-1000", "quantity": 1 })).await.expect(202);
    shop.pay(Card::Works).await;
    assert_eq!(shop.read("/credits").await["balance"], 1000);
    assert_eq!(shop.taken(), 4900 + 7900);
    shop.until_renewal(DAY).await;
    assert_eq!(shop.last_charge(), 4900);
    shop.assert_at_rest().await;
}
