//! The cost of an operation on the local server, without a socket: six operations, one after the other.
//!
//!     cargo bench -p seatwise-benches --bench requests

use std::time::{Duration, Instant};

use axum::body::Body;
use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use http::Request;
use http::header::{AUTHORIZATION, CONTENT_TYPE};
use http_body_util::BodyExt as _;
use seatwise_benches::{Call, OPERATIONS, Pair, Round, fresh_address};
use seatwise_cli::dev::{self, Billing, Data, Local, Options, Person};
use seatwise_domain::EmailAddress;
use seatwise_functions::service_clients::ServiceClients;
use serde_json::{Value, json};
use tokio::runtime::Runtime;
use tower::ServiceExt as _;

/// Six operations, and each of them.
fn requests(criterion: &mut Criterion) {
    let runtime = Runtime::new().expect("a runtime");
    let local = runtime.block_on(start());
    let mut group = criterion.benchmark_group("local server");
    group.sample_size(30).measurement_time(Duration::from_secs(10));
    group.throughput(Throughput::Elements(OPERATIONS.len() as u64));
    group.bench_function("six operations", |bench| {
        bench.iter_custom(|rounds| runtime.block_on(all(&local, rounds)).into_iter().sum());
    });
    group.throughput(Throughput::Elements(1));
    for (place, name) in OPERATIONS.iter().enumerate() {
        group.bench_function(*name, |bench| {
            bench.iter_custom(|rounds| runtime.block_on(all(&local, rounds))[place]);
        });
    }
    group.finish();
}

async fn start() -> Local {
    let url = "http://127.0.0.1:8787".to_owned();
    let options = Options {
        data: Data::Memory,
        pack: Some("role-ladder".to_owned()),
        oidc: None,
        services: ServiceClients::default(),
        app_url: url.clone(),
        url,
        billing: Billing::Manual,
    };
    Box::pin(dev::start(options)).await.expect("the local server")
}

/// The time of each operation, of all rounds together. Signing in is not measured.
async fn all(local: &Local, rounds: u64) -> [Duration; OPERATIONS.len()] {
    let mut times = [Duration::ZERO; OPERATIONS.len()];
    for _ in 0..rounds {
        let pair = sign_in(local).await;
        let mut round = Round::new(&pair);
        for (place, time) in times.iter_mut().enumerate() {
            let call = round.call(place);
            let start = Instant::now();
            let answer = send(local, call).await;
            *time += start.elapsed();
            round.answered(place, &answer);
        }
    }
    local.settle().await;
    times
}

async fn sign_in(local: &Local) -> Pair {
    let [owner, joiner] = [(); 2].map(|()| fresh_address());
    let token = |email: &str| {
        let email = EmailAddress::try_from(email.to_owned()).expect("an address");
        let person = Person { email, email_verified: true, first_name: None, last_name: None };
        local.issuer.sign_in(&person).expect("a token")
    };
    let pair = Pair { owner: token(&owner), joiner: token(&joiner), email: joiner };
    for token in [&pair.owner, &pair.joiner] {
        let body = Some(json!({}));
        send(local, Call { method: http::Method::POST, path: "/v1/me".to_owned(), token, body }).await;
    }
    pair
}

async fn send(local: &Local, call: Call<'_>) -> Value {
    let Call { method, path, token, body } = call;
    let what = format!("{method} {path}");
    let request = Request::builder().method(method).uri(path).header("host", "127.0.0.1:8787");
    let request = request.header(AUTHORIZATION, format!("Bearer {token}"));
    let request = match body {
        Some(body) => request.header(CONTENT_TYPE, "application/json").body(Body::from(body.to_string())),
        None => request.body(Body::empty()),
    };
    let answer = local.router.clone().oneshot(request.expect("a request")).await.expect("an answer");
    let status = answer.status();
    let bytes = answer.into_body().collect().await.expect("a body").to_bytes();
    assert!(status.is_success(), "{what}: {status} {}", String::from_utf8_lossy(&bytes));
    serde_json::from_slice(&bytes).unwrap_or_default()
}

criterion_group!(benches, requests);
criterion_main!(benches);
