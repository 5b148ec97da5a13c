//! The log of the local server, on stderr.

use std::io::IsTerminal as _;

use tracing::level_filters::LevelFilter;
use tracing_subscriber::filter::filter_fn;
use tracing_subscriber::layer::SubscriberExt as _;
use tracing_subscriber::util::SubscriberInitExt as _;
use tracing_subscriber::{EnvFilter, Layer as _};

const ENGINE: &str = "dynoxide::server=error";

/// Logs to stderr: what `RUST_LOG` asks for, by default warnings.
pub fn start() {
    let asked = EnvFilter::builder().with_default_directive(LevelFilter::WARN.into()).from_env_lossy();
    let safe = filter_fn(seatwise_functions::logging::is_safe);
    // The engine warns of each error that it answers. Its clients expect some of them: the table exists
    // already, or a condition does not hold.
    let asked = asked.add_directive(ENGINE.parse().unwrap_or_else(|_| LevelFilter::WARN.into()));
    let layer = tracing_subscriber::fmt::layer()
        .with_ansi(std::io::stderr().is_terminal())
        .with_writer(std::io::stderr)
        .with_filter(asked)
        .with_filter(safe);
    // Fails only if a test has set one already.
    let _ = tracing_subscriber::registry().with(layer).try_init();
}
