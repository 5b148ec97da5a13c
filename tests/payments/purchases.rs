//! Seats, tiers and add-ons: bought, paid, granted (K57, K58, S11–S13).

use std::sync::Arc;

use http::Method;
use seatwise_stripe_stub::{Card, Fault, StubAct};
use serde_json::{Value, json};
use tokio::sync::Notify;

use crate::support::reply::text;
use crate::support::stripe::{DAY, HOUR, MINUTE, Shop};
use crate::support::table::Dump;

/// An amount of a second more or less.
#[track_caller]
fn assert_near(amount: i64, expected: &Value) {
    let expected = expected["amount"].as_i64().expect("an amount");
    assert!((amount - expected).abs() <= 1, "{amount}, not {expected}");
}

const ADD_ON: &str = "extra-telegram-accounts";

#[tokio::test]
async fn k57_the_first_purchase_is_granted_when_its_page_is_paid() {
    let shop = Shop::open("purchased-seats").await;
    let preview = shop.preview(json!({ "kind": "seats", "tier": "pro", "quantity": 2 })).await;
    assert_eq!(preview["dueNow"], json!({ "amount": 5800, "currency": "EUR" }));
    let begun = shop.buy("pro", 2).await.expect(202);
    assert!(text(&begun["checkoutUrl"]).starts_with("https://app.example.com/stripe/checkout/"));
    assert_eq!(shop.read("/billing").await["openPurchase"]["id"], begun["purchaseId"]);

    let session = shop.session();
    shop.act(StubAct::DeclineCheckout { session: session.clone() }).await;
    shop.act(StubAct::AskAuthenticationCheckout { session }).await;
    assert_eq!(shop.state_of(&begun).await, "checkout");
    assert_eq!((shop.seats().await.len(), shop.taken()), (0, 0));

    shop.pay(Card::Works).await;
    assert_eq!(shop.state_of(&begun).await, "paid");
    assert_eq!((shop.count("available").await, shop.taken()), (2, 5800));
    let billing = shop.read("/billing").await;
    assert_eq!((&billing["status"], &billing["openPurchase"]), (&json!("active"), &Value::Null));
    assert_eq!(billing["total"], preview["nextInvoice"]);
    shop.assert_at_rest().await;
}

#[tokio::test]
async fn k58_a_later_purchase_charges_the_saved_card_as_previewed() {
    let shop = Shop::with_seats("pro", 1).await;
    shop.later(10 * DAY).await;
    let preview = shop.preview(json!({ "kind": "seats", "tier": "basic", "quantity": 2 })).await;
    assert_eq!(preview["nextInvoice"]["amount"], 2900 + 2 * 1500);
    let bought = shop.buy("basic", 2).await.expect(201);
    assert_eq!(bought["items"].as_array().map(Vec::len), Some(2));
    assert_near(shop.last_charge(), &preview["dueNow"]);
    assert_eq!(shop.taken(), 2900 + shop.last_charge());
    shop.assert_at_rest().await;
}

#[tokio::test]
async fn k57_a_declined_card_gets_nothing_and_costs_nothing() {
    let shop = Shop::with_seats("pro", 1).await;
    shop.set_card(Card::IsDeclined).await;
    let failed = shop.buy("pro", 3).await.expect_problem(402, "payment_failed");
    assert!(text(&failed["payUrl"]).contains("/stripe/invoice/"));
    assert_eq!(shop.state_of(&failed).await, "action_required");
    shop.act(StubAct::DeclineInvoice { invoice: shop.open_invoice() }).await;
    assert_eq!((shop.seats().await.len(), shop.taken()), (1, 2900));
    shop.discard(&failed).await;
    assert_eq!(shop.state_of(&failed).await, "discarded");
    shop.assert_at_rest().await;

    shop.set_card(Card::Works).await;
    shop.buy("pro", 3).await.expect(201);
    assert_eq!(shop.count("available").await, 4);
    shop.assert_at_rest().await;
}

#[tokio::test]
async fn k57_a_bank_that_asks_for_the_customer_delays_the_seats() {
    let shop = Shop::with_seats("pro", 1).await;
    shop.set_card(Card::AsksForAuthentication).await;
    let asked = shop.buy("pro", 1).await.expect_problem(402, "payment_failed");
    let purchase = shop.read(&format!("/purchases/{}", text(&asked["purchaseId"]))).await;
    assert_eq!((&purchase["status"], &purchase["payUrl"]), (&json!("action_required"), &asked["payUrl"]));
    let invoice = shop.open_invoice();
    shop.act(StubAct::FailAuthentication { id: invoice.clone() }).await;
    assert_eq!((shop.seats().await.len(), shop.quantities()["pro"]), (1, 1));
    shop.later(3 * HOUR).await;
    shop.act(StubAct::PayInvoice { invoice }).await;
    assert_eq!(shop.state_of(&asked).await, "paid");
    assert_eq!(shop.seats().await.len(), 2);
    shop.assert_at_rest().await;
}

