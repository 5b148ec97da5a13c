//! Keys, faults, refusals, lists, the file.

use std::sync::Arc;

use http::Method;
use tokio::sync::Notify;

use super::*;

#[tokio::test]
async fn a_repeated_key_brings_the_same_answer_and_has_no_effect() {
    let bench = Bench::new();
    let subscription = bench.subscribed(Card::Works).await;
    let first = bench.charge(&subscription, 5, "charge:1").await;
    assert!(!first.headers.contains_key("idempotent-replayed"));
    let second = bench.charge(&subscription, 5, "charge:1").await;
    assert_eq!(second.headers["idempotent-replayed"], "true");
    assert_eq!((first.body, bench.stub.account().payments.len()), (second.body, 2));
    let other = bench.send("POST", "customers", "email=c@d.example", Some("charge:1")).await;
    assert_eq!(other.status, StatusCode::BAD_REQUEST);
    assert_eq!(other.body["error"]["type"], "idempotency_error");
    bench.advance(25 * HOUR).await;
    let later = bench.send("POST", "customers", "email=c@d.example", Some("charge:1")).await;
    assert_eq!(later.status, StatusCode::OK);
}

#[tokio::test]
async fn refused_requests_leave_their_key_free() {
    let bench = Bench::new();
    let wrong = bench.send("POST", "customers", "emial=c@d.example", Some("k")).await;
    assert_eq!(wrong.body["error"]["param"], "emial");
    let right = bench.send("POST", "customers", "email=c@d.example", Some("k")).await;
    assert_eq!(right.status, StatusCode::OK);
}

#[tokio::test]
async fn faults_have_their_effect_and_their_answer() {
    for (fault, status, customers, again) in [
        (Fault::ErrorBefore, Some(500), 0, 500),
        (Fault::ErrorAfter, Some(500), 1, 500),
        (Fault::LostReply, None, 1, 200),
        (Fault::RateLimited, Some(429), 0, 200),
        (Fault::LockTimeout, Some(409), 0, 200),
    ] {
        let bench = Bench::new();
        bench.stub.faults().next(1, Method::POST, "/v1/customers", fault);
        let reply = bench.send("POST", "customers", "email=a@b.example", Some("k")).await;
        let seen = bench.stub.requests().remove(0);
        assert_eq!((seen.status, seen.path.as_str()), (status, "/v1/customers"));
        assert_eq!(reply.body.is_null(), status.is_none());
        assert_eq!(bench.stub.account().customers.len(), customers);
        let reply = bench.send("POST", "customers", "email=a@b.example", Some("k")).await;
        assert_eq!(reply.status.as_u16(), again);
    }
}

#[tokio::test]
async fn a_held_request_waits_for_the_notice() {
    let bench = Bench::new();
    let notice = Arc::new(Notify::new());
    bench.stub.faults().next(1, Method::POST, "/v1/customers", Fault::HoldAfter(Arc::clone(&notice)));
    let mut request = Box::pin(bench.send("POST", "customers", "", None));
    assert!(futures::poll!(&mut request).is_pending());
    assert_eq!(bench.stub.account().customers.len(), 1);
    notice.notify_one();
    assert_eq!(request.await.status, StatusCode::OK);
}

#[tokio::test]
async fn keys_of_the_api_and_unknown_addresses_are_refused() {
    let bench = Bench::new();
    for header in ["Bearer sk_live_1", "Basic abc"] {
        let request =
            Request::get("/v1/customers").header("authorization", header).body(Body::empty()).unwrap();
        let response = bench.stub.api().oneshot(request).await.unwrap();
        assert_eq!(response.status(), StatusCode::UNAUTHORIZED);
    }
    for path in ["nothing", "customers/cus_none", "invoices/in_none"] {
        assert_eq!(bench.send("GET", path, "", None).await.status, StatusCode::NOT_FOUND);
    }
    assert!(bench.refused("checkout/sessions", "mode=setup").await.contains("mode"));
}

#[tokio::test]
async fn lists_have_pages_and_filters_and_objects_are_expanded() {
    let bench = Bench::new();
    let subscription = bench.subscribed(Card::Works).await;
    let all = bench.get("events?limit=100").await["data"].as_array().unwrap().len();
    let (mut seen, mut after) = (0, String::new());
    loop {
        let page = bench.get(&format!("events?limit=3{after}")).await;
        let events = page["data"].as_array().unwrap();
        seen += events.len();
        if page["has_more"] == false {
            break;
        }
        after = format!("&starting_after={}", id(events.last().unwrap()));
    }
    assert_eq!(seen, all);
    let some = bench.get(&format!("events?type=invoice.*&created[gte]={START}")).await;
    assert_eq!(some["data"].as_array().unwrap().len(), 4);
    assert_eq!(bench.get(&format!("events?created[gt]={START}")).await["data"], serde_json::json!([]));
    let customer = &subscription.customer;
    let list =
        bench.get(&format!("subscriptions?customer={customer}&expand[]=data.latest_invoice.payments")).await;
    assert_eq!(list["data"][0]["latest_invoice"]["payments"]["data"][0]["status"], "paid");
    let prices = bench.get("prices?lookup_keys[]=demo.pro.eur&expand[]=data.product").await;
    assert_eq!(prices["data"][0]["product"]["name"], "Pro");
    let wrong = bench.send("GET", &format!("customers/{customer}?expand[]=nothing"), "", None).await;
    assert_eq!(wrong.status, StatusCode::BAD_REQUEST);
}

#[tokio::test]
async fn a_lookup_key_names_one_price() {
    let bench = Bench::new();
    let (_, old) = bench.shop().await;
    let form =
        "product=demo.pro&currency=eur&unit_amount=1200&recurring[interval]=month&lookup_key=demo.pro.eur";
    assert!(bench.refused("prices", form).await.contains("lookup key"));
    let new = bench.post("prices", &format!("{form}&transfer_lookup_key=true")).await;
    assert_eq!(new["lookup_key"], "demo.pro.eur");
    assert_eq!(bench.get(&format!("prices/{old}")).await["lookup_key"], Value::Null);
    bench.post(&format!("prices/{old}"), "active=false").await;
    bench.post("products/demo.pro", "name=Professional").await;
    assert_eq!(bench.get("products?ids[]=demo.pro").await["data"][0]["name"], "Professional");
}

#[tokio::test]
async fn an_account_survives_in_its_file_which_only_its_owner_can_read() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("stripe.json");
    let bench = Bench::with_file(Some(file.clone()));
    bench.subscribed(Card::Works).await;
    bench.stub.tick().await;
    let again = Bench::with_file(Some(file.clone()));
    assert_eq!(again.stub.account(), bench.stub.account());
    again.stub.tick().await;
    assert!(again.received.lock().unwrap().is_empty());
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt as _;
        assert_eq!(std::fs::metadata(&file).unwrap().permissions().mode() & 0o777, 0o600);
    }
    std::fs::write(&file, "{").unwrap();
    let config = bench.stub.config().clone();
    assert!(matches!(Stub::new(config), Err(StubError::Content(_))));
}
