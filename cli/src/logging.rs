//! What the local server writes to stderr.

use tracing::level_filters::LevelFilter;
use tracing_subscriber::filter::filter_fn;
use tracing_subscriber::layer::SubscriberExt as _;
use tracing_subscriber::util::SubscriberInitExt as _;
use tracing_subscriber::{EnvFilter, Layer as _};

/// Logs to stderr: what `RUST_LOG` asks for, by default warnings.
///
/// Foreign crates never get below a warning, whatever is asked: clients and servers trace whole
/// requests, and those hold tokens and addresses (K27).
pub fn start() {
    let asked = EnvFilter::builder().with_default_directive(LevelFilter::WARN.into()).from_env_lossy();
    let safe = filter_fn(|meta| meta.target().starts_with("seatwise") || *meta.level() <= LevelFilter::WARN);
    let layer =
        tracing_subscriber::fmt::layer().with_writer(std::io::stderr).with_filter(asked).with_filter(safe);
    // Fails only if a test has set one already.
    let _ = tracing_subscriber::registry().with(layer).try_init();
}
