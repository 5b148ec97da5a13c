//! A resource, as clients see it.

use jiff::Timestamp;
use seatwise_domain::WorkspaceResource;
use serde::Serialize;
use utoipa::ToSchema;

use crate::output;

/// A resource of a workspace.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = Resource)]
pub struct ResourceView {
    /// The id of the resource.
    #[schema(format = Uuid)]
    pub id: String,
    /// The kind.
    #[schema(example = "smtp-profile")]
    pub kind: String,
    /// The name in its own system.
    pub external_id: String,
    /// The account; null unless the resource is made for several accounts.
    #[schema(required)]
    pub account: Option<String>,
    /// The name that people read; null if it has none.
    #[schema(required)]
    pub label: Option<String>,
    /// The id of the member who added it.
    #[schema(format = Uuid)]
    pub added_by: String,
    /// The time at which it was added.
    #[schema(value_type = String, format = DateTime)]
    pub added_at: Timestamp,
}
output!(ResourceView);

impl From<&WorkspaceResource> for ResourceView {
    fn from(resource: &WorkspaceResource) -> Self {
        let WorkspaceResource { id, kind, external_id, account, label, added_by, added_at, .. } = resource;
        Self {
            id: id.to_string(),
            kind: kind.to_string(),
            external_id: external_id.to_string(),
            account: account.as_ref().map(ToString::to_string),
            label: label.as_ref().map(ToString::to_string),
            added_by: added_by.to_string(),
            added_at: *added_at,
        }
    }
}
