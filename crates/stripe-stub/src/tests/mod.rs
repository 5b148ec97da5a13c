//! The stub as its callers see it.

mod api;
mod charges;
mod pages;
mod renewals;
mod webhooks;

use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, AtomicI64, Ordering};
use std::sync::{Arc, Mutex};

use axum::Router;
use axum::body::Body;
use http::{HeaderMap, Request, StatusCode};
use http_body_util::BodyExt as _;
use jiff::Timestamp;
use serde_json::Value;
use tower::ServiceExt as _;

use crate::*;

const START: i64 = 1_795_000_000;
const DAY: i64 = 24 * 3600;
const HOUR: i64 = 3600;

/// A stub with a clock that stands still, and a receiver of webhooks that remembers them.
struct Bench {
    stub: Stub,
    now: Arc<AtomicI64>,
    received: Arc<Mutex<Vec<WebhookDelivery>>>,
    accepts: Arc<AtomicBool>,
}

struct Reply {
    status: StatusCode,
    headers: HeaderMap,
    body: Value,
}

impl Bench {
    fn new() -> Self {
        Self::with_file(None)
    }

    fn with_file(file: Option<PathBuf>) -> Self {
        let now = Arc::new(AtomicI64::new(START));
        let received = Arc::<Mutex<Vec<WebhookDelivery>>>::default();
        let accepts = Arc::new(AtomicBool::new(true));
        let (clock, inbox, answer) = (Arc::clone(&now), Arc::clone(&received), Arc::clone(&accepts));
        let stub = Stub::new(StubConfig {
            secret_keys: Vec::new(),
            webhook_secrets: vec!["whsec_old".to_owned(), "whsec_new".to_owned()],
            public_url: "http://stub.example".to_owned(),
            clock: Arc::new(move || Timestamp::from_second(clock.load(Ordering::SeqCst)).unwrap()),
            deliver: Arc::new(move |delivery| {
                inbox.lock().unwrap().push(delivery);
                let answer = answer.load(Ordering::SeqCst);
                Box::pin(async move { answer })
            }),
            file,
            seed: 1,
        });
        Self { stub: stub.unwrap(), now, received, accepts }
    }

    async fn advance(&self, seconds: i64) {
        self.now.fetch_add(seconds, Ordering::SeqCst);
        self.stub.tick().await;
    }

    async fn send(&self, method: &str, path: &str, form: &str, key: Option<&str>) -> Reply {
        let mut request = Request::builder()
            .method(method)
            .uri(format!("/v1/{path}"))
            .header("authorization", "Bearer sk_test_1");
        if let Some(key) = key {
            request = request.header("idempotency-key", key);
        }
        let request = request.body(Body::from(form.to_owned())).unwrap();
        let response = self.stub.api().oneshot(request).await.unwrap();
        let (status, headers) = (response.status(), response.headers().clone());
        let body = response.into_body().collect().await.map(http_body_util::Collected::to_bytes);
        let body = body.map_or(Value::Null, |body| serde_json::from_slice(&body).unwrap());
        Reply { status, headers, body }
    }

    async fn post(&self, path: &str, form: &str) -> Value {
        let reply = self.send("POST", path, form, None).await;
        assert_eq!(reply.status, StatusCode::OK, "{path} {form}: {:#}", reply.body);
        reply.body
    }

    async fn get(&self, path: &str) -> Value {
        let reply = self.send("GET", path, "", None).await;
        assert_eq!(reply.status, StatusCode::OK, "{path}: {:#}", reply.body);
        reply.body
    }

    async fn refused(&self, path: &str, form: &str) -> String {
        let reply = self.send("POST", path, form, None).await;
        assert!(reply.status.is_client_error(), "{:#}", reply.body);
        reply.body["error"]["message"].as_str().unwrap().to_owned()
    }

    /// A customer, and a price of ten euros a month.
    async fn shop(&self) -> (String, String) {
        self.post("products", "id=demo.pro&name=Pro").await;
        let price = self
            .post(
                "prices",
                "product=demo.pro&currency=eur&unit_amount=1000&recurring[interval]=month&lookup_key=demo.pro.eur",
            )
            .await;
        let customer = self.post("customers", "email=a@b.example").await;
        (id(&customer), id(&price))
    }

    /// A session for a subscription of so many seats.
    async fn checkout(&self, customer: &str, price: &str, quantity: i64) -> String {
        let form = format!(
            "mode=subscription&customer={customer}&line_items[0][price]={price}\
             &line_items[0][quantity]={quantity}&success_url=https://x.example/?s={{CHECKOUT_SESSION_ID}}\
             &cancel_url=https://x.example/no"
        );
        id(&self.post("checkout/sessions", &form).await)
    }

    /// A subscription of three seats, paid with this card.
    async fn subscribed(&self, card: Card) -> SubscriptionView {
        let (customer, price) = self.shop().await;
        let session = self.checkout(&customer, &price, 3).await;
        self.stub.act(StubAct::PayCheckout { session, card }).unwrap();
        self.subscription()
    }

    fn subscription(&self) -> SubscriptionView {
        self.stub.account().subscriptions.remove(0)
    }

    fn last_invoice(&self) -> InvoiceView {
        self.stub.account().invoices.pop().unwrap()
    }

    /// Charges for more seats before they are there.
    async fn charge(&self, subscription: &SubscriptionView, quantity: i64, key: &str) -> Reply {
        let form = charge_form(subscription, quantity);
        let reply = self.send("POST", &format!("subscriptions/{}", subscription.id), &form, Some(key)).await;
        assert_eq!(reply.status, StatusCode::OK, "{:#}", reply.body);
        reply
    }
}

fn charge_form(subscription: &SubscriptionView, quantity: i64) -> String {
    format!(
        "items[0][id]={}&items[0][quantity]={quantity}&proration_behavior=always_invoice\
         &payment_behavior=pending_if_incomplete&expand[]=latest_invoice",
        subscription.items[0].id
    )
}

fn id(object: &Value) -> String {
    object["id"].as_str().unwrap().to_owned()
}

/// A page, with its status, its location and its text.
async fn page(router: Router, method: &str, path: &str, form: &str) -> (StatusCode, String, String) {
    let request = Request::builder().method(method).uri(path).body(Body::from(form.to_owned())).unwrap();
    let response = router.oneshot(request).await.unwrap();
    let location = response.headers().get("location").map(|value| value.to_str().unwrap().to_owned());
    let status = response.status();
    let body = response.into_body().collect().await.unwrap().to_bytes();
    (status, location.unwrap_or_default(), String::from_utf8(body.to_vec()).unwrap())
}
