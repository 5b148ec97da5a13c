//! The built-in Stripe beside a deployment.

use std::sync::{Arc, Mutex};

use axum::Router;
use futures::FutureExt as _;
use seatwise_stripe::{Client, ClientConfig, SecretKey};
use seatwise_stripe_stub::{Stub, StubConfig, WebhookDelivery};
use tokio::net::TcpListener;

use super::deployment::Deployment;

/// The key of its API.
pub const STRIPE_KEY: &str = "rk_test_recorded";
/// The secret that signs its webhooks.
pub const WEBHOOK_SECRET: &str = "whsec_recorded";

/// A running one. It ends with the test's runtime. Its webhooks wait until somebody takes them.
pub struct BuiltInStripe {
    /// The webhooks that wait.
    pub deliveries: Arc<Mutex<Vec<WebhookDelivery>>>,
    /// The Stripe itself.
    pub stub: Stub,
    /// Where its API listens.
    pub url: String,
}

impl BuiltInStripe {
    /// Starts one with the prices of the deployment's pack. Its API is behind this layer.
    pub async fn start(deployment: &Deployment, seed: u64, layer: impl FnOnce(Router) -> Router) -> Self {
        let clock = deployment.clock.clone();
        let deliveries = Arc::new(Mutex::new(Vec::new()));
        let sent = Arc::clone(&deliveries);
        let stub = Stub::new(StubConfig {
            secret_keys: vec![STRIPE_KEY.to_owned()],
            webhook_secrets: vec![WEBHOOK_SECRET.to_owned()],
            public_url: "https://stripe.example.com".to_owned(),
            clock: Arc::new(move || clock.now()),
            deliver: Arc::new(move |delivery: WebhookDelivery| {
                sent.lock().expect("webhooks").push(delivery);
                async { true }.boxed()
            }),
            file: None,
            seed,
        })
        .expect("a Stripe");
        let url = serve(layer(stub.api())).await;
        let config =
            ClientConfig { base_url: url.clone(), ..ClientConfig::new(vec![SecretKey::new(STRIPE_KEY)]) };
        let client = Client::new(config).expect("a client");
        seatwise_cli::billing::provision(&client, &deployment.pack).await.expect("products and prices");
        Self { deliveries, stub, url }
    }

    /// Takes the webhooks that wait.
    pub fn take_deliveries(&self) -> Vec<WebhookDelivery> {
        std::mem::take(&mut *self.deliveries.lock().expect("webhooks"))
    }
}

/// Serves a router on a port of its own; its address.
pub async fn serve(router: Router) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
    let url = format!("http://{}", listener.local_addr().expect("its address"));
    tokio::spawn(async move { axum::serve(listener, router).await });
    url
}
