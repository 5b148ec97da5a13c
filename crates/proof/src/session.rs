//! Questions to the solver, one after the other.

use std::time::Duration;

use cedar_policy_symcc::err::Error;
use cedar_policy_symcc::solver::LocalSolver;
use cedar_policy_symcc::{CedarSymCompiler, Env, WellFormedAsserts};
use tokio::process::Command;

use crate::{Prover, ProverError};

/// Why a question has no answer.
pub(crate) enum Stop {
    /// It remains open: nothing follows, and nothing is proven.
    Open(String),
    /// No question can be asked.
    Broken(ProverError),
}

impl From<Error> for Stop {
    fn from(error: Error) -> Self {
        Self::Open(match error {
            Error::SolverUnknown => "the solver does not know, or took too long".to_owned(),
            other => other.to_string(),
        })
    }
}

impl From<ProverError> for Stop {
    fn from(error: ProverError) -> Self {
        Self::Broken(error)
    }
}

/// A running solver; it is started when there is something to ask.
pub(crate) struct Session<'p> {
    prover: &'p Prover,
    compiler: Option<CedarSymCompiler<LocalSolver>>,
}

impl<'p> Session<'p> {
    pub(crate) fn new(prover: &'p Prover) -> Self {
        Self { prover, compiler: None }
    }

    /// A request that makes all of it true; nothing, if there is none.
    pub(crate) async fn find(&mut self, asserts: &WellFormedAsserts<'_>) -> Result<Option<Env>, Stop> {
        let mut compiler = match self.compiler.take() {
            Some(compiler) => compiler,
            None => self.start()?,
        };
        // The solver keeps its own time; this is for one that does not. In both cases it is not asked
        // again but started anew, since an answer that comes late would be taken for that to the next.
        let patience = self.prover.limit.saturating_mul(2);
        let Ok(answer) = tokio::time::timeout(patience, compiler.check_sat(asserts)).await else {
            return Err(Stop::Open("the solver took too long".to_owned()));
        };
        let found = answer?;
        self.compiler = Some(compiler);
        Ok(found)
    }

    fn start(&self) -> Result<CedarSymCompiler<LocalSolver>, Stop> {
        // No time at all would mean no limit to the solver.
        let limit = self.prover.limit.max(Duration::from_millis(1)).as_millis();
        let mut command = Command::new(&self.prover.path);
        command.args(["--lang", "smt", &format!("--tlimit-per={limit}")]).kill_on_drop(true);
        let solver = LocalSolver::from_command(&mut command).map_err(|error| match error {
            cedar_policy_symcc::solver::SolverError::Io(error) => Stop::Broken(ProverError::Start(error)),
            other => Stop::Open(other.to_string()),
        })?;
        Ok(CedarSymCompiler::new(solver)?)
    }
}
