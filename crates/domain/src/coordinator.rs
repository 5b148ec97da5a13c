//! Whom the members of a workspace ask for help (R16).

use serde::{Deserialize, Serialize};

use crate::change::{Change, Changes};
use crate::email::EmailAddress;
use crate::id::WorkspaceId;
use crate::record::{Record, RecordKey, Stored};
use crate::text::{Notes, PersonName, Phone};

/// The person that the workspace's governors have named.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Coordinator {
    /// What they are called.
    pub name: Option<PersonName>,
    /// Their address.
    pub email: Option<EmailAddress>,
    /// Their telephone number.
    pub phone: Option<Phone>,
    /// When to ask them, and for what.
    pub notes: Option<Notes>,
}

/// Names somebody else; who names nobody takes the entry away.
pub fn set(workspace: WorkspaceId, before: Option<&Stored<Coordinator>>, after: &Coordinator) -> Changes {
    let record = || Record::Coordinator(workspace, after.clone());
    let is_nobody = *after == Coordinator::default();
    match before {
        None if is_nobody => Vec::new(),
        None => vec![Change::Create(record())],
        Some(stored) if is_nobody => {
            vec![Change::Delete(RecordKey::Coordinator(workspace), stored.version)]
        }
        Some(stored) => vec![Change::Update(record(), stored.version)],
    }
}
