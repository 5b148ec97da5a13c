//! The program that Lambda starts. One executable serves every function: the Handler setting, which
//! Lambda hands over as `_HANDLER`, names the function.

use std::convert::Infallible;
use std::env;
use std::process::ExitCode;
use std::sync::Arc;
use std::time::Duration;

use aws_config::stalled_stream_protection::StalledStreamProtectionConfig;
use aws_config::timeout::TimeoutConfig;
use aws_sdk_dynamodb::config::SharedHttpClient;
use aws_smithy_http_client::tls::rustls_provider::CryptoMode;
use aws_smithy_http_client::tls::{self, TlsContext, TrustStore};
use futures::future::{FutureExt as _, LocalBoxFuture};
use lambda_http::Adapter;
use lambda_http::tower::Service as _;
use lambda_runtime::{LambdaEvent, service_fn};
use seatwise_policy::Core;
use seatwise_store::Store;
use serde_json::Value;
use tracing_subscriber::filter::filter_fn;
use tracing_subscriber::fmt::format::JsonFields;
use tracing_subscriber::layer::SubscriberExt as _;
use tracing_subscriber::util::SubscriberInitExt as _;
use tracing_subscriber::{EnvFilter, Layer as _};

use crate::background::{self, BackgroundFunction};
use crate::dns::Dns;
use crate::event::Event;
use crate::keys::{Keyring, Keys};
use crate::logging;
use crate::operations::{self, Row};
use crate::payments::{StripeAccess, StripeApi};
use crate::secret::Secret;
use crate::service::{Service, ServiceParts, Settings};
use crate::service_clients::ServiceClients;

/// Starts the function that `_HANDLER` names, and serves until Lambda ends it.
pub fn main() -> ExitCode {
    log_to_stdout();
    match start() {
        Ok(()) => ExitCode::SUCCESS,
        Err(message) => {
            tracing::error!(reason = message, "cannot start");
            eprintln!("seatwise: {message}");
            ExitCode::FAILURE
        }
    }
}

fn log_to_stdout() {
    let asked = EnvFilter::try_from_env("SEATWISE_LOG").unwrap_or_else(|_| EnvFilter::new("info"));
    let stack = env::var("SEATWISE_STACK").unwrap_or_default();
    let layer = tracing_subscriber::fmt::layer()
        .event_format(logging::Lines::new(stack, system_time))
        .fmt_fields(JsonFields::new())
        .with_ansi(false);
    let layer = layer.with_filter(asked).with_filter(filter_fn(logging::is_safe));
    // A second call, as in tests, leaves the first in place.
    let _ = tracing_subscriber::registry().with(layer).try_init();
}

fn start() -> Result<(), String> {
    let name = env::var("_HANDLER").unwrap_or_default();
    let handler = handler(&name)?;
    let configuration = Configuration::from_env()?;
    if background::find(&name).is_none_or(|function| function.needs_policies) {
        seatwise_policy::parse_ahead();
    }
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .map_err(|error| format!("no runtime: {error}"))?;
    let served = runtime.block_on(async {
        let service = service(configuration).await;
        handler(service).await
    });
    served.map_err(|error| format!("the Lambda runtime ended: {error}"))
}

/// A function that serves invocations until Lambda ends it.
type Serving = LocalBoxFuture<'static, Result<(), lambda_runtime::Error>>;
/// The start of one function: it takes a service, and serves the function with it.
type Handler = Box<dyn FnOnce(Arc<Service>) -> Serving>;

/// The handler of the function of this name.
fn handler(name: &str) -> Result<Handler, String> {
    if let Some(row) = operations::find(name) {
        return Ok(Box::new(|service| answer_requests(service, row).boxed_local()));
    }
    if let Some(function) = background::find(name) {
        return Ok(Box::new(|service| run_in_background(service, function).boxed_local()));
    }
    let operations = operations::all().iter().map(|row| row.name);
    let known: Vec<&str> = operations.chain(background::names()).collect();
    Err(format!(
        "the Handler setting is {name:?}, which is no function; it must be one of: {}",
        known.join(", ")
    ))
}

