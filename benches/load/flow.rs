//! Six operations in a row, by one or several clients at once.

use std::time::Instant;

use clap::Args;
use seatwise_benches::{OPERATIONS, Round};

use crate::client::Client;
use crate::latency::{HEADING, Latencies, rate};
use crate::server::Server;

/// The arguments of `load flow`.
#[derive(Args)]
pub struct FlowArgs {
    /// The executable of the server
    #[arg(long, default_value = "target/release/seatwise")]
    server: String,
    /// The clients that send at once
    #[arg(long, default_value_t = 1)]
    clients: usize,
    /// The rounds of six operations that each client sends
    #[arg(long, default_value_t = 500)]
    rounds: usize,
}

/// Sends the rounds, and says what they took.
pub async fn run(arguments: &FlowArgs) {
    let server = Server::start(&arguments.server, "role-ladder", None).await;
    let mut clients = Vec::new();
    for _ in 0..arguments.clients {
        let client = Client::new(&server.url);
        let mut pairs = Vec::new();
        for _ in 0..arguments.rounds {
            pairs.push(client.pair().await);
        }
        clients.push((client, pairs));
    }
    let (start, used) = (Instant::now(), server.processor());
    let running: Vec<_> = clients
        .into_iter()
        .map(|(client, pairs)| {
            tokio::spawn(async move {
                let mut latencies: [Latencies; OPERATIONS.len()] = Default::default();
                for pair in &pairs {
                    let mut round = Round::new(pair);
                    for (place, latencies) in latencies.iter_mut().enumerate() {
                        let (answer, time) = client.send(round.call(place)).await;
                        latencies.add(time);
                        round.answered(place, &answer);
                    }
                }
                latencies
            })
        })
        .collect();
    let mut all: [Latencies; OPERATIONS.len()] = Default::default();
    for client in running {
        for (all, of_client) in all.iter_mut().zip(client.await.expect("a client ends")) {
            all.extend(of_client);
        }
    }
    let (time, used) = (start.elapsed(), server.processor().saturating_sub(used));
    let operations = arguments.clients * arguments.rounds * OPERATIONS.len();
    println!("{:<18}{HEADING}", "operation");
    for (name, latencies) in OPERATIONS.iter().zip(&mut all) {
        println!("{name:<18}{}", latencies.told());
    }
    println!(
        "{} clients: {:.0} operations a second; the server used {:.2} ms of processor time for each",
        arguments.clients,
        rate(operations, time),
        1e3 / rate(operations, used),
    );
}
