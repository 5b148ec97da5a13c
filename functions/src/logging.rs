//! The format of the log: one flat JSON object a line, as CloudWatch Logs Insights reads it. A line with
//! a metric among its fields also says so in the embedded metric format, from which CloudWatch makes
//! metrics by itself:
//! <https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/CloudWatch_Embedded_Metric_Format_Specification.html>.

use std::error::Error;
use std::fmt;

use jiff::Timestamp;
use serde_json::{Map, Value, json};
use tracing::field::{Field, Visit};
use tracing::{Event, Level, Metadata, Subscriber};
use tracing_subscriber::fmt::format::Writer;
use tracing_subscriber::fmt::{FmtContext, FormatEvent, FormatFields, FormattedFields};
use tracing_subscriber::registry::LookupSpan;

/// The namespace of all metrics.
const NAMESPACE: &str = "Seatwise";
/// The dimension of all metrics.
const STACK: &str = "stack";

/// A field that is a metric wherever it is logged.
struct Metric {
    name: &'static str,
    unit: &'static str,
    /// The field that divides it. Each value of the field is a metric that costs money, so the field has
    /// few values, and is never a tenant.
    by: Option<&'static str>,
}

const METRICS: &[Metric] = &[
    Metric { name: "latency", unit: "Milliseconds", by: None },
    Metric { name: "conflicts", unit: "Count", by: None },
    Metric { name: "denied", unit: "Count", by: None },
    Metric { name: "cold_starts", unit: "Count", by: None },
    Metric { name: "refusals", unit: "Count", by: Some("code") },
    Metric { name: "mail_failures", unit: "Count", by: None },
    Metric { name: "mails_given_up", unit: "Count", by: None },
    Metric { name: "policy_load_failures", unit: "Count", by: None },
    Metric { name: "key_read_failures", unit: "Count", by: None },
    Metric { name: "sync_failures", unit: "Count", by: None },
    Metric { name: "seal_failures", unit: "Count", by: None },
    Metric { name: "billing_drift", unit: "Count", by: None },
    Metric { name: "webhooks_refused", unit: "Count", by: None },
];

/// The names of all metrics.
pub fn metrics() -> impl Iterator<Item = &'static str> {
    METRICS.iter().map(|metric| metric.name)
}

/// Foreign crates never get below a warning: clients, servers and the Lambda runtime trace whole
/// requests, and those hold tokens and addresses (K27). Their spans may be there, since they name the
/// invocation and its trace.
pub fn is_safe(meta: &Metadata<'_>) -> bool {
    let most = if meta.is_span() { Level::INFO } else { Level::WARN };
    meta.target().starts_with("seatwise") || *meta.level() <= most
}

/// Writes lines.
pub struct Lines {
    stack: String,
    clock: fn() -> Timestamp,
}

impl Lines {
    /// Of this stack, with the time of this clock.
    pub fn new(stack: String, clock: fn() -> Timestamp) -> Self {
        Self { stack, clock }
    }
}

impl<S, N> FormatEvent<S, N> for Lines
where
    S: Subscriber + for<'span> LookupSpan<'span>,
    N: for<'writer> FormatFields<'writer> + 'static,
{
    fn format_event(
        &self,
        context: &FmtContext<'_, S, N>,
        mut writer: Writer<'_>,
        event: &Event<'_>,
    ) -> fmt::Result {
        let now = (self.clock)();
        let mut line = Map::new();
        // The field of the Lambda runtime's span: `requestId`.
        for span in context.event_scope().into_iter().flatten() {
            let extensions = span.extensions();
            let fields = extensions.get::<FormattedFields<N>>();
            if let Some(Ok(Value::Object(fields))) = fields.map(|text| serde_json::from_str(text)) {
                // Requests log the trace themselves, in a form that was checked.
                line.extend(fields.into_iter().filter(|(name, _)| name != "xrayTraceId"));
            }
        }
        event.record(&mut Fields(&mut line));
        line.insert("timestamp".to_owned(), json!(now));
        line.insert("level".to_owned(), json!(event.metadata().level().as_str()));
        line.insert("target".to_owned(), json!(event.metadata().target()));
        let metrics = directives(&line);
        if !metrics.is_empty() {
            line.insert(STACK.to_owned(), json!(self.stack));
            let about = json!({ "Timestamp": now.as_millisecond(), "CloudWatchMetrics": metrics });
            line.insert("_aws".to_owned(), about);
        }
        writeln!(writer, "{}", Value::Object(line))
    }
}

/// The metric directives of a line: one for undivided metrics, and one for metrics by `code`.
fn directives(line: &Map<String, Value>) -> Vec<Value> {
    let is_in = |metric: &&Metric| line.get(metric.name).is_some_and(Value::is_number);
    let directive = |by: Option<&str>| {
        let metrics = METRICS.iter().filter(|metric| metric.by == by).filter(is_in);
        let metrics: Vec<Value> =
            metrics.map(|metric| json!({ "Name": metric.name, "Unit": metric.unit })).collect();
        let dimensions: Vec<&str> = [Some(STACK), by].into_iter().flatten().collect();
        let is_whole = !metrics.is_empty() && by.is_none_or(|by| line.contains_key(by));
        is_whole.then(|| json!({ "Namespace": NAMESPACE, "Dimensions": [dimensions], "Metrics": metrics }))
    };
    [None, Some("code")].into_iter().filter_map(directive).collect()
}

