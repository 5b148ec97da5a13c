//! The delivery of an invitation's mails, as the invitation shows it.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::id::TaskId;

/// The state of one mail of an invitation.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(from = "StoredDelivery", into = "StoredDelivery")]
pub struct Delivery {
    /// The task that sends the mail.
    pub mail: TaskId,
    /// The state.
    pub status: DeliveryStatus,
    /// The time at which the mail came into this state.
    pub at: Timestamp,
    /// The attempts so far.
    pub attempts: u32,
}

/// The state of a mail.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum DeliveryStatus {
    /// The mail waits for its first attempt.
    Queued,
    /// SES has accepted the mail.
    Sent,
    /// An attempt failed; another follows.
    Retrying,
    /// The mail is given up.
    Failed,
    /// The mail is not sent, because its invitation was over before.
    Cancelled,
}

impl DeliveryStatus {
    /// Whether another attempt can follow.
    pub fn is_open(self) -> bool {
        matches!(self, Self::Queued | Self::Retrying)
    }
}

/// A delivery in the table. An earlier release reads a cancelled one as failed: it cannot read another status.
#[derive(Serialize, Deserialize)]
struct StoredDelivery {
    mail: TaskId,
    status: DeliveryStatus,
    at: Timestamp,
    attempts: u32,
    #[serde(default)]
    cancelled: bool,
}

impl From<StoredDelivery> for Delivery {
    fn from(StoredDelivery { mail, status, at, attempts, cancelled }: StoredDelivery) -> Self {
        let status = if cancelled { DeliveryStatus::Cancelled } else { status };
        Self { mail, status, at, attempts }
    }
}

impl From<Delivery> for StoredDelivery {
    fn from(Delivery { mail, status, at, attempts }: Delivery) -> Self {
        let cancelled = status == DeliveryStatus::Cancelled;
        let status = if cancelled { DeliveryStatus::Failed } else { status };
        Self { mail, status, at, attempts, cancelled }
    }
}
