//! Webhooks: which are believed (K61), and that nothing depends on them (K60).

use std::fmt::Write as _;

use aws_lc_rs::hmac;
use axum::body::Body;
use http::Request;
use seatwise_stripe_stub::{Card, StubAct, WebhookFault};
use serde_json::{Value, json};

use crate::support::reply::Reply;
use crate::support::stripe::{DAY, HOUR, MINUTE, Shop, WEBHOOK_SECRET};

/// `v1` of a signature.
fn v1(secret: &str, time: i64, body: &str) -> String {
    let key = hmac::Key::new(hmac::HMAC_SHA256, secret.as_bytes());
    let tag = hmac::sign(&key, format!("{time}.{body}").as_bytes());
    tag.as_ref().iter().fold("v1=".to_owned(), |mut text, byte| {
        let _ = write!(text, "{byte:02x}");
        text
    })
}

/// The header, signed with a secret so many seconds from now.
pub fn signature(shop: &Shop, secret: &str, seconds: i64, body: &str) -> String {
    let time = shop.app.local.clock.now().as_second() + seconds;
    format!("t={time},{}", v1(secret, time, body))
}

/// An event about a customer.
pub fn event(customer: &str) -> Value {
    json!({
        "id": "evt_1",
        "object": "event",
        "type": "customer.subscription.updated",
        "created": 1_790_000_000,
        "livemode": false,
        "data": { "object": { "object": "subscription", "id": "sub_1", "customer": customer } },
    })
}

/// A webhook arrives.
pub async fn post(shop: &Shop, signature: Option<&str>, kind: &str, body: &str) -> Reply {
    let request = Request::post("/v1/stripe/webhook").header("content-type", kind);
    let request = signature.into_iter().fold(request, |request, it| request.header("stripe-signature", it));
    shop.app.send(request.body(Body::from(body.to_owned())).expect("a request")).await
}

/// How often a customer was read.
pub fn readings(shop: &Shop) -> usize {
    shop.stub().requests().iter().filter(|seen| seen.path == "/v1/subscriptions").count()
}

#[tokio::test]
async fn k61_only_what_stripe_has_signed_a_moment_ago_is_believed() {
    let shop = Shop::with_seats("pro", 1).await;
    let good = event(&shop.customer()).to_string();
    let other = good.replace("evt_1", "evt_2");
    let mut live = event(&shop.customer());
    live["livemode"] = json!(true);
    let live = live.to_string();
    let sign = |seconds, body: &str| signature(&shop, WEBHOOK_SECRET, seconds, body);
    let now = shop.app.local.clock.now().as_second();
    let bad = [
        ("no header", None, &good),
        ("an empty header", Some(String::new()), &good),
        ("no time", Some(v1(WEBHOOK_SECRET, now, &good)), &good),
        ("no signature", Some(format!("t={now}")), &good),
        ("another version", Some(sign(0, &good).replace("v1=", "v0=")), &good),
        ("another secret", Some(signature(&shop, "whsec_other", 0, &good)), &good),
        ("an empty secret", Some(signature(&shop, "", 0, &good)), &good),
        ("another body", Some(sign(0, &good)), &other),
        ("301 seconds old", Some(sign(-301, &good)), &good),
        ("302 seconds ahead", Some(sign(302, &good)), &good),
        ("another mode", Some(sign(0, &live)), &live),
    ];
    let before = (shop.app.dump().await, readings(&shop));
    for (what, header, body) in &bad {
        let reply = post(&shop, header.as_deref(), "application/json", body).await;
        assert_eq!(reply.status.as_u16(), 400, "{what}: {}", reply.text);
        reply.expect_problem(400, "malformed_request");
    }
    let no_event = "{}";
    post(&shop, Some(&sign(0, no_event)), "application/json", no_event)
        .await
        .expect_problem(400, "malformed_request");
    let after = (shop.app.dump().await, readings(&shop));
    assert_eq!((after.0.changed_since(&before.0), after.1), (vec![], before.1));
    assert!(!shop.log().contains("whsec_"));

    // Five minutes count, and so does any signature of several.
    for header in [sign(-299, &good), sign(298, &good), format!("{},v1=00,v0=11", sign(0, &good))] {
        post(&shop, Some(&header), "application/json", &good).await.expect(200);
    }
    shop.settle().await;
    assert!(readings(&shop) > before.1);
    shop.assert_at_rest().await;
}

