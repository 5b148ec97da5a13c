//! The commit: all changes of a decision in one transaction, or none.

use seatwise_domain::rules::log::{Before, EventSource};
use seatwise_domain::{Change, Changes, Moment, Record};
use seatwise_store::Store;

use super::failure::Failure;
use crate::events::with_events;

/// The beginning of a request that changes something: who did it, and what was read before.
pub struct Cause<'a> {
    /// What the events say of the request; `None` for a caller who changes nothing that has an event.
    pub source: Option<EventSource>,
    /// The records that were read.
    pub before: Before<'a>,
    /// The trace of the request, for its tasks.
    pub trace: Option<&'a String>,
}

/// Writes the changes, with their events. `condition` is what they rest on beside their own conditions: the caller's
/// membership, so that a permission withdrawn meanwhile stops the write (K9).
pub async fn commit(
    store: &Store,
    mut changes: Changes,
    condition: Option<Change>,
    cause: Cause<'_>,
    moment: &mut Moment,
) -> Result<(), Failure> {
    if changes.is_empty() {
        return Ok(());
    }
    for change in &mut changes {
        // A task runs later and elsewhere: it names the request that it came from.
        if let Change::Create(Record::Task(task)) = change {
            task.trace = cause.trace.cloned();
        }
    }
    changes.extend(condition);
    if let Some(source) = &cause.source {
        changes = with_events(changes, cause.before, source, moment);
    }
    store.commit(&changes).await?;
    Ok(())
}
