//! The delivery of an invitation's mails, as the invitation shows it.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::id::TaskId;

/// The state of one mail of an invitation.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
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
}
