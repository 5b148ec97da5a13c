//! Requests of members to leave a workspace (S10).

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::id::{LeaveRequestId, UserId, WorkspaceId};
use super::text::Reason;

/// A member's request to leave a workspace.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct LeaveRequest {
    /// The workspace that the member wants to leave.
    pub workspace: WorkspaceId,
    /// The id, which contains the id of the member.
    pub id: LeaveRequestId,
    /// The member's reason.
    pub reason: Option<Reason>,
    /// The time of the request.
    pub asked_at: Timestamp,
    /// The state of the request.
    pub state: LeaveState,
}

/// The state of a leave request.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "lowercase")]
pub enum LeaveState {
    /// The request is not decided.
    Pending,
    /// The request was approved: the member left.
    Approved {
        /// The user who decided.
        by: UserId,
        /// The time of the decision.
        at: Timestamp,
        /// The reason of the user who decided.
        reason: Option<Reason>,
    },
    /// The request was denied: the member stays.
    Denied {
        /// The user who decided.
        by: UserId,
        /// The time of the decision.
        at: Timestamp,
        /// The reason of the user who decided.
        reason: Option<Reason>,
    },
    /// The member withdrew the request, or left in another way.
    Withdrawn {
        /// The time of the withdrawal.
        at: Timestamp,
    },
}
