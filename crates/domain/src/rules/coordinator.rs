//! Naming the contact person of a workspace (R16).

use crate::change::{Change, Changes};
use crate::model::Coordinator;
use crate::record::{Record, RecordKey, Stored};

/// Sets the coordinator of a workspace. A coordinator without content removes the record.
pub fn set(before: Option<&Stored<Coordinator>>, after: &Coordinator) -> Changes {
    match before {
        None if after.is_nobody() => Vec::new(),
        None => vec![Change::Create(Record::Coordinator(after.clone()))],
        Some(stored) if after.is_nobody() => {
            vec![Change::Delete(RecordKey::Coordinator(after.workspace), stored.version)]
        }
        Some(stored) => vec![Change::update(stored, after.clone())],
    }
}
