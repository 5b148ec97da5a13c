//! The person whom the members of a workspace ask for help (R16).

use serde::{Deserialize, Serialize};

use super::email::EmailAddress;
use super::id::WorkspaceId;
use super::text::{Notes, PersonName, Phone};

/// The contact person that the governors of a workspace have named.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Coordinator {
    /// The workspace that the person is a contact for.
    pub workspace: WorkspaceId,
    /// The person's name.
    pub name: Option<PersonName>,
    /// The person's email address.
    pub email: Option<EmailAddress>,
    /// The person's telephone number.
    pub phone: Option<Phone>,
    /// When to ask the person, and for what.
    pub notes: Option<Notes>,
}

impl Coordinator {
    /// A coordinator without any content: the workspace has none.
    pub fn nobody(workspace: WorkspaceId) -> Self {
        Self { workspace, name: None, email: None, phone: None, notes: None }
    }

    /// Whether the record has no content.
    pub fn is_nobody(&self) -> bool {
        *self == Self::nobody(self.workspace)
    }
}