/// The configuration, from the function's environment.
struct Configuration {
    table: String,
    settings: Settings,
    /// The secret with the keys of invitation links.
    link_keys: String,
    /// The secret with the public keys of those who may publish policies.
    policy_keys: String,
    /// The secret with the keys that sign digests of the log, where the function seals logs.
    seal_keys: Option<String>,
    /// The secret with the keys of Stripe's API, where the function may call Stripe.
    stripe_keys: Option<String>,
    /// The secret with the secrets that sign webhooks, where the function takes webhooks.
    stripe_webhook_secrets: Option<String>,
    /// Stripe's API, if it is not Stripe's own.
    stripe_url: Option<String>,
    /// Whether real money is moved.
    stripe_live: bool,
}

impl Configuration {
    fn from_env() -> Result<Self, String> {
        let required =
            |name: &str| env::var(name).map_err(|_| format!("the environment variable {name} is not set"));
        let optional = |name: &str| env::var(name).ok().filter(|value| !value.is_empty());
        Ok(Self {
            table: required("SEATWISE_TABLE")?,
            settings: Settings {
                app_url: required("SEATWISE_APP_URL")?,
                mail_from: required("SEATWISE_MAIL_FROM")?,
                services: ServiceClients::parse(&optional("SEATWISE_SERVICE_CLIENTS").unwrap_or_default())
                    .map_err(|error| format!("SEATWISE_SERVICE_CLIENTS: {error}"))?,
                mail_configuration_set: env::var("SEATWISE_MAIL_CONFIGURATION_SET").ok(),
            },
            link_keys: required("SEATWISE_LINK_KEYS")?,
            policy_keys: required("SEATWISE_POLICY_KEYS")?,
            seal_keys: optional("SEATWISE_SEAL_KEYS"),
            stripe_keys: optional("SEATWISE_STRIPE_KEYS"),
            stripe_webhook_secrets: optional("SEATWISE_STRIPE_WEBHOOK_SECRETS"),
            stripe_url: optional("SEATWISE_STRIPE_URL"),
            stripe_live: optional("SEATWISE_STRIPE_LIVE").as_deref() == Some("true"),
        })
    }
}

async fn answer_requests(service: Arc<Service>, row: &'static Row) -> Result<(), lambda_runtime::Error> {
    futures::join!(service.warm_up(row.links), service.warm_up_stripe(row.stripe));
    let answer = |event: LambdaEvent<Event>| {
        let service = service.clone();
        let mut function = Adapter::from(service_fn(move |request| {
            let service = service.clone();
            async move { Ok::<_, Infallible>(crate::handle(&service, row, request).await) }
        }));
        function.call(LambdaEvent::new(event.payload.0, event.context))
    };
    lambda_runtime::run(service_fn(answer)).await
}

async fn run_in_background(
    service: Arc<Service>,
    function: &'static BackgroundFunction,
) -> Result<(), lambda_runtime::Error> {
    let policies = async {
        if function.needs_policies {
            service.warm_up(function.needs_links).await;
        }
    };
    futures::join!(policies, service.warm_up_stripe(function.stripe()));
    let run = |event: LambdaEvent<Value>| {
        let service = service.clone();
        async move { Ok::<_, Infallible>(function.run(service, event.payload).await) }
    };
    lambda_runtime::run(service_fn(run)).await
}

/// The root certificates of AWS.
const AMAZON: &str = include_str!("../trust/amazon.pem");

/// A client that trusts AWS and nobody else: to read all root certificates of the machine would take
/// longer than the rest of a start.
fn https() -> SharedHttpClient {
    let trusted = TrustStore::empty().with_pem_certificate(AMAZON);
    // The build only fails on a provider that it was compiled without.
    let tls = TlsContext::builder().with_trust_store(trusted).build().unwrap_or_default();
    let provider = tls::Provider::Rustls(CryptoMode::AwsLc);
    aws_smithy_http_client::Builder::new().tls_provider(provider).tls_context(tls).build_https()
}

