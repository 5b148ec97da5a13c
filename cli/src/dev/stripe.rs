//! The payment provider of the local server: the one of the pack, the built-in Stripe, or a test account at Stripe.

mod record;

use std::io;
use std::net::Ipv4Addr;
use std::sync::{Arc, OnceLock};

use axum::Router;
use axum::body::Body;
use axum::extract::Request;
use axum::middleware::{self, Next};
use futures::FutureExt as _;
use http::header::CONTENT_TYPE;
use seatwise_domain::pack::BillingProvider;
use seatwise_functions::Secret;
use seatwise_functions::payments::{ApiKeys, StripeAccess, StripeApi, WebhookSecrets};
use seatwise_stripe::{Client, ClientConfig, SecretKey, WebhookSecret};
use seatwise_stripe_stub::{Stub, StubConfig, WebhookDelivery};
use tokio::net::TcpListener;
use tokio::task::AbortHandle;
use tower::ServiceExt as _;

use super::browser;
use super::clock::DevClock;
use super::data::Data;
use super::error::StartError;
use record::Record;

/// The path of the built-in Stripe's pages.
pub(super) const PAGES: &str = "/stripe";

/// The key that the functions use at the built-in Stripe.
pub(super) const STUB_KEY: &str = "rk_test_local";

/// The payment provider of a local server.
#[derive(Clone, Debug, Default)]
pub enum Billing {
    /// The provider of the pack. Where that is Stripe, the built-in one stands for it.
    #[default]
    OfPack,
    /// No provider: purchases are granted at once.
    Manual,
    /// The built-in Stripe.
    Stub {
        /// The secret that signs its webhooks; absent: a fresh one.
        webhook_secret: Option<String>,
    },
    /// A test account at Stripe.
    Stripe {
        /// The key of the account.
        key: String,
        /// The secret that signs its webhooks, where something forwards them.
        webhook_secret: Option<String>,
    },
}

/// The provider, ready for the functions.
pub(super) struct Payments {
    /// The access of the functions.
    pub(super) access: StripeAccess,
    /// The provider, if it is not the one of the pack.
    pub(super) provider: Option<BillingProvider>,
    /// A client of the account, which still needs products and prices.
    pub(super) client: Option<Client>,
    /// The built-in Stripe.
    pub(super) stub: Option<LocalStub>,
}

/// The built-in Stripe of a local server.
#[derive(Clone)]
pub(super) struct LocalStub {
    pub(super) stub: Stub,
    /// Where its API is reached.
    pub(super) api: String,
    /// The router that takes the webhooks; set when there is one.
    pub(super) receiver: Arc<OnceLock<Router>>,
}

/// Starts what the provider needs. `url` is where the pages are reached.
pub(super) async fn start(
    billing: Billing,
    of_pack: BillingProvider,
    (data, clock, url): (&Data, &DevClock, &str),
    tasks: &mut Vec<AbortHandle>,
) -> Result<Payments, StartError> {
    match billing {
        Billing::Manual => Ok(manual()),
        Billing::OfPack if of_pack == BillingProvider::Manual => Ok(manual()),
        Billing::OfPack => Box::pin(with_stub(None, None, (data, clock, url), tasks)).await,
        Billing::Stub { webhook_secret } => {
            let provider = Some(BillingProvider::Stripe);
            Box::pin(with_stub(webhook_secret, provider, (data, clock, url), tasks)).await
        }
        Billing::Stripe { key, webhook_secret } => of_account(key, webhook_secret),
    }
}

fn manual() -> Payments {
    let provider = Some(BillingProvider::Manual);
    Payments { access: StripeAccess::default(), provider, client: None, stub: None }
}

