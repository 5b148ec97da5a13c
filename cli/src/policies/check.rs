//! `seatwise policies check`: the findings about a pack.

pub(super) mod render;
mod watch;

use std::io::{self, Write as _};
use std::ops::ControlFlow;
use std::path::PathBuf;
use std::process::ExitCode;
use std::thread;
use std::time::Duration;

use clap::{Args, ValueEnum};
use seatwise_policy::Files;
use seatwise_workbench::Report;

use render::Style;

use super::gate::{self, Checked, Extent, Proofs};
use super::progress::Progress;
use super::{EXIT_FINDINGS, read};
use crate::{say, work};

/// The time between two looks at the folder: shorter than a person takes to look up from the editor.
const PAUSE: Duration = Duration::from_millis(300);

const AFTER_HELP: &str = "\
It looks at the folder alone. Faults that only a comparison with the published versions can show, such as
a lost `first-id`, are shown by `diff`, and refused by `publish`.

Formats:
  human  each finding with the lines that are to blame, and advice
  short  one line for each finding: PATH:LINE:COLUMN: MESSAGE; without :LINE:COLUMN if a
         file is to blame as a whole. Empty if the pack is sound
  json   one array in one line, with an object for each finding:
           file     the path, as in the other formats
           core     whether the file is compiled in and not part of the pack
           line     the line, from 1
           column   the column in characters, from 1
           start    the first byte that is to blame
           end      the first byte after it
           message  what is wrong
           help     advice, or null
         line, column, start and end are null if the file is to blame as a whole

Exit codes:
  0  the pack is sound
  1  there are findings
  2  the folder cannot be read, or the command line is wrong";

/// The arguments of `policies check`.
#[derive(Args)]
#[command(after_help = AFTER_HELP)]
pub(crate) struct CheckArgs {
    /// The folder of the pack
    dir: PathBuf,
    /// The format of the findings
    #[arg(long, value_enum, default_value_t = Format::Human)]
    format: Format,
    /// Skip the proofs, which take longest
    #[arg(long)]
    quick: bool,
    /// Check again after every change of a file in the folder, until interrupted
    #[arg(long)]
    watch: bool,
}

#[derive(Clone, Copy, PartialEq, ValueEnum)]
enum Format {
    Human,
    Short,
    Json,
}

/// Prints the findings.
pub(super) fn run(args: &CheckArgs) -> ExitCode {
    let files = match read(&args.dir) {
        Ok(files) => files,
        Err(refused) => return refused,
    };
    if !args.watch {
        return print(args, &files);
    }
    // To stderr: a program may read the findings from stdout.
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
        let extent = if args.quick { Extent::WithoutProofs } else { Extent::WithProofs };
        let Checked { report, proofs, took } = gate::check(files, extent, &progress).await?;
        say(&written(args, files, &report, proofs, took, Style::of_stdout()));
        let is_sound = report.findings.is_empty();
        Ok::<_, String>(if is_sound { ExitCode::SUCCESS } else { ExitCode::from(EXIT_FINDINGS) })
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
