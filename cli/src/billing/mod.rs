//! `seatwise billing`: the operator's commands for an account at Stripe, and for the secrets of Stripe in a stack.

mod account;
mod prices;
mod secrets;

use std::process::ExitCode;

use clap::Subcommand;

pub use prices::{PricesError, provision};

/// The exit code for a refusal.
const EXIT_REFUSED: u8 = 1;

/// The commands.
#[derive(Subcommand)]
pub(crate) enum BillingCommand {
    /// Give a Stripe account the products, the prices and the portal of a pack: show what is to be done, ask, do it
    Prices(prices::PricesArgs),
    /// Put a new key of Stripe's API, read from standard input, into a stack's secret; the key before it stays
    SetKey(secrets::SecretArgs),
    /// Put a new secret of webhooks, read from standard input, into a stack's secret; the one before it stays
    AddWebhookSecret(secrets::SecretArgs),
}

/// Runs a command.
pub(crate) fn run(command: BillingCommand) -> ExitCode {
    match command {
        BillingCommand::Prices(args) => prices::run(&args),
        BillingCommand::SetKey(args) => secrets::run(&args, secrets::Kind::Key),
        BillingCommand::AddWebhookSecret(args) => secrets::run(&args, secrets::Kind::Webhook),
    }
}
