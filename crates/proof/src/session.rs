//! Questions to the solver, one after the other.

use std::time::Duration;

use cedar_policy_symcc::err::Error;
use cedar_policy_symcc::solver::LocalSolver;
use cedar_policy_symcc::{CedarSymCompiler, Env, WellFormedAsserts};
use tokio::process::Command;

use crate::{Prover, ProverError};

/// The reason why a question has no answer.
pub(crate) enum Unanswered {
    /// The question remains open: nothing follows from it, and nothing is proven.
    Open(String),
    /// No question can be asked at all.
    Broken(ProverError),
}

impl From<Error> for Unanswered {
    fn from(error: Error) -> Self {
        Self::Open(match error {
            Error::SolverUnknown => "the solver does not know, or took too long".to_owned(),
            other => other.to_string(),
        })
    }
}

impl From<ProverError> for Unanswered {
    fn from(error: ProverError) -> Self {
        Self::Broken(error)
    }
}

/// A running solver, which is started with the first question.
pub(crate) struct SolverSession<'p> {
    prover: &'p Prover,
    compiler: Option<CedarSymCompiler<LocalSolver>>,
}

impl<'p> SolverSession<'p> {
    pub(crate) fn new(prover: &'p Prover) -> Self {
        Self { prover, compiler: None }
    }

    /// A request that meets all assertions; nothing, if there is none.
    pub(crate) async fn find(&mut self, asserts: &WellFormedAsserts<'_>) -> Result<Option<Env>, Unanswered> {
        let mut compiler = match self.compiler.take() {
            Some(compiler) => compiler,
            None => self.start()?,
        };
        // The solver has its own time limit; this one is for a solver that ignores it. In both cases the
        // solver is started anew: a late answer would be taken for the answer to the next question.
        let patience = self.prover.limit.saturating_mul(2);
        let Ok(answer) = tokio::time::timeout(patience, compiler.check_sat(asserts)).await else {
            return Err(Unanswered::Open("the solver took too long".to_owned()));
        };
        let found = answer?;
        self.compiler = Some(compiler);
        Ok(found)
    }

    fn start(&self) -> Result<CedarSymCompiler<LocalSolver>, Unanswered> {
        // To the solver, zero means no limit.
        let limit = self.prover.limit.max(Duration::from_millis(1)).as_millis();
        let mut command = Command::new(&self.prover.path);
        command.args(["--lang", "smt", &format!("--tlimit-per={limit}")]).kill_on_drop(true);
        let solver = LocalSolver::from_command(&mut command).map_err(|error| match error {
            cedar_policy_symcc::solver::SolverError::Io(error) => {
                Unanswered::Broken(ProverError::Start(error))
            }
            other => Unanswered::Open(other.to_string()),
        })?;
        Ok(CedarSymCompiler::new(solver)?)
    }
}
