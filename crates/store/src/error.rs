//! The errors of the store. Their messages, and every cause under them, are free of item contents, table
//! names and keys: messages of DynamoDB may quote the request, so they are not kept.

use std::fmt;

use aws_sdk_dynamodb::config::http::HttpResponse;
use aws_sdk_dynamodb::error::{ProvideErrorMetadata, SdkError};
use aws_sdk_dynamodb::operation::RequestId as _;
use aws_sdk_dynamodb::operation::transact_write_items::TransactWriteItemsError;
use aws_sdk_dynamodb::types::CancellationReason;

type Cause = Box<dyn std::error::Error + Send + Sync>;

/// The reason why nothing was loaded.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// Throttled, timed out or not reached, after a bounded number of tries.
    #[error("the database is busy")]
    Busy,
    /// An item is not what this version of the service writes.
    #[error("a stored record cannot be read")]
    Corrupt(#[source] Flaw),
    /// Anything else: a wrong permission, a missing table, a mistake of ours.
    #[error("the database refused a call")]
    Failed(#[source] Cause),
}

/// The reason why the changes were not written, or may not have been.
#[derive(Debug, thiserror::Error)]
pub enum CommitError {
    /// The decision depends on records that have changed: load and decide again. Nothing was written.
    #[error("the state has changed meanwhile")]
    Conflict,
    /// Throttled, or the answer was lost: it is not known whether the changes were written.
    #[error("the database is busy")]
    Busy,
    /// Anything else. Nothing was written.
    #[error("the changes cannot be written")]
    Failed(#[source] StoreError),
}

impl From<StoreError> for CommitError {
    fn from(error: StoreError) -> Self {
        match error {
            StoreError::Busy => Self::Busy,
            other => Self::Failed(other),
        }
    }
}

/// The flaw of an item. Decoder messages quote what they read, so they are left out.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Flaw {
    /// No `v`, or not a number.
    #[error("an item has no version")]
    Version,
    /// No `type`, or one that this version of the service does not know.
    #[error("an item is of an unknown type")]
    UnknownType,
    /// The content does not fit the type.
    #[error("an item of type {0} does not decode")]
    Content(&'static str),
    /// The content belongs to another key.
    #[error("an item of type {0} lies under another record's key")]
    Misplaced(&'static str),
}

/// A mistake in the calling code.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Misuse {
    /// A transaction takes at most [`MAX_TRANSACTION_ACTIONS`](crate::MAX_TRANSACTION_ACTIONS), one per item.
    #[error("{0} actions do not fit into one transaction")]
    TooManyActions(usize),
    /// DynamoDB allows one action per item, and these two cannot be made one.
    #[error("two changes write the same record")]
    SameRecord,
    /// An update cannot move a record to another key.
    #[error("an update changes the key of a record")]
    KeyChanged,
    /// A transaction has exactly one event in each log that its changes are about (K69).
    #[error("the events of a transaction do not fit its changes")]
    Unlogged,
    /// A record does not become an item.
    #[error("a record does not encode")]
    Encoding,
    /// A bundle has more than [`MAX_BUNDLE_BYTES`](seatwise_domain::MAX_BUNDLE_BYTES).
    #[error("a policy bundle of {0} bytes is too large")]
    BundleTooLarge(usize),
}

impl From<Misuse> for StoreError {
    fn from(misuse: Misuse) -> Self {
        Self::Failed(Box::new(misuse))
    }
}

impl From<Misuse> for CommitError {
    fn from(misuse: Misuse) -> Self {
        Self::Failed(misuse.into())
    }
}

/// A call that DynamoDB answered with an error, or that got no answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CallFailure {
    operation: &'static str,
    code: String,
    request_id: Option<String>,
}

impl CallFailure {
    /// The parts of an error that may be shown: neither the request nor the answer, which hold names and
    /// secrets.
    pub fn of<E: ProvideErrorMetadata>(operation: &'static str, error: &SdkError<E, HttpResponse>) -> Self {
        let code = match error {
            SdkError::ConstructionFailure(_) => "request not built",
            SdkError::TimeoutError(_) => "timed out",
            SdkError::DispatchFailure(_) => "not reached",
            SdkError::ResponseError(_) => "answer not understood",
            other => code(other).unwrap_or("unknown error"),
        };
        let request_id = error.raw_response().and_then(|response| response.request_id()).map(str::to_owned);
        Self { operation, code: code.to_owned(), request_id }
    }
}

impl fmt::Display for CallFailure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { operation, code, request_id } = self;
        write!(f, "{operation}: {code}")?;
        request_id.as_deref().map_or(Ok(()), |id| write!(f, " (request {id})"))
    }
}

impl std::error::Error for CallFailure {}

/// The error of a call that changes nothing, or whose effect does not matter.
pub(crate) fn of_call<E>(operation: &'static str, error: &SdkError<E, HttpResponse>) -> StoreError
where
    E: ProvideErrorMetadata,
{
    let failure = CallFailure::of(operation, error);
    if is_passing(error) {
        // The kind of trouble would be lost otherwise: `Busy` carries no cause.
        tracing::warn!(%failure, "database busy");
        return StoreError::Busy;
    }
    StoreError::Failed(Box::new(failure))
}

/// The error of a transaction.
pub(crate) fn of_commit(
    operation: &'static str,
    error: &SdkError<TransactWriteItemsError, HttpResponse>,
) -> CommitError {
    if let Some(TransactWriteItemsError::TransactionCanceledException(cancelled)) = error.as_service_error() {
        return of_cancellation(CallFailure::of(operation, error), cancelled.cancellation_reasons());
    }
    of_call(operation, error).into()
}

/// A failed condition takes precedence over all other reasons, which may follow from it.
fn of_cancellation(mut failure: CallFailure, reasons: &[CancellationReason]) -> CommitError {
    let codes: Vec<&str> =
        reasons.iter().filter_map(CancellationReason::code).filter(|code| *code != "None").collect();
    let any = |wanted: &[&str]| codes.iter().any(|code| wanted.contains(code));
    if any(&["ConditionalCheckFailed", "TransactionConflict"]) {
        return CommitError::Conflict;
    }
    failure.code = format!("{} {codes:?}", failure.code);
    let passing = ["ThrottlingError", "ProvisionedThroughputExceeded", "RequestLimitExceeded"];
    if !codes.is_empty() && codes.iter().all(|code| passing.contains(code)) {
        tracing::warn!(%failure, "database busy");
        return CommitError::Busy;
    }
    CommitError::Failed(StoreError::Failed(Box::new(failure)))
}

pub(crate) fn code<E: ProvideErrorMetadata>(error: &SdkError<E, HttpResponse>) -> Option<&str> {
    error.as_service_error().and_then(ProvideErrorMetadata::code)
}

/// Whether the same call may succeed in a while.
fn is_passing<E: ProvideErrorMetadata>(error: &SdkError<E, HttpResponse>) -> bool {
    const CODES: [&str; 8] = [
        "InternalServerError",
        "ProvisionedThroughputExceededException",
        "RequestLimitExceeded",
        "ServiceUnavailable",
        "Throttling",
        "ThrottlingException",
        "TransactionConflictException",
        "TransactionInProgressException",
    ];
    match error {
        SdkError::ConstructionFailure(_) => false,
        SdkError::TimeoutError(_) | SdkError::ResponseError(_) => true,
        SdkError::DispatchFailure(failure) => !failure.is_user(),
        other => {
            code(other).is_some_and(|code| CODES.contains(&code))
                || other.raw_response().is_some_and(|response| response.status().as_u16() >= 500)
        }
    }
}