/// An error and what caused it, in one line.
pub fn with_causes(error: &dyn Error) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(next) = cause {
        text = format!("{text}: {next}");
        cause = next.source();
    }
    text
}

/// The fields of an event.
struct Fields<'a>(&'a mut Map<String, Value>);

impl Fields<'_> {
    fn put(&mut self, field: &Field, value: impl Into<Value>) {
        self.0.insert(field.name().to_owned(), value.into());
    }
}

impl Visit for Fields<'_> {
    fn record_f64(&mut self, field: &Field, value: f64) {
        self.put(field, value);
    }

    fn record_i64(&mut self, field: &Field, value: i64) {
        self.put(field, value);
    }

    fn record_u64(&mut self, field: &Field, value: u64) {
        self.put(field, value);
    }

    fn record_bool(&mut self, field: &Field, value: bool) {
        self.put(field, value);
    }

    fn record_str(&mut self, field: &Field, value: &str) {
        self.put(field, value);
    }

    /// With its causes: clients do not see them, so the log must have them.
    fn record_error(&mut self, field: &Field, value: &(dyn Error + 'static)) {
        self.put(field, with_causes(value));
    }

    fn record_debug(&mut self, field: &Field, value: &dyn fmt::Debug) {
        self.put(field, format!("{value:?}"));
    }
}

#[cfg(test)]
mod tests {
    use std::io;
    use std::sync::{Arc, Mutex};

    use tracing_subscriber::layer::SubscriberExt as _;

    use super::*;

    #[derive(Clone, Default)]
    struct Written(Arc<Mutex<Vec<u8>>>);

    impl io::Write for Written {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            self.0.lock().unwrap().extend(bytes);
            Ok(bytes.len())
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    fn written(work: impl FnOnce()) -> Vec<Value> {
        let written = Written::default();
        let writer = written.clone();
        let layer = tracing_subscriber::fmt::layer()
            .event_format(Lines::new("acme".to_owned(), || Timestamp::UNIX_EPOCH))
            .fmt_fields(tracing_subscriber::fmt::format::JsonFields::new())
            .with_writer(move || writer.clone());
        tracing::subscriber::with_default(tracing_subscriber::registry().with(layer), work);
        let bytes = written.0.lock().unwrap().clone();
        String::from_utf8(bytes).unwrap().lines().map(|line| serde_json::from_str(line).unwrap()).collect()
    }

    #[test]
    fn lines_are_flat_and_know_their_invocation() {
        let lines = written(|| {
            let span = tracing::info_span!("invoke", requestId = "r-1");
            let _entered = span.enter();
            tracing::info!(workspace = "w", rounds = 2, nothing = Option::<&str>::None, "request");
        });
        let expected = json!({
            "timestamp": "1970-01-01T00:00:00Z", "level": "INFO", "target": lines[0]["target"],
            "message": "request", "requestId": "r-1", "workspace": "w", "rounds": 2,
        });
        assert_eq!(lines, [expected]);
    }

    #[test]
    fn metrics_are_told_as_such() {
        let lines = written(|| {
            tracing::info!(latency = 1.5, conflicts = 0, refusals = 1, code = "forbidden", "request");
        });
        let metric = |name: &str, unit: &str| json!({ "Name": name, "Unit": unit });
        let directive = |dimensions: Value, metrics: Value| json!({ "Namespace": "Seatwise", "Dimensions": [dimensions], "Metrics": metrics });
        let plain = json!([metric("latency", "Milliseconds"), metric("conflicts", "Count")]);
        let refusals = directive(json!(["stack", "code"]), json!([metric("refusals", "Count")]));
        let directives = [directive(json!(["stack"]), plain), refusals];
        assert_eq!(lines[0]["_aws"], json!({ "Timestamp": 0, "CloudWatchMetrics": directives }));
        assert_eq!((&lines[0]["stack"], &lines[0]["latency"]), (&json!("acme"), &json!(1.5)));
        // Without the field that divides it, there is no such metric.
        let lines = written(|| tracing::info!(refusals = 1, "request"));
        assert_eq!(lines[0]["_aws"], Value::Null);
    }

    #[test]
    fn k27_tenants_are_no_dimension() {
        assert!(METRICS.iter().filter_map(|metric| metric.by).all(|by| by == "code"));
    }

    #[test]
    fn errors_are_told_with_their_causes() {
        #[derive(Debug, thiserror::Error)]
        #[error("outside")]
        struct Outer(#[source] fmt::Error);
        let error = Outer(fmt::Error);
        let lines = written(|| tracing::error!(error = &error as &dyn Error, "failed"));
        assert_eq!(lines[0]["error"], format!("outside: {}", fmt::Error));
    }
}
