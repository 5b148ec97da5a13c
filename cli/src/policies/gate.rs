//! The checks that a pack must pass before it is published, and the proofs where there is a solver.

use std::path::Path;
use std::time::{Duration, Instant};

use seatwise_policy::Files;
use seatwise_proof::{HINT, Prover};
use seatwise_workbench::Report;

use super::check::render;
use super::progress::{Progress, note};
use crate::counted::counted;
use crate::say;

/// A pack that was checked.
pub(super) struct Checked {
    pub(super) report: Report,
    /// Whether proofs were tried.
    pub(super) proofs: Proofs,
    pub(super) took: Duration,
}

/// How much is checked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Extent {
    /// Everything, with the proofs where there is a solver.
    WithProofs,
    /// Everything but the proofs.
    WithoutProofs,
}

/// Whether proofs were tried.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Proofs {
    /// All proofs were tried; failed proofs are findings.
    Tried,
    /// They were skipped on request, or because of other findings.
    LeftOut,
    /// There is no solver.
    NoSolver,
}

/// Checks a pack and, unless that is left out or there are findings already, tries the proofs.
pub(super) async fn check(files: &Files, extent: Extent, progress: &Progress) -> Result<Checked, String> {
    let begun = Instant::now();
    let checked = |report: &Report| found(report.findings.len());
    let mut report = progress.of("checking", async |_| seatwise_workbench::report(files), checked).await;
    let proofs = match Prover::find() {
        _ if extent == Extent::WithoutProofs || !report.findings.is_empty() => Proofs::LeftOut,
        None => {
            note(&format!("nothing was proven: {HINT}"));
            Proofs::NoSolver
        }
        Some(prover) => {
            let findings = progress
                .of(
                    "proving",
                    async |at| prover.prove(files, |it| at(it.done, it.total)).await,
                    |proven| {
                        proven.as_ref().map_or_else(|_| "failed".to_owned(), |findings| found(findings.len()))
                    },
                )
                .await;
            report.findings = findings.map_err(|error| error.to_string())?;
            Proofs::Tried
        }
    };
    Ok(Checked { report, proofs, took: begun.elapsed() })
}

fn found(findings: usize) -> String {
    if findings == 0 { "sound".to_owned() } else { counted(findings, "finding") }
}

/// Whether proofs were tried, for a pack that may be published. For any other pack, prints the findings and
/// returns nothing. The files are in `dir`.
pub(super) async fn passes(
    dir: &Path,
    files: &Files,
    extent: Extent,
    progress: &Progress,
) -> Result<Option<Proofs>, String> {
    let Checked { report, proofs, .. } = check(files, extent, progress).await?;
    if report.findings.is_empty() {
        return Ok(Some(proofs));
    }
    say(&render::with_summary(dir, files, &report.findings, render::Style::of_stdout()));
    Ok(None)
}
