//! `seatwise policies matrix`: who may attempt what, as a text.

use std::path::PathBuf;
use std::process::ExitCode;

use clap::Args;
use seatwise_policy::Bundle;

use super::read;
use crate::{fail, say};

/// Of which pack.
#[derive(Args)]
pub(crate) struct MatrixArgs {
    /// The folder of the pack
    dir: PathBuf,
}

/// Prints who may attempt what, by the pack.
pub(super) fn run(MatrixArgs { dir }: &MatrixArgs) -> ExitCode {
    let files = match read(dir) {
        Ok(files) => files,
        Err(refused) => return refused,
    };
    match Bundle::compile(&files) {
        Ok(bundle) => {
            say(&seatwise_policy::matrix(&bundle));
            ExitCode::SUCCESS
        }
        Err(fault) => fail(&format_args!("{}: {fault}", dir.display())),
    }
}
