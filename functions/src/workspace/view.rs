//! What clients see of a workspace.

use jiff::Timestamp;
use seatwise_domain::{Coordinator, LogoRef, RoleId, Workspace, WorkspaceId};
use serde::Serialize;
use utoipa::ToSchema;

use crate::output;
use crate::people::typed;

/// A workspace, as it is after it was made or changed.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = Workspace)]
pub struct WorkspaceView {
    /// The workspace's id; never changes.
    #[schema(format = Uuid)]
    pub id: String,
    /// Its name.
    pub name: String,
    /// IANA time zone.
    #[schema(required, example = "Europe/Berlin")]
    pub timezone: Option<String>,
    /// The theme for new flows.
    #[schema(required)]
    pub default_flow_theme: Option<String>,
    /// Where its logo is.
    #[schema(required, format = "uri")]
    pub logo_url: Option<String>,
    /// Who made it.
    #[schema(format = Uuid)]
    pub creator_id: String,
    /// The caller's role in it.
    pub role: String,
    /// The plan it is on.
    pub plan: String,
    /// When it was made.
    #[schema(value_type = String, format = DateTime)]
    pub created_at: Timestamp,
}
output!(WorkspaceView);

impl WorkspaceView {
    /// The workspace, for somebody with this role in it.
    pub fn of(workspace: &Workspace, role: &RoleId, origin: &str) -> Self {
        Self {
            id: workspace.id.to_string(),
            name: workspace.name.to_string(),
            timezone: workspace.timezone.clone().map(String::from),
            default_flow_theme: workspace.default_flow_theme.as_ref().map(ToString::to_string),
            logo_url: logo_url(origin, workspace.id, workspace.logo),
            creator_id: workspace.creator.to_string(),
            role: role.to_string(),
            plan: workspace.plan.clone(),
            created_at: workspace.created_at,
        }
    }
}

/// A workspace in the switcher.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct SwitcherEntry {
    /// The workspace's id.
    #[schema(format = Uuid)]
    pub id: String,
    /// Its name.
    pub name: String,
    /// Where its logo is.
    #[schema(required, format = "uri")]
    pub logo_url: Option<String>,
    /// The caller's role in it.
    pub role: String,
}

impl SwitcherEntry {
    /// The workspace, for somebody with this role in it.
    pub fn of(workspace: &Workspace, role: &RoleId, origin: &str) -> Self {
        Self {
            id: workspace.id.to_string(),
            name: workspace.name.to_string(),
            logo_url: logo_url(origin, workspace.id, workspace.logo),
            role: role.to_string(),
        }
    }
}

/// Where a logo is. Its key cannot be guessed, and its version makes the answer one to keep.
pub fn logo_url(origin: &str, workspace: WorkspaceId, logo: Option<LogoRef>) -> Option<String> {
    let LogoRef { key, version } = logo?;
    Some(format!("{origin}/v1/workspaces/{workspace}/logo?key={}&version={version}", key.simple()))
}

/// Whom the members of a workspace ask.
#[derive(Serialize, ToSchema)]
#[schema(as = Coordinator)]
pub struct CoordinatorView {
    /// What they are called.
    #[schema(required)]
    pub name: Option<String>,
    /// Their address.
    #[schema(required)]
    pub email: Option<String>,
    /// Their telephone number.
    #[schema(required)]
    pub phone: Option<String>,
    /// When to ask them, and for what.
    #[schema(required)]
    pub notes: Option<String>,
}
output!(CoordinatorView);

impl From<&Coordinator> for CoordinatorView {
    fn from(coordinator: &Coordinator) -> Self {
        Self {
            name: coordinator.name.as_ref().map(ToString::to_string),
            email: coordinator.email.as_ref().map(typed),
            phone: coordinator.phone.as_ref().map(ToString::to_string),
            notes: coordinator.notes.as_ref().map(ToString::to_string),
        }
    }
}
