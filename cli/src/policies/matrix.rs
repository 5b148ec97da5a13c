//! `seatwise policies matrix`: the permission matrix of a pack.

use std::path::PathBuf;
use std::process::ExitCode;

use clap::Args;
use seatwise_policy::Bundle;

use super::read;
use crate::{fail, say};

/// The arguments of `policies matrix`.
#[derive(Args)]
pub(crate) struct MatrixArgs {
    /// The folder of the pack
    dir: PathBuf,
}

/// Prints the permission matrix.
pub(super) fn run(MatrixArgs { dir }: &MatrixArgs) -> ExitCode {
    let files = match read(dir) {
        Ok(files) => files,
        Err(refused) => return refused,
    };
    match Bundle::compile(&files) {
        Ok(bundle) => {
            say(&seatwise_workbench::matrix(&bundle));
            ExitCode::SUCCESS
        }
        Err(fault) => fail(&format_args!("{}: {fault}", dir.display())),
    }
}
