//! The mails of one day, counted for each sender (K49).

use std::collections::BTreeMap;
use std::fmt;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::email::EmailKey;
use super::id::{UserId, WorkspaceId};

/// A sender whose mails are counted: a person in all their workspaces, or a workspace with all its members.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(tag = "kind", content = "id", rename_all = "kebab-case")]
pub enum MailSender {
    /// A person.
    Person(UserId),
    /// A workspace.
    Workspace(WorkspaceId),
}

/// The invitation mails of one sender on one day.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct MailUse {
    /// The sender.
    pub sender: MailSender,
    /// The day in UTC, such as `2026-11-22`.
    pub day: String,
    /// The number of mails.
    pub used: u32,
    /// The number of mails to each address.
    #[serde(default)]
    pub to: BTreeMap<AddressMark, u32>,
    /// The time from which nothing reads the record: the end of the day.
    pub ends: Timestamp,
}

/// A short mark of an address: 64 bits of its hash. The addresses of one sender and day have different marks
/// with all but certainty.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct AddressMark(String);

impl AddressMark {
    /// The mark of an address.
    pub fn of(email: &EmailKey) -> Self {
        Self(email.to_string().chars().take(16).collect())
    }
}

impl fmt::Display for AddressMark {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl MailUse {
    /// The number of mails to one address.
    pub fn to(&self, address: &AddressMark) -> u32 {
        self.to.get(address).copied().unwrap_or_default()
    }
}