#[tokio::test]
async fn k58_one_purchase_is_open_at_a_time() {
    let shop = Shop::open("purchased-seats").await;
    let first = shop.buy("pro", 1).await.expect(202);
    let refused = shop.buy("basic", 1).await.expect_problem(409, "purchase_open");
    assert_eq!(refused["purchaseId"], first["purchaseId"]);
    shop.discard(&first).await;
    assert_eq!(shop.state_of(&first).await, "discarded");
    assert_eq!(shop.account().sessions[0].status, "expired");

    let second = shop.buy("basic", 1).await.expect(202);
    shop.pay(Card::Works).await;
    assert_eq!(shop.state_of(&second).await, "paid");
    assert_eq!(shop.taken(), 1500);
    shop.assert_at_rest().await;
}

#[tokio::test]
async fn k57_the_time_to_pay_ends() {
    let shop = Shop::open("purchased-seats").await;
    let begun = shop.buy("pro", 1).await.expect(202);
    shop.later(23 * HOUR + MINUTE).await;
    assert_eq!(shop.state_of(&begun).await, "expired");
    let begun = shop.buy("pro", 1).await.expect(202);
    shop.pay(Card::Works).await;
    assert_eq!(shop.state_of(&begun).await, "paid");

    shop.set_card(Card::IsDeclined).await;
    let failed = shop.buy("pro", 1).await.expect_problem(402, "payment_failed");
    shop.later(22 * HOUR + MINUTE).await;
    assert_eq!(shop.state_of(&failed).await, "expired");
    assert_eq!(shop.subscription().pending_invoice, None);
    assert_eq!(shop.taken(), 2900);
    shop.assert_at_rest().await;
}

#[tokio::test]
async fn s11_a_tier_up_is_paid_and_a_tier_down_is_free_at_once() {
    let shop = Shop::with_seats("basic", 2).await;
    let seat = text(&shop.seats().await[0]["id"]);
    shop.later(5 * DAY).await;
    let preview = shop.preview(json!({ "kind": "seat-tier", "seatId": seat, "tier": "pro" })).await;
    let path = format!("/seats/{seat}/tier");
    let changed = shop.send("PUT", &path, json!({ "tier": "pro" })).await.expect(200);
    assert_eq!((&changed["id"], &changed["tier"]), (&json!(seat), &json!("pro")));
    assert_eq!(shop.quantities(), [("basic".to_owned(), 1), ("pro".to_owned(), 1)].into());
    assert_near(shop.last_charge(), &preview["dueNow"]);
    shop.assert_at_rest().await;

    let taken = shop.taken();
    let changed = shop.send("PUT", &path, json!({ "tier": "basic" })).await.expect(200);
    assert_eq!(changed["tier"], "basic");
    shop.settle().await;
    assert_eq!((shop.quantities(), shop.taken()), ([("basic".to_owned(), 2)].into(), taken));
    shop.assert_at_rest().await;
}

#[tokio::test]
async fn s12_an_add_on_for_one_seat_and_for_all() {
    let shop = Shop::with_seats("pro", 3).await;
    let seat = text(&shop.seats().await[0]["id"]);
    let path = format!("/seats/{seat}/add-ons/{ADD_ON}");
    let changed = shop.send("PUT", &path, json!({ "quantity": 2 })).await.expect(200);
    assert_eq!(changed["addOns"], json!([{ "id": ADD_ON, "quantity": 2 }]));
    assert_eq!((shop.last_charge(), shop.quantities()[ADD_ON]), (1000, 2));

    // One invoice for all seats.
    let everywhere = format!("/add-ons/{ADD_ON}");
    let changed = shop.send("PUT", &everywhere, json!({ "quantity": 3 })).await.expect(200);
    assert_eq!(changed["remaining"], 0);
    assert_eq!((shop.last_charge(), shop.quantities()[ADD_ON]), (7 * 500, 9));
    assert!(shop.seats().await.iter().all(|seat| seat["addOns"][0]["quantity"] == 3));
    shop.assert_at_rest().await;

    let taken = shop.taken();
    shop.send("PUT", &everywhere, json!({ "quantity": 0 })).await.expect(200);
    shop.settle().await;
    assert_eq!((shop.quantities(), shop.taken()), ([("pro".to_owned(), 3)].into(), taken));
    shop.send("PUT", &path, json!({ "quantity": 9999 })).await.expect_problem(422, "invalid_request");
    shop.assert_at_rest().await;
}

