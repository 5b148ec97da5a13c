//! How charges end.

use super::*;

#[tokio::test]
async fn checkout_starts_a_paid_subscription() {
    let bench = Bench::new();
    let subscription = bench.subscribed(Card::Works).await;
    assert_eq!((subscription.status, subscription.items[0].quantity), ("active", 3));
    assert_eq!(subscription.items[0].lookup_key.as_deref(), Some("demo.pro.eur"));
    let account = bench.stub.account();
    assert_eq!(account.payments[0].amount, 3000);
    assert_eq!(account.payments[0].invoice, subscription.latest_invoice);
    let session = &account.sessions[0];
    assert_eq!((session.status, session.payment_status), ("complete", "paid"));
    assert_eq!(session.subscription.as_deref(), Some(&*subscription.id));
    assert_eq!(account.events.last().map(String::as_str), Some("checkout.session.completed"));
}

#[tokio::test]
async fn a_declined_session_stays_open_and_two_open_ones_can_both_be_paid() {
    let bench = Bench::new();
    let (customer, price) = bench.shop().await;
    let first = bench.checkout(&customer, &price, 1).await;
    let second = bench.checkout(&customer, &price, 2).await;
    bench.stub.act(StubAct::DeclineCheckout { session: first.clone() }).unwrap();
    assert!(bench.stub.account().payments.is_empty());
    bench.stub.act(StubAct::AskAuthenticationCheckout { session: first.clone() }).unwrap();
    bench.stub.act(StubAct::CompleteAuthentication { id: first.clone() }).unwrap();
    bench.stub.act(StubAct::PayCheckout { session: second, card: Card::Works }).unwrap();
    assert_eq!(bench.stub.account().subscriptions.len(), 2);
    bench.stub.act(StubAct::PayCheckout { session: first, card: Card::Works }).unwrap_err();
}

#[tokio::test]
async fn a_paid_charge_changes_the_items_and_costs_the_difference() {
    let bench = Bench::new();
    let subscription = bench.subscribed(Card::Works).await;
    let month = subscription.period_end.as_second() - START;
    bench.advance(month / 2).await;
    let reply = bench.charge(&subscription, 5, "charge:1").await;
    assert_eq!(reply.body["latest_invoice"]["status"], "paid");
    assert_eq!(reply.body["latest_invoice"]["billing_reason"], "subscription_update");
    assert_eq!(bench.subscription().items[0].quantity, 5);
    let invoice = bench.last_invoice();
    let amounts: Vec<i64> = invoice.lines.iter().map(|line| line.amount).collect();
    assert_eq!((amounts, invoice.amount_paid), (vec![-1500, 2500], 1000));
}

#[tokio::test]
async fn a_preview_at_the_same_date_says_what_the_charge_costs() {
    let bench = Bench::new();
    let subscription = bench.subscribed(Card::Works).await;
    bench.advance(10 * DAY).await;
    let date = START + 10 * DAY;
    let form = format!(
        "customer={}&subscription={}&subscription_details[items][0][id]={}\
         &subscription_details[items][0][quantity]=4&subscription_details[proration_behavior]=always_invoice\
         &subscription_details[proration_date]={date}",
        subscription.customer, subscription.id, subscription.items[0].id
    );
    let preview = bench.post("invoices/create_preview", &form).await;
    assert_eq!(bench.stub.account().invoices.len(), 1);
    let refused = form.replace("always_invoice", "none");
    assert!(bench.refused("invoices/create_preview", &refused).await.contains("proration_date"));
    bench.advance(HOUR).await;
    let form = format!("{}&proration_date={date}", charge_form(&subscription, 4));
    let charged = bench.post(&format!("subscriptions/{}", subscription.id), &form).await;
    assert_eq!(charged["latest_invoice"]["amount_paid"], preview["amount_due"]);
    let form = format!("{}&proration_date={}", charge_form(&subscription, 6), START - 1);
    assert!(
        bench.refused(&format!("subscriptions/{}", subscription.id), &form).await.contains("proration_date")
    );
}

#[tokio::test]
async fn a_charge_that_is_not_paid_waits_and_applies_once_it_is() {
    for card in [Card::IsDeclined, Card::AsksForAuthentication] {
        let bench = Bench::new();
        let subscription = bench.subscribed(card).await;
        let body = bench.charge(&subscription, 5, "charge:1").await.body;
        assert_eq!(body["items"]["data"][0]["quantity"], 3);
        assert_eq!(body["pending_update"]["expires_at"], START + 23 * HOUR);
        assert_eq!(body["pending_update"]["subscription_items"][0]["quantity"], 5);
        assert_eq!(body["status"], "active");
        let invoice = id(&body["latest_invoice"]);
        let page = format!("http://stub.example/invoice/{invoice}");
        assert_eq!(body["latest_invoice"]["hosted_invoice_url"], page);
        let done = StubAct::CompleteAuthentication { id: invoice.clone() };
        if card == Card::AsksForAuthentication {
            bench.stub.act(done).unwrap();
        } else {
            bench.stub.act(done).unwrap_err();
            bench.stub.act(StubAct::PayInvoice { invoice }).unwrap();
        }
        let subscription = bench.subscription();
        assert_eq!((subscription.items[0].quantity, subscription.pending_invoice), (5, None));
        let events = bench.stub.account().events;
        assert!(events.contains(&"customer.subscription.pending_update_applied".to_owned()));
    }
}