#[tokio::test]
async fn k61_a_customer_of_nobody_concerns_nobody() {
    let shop = Shop::with_seats("pro", 1).await;
    let before = (shop.app.dump().await, readings(&shop));
    // The metadata names the workspace, and does not count.
    let mut foreign = event("cus_of_another_account");
    foreign["data"]["object"]["metadata"] = json!({ "workspace": shop.workspace.rsplit('/').next() });
    let nobody = event("cus_1").to_string().replace("customer\":\"cus_1\"", "x\":1");
    for body in [foreign.to_string(), nobody, event(&"c".repeat(5_000)).to_string()] {
        let header = signature(&shop, WEBHOOK_SECRET, 0, &body);
        post(&shop, Some(&header), "application/json", &body).await.expect(200);
    }
    let after = (shop.app.dump().await, readings(&shop));
    assert_eq!((after.0.changed_since(&before.0), after.1), (vec![], before.1));
}

#[tokio::test]
async fn k61_the_exact_bytes_are_signed_also_in_base64() {
    let shop = Shop::with_seats("pro", 1).await;
    let before = readings(&shop);
    let body = format!("  {:#}\n", event(&shop.customer()));
    let header = signature(&shop, WEBHOOK_SECRET, 0, &body);
    post(&shop, Some(&header), "application/octet-stream", &body).await.expect(200);
    shop.settle().await;
    assert!(readings(&shop) > before);
    let compact = event(&shop.customer()).to_string();
    post(&shop, Some(&header), "application/octet-stream", &compact)
        .await
        .expect_problem(400, "malformed_request");
}

/// A purchase, a renewal that fails, its payment, and a change: seats and money do not depend on webhooks.
async fn live_through(shop: &Shop) {
    shop.set_card(Card::AsksForAuthentication).await;
    shop.buy("basic", 1).await.expect_problem(402, "payment_failed");
    shop.act(StubAct::PayInvoice { invoice: shop.open_invoice() }).await;
    shop.later(10 * MINUTE).await;
    assert_eq!(shop.count("available").await, 2);
    shop.set_card(Card::IsDeclined).await;
    shop.until_renewal(3 * HOUR).await;
    assert!(shop.notice("payment_failed").await.is_some());
    shop.act(StubAct::PayInvoice { invoice: shop.open_invoice() }).await;
    shop.later(DAY + HOUR).await;
    assert_eq!(shop.notice("payment_failed").await, None);
    assert_eq!(shop.account().payments.len(), 3);
}

#[tokio::test]
async fn k60_webhooks_may_come_twice() {
    let shop = Shop::with_seats("pro", 1).await;
    shop.faults().webhooks(1000, WebhookFault::Duplicate);
    live_through(&shop).await;
    assert_eq!(shop.drift(), [""; 0]);
    shop.assert_at_rest().await;
}

#[tokio::test]
async fn k60_webhooks_may_come_in_any_order() {
    let shop = Shop::with_seats("pro", 1).await;
    shop.faults().reverse_webhooks(true);
    live_through(&shop).await;
    assert_eq!(shop.drift(), [""; 0]);
    shop.assert_at_rest().await;
}

#[tokio::test]
async fn k60_webhooks_may_never_come() {
    let shop = Shop::with_seats("pro", 1).await;
    shop.faults().webhooks(1000, WebhookFault::Drop);
    shop.set_card(Card::AsksForAuthentication).await;
    shop.buy("basic", 1).await.expect_problem(402, "payment_failed");
    shop.act(StubAct::PayInvoice { invoice: shop.open_invoice() }).await;
    assert_eq!(shop.count("available").await, 1);
    shop.later(10 * MINUTE).await;
    assert_eq!(shop.count("available").await, 2);
    shop.set_card(Card::Works).await;
    shop.until_renewal(3 * HOUR).await;
    assert_eq!(shop.account().payments.len(), 3);
    assert_eq!(shop.count("available").await, 2);
    assert_eq!(shop.drift(), [""; 0]);
    shop.assert_at_rest().await;
}

#[tokio::test]
async fn k60_webhooks_may_come_late() {
    let shop = Shop::with_seats("pro", 1).await;
    shop.faults().hold_webhooks();
    live_through(&shop).await;
    let before = shop.app.dump().await;
    shop.faults().release_webhooks();
    shop.settle().await;
    let id = crate::support::client::id_of(&shop.workspace);
    let after = shop.app.dump().await;
    assert_eq!(after.seats_of(id), before.seats_of(id));
    assert_eq!(after.workspaces, before.workspaces);
    assert_eq!(after.purchases, before.purchases);
    assert_eq!(shop.drift(), [""; 0]);
    shop.assert_at_rest().await;
}
