//! `seatwise policies check`: what an operator wants to know before publishing a pack.

pub(super) mod render;
mod watch;

use std::io::{self, Write as _};
use std::ops::ControlFlow;
use std::path::PathBuf;
use std::process::ExitCode;
use std::thread;
use std::time::Duration;

use clap::{Args, ValueEnum};
use seatwise_policy::{Files, Report};

use render::Style;

use super::gate::{self, Checked, Proofs};
use super::progress::Progress;
use super::{EXIT_FINDINGS, read, work};
use crate::say;

/// How long until the folder is looked at again: shorter than it takes to look up from the editor.
const PAUSE: Duration = Duration::from_millis(300);

const AFTER_HELP: &str = "\
Formats:
  human  each finding with the lines that are to blame, and what to do
  short  one line for each finding: PATH:LINE:COLUMN: MESSAGE; without :LINE:COLUMN where a
         file is to blame as a whole. Nothing if the pack is sound
  json   one array in one line, with an object for each finding:
           file     path, as the other formats have it
           core     whether that file is compiled in, and not of the pack
           line     from 1 …
           column   … and from 1, in characters …
           start    … the first byte of what is to blame …
           end      … and the first after it; all four null where it is the file as a whole
           message  what is wrong
           help     what to do, or null

Exit codes:
  0  the pack is sound
  1  there are findings
  2  the folder cannot be read, or the command line is wrong";

/// What to check.
#[derive(Args)]
#[command(after_help = AFTER_HELP)]
pub(crate) struct CheckArgs {
    /// The folder of the pack
    dir: PathBuf,
    /// How findings are written
    #[arg(long, value_enum, default_value_t = Format::Human)]
    format: Format,
    /// Leave out the proofs, which take longest
    #[arg(long)]
    quick: bool,
    /// Check again whenever a file of the folder changes, until interrupted
    #[arg(long)]
    watch: bool,
}

#[derive(Clone, Copy, PartialEq, ValueEnum)]
enum Format {
    Human,
    Short,
    Json,
}

/// Prints what is wrong with the pack.
pub(super) fn run(args: &CheckArgs) -> ExitCode {
    let files = match read(&args.dir) {
        Ok(files) => files,
        Err(refused) => return refused,
    };
    if !args.watch {
        return print(args, &files);
    }
    // Not among what was found, which a program may read.
    let mut out = |text: &str| {
        let _ = io::stderr().write_all(text.as_bytes());
    };
    let pause = || {
        thread::sleep(PAUSE);
        ControlFlow::Continue(())
    };
    watch::watch(&args.dir, &mut out, pause, |files| {
        print(args, files);
    });
    ExitCode::SUCCESS
}

fn print(args: &CheckArgs, files: &Files) -> ExitCode {
    let progress = Progress::new();
    work(async {
        let Checked { report, proofs, took } = gate::check(files, !args.quick, &progress).await?;
        say(&written(args, files, &report, proofs, took, Style::of_stdout()));
        Ok(if report.findings.is_empty() { ExitCode::SUCCESS } else { ExitCode::from(EXIT_FINDINGS) })
    })
}

fn written(
    CheckArgs { format, dir, .. }: &CheckArgs,
    files: &Files,
    report: &Report,
    proofs: Proofs,
    took: Duration,
    style: Style,
) -> String {
    let findings = &report.findings;
    match format {
        Format::Human if findings.is_empty() => render::good_news(dir, report, proofs == Proofs::Tried, took),
        Format::Human => render::with_summary(dir, files, findings, style),
        Format::Short => render::short(dir, findings),
        Format::Json => render::json(dir, findings),
    }
}
