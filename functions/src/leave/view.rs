//! A leave request, as clients see it.

use jiff::Timestamp;
use seatwise_domain::{LeaveRequest, LeaveState};
use serde::Serialize;
use utoipa::ToSchema;

use crate::wire::schema::one_of;
use crate::{named, output};

named! {
    /// The status of a leave request. The member who asked can withdraw a pending request.
    LeaveStatusName = "LeaveRequestStatus": one_of(["pending", "approved", "denied", "withdrawn"]);
}

/// A leave request.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = LeaveRequest)]
pub struct LeaveRequestView {
    /// The id of the leave request.
    #[schema(pattern = "^[A-Za-z0-9_-]{42}[AEIMQUYcgkosw048]$")]
    pub id: String,
    /// The id of the member who asked.
    #[schema(format = Uuid)]
    pub user_id: String,
    /// The member's reason.
    #[schema(required)]
    pub reason: Option<String>,
    /// The status of the request.
    #[schema(value_type = LeaveStatusName)]
    pub status: &'static str,
    /// The time of the request.
    #[schema(value_type = String, format = DateTime)]
    pub requested_at: Timestamp,
    /// The id of the member who decided.
    #[schema(required, format = Uuid)]
    pub decided_by: Option<String>,
    /// The time of the decision or withdrawal.
    #[schema(value_type = Option<String>, format = DateTime, required)]
    pub decided_at: Option<Timestamp>,
    /// The reason of the decision.
    #[schema(required)]
    pub decision_reason: Option<String>,
}
output!(LeaveRequestView);

impl LeaveRequestView {
    /// The request, without the id of the member who decided.
    pub fn without_decider(self) -> Self {
        Self { decided_by: None, ..self }
    }
}

impl From<&LeaveRequest> for LeaveRequestView {
    fn from(request: &LeaveRequest) -> Self {
        let (status, by, at, reason) = match &request.state {
            LeaveState::Pending => ("pending", None, None, None),
            LeaveState::Approved { by, at, reason } => ("approved", Some(by), Some(at), reason.as_ref()),
            LeaveState::Denied { by, at, reason } => ("denied", Some(by), Some(at), reason.as_ref()),
            LeaveState::Withdrawn { at } => ("withdrawn", None, Some(at), None),
        };
        Self {
            id: request.id.to_string(),
            user_id: request.id.user.to_string(),
            reason: request.reason.as_ref().map(ToString::to_string),
            status,
            requested_at: request.asked_at,
            decided_by: by.map(ToString::to_string),
            decided_at: at.copied(),
            decision_reason: reason.map(ToString::to_string),
        }
    }
}
