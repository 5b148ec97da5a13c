//! Text records of domains: how a workspace shows that a domain is its own.

use std::sync::Arc;
use std::time::Duration;

use futures::future::{BoxFuture, FutureExt as _};
use hickory_resolver::TokioResolver;
use hickory_resolver::proto::rr::RData;

/// A domain's records could not be read. The absence of records is not an error.
#[derive(Debug, thiserror::Error)]
#[error("the domain's records could not be read")]
pub struct DnsError;

/// The longest wait for a server. The next run looks the domain up again.
const TIMEOUT: Duration = Duration::from_secs(3);

type Lookup = dyn Fn(String) -> BoxFuture<'static, Result<Vec<String>, DnsError>> + Send + Sync;

/// Reads text records.
#[derive(Clone)]
pub struct Dns(Arc<Lookup>);

impl Dns {
    /// Records from this function.
    pub fn new(
        lookup: impl Fn(String) -> BoxFuture<'static, Result<Vec<String>, DnsError>> + Send + Sync + 'static,
    ) -> Self {
        Self(Arc::new(lookup))
    }

    /// No records for any domain.
    pub fn nowhere() -> Self {
        Self::new(|_| async { Ok(Vec::new()) }.boxed())
    }

    /// Records from the machine's own resolver.
    pub fn of_machine() -> Self {
        Self::new(|name| lookup(name).boxed())
    }

    /// The text records under a name.
    pub async fn texts(&self, name: String) -> Result<Vec<String>, DnsError> {
        (self.0)(name).await
    }
}

async fn lookup(name: String) -> Result<Vec<String>, DnsError> {
    // Made each time: a resolver keeps sockets, and this runs once in minutes.
    let mut builder = TokioResolver::builder_tokio().map_err(|_| DnsError)?;
    let options = builder.options_mut();
    (options.timeout, options.attempts) = (TIMEOUT, 1);
    let resolver = builder.build().map_err(|_| DnsError)?;
    // The dot keeps the machine's own domains from being tried as well.
    let found = match resolver.txt_lookup(format!("{name}.")).await {
        Ok(found) => found,
        Err(error) if error.is_no_records_found() => return Ok(Vec::new()),
        Err(_) => return Err(DnsError),
    };
    let text = |data: &RData| match data {
        // A long text comes in pieces (RFC 7208 section 3.3).
        RData::TXT(txt) => Some(txt.txt_data.iter().map(|part| String::from_utf8_lossy(part)).collect()),
        _ => None,
    };
    Ok(found.answers().iter().filter_map(|record| text(&record.data)).collect())
}
