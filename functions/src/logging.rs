//! What may be written to a log, whatever is asked for.

use tracing::{Level, Metadata};

/// Foreign crates never get below a warning: clients, servers and the Lambda runtime trace whole
/// requests, and those hold tokens and addresses (K27). Their spans may be there, since they name the
/// invocation.
pub fn is_safe(meta: &Metadata<'_>) -> bool {
    let most = if meta.is_span() { Level::INFO } else { Level::WARN };
    meta.target().starts_with("seatwise") || *meta.level() <= most
}
