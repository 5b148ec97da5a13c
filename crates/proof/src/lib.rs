//! Proofs about a pack over every possible request, and not only over examples.
//!
//! Policies become formulas (`cedar-policy-symcc`). `cvc5`, a solver that runs as a process of its own,
//! says whether a request exists that breaks a statement. If there is one, the solver returns it, and
//! Cedar's own authorizer must confirm it before it is reported.
//!
//! Every question has a time limit. A question without an answer is reported as a finding, and never
//! taken for a proof.
//!
//! `assumptions.rs` states what is assumed of a request: the guarantees of the code that builds it.

mod appointing;
mod assumptions;
mod example;
mod gains;
mod request_kind;
mod session;
mod shape;
mod statements;
#[cfg(test)]
mod tests;

use std::env;
use std::ffi::OsString;
use std::io;
use std::path::{Path, PathBuf};
use std::time::Duration;

use seatwise_policy::{Bundle, Files};
use seatwise_workbench::diff::Diff;
use seatwise_workbench::{Finding, under_names_of};

/// The advice for a user without the solver.
pub const HINT: &str = "`cvc5` is not on the PATH: `apt-get install cvc5`, or see https://cvc5.github.io";

/// The environment variable with the path of the solver, if it is not on the `PATH`.
const VARIABLE: &str = "CVC5";

/// The time limit of one question. Most questions about the built-in packs take milliseconds, some a few seconds; a machine
/// that is busy with other things needs several times as long.
const LIMIT: Duration = Duration::from_mins(1);

/// A solver that was found.
#[derive(Clone, Debug)]
pub struct Prover {
    path: PathBuf,
    limit: Duration,
}

/// The reason why no question could be asked.
#[derive(Debug, thiserror::Error)]
pub enum ProverError {
    /// The solver does not start.
    #[error("cannot start the solver: {0}")]
    Start(io::Error),
}

/// The progress of a proof.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ProofProgress {
    /// The steps that are done.
    pub done: usize,
    /// All steps.
    pub total: usize,
}

impl Prover {
    /// The executable that the environment variable `CVC5` names, or else `cvc5` on the `PATH`.
    pub fn find() -> Option<Self> {
        let named = env::var_os(VARIABLE).filter(|named| !named.is_empty());
        let path = match named {
            // If there is no such file, the first question fails and says so.
            Some(named) => Some(PathBuf::from(named)),
            None => on_path(&env::var_os("PATH")?),
        };
        path.map(|path| Self { path, limit: LIMIT })
    }

    /// With another time limit for each question; it is a minute.
    #[must_use]
    pub fn with_limit(self, limit: Duration) -> Self {
        Self { limit, ..self }
    }

    /// Everything that cannot be proven of these statements, each with the policy or role that is to
    /// blame:
    ///
    /// - no policy errs;
    /// - the pack allows everything that the recovery floor allows;
    /// - nobody does anything to a resource in another workspace;
    /// - joiners for whom nobody chose a role get no sensitive permission;
    /// - every policy of the pack applies to some request, and every permit allows some request;
    /// - nobody gives a role that can do what they cannot, unless a policy accepts it by `@appoints`.
    ///
    /// Only for a pack that [`seatwise_workbench::check`] finds sound.
    pub async fn prove(
        &self,
        files: &Files,
        progress: impl FnMut(ProofProgress),
    ) -> Result<Vec<Finding>, ProverError> {
        match Bundle::compile(files) {
            Ok(bundle) => statements::prove(self, &bundle, progress).await,
            Err(fault) => Ok(vec![Finding::of_fault(&fault, files)]),
        }
    }

    /// Adds to a difference the gains and losses that no example shows, each with a request that shows it.
    /// For callers whom examples show to gain or lose an action under some conditions, other conditions are
    /// tried too, except for other plans. Notes say what could not be compared or decided.
    pub async fn extend(
        &self,
        diff: &mut Diff,
        before: Option<&Files>,
        after: &Files,
        progress: impl FnMut(ProofProgress),
    ) -> Result<(), ProverError> {
        let before = before.map(|before| under_names_of(before, after).0);
        gains::extend(self, diff, before.as_ref(), after, progress).await
    }
}

fn on_path(folders: &OsString) -> Option<PathBuf> {
    env::split_paths(folders).map(|folder| folder.join("cvc5")).find(|path| Path::is_file(path))
}