#[tokio::test]
async fn s12_units_that_some_seats_lose_pay_for_no_more_than_they_cost() {
    // 95 seats have no unit, and one has more than all of them would get.
    let shop = Shop::with_seats("basic", 48).await;
    shop.buy("basic", 48).await.expect(201);
    let seat = text(&shop.seats().await[70]["id"]);
    let one = format!("/seats/{seat}/add-ons/{ADD_ON}");
    shop.send("PUT", &one, json!({ "quantity": 97 })).await.expect(200);
    let taken = shop.taken();
    let all = format!("/add-ons/{ADD_ON}");
    let changed = shop.send("PUT", &all, json!({ "quantity": 1 })).await.expect(200);
    assert_eq!(changed, json!({ "changed": 90, "remaining": 6 }));
    shop.settle().await;
    // The seat that loses units is among them: so nothing is free.
    assert_eq!((shop.quantities()[ADD_ON], shop.taken()), (90, taken));
    shop.send("PUT", &all, json!({ "quantity": 1 })).await.expect(200);
    assert_eq!(shop.quantities()[ADD_ON], 96);
    assert!(shop.taken() > taken, "the rest is paid");
    shop.assert_at_rest().await;
}

#[tokio::test]
async fn s12_an_add_on_for_more_seats_than_one_transaction_changes() {
    let shop = Shop::with_seats("basic", 50).await;
    shop.buy("basic", 45).await.expect(201);
    let path = format!("/add-ons/{ADD_ON}");
    let set = shop.send("PUT", &path, json!({ "quantity": 1 })).await.expect(200);
    assert_eq!(set["remaining"], 0);
    assert_eq!((shop.last_charge(), shop.quantities()[ADD_ON]), (95 * 500, 95));
    shop.assert_at_rest().await;
}

#[tokio::test]
async fn s12_no_seat_is_cancelled_while_its_add_on_waits_for_the_payment() {
    let shop = Shop::with_seats("pro", 2).await;
    shop.set_card(Card::AsksForAuthentication).await;
    let all = format!("/add-ons/{ADD_ON}");
    let begun = shop.send("PUT", &all, json!({ "quantity": 3 })).await.expect_problem(402, "payment_failed");
    let cancel = format!("/seats/{}/cancel", text(&shop.seats().await[1]["id"]));
    let refused = shop.send("POST", &cancel, Value::Null).await.expect_problem(409, "purchase_open");
    assert_eq!(refused["purchaseId"], begun["purchaseId"]);
    shop.act(StubAct::CompleteAuthentication { id: shop.open_invoice() }).await;
    let units =
        shop.seats().await.iter().map(|seat| seat["addOns"][0]["quantity"].clone()).collect::<Vec<_>>();
    assert_eq!(units, [3, 3]);
    shop.send("POST", &cancel, Value::Null).await.expect(200);
    shop.settle().await;
    shop.assert_at_rest().await;
}

#[tokio::test]
async fn s13_a_cancelled_seat_renews_no_more_and_can_come_back() {
    let shop = Shop::with_seats("pro", 2).await;
    let seat = format!("/seats/{}", text(&shop.seats().await[0]["id"]));
    let cancelled = shop.send("POST", &format!("{seat}/cancel"), Value::Null).await.expect(200);
    assert_eq!(cancelled["cancelsAt"], cancelled["paidThrough"]);
    shop.settle().await;
    assert_eq!((shop.quantities()["pro"], shop.taken()), (1, 5800));
    assert_eq!(shop.count("available").await, 2);
    shop.send("POST", &format!("{seat}/reactivate"), Value::Null).await.expect(200);
    shop.settle().await;
    assert_eq!((shop.quantities()["pro"], shop.taken()), (2, 5800));
    shop.assert_at_rest().await;

    // At the end of the period it is over, and the other one is renewed.
    shop.send("POST", &format!("{seat}/cancel"), Value::Null).await.expect(200);
    shop.settle().await;
    assert_eq!(shop.notice("seats_expiring").await, None);
    shop.until_renewal(-2 * DAY).await;
    assert_eq!(shop.notice("seats_expiring").await.map(|notice| notice["count"].clone()), Some(json!(1)));
    shop.until_renewal(HOUR).await;
    assert_eq!((shop.count("expired").await, shop.count("available").await), (1, 1));
    assert_eq!(shop.taken(), 5800 + 2900);
    shop.assert_at_rest().await;
}

#[tokio::test]
async fn s13_without_any_seat_the_subscription_ends_and_continues_with_the_next() {
    let shop = Shop::with_seats("pro", 1).await;
    let seat = format!("/seats/{}", text(&shop.seats().await[0]["id"]));
    shop.send("POST", &format!("{seat}/cancel"), Value::Null).await.expect(200);
    shop.settle().await;
    assert!(shop.subscription().cancel_at_period_end);
    shop.assert_at_rest().await;
    shop.send("POST", &format!("{seat}/reactivate"), Value::Null).await.expect(200);
    shop.settle().await;
    assert!(!shop.subscription().cancel_at_period_end);
    assert_eq!((shop.quantities()["pro"], shop.taken()), (1, 2900));

    shop.send("POST", &format!("{seat}/cancel"), Value::Null).await.expect(200);
    shop.settle().await;
    shop.buy("basic", 1).await.expect(201);
    shop.settle().await;
    assert!(!shop.subscription().cancel_at_period_end);
    assert_eq!(shop.quantities(), [("basic".to_owned(), 1)].into());
    shop.assert_at_rest().await;
}

