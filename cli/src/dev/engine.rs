//! The database: DynamoDB in miniature, over SQLite, reached by the real client.

use std::net::Ipv4Addr;
use std::path::Path;

use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::config::{
    BehaviorVersion, Builder, Config, Credentials, Region, StalledStreamProtectionConfig,
};
use dynoxide::Database;
use tokio::net::TcpListener;
use tokio::task::AbortHandle;

use super::error::StartError;
use super::files::create_private;
use super::in_process::InProcess;
use super::roles::RoleCheck;
use super::stream::LocalStream;

/// A running engine, and a client of it.
#[derive(Clone, Debug)]
pub struct Engine {
    client: Client,
    stream: LocalStream,
}

impl Engine {
    /// Starts an engine in memory.
    pub(super) fn in_memory() -> Result<Self, StartError> {
        let database = Database::memory().map_err(|error| StartError::Engine(error.to_string()))?;
        Ok(Self::in_process(database))
    }

    /// Starts an engine over the file. It listens at the returned address, where a command of the operator reaches it
    /// from another process.
    ///
    /// A commit is on the disk before it is answered: SQLite's write-ahead log, which the engine
    /// turns on, with SQLite's default `synchronous = FULL`, which it leaves on (SQLite
    /// documentation, "PRAGMA synchronous").
    pub(super) async fn of_file(file: &Path) -> Result<(Self, String, AbortHandle), StartError> {
        let database = open(file)?;
        let io_fault = |error: std::io::Error| StartError::Engine(error.to_string());
        let listener = bind_out_of_sight().await.map_err(io_fault)?;
        let url = format!("http://{}", listener.local_addr().map_err(io_fault)?);
        let for_ever = std::future::pending();
        let serving = dynoxide::server::serve_with_shutdown(listener, database.clone(), for_ever);
        Ok((Self::in_process(database), url, tokio::spawn(serving).abort_handle()))
    }

    /// One that another process runs.
    pub(super) fn at(url: &str) -> Self {
        Self::with(|config| config.endpoint_url(url))
    }

    fn in_process(database: Database) -> Self {
        Self::with(|config| InProcess::configure(database, config))
    }

    fn with(transport: impl FnOnce(Builder) -> Builder) -> Self {
        let stream = LocalStream::default();
        let config = Config::builder()
            .behavior_version(BehaviorVersion::latest())
            .region(Region::from_static("local"))
            .credentials_provider(credentials())
            .stalled_stream_protection(StalledStreamProtectionConfig::disabled())
            .interceptor(RoleCheck)
            .interceptor(stream.clone());
        Self { client: Client::from_conf(transport(config).build()), stream }
    }

    /// The stream of what its client writes.
    pub(super) fn stream(&self) -> &LocalStream {
        &self.stream
    }

    /// A client of it.
    pub fn client(&self) -> &Client {
        &self.client
    }
}

/// A listener that no web page finds: pages can reach loopback addresses, and the engine authenticates
/// nobody. A search of 2^22 random addresses and 2^14 random ports would take months.
async fn bind_out_of_sight() -> std::io::Result<TcpListener> {
    let [a, b, c] = rand::random::<[u8; 3]>();
    let address = Ipv4Addr::new(127, a.max(1), b, c.clamp(1, 254));
    match TcpListener::bind((address, 0)).await {
        Ok(listener) => Ok(listener),
        // Not every system has all of 127.0.0.0/8 (RFC 1122 section 3.2.1.3).
        Err(_) => TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await,
    }
}

fn open(file: &Path) -> Result<Database, StartError> {
    let bad = |reason: String| StartError::BadData { path: file.to_owned(), reason };
    let path = file.to_str().ok_or_else(|| bad("its name is not UTF-8".to_owned()))?;
    // SQLite would open a file without write permission as read-only, and fail at the first write.
    create_private(file).map_err(|source| StartError::Data { path: file.to_owned(), source })?;
    let one_line = |error: dynoxide::DynoxideError| bad(error.to_string().replace('\n', " "));
    let database = Database::new(path).map_err(one_line)?;
    // DynamoDB deletes expired items by itself; the engine deletes them only on request.
    database.sweep_ttl().map_err(one_line)?;
    Ok(database)
}

/// The engine and the mailbox ask for credentials, and take any.
pub(super) fn credentials() -> Credentials {
    Credentials::new("local", "local", None, None, "seatwise-dev")
}
