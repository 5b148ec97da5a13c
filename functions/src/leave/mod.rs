//! Leave requests (S10).

pub mod approve_leave;
pub mod deny_leave;
pub mod list_leave_requests;
pub mod request_leave;
pub mod withdraw_leave;

use seatwise_domain::text::Reason;
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

/// A leave request that nobody has decided.
const EXAMPLE_PENDING: &str = r#"{"id":"W9bioGoqW0ONDn0fPCueeAGap_Zd4HKkC7tJxdptb18","userId":"5bd6e2a0-6a2a-5b43-8d0e-7d1f3c2b9e77","reason":"Moving on","status":"pending","requestedAt":"2026-11-21T12:00:00Z","decidedBy":null,"decidedAt":null,"decisionReason":null}"#;
/// A leave request that was approved.
const EXAMPLE_APPROVED: &str = r#"{"id":"W9bioGoqW0ONDn0fPCueeAGap_Zd4HKkC7tJxdptb18","userId":"5bd6e2a0-6a2a-5b43-8d0e-7d1f3c2b9e77","reason":"Moving on","status":"approved","requestedAt":"2026-11-21T12:00:00Z","decidedBy":"0f4c2c52-7d1c-5a6e-9f43-2f6d1a5c1a11","decidedAt":"2026-11-21T13:00:00Z","decisionReason":null}"#;
/// A leave request that was denied.
const EXAMPLE_DENIED: &str = r#"{"id":"W9bioGoqW0ONDn0fPCueeAGap_Zd4HKkC7tJxdptb18","userId":"5bd6e2a0-6a2a-5b43-8d0e-7d1f3c2b9e77","reason":"Moving on","status":"denied","requestedAt":"2026-11-21T12:00:00Z","decidedBy":"0f4c2c52-7d1c-5a6e-9f43-2f6d1a5c1a11","decidedAt":"2026-11-21T13:00:00Z","decisionReason":"Please hand over first"}"#;
