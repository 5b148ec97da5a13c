//! Mails that an earlier release has left in the outbox become tasks. No release writes them any more,
//! so this file, its record and its key can go with the release after this one.

use seatwise_domain::{Change, EarlierMail, Invitation, Record, TaskId};
use seatwise_store::{CommitError, Store, StoreError};

use super::error::TaskError;

/// Puts a task in the place of an earlier mail. Nothing happens if there is no such mail any more.
pub(super) async fn into_task(store: &Store, id: TaskId) -> Result<(), TaskError> {
    let key = EarlierMail::key(id);
    let Some(mail) = store.get(key.clone()).await? else { return Ok(()) };
    let invitation = store.get(Invitation::key(mail.value.invitation)).await;
    let is_unreadable = matches!(invitation, Err(StoreError::Corrupt(_)));
    let invitation = if is_unreadable { None } else { invitation? };
    let trace = mail.value.trace.clone();
    let mut changes = vec![Change::Delete(key.into(), mail.version)];
    // Without an invitation that can be read there is nothing to send.
    if let Some(invitation) = invitation {
        changes.push(Change::Create(Record::Task(mail.value.into_task(invitation.value.invited_by))));
    }
    match store.commit(&changes).await {
        Ok(()) => {
            if is_unreadable {
                tracing::warn!(mail = %id, trace, mails_given_up = 1, "mail given up");
            }
            Ok(())
        }
        // After a conflict another run has done the same.
        Err(CommitError::Conflict) => Ok(()),
        Err(error) => Err(error.into()),
    }
}
