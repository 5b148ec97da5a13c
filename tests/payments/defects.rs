//! Defects that others report of payments by seat, each with the tests that show its absence.

use std::collections::BTreeSet;

use seatwise_stripe_stub::{Card, StubAct, WebhookFault};
use serde_json::{Value, json};

use super::webhooks::{event, post, readings, signature};
use crate::support::reply::text;
use crate::support::stripe::{DAY, HOUR, MINUTE, Shop, WEBHOOK_SECRET};

/// Each defect, and the tests that would fail with it.
const DEFECTS: [(&str, &[&str]); 19] = [
    (
        "a late or same-second older event overwrites newer state",
        &["an_older_event_tells_nothing_old", "k60_webhooks_may_come_in_any_order"],
    ),
    (
        "duplicate subscription rows, customers and subscriptions",
        &[
            "k62_a_second_subscription_is_ended_and_given_back",
            "one_customer_and_one_subscription_whatever_happens",
        ],
    ),
    ("two open checkouts are both paid", &["k58_one_purchase_is_open_at_a_time"]),
    ("the card fails, and seats rise all the same", &["k57_a_declined_card_gets_nothing_and_costs_nothing"]),
    ("an increment from a stale read loses a seat", &["purchases_at_the_same_time_lose_no_seat"]),
    ("200 before processing loses events", &["a_webhook_that_was_taken_is_worked_off_later"]),
    ("no replay window", &["k61_only_what_stripe_has_signed_a_moment_ago_is_believed"]),
    ("only the first v1 is checked", &["any_of_several_signatures_counts"]),
    ("metadata names another tenant", &["k61_a_customer_of_nobody_concerns_nobody"]),
    (
        "a cancellation made in the portal is not seen",
        &["f13_a_cancellation_made_in_the_portal_is_seen", "an_end_at_a_fixed_time_is_seen"],
    ),
    ("the end of the period is null", &["the_period_is_known_from_the_items"]),
    ("paid, and seats are not granted", &["k57_what_is_paid_is_granted_though_no_webhook_came"]),
    (
        "a stale count is billed",
        &["a_charge_is_for_the_purchase_alone", "k62_a_quantity_changed_before_the_renewal_is_not_billed"],
    ),
    ("an Enterprise quantity is overwritten", &["r7_an_operators_plan_is_nobody_elses"]),
    ("one invoice for each seat", &["s12_an_add_on_for_one_seat_and_for_all"]),
    ("a retry grants credits twice", &["f13_credits_are_bought_once_whatever_arrives_twice"]),
    (
        "a delayed payment is granted early or never",
        &["k57_a_bank_that_asks_for_the_customer_delays_the_seats"],
    ),
    ("a deleted workspace is still billed", &["k63_a_deleted_workspace_costs_nothing_from_then_on"]),
    ("a proration is below the minimum charge", &["a_charge_below_the_minimum_waits_for_the_next_invoice"]),
];

#[test]
fn each_defect_has_its_tests() {
    let sources = [
        include_str!("defects.rs"),
        include_str!("drift.rs"),
        include_str!("lifecycle.rs"),
        include_str!("plans.rs"),
        include_str!("purchases.rs"),
        include_str!("webhooks.rs"),
    ];
    let lines = sources.iter().flat_map(|source| source.lines());
    let tests: BTreeSet<_> =
        lines.filter_map(|line| line.strip_prefix("async fn ")?.strip_suffix("() {")).collect();
    for (defect, named) in DEFECTS {
        let missing: Vec<_> = named.iter().filter(|name| !tests.contains(**name)).collect();
        assert!(!named.is_empty() && missing.is_empty(), "{defect}: {missing:?}");
    }
}

#[tokio::test]
async fn an_older_event_tells_nothing_old() {
    let shop = Shop::with_seats("pro", 2).await;
    let mut old = event(&shop.customer());
    old["data"]["object"] = json!({
        "object": "subscription",
        "id": shop.subscription().id,
        "customer": shop.customer(),
        "status": "canceled",
        "items": { "data": [{ "quantity": 1 }] },
    });
    let body = old.to_string();
    let header = signature(&shop, WEBHOOK_SECRET, 0, &body);
    post(&shop, Some(&header), "application/json", &body).await.expect(200);
    shop.settle().await;
    assert_eq!((shop.count("available").await, shop.quantities()["pro"]), (2, 2));
    shop.assert_at_rest().await;
}

#[tokio::test]
async fn one_customer_and_one_subscription_whatever_happens() {
    let shop = Shop::open("purchased-seats").await;
    for _ in 0..2 {
        let begun = shop.buy("pro", 1).await.expect(202);
        shop.discard(&begun).await;
    }
    shop.buy("pro", 1).await.expect(202);
    shop.pay(Card::Works).await;
    shop.buy("basic", 1).await.expect(201);
    let account = shop.account();
    assert_eq!((account.customers.len(), account.subscriptions.len()), (1, 1));
    shop.assert_at_rest().await;
}

