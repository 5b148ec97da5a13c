//! The answers as the client reads them, and lists over several pages.

use jiff::Timestamp;
use serde_json::{Value, json};

use crate::fake::{Fake, Reply};
use crate::{
    BillingReason, CheckoutMode, CheckoutPayment, CheckoutStatus, IdempotencyKey, Interval, InvoiceStatus,
    NewPortalSession, RefundStatus, StripeError, SubscriptionStatus,
};

fn at(second: i64) -> Timestamp {
    Timestamp::from_second(second).unwrap()
}

fn price() -> Value {
    json!({
        "id": "price_1", "object": "price", "active": true, "lookup_key": "acme.editor.eur", "currency": "eur",
        "unit_amount": 900, "product": "acme.editor", "metadata": {}, "type": "recurring",
        "recurring": {"interval": "month", "interval_count": 1, "usage_type": "licensed", "meter": null},
    })
}

fn item() -> Value {
    json!({
        "id": "si_1", "object": "subscription_item", "price": price(), "quantity": 5,
        "current_period_start": 100, "current_period_end": 200,
    })
}

fn subscription() -> Value {
    json!({
        "id": "sub_1", "object": "subscription", "customer": "cus_1", "status": "active", "created": 90,
        "cancel_at": null, "cancel_at_period_end": false, "ended_at": null, "latest_invoice": "in_1",
        "pending_update": null, "collection_method": "charge_automatically", "livemode": false,
        "metadata": {"workspace": "w1"}, "items": {"object": "list", "data": [item()], "has_more": false},
    })
}

fn invoice() -> Value {
    json!({
        "id": "in_1", "object": "invoice", "number": "A-1", "customer": "cus_1", "status": "open",
        "billing_reason": "subscription_update", "amount_due": 450, "amount_paid": 0, "total": 450,
        "currency": "eur", "created": 100, "due_date": null, "livemode": false,
        "hosted_invoice_url": "https://invoice.example/secret",
        "parent": {"type": "subscription_details", "quote_details": null,
            "subscription_details": {"subscription": "sub_1", "metadata": {}}},
        "payments": {"object": "list", "has_more": false, "data": [
            {"id": "inpay_1", "status": "canceled", "payment": {"type": "payment_intent", "payment_intent": "pi_0"}},
            {"id": "inpay_2", "status": "paid", "payment": {"type": "payment_intent", "payment_intent": "pi_1"}},
            {"id": "inpay_3", "status": "paid", "payment": {"type": "charge", "charge": "ch_1"}},
        ]},
        "lines": {"object": "list", "has_more": false, "data": [
            {"amount": 450, "description": "Remaining time", "quantity": 1,
                "period": {"start": 150, "end": 200},
                "pricing": {"type": "price_details", "unit_amount_decimal": "900",
                    "price_details": {"price": "price_1", "product": "acme.editor"}},
                "parent": {"type": "subscription_item_details", "invoice_item_details": null,
                    "subscription_item_details": {"proration": true, "subscription_item": "si_1"}}},
            {"amount": -1, "description": null, "quantity": null, "period": {"start": 150, "end": 150},
                "pricing": null, "parent": null},
        ]},
    })
}

fn changed(mut value: Value, changes: &Value) -> Value {
    for (name, change) in changes.as_object().unwrap() {
        value[name] = change.clone();
    }
    value
}

#[tokio::test(start_paused = true)]
async fn a_subscription_with_its_period() {
    let fake = Fake::replying([Reply::ok(&subscription())]).await;
    let read = fake.client().subscription("sub_1").await.unwrap();
    assert_eq!((read.id.as_str(), read.customer.as_str()), ("sub_1", "cus_1"));
    assert_eq!(
        (&read.status, read.cancel_at, read.pending_update.is_none()),
        (&SubscriptionStatus::Active, None, true)
    );
    assert_eq!(read.latest_invoice.as_deref(), Some("in_1"));
    assert_eq!(read.metadata["workspace"], "w1");
    let period = read.period().unwrap();
    assert_eq!((period.start, period.end), (at(100), at(200)));
    let item = &read.items.data[0];
    assert_eq!((item.quantity, item.price.unit_amount), (5, Some(900)));
    assert_eq!(item.price.lookup_key.as_deref(), Some("acme.editor.eur"));
    assert_eq!(item.price.recurring.as_ref().map(|time| &time.interval), Some(&Interval::Month));
}

