//! `update-workspace`: its name, time zone and theme (S4, L2).

use http::Method;
use seatwise_domain::rules::workspace;
use seatwise_domain::{Changes, Edit, Moment, ThemeName, TimeZoneName, WorkspaceName, WorkspaceProfile};
use serde::Deserialize;
use utoipa::ToSchema;

use crate::body;
use crate::operation::{Operation, Request, State};
use crate::problem::Problem;
use crate::request::{InWorkspace, Nothing};
use crate::view::WorkspaceView;

/// Changes a workspace.
pub struct UpdateWorkspace;

/// What to change: what is absent stays, null clears.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct UpdateWorkspaceBody {
    /// Its name; it has one always.
    #[schema(value_type = Option<String>, nullable = false, min_length = 1, max_length = 100, pattern = "\\S")]
    #[serde(default)]
    name: Edit<WorkspaceName>,
    /// IANA time zone.
    #[schema(value_type = Option<String>, max_length = 64, pattern = "^[A-Za-z][A-Za-z0-9_+-]*(/[A-Za-z][A-Za-z0-9_+-]*)*$", example = "Europe/Berlin")]
    #[serde(default)]
    timezone: Edit<TimeZoneName>,
    /// The theme for new flows.
    #[schema(value_type = Option<String>, min_length = 1, max_length = 100, pattern = "\\S")]
    #[serde(default)]
    default_flow_theme: Edit<ThemeName>,
}
body!(UpdateWorkspaceBody);

impl Operation for UpdateWorkspace {
    const NAME: &'static str = "update-workspace";
    const METHOD: Method = Method::PATCH;
    const PATH: &'static str = "/v1/workspaces/{workspaceId}";
    const SUMMARY: &'static str = "Rename a workspace or change its profile";
    const EXAMPLE: &'static str = include_str!("../../examples/update-workspace.request.json");
    const ANSWER: &'static str = include_str!("../../examples/update-workspace.answer.json");

    type Path = InWorkspace;
    type Query = Nothing;
    type Body = UpdateWorkspaceBody;
    type Output = WorkspaceView;

    fn decide(
        request: &Request<Self>,
        state: &State<'_>,
        _: &mut Moment,
    ) -> Result<(WorkspaceView, Changes), Problem> {
        let name = match request.body.name.clone() {
            Edit::Keep => None,
            Edit::Clear => return Err(Problem::field("name", "must not be null")),
            Edit::Set(name) => Some(name),
        };
        let profile = WorkspaceProfile {
            name,
            timezone: request.body.timezone.clone(),
            default_flow_theme: request.body.default_flow_theme.clone(),
        };
        let (workspace, changes) = workspace::update(state.workspace()?, profile)?;
        Ok((WorkspaceView::of(&workspace, &state.member()?.value.role, state.origin), changes))
    }
}
