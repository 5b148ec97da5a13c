//! How often a request is sent, with which key, and when the client gives up.

use std::time::Duration;

use serde_json::json;
use tokio::net::TcpListener;
use tokio::time::Instant;

use crate::fake::{Fake, Reply, client};
use crate::{API_VERSION, Client, Customer, CustomerChange, IdempotencyKey, StripeError};

fn key() -> IdempotencyKey {
    IdempotencyKey::new("customer", 7)
}

fn customer() -> Reply {
    Reply::ok(&json!({"id": "cus_1", "object": "customer", "livemode": false, "metadata": null}))
}

async fn change(client: &Client) -> Result<Customer, StripeError> {
    client.update_customer("cus_1", &CustomerChange { name: Some("Ann"), email: None }, &key()).await
}

#[tokio::test(start_paused = true)]
async fn a_request_has_its_version_key_and_form() {
    let fake = Fake::replying([customer(), customer()]).await;
    change(&fake.client()).await.unwrap();
    fake.client().customer("cus_1").await.unwrap();
    let asked = fake.asked();
    assert_eq!(asked[0].line, "POST /v1/customers/cus_1 name=Ann");
    assert_eq!(asked[0].header("authorization"), Some("Bearer sk_test_1"));
    assert_eq!(asked[0].header("stripe-version"), Some(API_VERSION));
    assert_eq!(asked[0].header("idempotency-key"), Some("customer:7"));
    assert_eq!(asked[0].header("content-type"), Some("application/x-www-form-urlencoded"));
    assert_eq!(asked[1].line, "GET /v1/customers/cus_1");
    assert_eq!(asked[1].header("stripe-version"), Some(API_VERSION));
    assert_eq!(asked[1].header("idempotency-key"), None);
    assert_eq!(asked[1].header("content-type"), None);
}

#[tokio::test(start_paused = true)]
async fn what_may_pass_is_tried_again_with_the_same_key() {
    for passing in
        [Reply::error(500), Reply::error(503), Reply::error(429), Reply::coded(409, "lock_timeout")]
    {
        let fake = Fake::replying([passing, customer()]).await;
        assert_eq!(change(&fake.client()).await.unwrap().id, "cus_1");
        let asked = fake.asked();
        assert_eq!(asked.len(), 2);
        assert_eq!(asked[0].line, asked[1].line);
        assert_eq!(asked[1].header("idempotency-key"), Some("customer:7"));
    }
}

#[tokio::test(start_paused = true)]
async fn what_does_not_pass_is_not_tried_again() {
    for status in [400, 402, 403, 404, 418] {
        let fake = Fake::replying([Reply::error(status), customer()]).await;
        assert!(change(&fake.client()).await.is_err());
        assert_eq!(fake.asked().len(), 1, "{status}");
    }
}

#[tokio::test(start_paused = true)]
async fn stripes_advice_decides() {
    let fake = Fake::replying([Reply::advised(500, "false"), customer()]).await;
    assert_eq!(change(&fake.client()).await.unwrap_err(), StripeError::Api { status: 500 });
    assert_eq!(fake.asked().len(), 1);
    let fake = Fake::replying([Reply::advised(400, "true"), customer()]).await;
    assert!(change(&fake.client()).await.is_ok());
}

#[tokio::test(start_paused = true)]
async fn there_are_three_attempts_with_pauses_between_them() {
    let fake = Fake::replying((0..9).map(|_| Reply::error(503))).await;
    let start = Instant::now();
    assert_eq!(change(&fake.client()).await.unwrap_err(), StripeError::Api { status: 503 });
    assert_eq!(fake.asked().len(), 3);
    let waited = start.elapsed();
    assert!((Duration::from_millis(1_500)..Duration::from_millis(3_100)).contains(&waited), "{waited:?}");
}

#[tokio::test(start_paused = true)]
async fn an_attempt_without_an_answer_ends_and_is_tried_again() {
    let fake = Fake::replying([Reply::Silence, customer()]).await;
    let start = Instant::now();
    assert!(change(&fake.client()).await.is_ok());
    assert!(start.elapsed() >= Duration::from_secs(30));
    assert_eq!(fake.asked().len(), 2);
}

