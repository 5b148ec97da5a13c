//! `seatwise policies`: the operator's commands for policies, one file for each command.

mod check;
mod diff;
mod forecast;
mod format;
mod gate;
mod holders;
mod log;
mod matrix;
mod move_role;
mod origin;
pub(crate) mod place;
mod progress;
mod propose;
mod publish;
mod pull;
mod rename;
mod rollback;
mod show;
mod test;

use std::path::Path;
use std::process::ExitCode;

use clap::Subcommand;
use seatwise_policy::Files;
use seatwise_workbench::{NamedKind, read_dir};

use crate::fail;

/// The exit code for findings and refusals. A folder that cannot be read has another one.
const EXIT_FINDINGS: u8 = 1;

/// The commands.
#[derive(Subcommand)]
pub(crate) enum PoliciesCommand {
    /// Check a pack and its cases
    Check(check::CheckArgs),
    /// Format the policies of a pack; comments are kept
    Format(format::FormatArgs),
    /// Print the permission matrix: who may attempt what
    Matrix(matrix::MatrixArgs),
    /// Explain one decision: the policies that decided, and what would allow it
    Test(test::TestArgs),
    /// Compare two versions: what changes, who gains and who loses permissions
    Diff(diff::DiffArgs),
    /// Publish a pack: check it, show who gains and who loses permissions, ask, make it active
    Publish(publish::PublishArgs),
    /// Publish an earlier version again, as a new one
    Rollback(rollback::RollbackArgs),
    /// Rename a role in all files of a pack; its holders keep it
    RenameRole(rename::RenameArgs),
    /// Rename a seat tier in all files of a pack; its seats keep it
    RenameTier(rename::RenameArgs),
    /// Give all members with a role another role, such as one that the pack dropped
    MoveRole(move_role::MoveRoleArgs),
    /// List the published versions, with authors and times
    Log(log::LogArgs),
    /// Show a version, or one of its files
    Show(show::ShowArgs),
    /// Write a version, by default the active one, to a folder
    Pull(pull::PullArgs),
}

/// Runs a command.
pub(crate) fn run(command: PoliciesCommand) -> ExitCode {
    match command {
        PoliciesCommand::Check(args) => check::run(&args),
        PoliciesCommand::Format(args) => format::run(&args),
        PoliciesCommand::Matrix(args) => matrix::run(&args),
        PoliciesCommand::Test(args) => test::run(&args),
        PoliciesCommand::Diff(args) => diff::run(&args),
        PoliciesCommand::Publish(args) => publish::run(&args),
        PoliciesCommand::Rollback(args) => rollback::run(&args),
        PoliciesCommand::RenameRole(args) => rename::run(&args, NamedKind::Role),
        PoliciesCommand::RenameTier(args) => rename::run(&args, NamedKind::Tier),
        PoliciesCommand::MoveRole(args) => move_role::run(&args),
        PoliciesCommand::Log(args) => log::run(&args),
        PoliciesCommand::Show(args) => show::run(&args),
        PoliciesCommand::Pull(args) => pull::run(&args),
    }
}

/// The files of the pack in a folder.
fn read(dir: &Path) -> Result<Files, ExitCode> {
    read_dir(dir).map_err(|error| fail(&format_args!("cannot read {}: {error}", dir.display())))
}
