//! What becomes of a subscription: a failed renewal, a cancellation, a deleted workspace (K63, S14).

use seatwise_stripe_stub::{Card, StubAct};
use serde_json::{Value, json};

use crate::support::client::id_of;
use crate::support::reply::text;
use crate::support::stripe::{DAY, HOUR, Shop};

/// The workspace is gone, with all that was known of it, and nothing costs anything.
async fn assert_gone(shop: &Shop) {
    let taken = shop.taken();
    shop.later(70 * DAY).await;
    assert_eq!(shop.taken(), taken);
    assert!(shop.quantities().is_empty());
    assert!(!shop.app.dump().await.text_beside_events().contains(&id_of(&shop.workspace).to_string()));
}

async fn delete(shop: &Shop) {
    shop.send("DELETE", "", Value::Null).await.expect(204);
    shop.settle().await;
}

#[tokio::test]
async fn s14_a_failed_renewal_has_days_of_grace_and_recovers() {
    let shop = Shop::with_seats("pro", 2).await;
    shop.set_card(Card::IsDeclined).await;
    shop.until_renewal(HOUR).await;
    let notice = shop.notice("payment_failed").await.expect("a notice");
    assert!(text(&notice["payUrl"]).contains("/stripe/invoice/"));
    assert_eq!(shop.read("/billing").await["status"], "past_due");
    shop.later(6 * DAY).await;
    assert_eq!(shop.count("available").await, 2);

    // The grace is over.
    shop.later(DAY).await;
    assert_eq!(shop.count("expired").await, 2);
    shop.act(StubAct::PayInvoice { invoice: shop.open_invoice() }).await;
    assert_eq!((shop.count("available").await, shop.taken()), (2, 2 * 5800));
    assert_eq!(shop.notice("payment_failed").await, None);
    assert_eq!(shop.read("/billing").await["status"], "active");
    shop.assert_at_rest().await;
}

#[tokio::test]
async fn s14_nothing_is_sold_while_a_renewal_is_overdue() {
    let shop = Shop::with_seats("pro", 2).await;
    shop.set_card(Card::IsDeclined).await;
    shop.until_renewal(2 * HOUR).await;
    let taken = shop.taken();
    for grace_is_over in [false, true] {
        // A better card alone pays nothing.
        shop.set_card(Card::Works).await;
        let seat = text(&shop.seats().await[0]["id"]);
        let add_on = format!("/seats/{seat}/add-ons/extra-telegram-accounts");
        let requests =
            [("POST", "/seats", json!({ "quantity": 1 })), ("PUT", &add_on, json!({ "quantity": 1 }))];
        for (method, path, body) in requests {
            let refused = shop.send(method, path, body).await;
            let expected =
                if grace_is_over && method == "PUT" { "seat_not_available" } else { "payment_failed" };
            assert_eq!(refused.code(), expected, "{path} {}", refused.text);
        }
        let refused = shop.buy("pro", 1).await.expect_problem(402, "payment_failed");
        assert!(text(&refused["payUrl"]).contains("/stripe/invoice/"), "{refused}");
        assert_eq!((shop.taken(), shop.seats().await.len()), (taken, 2));
        // A seat that is cancelled now ends with the period, not with the grace.
        if !grace_is_over {
            let renewal = shop.subscription().period_end;
            let seat = text(&shop.seats().await[1]["id"]);
            let cancelled =
                shop.send("POST", &format!("/seats/{seat}/cancel"), Value::Null).await.expect(200);
            assert_eq!(text(&cancelled["cancelsAt"]), renewal.to_string());
            shop.set_card(Card::IsDeclined).await;
            shop.later(8 * DAY).await;
        }
    }
    shop.act(StubAct::PayInvoice { invoice: shop.open_invoice() }).await;
    assert_eq!(shop.count("available").await, 2);
    shop.buy("pro", 1).await.expect(201);
    shop.assert_at_rest().await;
}

