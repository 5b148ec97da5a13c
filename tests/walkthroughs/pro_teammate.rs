//! "Bring in a Pro teammate" (S17), and what the workspace then lives through.

use seatwise_stripe_stub::{Card, StubAct};
use serde_json::{Value, json};

use crate::support::client::Client as _;
use crate::support::person::Person;
use crate::support::reply::text;
use crate::support::stripe::{DAY, HOUR, Shop};

async fn sees_analytics(shop: &Shop, who: &Person) -> bool {
    !shop.app.allowed(&shop.app.signed(who), &shop.workspace, &["viewAnalytics"]).await.is_empty()
}

#[tokio::test]
async fn s17_a_pro_teammate_is_brought_in() {
    let shop = Shop::open("purchased-seats").await;
    let preview = shop.preview(json!({ "kind": "seats", "tier": "pro", "quantity": 1 })).await;
    assert_eq!(preview["dueNow"]["amount"], 2900);
    let begun = shop.buy("pro", 1).await.expect(202);
    shop.app
        .post(
            &shop.owner(),
            &format!("{}/invitations", shop.workspace),
            json!({ "emails": ["tea@acme.example"] }),
        )
        .await
        .expect_problem(409, "no_seat_available");
    shop.pay(Card::Works).await;
    assert_eq!(shop.state_of(&begun).await, "paid");

    // Invited to that seat, the teammate joins and is led to connect Telegram; analytics is on.
    let seat = text(&shop.seats().await[0]["id"]);
    let body = json!({ "emails": ["tea@acme.example"], "seatId": seat });
    let invited = shop.send("POST", "/invitations", body).await.expect(201);
    assert_eq!(shop.seats().await[0]["status"], "pending");
    let tea = shop.app.sign_in("tea@acme.example").await;
    let joined = shop.app.join(&tea, &invited["items"][0]["invitation"]).await.expect(200);
    assert_eq!((&joined["member"]["seat"]["id"], &joined["next"]), (&json!(seat), &json!("onboarding")));
    assert!(sees_analytics(&shop, &tea).await);
    shop.assert_at_rest().await;

    // A month later the seat is renewed, with an add-on that was bought meanwhile.
    shop.later(10 * DAY).await;
    let add_on = format!("/seats/{seat}/add-ons/extra-telegram-accounts");
    shop.send("PUT", &add_on, json!({ "quantity": 1 })).await.expect(200);
    shop.until_renewal(HOUR).await;
    assert_eq!(shop.last_charge(), 2900 + 500);
    assert!(sees_analytics(&shop, &tea).await);

    // Basic has no analytics, and costs less from the next renewal on.
    shop.send("PUT", &format!("/seats/{seat}/tier"), json!({ "tier": "basic" })).await.expect(200);
    assert!(!sees_analytics(&shop, &tea).await);
    shop.send("PUT", &add_on, json!({ "quantity": 0 })).await.expect(200);
    shop.settle().await;
    shop.assert_at_rest().await;

    // The renewal fails: the seat lives through the days of grace, ends, and is back when the invoice is paid.
    shop.set_card(Card::IsDeclined).await;
    shop.until_renewal(HOUR).await;
    let notice = shop.notice("payment_failed").await.expect("a notice");
    assert!(text(&notice["payUrl"]).contains("/stripe/invoice/"));
    let uses =
        async || shop.app.allowed(&shop.app.signed(&tea), &shop.workspace, &["useProduct"]).await.len();
    assert_eq!(uses().await, 1);
    shop.later(7 * DAY).await;
    assert_eq!((uses().await, shop.count("expired").await), (0, 1));
    shop.act(StubAct::PayInvoice { invoice: shop.open_invoice() }).await;
    assert_eq!((uses().await, shop.last_charge()), (1, 1500));
    shop.assert_at_rest().await;

    // Cancelled, everything stays until the end of what is paid.
    let ends = shop.send("POST", "/billing/cancel", Value::Null).await.expect(200)["endsAt"].clone();
    shop.settle().await;
    assert_eq!(shop.seats().await[0]["paidThrough"], ends);
    let taken = shop.taken();
    shop.until_renewal(HOUR).await;
    assert_eq!((uses().await, shop.taken()), (0, taken));
    assert_eq!(shop.drift(), [""; 0]);
    shop.assert_at_rest().await;
}