#[tokio::test]
async fn a_pending_update_is_dropped_by_its_void_by_time_and_by_another() {
    let bench = Bench::new();
    let subscription = bench.subscribed(Card::IsDeclined).await;
    bench.charge(&subscription, 5, "charge:1").await;
    let first = bench.last_invoice().id;
    bench.post(&format!("invoices/{first}/void"), "").await;
    assert_eq!(bench.subscription().pending_invoice, None);
    bench.charge(&subscription, 6, "charge:2").await;
    let second = bench.last_invoice().id;
    bench.charge(&subscription, 7, "charge:3").await;
    let invoices = bench.stub.account().invoices;
    assert_eq!(invoices.iter().find(|invoice| invoice.id == second).unwrap().status, "void");
    assert_eq!(bench.subscription().pending_invoice.as_ref(), invoices.last().map(|invoice| &invoice.id));
    bench.advance(23 * HOUR).await;
    assert_eq!(bench.last_invoice().status, "void");
    let subscription = bench.subscription();
    assert_eq!((subscription.items[0].quantity, subscription.pending_invoice), (3, None));
    assert!(bench.refused(&format!("invoices/{first}/void"), "").await.contains("void"));
}

#[tokio::test]
async fn levelling_leaves_a_pending_update_alone_and_that_wins_for_what_it_names() {
    let bench = Bench::new();
    let subscription = bench.subscribed(Card::IsDeclined).await;
    let item = &subscription.items[0].id;
    let form = "product=demo.pro&currency=eur&unit_amount=300&recurring[interval]=month";
    let addon = id(&bench.post("prices", form).await);
    bench.charge(&subscription, 5, "charge:1").await;
    let path = format!("subscriptions/{}", subscription.id);
    let form = format!(
        "items[0][price]={addon}&items[0][quantity]=2&items[1][id]={item}&items[1][quantity]=1&proration_behavior=none"
    );
    let levelled = bench.post(&path, &form).await;
    assert_eq!(levelled["items"]["data"][0]["quantity"], 1);
    assert_eq!(levelled["pending_update"]["subscription_items"].as_array().unwrap().len(), 1);
    bench.stub.act(StubAct::PayInvoice { invoice: bench.last_invoice().id }).unwrap();
    let quantities: Vec<i64> = bench.subscription().items.iter().map(|item| item.quantity).collect();
    assert_eq!(quantities, [5, 2]);
}

#[tokio::test]
async fn what_may_not_come_with_a_pending_update_is_refused() {
    let bench = Bench::new();
    let subscription = bench.subscribed(Card::Works).await;
    let path = format!("subscriptions/{}", subscription.id);
    for extra in ["metadata[a]=b", "cancel_at_period_end=true", "items[0][deleted]=true"] {
        let form = format!("{}&{extra}", charge_form(&subscription, 4));
        assert!(bench.refused(&path, &form).await.contains("pending_if_incomplete"), "{extra}");
    }
    assert_eq!(bench.subscription(), subscription);
}

#[tokio::test]
async fn small_sums_and_credits_go_to_the_balance() {
    let bench = Bench::new();
    let subscription = bench.subscribed(Card::Works).await;
    bench.now.store(subscription.period_end.as_second() - HOUR, Ordering::SeqCst);
    let body = bench.charge(&subscription, 4, "charge:1").await.body;
    assert_eq!(body["items"]["data"][0]["quantity"], 4);
    let invoice = bench.last_invoice();
    assert_eq!((invoice.status, invoice.amount_due, bench.stub.account().payments.len()), ("paid", 0, 1));
    assert_eq!(bench.stub.account().customers[0].balance, invoice.total);
    assert!(invoice.total > 0);
    bench.charge(&subscription, 1, "charge:2").await;
    assert!(bench.stub.account().customers[0].balance < 0);
}

#[tokio::test]
async fn levelling_costs_nothing_and_credits_are_sold_once() {
    let bench = Bench::new();
    let subscription = bench.subscribed(Card::Works).await;
    let form =
        format!("items[0][id]={}&items[0][quantity]=9&proration_behavior=none", subscription.items[0].id);
    bench.post(&format!("subscriptions/{}", subscription.id), &form).await;
    assert_eq!((bench.subscription().items[0].quantity, bench.stub.account().invoices.len()), (9, 1));
    let credit = id(&bench.post("prices", "product=demo.pro&currency=eur&unit_amount=500").await);
    let form = format!(
        "mode=payment&customer={}&line_items[0][price]={credit}&line_items[0][quantity]=2\
         &success_url=https://x.example&payment_intent_data[metadata][purchase]=p",
        subscription.customer
    );
    let session = id(&bench.post("checkout/sessions", &form).await);
    bench.stub.act(StubAct::PayCheckout { session: session.clone(), card: Card::Works }).unwrap();
    let session = bench.get(&format!("checkout/sessions/{session}?expand[]=payment_intent")).await;
    assert_eq!(session["payment_intent"]["amount_received"], 1000);
    assert_eq!(session["payment_intent"]["metadata"]["purchase"], "p");
    let intent = id(&session["payment_intent"]);
    bench.post("refunds", &format!("payment_intent={intent}&amount=400")).await;
    bench.post("refunds", &format!("payment_intent={intent}")).await;
    assert!(bench.refused("refunds", &format!("payment_intent={intent}")).await.contains("already"));
    assert_eq!(bench.stub.account().refunds.iter().map(|refund| refund.amount).sum::<i64>(), 1000);
}
