//! `seatwise policies`: what an operator wants to know before publishing a pack.

use std::path::Path;
use std::process::ExitCode;

use seatwise_policy::{Bundle, Files, packs};

use crate::{fail, say};

/// A pack has faults; unlike a folder that cannot be read, this is what the command is for.
const EXIT_FINDINGS: u8 = 1;

/// Prints what is wrong with the pack in `dir`.
pub fn check(dir: &Path) -> ExitCode {
    let files = match read(dir) {
        Ok(files) => files,
        Err(refused) => return refused,
    };
    let findings = seatwise_policy::check(&files);
    if findings.is_empty() {
        say(&format_args!("{}: nothing to complain of\n", dir.display()));
        return ExitCode::SUCCESS;
    }
    for finding in &findings {
        say(&format_args!("{finding}\n"));
    }
    ExitCode::from(EXIT_FINDINGS)
}

/// Prints who may attempt what, by the pack in `dir`.
pub fn matrix(dir: &Path) -> ExitCode {
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

fn read(dir: &Path) -> Result<Files, ExitCode> {
    packs::read_dir(dir).map_err(|error| fail(&format_args!("cannot read {}: {error}", dir.display())))
}
