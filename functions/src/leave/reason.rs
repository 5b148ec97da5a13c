//! The reason that people give when they ask to leave, or decide about it.

use seatwise_domain::Reason;
use serde::Deserialize;
use utoipa::ToSchema;

use crate::body;

/// An optional reason.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ReasonBody {
    /// The text of the reason.
    #[schema(value_type = Option<String>, min_length = 1, max_length = 1000, pattern = "\\S")]
    pub reason: Option<Reason>,
}
body!(ReasonBody);
