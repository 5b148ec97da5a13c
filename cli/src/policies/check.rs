//! `seatwise policies check`: what an operator wants to know before publishing a pack.

use std::path::PathBuf;
use std::process::ExitCode;

use clap::Args;

use super::{EXIT_FINDINGS, read};
use crate::say;

/// What to check.
#[derive(Args)]
pub(crate) struct CheckArgs {
    /// The folder of the pack
    dir: PathBuf,
}

/// Prints what is wrong with the pack.
pub(super) fn run(CheckArgs { dir }: &CheckArgs) -> ExitCode {
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

/// Whether the pack may be published; says why not.
pub(super) async fn gate(dir: &std::path::Path, files: &seatwise_policy::Files) -> Result<bool, String> {
    let findings = super::progress::Progress::new()
        .of(
            "checking",
            async |_| seatwise_policy::check(files),
            |findings| {
                if findings.is_empty() { "sound".to_owned() } else { format!("{} findings", findings.len()) }
            },
        )
        .await;
    for finding in &findings {
        say(&format_args!("{}: {finding}\n", dir.display()));
    }
    Ok(findings.is_empty())
}
