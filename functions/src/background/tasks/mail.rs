//! The handler of mails: sends the mail of an invitation and records its delivery on the invitation.
//!
//! A mail takes four round trips, one after the other: the task; the claim beside all that the mail
//! says; SES; the outcome.

mod letter;
mod sending;

use futures::future::join;
use seatwise_domain::{
    Change, Delivery, DeliveryStatus, Invitation, InvitationMail, RecordKey, Stored, Task,
};
use seatwise_store::{CommitError, Reads, Store, StoreError};

use self::letter::Letter;
use super::error::TaskError;
use crate::claim::claim;
use crate::events::{self, NOTHING_READ};
use crate::service::Service;

/// The most attempts to write the outcome. Another follows if the invitation has changed meanwhile.
const MAX_WRITES: u32 = 10;

/// The outcome of an attempt to send a mail.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Outcome {
    /// SES has accepted the mail.
    Sent,
    /// The invitation is no longer pending: nothing is sent.
    Dropped,
    /// The attempt failed; another may succeed.
    Failed,
    /// The mail is given up.
    Refused,
}

/// Sends the mail that a task is about.
pub(super) async fn run(
    service: &Service,
    store: &Store,
    task: &Stored<Task>,
    mail: &InvitationMail,
) -> Result<(), TaskError> {
    if task.value.is_spent() {
        // The run of the last attempt died, perhaps after sending.
        let invitation = match store.get(Invitation::key(mail.invitation)).await {
            // Only the task is written: an invitation that cannot be read must not keep it for ever.
            Err(StoreError::Corrupt(_)) => None,
            invitation => invitation?,
        };
        return record(service, store, task, mail, (Outcome::Refused, invitation)).await;
    }
    let (claiming, reading) = (store.branch(), store.branch());
    let letter = Box::pin(Letter::read(service, &reading, task.value.id, mail));
    let (claimed, letter) = join(claim(&claiming, task, service.now()), letter).await;
    store.merge(&[claiming, reading]);
    let Some(claimed) = claimed? else { return Ok(()) };
    let (letter, invitation) = letter?;
    let outcome = match letter {
        Some(letter) => sending::send(service, &letter, &claimed.value).await,
        None => Outcome::Dropped,
    };
    record(service, store, &claimed, mail, (outcome, invitation)).await
}

/// Records the outcome on the task and on the invitation. If another request has changed the invitation
/// since the run read it, the run reads it again and records the outcome on its new content. If another
/// run has taken over the task, that run records the outcome.
async fn record(
    service: &Service,
    store: &Store,
    claimed: &Stored<Task>,
    mail: &InvitationMail,
    (outcome, mut invitation): (Outcome, Option<Stored<Invitation>>),
) -> Result<(), TaskError> {
    let (task, now) = (&claimed.value, service.now());
    let retry = if outcome == Outcome::Failed { task.retried(now) } else { None };
    let status = match (outcome, &retry) {
        (Outcome::Sent, _) => DeliveryStatus::Sent,
        (Outcome::Failed, Some(_)) => DeliveryStatus::Retrying,
        (Outcome::Failed | Outcome::Refused, _) => DeliveryStatus::Failed,
        (Outcome::Dropped, _) => DeliveryStatus::Cancelled,
    };
    let delivery = Delivery { mail: task.id, status, at: now, attempts: task.attempts };
    let task_change = match retry {
        Some(task) => Change::update(claimed, task),
        None => Change::Delete(RecordKey::Task(task.id), claimed.version),
    };
    for _ in 0..MAX_WRITES {
        let mut changes = vec![task_change.clone()];
        if let Some(invitation) = &invitation {
            let updated = invitation.value.with_delivery(delivery.clone());
            changes.push(Change::update(invitation, updated));
        }
        let source = events::of_function("send-mail", task.trace.as_ref(), service.event_terms());
        let written = events::commit(store, changes, NOTHING_READ, &source, &mut service.moment()).await;
        match written {
            Ok(()) => {
                log(task, mail, outcome, status);
                return Ok(());
            }
            Err(CommitError::Conflict) => {}
            Err(error) => return Err(error.into()),
        }
        let mut reads = Reads::new();
        let own_task = reads.one(Task::key(task.id));
        let own_invitation = invitation.as_ref().map(|_| reads.one(Invitation::key(mail.invitation)));
        let loaded = store.read(&reads).await?;
        if loaded.one(own_task).is_none_or(|stored| stored.version != claimed.version) {
            tracing::info!(mail = %task.id, trace = task.trace, "another run has taken over the mail");
            return Ok(());
        }
        invitation = own_invitation.and_then(|invitation| loaded.one(invitation));
    }
    // The invitation keeps changing: the lease ends, and another run sends the mail again.
    Err(CommitError::Conflict.into())
}

fn log(task: &Task, mail: &InvitationMail, outcome: Outcome, status: DeliveryStatus) {
    tracing::info!(
        mail = %task.id,
        trace = task.trace,
        workspace = %mail.invitation.workspace,
        attempts = task.attempts,
        outcome = ?outcome,
        "mail"
    );
    if status == DeliveryStatus::Failed {
        tracing::warn!(mail = %task.id, trace = task.trace, mails_given_up = 1, "mail given up");
    }
}
