//! Latencies, and what is said about them.

use std::time::Duration;

/// The latencies of one operation.
#[derive(Clone, Debug, Default)]
pub struct Latencies(Vec<Duration>);

impl Latencies {
    /// Adds one.
    pub fn add(&mut self, latency: Duration) {
        self.0.push(latency);
    }

    /// Adds those of another client.
    pub fn extend(&mut self, others: Self) {
        self.0.extend(others.0);
    }

    /// The 50th, 90th and 99th percentile, and the longest, in milliseconds.
    pub fn told(&mut self) -> String {
        self.0.sort_unstable();
        let at = |share: usize| {
            let place = (self.0.len() * share / 100).min(self.0.len().saturating_sub(1));
            self.0.get(place).map_or(0.0, |latency| latency.as_secs_f64() * 1e3)
        };
        let [half, most, nearly_all, all] = [50, 90, 99, 100].map(at);
        format!("{:>8} {half:>8.2} {most:>8.2} {nearly_all:>8.2} {all:>8.2}", self.0.len())
    }
}

/// The heading of what [`Latencies::told`] says.
pub const HEADING: &str = "   count   p50 ms   p90 ms   p99 ms   max ms";

/// So many of something in a second.
#[expect(clippy::cast_precision_loss, reason = "a rate is told with few digits")]
pub fn rate(number: usize, time: Duration) -> f64 {
    number as f64 / time.as_secs_f64()
}
