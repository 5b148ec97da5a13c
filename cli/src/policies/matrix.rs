//! `seatwise policies matrix`: the permission matrix of a pack.

use std::path::PathBuf;
use std::process::ExitCode;

use clap::Args;
use seatwise_policy::Bundle;

use super::read;
use crate::print;

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
    let matrix = Bundle::compile(&files).map(|bundle| seatwise_workbench::matrix(&bundle));
    print(matrix.map_err(|fault| format!("{}: {fault}", dir.display())))
}
