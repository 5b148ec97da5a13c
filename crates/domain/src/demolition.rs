//! Deleting a workspace: at once for its members, and then, in steps, everything that was in it.

use std::collections::BTreeSet;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::change::{Change, Changes, Delta};
use crate::email::{EmailAddress, EmailKey};
use crate::id::WorkspaceId;
use crate::record::{Record, RecordKey, Stored};
use crate::workspace::Workspace;

/// Most records of one step: a transaction holds 100 actions (AWS limit), a member takes four.
pub const STEP: u32 = 20;

/// That a workspace is gone and its records are not, yet.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Demolition {
    /// Which.
    pub workspace: WorkspaceId,
    /// Since when.
    pub since: Timestamp,
}

/// The first step: without the workspace nobody is let in, and without its counts nobody joins.
pub fn begin(stored: &Stored<Workspace>, now: Timestamp) -> Changes {
    let workspace = stored.value.id;
    vec![
        Change::Delete(RecordKey::Workspace(workspace), stored.version),
        Change::Forget(RecordKey::Tally(workspace)),
        Change::Create(Record::Demolition(Demolition { workspace, since: now })),
    ]
}

/// One more step: some records of the workspace's, with what stands for them elsewhere. Members must
/// come first: what one of them had begun cannot be written after that.
pub fn step(records: &[Stored<Record>]) -> Changes {
    let mut changes = Changes::new();
    let mut slots = BTreeSet::<(EmailKey, WorkspaceId)>::new();
    for Stored { value: record, version } in records {
        changes.push(Change::Delete(record.key(), *version));
        match record {
            Record::Member(member) => {
                changes.push(Change::Forget(RecordKey::Joined(member.user, member.workspace)));
                changes.push(Change::Attend { user: member.user, workspaces: Delta::by(-1) });
                slots.extend(member.slot.clone().map(|email| (email, member.workspace)));
            }
            Record::Invitation(invitation) => {
                let email = invitation.email.as_ref().map(EmailAddress::key);
                slots.extend(email.map(|email| (email, invitation.id.workspace)));
            }
            Record::Departure(departure) => {
                slots.extend(departure.email.clone().map(|email| (email, departure.workspace)));
            }
            Record::DomainClaim(claim) => {
                let (domain, workspace) = (&claim.domain, claim.workspace);
                changes.push(Change::Forget(RecordKey::DomainDoor(domain.clone(), workspace)));
                changes.push(Change::Forget(RecordKey::DomainCheck(domain.clone(), workspace)));
            }
            _ => {}
        }
    }
    // Two records may speak of one address.
    changes.extend(slots.into_iter().map(|(email, id)| Change::Forget(RecordKey::EmailSlot(email, id))));
    changes
}

/// The last one: nothing is left.
pub fn end(stored: &Stored<Demolition>) -> Changes {
    vec![Change::Delete(RecordKey::Demolition(stored.value.workspace), stored.version)]
}
