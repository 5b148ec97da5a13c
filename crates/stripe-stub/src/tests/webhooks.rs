//! The delivery of events.

use std::sync::atomic::Ordering;

use super::*;
use crate::webhooks::sign;

fn kinds(bench: &Bench) -> Vec<String> {
    let received = bench.received.lock().unwrap();
    let kind =
        |delivery: &WebhookDelivery| serde_json::from_str::<Value>(&delivery.body).unwrap()["type"].clone();
    received.iter().map(|delivery| kind(delivery).as_str().unwrap().to_owned()).collect()
}

#[tokio::test]
async fn every_event_arrives_once_signed_with_every_secret() {
    let bench = Bench::new();
    bench.subscribed(Card::Works).await;
    bench.advance(5).await;
    assert_eq!(kinds(&bench), bench.stub.account().events);
    let delivery = bench.received.lock().unwrap()[0].clone();
    let secrets = ["whsec_old".to_owned(), "whsec_new".to_owned()];
    assert_eq!(delivery.signature, sign(&delivery.body, START + 5, &secrets));
    assert_eq!(delivery.signature.matches(",v1=").count(), 2);
    bench.stub.tick().await;
    assert_eq!(kinds(&bench).len(), bench.stub.account().events.len());
}

#[test]
fn a_signature_is_what_stripes_library_computes() {
    let signature = sign("{}", 1, &["whsec_a".to_owned()]);
    assert_eq!(signature, "t=1,v1=7aaed73a0f45f657eacd5c9b580562745d6023b1e3e6d17dce076b81940aa046");
}

#[tokio::test]
async fn a_failed_delivery_is_repeated_with_growing_pauses() {
    let bench = Bench::new();
    bench.post("customers", "").await;
    bench.accepts.store(false, Ordering::SeqCst);
    bench.stub.tick().await;
    bench.advance(59).await;
    assert_eq!(kinds(&bench).len(), 1);
    bench.advance(1).await;
    assert_eq!(kinds(&bench).len(), 2);
    bench.accepts.store(true, Ordering::SeqCst);
    bench.advance(299).await;
    assert_eq!(kinds(&bench).len(), 2);
    bench.advance(1).await;
    bench.advance(DAY).await;
    assert_eq!(kinds(&bench).len(), 3);
    let events = bench.get("events?delivery_success=true").await;
    assert_eq!(events["data"][0]["pending_webhooks"], 0);
}

#[tokio::test]
async fn webhooks_are_dropped_doubled_reversed_and_held_back() {
    let bench = Bench::new();
    let faults = bench.stub.faults();
    faults.webhooks(1, WebhookFault::Drop);
    faults.webhooks(1, WebhookFault::Duplicate);
    faults.reverse_webhooks(true);
    faults.hold_webhooks();
    bench.shop().await;
    bench.stub.tick().await;
    assert!(kinds(&bench).is_empty());
    assert_eq!(bench.stub.next_due(), None);
    faults.release_webhooks();
    bench.stub.tick().await;
    assert_eq!(kinds(&bench), ["customer.created", "price.created", "price.created"]);
    bench.advance(DAY).await;
    assert_eq!(kinds(&bench).len(), 3);
}

#[tokio::test]
async fn a_change_wakes_whoever_ticks() {
    let bench = Bench::new();
    bench.post("customers", "").await;
    bench.stub.changed().await;
}