#[tokio::test(start_paused = true)]
async fn a_deadline_ends_the_attempt_and_all_others() {
    let fake = Fake::replying([Reply::Silence, customer()]).await;
    let client = fake.client().within(Duration::from_secs(8));
    let start = Instant::now();
    assert_eq!(change(&client).await.unwrap_err(), StripeError::TimedOut { sent: true });
    assert!((Duration::from_secs(8)..Duration::from_millis(8_100)).contains(&start.elapsed()));
    assert_eq!(fake.asked().len(), 1);
    assert_eq!(change(&client).await.unwrap_err(), StripeError::TimedOut { sent: false });
    assert!(fake.asked().is_empty());
}

#[tokio::test(start_paused = true)]
async fn no_pause_leads_beyond_the_deadline() {
    let fake = Fake::replying([Reply::error(503), customer()]).await;
    let start = Instant::now();
    let client = fake.client().within(Duration::from_millis(400));
    assert_eq!(change(&client).await.unwrap_err(), StripeError::Api { status: 503 });
    assert!(start.elapsed() < Duration::from_millis(100));
}

#[tokio::test(start_paused = true)]
async fn an_effect_of_an_earlier_attempt_is_not_forgotten() {
    let turned_away = || Reply::error(429);
    let fake = Fake::replying([Reply::Silence, turned_away(), turned_away()]).await;
    let error = change(&fake.client()).await.unwrap_err();
    assert_eq!(error, StripeError::TimedOut { sent: true });
    assert!(error.may_have_happened());
    // An answer about the effect itself settles it.
    let fake = Fake::replying([Reply::Silence, Reply::error(402)]).await;
    assert!(!change(&fake.client()).await.unwrap_err().may_have_happened());
}

#[tokio::test(start_paused = true)]
async fn the_next_key_is_used_where_the_first_is_not_known() {
    let fake = Fake::replying([Reply::error(401), customer(), Reply::error(401), Reply::error(401)]).await;
    let client = client(&fake.url, &["rk_test_2", "rk_test_1"]);
    let start = Instant::now();
    assert!(change(&client).await.is_ok());
    assert_eq!(change(&client).await.unwrap_err(), StripeError::Authentication);
    assert!(start.elapsed() < Duration::from_millis(100));
    let keys: Vec<_> =
        fake.asked().iter().map(|asked| asked.header("authorization").unwrap().to_owned()).collect();
    let (new, old) = ("Bearer rk_test_2", "Bearer rk_test_1");
    assert_eq!(keys, [new, old, new, old]);
}

#[tokio::test(start_paused = true)]
async fn a_connection_that_was_never_made_has_no_effect() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    drop(listener);
    let error = change(&client(&url, &["sk_test_1"])).await.unwrap_err();
    assert_eq!(error, StripeError::Network { sent: false });
}

#[tokio::test(start_paused = true)]
async fn a_connection_that_breaks_may_have_had_an_effect() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    tokio::spawn(async move { while listener.accept().await.is_ok() {} });
    let error = change(&client(&url, &["sk_test_1"])).await.unwrap_err();
    assert_eq!(error, StripeError::Network { sent: true });
}

#[tokio::test(start_paused = true)]
async fn an_answer_that_cannot_be_read_may_have_had_an_effect() {
    let fake = Fake::replying([Reply::ok(&json!({"id": 7}))]).await;
    let error = change(&fake.client()).await.unwrap_err();
    assert_eq!(error, StripeError::BadAnswer { path: "id".to_owned() });
    assert_eq!(fake.asked().len(), 1);
}

#[tokio::test(start_paused = true)]
async fn an_id_leads_to_no_other_resource() {
    let fake = Fake::replying([customer()]).await;
    for id in ["", ".", ".."] {
        assert_eq!(fake.client().customer(id).await.unwrap_err(), StripeError::NotFound);
    }
    assert!(fake.asked().is_empty());
    fake.client().customer("../a?b#c").await.unwrap();
    assert_eq!(fake.lines(), ["GET /v1/customers/..%2Fa%3Fb%23c"]);
}

#[tokio::test(start_paused = true)]
async fn a_key_that_cannot_be_sent_is_not_sent() {
    let fake = Fake::replying([customer()]).await;
    let bad = IdempotencyKey::new("a", "b\n");
    let error = fake.client().update_customer("cus_1", &CustomerChange::default(), &bad).await.unwrap_err();
    assert_eq!(error, StripeError::Idempotency);
    assert!(fake.asked().is_empty());
}