async fn service(configuration: Configuration) -> Arc<Service> {
    // Below the function's own timeout, so that a slow call ends as an answer, not as a crash.
    let timeouts = TimeoutConfig::builder()
        .connect_timeout(Duration::from_secs(1))
        .operation_attempt_timeout(Duration::from_secs(3))
        .operation_timeout(Duration::from_secs(8))
        .build();
    let aws = aws_config::defaults(aws_config::BehaviorVersion::latest())
        .timeout_config(timeouts)
        // Answers are small, and the timeouts end a stalled one.
        .stalled_stream_protection(StalledStreamProtectionConfig::disabled())
        .http_client(https())
        .load()
        .await;
    // Two calls to Secrets Manager and two to the table fit into the ten seconds that Lambda gives a
    // start, and, with the request's own calls, into the function's timeout.
    let short = TimeoutConfig::builder()
        .connect_timeout(Duration::from_secs(1))
        .operation_attempt_timeout(Duration::from_secs(1))
        .operation_timeout(Duration::from_secs(2))
        .build();
    let secrets = aws_sdk_secretsmanager::config::Builder::from(&aws).timeout_config(short).build();
    let secrets = aws_sdk_secretsmanager::Client::from_conf(secrets);
    let Configuration {
        table,
        settings,
        link_keys,
        policy_keys,
        seal_keys,
        stripe_keys,
        stripe_webhook_secrets,
        stripe_url,
        stripe_live,
    } = configuration;
    let of_stripe = |secret| Secret::in_secrets_manager(secrets.clone(), secret);
    let stripe = StripeAccess {
        api: stripe_keys.map(|keys| StripeApi::new(of_stripe(keys), stripe_url)),
        webhook: stripe_webhook_secrets
            .map(|of_webhooks| Secret::in_secrets_manager(secrets.clone(), of_webhooks)),
        live: stripe_live,
    };
    Service::new(ServiceParts {
        dns: Dns::of_machine(),
        store: Store::new(aws_sdk_dynamodb::Client::new(&aws), table),
        ses: aws_sdk_sesv2::Client::new(&aws),
        clock: Arc::new(system_time),
        settings,
        link_keys: Keys::in_secrets_manager(secrets.clone(), link_keys),
        policy_keys: Keys::in_secrets_manager(secrets.clone(), policy_keys),
        seal_keys: seal_keys.map_or_else(
            || Keys::here(Keyring::default()),
            |seal_keys| Keys::in_secrets_manager(secrets, seal_keys),
        ),
        stripe,
        core: Core::current(),
        provider: None,
    })
}

#[expect(
    clippy::disallowed_methods,
    reason = "the one clock of the functions; everything else is handed the time"
)]
fn system_time() -> jiff::Timestamp {
    jiff::Timestamp::now()
}

#[cfg(test)]
mod tests {
    use base64::Engine as _;
    use base64::engine::general_purpose::STANDARD;
    use sha2::{Digest as _, Sha256};

    use super::*;

    /// As published at <https://www.amazontrust.com/repository/>: SHA-256 of each certificate.
    const FINGERPRINTS: [&str; 5] = [
        "8ecde6884f3d87b1125ba31ac3fcb13d7016de7f57cc904fe1cb97c6ae98196e",
        "1ba5b2aa8c65401a82960118f80bec4f62304d83cec4713a19c39c011ea46db4",
        "18ce6cfe7bf14e60b2e347b8dfe868cb31d02ebb3ada271569f50343b46db3a4",
        "e35d28419ed02025cfa69038cd623962458da5c695fbdea3c22b0bfb25897092",
        "568d6905a2c88708a4b3025190edcfedb1974a606a13c6e5290fcb2ae63edab5",
    ];

    #[test]
    fn functions_trust_amazon_and_nobody_else() {
        let parts = AMAZON.split("-----BEGIN CERTIFICATE-----").skip(1);
        let found: Vec<String> = parts
            .map(|part| part.split("-----END").next().unwrap().split_whitespace().collect::<String>())
            .map(|text| hex::encode(Sha256::digest(STANDARD.decode(text).unwrap())))
            .collect();
        assert_eq!(found, FINGERPRINTS);
        // The parser of the client takes them as well.
        let _ = https();
    }

    #[test]
    fn an_unknown_handler_is_named() {
        let message = handler("frobnicate").err().unwrap();
        assert!(message.contains("frobnicate") && message.contains("create-workspace"), "{message}");
    }
}
