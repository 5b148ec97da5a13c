//! `seatwise audit`: the operator's commands for the logs of events.

mod place;
mod read;
mod render;
mod verify;

use std::process::ExitCode;

use clap::Subcommand;

pub use read::verify_log;

/// The exit code if a fault is found. A log that cannot be read has another one.
const EXIT_FAULTS: u8 = 1;

/// The commands.
#[derive(Subcommand)]
pub(crate) enum AuditCommand {
    /// Verify that no event of a log was changed, removed or added
    ///
    /// Every hour, Seatwise seals the events that are older than 15 minutes: a signed digest lists them, with a hash of
    /// each and the hash of the digest before. This command compares the logs with their digests, and names each event
    /// that differs. It changes nothing.
    ///
    /// Each log is one line, and each fault a line below it. The line ends with the number and the hash of the last
    /// digest. Keep it, and pass it as --expect the next time: whoever can write the table can remove the newest
    /// digests and then change their events, and only this comparison finds that. The log lines of seal-logs have the
    /// same numbers and hashes.
    ///
    /// Not compared are events that no digest has yet (their number is shown), and events that have expired. The exit
    /// code is 0 if there is no fault, 1 if there is one, and 2 if a log cannot be read.
    Verify(verify::VerifyArgs),
}

/// Runs a command.
pub(crate) fn run(command: AuditCommand) -> ExitCode {
    match command {
        AuditCommand::Verify(args) => verify::run(&args),
    }
}
