//! Latencies, and the table that is made of them.

use std::time::{Duration, Instant};

use crate::server::Server;

/// The latencies of one operation.
#[derive(Clone, Debug, Default)]
pub struct Latencies(Vec<Duration>);

impl Latencies {
    /// Adds one.
    pub fn add(&mut self, latency: Duration) {
        self.0.push(latency);
    }

    /// Adds those of another client.
    fn extend(&mut self, others: Self) {
        self.0.extend(others.0);
    }

    /// The 50th, 90th and 99th percentile, and the longest, in milliseconds.
    fn told(&mut self) -> String {
        self.0.sort_unstable();
        let at = |share: usize| {
            let place = (self.0.len() * share / 100).min(self.0.len().saturating_sub(1));
            self.0.get(place).map_or(0.0, |latency| latency.as_secs_f64() * 1e3)
        };
        let [half, most, nearly_all, all] = [50, 90, 99, 100].map(at);
        format!("{:>8} {half:>8.2} {most:>8.2} {nearly_all:>8.2} {all:>8.2}", self.0.len())
    }
}

/// Runs clients at once, and says how long each operation took, and what the server used for `sent` requests.
pub async fn measure<const N: usize, C>(server: &Server, names: [&str; N], clients: Vec<C>, sent: usize)
where
    C: Future<Output = [Latencies; N]> + Send + 'static,
{
    let (number, start, used) = (clients.len(), Instant::now(), server.processor());
    let running: Vec<_> = clients.into_iter().map(tokio::spawn).collect();
    let mut all: [Latencies; N] = std::array::from_fn(|_| Latencies::default());
    for client in running {
        for (all, of_client) in all.iter_mut().zip(client.await.expect("a client ends")) {
            all.extend(of_client);
        }
    }
    let (time, used) = (start.elapsed(), server.processor().saturating_sub(used));
    println!("{:<18}   count   p50 ms   p90 ms   p99 ms   max ms", "operation");
    for (name, latencies) in names.iter().zip(&mut all) {
        println!("{name:<18}{}", latencies.told());
    }
    println!(
        "{number} clients: {:.0} requests a second; the server used {:.2} ms of processor time for each; {:.0} MB",
        rate(sent, time),
        1e3 / rate(sent, used),
        server.memory()
    );
}

/// So many of something in a second.
#[expect(clippy::cast_precision_loss, reason = "a rate is told with few digits")]
fn rate(number: usize, time: Duration) -> f64 {
    number as f64 / time.as_secs_f64()
}
