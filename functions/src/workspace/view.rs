//! A workspace, as clients see it.

use jiff::Timestamp;
use seatwise_domain::{Coordinator, LogoRef, RoleName, Workspace, WorkspaceId};
use serde::Serialize;
use utoipa::ToSchema;

use crate::output;
use crate::people::typed;

/// A workspace.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = Workspace)]
pub struct WorkspaceView {
    /// The id of the workspace. It never changes.
    #[schema(format = Uuid)]
    pub id: String,
    /// The name of the workspace.
    pub name: String,
    /// IANA time zone.
    #[schema(required, example = "Europe/Berlin")]
    pub timezone: Option<String>,
    /// The theme for new flows.
    #[schema(required)]
    pub default_flow_theme: Option<String>,
    /// The address of the logo; null if there is none.
    #[schema(required, format = "uri")]
    pub logo_url: Option<String>,
    /// The id of the creator; null for a caller who may not list members, unless they are the creator.
    #[schema(required, format = Uuid)]
    pub creator_id: Option<String>,
    /// The caller's role in the workspace; null for a service, which has none.
    #[schema(required)]
    pub role: Option<String>,
    /// The plan of the workspace.
    pub plan: String,
    /// The time of creation.
    #[schema(value_type = String, format = DateTime)]
    pub created_at: Timestamp,
}
output!(WorkspaceView);

impl WorkspaceView {
    /// The workspace, for somebody with this role in it; with its creator if `shows_creator`.
    pub fn of(workspace: &Workspace, role: Option<RoleName>, origin: &str, shows_creator: bool) -> Self {
        Self {
            id: workspace.id.to_string(),
            name: workspace.name.to_string(),
            timezone: workspace.timezone.clone().map(String::from),
            default_flow_theme: workspace.default_flow_theme.as_ref().map(ToString::to_string),
            logo_url: logo_url(origin, workspace.id, workspace.logo),
            creator_id: shows_creator.then(|| workspace.creator.to_string()),
            role: role.map(|role| role.to_string()),
            plan: workspace.plan.clone(),
            created_at: workspace.created_at,
        }
    }
}

/// A workspace in the list of the caller's workspaces.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct SwitcherEntry {
    /// The id of the workspace.
    #[schema(format = Uuid)]
    pub id: String,
    /// The name of the workspace.
    pub name: String,
    /// The address of the logo; null if there is none.
    #[schema(required, format = "uri")]
    pub logo_url: Option<String>,
    /// The caller's role in the workspace.
    pub role: String,
}

impl SwitcherEntry {
    /// The workspace, for somebody with this role in it.
    pub fn of(workspace: &Workspace, role: &RoleName, origin: &str) -> Self {
        Self {
            id: workspace.id.to_string(),
            name: workspace.name.to_string(),
            logo_url: logo_url(origin, workspace.id, workspace.logo),
            role: role.to_string(),
        }
    }
}

/// The address of a logo. Its key cannot be guessed, and its version allows clients to keep the answer.
pub fn logo_url(origin: &str, workspace: WorkspaceId, logo: Option<LogoRef>) -> Option<String> {
    let LogoRef { key, version } = logo?;
    Some(format!("{origin}/v1/workspaces/{workspace}/logo?key={}&version={version}", key.simple()))
}

/// The contact whom members of a workspace can ask for help.
#[derive(Serialize, ToSchema)]
#[schema(as = Coordinator)]
pub struct CoordinatorView {
    /// The name of the coordinator.
    #[schema(required)]
    pub name: Option<String>,
    /// The email address of the coordinator.
    #[schema(required)]
    pub email: Option<String>,
    /// The telephone number of the coordinator.
    #[schema(required)]
    pub phone: Option<String>,
    /// Notes, such as office hours and topics.
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
