//! The lines that are logged while a test runs on its one thread.

use std::collections::BTreeSet;
use std::io::{self, Write};
use std::sync::{Arc, LazyLock, Mutex};

use seatwise_functions::logging;
use serde_json::Value;
use tracing::level_filters::LevelFilter;
use tracing::subscriber::DefaultGuard;
use tracing::{Dispatch, Metadata};
use tracing_subscriber::fmt::MakeWriter;
use tracing_subscriber::fmt::format::JsonFields;
use tracing_subscriber::layer::SubscriberExt as _;

/// The metrics that a line tells of, each with its dimensions.
pub fn metrics(line: &Value) -> BTreeSet<(String, Vec<String>)> {
    let mut found = BTreeSet::new();
    for directive in line["_aws"]["CloudWatchMetrics"].as_array().into_iter().flatten() {
        let dimensions = texts(&directive["Dimensions"][0]);
        for metric in directive["Metrics"].as_array().into_iter().flatten() {
            let name = metric["Name"].as_str().expect("a name").to_owned();
            // The format wants each of them at the top level: a number, and texts.
            assert!(line[&name].is_number(), "{name} in {line}");
            assert!(dimensions.iter().all(|name| line[name].is_string()), "{line}");
            found.insert((name, dimensions.clone()));
        }
    }
    found
}

fn texts(list: &Value) -> Vec<String> {
    let list = list.as_array().expect("a list").iter();
    list.map(|text| text.as_str().expect("a text").to_owned()).collect()
}

/// A log, one JSON object a line.
#[derive(Clone, Default)]
pub struct Log(Arc<Mutex<Vec<u8>>>);

/// The lines that one thread logs, until this is dropped.
pub struct Logs {
    /// Everything, foreign crates included.
    pub all: Log,
    /// The lines that our filter lets through when everything is asked for.
    pub ours: Log,
    _guard: DefaultGuard,
}

/// Where one line goes.
pub struct Lines {
    all: Log,
    ours: Option<Log>,
}

struct Split {
    all: Log,
    ours: Log,
}

/// Hears nothing, and is there: while a process has but one subscriber, of one thread, whatever
/// another thread comes by first is taken for never listened to (`tracing_core::callsite`).
static OTHER: LazyLock<Dispatch> =
    LazyLock::new(|| Dispatch::new(tracing_subscriber::registry().with(LevelFilter::OFF)));

fn now() -> jiff::Timestamp {
    seatwise_cli::dev::DevClock::new().now()
}

impl Logs {
    /// Begins to listen, down to this level.
    pub fn begin(level: LevelFilter) -> Self {
        LazyLock::force(&OTHER);
        let (all, ours) = (Log::default(), Log::default());
        let split = Split { all: all.clone(), ours: ours.clone() };
        let subscriber = tracing_subscriber::fmt()
            .event_format(logging::Lines::new("test".to_owned(), now))
            .fmt_fields(JsonFields::new())
            .with_max_level(level)
            .with_writer(split)
            .finish();
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
        let lines = self.lines().into_iter();
        lines.filter(|it| it["message"] == "request" && it["operation"] == operation).collect()
    }

    /// The lines that are JSON.
    pub fn lines(&self) -> Vec<Value> {
        self.text().lines().filter_map(|line| serde_json::from_str(line).ok()).collect()
    }

    fn add(&self, bytes: &[u8]) {
        self.0.lock().expect("a log").extend_from_slice(bytes);
    }
}

impl Write for Lines {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.all.add(bytes);
        self.ours.iter().for_each(|ours| ours.add(bytes));
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl MakeWriter<'_> for Split {
    type Writer = Lines;

    fn make_writer(&self) -> Lines {
        Lines { all: self.all.clone(), ours: Some(self.ours.clone()) }
    }

    fn make_writer_for(&self, meta: &Metadata<'_>) -> Lines {
        Lines { all: self.all.clone(), ours: logging::is_safe(meta).then(|| self.ours.clone()) }
    }
}
