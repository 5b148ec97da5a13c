//! What holds of a pack for every possible request, and not only for the examples.
//!
//! Policies become formulas (`cedar-policy-symcc`), and `cvc5`, a solver that runs beside this
//! program, says whether a request exists that breaks a statement. If one does, it hands over an
//! example, which is replayed through Cedar's own authorizer before anybody is told of it.
//!
//! Every question has a time limit. One that stays open counts against the pack: what could not be
//! proven is said, and never taken for proven.
//!
//! What is taken for granted of a request is in `world.rs`, and comes from how requests are built.

mod example;
mod gains;
mod ground;
mod session;
mod statements;
#[cfg(test)]
mod tests;
mod world;

use std::env;
use std::ffi::OsString;
use std::io;
use std::path::{Path, PathBuf};
use std::time::Duration;

use seatwise_policy::diff::Diff;
use seatwise_policy::{Bundle, Files, Finding};

/// What to tell who has no solver.
pub const HINT: &str = "`cvc5` is not on the PATH: `apt-get install cvc5`, or see https://cvc5.github.io";

/// Names the solver where it is not on the `PATH`.
const VARIABLE: &str = "CVC5";

/// For one question. Those of the built-in packs take milliseconds.
const LIMIT: Duration = Duration::from_secs(10);

/// A solver that was found.
#[derive(Clone, Debug)]
pub struct Prover {
    path: PathBuf,
    limit: Duration,
}

/// Why nothing could be asked at all.
#[derive(Debug, thiserror::Error)]
pub enum ProverError {
    /// The solver does not start.
    #[error("cannot start the solver: {0}")]
    Start(io::Error),
}

/// How far a proof is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Progress {
    /// Kinds of request that are done.
    pub done: usize,
    /// Of how many.
    pub total: usize,
}

impl Prover {
    /// The executable that the environment's `CVC5` names, or else `cvc5` on the `PATH`.
    pub fn find() -> Option<Self> {
        let named = env::var_os(VARIABLE).filter(|named| !named.is_empty());
        let path = match named {
            // Whoever names one means it: if there is none, asking it says so.
            Some(named) => Some(PathBuf::from(named)),
            None => on_path(&env::var_os("PATH")?),
        };
        path.map(|path| Self { path, limit: LIMIT })
    }

    /// With another time limit for each question; it is ten seconds.
    #[must_use]
    pub fn with_limit(self, limit: Duration) -> Self {
        Self { limit, ..self }
    }

    /// What cannot be proven of a pack, each finding with the policy or role that is to blame:
    ///
    /// - no policy errs;
    /// - what the recovery floor allows, the pack allows too;
    /// - nobody does anything to what lies in another workspace;
    /// - whoever joins without a role having been chosen has no sensitive power;
    /// - every rule of the pack applies to some request, and every permit lets somebody do something.
    ///
    /// A pack that [`seatwise_policy::check`] refuses should not come this far.
    pub async fn prove(
        &self,
        files: &Files,
        progress: impl FnMut(Progress),
    ) -> Result<Vec<Finding>, ProverError> {
        match Bundle::compile(files) {
            Ok(bundle) => statements::prove(self, &bundle, progress).await,
            Err(fault) => Ok(vec![fault]),
        }
    }

    /// Adds to a difference what its examples missed: of each action whose policies changed, who may
    /// now do what they could not, and the reverse, with a request that shows it. Of whom the examples
    /// show that they gain an action in some situations, it is asked whether they gain it in others too,
    /// but for other plans. What cannot be compared or decided is noted in it.
    pub async fn extend(
        &self,
        diff: &mut Diff,
        before: Option<&Files>,
        after: &Files,
        progress: impl FnMut(Progress),
    ) -> Result<(), ProverError> {
        gains::extend(self, diff, before, after, progress).await
    }
}

fn on_path(folders: &OsString) -> Option<PathBuf> {
    env::split_paths(folders).map(|folder| folder.join("cvc5")).find(|path| Path::is_file(path))
}
