//! What is written to the log while a test runs on its one thread.

use std::io::{self, Write};
use std::sync::{Arc, Mutex};

use serde_json::Value;
use tracing::Metadata;
use tracing::subscriber::DefaultGuard;
use tracing_subscriber::filter::{LevelFilter, filter_fn};
use tracing_subscriber::fmt::MakeWriter;
use tracing_subscriber::layer::SubscriberExt as _;
use tracing_subscriber::{Layer as _, fmt};

/// A log, one JSON object a line.
#[derive(Clone, Default)]
pub struct Log(Arc<Mutex<Vec<u8>>>);

/// What one thread writes at every level, until this goes.
pub struct Logs {
    /// Everything, foreign crates included.
    pub all: Log,
    /// What our logs let through when everything is asked for.
    pub ours: Log,
    _guard: DefaultGuard,
}

impl Logs {
    /// Begins to listen.
    pub fn begin() -> Self {
        let (all, ours) = (Log::default(), Log::default());
        let is_safe = |meta: &Metadata<'_>| seatwise_functions::logging::is_safe(meta);
        let subscriber = tracing_subscriber::registry()
            .with(fmt::layer().json().with_writer(all.clone()).with_filter(LevelFilter::TRACE))
            .with(fmt::layer().json().with_writer(ours.clone()).with_filter(filter_fn(is_safe)));
        Self { all, ours, _guard: tracing::subscriber::set_default(subscriber) }
    }
}

impl Log {
    /// All of it.
    pub fn text(&self) -> String {
        String::from_utf8_lossy(&self.0.lock().expect("a log")).into_owned()
    }

    /// The lines that tell of requests to that operation.
    pub fn requests(&self, operation: &str) -> Vec<Value> {
        let text = self.text();
        let lines = text.lines().filter_map(|line| serde_json::from_str::<Value>(line).ok());
        let fields = lines.map(|line| line["fields"].clone());
        fields.filter(|it| it["message"] == "request" && it["operation"] == operation).collect()
    }
}

impl Write for &Log {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().expect("a log").extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl<'a> MakeWriter<'a> for Log {
    type Writer = &'a Self;

    fn make_writer(&'a self) -> Self::Writer {
        self
    }
}
