//! A database of the test's own: embedded, in memory and in this process, or a table of its own in the engine that
//! `SEATWISE_TEST_DYNAMODB` names (`http://…`).

use std::time::Duration;

use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::config::retry::RetryConfig;
use aws_sdk_dynamodb::config::timeout::TimeoutConfig;
use aws_sdk_dynamodb::config::{BehaviorVersion, Builder, Config, Credentials, Region};
use seatwise_cli::dev::InProcess;
use seatwise_cli::dev::roles::RoleCheck;
use seatwise_domain::Version;
use seatwise_store::Store;
use tokio::net::TcpListener;

/// A running engine. The embedded one ends with the test's runtime.
pub struct Engine {
    endpoint: String,
    client: Client,
    embedded: bool,
}

impl Engine {
    /// The embedded engine, unless the environment names another one.
    pub async fn memory() -> Self {
        if let Ok(endpoint) = std::env::var("SEATWISE_TEST_DYNAMODB") {
            return Self { client: client(&endpoint), endpoint, embedded: false };
        }
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
        let endpoint = format!("http://{}", listener.local_addr().expect("its address"));
        let database = dynoxide::Database::memory().expect("an empty database");
        let for_ever = std::future::pending::<()>();
        // Proxies and other processes reach it here.
        tokio::spawn(dynoxide::server::serve_with_shutdown(listener, database.clone(), for_ever));
        let in_process = InProcess::configure(database, config(&endpoint)).build();
        Self { client: Client::from_conf(in_process), endpoint, embedded: true }
    }

    /// A client of it.
    pub fn client(&self) -> Client {
        self.client.clone()
    }

    /// Where it listens.
    pub fn endpoint(&self) -> &str {
        &self.endpoint
    }

    /// Whether it is the embedded one, which also measures capacity as AWS does.
    pub fn is_embedded(&self) -> bool {
        self.embedded
    }

    /// A new, empty table in it, and its name.
    pub async fn table(&self) -> (Store, String) {
        let name = format!("seatwise-{:016x}", rand::random::<u64>());
        let store = Store::new(self.client(), &name).counting_from(Version(1));
        store.create_table().await.expect("a new table");
        (store, name)
    }

    /// A store on a new, empty table.
    pub async fn store(&self) -> Store {
        self.table().await.0
    }
}

/// A client of whatever listens there.
pub fn client(endpoint: &str) -> Client {
    Client::from_conf(config(endpoint).build())
}

/// It gives up and repeats sooner than a client in service, so that tests of faults are short.
fn config(endpoint: &str) -> Builder {
    let timeouts = TimeoutConfig::builder().operation_attempt_timeout(Duration::from_secs(2)).build();
    let retries = RetryConfig::standard().with_initial_backoff(Duration::from_millis(10));
    Config::builder()
        .behavior_version(BehaviorVersion::latest())
        .region(Region::new("eu-central-1"))
        .credentials_provider(Credentials::new("test", "test", None, None, "tests"))
        .timeout_config(timeouts)
        .retry_config(retries)
        .endpoint_url(endpoint)
        .interceptor(RoleCheck)
}