#[tokio::test]
async fn purchases_at_the_same_time_lose_no_seat() {
    let shop = Shop::with_seats("pro", 1).await;
    let buy = || shop.buy("pro", 1);
    let replies = <[_; 4]>::from(tokio::join!(buy(), buy(), buy(), buy()));
    shop.settle().await;
    let bought = replies.iter().filter(|reply| reply.status.as_u16() == 201).count();
    let refused: Vec<_> = replies.iter().filter(|reply| reply.status.as_u16() != 201).collect();
    assert!(refused.iter().all(|reply| reply.code() == "purchase_open"), "{refused:?}");
    assert!(bought >= 1);
    assert_eq!((shop.seats().await.len(), shop.account().payments.len()), (1 + bought, 1 + bought));
    shop.assert_at_rest().await;
}

#[tokio::test]
async fn a_webhook_that_was_taken_is_worked_off_later() {
    let shop = Shop::open("purchased-seats").await;
    let begun = shop.buy("pro", 1).await.expect(202);
    // Stripe cannot be read when the webhook arrives.
    let down = seatwise_stripe_stub::Fault::ErrorBefore;
    shop.faults().next(20, http::Method::GET, "/v1/subscriptions", down);
    shop.pay(Card::Works).await;
    assert_eq!(shop.state_of(&begun).await, "checkout");
    shop.faults().clear();
    shop.later(MINUTE).await;
    assert_eq!((shop.state_of(&begun).await.as_str(), shop.count("available").await), ("paid", 1));
}

#[tokio::test]
async fn any_of_several_signatures_counts() {
    let shop = Shop::with_seats("pro", 1).await;
    let before = readings(&shop);
    let body = event(&shop.customer()).to_string();
    let good = signature(&shop, WEBHOOK_SECRET, 0, &body);
    let other = signature(&shop, "whsec_other", 0, &body);
    let (time, good) = good.split_once(',').expect("a time and a signature");
    let (_, other) = other.split_once(',').expect("a time and a signature");
    post(&shop, Some(&format!("{time},{other},{good}")), "application/json", &body).await.expect(200);
    shop.settle().await;
    assert!(readings(&shop) > before);
    post(&shop, Some(&format!("{time},{other}")), "application/json", &body)
        .await
        .expect_problem(400, "malformed_request");
}

#[tokio::test]
async fn an_end_at_a_fixed_time_is_seen() {
    let shop = Shop::with_seats("pro", 1).await;
    let at = shop.app.local.clock.now().as_second() + 3 * DAY;
    let at = jiff::Timestamp::from_second(at).expect("a time");
    shop.act(StubAct::CancelAt { subscription: shop.subscription().id, at }).await;
    assert_eq!(shop.notice("subscription_ends").await.map(|notice| notice["at"].clone()), Some(json!(at)));
    assert_eq!(shop.seats().await[0]["paidThrough"], json!(at));
    shop.later(3 * DAY + HOUR).await;
    assert_eq!(shop.count("expired").await, 1);
    shop.assert_at_rest().await;
}

#[tokio::test]
async fn the_period_is_known_from_the_items() {
    let shop = Shop::with_seats("pro", 1).await;
    let end = json!(shop.subscription().period_end);
    assert_eq!(shop.seats().await[0]["paidThrough"], end);
    assert_eq!(shop.read("/billing").await["nextRenewal"], end);
}

#[tokio::test]
async fn a_charge_is_for_the_purchase_alone() {
    let shop = Shop::with_seats("pro", 2).await;
    shop.faults().webhooks(100, WebhookFault::Drop);
    for quantity in [1, 9] {
        let (subscription, price) = (shop.subscription().id, "purchased-seats.pro.eur".to_owned());
        shop.act(StubAct::ChangeQuantityByHand { subscription, price, quantity }).await;
        shop.buy("pro", 1).await.expect(201);
        assert_eq!(shop.last_charge(), 2900);
    }
    assert_eq!((shop.quantities()["pro"], shop.seats().await.len()), (4, 4));
    shop.assert_at_rest().await;
}

#[tokio::test]
async fn a_charge_below_the_minimum_waits_for_the_next_invoice() {
    let shop = Shop::with_seats("pro", 1).await;
    shop.until_renewal(-HOUR).await;
    let seat = text(&shop.seats().await[0]["id"]);
    let path = format!("/seats/{seat}/add-ons/extra-telegram-accounts");
    shop.send("PUT", &path, json!({ "quantity": 2 })).await.expect(200);
    assert_eq!(shop.taken(), 2900);
    let owed = shop.account().customers[0].balance;
    assert!((1..50).contains(&owed), "{owed}");
    shop.assert_at_rest().await;
    shop.until_renewal(HOUR).await;
    assert_eq!(shop.last_charge(), 2900 + 2 * 500 + owed);
    shop.assert_at_rest().await;
    assert_eq!(shop.send("GET", "/billing", Value::Null).await.expect(200)["status"], "active");
}