fn of_account(key: String, webhook_secret: Option<String>) -> Result<Payments, StartError> {
    let key = SecretKey::new(key);
    if key.is_live() {
        return Err(StartError::LiveKey);
    }
    let client = Client::new(ClientConfig::new(vec![key.clone()])).map_err(|_| StartError::BadStripeKey)?;
    let secrets = webhook_secret.into_iter().map(WebhookSecret::new).collect();
    let access = StripeAccess {
        api: Some(StripeApi::new(Secret::here(ApiKeys(vec![key])), None)),
        webhook: Some(Secret::here(WebhookSecrets(secrets))),
        live: false,
    };
    Ok(Payments { access, provider: Some(BillingProvider::Stripe), client: Some(client), stub: None })
}

async fn with_stub(
    webhook_secret: Option<String>,
    provider: Option<BillingProvider>,
    (data, clock, url): (&Data, &DevClock, &str),
    tasks: &mut Vec<AbortHandle>,
) -> Result<Payments, StartError> {
    let secret = webhook_secret.unwrap_or_else(|| format!("whsec_{:032x}", rand::random::<u128>()));
    let built_in = |error: io::Error| StartError::BuiltInStripe(error.to_string());
    let record = Record::from_environment().map_err(built_in)?;
    let receiver = Arc::new(OnceLock::new());
    let stub = Stub::new(StubConfig {
        secret_keys: vec![STUB_KEY.to_owned()],
        webhook_secrets: vec![secret.clone()],
        public_url: format!("{url}{PAGES}"),
        clock: clock.as_clock(),
        deliver: deliver_to(Arc::clone(&receiver), record.clone()),
        file: data.beside("stripe.json"),
        seed: rand::random(),
    })
    .map_err(|error| StartError::BuiltInStripe(error.to_string()))?;
    let api =
        after_each(&stub, record.of_api(stub.api())).layer(middleware::from_fn(browser::refuse_browsers));
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.map_err(built_in)?;
    let address = listener.local_addr().map_err(built_in)?;
    tasks.push(tokio::spawn(axum::serve(listener, api).into_future()).abort_handle());
    let base_url = format!("http://{address}");
    let key = SecretKey::new(STUB_KEY);
    let config = ClientConfig { base_url: base_url.clone(), ..ClientConfig::new(vec![key.clone()]) };
    let client = Client::new(config).map_err(|error| StartError::BuiltInStripe(error.to_string()))?;
    let access = StripeAccess {
        api: Some(StripeApi::new(Secret::here(ApiKeys(vec![key])), Some(base_url.clone()))),
        webhook: Some(Secret::here(WebhookSecrets(vec![WebhookSecret::new(secret)]))),
        live: false,
    };
    let stub = Some(LocalStub { stub, api: base_url, receiver });
    Ok(Payments { access, provider, client: Some(client), stub })
}

impl LocalStub {
    /// The pages of the built-in Stripe.
    pub(super) fn pages(&self) -> Router {
        after_each(&self.stub, self.stub.pages())
    }
}

/// After each request the built-in Stripe sends its webhooks.
fn after_each(stub: &Stub, router: Router) -> Router {
    let stub = stub.clone();
    router.layer(middleware::from_fn(move |request: Request, next: Next| {
        let stub = stub.clone();
        async move {
            let response = next.run(request).await;
            tokio::spawn(async move { stub.tick().await });
            response
        }
    }))
}

/// Hands webhooks to the local server's own route, as Stripe would.
fn deliver_to(
    receiver: Arc<OnceLock<Router>>,
    record: Record,
) -> Arc<dyn Fn(WebhookDelivery) -> futures::future::BoxFuture<'static, bool> + Send + Sync> {
    Arc::new(move |delivery: WebhookDelivery| {
        let router = receiver.get().cloned();
        record.webhook(&delivery);
        async move {
            let Some(router) = router else { return false };
            let request = Request::post("/v1/stripe/webhook")
                .header("stripe-signature", delivery.signature)
                .header(CONTENT_TYPE, "application/json")
                .body(Body::from(delivery.body));
            let Ok(request) = request else { return false };
            router.oneshot(request).await.is_ok_and(|response| response.status().is_success())
        }
        .boxed()
    })
}