#[tokio::test]
async fn s14_a_plan_ends_with_the_grace() {
    for (pack, plan, start) in [
        ("flat-owners", "pro", "credits"),
        ("role-ladder", "growth", "standard"),
        ("role-seats", "business", "trial"),
    ] {
        let shop = Shop::open(pack).await;
        shop.send("PUT", "/plan", json!({ "plan": plan })).await.expect(202);
        shop.pay(Card::Works).await;
        let taken = shop.taken();
        shop.set_card(Card::IsDeclined).await;
        shop.until_renewal(2 * HOUR).await;
        let refused = shop.send("PUT", "/plan", json!({ "plan": start })).await;
        assert!(refused.status.is_success(), "{pack}: {}", refused.text);
        shop.set_card(Card::Works).await;
        let again = shop.send("PUT", "/plan", json!({ "plan": plan })).await;
        again.expect_problem(402, "payment_failed");
        assert_eq!(shop.taken(), taken, "{pack}");

        let shop = Shop::open(pack).await;
        shop.send("PUT", "/plan", json!({ "plan": plan })).await.expect(202);
        shop.pay(Card::Works).await;
        shop.set_card(Card::IsDeclined).await;
        shop.until_renewal(6 * DAY).await;
        assert_eq!(shop.read("").await["plan"], plan, "{pack}");
        let invoice = shop.open_invoice();
        shop.later(2 * DAY).await;
        assert_eq!(shop.read("").await["plan"], start, "{pack}");
        assert_eq!((shop.subscription().status, shop.taken()), ("canceled", taken), "{pack}");
        shop.stub().act(StubAct::PayInvoice { invoice }).expect_err("the invoice is void");
        shop.assert_at_rest().await;
    }
}

#[tokio::test]
async fn s13_a_seat_that_is_cancelled_at_the_renewal_ends_with_what_is_paid() {
    let shop = Shop::with_seats("pro", 2).await;
    let seat = text(&shop.seats().await[0]["id"]);
    let cancel = format!("/seats/{seat}/cancel");
    // The period is over, and nobody has heard of the renewal.
    shop.faults().hold_webhooks();
    let until_end = shop.subscription().period_end.as_second() - shop.app.local.clock.now().as_second();
    shop.app.advance(until_end + 1).await;
    shop.send("POST", &cancel, Value::Null).await.expect_problem(409, "renewal_in_progress");
    shop.faults().release_webhooks();
    shop.later(2 * HOUR).await;
    let cancelled = shop.send("POST", &cancel, Value::Null).await.expect(200);
    assert_eq!(text(&cancelled["cancelsAt"]), shop.subscription().period_end.to_string());
    assert_eq!(shop.taken(), 4 * 2900);
    shop.assert_at_rest().await;
}

#[tokio::test]
async fn s14_a_renewal_that_is_never_paid_ends_everything_once() {
    let shop = Shop::with_seats("pro", 2).await;
    shop.set_card(Card::IsDeclined).await;
    shop.until_renewal(20 * DAY).await;
    assert_eq!(shop.subscription().status, "canceled");
    assert_eq!(shop.count("expired").await, 2);
    assert_eq!(shop.taken(), 5800);
    shop.assert_at_rest().await;

    // The next purchase is a first one.
    shop.buy("basic", 1).await.expect(202);
    shop.pay(Card::Works).await;
    assert_eq!((shop.count("available").await, shop.count("expired").await), (1, 2));
    assert_eq!(shop.quantities(), [("basic".to_owned(), 1)].into());
    shop.assert_at_rest().await;
}

#[tokio::test]
async fn f13_a_cancelled_subscription_ends_with_what_is_paid() {
    let shop = Shop::with_seats("pro", 2).await;
    let ends = shop.send("POST", "/billing/cancel", Value::Null).await.expect(200)["endsAt"].clone();
    shop.settle().await;
    assert!(shop.subscription().cancel_at_period_end);
    assert_eq!(shop.notice("subscription_ends").await.map(|notice| notice["at"].clone()), Some(ends));
    assert_eq!(shop.count("available").await, 2);
    shop.until_renewal(HOUR).await;
    assert_eq!((shop.count("expired").await, shop.taken()), (2, 5800));
    assert_eq!(shop.subscription().status, "canceled");
    shop.send("POST", "/billing/cancel", Value::Null).await.expect_problem(404, "not_found");
    shop.assert_at_rest().await;
}

#[tokio::test]
async fn f13_a_purchase_takes_a_cancellation_back() {
    let shop = Shop::with_seats("pro", 1).await;
    shop.send("POST", "/billing/cancel", Value::Null).await.expect(200);
    shop.settle().await;
    shop.buy("pro", 1).await.expect(201);
    shop.settle().await;
    assert!(!shop.subscription().cancel_at_period_end);
    shop.until_renewal(HOUR).await;
    assert_eq!((shop.count("available").await, shop.last_charge()), (2, 5800));
    shop.assert_at_rest().await;
}

