//! An API key, as clients see it.

use jiff::Timestamp;
use seatwise_domain::{ApiKey, ApiKeyUse};
use serde::Serialize;
use utoipa::ToSchema;

use crate::output;

/// An API key, without its secret.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = ApiKey)]
pub struct ApiKeyView {
    /// The id of the key.
    pub id: String,
    /// The name of the key.
    pub name: String,
    /// The id of the member whose key it is.
    #[schema(format = Uuid)]
    pub owner_id: String,
    /// The flow that the key is for; null for a key of the whole workspace.
    #[schema(required)]
    pub flow_id: Option<String>,
    /// `active`, `revoked` or `expired`. A key of a former member is not valid either.
    #[schema(example = "active")]
    pub status: &'static str,
    /// The time at which the key was made.
    #[schema(value_type = String, format = DateTime)]
    pub created_at: Timestamp,
    /// The end of the key; null if it has none.
    #[schema(required, value_type = Option<String>, format = DateTime)]
    pub expires_at: Option<Timestamp>,
    /// The end of the secret before the last rotation; null if it is not valid any more.
    #[schema(required, value_type = Option<String>, format = DateTime)]
    pub previous_valid_until: Option<Timestamp>,
    /// The time of the last use, to the minute; null if the key was never used.
    #[schema(required, value_type = Option<String>, format = DateTime)]
    pub last_used_at: Option<Timestamp>,
    /// The most uses; null for no limit.
    #[schema(required)]
    pub usage_limit: Option<u32>,
    /// The most uses on one day (UTC); null for no limit.
    #[schema(required)]
    pub daily_rate_limit: Option<u32>,
    /// The uses that were counted. Uses are counted while the key has a limit.
    #[schema(minimum = 0)]
    pub used: i64,
}
output!(ApiKeyView);

impl ApiKeyView {
    /// The key, with its use.
    pub fn of(key: &ApiKey, used: Option<&ApiKeyUse>, now: Timestamp) -> Self {
        let status = if key.revoked_at.is_some() {
            "revoked"
        } else if key.expires_at.is_some_and(|end| end <= now) {
            "expired"
        } else {
            "active"
        };
        Self {
            id: key.id.to_string(),
            name: key.name.to_string(),
            owner_id: key.id.user.to_string(),
            flow_id: key.flow.as_ref().map(ToString::to_string),
            status,
            created_at: key.created_at,
            expires_at: key.expires_at,
            previous_valid_until: key.previous.as_ref().map(|it| it.until).filter(|until| now < *until),
            last_used_at: used.and_then(|used| used.last_used),
            usage_limit: key.usage_limit,
            daily_rate_limit: key.daily_rate_limit,
            used: used.map_or(0, |used| used.used),
        }
    }
}

/// An API key with its secret, which is shown once.
#[derive(Serialize, ToSchema)]
pub struct ApiKeyWithSecret {
    #[serde(flatten)]
    pub(super) view: ApiKeyView,
    /// The key itself. It is shown in this answer alone, and stored nowhere; a repetition of the request with the
    /// same `Idempotency-Key` answers null.
    #[schema(required, example = "swk_…")]
    pub(super) key: Option<String>,
}
output!(ApiKeyWithSecret);
