//! The failure of an attempt.

use std::error::Error;

use seatwise_store::{CommitError, StoreError};

use crate::keys::KeysError;
use crate::policies::PolicyError;
use crate::problem::{Code, Problem};

/// The reason why an attempt did not end in an answer.
pub enum Failure {
    /// Another request was quicker: read and decide again.
    Conflict,
    /// The request is refused.
    Problem(Problem),
}

impl<P: Into<Problem>> From<P> for Failure {
    fn from(problem: P) -> Self {
        Self::Problem(problem.into())
    }
}

impl From<CommitError> for Failure {
    fn from(error: CommitError) -> Self {
        match error {
            CommitError::Conflict => Self::Conflict,
            CommitError::Busy => Problem::from(Code::ConflictBusy).into(),
            CommitError::Failed(error) => Problem::internal("a commit failed", &error).into(),
        }
    }
}

impl From<PolicyError> for Problem {
    fn from(error: PolicyError) -> Self {
        // An unreachable service is counted where the call failed.
        let is_about_policies = matches!(error, PolicyError::NonePublished | PolicyError::Unusable(_));
        tracing::error!(
            error = &error as &dyn Error,
            policy_load_failures = is_about_policies.then_some(1_u64),
            "no policies to decide by"
        );
        Code::ConflictBusy.into()
    }
}

impl From<KeysError> for Problem {
    fn from(error: KeysError) -> Self {
        tracing::error!(error = &error as &dyn Error, "no keys of links");
        Code::ConflictBusy.into()
    }
}

impl From<StoreError> for Problem {
    fn from(error: StoreError) -> Self {
        match error {
            StoreError::Busy => {
                tracing::error!(error = &error as &dyn Error, "the table is busy");
                Code::ConflictBusy.into()
            }
            error => Self::internal("a read failed", &error),
        }
    }
}
