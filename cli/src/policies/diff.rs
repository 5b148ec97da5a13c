//! `seatwise policies diff`: what a version changes, and for whom.

pub(super) mod render;
#[cfg(test)]
mod tests;

use std::path::PathBuf;
use std::process::ExitCode;

use clap::Args;
use seatwise_policy::{BundleFault, Files};
use seatwise_proof::{HINT, Prover, ProverError};
use seatwise_workbench::diff::{Diff, FoundBy, diff};
use serde::Serialize;

use self::render::render;
use super::forecast::Forecast;
use super::holders::Dropped;
use super::place::PlaceArgs;
use super::progress::{Progress, note};
use super::{EXIT_FINDINGS, log, read};
use crate::counted::{counted, counted_as};
use crate::infra::now;
use crate::{print_json, say, work};

const AFTER_HELP: &str = "\
Gains and losses are found by the examples of `seatwise policies matrix`. Where the solver cvc5 is
installed, they are found by proof as well: also those that no example shows, and those under other
conditions than an example shows, each with a request that shows it.

The JSON is one object with `renames` (`kind`, `before`, `after`), `files`, `rules`, `roles` (changed
attributes), `settings`, `gains`, `losses`, `reasons` (refused before and after, with another reason)
and `notes`. A gain or loss has `who`, `action`, `place`, `situations` (empty if unconditional),
`foundBy` (`matrix` or `proof`) and, if found by proof, `example`. Without --against, the object also has `refusals` (why `publish` would
refuse the version) and `lostRollbacks` (`versions` to which no rollback is possible any more after
the publication, and `why`). Both need the history of a place, which a folder does not have.

Exit codes:
  0  the difference is printed, also if `publish` would refuse the version
  1  DIR is not a pack (`seatwise policies check` says more)
  2  something cannot be read, or the command line is wrong";

/// The arguments of `policies diff`.
#[derive(Args)]
#[command(after_help = AFTER_HELP)]
pub(crate) struct DiffArgs {
    /// The folder of the new version
    dir: PathBuf,
    /// The folder of the old version [default: the active version]
    #[arg(long, value_name = "OTHER_DIR", conflicts_with_all = ["data", "table"])]
    against: Option<PathBuf>,
    /// Write JSON
    #[arg(long)]
    json: bool,
    /// Count the holders of what the new version drops: reads every item of the table. For a data file they
    /// are counted without this flag
    #[arg(long, conflicts_with_all = ["against", "json"])]
    count_holders: bool,
    #[command(flatten)]
    place: PlaceArgs,
}

/// A reason why two versions cannot be compared.
#[derive(Debug, thiserror::Error)]
pub(super) enum DiffError {
    /// The new version is not a pack.
    #[error(transparent)]
    Unusable(Box<BundleFault>),
    /// The solver is installed and does not work.
    #[error(transparent)]
    Prover(#[from] ProverError),
}

/// Prints the difference.
pub(super) fn run(args: &DiffArgs) -> ExitCode {
    let after = match read(&args.dir) {
        Ok(files) => files,
        Err(refused) => return refused,
    };
    match &args.against {
        Some(against) => match read(against) {
            Ok(before) => work(print(args, Some(&before), &after, None)),
            Err(refused) => refused,
        },
        None => args.place.run(async |place| {
            let state = place.state().await?;
            let warnings = log::warnings(&state, place.trusted().await?.as_ref());
            if !warnings.is_empty() {
                note(warnings.trim_end());
            }
            let active = state.active_files();
            let forecast = Forecast::of(&place, &state, &after).await?;
            let printed = print(args, active, &after, Some(&forecast)).await?;
            if !args.json {
                let dropped = Dropped::of(active, &after);
                say(&dropped.section(&place, args.count_holders, now()).await);
                // The refusal of a version says better how to change it.
                if !forecast.is_refused() {
                    say(&dropped.advice(true));
                }
            }
            Ok(printed)
        }),
    }
}

/// A difference as JSON, with the consequences at a place.
#[derive(Serialize)]
struct DiffOutput<'a> {
    #[serde(flatten)]
    diff: &'a Diff,
    #[serde(flatten)]
    forecast: Option<&'a Forecast>,
}

async fn print(
    args: &DiffArgs,
    before: Option<&Files>,
    after: &Files,
    forecast: Option<&Forecast>,
) -> Result<ExitCode, String> {
    match compare(before, after, true, &Progress::new()).await {
        Ok(diff) if args.json => Ok(print_json(&DiffOutput { diff: &diff, forecast })),
        Ok(diff) => {
            say(&render(&diff));
            say(&forecast.map(Forecast::text).unwrap_or_default());
            Ok(ExitCode::SUCCESS)
        }
        Err(DiffError::Unusable(fault)) => {
            say(&format_args!("{}/{fault}\n", args.dir.display()));
            Ok(ExitCode::from(EXIT_FINDINGS))
        }
        Err(error) => Err(error.to_string()),
    }
}

/// The difference, found by examples and, if `by_proof` and there is a solver, by proof.
pub(super) async fn compare(
    before: Option<&Files>,
    after: &Files,
    by_proof: bool,
    progress: &Progress,
) -> Result<Diff, DiffError> {
    let changes = |diff: &Result<Diff, DiffError>| match diff {
        Ok(diff) => {
            format!(
                "{}, {}",
                counted(diff.gains.len(), "gain"),
                counted_as(diff.losses.len(), "loss", "losses")
            )
        }
        Err(_) => "failed".to_owned(),
    };
    let by_examples = async |_: &dyn Fn(usize, usize)| {
        diff(before, after).map_err(|fault| DiffError::Unusable(Box::new(fault)))
    };
    let mut diff = progress.of("comparing", by_examples, changes).await?;
    match Prover::find() {
        _ if !by_proof => {}
        None => diff.notes.push(format!("gains and losses were found by examples, and not by proof: {HINT}")),
        Some(prover) => {
            let by_proof = async |at: &dyn Fn(usize, usize)| {
                prover.extend(&mut diff, before, after, |it| at(it.done, it.total)).await?;
                Ok(diff)
            };
            diff = progress.of("comparing by proof", by_proof, found_by_proof).await?;
        }
    }
    Ok(diff)
}

fn found_by_proof(diff: &Result<Diff, DiffError>) -> String {
    let Ok(diff) = diff else { return "failed".to_owned() };
    let all = diff.gains.iter().chain(&diff.losses);
    match all.filter(|access| access.found_by == FoundBy::Proof).count() {
        0 => "nothing more".to_owned(),
        more => format!("{more} more"),
    }
}
