//! Tasks: work that follows a change. A task is committed with its change and runs afterwards, at
//! least once and in the normal case once.

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

use super::billing::BilledWorkspace;
use super::email::EmailKey;
use super::id::{InvitationId, TaskId, UserId, WorkspaceId};
use super::maker::MakerReview;

/// The number of the outbox's partitions; a burst of tasks spreads over them.
pub const OUTBOX_SHARDS: u8 = 4;

/// A task that is not done yet. It is deleted once it is done or given up.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Task {
    /// The task's id.
    pub id: TaskId,
    /// The work.
    #[serde(flatten)]
    pub kind: TaskKind,
    /// The task does not run before this time.
    pub due_at: Timestamp,
    /// The end of the lease of the run that claimed the task; no other run starts before it.
    #[serde(default)]
    pub lease: Option<Timestamp>,
    /// The runs that have claimed the task.
    pub attempts: u32,
    /// The trace of the request that caused the task.
    #[serde(default)]
    pub trace: Option<String>,
}

/// The work of a task. Each kind has one handler.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "kebab-case")]
pub enum TaskKind {
    /// Send an invitation by mail.
    Mail(InvitationMail),
    /// End what a member made and could no longer make (K47).
    MakerReview(MakerReview),
    /// End the memberships of a deleted account that were too many for the transaction of the deletion.
    EndMemberships(EndedAccount),
    /// Synchronise the billing of a workspace with Stripe, and grant what is paid.
    BillingSync(BilledWorkspace),
    /// Bring the members on seats of a plan in line with the number of its seats (R7).
    SeatSettlement(SeatSettlement),
}

/// A workspace whose plan has another number of seats than before.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SeatSettlement {
    /// The workspace.
    pub workspace: WorkspaceId,
}

/// A deleted account whose memberships end.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct EndedAccount {
    /// The user.
    pub user: UserId,
    /// The address that becomes free when the memberships have ended.
    #[serde(default)]
    pub address: Option<EmailKey>,
    /// The time of the deletion. The user may sign in and join again: what they joined later stays.
    pub until: Timestamp,
}

/// The mail of an invitation.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct InvitationMail {
    /// The invitation whose link the mail contains.
    pub invitation: InvitationId,
    /// The member who sends the invitation, so that one round trip reads all that the mail says.
    pub inviter: UserId,
}

/// The schedule by which tasks of a kind are retried.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RetrySchedule {
    /// The time that a run has before another run may claim the task.
    pub lease: SignedDuration,
    /// The wait after the first failure; each further failure doubles it.
    pub first_wait: SignedDuration,
    /// The longest wait.
    pub longest_wait: SignedDuration,
    /// The number of attempts before the task is given up.
    pub max_attempts: u32,
}

impl TaskKind {
    /// The schedule by which tasks of this kind are retried.
    pub fn retries(&self) -> RetrySchedule {
        match self {
            Self::Mail(_) => RetrySchedule {
                lease: SignedDuration::from_secs(60),
                first_wait: SignedDuration::from_secs(30),
                longest_wait: SignedDuration::from_hours(1),
                max_attempts: 8,
            },
            // A review is not given up: its failures raise an alarm until somebody mends the cause.
            Self::MakerReview(_) => RetrySchedule {
                lease: SignedDuration::from_secs(60),
                first_wait: SignedDuration::from_secs(5),
                longest_wait: SignedDuration::from_hours(1),
                max_attempts: u32::MAX,
            },
            // They are not given up: nothing else grants what is paid, or takes seats that nobody pays for.
            Self::BillingSync(_) | Self::SeatSettlement(_) => RetrySchedule {
                lease: SignedDuration::from_secs(60),
                first_wait: SignedDuration::from_secs(5),
                longest_wait: SignedDuration::from_mins(10),
                max_attempts: u32::MAX,
            },
            // In some eight hours, a workspace that meanwhile needs the person may get another governor.
            Self::EndMemberships(_) => RetrySchedule {
                lease: SignedDuration::from_secs(60),
                first_wait: SignedDuration::from_secs(60),
                longest_wait: SignedDuration::from_hours(5),
                max_attempts: 10,
            },
        }
    }
}

