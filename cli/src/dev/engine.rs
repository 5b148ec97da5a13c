//! The database: DynamoDB in miniature, over SQLite, reached by the real client over HTTP.

use std::net::Ipv4Addr;
use std::path::Path;

use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::config::{BehaviorVersion, Config, Credentials, Region};
use dynoxide::Database;
use tokio::net::TcpListener;
use tokio::task::AbortHandle;

use super::error::StartError;
use super::files::create_private;
use super::roles::RoleCheck;
use super::stream::LocalStream;

/// A running engine, and a client of it.
#[derive(Clone, Debug)]
pub struct Engine {
    url: String,
    client: Client,
    stream: LocalStream,
}

impl Engine {
    /// Starts an engine over the file, or over memory.
    ///
    /// A commit is on the disk before it is answered: SQLite's write-ahead log, which the engine
    /// turns on, with SQLite's default `synchronous = FULL`, which it leaves on (SQLite
    /// documentation, "PRAGMA synchronous").
    pub(super) async fn start(file: Option<&Path>) -> Result<(Self, AbortHandle), StartError> {
        let database = match file {
            Some(file) => open(file)?,
            None => Database::memory().map_err(|error| StartError::Engine(error.to_string()))?,
        };
        let io_fault = |error: std::io::Error| StartError::Engine(error.to_string());
        let listener = bind_out_of_sight().await.map_err(io_fault)?;
        let url = format!("http://{}", listener.local_addr().map_err(io_fault)?);
        let serving =
            tokio::spawn(dynoxide::server::serve_with_shutdown(listener, database, std::future::pending()));
        Ok((Self::at(url), serving.abort_handle()))
    }

    /// One that runs already.
    pub(super) fn at(url: String) -> Self {
        let stream = LocalStream::default();
        let config = Config::builder()
            .behavior_version(BehaviorVersion::latest())
            .region(Region::from_static("local"))
            .credentials_provider(credentials())
            .endpoint_url(&url)
            .interceptor(RoleCheck)
            .interceptor(stream.clone())
            .build();
        Self { url, client: Client::from_conf(config), stream }
    }

    /// Where it listens.
    pub fn url(&self) -> &str {
        &self.url
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
