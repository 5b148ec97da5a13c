//! Writing: all changes of a decision, or none.

use aws_sdk_dynamodb::types::{ReturnConsumedCapacity, TransactWriteItem};
use seatwise_domain::rules::log;
use seatwise_domain::{Change, EventLog, Record};

use crate::Store;
use crate::action::Action;
use crate::error::{self, CommitError, Misuse};
use crate::plan::plan;

const OPERATION: &str = "TransactWriteItems";

impl Store {
    /// Writes all changes in one transaction, if every one's condition holds. What changes something that a person
    /// can see must have its event among the changes (K69).
    pub async fn commit(&self, changes: &[Change]) -> Result<(), CommitError> {
        require_events(changes)?;
        self.commit_without_events(changes).await
    }

    /// Writes changes that need no event: the removal of what a deleted workspace leaves behind, whose deletion has
    /// the event; and those of tests.
    pub async fn commit_without_events(&self, changes: &[Change]) -> Result<(), CommitError> {
        if let [change @ (Change::CountKeyUse { .. } | Change::NoteKeyUse { .. })] = changes {
            return self.update_alone(change).await;
        }
        let actions = plan(changes, self.first_version())?;
        if actions.is_empty() {
            return Ok(());
        }
        tracing::debug!(actions = actions.len(), "commit");
        let items = actions
            .into_iter()
            .map(|action| action.into_item(&self.table))
            .collect::<Result<Vec<_>, Misuse>>()?;
        Box::pin(self.transact(items)).await
    }

    /// Carries out one update without a transaction: many at a time on one item follow each other, where transactions
    /// would conflict. A repetition after a lost answer can count a second time.
    async fn update_alone(&self, change: &Change) -> Result<(), CommitError> {
        const OPERATION: &str = "UpdateItem";
        let meter = self.meter();
        meter.round();
        meter.call(OPERATION);
        let (key, expression) = Action::of(change, self.first_version())?.into_update();
        let output = self
            .client
            .update_item()
            .table_name(&self.table)
            .set_key(Some(key))
            .update_expression(expression.update())
            .set_condition_expression(expression.condition())
            .set_expression_attribute_names(expression.names())
            .set_expression_attribute_values(expression.values())
            .return_consumed_capacity(ReturnConsumedCapacity::Total)
            .send()
            .await;
        match output {
            Ok(output) => {
                meter.wrote(output.consumed_capacity.as_slice());
                Ok(())
            }
            // Somebody else has noted it, or will at the next use: nobody waits for a note.
            Err(failure) if matches!(change, Change::NoteKeyUse { .. }) => {
                tracing::debug!(code = error::code(&failure), "the last use of a key was not noted");
                Ok(())
            }
            Err(failure)
                if matches!(
                    error::code(&failure),
                    Some("ConditionalCheckFailedException" | "TransactionConflictException")
                ) =>
            {
                Err(CommitError::Conflict)
            }
            Err(failure) => Err(error::of_call(OPERATION, &failure).into()),
        }
    }

    /// Carries out one transaction. Its token makes a repetition after a lost answer the same
    /// transaction, for 10 minutes (AWS: idempotency of `TransactWriteItems`). The SDK repeats
    /// with the same one, also where DynamoDB is still at work on the first try
    /// (`TransactionInProgressException`).
    pub(crate) async fn transact(&self, items: Vec<TransactWriteItem>) -> Result<(), CommitError> {
        let meter = self.meter();
        meter.round();
        meter.call(OPERATION);
        let output = self
            .client
            .transact_write_items()
            .set_transact_items(Some(items))
            .client_request_token(format!("{:032x}", rand::random::<u128>()))
            .return_consumed_capacity(ReturnConsumedCapacity::Total)
            .send()
            .await
            .map_err(|failure| error::of_commit(OPERATION, &failure))?;
        meter.wrote(output.consumed_capacity());
        Ok(())
    }
}

/// Whether the changes have exactly one event in each log that they are about.
fn require_events(changes: &[Change]) -> Result<(), Misuse> {
    let of_event = |change: &Change| match change {
        Change::Create(Record::LogEvent(event)) => Some(event.log),
        _ => None,
    };
    let mut written: Vec<EventLog> = changes.iter().filter_map(of_event).collect();
    written.sort_unstable();
    if written.into_iter().eq(log::logs(changes)) { Ok(()) } else { Err(Misuse::Unlogged) }
}
