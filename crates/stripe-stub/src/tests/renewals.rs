//! What time brings.

use super::*;

#[tokio::test]
async fn a_renewal_takes_the_present_quantity_at_the_end_of_the_period() {
    let bench = Bench::new();
    let subscription = bench.subscribed(Card::Works).await;
    assert_eq!(bench.stub.next_due().unwrap(), Timestamp::from_second(START).unwrap());
    bench.stub.tick().await;
    assert_eq!(bench.stub.next_due(), Some(subscription.period_end));
    let price = subscription.items[0].price.clone();
    let by_hand = StubAct::ChangeQuantityByHand { subscription: subscription.id, price, quantity: 4 };
    bench.stub.act(by_hand).unwrap();
    bench.advance(subscription.period_end.as_second() - START + 5 * DAY).await;
    let renewed = bench.subscription();
    assert_eq!((renewed.period_start, renewed.status), (subscription.period_end, "active"));
    let invoice = bench.last_invoice();
    assert_eq!((invoice.reason.as_str(), invoice.amount_paid), ("subscription_cycle", 4000));
    assert_eq!(renewed.latest_invoice, Some(invoice.id));
}

#[tokio::test]
async fn a_failed_renewal_is_retried_and_ends_the_subscription() {
    let bench = Bench::new();
    let subscription = bench.subscribed(Card::IsDeclined).await;
    bench.advance(subscription.period_end.as_second() - START).await;
    assert_eq!(bench.subscription().status, "past_due");
    for days in [3, 5] {
        bench.advance(days * DAY).await;
        assert_eq!(bench.subscription().status, "past_due");
    }
    bench.advance(7 * DAY).await;
    assert_eq!(bench.subscription().status, "canceled");
    let customer = subscription.customer.clone();
    bench.stub.act(StubAct::CancelInPortal { customer, at_period_end: true }).unwrap_err();
    bench.stub.tick().await;
    assert_eq!(bench.stub.next_due(), None);
}

#[tokio::test]
async fn a_new_card_or_a_payment_on_the_page_saves_the_subscription() {
    for by_card in [true, false] {
        let bench = Bench::new();
        let subscription = bench.subscribed(Card::Works).await;
        let customer = subscription.customer.clone();
        bench.stub.act(StubAct::NextPaymentFails { customer: customer.clone() }).unwrap();
        bench.advance(subscription.period_end.as_second() - START).await;
        assert_eq!(bench.subscription().status, "past_due");
        if by_card {
            bench.stub.act(StubAct::SetCard { customer, card: Card::Works }).unwrap();
            bench.advance(3 * DAY).await;
        } else {
            bench.stub.act(StubAct::PayInvoice { invoice: bench.last_invoice().id }).unwrap();
        }
        assert_eq!(bench.subscription().status, "active");
        assert_eq!(bench.stub.account().payments.len(), 2);
    }
}

#[tokio::test]
async fn a_cancelled_subscription_runs_to_its_end_unless_it_is_resumed() {
    let bench = Bench::new();
    let subscription = bench.subscribed(Card::Works).await;
    let path = format!("subscriptions/{}", subscription.id);
    let cancelled = bench.post(&path, "cancel_at_period_end=true").await;
    assert_eq!(cancelled["cancel_at"], subscription.period_end.as_second());
    bench.stub.act(StubAct::ResumeInPortal { customer: subscription.customer.clone() }).unwrap();
    assert_eq!(bench.subscription().cancel_at, None);
    let at = Timestamp::from_second(START + 2 * DAY).unwrap();
    bench.stub.act(StubAct::CancelAt { subscription: subscription.id.clone(), at }).unwrap();
    let set = bench.subscription();
    assert_eq!((set.cancel_at, set.cancel_at_period_end), (Some(at), false));
    bench.advance(2 * DAY).await;
    assert_eq!(bench.subscription().status, "canceled");
    assert_eq!(bench.send("DELETE", &path, "", None).await.status, StatusCode::NOT_FOUND);
    assert_eq!(bench.stub.account().invoices.len(), 1);
}

#[tokio::test]
async fn a_deleted_subscription_ends_now_and_drops_its_pending_update() {
    let bench = Bench::new();
    let subscription = bench.subscribed(Card::IsDeclined).await;
    bench.charge(&subscription, 5, "charge:1").await;
    let reply = bench.send("DELETE", &format!("subscriptions/{}", subscription.id), "", None).await;
    assert_eq!(reply.body["status"], "canceled");
    assert_eq!(reply.body["pending_update"], Value::Null);
    assert_eq!(bench.last_invoice().status, "void");
    let open = bench.get(&format!("subscriptions?customer={}", subscription.customer)).await;
    assert_eq!(open["data"], serde_json::json!([]));
    let all = bench.get(&format!("subscriptions?customer={}&status=all", subscription.customer)).await;
    assert_eq!(all["data"][0]["id"], subscription.id);
}

#[tokio::test]
async fn a_session_expires_and_cannot_be_paid_any_more() {
    let bench = Bench::new();
    let (customer, price) = bench.shop().await;
    let session = bench.checkout(&customer, &price, 1).await;
    bench.now.fetch_add(DAY, Ordering::SeqCst);
    let pay = || bench.stub.act(StubAct::PayCheckout { session: session.clone(), card: Card::Works });
    pay().unwrap_err();
    bench.stub.tick().await;
    pay().unwrap_err();
    assert_eq!(bench.stub.account().sessions[0].status, "expired");
    let form = format!(
        "mode=subscription&customer={customer}&line_items[0][price]={price}&line_items[0][quantity]=1\
         &success_url=https://x.example&expires_at={}",
        START + DAY + 29 * 60
    );
    assert!(bench.refused("checkout/sessions", &form).await.contains("30 minutes"));
}

#[tokio::test]
async fn the_portal_changes_what_it_proposes_and_fails_where_the_card_does() {
    let bench = Bench::new();
    let subscription = bench.subscribed(Card::Works).await;
    let customer = subscription.customer.clone();
    let configuration = bench
        .post(
            "billing_portal/configurations",
            "features[subscription_update][enabled]=true&features[subscription_update][proration_behavior]=always_invoice\
             &features[subscription_update][default_allowed_updates][]=quantity",
        )
        .await;
    let form = format!(
        "customer={customer}&configuration={}&flow_data[type]=subscription_update_confirm\
         &flow_data[subscription_update_confirm][subscription]={}\
         &flow_data[subscription_update_confirm][items][0][id]={}\
         &flow_data[subscription_update_confirm][items][0][quantity]=4",
        id(&configuration),
        subscription.id,
        subscription.items[0].id
    );
    let portal_session = id(&bench.post("billing_portal/sessions", &form).await);
    bench.stub.act(StubAct::ConfirmUpdate { portal_session: portal_session.clone() }).unwrap();
    assert_eq!((bench.subscription().items[0].quantity, bench.last_invoice().amount_paid), (4, 1000));
    bench.stub.act(StubAct::ConfirmUpdate { portal_session }).unwrap_err();
    bench.stub.act(StubAct::SetCard { customer: customer.clone(), card: Card::IsDeclined }).unwrap();
    bench.stub.act(StubAct::ChangeQuantityInPortal { customer: customer.clone(), quantity: 9 }).unwrap_err();
    assert_eq!(bench.subscription().items[0].quantity, 4);
    let price = "demo.pro.eur".to_owned();
    bench.stub.act(StubAct::SetCard { customer: customer.clone(), card: Card::Works }).unwrap();
    bench.stub.act(StubAct::SecondSubscription { customer, price }).unwrap();
    assert_eq!(bench.stub.account().subscriptions.len(), 2);
}
