//! `seatwise policies`: what an operator does with the policies of a product. One file a command.

mod check;
mod diff;
mod format;
mod gate;
mod log;
mod matrix;
mod place;
mod progress;
mod propose;
mod publish;
mod pull;
mod rollback;
mod show;
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
    /// Say what changes between two versions, and who gains and loses what
    Diff(diff::DiffArgs),
    /// Make a pack the active version: checks it, shows who gains and who loses what, asks, publishes
    Publish(publish::PublishArgs),
    /// Make an earlier version active again, as a new one
    Rollback(rollback::RollbackArgs),
    /// List who has published what, and when
    Log(log::LogArgs),
    /// Show a version, or a file of it
    Show(show::ShowArgs),
    /// Write a version, the active one unless another is named, to a folder
    Pull(pull::PullArgs),
}

/// Runs a command of these.
pub(crate) fn run(command: PoliciesCommand) -> ExitCode {
    match command {
        PoliciesCommand::Check(args) => check::run(&args),
        PoliciesCommand::Format(args) => format::run(&args),
        PoliciesCommand::Matrix(args) => matrix::run(&args),
        PoliciesCommand::Test(args) => test::run(&args),
        PoliciesCommand::Diff(args) => diff::run(&args),
        PoliciesCommand::Publish(args) => publish::run(&args),
        PoliciesCommand::Rollback(args) => rollback::run(&args),
        PoliciesCommand::Log(args) => log::run(&args),
        PoliciesCommand::Show(args) => show::run(&args),
        PoliciesCommand::Pull(args) => pull::run(&args),
    }
}

/// Does something that waits; what it fails at is said in a line.
fn work(work: impl Future<Output = Result<ExitCode, String>>) -> ExitCode {
    let runtime = match tokio::runtime::Builder::new_multi_thread().enable_all().build() {
        Ok(runtime) => runtime,
        Err(error) => return fail(&format_args!("no runtime: {error}")),
    };
    runtime.block_on(work).unwrap_or_else(|message| fail(&message))
}

/// The files of the pack in a folder.
fn read(dir: &Path) -> Result<Files, ExitCode> {
    packs::read_dir(dir).map_err(|error| fail(&format_args!("cannot read {}: {error}", dir.display())))
}
