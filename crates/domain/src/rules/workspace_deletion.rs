//! Deleting a workspace: for its members at once, and then its records step by step.

use std::collections::BTreeSet;

use jiff::Timestamp;

use crate::change::{Change, Changes};
use crate::count_change::Delta;
use crate::model::{EmailAddress, EmailKey, UserId, Workspace, WorkspaceDeletion, WorkspaceId};
use crate::record::{Record, RecordKey, Stored};

/// Most records of one step: a transaction holds 100 actions (AWS limit), a member takes four.
pub const STEP: u32 = 20;

/// The most members whose own list of workspaces shows the deletion at once: a transaction holds 100
/// actions (AWS limit).
pub const TOLD_AT_ONCE: u32 = 90;

/// The first step: without the workspace nobody is let in, and without its counts nobody joins. For these
/// members, at most [`TOLD_AT_ONCE`], it is no longer the current workspace.
pub fn begin(stored: &Stored<Workspace>, members: &[UserId], now: Timestamp) -> Changes {
    let workspace = stored.value.id;
    let mut changes = vec![
        Change::Delete(RecordKey::Workspace(workspace), stored.version),
        Change::DeleteUnconditionally(RecordKey::WorkspaceEntry(workspace)),
        Change::DeleteUnconditionally(RecordKey::Tally(workspace)),
        Change::Create(Record::WorkspaceDeletion(WorkspaceDeletion { workspace, since: now })),
    ];
    changes.extend(members.iter().map(|user| Change::MarkWorkspaceDeleted { user: *user, workspace }));
    changes.extend(stored.value.made_by.map(|user| Change::ForgetCreatedWorkspace { user }));
    changes
}

/// One more step: some records of the workspace's, with what stands for them elsewhere. Members must
/// come first: what one of them had begun cannot be written after that. Records that wait for the payment provider
/// stay, and its synchronisation removes them.
pub fn step(records: &[Stored<Record>], now: Timestamp) -> Changes {
    let mut changes = Changes::new();
    let mut slots = BTreeSet::<(EmailKey, WorkspaceId)>::new();
    for Stored { value: record, version } in records {
        if let Record::BillingAccount(account) = record
            && waits(record)
        {
            changes.push(Change::RequestBillingSync { workspace: account.workspace, at: now });
        }
        if waits(record) {
            continue;
        }
        changes.push(Change::Delete(record.key(), *version));
        match record {
            Record::Member(member) => {
                changes.push(Change::DeleteUnconditionally(RecordKey::JoinedWorkspace(
                    member.user,
                    member.workspace,
                )));
                changes.push(Change::AdjustWorkspaceCount { user: member.user, workspaces: Delta::by(-1) });
                slots.extend(member.slot.clone().map(|email| (email, member.workspace)));
            }
            Record::Invitation(invitation) => {
                let email = invitation.email.as_ref().map(EmailAddress::key);
                slots.extend(email.map(|email| (email, invitation.id.workspace)));
            }
            Record::FormerAddress(former) => {
                slots.insert((former.email.clone(), former.workspace));
            }
            Record::Departure(departure) => {
                slots.extend(departure.email.clone().map(|email| (email, departure.workspace)));
            }
            Record::ApiKeyEntry(entry) => {
                let (workspace, key) = (entry.workspace, entry.key);
                changes.push(Change::DeleteUnconditionally(RecordKey::ApiKey(workspace, key)));
                changes.push(Change::DeleteUnconditionally(RecordKey::ApiKeyUse(workspace, key)));
            }
            Record::DomainClaim(claim) => {
                let (domain, workspace) = (&claim.domain, claim.workspace);
                changes.push(Change::DeleteUnconditionally(RecordKey::VerifiedDomain(
                    domain.clone(),
                    workspace,
                )));
                changes
                    .push(Change::DeleteUnconditionally(RecordKey::DomainCheck(domain.clone(), workspace)));
            }
            _ => {}
        }
    }
    // Two records may speak of one address.
    changes.extend(
        slots.into_iter().map(|(email, id)| Change::DeleteUnconditionally(RecordKey::EmailSlot(email, id))),
    );
    changes
}

/// Whether a record stays until nothing at the payment provider costs the customer anything any more (K63).
pub fn waits(record: &Record) -> bool {
    match record {
        Record::BillingAccount(account) => account.customer.is_some() || account.open_purchase.is_some(),
        Record::Purchase(purchase) => purchase.state.is_open(),
        _ => false,
    }
}

/// The last one: nothing is left.
pub fn end(stored: &Stored<WorkspaceDeletion>) -> Changes {
    vec![Change::Delete(RecordKey::WorkspaceDeletion(stored.value.workspace), stored.version)]
}
