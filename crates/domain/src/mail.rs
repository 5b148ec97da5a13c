//! Mail that is to go out: an intent is committed with the change that it tells of.

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

use crate::model::{InvitationId, MailId};

/// Partitions of the outbox, so that a burst of invitations does not meet in one.
pub const OUTBOX_SHARDS: u8 = 4;
/// How often a mail is tried before it is given up, visibly.
pub const MAX_ATTEMPTS: u32 = 8;
/// How long one who sends may take, before another may try.
const LEASE: SignedDuration = SignedDuration::from_secs(60);
/// The wait after the first failure; each further one doubles it.
const FIRST_WAIT: SignedDuration = SignedDuration::from_secs(30);

/// An invitation's mail that has not gone out yet. It is deleted once it has.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Mail {
    /// Which.
    pub id: MailId,
    /// The invitation it carries the link of.
    pub invitation: InvitationId,
    /// Tries so far.
    pub attempts: u32,
    /// Not to be tried before.
    pub due_at: Timestamp,
    /// The trace of the request that it came from.
    #[serde(default)]
    pub trace: Option<String>,
}

impl Mail {
    /// A mail that is due at once.
    pub fn new(id: MailId, invitation: InvitationId, now: Timestamp) -> Self {
        Self { id, invitation, attempts: 0, due_at: now, trace: None }
    }

    /// Which partition of the outbox it lies in.
    pub fn shard(&self) -> u8 {
        shard(self.id)
    }

    /// With one more try begun: nobody else tries until the lease is over.
    #[must_use]
    pub fn begun(&self, now: Timestamp) -> Self {
        Self { attempts: self.attempts + 1, due_at: later(now, LEASE), ..self.clone() }
    }

    /// Whether it was tried as often as it may be.
    pub fn is_spent(&self) -> bool {
        self.attempts >= MAX_ATTEMPTS
    }

    /// After a failed try: when to try again, or `None` if it is given up.
    pub fn failed(&self, now: Timestamp) -> Option<Self> {
        if self.is_spent() {
            return None;
        }
        let doublings = self.attempts.saturating_sub(1).min(16);
        Some(Self { due_at: later(now, FIRST_WAIT * (1 << doublings)), ..self.clone() })
    }
}

/// Which partition of the outbox a mail lies in.
pub fn shard(id: MailId) -> u8 {
    id.0.as_bytes()[15] % OUTBOX_SHARDS
}

fn later(now: Timestamp, wait: SignedDuration) -> Timestamp {
    now.saturating_add(wait).unwrap_or(Timestamp::MAX)
}

/// What became of an invitation's mail; shown on the invitation.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Delivery {
    /// Which mail.
    pub mail: MailId,
    /// How far it is.
    pub status: DeliveryStatus,
    /// Since when.
    pub at: Timestamp,
    /// Tries so far.
    pub attempts: u32,
}

/// How far a mail is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum DeliveryStatus {
    /// To be sent.
    Queued,
    /// Handed to SES.
    Sent,
    /// A try failed; another follows.
    Retrying,
    /// Given up.
    Failed,
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::WorkspaceId;
    use uuid::Uuid;

    #[test]
    fn waits_double_and_end() {
        let id = InvitationId { workspace: WorkspaceId(Uuid::nil()), serial: Uuid::nil() };
        let now = Timestamp::UNIX_EPOCH;
        let mut mail = Mail::new(MailId(Uuid::nil()), id, now);
        let mut waits = Vec::new();
        while let Some(next) = mail.begun(now).failed(now) {
            waits.push(next.due_at.as_second());
            mail = next;
        }
        assert_eq!(waits, [30, 60, 120, 240, 480, 960, 1920]);
    }
}