#[tokio::test(start_paused = true)]
async fn a_change_that_waits_and_a_cancellation_by_date() {
    let waiting = json!({
        "pending_update": {"expires_at": 300, "subscription_items": [item()]},
        "cancel_at": 400, "status": "haunted",
    });
    let dropped = json!({"pending_update": {"expires_at": 300, "subscription_items": null}});
    let replies = [waiting, dropped].map(|changes| Reply::ok(&changed(subscription(), &changes)));
    let fake = Fake::replying(replies).await;
    let read = fake.client().subscription("sub_1").await.unwrap();
    let pending = read.pending_update.unwrap();
    assert_eq!((pending.expires_at, pending.subscription_items[0].quantity), (at(300), 5));
    assert_eq!(read.cancel_at, Some(at(400)));
    assert_eq!(read.status, SubscriptionStatus::Other("haunted".to_owned()));
    assert_eq!(read.status.as_str(), "haunted");
    let read = fake.client().subscription("sub_1").await.unwrap();
    assert!(read.pending_update.unwrap().subscription_items.is_empty());
}

#[tokio::test(start_paused = true)]
async fn an_invoice_with_its_lines_and_payments() {
    let fake = Fake::replying([Reply::ok(&invoice())]).await;
    let read = fake.client().invoice("in_1").await.unwrap();
    assert_eq!((read.status.as_ref(), read.amount_due), (Some(&InvoiceStatus::Open), 450));
    assert_eq!(read.billing_reason, Some(BillingReason::SubscriptionUpdate));
    assert_eq!(read.subscription(), Some("sub_1"));
    assert_eq!(read.payment_intents().collect::<Vec<_>>(), ["pi_1"]);
    let [first, second] = &read.lines.data[..] else { panic!("two lines") };
    assert_eq!((first.price(), first.subscription_item()), (Some("price_1"), Some("si_1")));
    assert!(first.is_proration() && !second.is_proration());
    assert_eq!((second.amount, second.price(), second.quantity), (-1, None, None));
    assert_eq!(read.hosted_invoice_url.as_ref().unwrap().as_str(), "https://invoice.example/secret");
    assert!(!format!("{read:?}").contains("secret"));
}

#[tokio::test(start_paused = true)]
async fn an_invoice_of_nothing_but_what_it_must_have() {
    let bare = json!({
        "customer": "cus_1", "amount_due": 0, "amount_paid": 0, "total": 0, "currency": "eur", "created": 1,
        "livemode": true, "lines": {"data": []},
    });
    let fake = Fake::replying([Reply::ok(&bare)]).await;
    let read = fake.client().invoice("in_1").await.unwrap();
    assert_eq!((read.id.as_str(), read.subscription(), read.payment_intents().count()), ("", None, 0));
}

#[tokio::test(start_paused = true)]
async fn a_checkout_session() {
    let session = json!({
        "id": "cs_1", "object": "checkout.session", "url": "https://checkout.example/secret", "mode": "subscription",
        "status": "complete", "payment_status": "paid", "customer": "cus_1", "subscription": "sub_1",
        "payment_intent": null, "invoice": "in_1", "amount_total": 900, "currency": "eur", "expires_at": 500,
        "livemode": false, "metadata": {"purchase": "p1"},
    });
    let fake = Fake::replying([Reply::ok(&session)]).await;
    let read = fake.client().checkout_session("cs_1").await.unwrap();
    assert_eq!(
        (&read.mode, read.status.as_ref()),
        (&CheckoutMode::Subscription, Some(&CheckoutStatus::Complete))
    );
    assert_eq!((&read.payment_status, read.amount_total), (&CheckoutPayment::Paid, Some(900)));
    assert_eq!((read.subscription.as_deref(), read.invoice.as_deref()), (Some("sub_1"), Some("in_1")));
    assert_eq!((read.metadata["purchase"].as_str(), read.expires_at), ("p1", at(500)));
    assert!(!format!("{read:?}").contains("secret"));
}

