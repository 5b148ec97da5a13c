//! Six operations in a row, by one or several clients at once.

use clap::Args;
use seatwise_benches::{OPERATIONS, Pair, Round};

use crate::client::Client;
use crate::latency::{Latencies, measure};
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

/// Sends the rounds, and says how long they took.
pub async fn run(arguments: &FlowArgs) {
    let server = Server::start(&arguments.server, "role-ladder", None).await;
    let mut clients = Vec::new();
    for _ in 0..arguments.clients {
        let client = Client::new(&server.url);
        let mut pairs = Vec::new();
        for _ in 0..arguments.rounds {
            pairs.push(client.pair().await);
        }
        clients.push(send_rounds(client, pairs));
    }
    measure(&server, OPERATIONS, clients, arguments.clients * arguments.rounds * OPERATIONS.len()).await;
}

async fn send_rounds(client: Client, pairs: Vec<Pair>) -> [Latencies; OPERATIONS.len()] {
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
}