#[tokio::test]
async fn k58_a_renewal_is_told_before_and_charged_once() {
    let shop = Shop::with_seats("pro", 2).await;
    assert_eq!(shop.notice("renewal_near").await, None);
    let renewal = shop.read("/billing").await["nextRenewal"].clone();
    shop.until_renewal(-DAY).await;
    assert_eq!(shop.notice("renewal_near").await.map(|notice| notice["at"].clone()), Some(renewal.clone()));

    shop.until_renewal(-14 * MINUTE).await;
    let refused = shop.buy("pro", 1).await;
    let wait: i64 = refused.headers["retry-after"].to_str().expect("ASCII").parse().expect("seconds");
    assert!((1..=14 * MINUTE).contains(&wait), "{wait}");
    refused.expect_problem(409, "renewal_in_progress");
    let seat = text(&shop.seats().await[0]["id"]);
    let cancel = format!("/seats/{seat}/cancel");
    shop.send("POST", &cancel, Value::Null).await.expect_problem(409, "renewal_in_progress");

    shop.later(wait + 1).await;
    assert_eq!(shop.taken(), 2 * 5800);
    assert_ne!(shop.read("/billing").await["nextRenewal"], renewal);
    assert_eq!(shop.count("available").await, 2);
    shop.assert_at_rest().await;
    shop.buy("pro", 1).await.expect(201);
    shop.until_renewal(3 * HOUR).await;
    assert_eq!(shop.last_charge(), 3 * 2900);
    assert_eq!(shop.drift(), [""; 0]);
    shop.assert_at_rest().await;
}

#[tokio::test]
async fn k58_a_purchase_that_meets_the_renewal_is_not_charged_at_another_price() {
    let shop = Shop::with_seats("pro", 1).await;
    shop.until_renewal(-20 * MINUTE).await;
    let gate = Arc::new(Notify::new());
    shop.faults().next(1, Method::GET, "/v1/subscriptions", Fault::HoldBefore(Arc::clone(&gate)));
    let renewing = async {
        let client = shop.app.local.engine.client();
        while Dump::read(client, "seatwise").await.purchases.len() < 2 {
            tokio::task::yield_now().await;
        }
        shop.app.advance(30 * MINUTE).await;
        gate.notify_one();
    };
    let (bought, ()) = tokio::join!(shop.buy("pro", 1), renewing);
    let failed = bought.expect_problem(409, "price_changed");
    assert_eq!(shop.state_of(&failed).await, "failed");
    shop.settle().await;
    assert_eq!((shop.seats().await.len(), shop.taken()), (1, 2 * 2900));
    shop.assert_at_rest().await;
}

#[tokio::test]
async fn k58_a_request_with_the_same_key_buys_once() {
    let shop = Shop::with_seats("pro", 1).await;
    let path = format!("{}/seats", shop.workspace);
    let again = async || {
        use crate::support::client::Client as _;
        let (owner, body) = (shop.owner(), json!({ "tier": "pro", "quantity": 1 }));
        shop.app.call_with_key(&owner, "POST", &path, body, Some("once")).await
    };
    let first = again().await.expect(201);
    assert_eq!(again().await.expect(201), first);
    assert_eq!((shop.seats().await.len(), shop.account().payments.len()), (2, 2));
    shop.assert_at_rest().await;
}

#[tokio::test]
async fn s16_the_portal_and_the_invoices_are_for_who_manages_billing() {
    let shop = Shop::open("purchased-seats").await;
    shop.send("POST", "/billing/portal", Value::Null).await.expect_problem(404, "not_found");
    assert_eq!(shop.read("/billing/invoices").await["items"], json!([]));
    shop.buy("pro", 1).await.expect(202);
    shop.pay(Card::Works).await;
    let portal = shop.send("POST", "/billing/portal", Value::Null).await.expect(200);
    assert!(text(&portal["url"]).contains("/stripe/portal/"));
    let invoices = shop.read("/billing/invoices").await;
    assert_eq!(invoices["items"][0]["amount"], json!({ "amount": 2900, "currency": "EUR" }));
    assert_eq!(invoices["items"][0]["status"], "paid");
    assert!(!shop.log().contains("/stripe/"), "a link is in the log");
    shop.assert_at_rest().await;
}
