//! `seatwise policies`: what an operator does with the policies of a product. One file a command.

mod check;
mod format;
mod matrix;
mod test;

use std::path::Path;
use std::process::ExitCode;

use clap::Subcommand;
use seatwise_policy::{Files, packs};

use crate::fail;

/// A pack has faults; unlike a folder that cannot be read, this is what the command is for.
const EXIT_FINDINGS: u8 = 1;

/// The commands.
#[derive(Subcommand)]
pub(crate) enum PoliciesCommand {
    /// Say what is wrong with a pack, cases included
    Check(check::CheckArgs),
    /// Write policies in their one form, comments kept
    Format(format::FormatArgs),
    /// Print who may attempt what
    Matrix(matrix::MatrixArgs),
    /// Explain one decision: by which rule it is so, and what would allow it
    Test(test::TestArgs),
}

/// Runs a command of these.
pub(crate) fn run(command: PoliciesCommand) -> ExitCode {
    match command {
        PoliciesCommand::Check(args) => check::run(&args),
        PoliciesCommand::Format(args) => format::run(&args),
        PoliciesCommand::Matrix(args) => matrix::run(&args),
        PoliciesCommand::Test(args) => test::run(&args),
    }
}

/// The files of the pack in a folder.
fn read(dir: &Path) -> Result<Files, ExitCode> {
    packs::read_dir(dir).map_err(|error| fail(&format_args!("cannot read {}: {error}", dir.display())))
}