impl Task {
    /// A task that is due at once.
    pub fn new(id: TaskId, kind: TaskKind, now: Timestamp) -> Self {
        Self { id, kind, due_at: now, lease: None, attempts: 0, trace: None }
    }

    /// The id of the task that synchronises the billing of a workspace: there is only one for each.
    pub fn of_billing(workspace: WorkspaceId) -> TaskId {
        TaskId(workspace.0)
    }

    /// Whether a run may claim the task now.
    pub fn is_due(&self, now: Timestamp) -> bool {
        self.due_at <= now && self.lease.is_none_or(|end| end <= now)
    }

    /// The task as a run claims it: one more attempt, and a lease that keeps other runs away.
    #[must_use]
    pub fn claimed(&self, now: Timestamp) -> Self {
        let lease = later(now, self.kind.retries().lease);
        Self { attempts: self.attempts + 1, lease: Some(lease), ..self.clone() }
    }

    /// Whether the task has had all its attempts.
    pub fn is_spent(&self) -> bool {
        self.attempts >= self.kind.retries().max_attempts
    }

    /// The task after a failed attempt: due again after a wait, or `None` if it is given up.
    pub fn retried(&self, now: Timestamp) -> Option<Self> {
        if self.is_spent() {
            return None;
        }
        let doublings = self.attempts.saturating_sub(1).min(16);
        let RetrySchedule { first_wait, longest_wait, .. } = self.kind.retries();
        let wait = (first_wait * (1 << doublings)).min(longest_wait);
        Some(Self { due_at: later(now, wait), lease: None, ..self.clone() })
    }
}

/// The partition of the outbox that a task is in.
pub fn outbox_shard(id: TaskId) -> u8 {
    id.0.as_bytes()[15] % OUTBOX_SHARDS
}

fn later(now: Timestamp, wait: SignedDuration) -> Timestamp {
    now.saturating_add(wait).unwrap_or(Timestamp::MAX)
}

/// A mail in the outbox of an earlier release, which knew no tasks. A run turns it into a task; no
/// operation of this release writes one.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct EarlierMail {
    /// The mail's id.
    pub id: TaskId,
    /// The invitation whose link the mail contains.
    pub invitation: InvitationId,
    /// The attempts so far.
    pub attempts: u32,
    /// The mail is not tried before this time.
    pub due_at: Timestamp,
    /// The trace of the request that caused the mail.
    #[serde(default)]
    pub trace: Option<String>,
}

impl EarlierMail {
    /// The task that sends this mail.
    pub fn into_task(self, inviter: UserId) -> Task {
        let Self { id, invitation, attempts, due_at, trace } = self;
        let kind = TaskKind::Mail(InvitationMail { invitation, inviter });
        Task { id, kind, due_at, lease: None, attempts, trace }
    }
}

#[cfg(test)]
mod tests {
    use uuid::Uuid;

    use super::super::id::WorkspaceId;
    use super::*;

    fn mail() -> Task {
        let invitation = InvitationId { workspace: WorkspaceId(Uuid::nil()), serial: Uuid::nil() };
        let mail = InvitationMail { invitation, inviter: UserId(Uuid::nil()) };
        Task::new(TaskId(Uuid::nil()), TaskKind::Mail(mail), Timestamp::UNIX_EPOCH)
    }

    #[test]
    fn waits_double_and_end() {
        let now = Timestamp::UNIX_EPOCH;
        let mut task = mail();
        let mut waits = Vec::new();
        while let Some(next) = task.claimed(now).retried(now) {
            waits.push(next.due_at.as_second());
            task = next;
        }
        assert_eq!(waits, [30, 60, 120, 240, 480, 960, 1920]);
    }

    #[test]
    fn a_lease_keeps_other_runs_away_also_from_a_task_that_is_made_due_again() {
        let now = Timestamp::UNIX_EPOCH;
        let claimed = mail().claimed(now);
        let again = Task { due_at: now, ..claimed.clone() };
        for task in [claimed, again] {
            assert!(!task.is_due(now + SignedDuration::from_secs(59)));
            assert!(task.is_due(now + SignedDuration::from_secs(60)));
        }
    }
}
