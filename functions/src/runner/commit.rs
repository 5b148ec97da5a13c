//! The commit: all changes of a decision in one transaction, or none.

use seatwise_domain::{Change, Changes, Record};
use seatwise_store::Store;

use super::failure::Failure;

/// Writes the changes. `condition` is what they rest on beside their own conditions: the caller's
/// membership, so that a permission withdrawn meanwhile stops the write (K9).
pub async fn commit(
    store: &Store,
    mut changes: Changes,
    condition: Option<Change>,
    trace: Option<&String>,
) -> Result<(), Failure> {
    if changes.is_empty() {
        return Ok(());
    }
    for change in &mut changes {
        // A task runs later and elsewhere: it names the request that it came from.
        if let Change::Create(Record::Task(task)) = change {
            task.trace = trace.cloned();
        }
    }
    changes.extend(condition);
    store.commit(&changes).await?;
    Ok(())
}
