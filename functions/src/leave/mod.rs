//! Leave requests (S10).

pub mod approve_leave;
pub mod deny_leave;
pub mod list_leave_requests;
pub mod request_leave;
pub mod withdraw_leave;

use seatwise_domain::Reason;
use serde::Deserialize;
use utoipa::ToSchema;

use crate::body;

/// Why; may be left out.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ReasonBody {
    /// What people read.
    #[schema(value_type = Option<String>, min_length = 1, max_length = 1000, pattern = "\\S")]
    reason: Option<Reason>,
}
body!(ReasonBody);
