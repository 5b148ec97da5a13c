//! Sends requests to a local server, and says how many a second it answers and how long each operation takes.
//!
//!     cargo run --release -p seatwise-benches --bin load -- --help

mod client;
mod day;
mod flow;
mod latency;
mod server;

use clap::{Parser, Subcommand};

#[derive(Parser)]
#[command(name = "load", about)]
struct Arguments {
    #[command(subcommand)]
    what: What,
}

#[derive(Subcommand)]
enum What {
    /// Six operations in a row, by one or several clients: create, invite, join, change a role, list, authorize
    Flow(flow::FlowArgs),
    /// Fills the server with workspaces, and sends a mixed day of requests at each size
    Day(day::DayArgs),
}

#[tokio::main]
async fn main() {
    match Arguments::parse().what {
        What::Flow(arguments) => flow::run(&arguments).await,
        What::Day(arguments) => day::run(&arguments).await,
    }
}
