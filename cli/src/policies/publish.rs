//! `seatwise policies publish`: publishes the pack in a folder.

use std::path::PathBuf;
use std::process::ExitCode;

use clap::Args;
use seatwise_domain::PublicationKind;

use super::place::PlaceArgs;
use super::progress::Progress;
use super::propose::{ConsentArgs, EXIT_CODES, Proposal, carry_out, foresee};
use super::{EXIT_FINDINGS, gate, read};

/// The arguments of `policies publish`.
#[derive(Args)]
#[command(after_help = EXIT_CODES)]
pub(crate) struct PublishArgs {
    /// The folder of the pack
    dir: PathBuf,
    /// The reason, in one line, for the history
    #[arg(long, short, value_name = "TEXT", default_value = "")]
    message: String,
    #[command(flatten)]
    consent: ConsentArgs,
    #[command(flatten)]
    place: PlaceArgs,
}

/// Checks the pack, shows the difference, asks, and publishes.
pub(super) fn run(args: &PublishArgs) -> ExitCode {
    let files = match read(&args.dir) {
        Ok(files) => files,
        Err(refused) => return refused,
    };
    args.place.run(async |place| {
        let state = place.state().await?;
        if let Some(code) = foresee(&place, &state, &files, &args.consent).await? {
            return Ok(code);
        }
        let Some(proofs) = gate::passes(&args.dir, &files, &Progress::new()).await? else {
            return Ok(ExitCode::from(EXIT_FINDINGS));
        };
        let proposal =
            Proposal { files, proofs, deed: PublicationKind::Published, message: args.message.clone() };
        carry_out(&place, &state, proposal, &args.consent).await
    })
}
