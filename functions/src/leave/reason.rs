//! The reason that people give when they ask to leave, or decide about it.

use seatwise_domain::Reason;
use serde::Deserialize;
use utoipa::ToSchema;

use crate::body;
use crate::wire::text::ReasonSchema;

/// An optional reason.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ReasonBody {
    /// The text of the reason.
    #[schema(value_type = Option<ReasonSchema>)]
    pub reason: Option<Reason>,
}
body!(ReasonBody);