#[tokio::test(start_paused = true)]
async fn what_remains() {
    let key = IdempotencyKey::new("test", 1);
    let fake = Fake::replying([
        Reply::ok(&json!({"id": "cus_1", "object": "customer", "deleted": true})),
        Reply::ok(&json!({"id": "re_1", "amount": 5, "currency": "eur", "status": "succeeded"})),
        Reply::ok(&json!({"id": "bps_1", "url": "https://portal.example/secret"})),
    ])
    .await;
    assert!(fake.client().customer("cus_1").await.unwrap().deleted);
    let refund = fake.client().create_refund("pi_1", None, &key).await.unwrap();
    assert_eq!(refund.status, Some(RefundStatus::Succeeded));
    let new = NewPortalSession {
        customer: "cus_1",
        configuration: None,
        return_url: "https://a.example",
        flow: None,
    };
    let session = fake.client().create_portal_session(&new, &key).await.unwrap();
    assert_eq!(session.url.as_str(), "https://portal.example/secret");
    assert!(!format!("{session:?}").contains("secret"));
}

#[tokio::test(start_paused = true)]
async fn a_list_is_read_page_by_page() {
    let page = |range: std::ops::Range<u32>, more: bool| {
        let data: Vec<_> = range
            .map(|n| json!({"id": format!("prod_{n}"), "active": true, "name": "N", "metadata": {}}))
            .collect();
        Reply::ok(&json!({"object": "list", "data": data, "has_more": more}))
    };
    let fake = Fake::replying([page(0..100, true), page(100..130, false)]).await;
    let all = fake.client().products(1_000).await.unwrap();
    assert_eq!((all.data.len(), all.has_more), (130, false));
    assert_eq!(
        fake.lines(),
        ["GET /v1/products limit=100", "GET /v1/products limit=100 starting_after=prod_99"]
    );
    let fake = Fake::replying([page(0..100, true), page(100..120, true)]).await;
    let some = fake.client().products(120).await.unwrap();
    assert_eq!((some.data.len(), some.has_more), (120, true));
    assert_eq!(fake.lines()[1], "GET /v1/products limit=20 starting_after=prod_99");
    let fake = Fake::replying([page(0..0, true)]).await;
    assert!(!fake.client().products(1).await.unwrap().has_more);
}

#[tokio::test(start_paused = true)]
async fn prices_are_looked_up_ten_at_a_time() {
    let list = || Reply::ok(&json!({"object": "list", "data": [price()], "has_more": false}));
    let fake = Fake::replying([list(), list()]).await;
    let keys: Vec<_> = (0..12).map(|n| format!("k{n}")).collect();
    let keys: Vec<_> = keys.iter().map(String::as_str).collect();
    assert_eq!(fake.client().prices(&keys).await.unwrap().len(), 2);
    let lines = fake.lines();
    assert!(lines[0].ends_with("lookup_keys[9]=k9"), "{}", lines[0]);
    assert_eq!(lines[1], "GET /v1/prices limit=2 lookup_keys[0]=k10 lookup_keys[1]=k11");
}

#[tokio::test(start_paused = true)]
async fn a_broken_page_ends_the_list() {
    let fake = Fake::replying([Reply::ok(&json!({"data": [{"id": 1}], "has_more": true}))]).await;
    let error = fake.client().products(10).await.unwrap_err();
    assert_eq!(error, StripeError::BadAnswer { path: "data[0].id".to_owned() });
}