#[tokio::test]
async fn f13_a_cancellation_made_in_the_portal_is_seen() {
    let shop = Shop::open("flat-owners").await;
    shop.send("PUT", "/plan", json!({ "plan": "pro" })).await.expect(202);
    shop.pay(Card::Works).await;
    shop.act(StubAct::CancelInPortal { customer: shop.customer(), at_period_end: true }).await;
    assert!(shop.notice("subscription_ends").await.is_some());
    shop.act(StubAct::ResumeInPortal { customer: shop.customer() }).await;
    assert_eq!(shop.notice("subscription_ends").await, None);
    shop.act(StubAct::CancelInPortal { customer: shop.customer(), at_period_end: true }).await;
    shop.until_renewal(HOUR).await;
    assert_eq!((shop.read("").await["plan"].clone(), shop.taken()), (json!("credits"), 4900));
    shop.assert_at_rest().await;
}

#[tokio::test]
async fn k63_a_deleted_workspace_costs_nothing_from_then_on() {
    let shop = Shop::with_seats("pro", 2).await;
    delete(&shop).await;
    assert_eq!(shop.subscription().status, "canceled");
    assert_gone(&shop).await;
}

#[tokio::test]
async fn k63_a_deleted_workspace_closes_its_open_page() {
    let shop = Shop::open("purchased-seats").await;
    shop.buy("pro", 2).await.expect(202);
    let session = shop.session();
    delete(&shop).await;
    assert_eq!(shop.account().sessions[0].status, "expired");
    shop.stub().act(StubAct::PayCheckout { session, card: Card::Works }).expect_err("the page is closed");
    assert_gone(&shop).await;
}

#[tokio::test]
async fn k63_what_is_paid_for_a_deleted_workspace_is_given_back() {
    for pack in ["purchased-seats", "flat-owners"] {
        let shop = Shop::open(pack).await;
        if pack == "purchased-seats" {
            shop.buy("pro", 2).await.expect(202);
        } else {
            shop.send("POST", "/credits", json!({ "quantity": 1 })).await.expect(202);
        }
        // The customer pays, and the workspace is deleted before anybody hears of it.
        shop.faults().hold_webhooks();
        let session = shop.session();
        shop.stub().act(StubAct::PayCheckout { session, card: Card::Works }).expect("paid");
        shop.send("DELETE", "", Value::Null).await.expect(204);
        shop.faults().release_webhooks();
        shop.settle().await;
        assert_eq!(shop.account().payments.len(), 1);
        assert_eq!(shop.taken(), 0);
        assert_gone(&shop).await;
    }
}

#[tokio::test]
async fn k63_a_late_payment_for_what_has_ended_is_not_taken() {
    let failed = async || {
        let shop = Shop::with_seats("pro", 2).await;
        shop.set_card(Card::IsDeclined).await;
        shop.until_renewal(2 * HOUR).await;
        let invoice = shop.open_invoice();
        (shop, invoice)
    };
    let (shop, invoice) = failed().await;
    delete(&shop).await;
    shop.stub().act(StubAct::PayInvoice { invoice }).expect_err("the invoice is void");
    assert_gone(&shop).await;

    let (shop, invoice) = failed().await;
    shop.later(20 * DAY).await;
    assert_eq!(shop.subscription().status, "canceled");
    shop.stub().act(StubAct::PayInvoice { invoice }).expect_err("the invoice is void");
    assert_eq!((shop.count("expired").await, shop.taken()), (2, 5800));
    // That an unpaid invoice is void then is nothing that anybody must look at.
    assert_eq!(shop.drift(), [""; 0]);
    shop.assert_at_rest().await;
}

#[tokio::test]
async fn s13_what_was_cancelled_before_the_clock_jumps_is_not_charged() {
    let shop = Shop::with_seats("pro", 2).await;
    for seat in shop.seats().await {
        let path = format!("/seats/{}/cancel", text(&seat["id"]));
        shop.send("POST", &path, Value::Null).await.expect(200);
    }
    shop.app.advance(32 * DAY).await;
    shop.settle().await;
    assert_eq!((shop.subscription().status, shop.taken()), ("canceled", 5800));
}

#[tokio::test]
async fn k63_a_deleted_workspace_voids_what_waits_for_the_customer() {
    let shop = Shop::with_seats("pro", 1).await;
    shop.set_card(Card::AsksForAuthentication).await;
    shop.buy("pro", 1).await.expect_problem(402, "payment_failed");
    let invoice = shop.open_invoice();
    delete(&shop).await;
    shop.stub().act(StubAct::PayInvoice { invoice }).expect_err("the invoice is void");
    assert_eq!(shop.taken(), 2900);
    assert_gone(&shop).await;
}
